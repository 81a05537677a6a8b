"""Every way that a file can take through a chat, as whole stories (life of a file: web-services-api, section 2.8).

The steps of one pair (link and list, upload and notification) come in either order: they travel by two connections.
"""

from collections.abc import Callable

import pytest

from inspector.analysis.transfers import State, Transfer
from inspector.traffic.exchange import Exchange
from tests.analysis.shapes import (
    CHAT,
    CUSTOMER,
    DOCUMENT,
    HELLO,
    OTHER_CHAT,
    Json,
    agent,
    attachment,
    chat_has,
    chat_is,
    file_line,
    line,
    log_has,
    sent,
)
from tests.analysis.traffic import OK, Desk, Wire

WINDOW = 30_000
ORDERS = pytest.mark.parametrize("linked_first", [False, True], ids=["reply, list", "list, reply"])
ENDS = pytest.mark.parametrize("told_first", [False, True], ids=["reply, file-uploaded", "file-uploaded, reply"])


def either(wire: Wire, desk: Desk, call: Exchange, data: Json, told_first: bool, reply: Json = OK) -> int:
    """The reply and the notification; the exchange that told of it."""
    poll = desk.hear(data) if told_first else 0
    wire.answer(call, reply)
    return poll or desk.hear(data)


def rules(wire: Wire) -> list[str]:
    """What was found until the end of all windows, and of the recording."""
    wire.wait(2 * WINDOW)
    wire.ask("GET", "/api/v2/diagnostics/version")
    wire.close()
    return [finding.rule for finding in wire.findings if finding.rule[:3] in ("GW2", "GW4")]


@ORDERS
@ENDS
def test_an_existing_document(linked_first: bool, told_first: bool) -> None:
    wire = Wire()
    sofia = wire.at_work()
    link = sofia.link()
    either(wire, sofia, link, chat_has(DOCUMENT), linked_first)
    upload = sofia.upload()
    poll = either(wire, sofia, upload, sent(), told_first)
    assert wire.lives() == [["linked", "asked", "sent"] if told_first else ["linked", "asked", "accepted", "sent"]]
    transfer = wire.transfer()
    assert (transfer.linked_by, transfer.uploaded_by, transfer.notified_by) == (link.number, upload.number, (poll, 0))
    assert rules(wire) == []


@ORDERS
@ENDS
def test_a_new_file(linked_first: bool, told_first: bool) -> None:
    wire = Wire()
    sofia = wire.at_work()
    call = sofia.attach("notes.txt", b"hello")
    notes = attachment(name="notes.txt", size=5)
    either(wire, sofia, call, chat_has(notes) | {"referenceId": 3}, linked_first, OK | {"referenceId": 3})
    upload = sofia.upload()
    either(wire, sofia, upload, sent(name="notes.txt", size=5), told_first)
    transfer = wire.transfer()
    assert (transfer.linked_by, transfer.uploaded_by, transfer.state) == (call.number, upload.number, State.SENT)
    assert (transfer.size, transfer.seen_size, transfer.agent) == (5, 5, 1)
    assert rules(wire) == []


@ENDS
def test_a_list_that_comes_after_everything_else_changes_nothing(told_first: bool) -> None:
    wire = Wire()
    sofia = wire.at_work()
    link = sofia.link()
    wire.answer(link)
    either(wire, sofia, sofia.upload(), sent(), told_first)
    sofia.hear(chat_has(DOCUMENT))
    assert len(wire.lives()) == 1
    assert (wire.transfer().state, wire.transfer().linked_by) == (State.SENT, link.number)
    assert rules(wire) == []


def test_a_customers_file() -> None:
    wire = Wire()
    sofia = wire.at_work()
    sofia.hear(sent(by=CUSTOMER))
    assert (wire.life(), wire.transfer().direction, wire.transfer().agent) == (["received"], "customer", None)
    assert rules(wire) == []


