"""GW403: a file of the recorded user that no UploadFile of the recording asked for."""

import pytest

from inspector.analysis.finding import Finding, Severity
from tests.analysis.shapes import (
    CHAT,
    CUSTOMER,
    DOCUMENT,
    HELLO,
    OTHER_CHAT,
    OTHER_DOCUMENT,
    Json,
    agent,
    chat_is,
    file_line,
    line,
    log_has,
    sent,
)
from tests.analysis.traffic import Desk, Verdict, Wire


def test_it_is_told_of_the_message_and_of_the_place_in_it() -> None:
    wire = Wire()
    sofia = wire.at_work()
    poll = sofia.hear(log_has(HELLO), log_has(HELLO, file_line(name="offer.txt")))
    assert wire.findings == [
        Finding(
            "GW403",
            Severity.WARNING,
            poll,
            1,
            "offer.txt was sent by sofia, but no UploadFile of this recording asked for it",
            "/data/messages/1/attachment/id",
            "an UploadFile of this document before",
            DOCUMENT,
        )
    ]


def unasked(poll: int) -> list[Verdict]:
    return [Verdict("GW403", Severity.WARNING, poll, 0, "/data/messages/0/attachment/id", DOCUMENT)]


def test_it_is_told_once_however_often_the_file_is_told() -> None:
    wire = Wire()
    sofia = wire.at_work()
    poll = sofia.hear(sent())
    sofia.hear(sent() | {"metrics": {}})
    sofia.accept(CHAT, HELLO, file_line())
    assert [verdict for verdict in wire.verdicts if verdict.rule != "GW603"] == unasked(poll)


def test_an_upload_of_another_document_did_not_ask_for_it() -> None:
    wire = Wire()
    sofia = wire.at_work()
    sofia.has_linked(OTHER_DOCUMENT)
    wire.answer(sofia.upload(OTHER_DOCUMENT))
    assert sofia.hear(sent()) == wire.verdicts[0].exchange
    assert [verdict.rule for verdict in wire.verdicts] == ["GW403"]


def test_an_upload_to_another_chat_that_was_told_of_there_did_not_ask_for_it() -> None:
    wire = Wire()
    sofia = wire.at_work()
    sofia.accept(OTHER_CHAT)
    sofia.has_linked(DOCUMENT, OTHER_CHAT)
    wire.answer(sofia.upload(chat=OTHER_CHAT))
    sofia.hear(sent(of=OTHER_CHAT))
    assert unasked(sofia.hear(sent())) == wire.verdicts


def test_a_link_that_was_refused_did_not_ask_for_it() -> None:
    wire = Wire()
    sofia = wire.at_work()
    sofia.has_linked()
    wire.refuse(sofia.link(), 18)
    assert unasked(sofia.hear(sent())) == wire.verdicts[1:]


@pytest.mark.parametrize("how", ["accepted", "under way", "its reply was cut"])
def test_an_upload_keeps_it_even_if_nobody_knows_how_it_ended(how: str) -> None:
    wire = Wire()
    sofia = wire.at_work()
    sofia.has_linked()
    upload = sofia.upload()
    if how == "accepted":
        wire.answer(upload)
    elif how == "its reply was cut":
        wire.fail(upload)
    sofia.hear(sent())
    assert wire.verdicts == []


def test_an_upload_of_the_same_user_from_another_login_of_the_recording_keeps_it() -> None:
    wire = Wire()
    sofia, at_home = wire.at_work("sofia"), Desk(wire, ("Cookie", "JSESSIONID=home"))
    at_home.listen()
    sofia.has_linked()
    wire.answer(at_home.upload())
    sofia.hear(sent())
    at_home.hear(sent())
    assert wire.verdicts == []


@pytest.mark.parametrize(
    "sender",
    [CUSTOMER, agent("toni"), {"type": "Agent", "nickname": "sofia"}, {"type": "External", "nickname": "Bot"}, None],
    ids=["customer", "another agent", "an agent without an address", "a service", "nobody"],
)
def test_the_file_of_anybody_else_needs_no_upload(sender: Json | None) -> None:
    wire = Wire()
    sofia = wire.at_work()
    sofia.hear(log_has(line("Text", CUSTOMER, 3, text="look")), log_has(file_line() | {"from": sender}))
    assert wire.verdicts == []


def test_nor_does_the_file_of_an_agent_that_said_nothing_of_itself() -> None:
    """Without `/me` nobody knows which user it is."""
    wire = Wire()
    sofia = Desk(wire, ("Cookie", "JSESSIONID=old"))
    sofia.listen()
    sofia.accept()
    sofia.hear(sent())
    assert wire.verdicts == []


def test_a_file_in_the_transcript_that_is_told_after_accept_was_sent_before() -> None:
    wire = Wire()
    sofia = wire.log_in()
    sofia.listen()
    sofia.accept(CHAT, HELLO, file_line())
    assert wire.verdicts == []


def test_nor_is_such_a_file_told_of_later_when_the_transcript_is_repeated() -> None:
    wire = Wire()
    sofia = wire.log_in()
    sofia.listen()
    sofia.accept(CHAT, HELLO, file_line())
    sofia.hear(log_has(HELLO, file_line()))
    assert wire.verdicts == []


def test_the_transcript_of_one_chat_is_not_that_of_another() -> None:
    wire = Wire()
    sofia = wire.at_work()
    wire.answer(sofia.do("Accept", chat=OTHER_CHAT))
    assert unasked(sofia.hear(sent())) == wire.verdicts


def test_a_second_agents_accept_does_not_hide_what_the_first_is_told() -> None:
    wire = Wire()
    sofia, toni = wire.at_work("sofia"), wire.log_in("toni")
    toni.listen()
    accept = toni.do("Accept")
    assert unasked(sofia.hear(sent())) == wire.verdicts
    wire.answer(accept)


def test_what_the_first_agent_is_told_does_not_use_up_the_second_agents_transcript() -> None:
    wire = Wire()
    sofia, toni = wire.at_work("sofia"), wire.log_in("toni")
    toni.listen()
    wire.answer(toni.do("Accept"))
    sofia.hear(log_has(line("ParticipantJoined", agent("toni"), 3)))
    toni.hear(chat_is(), log_has(HELLO, file_line(by="toni")))
    assert wire.verdicts == []


def test_a_chat_that_was_not_seen_from_its_start_may_have_had_an_upload_before() -> None:
    wire = Wire()
    sofia = wire.log_in()
    sofia.listen()
    sofia.hear(sent())
    assert wire.verdicts == []


def test_an_upload_that_was_refused_and_told_of_nevertheless_was_asked_for() -> None:
    """That is another matter (GW405): not another tab of the user."""
    wire = Wire()
    sofia = wire.at_work()
    sofia.has_linked()
    wire.refuse(sofia.upload())
    sofia.hear(sent())
    assert "GW403" not in {verdict.rule for verdict in wire.verdicts}
