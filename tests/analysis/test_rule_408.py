"""GW408: a document that was linked, and of which nothing came until its chat was completed."""

import pytest

from inspector.analysis.finding import Finding, Severity
from tests.analysis.shapes import CHAT, DOCUMENT, OTHER_CHAT, OTHER_DOCUMENT, chat_has, chat_is, sent
from tests.analysis.traffic import Desk, Wire


def at_work() -> tuple[Wire, Desk]:
    """Sofia, with her document linked to the chat."""
    wire = Wire()
    sofia = wire.at_work("sofia")
    sofia.has_linked(DOCUMENT)
    return wire, sofia


def found(wire: Wire) -> list[Finding]:
    return [finding for finding in wire.findings if finding.rule == "GW408"]


@pytest.mark.parametrize("by", ["Complete", "LeaveAndComplete", ""], ids=lambda by: by or "the customer")
def test_it_is_told_of_the_link_when_the_chat_is_completed(by: str) -> None:
    wire = Wire()
    sofia = wire.at_work("sofia")
    link = sofia.has_linked(DOCUMENT)
    if by:
        wire.answer(sofia.do(by))
    assert found(wire) == []
    sofia.hear(chat_is("Completed"))
    assert found(wire) == [
        Finding(
            "GW408",
            Severity.INFO,
            link,
            None,
            f"{DOCUMENT} was linked to chat {CHAT}, which was completed without its UploadFile",
            "",
            "an UploadFile, or a RemoveAttachment",
            DOCUMENT,
        )
    ]
    assert found(wire)[0].about == (DOCUMENT, CHAT)
    sofia.hear(chat_is("Completed"))  # delivered again
    assert len(found(wire)) == 1


def test_it_is_told_of_a_new_documents_link() -> None:
    wire, sofia = at_work()
    call = sofia.attach("notes.txt", b"hello")
    wire.answer(call)
    notes = {"id": OTHER_DOCUMENT, "name": "notes.txt", "size": 5}
    sofia.hear(chat_has(DOCUMENT, notes))
    sofia.hear(chat_is("Completed"))
    assert [(finding.exchange, finding.actual) for finding in found(wire)][1:] == [(call.number, OTHER_DOCUMENT)]
    assert found(wire)[1].about == (OTHER_DOCUMENT, CHAT)


@pytest.mark.parametrize(
    "how", ["sent", "accepted", "under way", "broken", "refused", "removed", "sent by another", "sent, the list late"]
)
def test_it_is_kept_by_a_document_that_was(how: str) -> None:
    wire, sofia = at_work()
    match how:
        case "sent" | "accepted":
            wire.answer(sofia.upload())
            sofia.hear(*[sent()] if how == "sent" else [])
        case "under way":
            sofia.upload()
        case "broken":
            wire.fail(sofia.upload())
        case "refused":
            wire.refuse(sofia.upload())
        case "removed":
            wire.answer(sofia.unlink())
        case "sent by another":
            sofia.hear(sent(by="toni"))
        case "sent, the list late":
            wire.answer(sofia.upload())
            wire.answer(sofia.link(OTHER_DOCUMENT))
            wire.answer(sofia.upload(OTHER_DOCUMENT))
            sofia.hear(sent(OTHER_DOCUMENT, index=9), chat_has(DOCUMENT, OTHER_DOCUMENT))
            assert wire.life(OTHER_DOCUMENT) == ["asked", "accepted", "sent"]
    sofia.hear(chat_is("Completed"))
    assert found(wire) == []


@pytest.mark.parametrize("end", ["LeftChat", "Revoked", "Chatting"])
def test_it_is_kept_by_a_chat_that_is_not_completed(end: str) -> None:
    wire, sofia = at_work()
    sofia.hear(chat_is(end))
    wire.close()
    assert found(wire) == []


@pytest.mark.parametrize("by", ["Leave", "Transfer"])
@pytest.mark.parametrize("first", [False, True], ids=["reply first", "notification first"])
def test_it_is_kept_by_an_agent_that_leaves_a_conference_which_goes_on(by: str, first: bool) -> None:
    """It is told Completed, but another may send the document yet (Chat API, Leave)."""
    wire, sofia = at_work()
    call = sofia.do(by)
    if not first:
        wire.answer(call)
    sofia.hear(chat_is("Completed"))
    if first:
        wire.answer(call)
    assert found(wire) == []


def test_it_is_told_when_the_last_of_a_conference_is_told_that_the_chat_is_completed() -> None:
    wire, sofia = at_work()
    toni = wire.at_work("toni")
    wire.answer(sofia.do("Leave"))
    sofia.hear(chat_is("Completed"))
    assert found(wire) == []
    wire.answer(toni.do("Complete"))
    toni.hear(chat_is("Completed"))
    assert len(found(wire)) == 1


def test_it_is_kept_while_another_agent_is_in_the_chat_whoever_ended_it_for_the_first() -> None:
    wire, sofia = at_work()
    toni = wire.at_work("toni")
    wire.answer(toni.do("RemoveParticipantFromConference"))
    sofia.hear(chat_is("Completed"))
    assert found(wire) == []
    toni.hear(chat_is("Completed"))
    assert len(found(wire)) == 1


def test_it_is_told_of_a_chat_that_is_left_and_then_completed() -> None:
    wire, sofia = at_work()
    wire.answer(sofia.do("Leave"))
    sofia.hear(chat_is("LeftChat"))
    wire.answer(sofia.do("Complete"))
    sofia.hear(chat_is("Completed"))
    assert len(found(wire)) == 1


def test_it_is_told_if_the_leaving_was_refused() -> None:
    wire, sofia = at_work()
    wire.refuse(sofia.do("Leave"))
    sofia.hear(chat_is("Completed"))
    assert len(found(wire)) == 1


def test_another_chats_end_is_another_matter() -> None:
    wire, sofia = at_work()
    sofia.accept(OTHER_CHAT)
    sofia.hear(chat_is("Completed", of=OTHER_CHAT))
    assert found(wire) == []


def test_a_document_that_another_session_linked_is_not_ours() -> None:
    wire = Wire()
    sofia = wire.at_work("sofia")
    sofia.hear(chat_has(DOCUMENT), chat_is("Completed"))
    assert found(wire) == []


def test_nor_is_one_that_was_removed_and_linked_again_by_another_session() -> None:
    wire, sofia = at_work()
    wire.answer(sofia.unlink())
    sofia.hear(chat_has())
    sofia.hear(chat_has(DOCUMENT))
    assert (wire.life(), wire.transfer().linked_by) == (["linked", "removed", "linked"], None)
    sofia.hear(chat_is("Completed"))
    assert found(wire) == []


@pytest.mark.parametrize("how", ["breaks off", "is a login page"])
def test_a_removal_whose_reply_nobody_could_read_may_have_happened(how: str) -> None:
    wire, sofia = at_work()
    removal = sofia.unlink()
    if how == "breaks off":
        wire.fail(removal)
    else:
        wire.answer(removal, b"<!doctype html>")
    sofia.hear(chat_is("Completed"))
    assert found(wire) == []
