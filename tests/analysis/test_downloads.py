"""Files that were fetched: whose transfer that was, and what is known of their bytes."""

import gzip
import hashlib

import pytest

from inspector.traffic.body import Body
from tests.analysis.shapes import CHAT, CUSTOMER, DOCUMENT, OTHER_CHAT, sent
from tests.analysis.traffic import Desk, Wire

CONTENT = b"what the customer sent"
DIGEST = hashlib.sha256(CONTENT).hexdigest()
FILE = ("Content-Type", "application/octet-stream")


def received() -> tuple[Wire, Desk]:
    """Sofia, who was told of a customer's file."""
    wire = Wire()
    sofia = wire.at_work()
    sofia.hear(sent(by=CUSTOMER, size=len(CONTENT)))
    return wire, sofia


def seen(wire: Wire, chat: str = CHAT) -> tuple[int, int | None, str]:
    transfer = wire.transfer(chat=chat)
    return transfer.downloads, transfer.seen_size, transfer.sha256


@pytest.mark.parametrize(
    "path",
    [
        f"/attachments/{DOCUMENT}",
        f"/chats/{CHAT}/attachments/{DOCUMENT}",
        f"/me/chats/{CHAT}/attachments/{DOCUMENT}",
        f"/me/interactions/{CHAT}/attachments/{DOCUMENT}",
    ],
)
def test_a_whole_download_tells_size_and_digest_wherever_the_file_lies(path: str) -> None:
    wire, sofia = received()
    wire.answer(sofia.get(path), CONTENT, FILE)
    assert seen(wire) == (1, len(CONTENT), DIGEST)
    assert wire.life() == ["received"]
    assert wire.verdicts == []


def test_every_download_counts() -> None:
    wire, sofia = received()
    for _ in range(3):
        wire.answer(sofia.get(f"/attachments/{DOCUMENT}"), CONTENT, FILE)
    assert seen(wire) == (3, len(CONTENT), DIGEST)


@pytest.mark.parametrize(("status", "body"), [(206, CONTENT[:4]), (304, b"")])
def test_an_answer_without_the_whole_file_gives_no_digest(status: int, body: bytes) -> None:
    wire, sofia = received()
    wire.answer(sofia.get(f"/attachments/{DOCUMENT}"), body, FILE, status=status)
    assert seen(wire) == (1, None, "")


def test_an_answer_without_the_whole_file_leaves_the_digest_that_was_known() -> None:
    wire, sofia = received()
    wire.answer(sofia.get(f"/attachments/{DOCUMENT}"), CONTENT, FILE)
    wire.answer(sofia.get(f"/attachments/{DOCUMENT}"), CONTENT[:4], FILE, status=206)
    assert seen(wire) == (2, len(CONTENT), DIGEST)


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_refused_download_is_none(status: int) -> None:
    wire, sofia = received()
    wire.answer(sofia.get(f"/attachments/{DOCUMENT}"), {"statusCode": 6}, status=status)
    assert seen(wire) == (0, None, "")


def test_a_download_that_never_came_is_none() -> None:
    wire, sofia = received()
    wire.fail(sofia.get(f"/attachments/{DOCUMENT}"))
    assert seen(wire) == (0, None, "")


def test_a_download_that_was_cut_gives_no_digest() -> None:
    """Of such a response the head is kept, and no body."""
    wire, sofia = received()
    wire.answer(sofia.get(f"/attachments/{DOCUMENT}"), b"", FILE, error="client disconnected")
    assert seen(wire)[1:] == (None, "")


def test_the_digest_is_that_of_the_file_however_it_was_compressed_on_the_way() -> None:
    """So that it is the same as that of the upload, and as what `sha256sum` says of the file."""
    wire, sofia = received()
    body = gzip.compress(CONTENT, mtime=0)
    wire.answer(sofia.get(f"/attachments/{DOCUMENT}"), body, FILE, ("Content-Encoding", "gzip"))
    assert seen(wire) == (1, len(CONTENT), DIGEST)


def test_a_download_of_which_only_the_digest_was_kept_has_that() -> None:
    wire, sofia = received()
    wire.answer(sofia.get(f"/attachments/{DOCUMENT}"), Body(None, len(CONTENT), DIGEST), FILE)
    assert seen(wire) == (1, len(CONTENT), DIGEST)


def test_a_download_under_a_chat_is_that_chats() -> None:
    wire, sofia = received()
    sofia.hear(sent(by=CUSTOMER, of=OTHER_CHAT))
    wire.answer(sofia.get(f"/chats/{CHAT}/attachments/{DOCUMENT}"), CONTENT, FILE)
    assert (seen(wire), seen(wire, OTHER_CHAT)) == ((1, len(CONTENT), DIGEST), (0, None, ""))


def test_a_download_of_what_was_never_told_belongs_to_no_transfer() -> None:
    wire, sofia = received()
    wire.answer(sofia.get("/attachments/another"), CONTENT, FILE)
    wire.answer(sofia.get(f"/chats/{OTHER_CHAT}/attachments/{DOCUMENT}"), CONTENT, FILE)
    assert (seen(wire), wire.life("another")) == ((0, None, ""), [])


def test_what_an_agent_uploaded_can_be_downloaded_again() -> None:
    wire = Wire()
    sofia = wire.at_work()
    sofia.has_linked()
    wire.answer(sofia.upload())
    sofia.hear(sent())
    wire.answer(sofia.get(f"/attachments/{DOCUMENT}"), CONTENT, FILE)
    assert wire.life() == ["linked", "asked", "accepted", "sent"]
    assert seen(wire) == (1, len(CONTENT), DIGEST)
