"""509: how much may be sent into a chat, and on a day; what counts, and for whom."""

import gc

import pytest

from inspector.analysis.chats import OVER_KEPT
from inspector.analysis.policy import Policy
from inspector.analysis.watches import sendings
from inspector.analysis.watches.sendings import Sendings
from tests.analysis.files import at_work
from tests.analysis.shapes import CHAT, CUSTOMER, DOCUMENT, OTHER_CHAT, agent, chat_is, file_line, log_has, sent
from tests.analysis.traffic import Desk, Wire

HOUR = 3_600_000
"""Milliseconds."""
MIDNIGHT = 9 * HOUR + 36 * 60_000 + 40_000
"""Until then, in UTC: the wire's clock begins on 21 July 2016 at 14:23:20."""
OTHER_AGENT = agent("toni")


def limited(**tables: object) -> tuple[Wire, Desk]:
    customers_may = {"max_files": 100}  # GW505 is another rule
    return at_work(Policy.model_validate({"customer": customers_may} | tables))


def give(desk: Desk, *numbers: int, by: object = CUSTOMER, chat: str = CHAT, size: object = 1) -> None:
    """Files are told of."""
    for number in numbers:
        desk.hear(sent(f"file{number}", by=by, index=10 + number, of=chat, size=size))  # type: ignore[arg-type]


def send(desk: Desk, document: str = DOCUMENT, chat: str = CHAT, index: int = 50, size: object = 1) -> None:
    """Sofia sends a file."""
    desk.wire.answer(desk.upload(document, chat))
    desk.hear(sent(document, index=index, of=chat, size=size))


def lines(wire: Wire) -> list[str]:
    return [finding.expected for finding in wire.findings if finding.rule == "GW509"]


def test_the_file_that_is_one_too_many_is_told_and_the_next_is_no_news() -> None:
    wire, sofia = limited(chat={"max_files": 2})
    give(sofia, 1, 2)
    assert lines(wire) == []
    give(sofia, 3, 4)
    [finding] = wire.findings
    assert (finding.rule, finding.severity, finding.pointer) == ("GW509", "error", "/data/messages/0/attachment/id")
    assert (finding.expected, finding.actual, finding.about) == ("policy.chat.max_files: 2", 3, ("file3", CHAT))
    assert finding.text == f"'file3.txt' (file3) is file number 3 in this chat, which breaks {finding.expected}"


def test_bytes_are_told_where_they_become_too_many() -> None:
    wire, sofia = limited(chat={"max_total": 100})
    give(sofia, 1, 2, size="50")
    assert lines(wire) == []
    give(sofia, 3, size=0)
    assert lines(wire) == []
    give(sofia, 4, 5, size=1)
    [finding] = wire.findings
    assert (finding.expected, finding.actual) == ("policy.chat.max_total: 100", 101)
    assert finding.pointer == "/data/messages/0/attachment/size"
    assert finding.text.endswith("makes 101 bytes in this chat, which breaks policy.chat.max_total: 100")


@pytest.mark.parametrize("size", [None, "large", -5, ""], ids=["none", "word", "negative", "empty"])
def test_a_file_without_a_size_is_a_file_of_no_bytes(size: object) -> None:
    wire, sofia = limited(chat={"max_files": 1, "max_total": 0})
    give(sofia, 1, size=size)
    assert lines(wire) == []
    give(sofia, 2, size=size)
    assert lines(wire) == ["policy.chat.max_files: 1"]
    give(sofia, 3, size=1)
    assert lines(wire)[1:] == ["policy.chat.max_total: 0"]


def test_each_direction_has_limits_of_its_own() -> None:
    wire, sofia = limited(chat={"agents": {"max_files": 1}, "customers": {"max_files": 2}, "max_files": 4})
    give(sofia, 1, 2)
    give(sofia, 3, by=OTHER_AGENT)
    assert lines(wire) == []
    give(sofia, 4, by=OTHER_AGENT)
    assert lines(wire) == ["policy.chat.agents.max_files: 1"]
    assert "file number 2 from agents in this chat" in wire.findings[-1].text
    give(sofia, 5)
    assert lines(wire)[1:] == ["policy.chat.max_files: 4", "policy.chat.customers.max_files: 2"]


