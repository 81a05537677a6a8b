"""Bodies out of a recording: those that are understood whole, of any other that is large only where it can be read."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from inspector.errors import RecordingError
from inspector.recording.columns import original_of
from inspector.recording.file import connected
from inspector.recording.marks import PARTIAL
from inspector.recording.truncation import is_kept
from inspector.traffic.body import EMPTY, HEAD, Body
from inspector.traffic.headers import Headers
from inspector.traffic.multipart import Part, join

Chunks = Callable[[int, str | None], Iterator[bytes]]
"""Reads the chunks of a body, one at a time, whenever it is asked to; its digest says whether it is still the same."""

_CHUNKS = "SELECT content FROM chunks WHERE body = ? ORDER BY n"


class Bodies:
    """The bodies of an open recording. Raises RecordingError where it is damaged."""

    def __init__(self, path: Path, db: sqlite3.Connection, chunks: Chunks | None = None) -> None:
        self._path = path
        self._db = db
        self._chunks = chunks or partial(_chunks, path)

    def of(
        self,
        row: Sequence[Any],
        headers: Headers,
        original: str | None = None,
        parts: tuple[Part, ...] = (),
        *,
        is_read: bool = False,
    ) -> Body:
        """The body of a row (id, sha256, size, kept, content), which was redacted if it has an `original`.

        One in chunks is in memory if it `is_read`, as it was when it was recorded (`understood.py`).
        """
        body_id, sha256, size, kept, content = row
        if body_id is None:
            return EMPTY
        if sha256 is None:
            raise RecordingError(f"{self._path} is damaged: it refers to a body {body_id} that it does not hold")
        # a redacted body is kept decoded, whatever its header says
        coding, was = "" if original else headers.coding, original_of(original)
        if kept == "parts":
            return _in_parts(parts, Body(None, size, sha256, coding, was))
        if kept != "chunks":
            return Body(content, size, sha256, coding, was)
        if is_partial := sha256.startswith(PARTIAL):
            (size,) = self._db.execute(
                "SELECT total(length(content)) FROM chunks WHERE body = ?", (body_id,)
            ).fetchone()
            size, sha256 = int(size), ""
        elif is_read:
            content = b"".join(chunk for (chunk,) in self._db.execute(_CHUNKS, (body_id,)))
            return Body(content, size, sha256, coding, was)
        source = partial(self._chunks, body_id, None if is_partial else sha256)
        return Body(None, size, sha256, coding, was, self._start(body_id), source)

    def _start(self, body_id: int) -> bytes:
        """The first bytes, without the rest of their chunks."""
        try:
            return self._begin(body_id)
        except sqlite3.OperationalError:  # an older recording, whose chunks have no number of their own
            rows = self._db.execute(
                "SELECT substr(content, 1, ?) FROM chunks WHERE body = ? AND n = 0", (HEAD, body_id)
            )
            return b"".join(piece for (piece,) in rows)

    def _begin(self, body_id: int) -> bytes:
        start = b""
        rows = self._db.execute("SELECT id FROM chunks WHERE body = ? ORDER BY n", (body_id,))
        while len(start) < HEAD and (row := rows.fetchone()):
            with self._db.blobopen("chunks", "content", row[0], readonly=True) as chunk:
                start += chunk.read(HEAD - len(start))
        rows.close()
        return start


def _in_parts(parts: tuple[Part, ...], body: Body) -> Body:
    content = join(parts)
    if content is not None or not all(is_kept(part.body) for part in parts):
        return replace(body, content=content)
    return replace(body, source=partial(_joined, parts))


def _joined(parts: tuple[Part, ...]) -> Iterator[bytes]:
    for part in parts:
        yield part.head
        yield from part.body.pieces()


def _chunks(path: Path, body_id: int, sha256: str | None) -> Iterator[bytes]:
    """The chunks of a body, one at a time. By a connection of its own: whoever has the body may read it in any thread,
    and after the recording was closed.
    """
    with closing(connected(path)) as db:
        found = db.execute("SELECT sha256 FROM bodies WHERE id = ?", (body_id,)).fetchone()
        if found is None or (sha256 is not None and found[0] != sha256):
            raise RecordingError(f"{path} holds another recording by now")
        try:
            for (chunk,) in db.execute(_CHUNKS, (body_id,)):
                yield chunk
        except sqlite3.Error as error:
            raise RecordingError(f"{path} cannot be read: {error}") from None
