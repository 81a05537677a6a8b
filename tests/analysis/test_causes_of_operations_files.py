"""AddAttachment in both forms, and RemoveAttachment: which list of attachments each of them brought about."""

import pytest

from inspector.analysis.causes import Cause
from inspector.traffic.exchange import Exchange
from tests.analysis.shapes import CHAT, DOCUMENT, OTHER_DOCUMENT, Json, attachment, chat_has, chat_is, sent
from tests.analysis.traffic import OK, Desk, Wire

HELLO = b"hello"
FIRST = attachment("first", name="hello.txt", size=5)
SECOND = attachment("second", name="hello.txt", size=5)


def at_work(*users: str) -> tuple[Wire, list[Desk]]:
    """Agents in one chat, and nothing derived so far."""
    wire = Wire()
    desks = [wire.at_work(user) for user in users or ("sofia",)]
    wire.derived.clear()
    wire.wait(60_000)
    return wire, desks


def edges(wire: Wire) -> list[tuple[int, int, int, str, str]]:
    return [(one.call, one.exchange, one.position, one.kind, one.evidence) for one in wire.all_causes]


def refers(data: Json, reference: int | None) -> Json:
    return data | ({"referenceId": reference} if reference is not None else {})


def add(desk: Desk, form: str) -> Exchange:
    return desk.link("first") if form == "existing" else desk.attach("hello.txt", HELLO)


FORMS = pytest.mark.parametrize(
    ("form", "reference", "told", "evidence"),
    [
        ("existing", None, None, "documentId"),
        ("existing", 3, 3, "documentId"),
        ("new", None, None, "name and size"),
        ("new", 3, None, "name and size"),
        ("new", None, 3, "name and size"),
        ("new", 3, 3, "referenceId"),
    ],
    ids=["existing", "existing refers", "new", "reply refers", "list refers", "both refer"],
)


@FORMS
def test_adding_an_attachment_is_the_cause_of_the_list_that_shows_it(
    form: str, reference: int | None, told: int | None, evidence: str
) -> None:
    wire, [sofia] = at_work()
    call = add(sofia, form)
    wire.wait(10)
    wire.answer(call, refers(OK, reference))
    wire.wait(5)
    poll = sofia.hear(refers(chat_has(FIRST), told))
    assert wire.all_causes == [Cause(call.number, poll, 0, "linked", evidence, wait_ms=15, lag_ms=5)]


@FORMS
def test_a_list_that_is_told_before_the_reply_has_its_edge_when_that_comes(
    form: str, reference: int | None, told: int | None, evidence: str
) -> None:
    wire, [sofia] = at_work()
    call = add(sofia, form)
    wire.wait(10)
    poll = sofia.hear(refers(chat_has(FIRST), told))
    wire.wait(5)
    wire.answer(call, refers(OK, reference))
    assert wire.all_causes == [Cause(call.number, poll, 0, "linked", evidence, wait_ms=10, lag_ms=-5)]


@pytest.mark.parametrize("form", ["existing", "new"])
@pytest.mark.parametrize("first", ["reply", "list"])
def test_what_is_refused_links_nothing(form: str, first: str) -> None:
    wire, [sofia] = at_work()
    call = add(sofia, form)
    if first == "reply":
        wire.refuse(call)
    sofia.hear(chat_has(FIRST))
    if first == "list":
        wire.refuse(call)
    sofia.hear(chat_has(FIRST))
    wire.close()
    assert wire.all_causes == []


@pytest.mark.parametrize("form", ["existing", "new"])
def test_a_reply_that_is_cut_leaves_the_edge_without_a_lag(form: str) -> None:
    wire, [sofia] = at_work()
    call = add(sofia, form)
    wire.answer(call, b"{", error="connection reset")
    poll = sofia.hear(chat_has(FIRST))
    assert [(one.call, one.exchange, one.lag_ms) for one in wire.all_causes] == [(call.number, poll, None)]


@pytest.mark.parametrize("first", ["replies", "lists"])
@pytest.mark.parametrize(("one", "two"), [(3, 4), (4, 3), (None, None)], ids=["in order", "crossed", "no reference"])
def test_two_new_documents_of_equal_name_and_size_are_told_apart_by_their_references(
    one: int | None, two: int | None, first: str
) -> None:
    wire, [sofia] = at_work()
    calls = [sofia.attach("hello.txt", HELLO), sofia.attach("hello.txt", HELLO)]
    if first == "replies":
        for call, reference in zip(calls, (one, two), strict=True):
            wire.answer(call, refers(OK, reference))
    poll = sofia.hear(refers(chat_has(FIRST), one and 3), refers(chat_has(FIRST, SECOND), one and 4))
    if first == "lists":
        for call, reference in zip(calls, (one, two), strict=True):
            wire.answer(call, refers(OK, reference))
    own = calls[::-1] if one == 4 else calls
    found = sorted((cause.call, cause.exchange, cause.position) for cause in wire.all_causes)
    assert found == sorted((call.number, poll, position) for position, call in enumerate(own))


