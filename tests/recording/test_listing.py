"""What a recording lists, page by page: by the numbers of its rows, and narrowed in every way."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from inspector.errors import NothingFound, UsageError
from inspector.recording import listing
from inspector.recording.derivation import bring_to_today, summarise
from inspector.recording.narrowing import Narrowing, agents_called, known_operation
from inspector.recording.reader import Recording, reading
from tests.analysis.shapes import CHAT, DOCUMENT, OTHER_CHAT, USERS, sent
from tests.analysis.traffic import Wire
from tests.recording.keeping import change, keep, query, session
from tests.replay.recordings import of_everything, written

ALL = Narrowing()


@pytest.fixture
def opened(file: Path) -> Iterator[Recording]:
    with reading(written(of_everything(), file)) as recording:
        yield recording


def test_the_rows_are_what_was_derived(opened: Recording) -> None:
    one = opened.session()
    summary = summarise(opened, one)
    calls = {call.number: call for call in summary.calls}
    listed = list(listing.calls(opened, one, ALL))
    assert [row.number for row in listed] == sorted(calls)
    for row in listed:
        call = calls[row.number]
        assert (row.operation, row.chat, row.document) == (call.operation, call.chat_id, call.document_id)
        assert (row.at, row.status, row.error) == (call.asked, call.status, call.error or "")
        assert row.login == (call.agent.user_name if call.agent else "")
        assert row.ms == (None if call.done is None else (call.done.mono - call.asked.mono) / 1000)
    agents = [(row.number, row.login, row.user) for row in listing.agents(opened, one, ALL)]
    assert agents == [(one.number, one.user_name, one.user_id) for one in summary.agents.values()]
    transfers = {one.number: one for one in summary.transfers.values()}
    for told in listing.transfers(opened, one, ALL):
        own = transfers.pop(told.number)
        assert (told.document, told.chat, told.agent) == (own.document_id, own.chat_id, own.agent)
        assert (told.uploaded_by, told.notified_by, told.state) == (own.uploaded_by, own.notified_by, own.state)
    assert transfers == {}


@pytest.mark.parametrize("kind", ["agents", "calls", "exchanges"])
def test_pages_are_the_whole(kind: str, opened: Recording) -> None:
    rows, one = getattr(listing, kind), opened.session()
    whole = list(rows(opened, one, ALL))
    paged, after = [], 0
    while page := list(islice(rows(opened, one, ALL, after), 1)):
        paged += page
        after = page[-1].number
    assert paged == whole and len(whole) > 1


def test_exchanges_that_are_no_calls_have_the_agent_of_their_messages(opened: Recording) -> None:
    one = opened.session()
    polls = [row for row in listing.exchanges(opened, one, ALL) if row.path.endswith("/notifications")]
    assert {row.login for row in polls} == {"sofia", "toni"}
    assert not any(row.is_call for row in polls)
    assert len(list(listing.exchanges(opened, one, ALL))) == opened.count(one)


def test_everything_that_narrows_has_to_fit(opened: Recording) -> None:
    one = opened.session()
    [sofia] = agents_called(opened, one, "sofia")
    uploads = list(listing.calls(opened, one, Narrowing(operation="uploadfile")))
    assert uploads and {row.operation for row in uploads} == {"UploadFile"}
    assert {row.login for row in listing.calls(opened, one, Narrowing(agents=(sofia,)))} == {"sofia"}
    assert list(listing.calls(opened, one, Narrowing(chat="nonesuch"))) == []
    both = Narrowing(chat=CHAT, agents=(sofia,), operation="UploadFile")
    assert list(listing.calls(opened, one, both)) == uploads
    assert [row.login for row in listing.agents(opened, one, Narrowing(operation="UploadFile"))] == ["sofia"]
    told = [row for row in listing.exchanges(opened, one, Narrowing(chat=CHAT)) if not row.is_call]
    assert told and all(row.path.endswith("/notifications") for row in told)


def test_a_rule_finds_what_broke_it(file: Path) -> None:
    wire = Wire()
    sofia = wire.at_work()
    wire.answer(sofia.upload("0000nowhere0000"))
    sofia.has_linked()
    wire.answer(sofia.upload())
    sofia.hear(sent(DOCUMENT))
    with reading(written(wire, file)) as opened:
        one = opened.session()
        assert len(list(listing.transfers(opened, one, ALL))) == 2
        for rule in ("GW4", "GW401"):
            by = Narrowing(rule=rule)
            assert [row.document for row in listing.calls(opened, one, by)] == ["0000nowhere0000"]
            assert [row.document for row in listing.exchanges(opened, one, by)] == ["0000nowhere0000"]
            assert [row.document for row in listing.transfers(opened, one, by)] == ["0000nowhere0000"]
        assert list(listing.exchanges(opened, one, Narrowing(rule="GW6"))) == []


@pytest.mark.parametrize("name", ["toni", "TONI", "#2", "2", USERS["toni"]])
def test_agents_are_named_in_many_ways(name: str, opened: Recording) -> None:
    one = opened.session()
    [toni] = agents_called(opened, one, name)
    [row] = listing.agents(opened, one, Narrowing(agents=(toni,)))
    assert (row.number, row.login) == (2, "toni")


@pytest.mark.parametrize("name", ["tony", "", "#9", "no such agent"])
def test_who_is_not_there_is_said(name: str, opened: Recording) -> None:
    with pytest.raises(NothingFound, match="knows no agent"):
        agents_called(opened, opened.session(), name)


def test_operations_are_spelt_as_calls_or_the_api_spell_them(opened: Recording) -> None:
    assert known_operation(opened, "UPLOADFILE") == "UploadFile"
    assert known_operation(opened, "neveranswered") == "NeverAnswered", "no class has it, but a call"
    assert known_operation(opened, "consult") == "Consult", "no call is one, but the API knows it"
    with pytest.raises(UsageError, match="did you mean UploadFile"):
        known_operation(opened, "UplodFile")


def test_numbers_of_a_later_session_begin_anew(file: Path) -> None:
    written(of_everything(), file)
    keep(file, [], of=session("99999999-2222-3333-4444-555555555555"))
    change(file, "UPDATE agents SET session = 2 WHERE id = 2")
    change(file, "UPDATE exchanges SET session = 2 WHERE id > 20")
    with reading(file) as opened:
        first, second = opened.sessions()
        assert [row.number for row in listing.agents(opened, second, ALL)] == [1]
        listed = [row.number for one in (first, second) for row in listing.exchanges(opened, one, ALL)]
        assert listed == [row["id"] for row in query(file, "SELECT id FROM exchanges ORDER BY id")]
        assert min(row.number for row in listing.calls(opened, second, ALL)) > 20


def test_rows_that_were_derived_anew_are_listed_instead(file: Path) -> None:
    written(of_everything(), file)
    change(file, "DELETE FROM calls")
    with reading(file) as opened:
        one = opened.session()
        assert list(listing.calls(opened, one, ALL)) == []
        bring_to_today(opened, [one])
        assert list(listing.calls(opened, one, Narrowing(chat=CHAT)))


def test_what_is_larger_is_known_without_counting(opened: Recording) -> None:
    one, count = opened.session(), opened.count(opened.session())
    assert [listing.is_larger(opened, [one], limit) for limit in (0, count - 1, count)] == [True, True, False]
    assert listing.is_larger(opened, [one] * 2, count)


def test_another_chat_is_another(file: Path) -> None:
    wire = Wire()
    wire.at_work()
    wire.at_work("toni", OTHER_CHAT)
    with reading(written(wire, file)) as opened:
        [row] = listing.calls(opened, opened.session(), Narrowing(chat=OTHER_CHAT))
        assert row.login == "toni"


def test_transfers_narrow_and_count_anew(file: Path) -> None:
    wire = Wire()
    sofia, toni = wire.at_work(), wire.at_work("toni", OTHER_CHAT)
    wire.answer(sofia.upload("0001first0000001"))
    wire.answer(toni.upload("0001second000001", OTHER_CHAT))
    written(wire, file)
    with reading(file) as opened:
        one = opened.session()
        [second] = agents_called(opened, one, "toni")
        for by in (Narrowing(chat=OTHER_CHAT), Narrowing(agents=(second,))):
            [row] = listing.transfers(opened, one, by)
            assert (row.number, row.document, row.login, row.agent) == (2, "0001second000001", "toni", 2)
        assert [row.number for row in listing.transfers(opened, one, ALL, 1)] == [2]
        assert [row.chat for row in listing.transfers_of(opened, one, "0001first0000001")] == [CHAT]
    keep(file, [], of=session("99999999-2222-3333-4444-555555555555"))
    for table in ("transfers", "agents"):
        change(file, f"UPDATE {table} SET session = 2 WHERE id = 2")
    with reading(file) as opened:
        [row] = listing.transfers(opened, opened.sessions()[1], ALL)
        assert (row.number, row.agent, row.login) == (1, 1, "toni")


def test_numbers_that_somebody_has_bent_are_listed_all_the_same(opened: Recording) -> None:
    change(opened.path, "UPDATE agents SET id = ? WHERE id = (SELECT min(id) FROM agents)", -(1 << 63))
    with reading(opened.path) as bent:
        assert list(listing.agents(bent, bent.session(), ALL))
