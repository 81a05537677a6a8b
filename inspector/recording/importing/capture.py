"""A capture that somebody else's tool made: what it tells, gathered before anything of it is recorded."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from inspector.recording.importing.losses import Losses
from inspector.recording.importing.order import DONE, FRAMED, STARTED, Happening, Order
from inspector.recording.importing.told import Told, ToldFrame
from inspector.traffic.exchange import Instant


class Capture(Protocol):
    """A file that was read from end to end: whatever is told of it from now on, can be told."""

    about: "About"
    order: Order
    losses: Losses

    def told(self, number: int) -> Told:
        """The exchange of a number that the order has."""


@dataclass(slots=True)
class About:
    """`made_by` is the tool, as it calls itself. The others are known where that is ours: which servers were recorded,
    when the session began and ended, the window that it was judged with.
    """

    source: str
    made_by: str = ""
    upstream: str = ""
    origins: list[str] = field(default_factory=list)
    started: Instant | None = None
    ended: Instant | None = None
    window_ms: int | None = None


def put_in_order(
    order: Order,
    content: bytes,
    told: Told,
    frames: Iterable[ToldFrame],
    ticks: tuple[int | None, int | None] = (None, None),
) -> None:
    """Keeps `content`, of which the exchange can be told again: when it began and ended, and each of its frames."""
    number = order.tell(content)
    order.happens(STARTED, number, told.begun, tick=ticks[0])
    after = told.begun.at
    if told.done:
        order.happens(DONE, number, told.done, tick=ticks[1], after=after)
        after = max(after, told.done.at)
    for frame in frames:
        kept = order.tell(bytes((frame.direction == "client", frame.opcode)) + frame.content)
        order.happens(FRAMED, number, frame.sent, tick=frame.tick, after=after, n=kept)


def frame_of(order: Order, happening: Happening) -> ToldFrame:
    """The frame that happens."""
    content = order.told(happening.n)
    return ToldFrame(happening.moment, "client" if content[0] else "server", content[1], content[2:])
