"""A capture that somebody else's tool made: what it tells, gathered before anything of it is recorded."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from inspector.analysis.policy import Policy
from inspector.recording.importing.losses import Losses
from inspector.recording.importing.order import DONE, FRAMED, STARTED, Happening, Order
from inspector.recording.importing.told import Told, ToldFrame
from inspector.traffic.exchange import Instant
from inspector.traffic.redaction import Places


class Capture(Protocol):
    """A file that was read from end to end: whatever is told of it from now on, can be told."""

    about: "About"
    order: Order
    losses: Losses

    def told(self, number: int) -> Told:
        """The exchange of a number that the order has."""


@dataclass(slots=True)
class About:
    """`made_by` is the tool, as it calls itself. The others are known where that is ours: what the session is called,
    which servers were recorded, when it began and ended, the window and policy that it was judged with, and where
    secrets were taken out besides the places that are known.
    """

    source: str
    made_by: str = ""
    name: str = ""
    upstream: str = ""
    origins: list[str] = field(default_factory=list)
    started: Instant | None = None
    ended: Instant | None = None
    window_ms: int | None = None
    policy: Policy | None = None
    places: Places = field(default_factory=Places)


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
