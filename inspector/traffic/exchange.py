"""Exchanges, and the events in which they are told: what everything else in the house is derived from."""

from inspector.traffic.body import EMPTY, Body
from inspector.traffic.headers import Headers
from inspector.traffic.multipart import Part
from inspector.traffic.value import value


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
    response's head arrived, `done` when its last byte did or the error happened.
    """

    number: int
    connection: str
    started: Instant
    request: Request
    answered: Instant | None = None
    done: Instant | None = None
    response: Response | None = None
    error: str | None = None


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
