"""What is known of a file in a chat: whose it is, how large, which bytes. (Downloads: `test_downloads.py`.)"""

import hashlib

import pytest

from inspector.analysis.chats import OVER_KEPT
from inspector.analysis.transfers import State, Transfer
from tests.analysis.shapes import (
    CHAT,
    CUSTOMER,
    DOCUMENT,
    OTHER_CHAT,
    OTHER_DOCUMENT,
    Json,
    agent,
    attachment,
    chat_has,
    chat_is,
    line,
    log_has,
    sent,
)
from tests.analysis.traffic import OK, Desk, Wire


def at_work() -> tuple[Wire, Desk]:
    """Sofia, with her document linked to the chat."""
    wire = Wire()
    sofia = wire.at_work("sofia")
    sofia.has_linked(DOCUMENT)
    return wire, sofia


def test_a_document_that_the_list_held_before_has_no_call_that_linked_it() -> None:
    wire = Wire()
    wire.log_in().hear(chat_has(DOCUMENT))
    assert wire.transfer() == Transfer(1, CHAT, DOCUMENT, name=f"{DOCUMENT}.txt", mime="text/plain", size=46)


def test_a_customers_file_is_received() -> None:
    wire = Wire()
    sofia = wire.at_work()
    poll = sofia.hear(sent(by=CUSTOMER, fileId="F1"))
    wire.close()
    assert wire.transfer() == Transfer(
        1,
        CHAT,
        DOCUMENT,
        direction="customer",
        file_id="F1",
        name=f"{DOCUMENT}.txt",
        size=46,
        notified_by=(poll, 0),
        state=State.RECEIVED,
    )


def test_a_file_that_an_agent_outside_of_the_recording_sent_is_sent_by_nobody_we_know() -> None:
    wire = Wire()
    sofia = wire.at_work()
    poll = sofia.hear(sent(by="toni"))
    transfer = wire.transfer()
    assert (transfer.direction, transfer.agent, transfer.uploaded_by) == ("agent", None, None)
    assert (transfer.state, transfer.notified_by) == (State.SENT, (poll, 0))


def test_a_file_told_without_its_attachment_is_that_of_its_upload() -> None:
    wire, sofia = at_work()
    wire.answer(sofia.upload())
    poll = sofia.hear(log_has(line("SystemCommand", agent("sofia"), 7, noticeText="file-uploaded")))
    transfer = wire.transfer()
    assert (transfer.state, transfer.notified_by) == (State.SENT, (poll, 0))
    assert (transfer.name, transfer.size) == (f"{DOCUMENT}.txt", 46)


def test_a_notification_delivered_again_leaves_the_transfer_as_it_was() -> None:
    wire, sofia = at_work()
    wire.answer(sofia.upload())
    first = sofia.hear(sent())
    sofia.hear(sent())
    assert wire.transfer().notified_by == (first, 0)


def test_one_document_in_two_chats_is_two_transfers() -> None:
    wire, sofia = at_work()
    sofia.accept(OTHER_CHAT)
    sofia.has_linked(DOCUMENT, OTHER_CHAT)
    wire.answer(sofia.upload())
    wire.refuse(sofia.upload(chat=OTHER_CHAT))
    sofia.hear(sent())
    assert (wire.life(), wire.life(chat=OTHER_CHAT)) == (
        ["linked", "asked", "accepted", "sent"],
        ["linked", "asked", "refused"],
    )
    assert (wire.transfer().number, wire.transfer(chat=OTHER_CHAT).number) == (1, 2)


def test_two_agents_transfers_are_their_own() -> None:
    wire = Wire()
    sofia, toni = wire.at_work("sofia"), wire.at_work("toni")
    wire.answer(sofia.upload(DOCUMENT))
    wire.answer(toni.upload(OTHER_DOCUMENT))
    assert (wire.transfer(DOCUMENT).agent, wire.transfer(OTHER_DOCUMENT).agent) == (1, 2)


def test_an_upload_that_was_never_linked_is_a_transfer_nevertheless() -> None:
    wire = Wire()
    sofia = wire.at_work()
    upload = sofia.upload()
    assert wire.transfer() == Transfer(1, CHAT, DOCUMENT, agent=1, uploaded_by=upload.number, state=State.ASKED)


def test_an_upload_that_names_no_document_is_no_transfer() -> None:
    wire = Wire()
    sofia = wire.at_work()
    wire.refuse(sofia.do("UploadFile"), 1)
    wire.close()
    assert wire.life("") == []


def test_a_new_documents_bytes_are_known_from_its_upload() -> None:
    wire = Wire()
    sofia = wire.at_work()
    call = sofia.attach("hello.txt", b"hello")
    wire.answer(call, OK | {"referenceId": 3})
    sofia.hear(chat_has(attachment(name="hello.txt", size=5)))
    transfer = wire.transfer()
    assert (transfer.linked_by, transfer.agent, transfer.name) == (call.number, 1, "hello.txt")
    assert (transfer.size, transfer.seen_size, transfer.sha256) == (5, 5, hashlib.sha256(b"hello").hexdigest())


