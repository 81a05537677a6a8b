"""Reading a recording: its sessions, their events in tick order, single exchanges."""

import heapq
import sqlite3
from collections.abc import Container, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from inspector.errors import NothingFound
from inspector.recording.bodies import Bodies, Chunks
from inspector.recording.columns import (
    ORIGINS,
    REDACTED,
    SETTINGS,
    VERSIONS,
    headers_of,
    instant_of,
)
from inspector.recording.file import open_to_read
from inspector.recording.session import Session
from inspector.recording.truncation import sentences_of
from inspector.recording.understood import is_read
from inspector.traffic.exchange import Completed, Event, Exchange, Frame, Instant, Request, Response, Started
from inspector.traffic.headers import Headers
from inspector.traffic.multipart import Part

_WHOLE = """
SELECT e.id, e.start_tick, e.done_tick, e.connection, e.started_mono, e.started_at, e.method, e.scheme, e.authority,
  e.path, e.query, e.http_version, e.request_headers, e.request_original, e.answered_at, e.answered_mono, e.done_at,
  e.done_mono, e.status, e.reason, e.response_headers, e.response_original, e.error, e.truncated,
  e.request_body, q.sha256, q.size, q.kept, q.content, e.response_body, r.sha256, r.size, r.kept, r.content
FROM exchanges e LEFT JOIN bodies q ON q.id = e.request_body LEFT JOIN bodies r ON r.id = e.response_body"""
_RESPONSE = """
SELECT s.uuid, e.method, e.path, e.status, e.reason, e.response_headers, e.response_original,
  e.response_body, r.sha256, r.size, r.kept, r.content
FROM exchanges e JOIN sessions s ON s.id = e.session LEFT JOIN bodies r ON r.id = e.response_body
WHERE e.id = ? AND e.status IS NOT NULL"""
_FRAMES = """
SELECT f.tick, f.at, f.mono, f.direction, f.opcode, f.body, b.sha256, b.size, b.kept, b.content
FROM frames f LEFT JOIN bodies b ON b.id = f.body WHERE f.exchange = ? ORDER BY f.tick"""
_PARTS = """
SELECT p.head, p.name, p.filename, p.type, p.body, b.sha256, b.size, b.kept, b.content
FROM parts p LEFT JOIN bodies b ON b.id = p.body"""


@lru_cache(maxsize=4096)
def _same(text: str) -> str:
    """One string for what is the same in thousands of rows."""
    return text


