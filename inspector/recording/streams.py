"""Bodies that stream, in the writer's thread: whose turn it is, and how much of them goes into one commit."""

import time
from collections.abc import Callable

from inspector.recording.incoming import Incoming
from inspector.recording.partial import PartialBodies
from inspector.recording.understood import CHUNK

_PATIENCE_S = 0.1
"""How long bytes may wait for more, so that a chunk is a large one."""

_TURN = 4 * CHUNK
"""Bytes of one commit: an exchange that is ready to be committed waits for no more than these."""

Commit = Callable[[Callable[[], None]], bool]
"""Does something in a transaction of its own, and says whether that is on disk."""


def soonest(*times: float | None) -> float | None:
    """The least of some times to wait, None being for ever."""
    return min((one for one in times if one is not None), default=None)


class Streams:
    """The bodies that have something to write. Belongs to the writer's thread."""

    def __init__(self, bodies: PartialBodies, commit: Commit) -> None:
        self._bodies = bodies
        self._commit = commit
        self._until: dict[Incoming, float] = {}

    def wake(self, incoming: Incoming) -> None:
        """It has something new."""
        if not incoming.is_done:
            self._until.setdefault(incoming, time.monotonic() + _PATIENCE_S)

    def patience(self) -> float | None:
        """Seconds until there is something to do here; None if nothing is known to be."""
        if not self._until:
            return None if self._bodies.is_tidy else 0
        now = time.monotonic()
        return 0 if any(self._is_due(one, now) for one in self._until) else max(0, min(self._until.values()) - now)

    def turn(self) -> bool:
        """Writes what is due, in turn, as much as goes into one commit; else tidies up. Whether it did any."""
        now = time.monotonic()
        taken, room = list[tuple[Incoming, bytes]](), _TURN
        for incoming in [one for one in self._until if self._is_due(one, now)]:
            if room <= 0:
                break
            data = incoming.take()
            room -= len(data)
            taken.append((incoming, data))
            del self._until[incoming]
            if incoming.pending:
                self.wake(incoming)
        if taken:
            return self._write(taken)
        if self._until or self._bodies.is_tidy:
            return False
        return self._commit(self._bodies.tidy)

    def close(self) -> None:
        """Writes all that is left, whoever may still have something to add."""
        while self._until:
            self._until = dict.fromkeys(self._until, 0.0)
            self.turn()
        while not self._bodies.is_tidy and self._commit(self._bodies.tidy):
            pass

    def _is_due(self, incoming: Incoming, now: float) -> bool:
        hurries = incoming.is_over or incoming.is_urgent
        return hurries or incoming.pending >= CHUNK or self._until[incoming] <= now

    def _write(self, taken: list[tuple[Incoming, bytes]]) -> bool:
        ended = [one for one, _ in taken if one.is_over and not one.pending]

        def work() -> None:
            for incoming, data in taken:
                if incoming.kept:
                    self._bodies.append(incoming, data)
                elif incoming.row is not None:
                    self._bodies.forget(incoming)
            for incoming in ended:
                self._bodies.finish(incoming)

        begun = {one for one, _ in taken if one.row is None}
        needed = any(one.kept or one.row is not None for one, _ in taken)
        if needed and not self._commit(work):
            self._lose([one for one, _ in taken], begun)
        for incoming, data in taken:
            incoming.settle(len(data))
        for incoming in ended:
            incoming.deliver()
        return needed

    def _lose(self, lost: list[Incoming], begun: set[Incoming]) -> None:
        """They cannot be written: from here on only their digests are taken down."""
        for incoming in lost:
            incoming.kept = False
            if incoming in begun:
                incoming.row = None

        def drop() -> None:
            for incoming in lost:
                if incoming.row is not None:
                    self._bodies.forget(incoming)

        self._commit(drop)