def test_two_new_documents_of_equal_name_and_size_are_told_apart_by_the_ids_in_their_replies() -> None:
    wire, [sofia] = at_work()
    calls = [sofia.attach("hello.txt", HELLO), sofia.attach("hello.txt", HELLO)]
    poll = sofia.hear(chat_has(FIRST), chat_has(FIRST, SECOND))
    wire.answer(calls[0], OK | {"documentId": "second"})
    wire.answer(calls[1], OK | {"documentId": "first"})
    assert sorted(edges(wire)) == sorted(
        [(calls[0].number, poll, 1, "linked", "documentId"), (calls[1].number, poll, 0, "linked", "documentId")]
    )


def test_what_a_refused_call_was_taken_for_is_another_calls() -> None:
    wire, [sofia, toni] = at_work("sofia", "toni")
    refused, other = sofia.link(), sofia.link()
    polls = [toni.hear(chat_has(DOCUMENT)), sofia.hear(chat_has(DOCUMENT))]
    wire.answer(other)
    wire.refuse(refused)
    assert [edge[:2] for edge in edges(wire)] == [(other.number, poll) for poll in polls]


def test_what_a_refused_upload_was_taken_for_is_another_calls() -> None:
    wire, [sofia, toni] = at_work("sofia", "toni")
    refused, other = sofia.upload(), sofia.upload()
    polls = [toni.hear(sent()), sofia.hear(sent())]
    wire.answer(other)
    wire.refuse(refused)
    toni.hear(sent())
    assert [edge[:2] for edge in edges(wire)] == [(other.number, poll) for poll in polls]


def test_references_are_those_of_one_agents_session() -> None:
    wire, [sofia, toni] = at_work("sofia", "toni")
    ours, theirs = sofia.attach("hello.txt", HELLO), toni.attach("hello.txt", HELLO)
    wire.answer(ours, OK | {"referenceId": 3})
    wire.answer(theirs, OK | {"referenceId": 3})
    polls = [toni.hear(refers(chat_has(FIRST), 3)), sofia.hear(refers(chat_has(FIRST, SECOND), 3))]
    assert [edge[:2] for edge in edges(wire) if edge[4] == "referenceId"] == [
        (theirs.number, polls[0]),
        (ours.number, polls[1]),
    ]


def test_a_reference_of_another_agents_session_contradicts_nothing() -> None:
    wire, [sofia, toni] = at_work("sofia", "toni")
    call = sofia.attach("hello.txt", HELLO)
    polls = [toni.hear(refers(chat_has(FIRST), 9)), sofia.hear(refers(chat_has(FIRST), 3))]
    wire.answer(call, OK | {"referenceId": 3})
    assert [edge[:2] for edge in edges(wire)] == [(call.number, poll) for poll in polls]


def test_lists_of_two_agents_that_overtake_each_other_show_each_what_is_new_to_them() -> None:
    wire, [sofia, toni] = at_work("sofia", "toni")
    one, two = sofia.link("one"), sofia.link("two")
    wire.answer(one)
    wire.answer(two)
    first = sofia.hear(chat_has("one"), chat_has("one", "two"))
    second = toni.hear(chat_has("one"), chat_has("one", "two"))
    assert [edge[:3] for edge in edges(wire)] == [
        (one.number, first, 0),
        (two.number, first, 1),
        (one.number, second, 0),
        (two.number, second, 1),
    ]


def test_who_joins_later_is_not_told_of_the_link_but_of_the_chat() -> None:
    wire, [sofia] = at_work()
    sofia.has_linked()
    toni = wire.log_in("toni")
    toni.listen()
    wire.derived.clear()
    toni.hear(chat_is(attachments=[attachment()]))
    wire.wait(31_000)
    toni.hear(chat_has(DOCUMENT))
    assert edges(wire) == []


def test_a_transcript_told_after_accept_shows_old_files() -> None:
    wire, [sofia] = at_work()
    sofia.has_linked()
    upload = sofia.upload()
    wire.answer(upload)
    poll = sofia.hear(sent())
    toni = wire.log_in("toni")
    toni.listen()
    accept = toni.do("Accept")
    toni.hear(sent())
    assert [edge[:2] for edge in edges(wire) if edge[3] == "uploaded"] == [(upload.number, poll)]
    wire.answer(accept)


