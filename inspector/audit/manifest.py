"""The list of what was extracted: for each content its file, and every transfer and name that it came by.

It lies in a temporary database meanwhile, for there may be as many transfers as a year has.
"""

import sqlite3
from collections.abc import Iterator
from types import TracebackType
from typing import Any

import orjson

from inspector.audit.audited import Audited
from inspector.audit.contents import Content, Missing
from inspector.audit.entry import Entry
from inspector.audit.formats.values import head_value
from inspector.render.machine import time_of

MANIFEST = "manifest.json"

_TABLES = """
CREATE TABLE files (sha256 TEXT PRIMARY KEY, name TEXT, size INTEGER, type TEXT);
CREATE TABLE uses (sha256 TEXT, session TEXT, transfer INTEGER, why TEXT, value TEXT);
CREATE INDEX uses_sha256 ON uses(sha256);
"""


class Manifest:
    """Use it as a context: afterwards it is gone."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)  # a temporary file, of which most stays in memory
        self._db.executescript(_TABLES)
        self._db.execute("BEGIN")

    def __enter__(self) -> "Manifest":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()

    def knows(self, sha256: str) -> bool:
        """Whether the content was written already."""
        return self._db.execute("SELECT 1 FROM files WHERE sha256 = ?", (sha256,)).fetchone() is not None

    def add(self, sha256: str, name: str, size: int, kind: str) -> None:
        """A file was written: `size` bytes that look like the type `kind`."""
        self._db.execute("INSERT INTO files VALUES (?, ?, ?, ?)", (sha256, name, size, kind))

    def use(self, found: Content | Missing, entry: Entry) -> None:
        """The transfer had this content, or should have."""
        why = found.why if isinstance(found, Missing) else None
        value = orjson.dumps(_value(entry, found.how)).decode()
        row = (found.sha256, entry.session, entry.number, why, value)
        self._db.execute("INSERT INTO uses VALUES (?, ?, ?, ?, ?)", row)

    def counts(self) -> tuple[int, int, int]:
        """Files, their bytes, and transfers of which something is missing."""
        files, size = self._db.execute("SELECT count(*), coalesce(sum(size), 0) FROM files").fetchone()
        query = "SELECT count(*) FROM (SELECT DISTINCT session, transfer FROM uses WHERE why IS NOT NULL)"
        (missing,) = self._db.execute(query).fetchone()
        return files, size, missing

    def pieces(self, audited: Audited) -> Iterator[str]:
        """An object with `head`, `files` and `missing`; one a line."""
        yield '{\n"head": ' + orjson.dumps(head_value(audited.head()), default=str).decode()
        for name, rows in (("files", self._files()), ("missing", self._missing())):
            yield f',\n"{name}": ['
            for number, value in enumerate(rows):
                yield ("," if number else "") + "\n" + orjson.dumps(value).decode()
            yield "\n]"
        yield "\n}\n"

    def _files(self) -> Iterator[dict[str, Any]]:
        for sha256, name, size, kind in self._db.execute("SELECT * FROM files ORDER BY sha256"):
            uses = self._db.execute("SELECT value FROM uses WHERE sha256 = ? AND why IS NULL ORDER BY rowid", (sha256,))
            transfers = [orjson.loads(value) for (value,) in uses]
            yield {"sha256": sha256, "file": name, "size": size, "detected_type": kind, "transfers": transfers}

    def _missing(self) -> Iterator[dict[str, Any]]:
        uses = self._db.execute("SELECT sha256, why, value FROM uses WHERE why IS NOT NULL ORDER BY rowid")
        for sha256, why, value in uses:
            yield {"sha256": sha256, "why": why, "transfer": orjson.loads(value)}


def _value(entry: Entry, how: str) -> dict[str, Any]:
    return {
        "recording": entry.recording,
        "session": entry.session,
        "transfer": entry.number,
        "time": time_of(entry.at),
        "agent": entry.login,
        "direction": entry.direction,
        "chat": entry.chat,
        "document": entry.document,
        "name": entry.name,
        "declared_type": entry.declared_type,
        "state": entry.state,
        "how": how,
    }