class Recording:
    """An open recording. Every method raises RecordingError where the file turns out to be damaged."""

    def __init__(self, path: Path, db: sqlite3.Connection, chunks: Chunks | None = None) -> None:
        """`chunks` reads what bodies are not in memory; by default from a connection of its own."""
        self.path = path
        self.db = db
        db.row_factory = sqlite3.Row
        self._bodies = Bodies(path, db, chunks)

    def sessions(self) -> list[Session]:
        """All sessions, oldest first."""
        return [_session(row) for row in self.db.execute("SELECT * FROM sessions ORDER BY id")]

    def session(self, name: str | None = None) -> Session:
        """The session with this id, else the newest of this name, else the one whose UUID begins so; by default the
        newest that adds to no other. Raises NothingFound.
        """
        sessions = self.sessions()
        if name is None:
            found = [one for one in sessions if one.parent is None] or sessions
        else:
            found = [one for one in sessions if str(one.id) == name]
            found = found or [one for one in sessions if name and one.name == name]
            found = found or [one for one in sessions if one.uuid.startswith(name)]
        if not found:
            raise NothingFound(f"{self.path} holds no session{f' {name}' if name else ''}; `ls` lists what it holds")
        return found[-1]

    def events(self, session: Session) -> Iterator[Event]:
        """The session's events in tick order, as they were fed to the analyst when it was recorded."""
        cursor = self.db.cursor()
        cursor.row_factory = None
        with_parts = {exchange for (exchange,) in cursor.execute("SELECT DISTINCT exchange FROM parts")}
        under_way: list[tuple[int, int, Completed]] = []  # the number settles a tie, which only a stranger's file has
        # a request of which not all came is no event: its tick is none
        events = f"{_WHOLE} WHERE e.session = ? AND e.start_tick >= 0 ORDER BY e.start_tick"
        for row in cursor.execute(events, (session.id,)):
            started, done, exchange = self._whole(row, with_parts)
            while under_way and under_way[0][0] < started:
                yield heapq.heappop(under_way)[2]
            yield Started(started, _as_started(exchange))
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

    def frames(self, number: int) -> Iterator[Frame]:
        """What was sent on the WebSocket that this exchange opened, in order; nothing if it opened none."""
        cursor = self.db.cursor()
        cursor.row_factory = None
        for tick, at, mono, direction, opcode, *body in cursor.execute(_FRAMES, (number,)):
            yield Frame(
                tick, number, Instant(mono, at), direction, opcode, self._bodies.of(body, Headers(), is_read=True)
            )

    def response(self, session: Session, number: int) -> Response:
        """The response of one of the session's exchanges. Raises NothingFound."""
        cursor = self.db.cursor()
        cursor.row_factory = None
        rows = cursor.execute(_RESPONSE, (number,)).fetchall()
        if not rows or rows[0][0] != session.uuid:
            raise NothingFound(f"{self.path} holds no exchange {number} with a response in session {session.uuid}")
        _, method, path, status, reason, got, original, *body = rows[0]
        headers = headers_of(got)
        whole = is_read("response", method, path, headers.media_type)
        return Response(status, reason, headers, self._bodies.of(body, headers, original, is_read=whole))

    def count(self, session: Session) -> int:
        """How many exchanges the session has."""
        row = self.db.execute("SELECT count(*) FROM exchanges WHERE session = ?", (session.id,)).fetchone()
        return int(row[0])

    def unfinished(self, session: Session) -> int:
        """How many exchanges were still under way when the session ended, or its recorder was killed."""
        query = "SELECT count(*) FROM exchanges WHERE session = ? AND done_tick IS NULL"
        return int(self.db.execute(query, (session.id,)).fetchone()[0])

    def truncated(self, session: Session) -> list[Exchange]:
        """The exchanges of which a body is not what crossed the wire, whether they ended or not."""
        cursor = self.db.cursor()
        cursor.row_factory = None
        rows = cursor.execute(f"{_WHOLE} WHERE e.session = ? AND e.truncated IS NOT NULL ORDER BY e.id", (session.id,))
        return [self._whole(row, {row[0]})[2] for row in rows]

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
        answered_at, answered_mono, done_at, done_mono, status, reason, got, got_original, error, short = rest[10:20]
        parts = self._parts(number) if number in with_parts else ()
        headers, response, of = headers_of(sent), None, self._bodies.of
        whole = is_read("request", method, path, headers.media_type)
        body = of(rest[20:25], headers, sent_original, parts, is_read=whole)
        request = Request(_same(method), scheme, authority, _same(path), query, version, headers, body, parts)
        if status is not None:
            fields = headers_of(got)
            whole = is_read("response", method, path, fields.media_type)
            response = Response(status, reason or "", fields, of(rest[25:], fields, got_original, is_read=whole))
        begun, answered = Instant(begun_mono, begun_at), instant_of(answered_at, answered_mono)
        ended, said = instant_of(done_at, done_mono), sentences_of(short, request, response)
        return start, done, Exchange(number, connection, begun, request, answered, ended, response, error, said)

    def _parts(self, exchange: int) -> tuple[Part, ...]:
        cursor = self.db.cursor()
        cursor.row_factory = None
        rows = cursor.execute(f"{_PARTS} WHERE p.exchange = ? ORDER BY p.position", (exchange,)).fetchall()
        return tuple(
            Part(head, name, filename, type_, self._bodies.of(body, Headers()))
            for head, name, filename, type_, *body in rows
        )


@contextmanager
def reading(path: Path) -> Iterator[Recording]:
    """The recording at `path`. Raises RecordingError."""
    with open_to_read(path) as db:
        yield Recording(path, db)


def _as_started(exchange: Exchange) -> Exchange:
    """As it was told when its request was complete."""
    said = exchange.truncated and tuple(one for one in exchange.truncated if one.startswith("request"))
    begun = exchange.number, exchange.connection, exchange.started, exchange.request
    return Exchange(*begun, truncated=said) if said else Exchange(*begun)


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
        row["judged"],
        dict(row).get("name", ""),  # a file may be from before sessions had names
    )
