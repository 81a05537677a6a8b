"""Text from traffic on a terminal: shown, never obeyed. Nor is it markup, nor may it break a page."""

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from inspector.recording.recorder import Recorder as Writing
from tests.live.clients import ask
from tests.live.commands import run
from tests.live.processes import eventually
from tests.live.recorders import Recorder
from tests.live.servers import Upstream, response, says

pytestmark = pytest.mark.once

JSON = b"Content-Type: application/json"
NASTY = "a\x1b[2J\x1b]0;gone\x07b\x9bc\u202egnp.exe\u2066d\u200be\r\n\x00[/bold][red]:warning:"
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
OWN_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def escaped(text: str) -> bytes:
    """In JSON, each character outside ASCII as itself: only so do they reach whoever prints the body."""
    return json.dumps(text, ensure_ascii=False).encode()


@pytest.fixture(scope="module")
def nasty(upstream: Upstream, recorder: Recorder) -> Recorder:
    """The shared recorder, after traffic in which every text is meant ill."""
    name = escaped(NASTY)
    chat = b'{"operationName":%s,"documentId":%s,"uploadType":%s,"[/]":"[/]"}' % (name, name, name)
    upload = b'{"operationName":"UploadFile","documentId":%s,"uploadType":%s}' % (name, name)
    event = b'[{"channel":"/v2/me/chats","data":{"notificationType":%s,"chat":{"id":%s,"attachments":[' % (name, name)
    event += b'{"id":%s,"name":%s,"size":1,"mime":%s}]}}},' % (name, name, name)
    event += b'{"channel":"/v2/me/chats","data":{"messageType":"MessageLogUpdated","messages":[{"type":%s}],' % name
    event += b'"chatPath":"/chats/1"}}]'
    form = b'--b\r\nContent-Disposition: form-data; name="n"; filename="\x1b[2J[/x]\xe2\x80\xae"\r\n'
    form += b"Content-Type: text/\x9bplain\r\n\r\nx\r\n--b--\r\n"
    path = "/api/v2/me/chats/[red]%1b"
    upstream.answers[path] = says(response(b'{"statusCode":3,"statusMessage":%s}' % name, JSON, b"X-Odd: \x9b\xe2"))
    upstream.answers["/api/v2/notifications"] = says(response(event, JSON))
    upstream.answers["/api/v2/me"] = says(response(b'{"user":{"id":%s,"userName":%s}}' % (name, name), JSON))
    upstream.answers["/nasty/text"] = says(response(NASTY.encode(), b"Content-Type: text/plain"))
    upstream.answers["/nasty/type"] = says(response(b"\x00\x01", b"Content-Type: image/\x9bpng[/]"))
    upstream.answers["/nasty/reason"] = says(response(b"x", status=b"200 \x9b2J\xe2\x80\xae"))
    login = b"Cookie: JSESSIONID=nasty"
    ask(recorder.url, b"GET /api/v2/me", login)
    for body in (chat, upload):
        ask(recorder.url, b"POST " + path.encode(), JSON, login, body=body)
    ask(
        recorder.url,
        b"POST /api/v2/notifications",
        JSON,
        login,
        body=b'[{"channel":"/meta/connect","clientId":"nasty"}]',
    )
    ask(recorder.url, b"POST /nasty/form", b"Content-Type: multipart/form-data; boundary=b", body=form)
    for last in ("text", "type", "reason"):
        ask(recorder.url, f"GET /nasty/{last}".encode())
    return recorder


def shown(where: str, *arguments: object) -> str:
    """What a terminal gets of a command, without the colours that are its own; its progress bar goes to stderr."""
    ended = run(*arguments)
    assert ended.code in (0, 1, 3), ended.err
    return OWN_COLOURS.sub("", ended.out + ("" if where == "terminal" else ended.err))


@pytest.fixture(params=["pipe", "terminal"])
def where(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "terminal":
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("COLUMNS", "300")
    return str(request.param)


@pytest.mark.parametrize("verb", ["ls", "check"])
def test_lists_of_what_was_recorded(verb: str, where: str, nasty: Recorder) -> None:
    text = shown(where, verb, nasty.path)
    assert FORBIDDEN.findall(text) == []
    assert "\\x1b" in text
    assert "[/bold][red]:warning:" in text.replace("\n", "") or verb == "ls"


def test_every_exchange(where: str, nasty: Recorder) -> None:
    for row in nasty.rows("SELECT id, path FROM exchanges WHERE path LIKE '/nasty/%' OR path LIKE '/api/v2/%'"):
        text = shown(where, "show", nasty.path, row["id"])
        assert FORBIDDEN.findall(text) == [], row["path"]


def test_a_transfer(where: str, nasty: Recorder) -> None:
    text = shown(where, "show", nasty.path, NASTY)
    assert FORBIDDEN.findall(text) == []
    assert "[/bold][red]:warning:" in text


def test_what_the_recorder_tells_as_it_happens(nasty: Recorder) -> None:
    nasty.process.line("! GW202", "err")
    eventually(lambda: "\\x1b[2J" in nasty.process.err)
    assert FORBIDDEN.findall(nasty.process.err) == []


@pytest.mark.parametrize("verb", ["ls", "check"])
def test_a_recording_from_a_stranger(verb: str, where: str, file: Path) -> None:
    """Not only traffic: whoever sends a recording can have put anything into it."""
    Writing(file, "http://127.0.0.1:1").close()
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("UPDATE sessions SET upstream = ?, uuid = ?, trouble = ?, state = 'incomplete'", (NASTY,) * 3)
    text = shown(where, verb, file)
    assert FORBIDDEN.findall(text) == []
