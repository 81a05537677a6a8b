"""How each body passes: held until it is read, or streamed, with a copy of it on its way into the recording."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from mitmproxy import http
from mitmproxy.net.http.http1 import expected_http_body_size
from mitmproxy.options import Options
from mitmproxy.utils import human

from inspector.proxy.pacing import Pace
from inspector.proxy.tee import Tee
from inspector.proxy.withholding import Contexts
from inspector.recording.scribe.scribe import Scribe
from inspector.recording.taking.plan import Keeping, Plan
from inspector.recording.understood import CHUNK, READ_LIMIT, is_read
from inspector.traffic.exchange import Half
from inspector.traffic.headers import Headers

EVENTS = "text/event-stream"
_LENGTH_SIZE = len("content-length")


class Way(Enum):
    """What becomes of a body."""

    HELD = auto()
    """mitmproxy holds it until all of it came: it is read, and can be refused or changed."""
    TEED = auto()
    """It streams; what may be kept of it is."""
    COUNTED = auto()
    """It streams, and should have been read, but is too large for that: of it only the digest is kept."""


@dataclass(frozen=True, slots=True)
class Message:
    """A body that is to come: what its head says. `length` is None if nobody knows."""

    half: Half
    headers: Headers
    is_read: bool
    length: int | None
    streams: Any
    """Whether it would stream without us: mitmproxy's `stream_large_bodies`, or another addon."""


class Passing:
    """Decides, and sets mitmproxy to it."""

    def __init__(self, scribe: Scribe, options: Options, contexts: Contexts, keeping: Keeping) -> None:
        self._scribe = scribe
        self._options = options
        self._contexts = contexts
        self._keeping = keeping

    def way(self, flow: http.HTTPFlow, half: Half) -> Way:
        """What becomes of a body of which nothing came yet. One that is held goes on as a stream, and `Overflow` is
        told, if it turns out to be too large.
        """
        if self._is_small(flow.request if half == "request" else flow.response):
            return Way.HELD
        message = _message(flow, half)
        if message is None:
            return Way.HELD
        decided = self._way(message)
        if decided is not Way.HELD:
            self._contexts.prepare(flow, 0)
            return decided
        if message.length is None and not self._options.body_size_limit:  # that one mitmproxy itself looks after
            self._contexts.prepare(flow, self._limit())
        return decided

    def overflown(self, flow: http.HTTPFlow, half: Half) -> Way:
        """What becomes of a body that was held, and is too large for that."""
        message = _message(flow, half)
        return Way.COUNTED if message is None or message.is_read else Way.TEED

    def tee(self, flow: http.HTTPFlow, half: Half, number: int, way: Way) -> Tee:
        """The flow's body streams from now on, into exchange `number`."""
        message = _message(flow, half)
        assert message
        part = flow.request if half == "request" else flow.response
        assert part
        events = half == "response" and message.headers.media_type == EVENTS
        tee = Tee(
            self._scribe.body(number, half, self._plan(message, way)),
            Pace(flow.client_conn if half == "request" else flow.server_conn),
            message.length,
            part.stream if callable(part.stream) else None,
            at_once=events,
        )
        part.stream = tee
        return tee

    def _way(self, message: Message) -> Way:
        judged = message.half == "request" and self._options.inspector_block
        if message.is_read or judged:
            too_large = (message.length or 0) > self._limit() or message.streams
            return Way.HELD if not too_large else Way.COUNTED if message.is_read else Way.TEED
        if message.length is None:
            return Way.HELD if self._options.body_size_limit and message.headers.media_type != EVENTS else Way.TEED
        small = message.length <= (CHUNK if self._keeping.is_all else 0)
        return Way.HELD if small and not message.streams else Way.TEED

    def _is_small(self, message: http.Message | None) -> bool:
        """Whether it surely is held, whatever it is: that is most of the traffic, and has to be seen soon."""
        if message is None or message.stream or not self._keeping.is_all:
            return False
        for name, value in message.headers.fields:
            if len(name) == _LENGTH_SIZE and name.lower() == b"content-length":
                return value.isdigit() and int(value) <= min(CHUNK, self._limit())
        return False

    def _limit(self) -> int:
        """Bytes that a body may have that is held."""
        return min(READ_LIMIT, human.parse_size(self._options.stream_large_bodies) or READ_LIMIT)

    def _plan(self, message: Message, way: Way) -> Plan:
        headers = message.headers
        what = headers.media_type or "a body without a type"
        return Plan(
            headers.get("content-type"),
            headers.coding,
            message.length,
            self._keeping,
            is_form=message.half == "request" and headers.media_type == "multipart/form-data",
            is_events=message.half == "response" and headers.media_type == EVENTS,
            too_large=f"{what} of more than {self._limit()} bytes" if way is Way.COUNTED else "",
        )


def _message(flow: http.HTTPFlow, half: Half) -> Message | None:
    """What is to come; None if there is no body, or if another addon made it."""
    message: http.Message | None = flow.request if half == "request" else flow.response
    if message is None or message.raw_content is not None or (half == "request" and flow.response):
        return None
    try:
        size = expected_http_body_size(flow.request, flow.response if half == "response" else None)
    except ValueError:
        return None
    by_frames = half == "request" and (message.is_http2 or message.is_http3)
    if by_frames and flow.request.method not in ("GET", "HEAD") and "content-length" not in message.headers:
        size = None  # frames need no length
    if size == 0:
        return None
    headers = Headers.of(message.headers.fields)
    path = flow.request.path.partition("?")[0]
    return Message(
        half,
        headers,
        is_read(half, flow.request.method, path, headers.media_type),
        None if size is None or size < 0 else size,
        message.stream,
    )


def body_of(tee: Tee | None, message: http.Message | None) -> int:
    """The number of the body that the tee has of a message; 0 if there is none, or if another addon has put itself
    there.
    """
    return tee.outgoing.number if tee and message and message.stream is tee else 0


def unseen(message: http.Message | None) -> str:
    """Why nothing is known of a body that streamed without us; empty if that was not so."""
    lost = message is not None and message.stream and message.raw_content is None
    return "nothing was kept: it was streamed by mitmproxy, or by another addon" if lost else ""
