"""The time of a script: it passes when the script says so, and what was planned happens on the way, in order."""

import heapq
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count

from inspector.traffic.exchange import Instant

PACE = 1_000_000
"""Microseconds that a line of a script takes, unless it takes longer by itself."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SINCE_BOOT = 1_000_000
"""What the clock that never jumps says at the begin, in microseconds."""


class Timeline:
    """`now` is in microseconds since 1970, UTC."""

    def __init__(self, began: datetime) -> None:
        """`began` has a time zone."""
        self.now = self._began = (began - _EPOCH) // timedelta(microseconds=1)
        self._planned: list[tuple[int, int, Callable[[], None]]] = []
        self._numbers = count()
        self._awaited = self.now
        self._depth = 0

    @property
    def instant(self) -> Instant:
        return Instant(_SINCE_BOOT + self.now - self._began, self.now)

    @property
    def moment(self) -> datetime:
        return _EPOCH + timedelta(microseconds=self.now)

    @property
    def now_ms(self) -> int:
        return self.now // 1000

    def plan(self, at: int, happening: Callable[[], None]) -> None:
        """It happens at this time; of what happens at the same time, what was planned first is first."""
        heapq.heappush(self._planned, (at, next(self._numbers), happening))

    def awaits(self, until: int) -> None:
        """Somebody waits for something until then: neither they nor the recording end before."""
        self._awaited = max(self._awaited, until)

    def pass_to(self, at: int) -> None:
        """Time goes on to `at`; not back, if it has come further already."""
        while self._planned and self._planned[0][0] <= at:
            due, _, happening = heapq.heappop(self._planned)
            self.now = max(self.now, due)
            happening()
        self.now = max(self.now, at)

    def pass_by(self, us: int) -> None:
        self.pass_to(self.now + us)

    def settle(self) -> None:
        """Time goes on until nobody waits for anything any more."""
        self.pass_to(self._awaited)

    def run_out(self) -> None:
        """Time goes on until nothing is planned any more."""
        while self._planned:
            self.pass_to(self._planned[0][0])

    @contextmanager
    def line(self) -> Iterator[None]:
        """A line of the script; those that it consists of follow each other at once."""
        begun, self._depth = self.now, self._depth + 1
        try:
            yield
        finally:
            self._depth -= 1
        if not self._depth:
            self.pass_to(begun + PACE)
