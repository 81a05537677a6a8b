"""An exchange as somebody else's capture tells it: what is known of it, and what is not, each with its reason."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from inspector.traffic.exchange import Instant, Request, Response, Side


def _nothing() -> Iterator[bytes]:
    return iter(())


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of a body, `size` of them, piece by piece as often as they are asked for.

    `coding` is the one they are in, `was` the coding and length that they had on the wire if they are in none any more.
    `why` says why they are not what crossed the wire, where they are not. With a `digest` there are no bytes, only that
    digest of `size` bytes.
    """

    size: int = 0
    pieces: Callable[[], Iterator[bytes]] = _nothing
    coding: str = ""
    was: tuple[str, int] | None = None
    why: str = ""
    digest: str = ""


NONE = Content()


@dataclass(frozen=True, slots=True)
class ToldFrame:
    """A message on the WebSocket, or its end."""

    sent: Instant
    direction: Side
    opcode: int
    content: bytes
    tick: int | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """`request` and `response` are without their bodies, which are `sent` and `received`. Without `done` nobody knows
    its end: it was still under way. `is_socket`: it has frames.
    """

    connection: str
    begun: Instant
    request: Request
    sent: Content
    answered: Instant | None = None
    response: Response | None = None
    received: Content = NONE
    done: Instant | None = None
    error: str | None = None
    is_socket: bool = False