def test_all_limits_that_one_file_crosses_are_told() -> None:
    """Even where the place and the number are the same."""
    wire, sofia = limited(chat={"max_files": 0, "max_total": 0}, day={"max_files": 0, "customers": {"max_files": 0}})
    give(sofia, 1)
    assert lines(wire) == [
        "policy.chat.max_files: 0",
        "policy.chat.max_total: 0",
        "policy.day.max_files: 0",
        "policy.day.customers.max_files: 0",
    ]


def test_a_file_counts_once_however_often_and_to_whomever_it_is_told() -> None:
    wire, sofia = limited(chat={"max_files": 1}, day={"max_files": 1})
    toni = wire.at_work("toni")
    for _ in range(2):
        for desk in (sofia, toni):
            give(desk, 1)
    assert lines(wire) == []


def test_what_was_refused_or_not_told_of_does_not_count() -> None:
    wire, sofia = limited(chat={"max_files": 0}, day={"max_files": 0})
    sofia.has_linked(DOCUMENT)
    wire.refuse(sofia.upload())
    wire.answer(sofia.upload())
    wire.wait(60_000)
    sofia.hear()
    assert (lines(wire), wire.findings[-1].rule) == ([], "GW402")
    sofia.hear(sent())
    assert lines(wire) == ["policy.chat.max_files: 0", "policy.day.max_files: 0"], "late, but others have it"


def test_a_file_that_is_told_of_without_its_attachment_counts_by_its_call() -> None:
    wire, sofia = limited(chat={"agents": {"max_files": 0}})
    sofia.has_linked(DOCUMENT)
    wire.answer(sofia.upload())
    bare = {name: value for name, value in file_line().items() if name != "attachment"}
    sofia.hear(log_has(bare))
    [finding] = [one for one in wire.findings if one.rule == "GW509"]
    assert (finding.pointer, finding.about) == ("/data/messages/0", (DOCUMENT, CHAT))


def test_chats_are_counted_apart_and_a_day_has_them_all() -> None:
    wire, sofia = limited(chat={"max_files": 2}, day={"max_files": 3, "max_total": 3})
    sofia.accept(OTHER_CHAT)
    give(sofia, 1, 2)
    give(sofia, 3, 4, chat=OTHER_CHAT)
    assert lines(wire) == ["policy.day.max_files: 3", "policy.day.max_total: 3"]
    assert "is file number 4 on 2016-07-21 (UTC), which breaks" in wire.findings[-2].text


def test_the_transcript_so_far_counts_for_its_chat_and_for_no_day() -> None:
    wire = Wire(policy=Policy.model_validate({"chat": {"max_files": 1}, "day": {"max_files": 1}, "windows": []}))
    sofia = wire.log_in()
    sofia.listen()
    sofia.accept(CHAT, *(file_line(f"old{number}", by=CUSTOMER, index=number, size=1) for number in (1, 2)))
    assert [finding.expected for finding in wire.findings] == ["policy.chat.max_files: 1"]


# a day


def test_a_day_ends_at_midnight() -> None:
    wire, sofia = limited(day={"max_files": 1})
    give(sofia, 1)
    wire.wait(MIDNIGHT)
    give(sofia, 2)
    assert lines(wire) == []
    give(sofia, 3)
    assert lines(wire) == ["policy.day.max_files: 1"]
    assert "on 2016-07-22 (UTC)" in wire.findings[-1].text


def test_midnight_is_that_of_the_policys_time_zone() -> None:
    wire, sofia = limited(day={"max_files": 1}, time_zone="Europe/Berlin")
    give(sofia, 1)
    wire.wait(MIDNIGHT - 2 * HOUR - 10)
    give(sofia, 2)
    assert lines(wire) == ["policy.day.max_files: 1"]
    wire.wait(10)
    give(sofia, 3)
    assert len(lines(wire)) == 1
    give(sofia, 4)
    assert "is file number 2 on 2016-07-22 (Europe/Berlin)" in wire.findings[-1].text


