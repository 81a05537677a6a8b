"""GW409: a file that was told of in another chat than it was uploaded to."""

import pytest

from inspector.analysis.finding import Finding, Severity
from tests.analysis.sendings import THIRD_CHAT, found, in_two_chats, rules, silence
from tests.analysis.shapes import (
    CHAT,
    CUSTOMER,
    DOCUMENT,
    HELLO,
    OTHER_CHAT,
    USERS,
    Json,
    agent,
    file_line,
    line,
    log_has,
    sent,
)

ELSEWHERE = sent(of=OTHER_CHAT)


@pytest.mark.parametrize("first", [False, True], ids=["reply first", "notification first"])
def test_it_is_told_of_the_message_once_the_uploads_own_chat_stayed_silent(first: bool) -> None:
    wire, sofia = in_two_chats()
    upload = sofia.upload()
    poll = sofia.hear(ELSEWHERE) if first else 0
    wire.answer(upload)
    poll = poll or sofia.hear(ELSEWHERE)
    silence(wire, sofia)
    wire.close()
    assert found(wire) == [
        Finding(
            "GW409",
            Severity.ERROR,
            poll,
            0,
            f"{DOCUMENT} was told of in chat {OTHER_CHAT}; UploadFile (#{upload.number}) asked for it in chat {CHAT}",
            "/data/chatUri",
            f"…/chats/{CHAT}",
            OTHER_CHAT,
        )
    ]
    assert found(wire)[0].about == (DOCUMENT, OTHER_CHAT)
    assert wire.life()[-1] == "undecided"
    assert wire.life(chat=OTHER_CHAT) == ["linked", "sent"]


def test_it_is_another_tabs_file_if_the_uploads_own_chat_is_told_too() -> None:
    """A standard response is in many chats (section 12): what came in the other one is not this upload's."""
    wire, sofia = in_two_chats()
    wire.answer(sofia.upload())
    poll = sofia.hear(ELSEWHERE)
    sofia.hear(sent(index=8, fileId="F2"))
    silence(wire, sofia)
    assert [(finding.rule, finding.exchange) for finding in found(wire)] == [("GW403", poll)]


def test_nobody_knows_if_the_recording_ends_before_the_window() -> None:
    wire, sofia = in_two_chats()
    wire.answer(sofia.upload())
    sofia.hear(ELSEWHERE)
    wire.close()
    assert rules(wire) == []
    assert wire.life()[-1] == "undecided"


def test_it_is_another_tabs_file_if_the_upload_was_refused() -> None:
    wire, sofia = in_two_chats()
    upload = sofia.upload()
    sofia.hear(ELSEWHERE)
    wire.refuse(upload)
    silence(wire, sofia)
    assert rules(wire) == ["GW202", "GW403"]


def test_both_chats_are_uploaded_to_and_told_of_in_any_order() -> None:
    wire, sofia = in_two_chats()
    wire.answer(sofia.upload())
    wire.answer(sofia.upload(chat=OTHER_CHAT))
    sofia.hear(ELSEWHERE, sent())
    silence(wire, sofia)
    assert rules(wire) == []
    assert wire.life()[-1] == wire.life(chat=OTHER_CHAT)[-1] == "sent"


def test_two_uploads_that_went_to_a_third_chat_are_told_once() -> None:
    """One of them; the other is simply lost."""
    wire, sofia = in_two_chats()
    sofia.accept(THIRD_CHAT)
    wire.answer(sofia.upload())
    wire.answer(sofia.upload(chat=OTHER_CHAT))
    sofia.hear(sent(of=THIRD_CHAT))
    silence(wire, sofia)
    assert rules(wire) == ["GW409", "GW402"]


def test_of_two_uploads_that_may_have_gone_to_a_third_chat_it_is_the_one_that_is_missing() -> None:
    wire, sofia = in_two_chats()
    sofia.accept(THIRD_CHAT)
    wire.answer(sofia.upload())
    lost = sofia.upload(chat=OTHER_CHAT)
    wire.answer(lost)
    sofia.hear(sent(of=THIRD_CHAT))
    sofia.hear(sent())
    silence(wire, sofia)
    assert rules(wire) == ["GW409"]
    assert f"(#{lost.number})" in found(wire)[0].text


