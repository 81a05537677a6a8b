"""Facts into the tables, by prepared statements: bodies once each, exchanges when they start and when they end."""

import sqlite3
from collections import OrderedDict
from dataclasses import dataclass

from inspector.recording.rows import headers_text, original_text
from inspector.recording.truncation import STILL_COMING, column, is_kept
from inspector.recording.understood import CHUNK
from inspector.traffic.body import Body
from inspector.traffic.exchange import Completed, Exchange, Frame, Started
from inspector.traffic.multipart import Part

_KNOWN_BODIES = 4096

_INSERT_EXCHANGE = """
INSERT INTO exchanges (id, session, start_tick, started_at, started_mono, connection, method, scheme, authority, path,
  query, http_version, request_headers, request_body, request_original, truncated)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET start_tick = excluded.start_tick, path = excluded.path, query = excluded.query,
  request_headers = excluded.request_headers, request_body = excluded.request_body,
  request_original = excluded.request_original, truncated = excluded.truncated"""
_ANSWERING = """
UPDATE exchanges SET answered_at = ?, answered_mono = ?, status = ?, reason = ?, response_headers = ?,
  truncated = json_patch(coalesce(truncated, '{}'), ?) WHERE id = ?"""
_COMPLETE_EXCHANGE = """
UPDATE exchanges SET done_tick = ?, answered_at = ?, answered_mono = ?, done_at = ?, done_mono = ?, status = ?,
  reason = ?, response_headers = ?, response_body = ?, response_original = ?, error = ?, truncated = ? WHERE id = ?"""
