"""GW402: an accepted UploadFile whose notification did not come, although its agent would have been told."""

import pytest

from inspector.analysis.finding import Finding, Severity
from tests.analysis.shapes import CUSTOMER, DOCUMENT, OTHER_DOCUMENT, Json, agent, line, log_has, sent
from tests.analysis.traffic import TOPIC, Desk, Verdict, Wire

WINDOW = 30_000


def at_work(window_ms: int = WINDOW) -> tuple[Wire, Desk]:
    """Sofia, with her document linked to the chat."""
    wire = Wire(window_ms)
    sofia = wire.at_work("sofia")
    sofia.has_linked(DOCUMENT)
    return wire, sofia


def lost(call: int) -> list[Verdict]:
    return [Verdict("GW402", Severity.ERROR, call, None, "", None)]


def accepted(desk: Desk, document: str = DOCUMENT) -> int:
    upload = desk.upload(document)
    desk.wire.answer(upload)
    return upload.number


def test_it_is_told_as_soon_as_a_poll_is_answered_past_the_window_without_it() -> None:
    wire, sofia = at_work()
    call = accepted(sofia)
    wire.wait(WINDOW - 1)
    sofia.hear()
    assert wire.findings == []
    wire.wait(1)
    sofia.hear()
    assert wire.findings == [
        Finding(
            "GW402",
            Severity.ERROR,
            call,
            None,
            f"UploadFile of {DOCUMENT} was accepted, but no file-uploaded came within 30 s, "
            "although the agent listened",
            "",
            "a file-uploaded message on /v2/me/chats",
        )
    ]


def test_it_is_told_once() -> None:
    wire, sofia = at_work()
    call = accepted(sofia)
    for _ in range(3):
        wire.wait(WINDOW)
        sofia.hear()
    wire.close()
    assert wire.verdicts == lost(call)


def test_the_window_begins_with_the_reply_and_can_be_set() -> None:
    wire, sofia = at_work(window_ms=1500)
    upload = sofia.upload()
    wire.wait(60_000)
    wire.answer(upload)
    wire.wait(1499)
    sofia.hear()
    assert wire.verdicts == []
    wire.wait(1)
    sofia.hear()
    assert wire.verdicts == lost(upload.number)
    assert "within 1.5 s" in wire.findings[0].text


def test_each_upload_has_its_own_window() -> None:
    wire, sofia = at_work()
    sofia.has_linked(OTHER_DOCUMENT)
    first = accepted(sofia)
    wire.wait(10_000)
    second = accepted(sofia, OTHER_DOCUMENT)
    wire.wait(WINDOW - 10_000)
    sofia.hear()
    assert wire.verdicts == lost(first)
    wire.wait(10_000)
    sofia.hear()
    assert wire.verdicts == lost(first) + lost(second)


def test_what_is_told_of_other_files_is_not_told_of_this_one() -> None:
    wire, sofia = at_work()
    call = accepted(sofia)
    sofia.hear(sent(OTHER_DOCUMENT, by=CUSTOMER), sent(by="toni"), log_has(line("Text", agent("sofia"), 3)))
    wire.wait(WINDOW)
    sofia.hear()
    assert wire.verdicts == lost(call)


def test_one_of_two_uploads_of_a_document_can_be_lost() -> None:
    wire, sofia = at_work()
    accepted(sofia)
    second = accepted(sofia)
    sofia.hear(sent())
    wire.wait(WINDOW)
    again = sofia.hear(sent())  # delivered again
    assert [verdict for verdict in wire.verdicts[1:] if verdict.exchange != again] == lost(second)
    assert wire.verdicts[0].rule == "GW410"


def test_it_is_told_though_another_tab_of_the_agent_polls_too() -> None:
    wire, sofia = at_work()
    tab = Desk(wire, *sofia.fields)
    tab.listen()
    call = accepted(sofia)
    wire.wait(WINDOW)
    tab.hear()
    assert wire.verdicts == lost(call)


def test_a_window_that_closed_without_a_sign_is_decided_at_the_next_poll_whatever_else_is_awaited() -> None:
    wire, sofia = at_work()
    sofia.has_linked(OTHER_DOCUMENT)
    first = accepted(sofia)
    wire.wait(WINDOW - 1000)
    accepted(sofia, OTHER_DOCUMENT)
    wire.wait(2000)
    wire.answer(sofia.do("SendMessage"))
    sofia.hear()
    wire.close()
    assert wire.verdicts == lost(first)


@pytest.mark.parametrize("when", ["before the reply", "in the window", "in the answer that ends the window"])
def test_a_notification_keeps_it(when: str) -> None:
    wire, sofia = at_work()
    upload = sofia.upload()
    if when == "before the reply":
        sofia.hear(sent())
    wire.answer(upload)
    wire.wait(WINDOW - 1)
    if when == "in the window":
        sofia.hear(sent())
    poll = sofia.poll()
    wire.wait(100)
    wire.tell(poll, *[sent()] if when == "in the answer that ends the window" else [])
    wire.close()
    assert wire.verdicts == []


def test_a_notification_in_the_reply_to_another_request_of_the_client_keeps_it() -> None:
    wire, sofia = at_work()
    accepted(sofia)
    asked = sofia.send({"channel": "/meta/subscribe", "subscription": "/v2/me/calls"})
    subscribed = {"channel": "/meta/subscribe", "subscription": "/v2/me/calls", "successful": True}
    wire.answer(asked, [{"channel": TOPIC, "data": sent()}, subscribed])
    wire.wait(WINDOW)
    sofia.hear()
    assert wire.verdicts == []


@pytest.mark.parametrize(
    "sender",
    [{"type": "Agent", "nickname": "sofia"}, {"nickname": "sofia"}, agent("sofia") | {"type": "Supervisor"}],
    ids=["no address", "no type", "a type that is not documented"],
)
def test_a_notification_whose_sender_may_be_the_agent_keeps_it(sender: Json) -> None:
    wire, sofia = at_work()
    accepted(sofia)
    sofia.hear(sent(by=sender))
    wire.wait(WINDOW)
    sofia.hear()
    assert wire.verdicts == []


def test_a_refused_upload_awaits_nothing() -> None:
    wire, sofia = at_work()
    wire.refuse(sofia.upload())
    wire.wait(WINDOW)
    sofia.hear()
    wire.close()
    assert [verdict.rule for verdict in wire.verdicts] == ["GW202"]


@pytest.mark.parametrize("answered", [True, False])
def test_an_upload_of_which_nobody_knows_whether_it_was_accepted_awaits_nothing(answered: bool) -> None:
    wire, sofia = at_work()
    upload = sofia.upload()
    if answered:
        wire.fail(upload)
    wire.wait(WINDOW)
    sofia.hear()
    wire.close()
    assert wire.verdicts == []
