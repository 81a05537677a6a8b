"""What a client saw is in the recording: of a body that streams the head waits for it, and so does the last byte."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.live.authority import Authority
from tests.live.clients import Connection
from tests.live.large import BINARY, MIB, bytes_of, chunked, head, in_two, noise
from tests.live.processes import eventually
from tests.live.recorders import Recorder, recording
from tests.live.secured import secured
from tests.live.servers import Gate, Upstream, response, says

FIRST, LAST = noise(2 * MIB), noise(MIB, 2)
CONTENT = FIRST + LAST
CLOSE = b"Connection: close"
PIECE = 65536
"""Bytes that a proxy reads at once, at most: the last of them are those that are withheld."""

HOW = {
    "of known length": (head(BINARY, CLOSE, b"Content-Length: %d" % len(CONTENT)) + FIRST, LAST),
    "in chunks": (head(BINARY, CLOSE, b"Transfer-Encoding: chunked") + chunked(FIRST)[:-5], chunked(LAST)),
}


class Hearing(threading.Thread):
    """A client that asks once, and tells at any time what it has got."""

    def __init__(self, connection: Connection, place: str) -> None:
        super().__init__(daemon=True)
        self._connection = connection
        self._got = b""
        connection.begin(b"GET " + place.encode(), CLOSE)
        self.start()

    def run(self) -> None:
        while more := self._connection.some():
            self._got += more

    @property
    def head(self) -> bytes:
        return self._got.partition(b"\r\n\r\n")[0]

    @property
    def body(self) -> bytes:
        """What has come of the content, without the framing of chunks."""
        rest = self._got.partition(b"\r\n\r\n")[2]
        if b"chunked" not in self.head:
            return rest
        content = b""
        while b"\r\n" in rest:
            line, _, rest = rest.partition(b"\r\n")
            size = int(line, 16)
            content, rest = content + rest[:size], rest[size + 2 :]
        return content


@contextmanager
def locked(recorder: Recorder) -> Iterator[None]:
    """Nothing can be committed while the block runs."""
    other = sqlite3.connect(recorder.path, isolation_level=None, timeout=30)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


def the_end_waits(recorder: Recorder, hearing: Hearing, gate: Gate, place: str) -> None:
    eventually(lambda: len(hearing.body) >= len(FIRST) - 1)
    gate.wait()
    with locked(recorder):
        gate.release("rest")
        eventually(lambda: len(hearing.body) >= len(CONTENT) - PIECE)
        eventually(lambda: "locked by another program" in recorder.process.err)
        hearing.join(0.5)  # more than a proxy needs that withholds nothing
        assert len(FIRST) < len(hearing.body) < len(CONTENT)
    hearing.join(20)
    assert hearing.body == CONTENT
    recorded = recorder.only(place)
    assert recorded.done and recorded.response and bytes_of(recorded.response.body) == CONTENT


@pytest.mark.parametrize("how", HOW)
def test_the_last_byte_waits_for_the_recording(how: str, upstream: Upstream, file: Path, place: str) -> None:
    gate = Gate()
    first, rest = HOW[how]
    upstream.answers[place] = in_two(first, lambda: gate.passed("rest"), rest)
    with recording(upstream.url, file) as recorder, Connection(recorder.url) as connection:
        the_end_waits(recorder, Hearing(connection, place), gate, place)


def test_over_tls_too(file: Path, tmp_path: Path, place: str) -> None:
    gate = Gate()
    first, rest = HOW["of known length"]
    authority = Authority(tmp_path)
    with (
        Upstream(context=authority.server()) as server,
        secured(server.url, file, authority=authority.file) as recorder,
        Connection(recorder.secure, context=recorder.context()) as connection,
    ):
        server.answers[place] = in_two(first, lambda: gate.passed("rest"), rest)
        the_end_waits(recorder, Hearing(connection, place), gate, place)


def test_the_head_waits_for_the_recording(upstream: Upstream, file: Path, place: str) -> None:
    upstream.answers[place] = says(response(CONTENT, BINARY))
    with recording(upstream.url, file) as recorder, Connection(recorder.url) as connection:
        with locked(recorder):
            hearing = Hearing(connection, place)
            eventually(lambda: "locked by another program" in recorder.process.err)
            hearing.join(0.5)
            assert hearing.head == b""
        eventually(lambda: hearing.body == CONTENT)


def test_a_body_goes_on_after_it_had_to_wait(upstream: Upstream, file: Path, place: str) -> None:
    """A source that is not read from while nothing can be written is read from again; nothing is lost of it."""
    large, gate = noise(24 * MIB, 3), Gate()
    half = head(BINARY, CLOSE, b"Content-Length: %d" % len(large)) + large[:MIB]
    upstream.answers[place] = in_two(half, lambda: gate.passed("rest"), large[MIB:])
    with recording(upstream.url, file) as recorder, Connection(recorder.url) as connection:
        hearing = Hearing(connection, place)
        eventually(lambda: len(hearing.body) >= MIB - 1)
        gate.wait()
        with locked(recorder):
            gate.release("rest")
            eventually(lambda: "locked by another program" in recorder.process.err)
            eventually(lambda: len(hearing.body) > 4 * MIB)
            hearing.join(0.5)
            assert len(hearing.body) < 10 * MIB
        hearing.join(20)
        assert hearing.body == large
    recorded = recorder.only(place)
    assert recorded.response and bytes_of(recorded.response.body) == large
