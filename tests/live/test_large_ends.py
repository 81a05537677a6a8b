"""Bodies that stream and do not come to their end, or not in order: both sides see it, the recording has what came."""

import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.clients import Connection, ask
from tests.live.large import (
    BINARY,
    EDGE,
    FORM,
    MIB,
    blunt,
    bytes_of,
    chunked,
    field,
    file_part,
    head,
    holds,
    in_two,
    noise,
    sha256,
)
from tests.live.processes import eventually
from tests.live.recorders import Recorder, recording
from tests.live.servers import Gate, Upstream, response, says_and_hangs_up, says_and_resets

CONTENT = noise(3 * MIB)
SIZE = b"Content-Length: %d" % (4 * MIB)


@pytest.fixture
def alone(upstream: Upstream, file: Path) -> Iterator[Recorder]:
    with recording(upstream.url, file) as recorder:
        yield recorder


def over(recorder: Recorder, place: str) -> None:
    """Until the recording has the exchange's end."""
    eventually(lambda: recorder.rows("SELECT 1 FROM exchanges WHERE path = ? AND done_tick IS NOT NULL", place))


@pytest.mark.parametrize("how", ["of known length", "in chunks"])
def test_a_server_that_hangs_up_in_a_download(how: str, upstream: Upstream, recorder: Recorder, place: str) -> None:
    cut = {
        "of known length": head(BINARY, SIZE) + CONTENT,
        "in chunks": head(BINARY, b"Transfer-Encoding: chunked") + chunked(CONTENT)[:-5],
    }[how]
    upstream.answers[place] = says_and_hangs_up(cut)
    with Connection(recorder.url) as connection:
        connection.begin(b"GET " + place.encode())
        connection.head()
        assert len(connection.rest()) >= len(CONTENT)
    recorded = recorder.only(place)
    assert recorded.response and bytes_of(recorded.response.body) == CONTENT
    assert recorded.response.body.sha256 == sha256(CONTENT)
    assert recorded.error and recorded.truncated == (f"response: cut after {len(CONTENT)} bytes",)


def test_a_server_that_resets_in_a_download(upstream: Upstream, recorder: Recorder, place: str) -> None:
    upstream.answers[place] = says_and_resets(head(BINARY, SIZE) + CONTENT)
    with Connection(recorder.url) as connection:
        connection.begin(b"GET " + place.encode())
        connection.rest()
    over(recorder, place)
    recorded = recorder.only(place)
    assert recorded.error
    if recorded.response:  # a reset may overtake what was sent before it
        assert CONTENT.startswith(bytes_of(recorded.response.body))
        assert recorded.truncated == (f"response: cut after {recorded.response.body.size} bytes",)


def test_a_client_that_leaves_in_a_download(upstream: Upstream, recorder: Recorder, place: str) -> None:
    gate = Gate()
    upstream.answers[place] = in_two(head(BINARY, SIZE) + CONTENT, lambda: gate.passed("rest"), b"never")
    with Connection(recorder.url) as connection:
        connection.begin(b"GET " + place.encode())
        connection.head()
        assert connection.exactly(len(CONTENT)) == CONTENT
        connection.reset()
    over(recorder, place)
    gate.wait()
    gate.release("rest")
    recorded = recorder.only(place)
    assert recorded.response and bytes_of(recorded.response.body) == CONTENT
    assert recorded.error and recorded.truncated == (f"response: cut after {len(CONTENT)} bytes",)


@pytest.mark.parametrize("how", ["closes", "resets"])
def test_a_client_that_leaves_in_an_upload(how: str, upstream: Upstream, recorder: Recorder, place: str) -> None:
    with Connection(recorder.url) as connection:
        connection.begin(b"POST " + place.encode(), BINARY, SIZE)
        connection.send(CONTENT)
        eventually(lambda: recorder.rows("SELECT 1 FROM exchanges WHERE path = ? AND request_body IS NOT NULL", place))
        connection.reset() if how == "resets" else connection.close()
    over(recorder, place)
    recorded = recorder.only(place)
    kept = bytes_of(recorded.request.body)
    assert CONTENT.startswith(kept) and kept
    assert how == "resets" or kept == CONTENT
    assert recorded.error and recorded.truncated == (f"request: cut after {len(kept)} bytes",)
    assert recorded.response is None


def test_a_client_that_leaves_in_a_form(upstream: Upstream, recorder: Recorder, place: str) -> None:
    """What came of its files is there; of half a field nobody could tell the secrets."""
    whole, half = file_part(b"a.png", CONTENT), EDGE + b"token\r\n\r\nh4lf-s3"
    with Connection(recorder.url) as connection:
        connection.begin(b"POST " + place.encode(), FORM, SIZE)
        connection.send(field(b"operationName", b"UploadFile") + whole + half)
        eventually(
            lambda: recorder.rows("SELECT 1 FROM parts p JOIN exchanges e ON e.id = p.exchange WHERE path = ?", place)
        )
    over(recorder, place)
    recorded = recorder.only(place)
    name, file, token, _ = recorded.request.parts
    assert (name.body.content, token.name, token.body.content) == (b"UploadFile", "token", None)
    assert bytes_of(file.body) == CONTENT
    assert any("cut after" in one for one in recorded.truncated)
    assert not holds(recorder.path, b"h4lf-s3")