def test_a_customers_file_that_the_agent_links_and_sends_on() -> None:
    wire = Wire()
    sofia = wire.at_work()
    sofia.hear(sent(by=CUSTOMER))
    linked = sofia.has_linked()
    upload = sofia.upload()
    wire.answer(upload)
    sofia.hear(sent(index=9, fileId="F2"))
    assert wire.lives() == [["received"], ["linked", "asked", "accepted", "sent"]]
    transfer = wire.transfer()
    assert (transfer.direction, transfer.linked_by, transfer.agent, transfer.file_id) == ("agent", linked, 1, "F2")
    assert rules(wire) == []


def test_a_customers_file_under_a_document_that_was_refused_to_the_agent_is_the_customers() -> None:
    wire = Wire()
    sofia = wire.at_work()
    sofia.has_linked()
    wire.refuse(sofia.upload())
    sofia.hear(sent(by=CUSTOMER))
    assert wire.lives() == [["linked", "asked", "refused"], ["received"]]


@ENDS
def test_refused(told_first: bool) -> None:
    """Told of by another agent, it is that one's."""
    wire = Wire()
    sofia = wire.at_work()
    sofia.has_linked()
    upload = sofia.upload()
    if told_first:
        sofia.hear(sent(by="toni"))
    wire.refuse(upload)
    if not told_first:
        sofia.hear(sent(by="toni"))
    own, tonis = wire.lives()
    assert (own, tonis) == (["linked", "asked", "refused"], ["sent"])
    assert rules(wire) == ["GW202"]


@ENDS
@pytest.mark.parametrize("tries", [1, 3])
def test_refused_then_accepted(tries: int, told_first: bool) -> None:
    wire = Wire()
    sofia = wire.at_work()
    sofia.has_linked()
    for _ in range(tries):
        wire.refuse(sofia.upload())
    upload = sofia.upload()
    either(wire, sofia, upload, sent(), told_first)
    [life] = wire.lives()
    assert life == ["linked", *["asked", "refused"] * tries, "asked", *([] if told_first else ["accepted"]), "sent"]
    assert wire.transfer().uploaded_by == upload.number
    assert rules(wire) == ["GW202"] * tries


@ORDERS
def test_removed_before_sending(linked_first: bool) -> None:
    wire = Wire()
    sofia = wire.at_work()
    sofia.has_linked()
    either(wire, sofia, sofia.unlink(), chat_has(), linked_first)
    sofia.hear(chat_is("Completed"))
    assert wire.lives() == [["linked", "removed"]]
    assert rules(wire) == []


@ENDS
def test_sent_twice(told_first: bool) -> None:
    wire = Wire()
    sofia = wire.at_work()
    sofia.has_linked()
    uploads = []
    for index in (7, 9):
        uploads.append(sofia.upload())
        either(wire, sofia, uploads[-1], sent(index=index, fileId=f"F{index}"), told_first)
    own = ["asked", "sent"] if told_first else ["asked", "accepted", "sent"]
    assert wire.lives() == [["linked", *own], own]
    transfers = [one for one in wire.derived if isinstance(one, Transfer)]
    told = [(one.uploaded_by, one.file_id) for one in {one.number: one for one in transfers}.values()]
    assert told == [(uploads[0].number, "F7"), (uploads[1].number, "F9")]
    assert rules(wire) == ["GW410"]


def test_a_double_click_of_which_one_is_told() -> None:
    wire = Wire()
    sofia = wire.at_work()
    sofia.has_linked()
    first, second = sofia.upload(), sofia.upload()
    wire.answer(second)
    wire.answer(first)
    sofia.hear(sent())
    wire.wait(WINDOW)
    sofia.hear()
    assert wire.lives() == [["linked", "asked", "accepted", "sent"], ["asked", "accepted", "lost"]]
    assert [(finding.rule, finding.exchange) for finding in wire.findings] == [
        ("GW410", second.number),
        ("GW402", second.number),
    ]


