"""A recording that lost something, or says something else: the sample's tests fail, and say what is different."""

import gzip
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from inspector.traffic.body import Body
from inspector.traffic.exchange import Exchange
from tests.testing.sample import CONVERSATION, PROJECT, changed, copied, run, summary

pytestmark = pytest.mark.once

GUIDE, OTHER = "0001PaBMYY3600RC", "0001PaBMYY3600RX"
WHOLE = "tests/test_conversation.py::test_a_conversation_with_a_guide_and_a_photo"
SENT = "tests/test_sending.py::test_a_document_is_linked_and_then_sent"
SAVED = "tests/test_downloads.py::test_a_photo_is_saved_as_it_was_sent"

Change = Callable[[Exchange], Exchange | None]


@dataclass
class Changed:
    """What happens to the recording, which tests then fail, and what they say."""

    change: Change
    words: tuple[str, ...]
    fails: tuple[str, ...] = (WHOLE,)


def operation(one: Exchange) -> str:
    body = one.request.body.json() if one.request.headers.media_type == "application/json" else None
    return body.get("operationName", "") if isinstance(body, dict) else ""


def without(wanted: Callable[[Exchange], bool]) -> Change:
    """Takes exchanges away."""
    return lambda one: None if wanted(one) else one


def answered(wanted: Callable[[Exchange], bool], edit: Callable[[bytes], bytes]) -> Change:
    """Edits the answers to what is wanted."""

    def change(one: Exchange) -> Exchange:
        if one.response is None or not wanted(one):
            return one
        body = one.response.body
        edited = edit(body.decoded())
        new = Body.of(gzip.compress(edited, mtime=0) if body.coding == "gzip" else edited, body.coding)
        return replace(one, response=replace(one.response, body=new))

    return change


def told(edit: Callable[[dict[str, Any]], bool]) -> Change:
    """Edits the data of all events; False takes one away."""

    def edited(content: bytes) -> bytes:
        messages = orjson.loads(content)
        return orjson.dumps([one for one in messages if "data" not in one or edit(one["data"])])

    return answered(lambda one: one.request.path.startswith("/api/v2/notifications"), edited)


def files(data: dict[str, Any]) -> list[dict[str, Any]]:
    """The files that an event tells of."""
    return [line["attachment"] for line in data.get("messages", ()) if "attachment" in line]


def is_download(one: Exchange) -> bool:
    return one.request.path.startswith("/api/v2/attachments/")


def tells_of_the_guide(data: dict[str, Any]) -> bool:
    return any(file["id"] == GUIDE for file in files(data))


def renamed(data: dict[str, Any]) -> bool:
    for file in files(data):
        if file["id"] == GUIDE:
            file["id"] = OTHER
    return True


CASES = {
    "the notification of the file is missing": Changed(
        told(lambda data: not tells_of_the_guide(data)),
        (
            f"Unheard(operation='UploadFile', document_id='{GUIDE}')",
            f"UploadFile {GUIDE} was accepted, but no notification answers it",
        ),
    ),
    "the notification of the link is missing": Changed(
        told(lambda data: not data.get("chat", {}).get("attachments")),
        (
            f"Unheard(operation='AddAttachment', document_id='{GUIDE}')",
            f"AddAttachment {GUIDE} was accepted, but no notification answers it",
            "recorded, but never asked for:",
            "UploadFile POST /api/v2/me/chats/0001TaBTNRPW01GV",
        ),
    ),
    "the notification names another document": Changed(
        told(renamed),
        (
            f"Unheard(operation='UploadFile', document_id='{GUIDE}')",
            f"UploadFile {GUIDE} was accepted, but no notification answers it",
            f"file-uploaded {OTHER}",
        ),
    ),
    "a byte of the reply is another one": Changed(
        answered(lambda one: operation(one) == "UploadFile", lambda content: content.replace(b"0", b"3")),
        ("Refused(operation='UploadFile', status_code=3", f"UploadFile {GUIDE} · 200 statusCode 3"),
        (WHOLE, SENT),
    ),
    "a byte of the file is another one": Changed(
        answered(is_download, lambda content: content[:40] + bytes([content[40] ^ 1]) + content[41:]),
        ("At index 40 diff:", "Download 0001PaBMYY3600RL · 200, 69 bytes"),
        (WHOLE, SAVED),
    ),
    "the UploadFile is missing": Changed(
        without(lambda one: operation(one) == "UploadFile"),
        (
            "✗ UploadFile (POST /api/v2/me/chats/0001TaBTNRPW01GV) was never recorded; the nearest is #",
            f'body /documentId: recorded nothing, asked "{GUIDE}"',
            "Refused(operation='UploadFile', status_code=6",
        ),
        (WHOLE, SENT),
    ),
    "the download is missing": Changed(
        without(is_download),
        ("✗ GET /api/v2/attachments/0001PaBMYY3600RL was never recorded", "router-lights.png: the server answered 501"),
        (WHOLE, SAVED),
    ),
}


def tried(folder: Path, change: Change, *tests: str) -> tuple[int, str]:
    """The exit code of some of the project's tests, and what they print, with a recording that is changed."""
    project = copied(folder)
    changed(project / CONVERSATION, change)
    command = (sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *tests)
    done = run(*command, folder=project, PYTHONPATH=str(PROJECT / "src"))
    return done.returncode, done.stdout + done.stderr


def test_a_recording_that_says_the_same_passes(tmp_path):
    code, output = tried(tmp_path, lambda one: one, WHOLE, SENT, SAVED)
    assert code == 0, output


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_is_different_is_told(tmp_path, case):
    code, output = tried(tmp_path, case.change, *case.fails)
    assert code == 1, output
    assert [words for words in case.words if words not in output] == [], output
    assert set(summary(output)) == set(case.fails), output
