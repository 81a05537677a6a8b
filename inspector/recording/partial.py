"""Bodies into the tables while they come: a row with an artificial digest and its chunks, until all of it is there.

After a kill such a row is what there is of the body; else it becomes the body, or goes if the bytes were known.
"""

import sqlite3
import uuid
from collections import deque

import orjson

from inspector.recording.facts import Facts
from inspector.recording.incoming import Incoming
from inspector.recording.marks import DROPPED, PARTIAL
from inspector.traffic.body import EMPTY, Body
from inspector.traffic.exchange import cut_after

_TIDIED = 8
"""Chunks that are deleted at once, so that nobody who waits for a commit waits for more."""

_BEGIN = "INSERT INTO bodies (sha256, size, kept) VALUES (?, 0, 'chunks')"
_APPEND = """
INSERT INTO chunks (body, n, content)
SELECT ?, coalesce(max(n), -1) + 1, ? FROM chunks WHERE body = ?"""
_COMPLETE = "UPDATE bodies SET sha256 = ?, size = ? WHERE id = ?"
_FIND = "SELECT id, kept FROM bodies WHERE sha256 = ?"
_LINK_PART = "INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_FLAG = "UPDATE exchanges SET truncated = nullif(json_patch(coalesce(truncated, '{}'), ?), '{}') WHERE id = ?"
_REFERENCES = (
    ("exchanges", "request_body"),
    ("exchanges", "response_body"),
    ("parts", "body"),
    ("frames", "body"),
)


class PartialBodies:
    """Writes bodies that stream; belongs to the thread of its connection. Raises sqlite3.Error."""

    def __init__(self, db: sqlite3.Connection, facts: Facts) -> None:
        self._db = db
        self._facts = facts
        left = db.execute("SELECT id FROM bodies WHERE sha256 >= ? AND sha256 < ?", (DROPPED, DROPPED[:-1] + ";"))
        self._dropped = deque(body for (body,) in left)  # by a recorder that was killed

    def append(self, incoming: Incoming, data: bytes) -> None:
        """The next bytes."""
        if incoming.row is None:
            incoming.row = self._db.execute(_BEGIN, (f"{PARTIAL}{uuid.uuid4().hex}",)).lastrowid
            assert incoming.row is not None
            self._link(incoming, incoming.row, Body(None, 0, ""))
        self._db.execute(_APPEND, (incoming.row, data, incoming.row))

    def finish(self, incoming: Incoming) -> None:
        """No more will come: the row becomes the body, or points to the one that holds the same bytes."""
        if incoming.row is None:
            return
        body = incoming.body()
        is_small = body.content is not None
        body_id = self._facts.body(body) if is_small else self._same(body, incoming.row)
        assert body_id is not None
        self._link(incoming, body_id, body)
        if body_id != incoming.row:
            self.drop(incoming)
        if incoming.place.position is None:
            said = cut_after(body.size) if incoming.is_cut else None
            flags = orjson.dumps({incoming.place.half: said}).decode()
            self._db.execute(_FLAG, (flags, incoming.place.exchange))

    def forget(self, incoming: Incoming) -> None:
        """It is not to be kept: nothing refers to what was written of it any more."""
        place = incoming.place
        if place.position is None:
            self._link(incoming, None, EMPTY)
        else:  # what is known of the part comes with its request, if that has parts at all
            self._db.execute("DELETE FROM parts WHERE exchange = ? AND position = ?", (place.exchange, place.position))
        self.drop(incoming)

    def drop(self, incoming: Incoming) -> None:
        """What was written of it is not needed, and goes bit by bit."""
        if incoming.row is not None:
            name = f"{DROPPED}{uuid.uuid4().hex}"
            self._db.execute("UPDATE bodies SET sha256 = ? WHERE id = ?", (name, incoming.row))
            self._dropped.append(incoming.row)
            incoming.row = None

    @property
    def is_tidy(self) -> bool:
        return not self._dropped

    def tidy(self) -> None:
        """Deletes some of what was dropped."""
        body = self._dropped[0]
        few = "SELECT id FROM chunks WHERE body = ? ORDER BY n DESC LIMIT ?"
        gone = self._db.execute(f"DELETE FROM chunks WHERE id IN ({few})", (body, _TIDIED)).rowcount
        if gone < _TIDIED:
            self._db.execute("DELETE FROM bodies WHERE id = ?", (body,))
            self._dropped.popleft()

    def _same(self, body: Body, partial: int) -> int:
        """The row that holds these bytes; the partial one if it is the first to."""
        known = self._db.execute(_FIND, (body.sha256,)).fetchone()
        if known and known[1] in ("whole", "chunks"):
            return int(known[0])
        if known:  # by its digest, or in parts: whoever refers to it can have it whole now
            for table, column in _REFERENCES:
                self._db.execute(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", (partial, known[0]))
            self._db.execute("DELETE FROM bodies WHERE id = ?", (known[0],))
            self._facts.forget()
        self._db.execute(_COMPLETE, (body.sha256, body.size, partial))
        return partial

    def _link(self, incoming: Incoming, body_id: int | None, body: Body) -> None:
        place, part = incoming.place, incoming.place.part
        if place.position is None:
            self._db.execute(f"UPDATE exchanges SET {place.half}_body = ? WHERE id = ?", (body_id, place.exchange))
            return
        told = (part.head, part.name, part.filename, part.media_type) if part else (b"", None, None, "")
        row = (place.exchange, place.position, *told, body.size, body.sha256, body_id)
        self._db.execute(_LINK_PART, row)
