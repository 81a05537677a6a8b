"""Facts into the tables, by prepared statements: bodies once each, exchanges when they start and when they end."""

import sqlite3
from collections import OrderedDict

from inspector.recording.rows import headers_text, original_text
from inspector.traffic.body import Body
from inspector.traffic.exchange import Completed, Exchange, Started
from inspector.traffic.multipart import Part

CHUNK = 1024 * 1024
"""Bytes of a body that one value may hold (SQLite refuses values over 10⁹ bytes, and reads them whole)."""

_KNOWN_BODIES = 4096

_INSERT_EXCHANGE = """
INSERT INTO exchanges (id, session, start_tick, started_at, started_mono, connection, method, scheme, authority, path,
  query, http_version, request_headers, request_body, request_original)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_COMPLETE_EXCHANGE = """
UPDATE exchanges SET done_tick = ?, answered_at = ?, answered_mono = ?, done_at = ?, done_mono = ?, status = ?,
  reason = ?, response_headers = ?, response_body = ?, response_original = ?, error = ? WHERE id = ?"""
_INSERT_BODY = "INSERT INTO bodies (sha256, size, kept, content) VALUES (?, ?, ?, ?)"
_KEEP_BODY = "UPDATE bodies SET kept = ?, content = ? WHERE id = ?"
_FIND_BODY = "SELECT id, kept FROM bodies WHERE sha256 = ?"
_INSERT_PART = "INSERT INTO parts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"


class Facts:
    """Writes the facts of one session; belongs to the thread of its connection. Raises sqlite3.Error."""

    def __init__(self, db: sqlite3.Connection, session: int) -> None:
        self._db = db
        self._session = session
        self._known: OrderedDict[tuple[str, str], int] = OrderedDict()

    def started(self, event: Started) -> None:
        exchange, request = event.exchange, event.exchange.request
        body = self._body(request.body, in_parts=bool(request.parts))
        row = (
            *(exchange.number, self._session, event.tick, exchange.started.at, exchange.started.mono),
            *(exchange.connection, request.method, request.scheme, request.authority, request.path, request.query),
            *(request.http_version, headers_text(request.headers), body, original_text(request.body)),
        )
        self._db.execute(_INSERT_EXCHANGE, row)
        for position, part in enumerate(request.parts):
            self._part(exchange.number, position, part)

    def completed(self, event: Completed) -> None:
        exchange = event.exchange
        row = (event.tick, *_instants(exchange), *self._response(exchange), exchange.error, exchange.number)
        self._db.execute(_COMPLETE_EXCHANGE, row)

    def forget(self) -> None:
        """The transaction was rolled back: what was written in it is not there."""
        self._known.clear()

    def _response(self, exchange: Exchange) -> tuple[object, ...]:
        response = exchange.response
        if response is None:
            return (None,) * 5
        body = self._body(response.body)
        headers = headers_text(response.headers)
        return response.status, response.reason, headers, body, original_text(response.body)

    def _part(self, exchange: int, position: int, part: Part) -> None:
        body = self._body(part.body)
        row = (exchange, position, part.head, part.name, part.filename, part.media_type)
        self._db.execute(_INSERT_PART, (*row, part.body.size, part.body.sha256, body))

    def _body(self, body: Body, *, in_parts: bool = False) -> int | None:
        """The id of the body's row, made if it is new; None for an empty one."""
        if not body.size:
            return None
        kept = _kept(body, in_parts)
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
        self._db.executemany("INSERT INTO chunks VALUES (?, ?, ?)", ((body_id, n, cut) for n, cut in enumerate(cuts)))


def _kept(body: Body, in_parts: bool) -> str:
    """How the body's content is kept (the column of this name)."""
    if body.content is None:
        return "digest"
    return "parts" if in_parts else "chunks" if body.size > CHUNK else "whole"


def _instants(exchange: Exchange) -> tuple[int | None, ...]:
    answered, done = exchange.answered, exchange.done
    return (
        *((answered.at, answered.mono) if answered else (None, None)),
        *((done.at, done.mono) if done else (None, None)),
    )
