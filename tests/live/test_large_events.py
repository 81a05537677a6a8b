"""Server-sent events: each passes at once, and is recorded without its secrets."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.clients import Connection
from tests.live.large import bytes_of, chunked, head, holds, in_two, streamed
from tests.live.processes import eventually
from tests.live.recorders import Recorder, recording
from tests.live.servers import Gate, Upstream, says

EVENTS = b"Content-Type: text/event-stream;charset=utf-8"
FIRST = b'id: 1\ndata: {"token":"s3cr3t-in-an-event","name":"a"}\n\n'
SECOND = b"event: other\r\ndata: plain\r\ndata: text\r\n\r\n"


@pytest.fixture
def alone(upstream: Upstream, file: Path) -> Iterator[Recorder]:
    with recording(upstream.url, file) as recorder:
        yield recorder


def test_the_first_arrives_while_the_server_holds_the_rest(upstream: Upstream, alone: Recorder, place: str) -> None:
    gate = Gate()
    first = head(EVENTS, b"Transfer-Encoding: chunked") + chunked(FIRST)[:-5]
    upstream.answers[place] = in_two(first, lambda: gate.passed("rest"), chunked(SECOND))
    with Connection(alone.url) as connection:
        connection.begin(b"GET " + place.encode())
        connection.head()
        gate.wait()
        assert connection.exactly(4 + len(FIRST) + 2)[4:-2] == FIRST
        gate.release("rest")
        assert connection.exactly(4 + len(SECOND) + 7)[4:-7] == SECOND  # with the last chunk
    recorded = alone.only(place)
    assert recorded.response
    kept = bytes_of(recorded.response.body)
    assert kept.startswith(b'id: 1\ndata: {"token":"~secret:') and kept.endswith(SECOND)
    assert recorded.response.body.original and recorded.response.body.original.length == len(FIRST + SECOND)
    assert not recorded.truncated
    assert not holds(alone.path, b"s3cr3t-in-an-event")


def test_events_without_secrets_are_kept_as_they_are(upstream: Upstream, recorder: Recorder, place: str) -> None:
    upstream.answers[place] = says(streamed(SECOND * 100_000 + b"data: no end", EVENTS))
    with Connection(recorder.url) as connection:
        assert connection.ask(b"GET " + place.encode()).body == SECOND * 100_000 + b"data: no end"
    recorded = recorder.only(place)
    assert recorded.response and bytes_of(recorded.response.body) == SECOND * 100_000 + b"data: no end"
    assert recorded.response.body.original is None


def test_half_an_event_is_not_kept(upstream: Upstream, recorder: Recorder, place: str) -> None:
    """No client has seen it (WHATWG HTML section 9.2.6), and nobody could tell its secrets."""
    gate = Gate()
    sent = head(EVENTS, b"Transfer-Encoding: chunked") + chunked(SECOND + b'data: {"token":"h4lf-an-ev')[:-5]
    upstream.answers[place] = in_two(sent, lambda: gate.passed("rest"), b"")
    with Connection(recorder.url) as connection:
        connection.begin(b"GET " + place.encode())
        connection.head()
        connection.exactly(len(SECOND) + 20)
        gate.wait()
    gate.release("rest")
    eventually(lambda: recorder.rows("SELECT 1 FROM exchanges WHERE path = ? AND done_tick IS NOT NULL", place))
    recorded = recorder.only(place)
    assert recorded.response and bytes_of(recorded.response.body) == SECOND
    assert not holds(recorder.path, b"h4lf-an-ev")