def test_an_upload_that_was_told_of_before_its_reply_is_not_missing() -> None:
    wire, sofia = in_two_chats()
    upload = sofia.upload()
    sofia.hear(sent())
    sofia.hear(ELSEWHERE)
    assert rules(wire) == ["GW403"]
    wire.answer(upload)
    silence(wire, sofia)
    assert rules(wire) == ["GW403"]


@pytest.mark.parametrize(
    "sender",
    [CUSTOMER, agent("toni"), {"type": "Agent", "nickname": "sofia"}, None],
    ids=["customer", "toni", "who?", "none"],
)
def test_the_file_of_anybody_else_is_its_own_matter(sender: Json | None) -> None:
    wire, sofia = in_two_chats()
    wire.answer(sofia.upload())
    sofia.hear(log_has(file_line() | {"from": sender}, of=OTHER_CHAT), sent(index=8))
    silence(wire, sofia)
    assert rules(wire) == []


def test_another_agents_upload_of_the_document_is_not_awaited_here() -> None:
    wire, sofia = in_two_chats()
    toni = wire.at_work("toni", THIRD_CHAT)
    toni.has_linked(DOCUMENT, THIRD_CHAT)
    wire.answer(toni.upload(chat=THIRD_CHAT))
    sofia.hear(ELSEWHERE)
    silence(wire, sofia, toni)
    assert sorted(rules(wire)) == ["GW402", "GW403"]


def test_it_is_found_though_another_agent_was_told_first() -> None:
    wire, sofia = in_two_chats()
    toni = wire.at_work("toni", OTHER_CHAT)
    wire.answer(sofia.upload())
    toni.hear(ELSEWHERE)
    sofia.hear(ELSEWHERE)
    silence(wire, sofia)
    assert rules(wire) == ["GW409"]


def test_the_transcript_of_the_other_chat_tells_of_earlier_times() -> None:
    wire, sofia = in_two_chats()
    wire.answer(sofia.upload())
    sofia.accept(OTHER_CHAT, HELLO, file_line())
    sofia.hear(sent(index=8, fileId="F2"))
    silence(wire, sofia)
    assert rules(wire) == []


def test_what_was_told_of_both_before_is_nothing_new() -> None:
    wire, sofia = in_two_chats()
    wire.answer(sofia.upload(chat=OTHER_CHAT))
    sofia.hear(ELSEWHERE)
    wire.answer(sofia.upload())
    sofia.hear(ELSEWHERE)
    sofia.hear(sent())
    silence(wire, sofia)
    assert rules(wire) == []


def test_a_file_of_ones_own_from_another_tab_is_found_though_another_agent_was_told_first() -> None:
    """GW403, of whoever it is the file: only its own notification tells who that is."""
    wire, sofia = in_two_chats()
    toni = wire.at_work("toni", OTHER_CHAT)
    toni.hear(ELSEWHERE)
    assert rules(wire) == []
    poll = sofia.hear(ELSEWHERE)
    sofia.hear(ELSEWHERE)
    assert [(finding.rule, finding.exchange) for finding in found(wire)] == [("GW403", poll)]
    assert "was sent by sofia" in found(wire)[0].text
    assert USERS["sofia"] in str(line("Text", agent("sofia"), 1))


def test_what_another_agent_sent_into_that_chat_before_does_not_hide_it() -> None:
    wire, sofia = in_two_chats()
    wire.answer(sofia.upload())
    sofia.hear(sent())
    toni = wire.at_work("toni", THIRD_CHAT)
    toni.accept(CHAT)
    toni.has_linked(DOCUMENT, THIRD_CHAT)
    upload = toni.upload(chat=THIRD_CHAT)
    wire.answer(upload)
    toni.hear(sent(by="toni", index=9, fileId="toni's"))
    silence(wire, sofia, toni)
    assert rules(wire) == ["GW409"]
    assert f"UploadFile (#{upload.number})" in wire.findings[-1].text
