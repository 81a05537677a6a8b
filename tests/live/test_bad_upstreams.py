"""Servers that do not do what they should: the client sees what plain mitmproxy would show, and the recording tells."""

from pathlib import Path

import pytest

from tests.live.clients import Connection, Reply, ask
from tests.live.recorders import Recorder, in_front_of, mitmdump, recording
from tests.live.servers import (
    Answer,
    Upstream,
    response,
    says,
    says_and_hangs_up,
    says_and_resets,
)

HALF = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\nonly this"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

IN_ORDER: dict[str, Answer] = {
    "hangs up": says_and_hangs_up(),
    "hangs up in the head": says_and_hangs_up(b"HTTP/1.1 200 OK\r\nContent-Ty"),
    "hangs up in the body": says_and_hangs_up(HALF),
    "hangs up in a chunk": says_and_hangs_up(CHUNKED, b"10\r\nonly this"),
    "says no HTTP": says_and_hangs_up(b"\x16\x03\x01\x00\xff garbage, \x00 not HTTP\r\n\r\n"),
    "says no status": says_and_hangs_up(b"HTTP/1.1 fine OK\r\n\r\n"),
    "says a chunk size that is none": says_and_hangs_up(CHUNKED, b"zz\r\nwhat\r\n0\r\n\r\n"),
    "says two lengths": says_and_hangs_up(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde"),
}
IN_DISORDER: dict[str, Answer] = {
    "resets at once": says_and_resets(),
    "resets in the body": says_and_resets(HALF),
}
ERRORS = (
    (b"500 Internal Server Error", b"application/json", b'{"statusCode":4,"statusMessage":"Internal error"}'),
    (b"502 Bad Gateway", b"text/html", b"<html><h1>502 Bad Gateway</h1><hr>nginx</html>"),
    (b"404 Not Found", b"text/plain", b""),
    (b"599 What Is This", b"text/plain", b"\xff\xfe"),
)


def same(ours: Reply, theirs: Reply) -> bool:
    return (ours.head, ours.body) == (theirs.head, theirs.body)


@pytest.mark.parametrize("how", IN_ORDER)
def test_a_server_that_breaks_http(how: str, upstream: Upstream, recorder: Recorder, plain: str, place: str) -> None:
    upstream.answers[place] = IN_ORDER[how]
    ours = ask(recorder.url, b"GET " + place.encode())
    recorded = recorder.only(place)
    assert same(ours, ask(plain, b"GET " + place.encode()))
    assert ours.status == 502
    assert recorded.error
    assert recorded.done


@pytest.mark.parametrize("how", IN_DISORDER)
def test_a_server_that_resets(how: str, upstream: Upstream, recorder: Recorder, plain: str, place: str) -> None:
    """What was sent before a reset may or may not arrive, so only the status is the same each time."""
    upstream.answers[place] = IN_DISORDER[how]
    ours = ask(recorder.url, b"GET " + place.encode())
    recorded = recorder.only(place)
    assert ours.status == ask(plain, b"GET " + place.encode()).status == 502
    assert recorded.error
    assert recorded.done


def test_a_server_that_is_down_and_the_requests_that_it_missed(file: Path, nobody: str, tmp_path: Path) -> None:
    body = b'{"operationName":"UploadFile","documentId":"0001"}'
    json = b"Content-Type: application/json"
    with recording(nobody, file) as recorder, mitmdump(tmp_path / "confdir", *in_front_of(nobody)) as plain:
        ours = ask(recorder.url, b"POST /api/v2/me/chats/1", json, body=body)
        recorded = recorder.only("/api/v2/me/chats/1")
        again = ask(recorder.url, b"GET /again")
        assert same(ours, ask(plain.url(), b"POST /api/v2/me/chats/1", json, body=body))
        assert recorded.request.body.content == body
        assert recorded.error
        assert (ours.status, again.status, recorded.response) == (502, 502, None)
        [call] = recorder.rows("SELECT * FROM calls")
        [upload] = recorder.rows("SELECT * FROM uploads")
        assert (call["operation"], call["status_code"], upload["reply"]) == ("UploadFile", None, recorded.error)
        assert recorder.process.end().code == 0


@pytest.mark.parametrize(("status", "media_type", "body"), ERRORS)
def test_an_error_of_the_server_is_an_answer_like_any_other(
    status: bytes, media_type: bytes, body: bytes, upstream: Upstream, recorder: Recorder, place: str
) -> None:
    upstream.answers[place] = says(response(body, b"Content-Type: " + media_type, status=status))
    reply = ask(recorder.url, b"POST " + place.encode(), body=b"{}")
    recorded = recorder.only(place).response
    assert recorded
    assert reply.head.startswith(b"HTTP/1.1 " + status)
    assert (recorded.status, recorded.reason) == (int(status[:3]), status[4:].decode())
    assert reply.body == (recorded.body.content or b"") == body


def test_a_connection_that_broke_breaks_nothing_else(upstream: Upstream, recorder: Recorder, place: str) -> None:
    upstream.answers[place] = says_and_resets()
    upstream.answers[place + "/good"] = says(response(b"good"))
    with Connection(recorder.url) as good:
        assert good.ask(b"GET " + place.encode() + b"/good").body == b"good"
        assert ask(recorder.url, b"GET " + place.encode()).status == 502
        assert good.ask(b"GET " + place.encode() + b"/good").body == b"good"
    assert [row["status"] for row in recorder.exchanges(place + "/good")] == [200, 200]
