"""Times that changed so much that somebody would notice: everything else is the network, or the weather."""

from dataclasses import dataclass

from inspector.audit.diff.items import Item
from inspector.audit.diff.result import Kind

THRESHOLD_MS = 1000.0
FACTOR = 2.0
"""How many times as long it has to take, too: a second more is nothing where a minute is usual."""

_AT_ONCE_MS = 1.0
"""Milliseconds that reply and notification are apart at most when it is chance which comes first."""


@dataclass(frozen=True, slots=True)
class Delay:
    kind: Kind
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Delays:
    """`threshold_ms`: milliseconds by which a time has to differ."""

    threshold_ms: float = THRESHOLD_MS

    def between(self, was: Item, now: Item) -> Delay | None:
        """How the times of two messages differ: those of replies, or from a reply to its notification."""
        if was.ms is None or now.ms is None:
            return None
        apart = abs(was.ms - now.ms)
        if was.position is not None and (was.ms < 0) != (now.ms < 0) and apart > _AT_ONCE_MS:
            return Delay(Kind.ORDER, _ordered(was.ms), _ordered(now.ms))
        shorter, longer = sorted((abs(was.ms), abs(now.ms)))
        if apart <= self.threshold_ms or longer < FACTOR * shorter:
            return None
        return Delay(Kind.SLOWER if now.ms > was.ms else Kind.FASTER, f"{was.ms:.0f} ms", f"{now.ms:.0f} ms")


def _ordered(ms: float) -> str:
    return f"{-ms:.0f} ms before its reply" if ms < 0 else f"{ms:.0f} ms after its reply"
