"""Recordings for these tests: traffic whose every instant is a test's, kept as a recorder keeps it."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from inspector.analysis.analyst import Derived
from inspector.recording.rows import DerivedRows
from inspector.recording.session import Session
from inspector.recording.writer import Writer
from inspector.traffic.body import EMPTY, Body
from inspector.traffic.exchange import Completed, Event, Exchange, Instant, Request, Response, Started
from inspector.traffic.headers import Headers
from inspector.traffic.multipart import Part

Row = dict[str, Any]
BEGIN = Instant(mono=1_000_000, at=1_469_111_000_000_000)


def session(
    uuid: str = "11111111-2222-3333-4444-555555555555", recorder: str = "", started: Instant = BEGIN
) -> Session:
    return Session(uuid, "http://gws.example", started, settings={"window_ms": 30_000}, recorder=recorder)


def loud(what: str) -> None:
    """For writers that should have no trouble."""
    raise AssertionError(what)


def exchange(
    number: int = 1,
    *,
    sent: bytes | Body = b"",
    back: bytes | Body | None = b"",
    parts: tuple[Part, ...] = (),
    after_ms: int = 0,
    fields: tuple[tuple[str, str], ...] = (),
    error: str | None = None,
) -> Exchange:
    """An exchange that is over; without a response where `back` is None."""
    started = Instant(BEGIN.mono + number * 1_000_000, BEGIN.at + number * 1_000_000)
    done = Instant(started.mono + 1000 * after_ms, started.at + 1000 * after_ms)
    headers = Headers(fields)
    request = Request("POST", "http", "a:1", "/p", "q=1", "HTTP/1.1", headers, _body(sent, headers), parts)
    response = None if back is None else Response(200, "OK", headers, _body(back, headers))
    return Exchange(number, "connection", started, request, started, done, response, error)


def events(*exchanges: Exchange) -> list[Event]:
    """Each exchange's start and end, one exchange after the other."""
    told: list[Event] = []
    for one in exchanges:
        begun = Exchange(one.number, one.connection, one.started, one.request)
        told += [Started(len(told) + 1, begun), Completed(len(told) + 2, one)]
    return told


def keep(path: Path, told: Sequence[Event], derived: Sequence[Derived] = (), of: Session | None = None) -> None:
    """A closed recording with a session of these events."""
    writer = Writer(path, of or session(), loud)
    rows = DerivedRows(writer.session_id, writer.first_agent, writer.first_transfer)
    for event in told:
        writer.put(event)
    writer.put([rows.of(thing) for thing in derived])
    last = told[-1].exchange if told else None
    writer.close((last.done or last.started) if last else BEGIN)


def query(path: Path, sql: str, *values: object) -> list[Row]:
    """What a query gives on a recording."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute(sql, values)]


def change(path: Path, sql: str, *values: object) -> None:
    """Changes a recording behind its back."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(sql, values)


def _body(content: bytes | Body, headers: Headers) -> Body:
    if isinstance(content, Body):
        return content
    return Body.of(content, headers.coding) if content else EMPTY
