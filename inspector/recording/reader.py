"""Reading a recording: its sessions, their events in tick order, single exchanges."""

import heapq
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from inspector.errors import NothingFound, RecordingError
from inspector.recording.file import open_to_read
from inspector.recording.rows import (
    ORIGINS,
    REDACTED,
    SETTINGS,
    VERSIONS,
    headers_of,
    instant_of,
    original_of,
)
from inspector.recording.session import Session
from inspector.traffic.body import EMPTY, Body
from inspector.traffic.exchange import Completed, Event, Exchange, Instant, Request, Response, Started
from inspector.traffic.multipart import Part, join

_REQUEST = "id, start_tick, done_tick, connection, started_at, started_mono, method, scheme, authority, path, query, "
_REQUEST += "http_version, request_headers, request_body, request_original"
_RESPONSE = "answered_at, answered_mono, done_at, done_mono, status, reason, response_headers, response_body, "
_RESPONSE += "response_original, error"


class Recording:
    """An open recording. Every method raises RecordingError where the file turns out to be damaged."""

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        self.path = path
        self.db = db
        db.row_factory = sqlite3.Row

    def sessions(self) -> list[Session]:
        """All sessions, oldest first."""
        return [_session(row) for row in self.db.execute("SELECT * FROM sessions ORDER BY id")]

    def session(self, name: str | None = None) -> Session:
        """The session with this id or (begin of a) UUID; by default the newest. Raises NothingFound."""
        sessions = self.sessions()
        if name is not None:
            numbered = [one for one in sessions if str(one.id) == name]
            sessions = numbered or [one for one in sessions if one.uuid.startswith(name)]
        if not sessions:
            raise NothingFound(f"{self.path} holds no session{f' {name}' if name else ''}; `ls` lists what it holds")
        return sessions[-1]

    def events(self, session: Session) -> Iterator[Event]:
        """The session's events in tick order, as they were fed to the analyst when it was recorded."""
        begun = self.db.execute(
            f"SELECT {_REQUEST} FROM exchanges WHERE session = ? ORDER BY start_tick", (session.id,)
        )
        ended = self.db.execute(
            f"SELECT {_REQUEST}, {_RESPONSE} FROM exchanges WHERE session = ? AND done_tick IS NOT NULL "
            "ORDER BY done_tick",
            (session.id,),
        )
        starts: Iterator[Event] = (Started(row["start_tick"], self._begun(row)) for row in begun)
        ends: Iterator[Event] = (Completed(row["done_tick"], self._ended(row)) for row in ended)
        yield from heapq.merge(starts, ends, key=lambda event: event.tick)

    def exchange(self, number: int) -> Exchange:
        """One exchange whole. Raises NothingFound."""
        query = f"SELECT {_REQUEST}, {_RESPONSE} FROM exchanges WHERE id = ?"
        row = self.db.execute(query, (number,)).fetchone() if self.has(number) else None
        if row is None:
            raise NothingFound(f"{self.path} holds no exchange {number}; `ls` lists what it holds")
        return self._ended(row)

    def count(self, session: Session) -> int:
        """How many exchanges the session has."""
        row = self.db.execute("SELECT count(*) FROM exchanges WHERE session = ?", (session.id,)).fetchone()
        return int(row[0])

    def unfinished(self, session: Session) -> int:
        """How many exchanges were still under way when the session ended, or its recorder was killed."""
        query = "SELECT count(*) FROM exchanges WHERE session = ? AND done_tick IS NULL"
        return int(self.db.execute(query, (session.id,)).fetchone()[0])

    def has(self, number: int) -> bool:
        """Whether there is an exchange of this number."""
        in_range = -(1 << 63) <= number < 1 << 63
        return in_range and bool(self.db.execute("SELECT 1 FROM exchanges WHERE id = ?", (number,)).fetchone())

    def session_of(self, number: int) -> Session:
        """The session of an exchange."""
        row = self.db.execute("SELECT session FROM exchanges WHERE id = ?", (number,)).fetchone()
        return self.session(str(row[0]))

    def ended(self, session: Session) -> Instant:
        """When the session ended; of one that was killed, when it last showed life."""
        if session.ended:
            return session.ended
        row = self.db.execute(
            "SELECT max(coalesce(done_at, started_at)), max(coalesce(done_mono, started_mono)) "
            "FROM exchanges WHERE session = ?",
            (session.id,),
        ).fetchone()
        return instant_of(row[0], row[1]) or session.started

    def _begun(self, row: sqlite3.Row) -> Exchange:
        parts = self._parts(row["id"])
        request = Request(
            row["method"],
            row["scheme"],
            row["authority"],
            row["path"],
            row["query"],
            row["http_version"],
            (headers := headers_of(row["request_headers"])),
            self._body(row["request_body"], headers.coding, row["request_original"], parts),
            parts,
        )
        return Exchange(row["id"], row["connection"], Instant(row["started_mono"], row["started_at"]), request)

    def _ended(self, row: sqlite3.Row) -> Exchange:
        begun = self._begun(row)
        response = None
        if row["status"] is not None:
            headers = headers_of(row["response_headers"])
            body = self._body(row["response_body"], headers.coding, row["response_original"])
            response = Response(row["status"], row["reason"], headers, body)
        return Exchange(
            begun.number,
            begun.connection,
            begun.started,
            begun.request,
            instant_of(row["answered_at"], row["answered_mono"]),
            instant_of(row["done_at"], row["done_mono"]),
            response,
            row["error"],
        )

    def _parts(self, exchange: int) -> tuple[Part, ...]:
        rows = self.db.execute("SELECT * FROM parts WHERE exchange = ? ORDER BY position", (exchange,)).fetchall()
        return tuple(
            Part(row["head"], row["name"], row["filename"], row["type"], self._body(row["body"], "", None))
            for row in rows
        )

    def _body(self, body_id: int | None, coding: str, original: str | None, parts: tuple[Part, ...] = ()) -> Body:
        if body_id is None:
            return EMPTY
        row = self.db.execute("SELECT sha256, size, kept, content FROM bodies WHERE id = ?", (body_id,)).fetchone()
        if row is None:
            raise RecordingError(f"{self.path} is damaged: it refers to a body {body_id} that it does not hold")
        content = row["content"]
        match row["kept"]:
            case "chunks":
                chunks = self.db.execute("SELECT content FROM chunks WHERE body = ? ORDER BY n", (body_id,))
                content = b"".join(chunk for (chunk,) in chunks)
            case "parts":
                content = join(parts)
        # a redacted body is kept decoded, whatever its header says
        return Body(content, row["size"], row["sha256"], "" if original else coding, original_of(original))


@contextmanager
def reading(path: Path) -> Iterator[Recording]:
    """The recording at `path`. Raises RecordingError."""
    with open_to_read(path) as db:
        yield Recording(path, db)


def _session(row: sqlite3.Row) -> Session:
    return Session(
        row["uuid"],
        row["upstream"],
        Instant(row["started_mono"], row["started_at"]),
        row["id"],
        row["source"],
        row["parent"],
        row["state"],
        instant_of(row["ended_at"], row["ended_mono"]),
        row["trouble"],
        ORIGINS.read(row["origins"]),
        REDACTED.read(row["redacted"]),
        VERSIONS.read(row["versions"]),
        SETTINGS.read(row["settings"]),
        row["recorder"],
    )
