"""Exchanges, and the events in which they are told: what everything else in the house is derived from."""

from typing import Literal

from inspector.traffic.body import EMPTY, Body
from inspector.traffic.headers import Headers
from inspector.traffic.multipart import Part
from inspector.traffic.value import value

Half = Literal["request", "response"]
"""The half of an exchange that a body is of."""


@value(order=True)
class Instant:
    """A moment: `mono` on a clock that never jumps (orders, and measures), `at` in UTC; both in microseconds."""

    mono: int
    at: int


@value()
class Request:
    """A request as the server saw it; `authority` is the one that the client used (Host or :authority)."""

    method: str
    scheme: str
    authority: str
    path: str
    query: str
    http_version: str
    headers: Headers
    body: Body = EMPTY
    parts: tuple[Part, ...] = ()


@value()
class Response:
    """A response as the server sent it."""

    status: int
    reason: str
    headers: Headers
    body: Body = EMPTY


@value()
class Exchange:
    """One request with its response, or with the error that ended it, or (neither) still under way.

    `number` names it in its recording, `connection` the client's connection it came by. `answered` is when the
    response's head arrived, `done` when its last byte did or the error happened. `truncated` says in sentences, each
    begun with the half that it is of, which bodies were not kept as they crossed the wire (`cut_after`, `only_digest`).
    """

    number: int
    connection: str
    started: Instant
    request: Request
    answered: Instant | None = None
    done: Instant | None = None
    response: Response | None = None
    error: str | None = None
    truncated: tuple[str, ...] = ()

    def is_cut(self, half: Half) -> bool:
        """Whether the body (or a part of it) is only the begin of what was sent, its size and digest with it."""
        return any(one.startswith(f"{half}: {_CUT}") for one in self.truncated)


_CUT = "cut after"


def cut_after(size: int, why: str = "") -> str:
    """What is said of a body that was kept up to `size` bytes."""
    return f"{_CUT} {size} bytes{f': {why}' if why else ''}"


def only_digest(size: int, why: str = "") -> str:
    """What is said of a body of `size` bytes that is known by its digest alone."""
    return f"only the digest was kept ({size} bytes{f', {why}' if why else ''})"


@value()
class Started:
    """The tick at which a request was complete."""

    tick: int
    exchange: Exchange


@value()
class Completed:
    """The tick at which the exchange ended; `exchange.done` is set."""

    tick: int
    exchange: Exchange


Event = Started | Completed

Side = Literal["client", "server"]

TEXT, BINARY, CLOSE = 1, 2, 8
"""The opcodes that are told of (RFC 6455 section 5.2): fragments come joined, pings and pongs are not told."""

NO_CODE = 1005


@value()
class Frame:
    """The tick at which `direction` sent a WebSocket message, or ended the WebSocket that the exchange had opened.

    `body` is a message's payload, or that of the close frame: two bytes of status code and its reason, or empty
    (RFC 6455 section 5.5.1). A side that went away without a close frame is told as one with code 1006, which is
    never on the wire (section 7.4.1).
    """

    tick: int
    exchange: int
    moment: Instant
    direction: Side
    opcode: int
    body: Body

    @property
    def ending(self) -> tuple[int, str]:
        """Code and reason of a close frame; one without a code means 1005 (RFC 6455 section 7.1.5)."""
        payload = self.body.content or b""
        code = int.from_bytes(payload[:2]) if len(payload) >= 2 else NO_CODE
        return code, payload[2:].decode("utf-8", "replace")
