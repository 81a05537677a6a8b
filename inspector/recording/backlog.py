"""What waits to be written: handed over by the thread that makes it to the one that writes it, and bounded.

Handing over wakes the writer, and then both threads want the interpreter: so it is done once per turn of the event loop
for all that the turn brought, and those who wait for a commit are told by one call into the loop.
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")

BYTES = 64 * 1024 * 1024
"""Bytes that may wait: a second of a disk that writes 64 MB/s, and no more than the proxy itself takes in memory."""

COUNT = 10_000
"""Items that may wait: those of seconds of the busiest traffic, were it without bodies."""

_SOON_S = 0.05
"""Seconds until what nobody waits for is handed over at the latest."""

_LARGE = 256 * 1024
"""Bytes that are handed over without waiting for more."""

_MANY = 256
"""Items, likewise; and what one commit is content with: more do not make it cheaper (measured)."""


class Commit(Future[None]):
    """Done when all that was put before it is on disk, or is known to be lost.

    Await it; or ask for its `result`, but not in the event loop, whose turn has to end for it. Several wait for the
    same one, so nobody can cancel it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._waiting: list[asyncio.Future[None]] = []

    def cancel(self) -> bool:
        return False

    def __await__(self) -> Generator[object, None, None]:
        """For coroutines, all of one event loop."""
        if not self.done():
            loop = asyncio.get_running_loop()
            waiting = loop.create_future()
            self._waiting.append(waiting)
            if len(self._waiting) == 1:
                self.add_done_callback(lambda _: self._call_into(loop))
            yield from waiting
        self.result()

    def _call_into(self, loop: asyncio.AbstractEventLoop) -> None:
        with suppress(RuntimeError):  # it is closed: nobody waits in it any more
            loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)


@dataclass(slots=True)
class Batch(Generic[T]):
    """Items in their order, how many bytes they are, and those who wait until all of them are on disk."""

    items: list[T] = field(default_factory=list)
    size: int = 0
    commits: list[Commit] = field(default_factory=list)
    is_last: bool = False


class Backlog(Generic[T]):
    """Items from one thread (`put`, `commit`, `room`, `end`) for another one (`take`, `settle`)."""

    def __init__(self, size_of: Callable[[T], int], *, count: int = COUNT, size: int = BYTES) -> None:
        """`size_of` an item is in bytes; `count` items or `size` bytes are all that should wait."""
        self._size_of = size_of
        self._count, self._size = count, size
        self._new: Batch[T] = Batch()
        self._handed: queue.SimpleQueue[Batch[T]] = queue.SimpleQueue()
        self._late: asyncio.AbstractEventLoop | None = None
        # of two threads, each counts for itself: so neither has to lock
        self._came = self._came_size = 0
        self._went = self._went_size = 0
        self._room: Commit | None = None
        self._lock = threading.Lock()

    def put(self, item: T, *, now: bool = False) -> None:
        """It is part of the next commit: of one that comes soon, or `now`, if nobody waits for one."""
        size = self._size_of(item)
        self._came += 1
        self._came_size += size
        self._new.items.append(item)
        self._new.size += size
        loop = _running()
        if now or loop is None or self._new.size > _LARGE or len(self._new.items) >= _MANY:
            self._hand_over()
        elif self._late is not loop:
            self._late = loop
            loop.call_later(_SOON_S, self._hand_over_late)

    def commit(self) -> Commit:
        """Done when all that was put before is on disk: who asks within one turn of the event loop shares one."""
        if self._new.commits:
            return self._new.commits[0]
        commit = Commit()
        self._new.commits.append(commit)
        if loop := _running():
            loop.call_soon(self._hand_over)
        else:
            self._hand_over()
        return commit

    @property
    def waiting(self) -> int:
        """How many items are not settled."""
        return self._came - self._went

    def room(self) -> Commit | None:
        """None if more may come; else done when it may."""
        if not self._is_full():
            return None
        with self._lock:
            room = self._room = self._room or Commit()
        self._tell_room()  # there may be room since we have looked
        return room

    def end(self) -> None:
        """Nothing comes any more."""
        self._new.is_last = True
        self._hand_over()

    def take(self, patience: float | None = None) -> Batch[T]:
        """All that was handed over: something, unless it took longer than `patience` (seconds)."""
        try:
            batch = self._handed.get(timeout=patience)
        except queue.Empty:
            return Batch()
        while not batch.is_last and len(batch.items) < _MANY and not self._handed.empty():
            more = self._handed.get()
            batch.items += more.items
            batch.size += more.size
            batch.commits += more.commits
            batch.is_last = more.is_last
        return batch

    def settle(self, batch: Batch[T]) -> None:
        """The batch is on disk, or lost: whoever waits for it, or for room, goes on."""
        self._went += len(batch.items)
        self._went_size += batch.size
        for commit in batch.commits:
            commit.set_result(None)
        self._tell_room()

    def _hand_over_late(self) -> None:
        self._late = None
        self._hand_over()

    def _hand_over(self) -> None:
        if self._new.items or self._new.commits or self._new.is_last:
            self._handed.put(self._new)
            self._new = Batch()

    def _is_full(self) -> bool:
        return self.waiting >= self._count or self._came_size - self._went_size >= self._size

    def _tell_room(self) -> None:
        if self._room is None or self._is_full():
            return
        with self._lock:
            room, self._room = self._room, None
        if room:
            room.set_result(None)


def _running() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