@pytest.mark.parametrize("again", ["F2", ""], ids=["told twice", "told once"])
def test_a_broken_reply_and_the_accepted_retry_that_gets_the_notification(again: str) -> None:
    """The first may never have reached the server; if it did, it is told of as well."""
    wire = Wire()
    sofia = wire.at_work()
    sofia.has_linked()
    wire.fail(sofia.upload())
    retry = sofia.upload()
    wire.answer(retry)
    sofia.hear(sent(), *[sent(index=9, fileId=again)] if again else [])
    first, second = wire.lives()
    assert first == ["linked", "asked", "undecided", *(["sent"] if again else [])]
    assert second == ["asked", "accepted", "sent"]
    assert wire.causes[1].call == retry.number
    assert rules(wire) == []


def test_one_document_in_two_chats() -> None:
    wire = Wire()
    sofia = wire.at_work()
    sofia.accept(OTHER_CHAT)
    for chat in (CHAT, OTHER_CHAT):
        sofia.has_linked(DOCUMENT, chat)
        wire.answer(sofia.upload(chat=chat))
    sofia.hear(sent(of=OTHER_CHAT), sent())
    assert wire.life() == wire.life(chat=OTHER_CHAT) == ["linked", "asked", "accepted", "sent"]
    assert rules(wire) == []


@pytest.mark.parametrize("linked", [False, True], ids=["linked there", "linked here"])
def test_sent_by_another_session_of_the_same_agent(linked: bool) -> None:
    """Which is not in this recording: only the notification tells of it."""
    wire = Wire()
    sofia = wire.at_work()
    if linked:
        sofia.has_linked()
    else:
        sofia.hear(chat_has(DOCUMENT))
    poll = sofia.hear(sent())
    assert wire.lives() == [["linked", "sent"]]
    transfer = wire.transfer()
    assert (transfer.agent, transfer.uploaded_by, transfer.notified_by) == (1, None, (poll, 0))
    assert rules(wire) == ["GW403"]


@pytest.mark.parametrize("in_this_recording", [False, True])
def test_sent_by_another_agent_of_the_conference(in_this_recording: bool) -> None:
    """Even a document that the first linked: the sender is no more ours than its UploadFile is in the recording."""
    wire = Wire()
    sofia = wire.at_work("sofia")
    link = sofia.has_linked()
    upload = None
    if in_this_recording:
        toni = wire.at_work("toni")
        upload = toni.upload()
        wire.answer(upload)
    sofia.hear(sent(by="toni"))
    transfer = wire.transfer()
    assert (transfer.direction, transfer.state, transfer.linked_by) == ("agent", State.SENT, link)
    assert (transfer.agent, transfer.uploaded_by) == ((2, upload.number) if upload else (None, None))
    assert rules(wire) == []


CUTS: dict[str, Callable[[Wire, Desk], object]] = {
    "after the link": lambda wire, sofia: None,
    "while it is asked for": lambda wire, sofia: sofia.upload(),
    "at the connection": lambda wire, sofia: wire.fail(sofia.upload()),
    "before the notification": lambda wire, sofia: wire.answer(sofia.upload()),
}


@pytest.mark.parametrize("cut", CUTS)
def test_the_recording_is_cut_in_between(cut: str) -> None:
    wire = Wire()
    sofia = wire.at_work()
    sofia.has_linked()
    CUTS[cut](wire, sofia)
    wire.close()
    assert wire.life()[-1] == ("linked" if cut == "after the link" else "undecided")
    assert wire.findings == []


def test_the_recording_begins_in_between() -> None:
    """Of what was asked before, only the notification is seen; the next upload is like any other."""
    wire = Wire()
    sofia = wire.log_in()
    sofia.listen()
    sofia.hear(sent())
    assert (wire.life(), wire.transfer().agent) == (["sent"], 1)
    sofia.hear(log_has(HELLO, line("Text", agent("sofia"), 8)))
    sofia.accept(CHAT, HELLO, file_line())
    assert wire.life() == ["sent"]
    assert rules(wire) == []