@pytest.mark.parametrize(
    ("declared", "size"),
    [(5, 5), ("5", 5), (None, None), ("many", None), ("", None), pytest.param("9" * 5000, None, id="5000 digits")],
)
def test_a_size_is_a_number_or_the_text_of_one(declared: int | str | None, size: int | None) -> None:
    wire = Wire()
    wire.log_in().hear(chat_has(attachment(size=declared)))
    assert wire.transfer().size == size


@pytest.mark.parametrize("before", [chat_is(), chat_has(OTHER_DOCUMENT)], ids=["no list", "another list"])
def test_a_list_that_forgets_a_document_for_a_moment_does_not_forget_who_linked_it(before: Json) -> None:
    wire, sofia = at_work()
    linked_by = wire.transfer().linked_by
    sofia.hear(before, chat_has(DOCUMENT))
    assert (wire.life(), wire.transfer().linked_by) == (["linked"], linked_by)


def counts(wire: Wire, chat: str = CHAT) -> list[int]:
    """How often each life of the document was downloaded."""
    now = {one.number: one for one in wire.derived if isinstance(one, Transfer) and one.chat_id == chat}
    return [one.downloads for one in now.values()]


def fetch(desk: Desk, path: str = "") -> None:
    desk.wire.answer(desk.get(f"{path}/attachments/{DOCUMENT}"), b"x" * 46, ("Content-Type", "text/plain"))


def test_a_download_is_that_of_the_file_that_others_have() -> None:
    """Not of the copy that is about to be sent on."""
    wire = Wire()
    sofia = wire.at_work()
    sofia.hear(sent(by=CUSTOMER))
    fetch(sofia)
    sofia.has_linked()
    fetch(sofia)
    upload = sofia.upload()
    fetch(sofia)
    wire.answer(upload)
    sofia.hear(sent(index=9, fileId="F2"))
    fetch(sofia)
    assert counts(wire) == [3, 1]


def test_a_download_whose_address_names_no_chat_is_of_the_chat_that_has_the_file() -> None:
    wire, sofia = at_work()
    sofia.accept(OTHER_CHAT)
    wire.answer(sofia.upload())
    sofia.hear(sent())
    sofia.has_linked(DOCUMENT, OTHER_CHAT)
    fetch(sofia)
    fetch(sofia, f"/chats/{OTHER_CHAT}")
    assert (counts(wire), counts(wire, OTHER_CHAT)) == ([1], [1])


def test_a_document_that_is_only_linked_can_be_looked_at() -> None:
    wire, sofia = at_work()
    fetch(sofia)
    assert counts(wire) == [1]


def test_transfers_are_let_go_with_their_chat_and_those_of_other_chats_stay() -> None:
    wire, sofia = at_work()
    sofia.accept(OTHER_CHAT)
    sofia.has_linked(DOCUMENT, OTHER_CHAT)
    accepted, asked = sofia.upload(), sofia.upload(OTHER_DOCUMENT)
    wire.answer(accepted)
    wire.answer(sofia.upload(chat=OTHER_CHAT))
    sofia.hear(chat_is("Completed"))
    for number in range(OVER_KEPT):
        assert wire.life()[-1] == "accepted"
        sofia.accept(f"C{number}")
        sofia.hear(chat_is("Completed", of=f"C{number}"))
    assert wire.life()[-1] == wire.life(OTHER_DOCUMENT)[-1] == "undecided"
    assert wire.life(chat=OTHER_CHAT)[-1] == "accepted"
    fetch(sofia)
    assert (counts(wire)[0], counts(wire, OTHER_CHAT)) == (0, [1])
    found = len(wire.findings)
    wire.answer(asked)  # of what is not known any more nothing is awaited
    wire.wait(31_000)
    sofia.hear()
    assert [finding.rule for finding in wire.findings[found:]] == ["GW402"]
    assert (wire.life()[-1], wire.life(chat=OTHER_CHAT)[-1]) == ("undecided", "lost")
    wire.close()
    assert wire.life(OTHER_DOCUMENT)[-1] == "undecided"


@pytest.mark.parametrize("minutes", [9, 11])
def test_whether_an_agent_listened_is_not_asked_for_ever(minutes: int) -> None:
    """A server forgets a client long before that; and what is asked costs something with each poll of everybody."""
    wire, sofia = at_work()
    toni = wire.at_work("toni", OTHER_CHAT)
    wire.answer(sofia.upload())
    wire.wait(31_000 + minutes * 60_000)
    toni.hear()
    sofia.hear()
    assert wire.life()[-1] == ("lost" if minutes < 10 else "accepted")