def test_a_server_that_answers_before_it_has_the_request(file: Path) -> None:
    def refuse(connection: socket.socket) -> None:
        connection.sendall(response(b"too large", b"Content-Type: text/plain", status=b"413 Too Large"))
        while connection.recv(65536):
            pass

    with blunt(refuse) as server, recording(server, file) as recorder, Connection(recorder.url) as connection:
        connection.begin(b"POST /early", BINARY, SIZE)
        connection.send(CONTENT)
        reply = connection.reply()
        assert (reply.status, reply.body) == (413, b"too large")
        recorded = recorder.only("/early")
        assert recorded.response and recorded.response.body.content == b"too large"
        assert CONTENT.startswith(bytes_of(recorded.request.body))
        assert recorded.truncated == (f"request: cut after {recorded.request.body.size} bytes",)
        assert recorded.error is None
        connection.send(bytes(MIB))  # the rest of it
        ended = recorder.process.end()
    assert (ended.code, "Traceback" in ended.err) == (0, False)


def test_a_server_that_answers_early_with_a_large_body(file: Path) -> None:
    def answer(connection: socket.socket) -> None:
        connection.sendall(response(CONTENT, BINARY))
        while connection.recv(65536):
            pass

    with blunt(answer) as server, recording(server, file) as recorder, Connection(recorder.url) as connection:
        connection.begin(b"POST /early", BINARY, SIZE)
        connection.send(CONTENT)
        assert connection.reply().body == CONTENT
        recorded = recorder.only("/early")
        assert recorded.response and bytes_of(recorded.response.body) == CONTENT


def test_a_server_that_is_gone_in_an_upload(file: Path) -> None:
    def leave(connection: socket.socket) -> None:
        connection.recv(65536)

    with blunt(leave) as server, recording(server, file) as recorder:
        with Connection(recorder.url) as connection:
            connection.begin(b"POST /gone", BINARY, b"Content-Length: %d" % (100 * MIB))
            with pytest.raises(OSError):
                while True:
                    connection.send(CONTENT)
        over(recorder, "/gone")
        recorded = recorder.only("/gone")
        assert recorded.error and recorded.truncated == (f"request: cut after {recorded.request.body.size} bytes",)


def test_a_server_that_cannot_be_reached(nobody: str, file: Path) -> None:
    with recording(nobody, file) as recorder:
        with Connection(recorder.url) as connection:
            connection.begin(b"POST /down", BINARY, body=CONTENT[: 2 * MIB])
            assert connection.reply().status == 502
        over(recorder, "/down")
        assert recorder.only("/down").error


def test_a_recorder_that_is_stopped(upstream: Upstream, alone: Recorder, place: str) -> None:
    """Both bodies that are under way are there as far as they came."""
    gate = Gate()
    upstream.answers[place] = in_two(head(BINARY, SIZE) + CONTENT, lambda: gate.passed("rest"), b"never")
    with Connection(alone.url) as up, Connection(alone.url) as down:
        up.begin(b"POST /up", BINARY, SIZE)
        up.send(CONTENT)
        down.begin(b"GET " + place.encode())
        down.head()
        down.exactly(len(CONTENT))
        eventually(lambda: alone.rows("SELECT 1 FROM exchanges WHERE path = '/up' AND request_body IS NOT NULL"))
        ended = alone.process.end(signal.SIGTERM)
        gate.wait()
        gate.release("rest")
    assert (ended.code, "Traceback" in ended.err) == (0, False), ended.err
    recorded = alone.only(place)
    assert recorded.response and bytes_of(recorded.response.body) == CONTENT
    assert recorded.truncated == (f"response: cut after {len(CONTENT)} bytes",)
    uploaded = alone.only("/up")
    assert CONTENT.startswith(bytes_of(uploaded.request.body))
    assert uploaded.truncated == (f"request: cut after {uploaded.request.body.size} bytes",)
    assert alone.rows("PRAGMA integrity_check") == [{"integrity_check": "ok"}]


def test_a_large_answer_on_a_connection_that_goes_on(upstream: Upstream, recorder: Recorder, place: str) -> None:
    upstream.answers[place] = in_two(response(CONTENT, BINARY), no_time, b"")
    with Connection(recorder.url) as connection:
        for _ in range(3):
            assert connection.ask(b"GET " + place.encode()).body == CONTENT
    assert len(recorder.exchanges(place)) == 3
    assert ask(recorder.url, b"GET " + place.encode()).status == 200


async def no_time() -> None:
    pass
