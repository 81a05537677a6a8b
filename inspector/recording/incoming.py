"""A body on its way into the recording: hashed as it comes, and kept a chunk at a time."""

import hashlib
from dataclasses import dataclass
from typing import Protocol

from inspector.recording.understood import CHUNK
from inspector.traffic.body import HEAD, Body
from inspector.traffic.exchange import Half
from inspector.traffic.multipart import Part


@dataclass(frozen=True, slots=True)
class Place:
    """Where a body belongs: to a half of an exchange, or to the `part` of its request at `position`."""

    exchange: int
    half: Half
    position: int | None = None
    part: Part | None = None


class Kept(Protocol):
    """Where the content of bodies goes. One of which something cannot be written is not `kept` any more."""

    def wait(self, incoming: "Incoming") -> None:
        """It has bytes that are to be flushed soon, though they are less than a chunk."""

    def append(self, incoming: "Incoming", data: bytes) -> None:
        """The next chunk of it."""

    def finish(self, incoming: "Incoming") -> None:
        """There are no more chunks."""

    def forget(self, incoming: "Incoming") -> None:
        """What was kept of it goes, if anything was, and nothing more comes."""


class Incoming:
    """One body that streams. Where it is not `kept`, only its size and digest are taken down."""

    def __init__(self, place: Place, kept: bool, coding: str, into: Kept) -> None:
        self.place = place
        self.kept = kept
        self.size = 0
        """Bytes that came so far."""
        self.is_over = self.is_cut = False
        self.row: int | None = None
        """Its row among the bodies, as soon as some of it is there."""
        self._coding = coding
        self._into = into
        self._pieces: list[bytes] = []
        self._waiting = 0
        self._digest = hashlib.sha256()
        self._begin: list[bytes] | None = [] if kept else None
        self._start = b""

    def write(self, data: bytes) -> None:
        """The next bytes; a chunk that is complete with them is on disk when this returns. What comes after its end is
        ignored.
        """
        if not data or self.is_over:
            return
        self.size += len(data)
        self._digest.update(data)
        if not self.kept:
            return
        self._pieces.append(data)
        self._waiting += len(data)
        self.flush(CHUNK)
        if self._waiting:
            self._into.wait(self)

    def flush(self, least: int = 1) -> None:
        """What came is on disk when this returns, but for a rest of less than `least` bytes."""
        while self._waiting >= least:
            self._into.append(self, self._chunk())

    def forget(self) -> None:
        """Nothing but its digest is to be kept after all: neither what is written from now on, nor what is there."""
        self.kept, self._begin = False, None
        self._pieces.clear()
        self._waiting = 0
        self._into.forget(self)

    def end(self) -> Body:
        """All of it came, and is on disk: stored once, its content in memory if that is no more than a chunk."""
        if not self.is_over:
            self.is_over = True
            self.flush()
            if self.row is not None:
                self._into.finish(self)
        return self.body()

    def cut(self) -> Body:
        """It ended early: the same of what came; its exchange is flagged."""
        self.is_cut = self.is_cut or not self.is_over
        return self.end()

    def body(self) -> Body:
        """What came so far, as a Body."""
        digest = self._digest.hexdigest()
        if self._begin is not None:
            return Body(b"".join(self._begin), self.size, digest, self._coding)
        return Body(None, self.size, digest, self._coding, start=self._start if self.kept else b"")

    def _chunk(self) -> bytes:
        """The next bytes, at most a chunk."""
        waiting = b"".join(self._pieces)
        chunk, rest = (waiting, b"") if len(waiting) <= CHUNK else (waiting[:CHUNK], waiting[CHUNK:])
        self._pieces = [rest] if rest else []
        self._waiting = len(rest)
        if len(self._start) < HEAD:
            self._start += chunk[: HEAD - len(self._start)]
        if self._begin is not None:  # of a small body that is all
            self._begin.append(chunk)
            if self.size > CHUNK:
                self._begin = None
        return chunk