def test_a_file_is_of_the_day_on_which_it_was_asked_for() -> None:
    wire, sofia = limited(day={"max_files": 1})
    sofia.has_linked(DOCUMENT)
    wire.wait(MIDNIGHT - 1_000)
    give(sofia, 1)
    asked = sofia.upload()
    wire.wait(2_000)
    give(sofia, 2)
    wire.answer(asked)
    sofia.hear(sent())
    assert lines(wire) == ["policy.day.max_files: 1"]
    assert "is file number 2 on 2016-07-21 (UTC)" in wire.findings[-1].text
    give(sofia, 3)
    assert "is file number 2 on 2016-07-22 (UTC)" in wire.findings[-1].text


def test_every_agent_has_a_day_of_its_own_however_often_it_logs_in() -> None:
    wire, sofia = limited(day={"each_agent": {"max_files": 1}})
    sofia.has_linked(DOCUMENT)
    send(sofia)
    give(sofia, 1, by=OTHER_AGENT)
    give(sofia, 2, 3)
    assert lines(wire) == [], "one each; customers are no agents"
    wire.answer(sofia.log_out())
    again = wire.at_work("sofia", OTHER_CHAT)
    again.has_linked("other", OTHER_CHAT)
    send(again, "other", OTHER_CHAT, 51)
    [finding] = [one for one in wire.findings if one.rule == "GW509"]
    assert "is file number 2 from sofia on 2016-07-21 (UTC)" in finding.text
    give(again, 4, by=OTHER_AGENT, chat=OTHER_CHAT)
    assert "is file number 2 from toni on" in wire.findings[-1].text


def test_an_agent_is_known_by_its_call_where_the_line_does_not_say_who_it_was() -> None:
    wire, sofia = limited(day={"each_agent": {"max_files": 1}})
    nameless = {"nickname": "somebody", "type": "Agent", "participantId": "1"}
    for number, document in enumerate(("first", "second")):
        sofia.has_linked(document)
        wire.answer(sofia.upload(document))
        sofia.hear(sent(document, by=nameless, index=50 + number))
    give(sofia, 1, 2, by=nameless)
    assert lines(wire) == ["policy.day.each_agent.max_files: 1"], "of nobody known nobody knows how many"


# nothing set, and memory


@pytest.mark.parametrize(
    ("told", "minds"),
    [
        ({}, False),
        ({"max_bytes": 1, "deny_extensions": ["exe"], "time_zone": "Europe/Berlin", "deny_digests": ["0" * 64]}, False),
        ({"chat": {"agents": {}}, "day": {"each_agent": {}}}, False),
        ({"chat": {"customers": {"max_total": 0}}}, True),
        ({"day": {"each_agent": {"max_files": 0}}}, True),
        ({"windows": []}, True),
        ({"require_description": True}, True),
    ],
    ids=["nothing", "of files", "empty", "chat", "day", "windows", "description"],
)
def test_sending_is_followed_only_for_a_line_about_it(told: dict[str, object], minds: bool) -> None:
    before = followers()
    wire, _ = limited(**told)
    assert followers() - before == int(minds)
    assert not Sendings.minds(None)
    assert wire.findings == []


def followers() -> int:
    gc.collect()
    return sum(isinstance(thing, Sendings) for thing in gc.get_objects())


def test_a_chat_that_was_over_long_ago_begins_anew() -> None:
    wire, sofia = limited(chat={"max_files": 1})
    give(sofia, 1)
    for chat in (CHAT, *(f"chat {number}" for number in range(OVER_KEPT))):
        sofia.hear(chat_is("Completed", of=chat))
    give(sofia, 2)
    assert lines(wire) == []


def test_only_the_last_days_and_so_many_people_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sendings, "PEOPLE", 5)
    wire, sofia = limited(day={"each_agent": {"max_files": 100}}, chat={"max_files": 100})
    before = sums()
    for number in range(60):
        if number % 10 == 0:
            wire.wait(24 * HOUR)
        path = f"/users/{number}"
        person = {"nickname": "?", "type": "Agent", "path": path, "uri": path, "participantId": str(number)}
        give(sofia, number, by=person)
    assert sums() - before == sendings.DAYS * 5 + 1
    assert lines(wire) == []


def sums() -> int:
    gc.collect()
    return sum(isinstance(thing, sendings._Sum) for thing in gc.get_objects())