def test_a_link_is_not_the_cause_of_user_data_that_was_there_before() -> None:
    wire, [sofia] = at_work()
    kept = sofia.do("UpdateUserData", userData={"a": 1})
    link = sofia.link()
    wire.answer(link)
    wire.answer(kept)
    shown = chat_has(DOCUMENT)
    shown["chat"]["userData"] = {"a": 1}
    poll = sofia.hear(shown, chat_is(kind="PropertiesUpdated", userData={"a": 1}))
    assert [edge[:4] for edge in edges(wire)] == [(link.number, poll, 0, "linked"), (kept.number, poll, 1, "data")]


@pytest.mark.parametrize(("ms", "found"), [(30_000, True), (30_001, False)], ids=["30 s", "later"])
def test_name_and_size_count_within_the_window_and_the_documents_id_whenever(ms: int, found: bool) -> None:
    wire, [sofia] = at_work()
    new, existing = sofia.attach("hello.txt", HELLO), sofia.link(OTHER_DOCUMENT)
    upload = sofia.upload(OTHER_DOCUMENT)
    for call in (new, existing, upload):
        wire.answer(call)
    wire.wait(ms)
    poll = sofia.hear(chat_has(FIRST, OTHER_DOCUMENT), sent(OTHER_DOCUMENT))
    expected = [(new.number, poll, 0), (existing.number, poll, 0), (upload.number, poll, 1)]
    assert [edge[:3] for edge in edges(wire)] == (expected if found else expected[1:])


REMOVED = {
    "no list": (chat_has(), "documentId"),
    "list without it": (chat_has(OTHER_DOCUMENT), "documentId"),
    "empty list": (chat_is(kind="PropertiesUpdated", attachments=[]), "documentId"),
    "AttachmentRemoved": (chat_is(kind="AttachmentRemoved"), "notificationType"),
}


@pytest.mark.parametrize("first", ["reply", "list"])
@pytest.mark.parametrize("how", REMOVED)
def test_removing_an_attachment_is_the_cause_of_what_shows_it_no_more(how: str, first: str) -> None:
    (told, evidence), (wire, [sofia]) = REMOVED[how], at_work()
    sofia.hear(chat_has(*([DOCUMENT, OTHER_DOCUMENT] if how == "list without it" else [DOCUMENT])))
    call = sofia.unlink()
    if first == "reply":
        wire.answer(call)
    poll = sofia.hear(chat_is(), told, told)
    if first == "list":
        wire.answer(call)
    assert edges(wire) == [(call.number, poll, 1, "unlinked", evidence)]


@pytest.mark.parametrize("first", ["reply", "list"])
def test_a_removal_that_is_refused_is_no_cause(first: str) -> None:
    wire, [sofia] = at_work()
    sofia.hear(chat_has(DOCUMENT))
    call = sofia.unlink()
    if first == "reply":
        wire.refuse(call)
    sofia.hear(chat_has())
    if first == "list":
        wire.refuse(call)
    assert edges(wire) == []


def test_a_list_in_which_the_document_still_is_shows_no_removal() -> None:
    wire, [sofia] = at_work()
    sofia.hear(chat_has(DOCUMENT))
    wire.answer(sofia.unlink())
    sofia.hear(chat_has(DOCUMENT), chat_is(kind="PropertiesUpdated", userData={}))
    wire.wait(30_001)
    sofia.hear(chat_has())
    assert edges(wire) == []


def test_a_list_that_does_not_show_a_document_yet_shows_no_removal() -> None:
    wire, [sofia] = at_work()
    link, unlink = sofia.link(), sofia.unlink()
    wire.answer(link)
    wire.answer(unlink)
    poll = sofia.hear(chat_has(OTHER_DOCUMENT), chat_has(DOCUMENT, OTHER_DOCUMENT), chat_has(OTHER_DOCUMENT))
    assert [edge[:4] for edge in edges(wire)] == [
        (link.number, poll, 1, "linked"),
        (unlink.number, poll, 2, "unlinked"),
    ]


def test_a_document_removed_by_its_address_is_removed_as_well() -> None:
    wire, [sofia] = at_work()
    sofia.hear(chat_has(DOCUMENT))
    call = sofia.ask("DELETE", f"/api/v2/me/chats/{CHAT}/attachments/{DOCUMENT}")
    wire.answer(call)
    poll = sofia.hear(chat_has())
    assert edges(wire) == [(call.number, poll, 0, "unlinked", "documentId")]