_INSERT_WHOLE = """
INSERT INTO exchanges (id, session, start_tick, started_at, started_mono, connection, method, scheme, authority, path,
  query, http_version, request_headers, request_body, request_original, done_tick, answered_at, answered_mono, done_at,
  done_mono, status, reason, response_headers, response_body, response_original, error, truncated)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_INSERT_BODY = "INSERT INTO bodies (sha256, size, kept, content) VALUES (?, ?, ?, ?)"
_KEEP_BODY = "UPDATE bodies SET kept = ?, content = ? WHERE id = ?"
_FIND_BODY = "SELECT id, kept FROM bodies WHERE sha256 = ?"
_INSERT_PART = "INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_INSERT_FRAME = "INSERT INTO frames (exchange, tick, at, mono, direction, opcode, body) VALUES (?, ?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Opened:
    """A request whose body streams begins; `exchange` has what is known of it."""

    exchange: Exchange


@dataclass(frozen=True, slots=True)
class Answering:
    """A response whose body streams begins; `exchange` has its head."""

    exchange: Exchange


class Facts:
    """Writes the facts of one session; belongs to the thread of its connection. Raises sqlite3.Error."""

    def __init__(self, db: sqlite3.Connection, session: int) -> None:
        self._db = db
        self._session = session
        self._known: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._opened: set[int] = set()

    def started(self, event: Started, end: Completed | None = None) -> None:
        """An exchange begins; with its `end`, if that is known already, it is one row written once."""
        exchange, request = event.exchange, event.exchange.request
        body = self.body(
            request.body, in_parts=bool(request.parts) and all(is_kept(part.body) for part in request.parts)
        )
        if end is None or exchange.number in self._opened:
            self._begun(event.tick, exchange, body, column(exchange.truncated))
            if end:
                self.completed(end)
        else:
            row = (*self._request(event.tick, exchange, body), *self._end(end))
            self._db.execute(_INSERT_WHOLE, row)
        for position, part in enumerate(request.parts):
            self._part(exchange.number, position, part)

    def opened(self, event: Opened) -> None:
        """A row that is no event yet: its tick is one that there is not."""
        exchange = event.exchange
        self._opened.add(exchange.number)
        self._begun(-exchange.number, exchange, None, column([f"request: {STILL_COMING}"]))

    def answering(self, event: Answering) -> None:
        exchange, response = event.exchange, event.exchange.response
        assert response is not None
        row = (*_instants(exchange)[:2], response.status, response.reason, headers_text(response.headers))
        self._db.execute(_ANSWERING, (*row, column([f"response: {STILL_COMING}"]), exchange.number))

    def completed(self, event: Completed) -> None:
        self._opened.discard(event.exchange.number)
        self._db.execute(_COMPLETE_EXCHANGE, (*self._end(event), event.exchange.number))

    def frame(self, frame: Frame) -> None:
        row = (frame.exchange, frame.tick, frame.moment.at, frame.moment.mono, frame.direction, frame.opcode)
        self._db.execute(_INSERT_FRAME, (*row, self._kept_once(frame.body, _kept(frame.body, False))))

    def forget(self) -> None:
        """The transaction was rolled back: what was written in it is not there."""
        self._known.clear()

    def _response(self, exchange: Exchange) -> tuple[object, ...]:
        response = exchange.response
        if response is None:
            return (None,) * 5
        body = self.body(response.body)
        headers = headers_text(response.headers)
        return response.status, response.reason, headers, body, original_text(response.body)

    def _begun(self, tick: int, exchange: Exchange, body: int | None, truncated: str | None) -> None:
        self._db.execute(_INSERT_EXCHANGE, (*self._request(tick, exchange, body), truncated))

    def _request(self, tick: int, exchange: Exchange, body: int | None) -> tuple[object, ...]:
        request = exchange.request
        return (
            *(exchange.number, self._session, tick, exchange.started.at, exchange.started.mono),
            *(exchange.connection, request.method, request.scheme, request.authority, request.path, request.query),
            *(request.http_version, headers_text(request.headers), body, original_text(request.body)),
        )

    def _end(self, event: Completed) -> tuple[object, ...]:
        exchange = event.exchange
        said = column(exchange.truncated)
        return event.tick, *_instants(exchange), *self._response(exchange), exchange.error, said

    def _part(self, exchange: int, position: int, part: Part) -> None:
        body = self.body(part.body)
        row = (exchange, position, part.head, part.name, part.filename, part.media_type)
        self._db.execute(_INSERT_PART, (*row, part.body.size, part.body.sha256, body))

    def body(self, body: Body, *, in_parts: bool = False) -> int | None:
        """The id of the body's row, made if it is new; None for an empty one."""
        return self._kept_once(body, _kept(body, in_parts)) if body.size else None

    def _kept_once(self, body: Body, kept: str) -> int:
        known = self._known.get((body.sha256, kept))
        if known is None:
            known = self._known[body.sha256, kept] = self._find_or_insert(body, kept)
            if len(self._known) > _KNOWN_BODIES:
                self._known.popitem(last=False)
        return known

    def _find_or_insert(self, body: Body, kept: str) -> int:
        content = body.content if kept == "whole" else None
        row = self._db.execute(_FIND_BODY, (body.sha256,)).fetchone()
        if row is None:
            inserted = self._db.execute(_INSERT_BODY, (body.sha256, body.size, kept, content)).lastrowid
            assert inserted is not None
            row = (inserted, "")
        # parts belong to one exchange: whoever else has the same bytes needs them whole
        better = kept in ("whole", "chunks") and row[1] in ("digest", "parts")
        if better or (kept == "parts" and row[1] == "digest"):
            self._db.execute(_KEEP_BODY, (kept, content, row[0]))
        if kept == "chunks" and (better or not row[1]):
            self._chunks(row[0], body)
        return int(row[0])

    def _chunks(self, body_id: int, body: Body) -> None:
        content = memoryview(body.content or b"")
        cuts = (content[start : start + CHUNK] for start in range(0, len(content), CHUNK))
        self._db.executemany(
            "INSERT INTO chunks (body, n, content) VALUES (?, ?, ?)", ((body_id, n, cut) for n, cut in enumerate(cuts))
        )


def _kept(body: Body, in_parts: bool) -> str:
    """How the body's content is kept (the column of this name)."""
    if in_parts:
        return "parts"
    if body.content is None:  # a stream that was kept has its row already, by its digest
        return "digest"
    return "chunks" if body.size > CHUNK else "whole"


def _instants(exchange: Exchange) -> tuple[int | None, ...]:
    answered, done = exchange.answered, exchange.done
    return (
        *((answered.at, answered.mono) if answered else (None, None)),
        *((done.at, done.mono) if done else (None, None)),
    )
