"""The life of one file in one chat: every way through the picture."""

import pytest

from inspector.analysis.transfers import State, Transfer
from tests.analysis.shapes import CHAT, DOCUMENT, OTHER_DOCUMENT, chat_has, sent
from tests.analysis.traffic import Desk, Wire

WINDOW = 30_000


def at_work() -> tuple[Wire, Desk]:
    """Sofia, with her document linked to the chat."""
    wire = Wire()
    sofia = wire.at_work("sofia")
    sofia.has_linked(DOCUMENT)
    return wire, sofia


def test_a_file_is_linked_then_asked_for_then_accepted_then_sent() -> None:
    wire, sofia = at_work()
    upload = sofia.upload()
    wire.answer(upload)
    poll = sofia.hear(sent(fileId="F1", name="offer.txt", size=47))
    wire.close()
    assert wire.life() == ["linked", "asked", "accepted", "sent"]
    assert wire.transfer() == Transfer(
        1,
        CHAT,
        DOCUMENT,
        direction="agent",
        agent=1,
        file_id="F1",
        name="offer.txt",
        mime="text/plain",
        size=47,
        linked_by=upload.number - 2,
        uploaded_by=upload.number,
        notified_by=(poll, 0),
        state=State.SENT,
    )


def test_a_file_whose_notification_came_first_is_sent_and_the_reply_changes_nothing() -> None:
    wire, sofia = at_work()
    upload = sofia.upload()
    sofia.hear(sent())
    wire.answer(upload)
    wire.wait(2 * WINDOW)
    sofia.hear()
    wire.close()
    assert wire.life() == ["linked", "asked", "sent"]


def test_a_refused_upload_is_refused() -> None:
    wire, sofia = at_work()
    wire.refuse(sofia.upload())
    wire.wait(2 * WINDOW)
    sofia.hear()
    wire.close()
    assert wire.life() == ["linked", "asked", "refused"]


def test_a_refused_upload_can_be_tried_again() -> None:
    wire, sofia = at_work()
    wire.refuse(sofia.upload())
    retry = sofia.upload()
    wire.answer(retry)
    sofia.hear(sent())
    assert wire.life() == ["linked", "asked", "refused", "asked", "accepted", "sent"]
    assert wire.transfer().uploaded_by == retry.number


def test_a_file_that_nobody_is_told_of_although_its_agent_listened_is_lost() -> None:
    wire, sofia = at_work()
    wire.answer(sofia.upload())
    wire.wait(WINDOW)
    sofia.hear()
    wire.close()
    assert wire.life() == ["linked", "asked", "accepted", "lost"]


def test_a_lost_file_that_is_told_of_after_all_was_sent() -> None:
    wire, sofia = at_work()
    wire.answer(sofia.upload())
    wire.wait(WINDOW)
    sofia.hear()
    sofia.hear(sent())
    assert wire.life() == ["linked", "asked", "accepted", "lost", "sent"]


def test_a_file_whose_window_is_open_at_the_end_is_undecided() -> None:
    wire, sofia = at_work()
    wire.answer(sofia.upload())
    wire.wait(WINDOW - 1)
    sofia.hear()
    assert wire.life() == ["linked", "asked", "accepted"]
    wire.close()
    assert wire.life() == ["linked", "asked", "accepted", "undecided"]


def test_a_file_whose_agent_did_not_listen_is_undecided_however_long_it_takes() -> None:
    wire = Wire()
    sofia = wire.log_in()
    wire.answer(sofia.upload())
    wire.wait(2 * WINDOW)
    wire.answer(sofia.do("SendMessage"))
    wire.close()
    assert wire.life() == ["asked", "accepted", "undecided"]


def test_an_upload_whose_reply_was_cut_is_undecided_and_not_refused() -> None:
    wire, sofia = at_work()
    wire.fail(sofia.upload())
    wire.close()
    assert wire.life() == ["linked", "asked", "undecided"]
    assert wire.verdicts == []


def test_an_upload_whose_reply_was_cut_is_sent_once_it_is_told() -> None:
    wire, sofia = at_work()
    wire.fail(sofia.upload())
    sofia.hear(sent())
    wire.close()
    assert wire.life() == ["linked", "asked", "undecided", "sent"]


def test_an_upload_that_is_under_way_at_the_end_is_undecided() -> None:
    wire, sofia = at_work()
    sofia.upload()
    wire.close()
    assert wire.life() == ["linked", "asked", "undecided"]


@pytest.mark.parametrize("outcome", ["refused", "lost", "undecided"])
def test_a_document_that_is_sent_once_more_has_a_life_of_its_own(outcome: str) -> None:
    wire, sofia = at_work()
    wire.answer(sofia.upload())
    sofia.hear(sent())
    again = sofia.upload()
    if outcome == "refused":
        wire.refuse(again)
    else:
        wire.answer(again)
        wire.wait(WINDOW if outcome == "lost" else 1)
        sofia.hear()
    wire.close()
    first, second = wire.lives()
    assert first == ["linked", "asked", "accepted", "sent"]
    assert second == ["asked", *([] if outcome == "refused" else ["accepted"]), outcome]


def test_a_document_taken_back_is_removed_and_can_be_linked_again() -> None:
    wire, sofia = at_work()
    wire.answer(sofia.unlink())
    sofia.hear(chat_has())
    assert wire.life() == ["linked", "removed"]
    sofia.has_linked()
    assert wire.life() == ["linked", "removed", "linked"]


def test_a_removal_that_was_refused_removes_nothing() -> None:
    wire, sofia = at_work()
    wire.refuse(sofia.unlink())
    assert wire.life() == ["linked"]


def test_a_file_that_was_sent_already_stays_sent_when_its_document_is_taken_back() -> None:
    wire, sofia = at_work()
    wire.answer(sofia.upload())
    sofia.hear(sent())
    wire.answer(sofia.unlink())
    assert wire.life() == ["linked", "asked", "accepted", "sent"]


def test_a_document_that_nobody_sends_stays_linked() -> None:
    wire, _ = at_work()
    wire.close()
    assert wire.life() == ["linked"]
    assert wire.transfer().linked_by is not None


def test_a_window_that_closed_without_a_sign_is_decided_by_the_next_poll_whatever_else_is_awaited() -> None:
    wire, sofia = at_work()
    sofia.has_linked(OTHER_DOCUMENT)
    wire.answer(sofia.upload())
    wire.wait(WINDOW - 1000)
    wire.answer(sofia.upload(OTHER_DOCUMENT))
    wire.wait(2000)
    wire.answer(sofia.do("SendMessage"))  # tells nothing of what the agent has heard
    assert wire.life() == ["linked", "asked", "accepted"]
    sofia.hear()
    assert wire.life() == ["linked", "asked", "accepted", "lost"]
    assert wire.life(OTHER_DOCUMENT) == ["linked", "asked", "accepted"]
