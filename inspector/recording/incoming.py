"""A body on its way into the recording: handed over in one thread, hashed and kept in the writer's."""

import hashlib
import logging
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

from inspector.recording.understood import CHUNK
from inspector.traffic.body import HEAD, Body
from inspector.traffic.exchange import Half
from inspector.traffic.multipart import Part

logger = logging.getLogger("inspector")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a body belongs: to a half of an exchange, or to the `part` of its request at `position`."""

    exchange: int
    half: Half
    position: int | None = None
    part: Part | None = None


class Incoming:
    """One body that streams. `write`, `when_below`, `end` and `cut` belong to the thread that has the bytes, all else
    to the writer's; `waiting` and `size` can be asked by anybody.
    """

    def __init__(self, place: Place, kept: bool, coding: str, wake: Callable[["Incoming"], None]) -> None:
        """`wake` tells the writer's thread that there is something to do. Where the body is not `kept`, only its size
        and digest are taken down.
        """
        self.place = place
        self.kept = kept
        self.size = 0
        """Bytes handed over so far."""
        self.is_over = self.is_cut = self.is_urgent = self.is_done = self.is_forgotten = False
        self.row: int | None = None
        """Its row among the bodies, as soon as some of it is there."""
        self._coding = coding
        self._wake = wake
        self._pieces: deque[memoryview] = deque()
        self._taken = self._settled = 0
        self._digest = hashlib.sha256()
        self._begin: list[bytes] = []
        self._begins_with = 0
        self._start = b""
        self._body: Future[Body] = Future()
        self._lock = threading.Lock()
        self._calls: list[tuple[int, Callable[[], None]]] = []

    def write(self, data: bytes) -> None:
        """Takes the next bytes; never blocks. What comes after its end is ignored."""
        if not data or self.is_over:
            return
        self._pieces.append(memoryview(data))
        self.size += len(data)
        # the writer sleeps until there is a whole chunk, or has been something for a while
        if self.pending <= len(data) or self.pending - len(data) < CHUNK <= self.pending:
            self._wake(self)

    @property
    def waiting(self) -> int:
        """Bytes handed over that are not on disk yet."""
        return self.size - self._settled

    def when_below(self, limit: int, call: Callable[[], None]) -> None:
        """Calls back once, as soon as no more than `limit` bytes wait: at once, or in the writer's thread."""
        with self._lock:
            waits = self.waiting > limit
            if waits:
                self._calls.append((limit, call))
        if waits:
            self.is_urgent = True
            self._wake(self)
        else:
            call()

    def forget(self) -> None:
        """Nothing but its digest is to be kept after all: neither what is written from now on, nor what is there."""
        self.is_forgotten = True
        self._wake(self)

    def end(self) -> Future[Body]:
        """All of it came. The future has the Body, when it is on disk: stored once, hashed, its content in memory if
        that is no more than a chunk.
        """
        if not self.is_over:
            self.is_over = True
            self._wake(self)
        return self._body

    def cut(self) -> Future[Body]:
        """It ended early: the same of what came; its exchange is flagged."""
        self.is_cut = self.is_cut or not self.is_over
        return self.end()

    @property
    def pending(self) -> int:
        """Bytes that nobody has begun to write."""
        return self.size - self._taken

    def take(self) -> bytes:
        """The next bytes, hashed, at most a chunk."""
        pieces, room = list[memoryview](), CHUNK
        while room and self._pieces:
            piece = self._pieces.popleft()
            if len(piece) > room:
                self._pieces.appendleft(piece[room:])
                piece = piece[:room]
            pieces.append(piece)
            room -= len(piece)
        data = b"".join(pieces)
        self._digest.update(data)
        self._remember(data)
        self._taken += len(data)  # after the pieces are gone: who writes more meanwhile sees what is left, or wakes us
        if self.is_forgotten:  # asked after the bytes are here: what was handed over later never is kept
            self.kept = False
            self._begin.clear()
        return data

    def settle(self, size: int) -> None:
        """So many more bytes are on disk, or lost."""
        with self._lock:
            self._settled += size
            ready = [call for limit, call in self._calls if self.waiting <= limit]
            self._calls = [(limit, call) for limit, call in self._calls if self.waiting > limit]
        self.is_urgent = bool(self._calls)
        for call in ready:
            try:
                call()
            except Exception:  # whoever wanted to know may be gone
                logger.debug("nobody hears that a body may go on", exc_info=True)

    def body(self) -> Body:
        """What was taken so far, as a Body."""
        digest = self._digest.hexdigest()
        if self.kept and self._taken <= CHUNK:
            return Body(b"".join(self._begin), self._taken, digest, self._coding)
        return Body(None, self._taken, digest, self._coding, start=self._start if self.kept else b"")

    def deliver(self) -> None:
        """Its end is on disk."""
        self.is_done = True
        if self._body.set_running_or_notify_cancel():
            self._body.set_result(self.body())

    def abandon(self) -> None:
        """There is no writer any more: nothing of what waits is kept, and nobody waits for it."""
        while self._pieces:
            self.settle(len(self.take()))
        self.settle(0)
        if self.is_over and not self.is_done:
            self.deliver()

    def _remember(self, data: bytes) -> None:
        """The begin of it: of a small body that is all."""
        if not self.kept or self._begins_with > CHUNK:
            return
        self._begins_with += len(data)
        self._begin.append(data)
        if len(self._start) < HEAD:
            self._start += data[: HEAD - len(self._start)]
        if self._begins_with > CHUNK:
            self._begin.clear()
