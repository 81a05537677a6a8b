"""Reading a recording: its sessions, their events in tick order, single exchanges."""

import heapq
import sqlite3
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from inspector.errors import NothingFound, RecordingError
from inspector.recording.columns import (
    ORIGINS,
    REDACTED,
    SETTINGS,
    VERSIONS,
    headers_of,
    instant_of,
    original_of,
)
from inspector.recording.file import open_to_read
from inspector.recording.session import Session
from inspector.traffic.body import EMPTY, Body
from inspector.traffic.exchange import Completed, Event, Exchange, Instant, Request, Response, Started
from inspector.traffic.headers import Headers
from inspector.traffic.multipart import Part, join

_WHOLE = """
SELECT e.id, e.start_tick, e.done_tick, e.connection, e.started_mono, e.started_at, e.method, e.scheme, e.authority,
  e.path, e.query, e.http_version, e.request_headers, e.request_original, e.answered_at, e.answered_mono, e.done_at,
  e.done_mono, e.status, e.reason, e.response_headers, e.response_original, e.error,
  e.request_body, q.sha256, q.size, q.kept, q.content, e.response_body, r.sha256, r.size, r.kept, r.content
FROM exchanges e LEFT JOIN bodies q ON q.id = e.request_body LEFT JOIN bodies r ON r.id = e.response_body"""
_RESPONSE = """
SELECT s.uuid, e.status, e.reason, e.response_headers, e.response_original,
  e.response_body, r.sha256, r.size, r.kept, r.content
FROM exchanges e JOIN sessions s ON s.id = e.session LEFT JOIN bodies r ON r.id = e.response_body
WHERE e.id = ? AND e.status IS NOT NULL"""
_PARTS = """
SELECT p.head, p.name, p.filename, p.type, p.body, b.sha256, b.size, b.kept, b.content
FROM parts p LEFT JOIN bodies b ON b.id = p.body"""


@lru_cache(maxsize=4096)
def _same(text: str) -> str:
    """One string for what is the same in thousands of rows."""
    return text


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
        """The session with this id or (begin of a) UUID; by default the newest that adds to no other. Raises
        NothingFound.
        """
        sessions = self.sessions()
        if name is None:
            sessions = [one for one in sessions if one.parent is None] or sessions
        if name is not None:
            numbered = [one for one in sessions if str(one.id) == name]
            sessions = numbered or [one for one in sessions if one.uuid.startswith(name)]
        if not sessions:
            raise NothingFound(f"{self.path} holds no session{f' {name}' if name else ''}; `ls` lists what it holds")
        return sessions[-1]

    def events(self, session: Session) -> Iterator[Event]:
        """The session's events in tick order, as they were fed to the analyst when it was recorded."""
        cursor = self.db.cursor()
        cursor.row_factory = None
        with_parts = {exchange for (exchange,) in cursor.execute("SELECT DISTINCT exchange FROM parts")}
        under_way: list[tuple[int, int, Completed]] = []  # the number settles a tie, which only a stranger's file has
        for row in cursor.execute(f"{_WHOLE} WHERE e.session = ? ORDER BY e.start_tick", (session.id,)):
            started, done, exchange = self._whole(row, with_parts)
            while under_way and under_way[0][0] < started:
                yield heapq.heappop(under_way)[2]
            yield Started(started, Exchange(exchange.number, exchange.connection, exchange.started, exchange.request))
            if done is not None:
                heapq.heappush(under_way, (done, exchange.number, Completed(done, exchange)))
        while under_way:
            yield heapq.heappop(under_way)[2]

    def exchange(self, number: int) -> Exchange:
        """One exchange whole. Raises NothingFound."""
        cursor = self.db.cursor()
        cursor.row_factory = None
        row = cursor.execute(f"{_WHOLE} WHERE e.id = ?", (number,)).fetchone() if self.has(number) else None
        if row is None:
            raise NothingFound(f"{self.path} holds no exchange {number}; `ls` lists what it holds")
        return self._whole(row, {number})[2]

    def response(self, session: Session, number: int) -> Response:
        """The response of one of the session's exchanges. Raises NothingFound."""
        cursor = self.db.cursor()
        cursor.row_factory = None
        rows = cursor.execute(_RESPONSE, (number,)).fetchall()
        if not rows or rows[0][0] != session.uuid:
            raise NothingFound(f"{self.path} holds no exchange {number} with a response in session {session.uuid}")
        _, status, reason, got, original, *body = rows[0]
        headers = headers_of(got)
        return Response(status, reason, headers, self._body(body, headers, original))

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

    def _whole(self, row: tuple[Any, ...], with_parts: Container[int]) -> tuple[int, int | None, Exchange]:
        """The ticks and the exchange of a row of `_WHOLE`."""
        number, start, done, connection, *rest = row
        begun_mono, begun_at, method, scheme, authority, path, query, version, sent, sent_original = rest[:10]
        answered_at, answered_mono, done_at, done_mono, status, reason, got, got_original, error = rest[10:19]
        parts = self._parts(number) if number in with_parts else ()
        headers, response = headers_of(sent), None
        body = self._body(rest[19:24], headers, sent_original, parts)
        request = Request(_same(method), scheme, authority, _same(path), query, version, headers, body, parts)
        if status is not None:
            fields = headers_of(got)
            response = Response(status, reason, fields, self._body(rest[24:], fields, got_original))
        begun, answered = Instant(begun_mono, begun_at), instant_of(answered_at, answered_mono)
        ended = instant_of(done_at, done_mono)
        return start, done, Exchange(number, connection, begun, request, answered, ended, response, error)

    def _parts(self, exchange: int) -> tuple[Part, ...]:
        cursor = self.db.cursor()
        cursor.row_factory = None
        rows = cursor.execute(f"{_PARTS} WHERE p.exchange = ? ORDER BY p.position", (exchange,)).fetchall()
        return tuple(
            Part(head, name, filename, type_, self._body(body, Headers(), None))
            for head, name, filename, type_, *body in rows
        )

    def _body(self, row: Sequence[Any], headers: Headers, original: str | None, parts: tuple[Part, ...] = ()) -> Body:
        body_id, sha256, size, kept, content = row
        if body_id is None:
            return EMPTY
        if sha256 is None:
            raise RecordingError(f"{self.path} is damaged: it refers to a body {body_id} that it does not hold")
        if kept == "chunks":
            chunks = self.db.execute("SELECT content FROM chunks WHERE body = ? ORDER BY n", (body_id,))
            content = b"".join(chunk for (chunk,) in chunks)
        elif kept == "parts":
            content = join(parts)
        # a redacted body is kept decoded, whatever its header says
        return Body(content, size, sha256, "" if original else headers.coding, original_of(original))


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
