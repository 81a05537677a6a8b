"""The chats of one session in time: who asked what, what was replied, what was told of, and what brought it about.

The tables have no index by chat: each is read once, and what is wanted of it is put into a temporary table.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

from inspector.audit.report.embedded import text
from inspector.recording.reader import Recording
from inspector.recording.session import Session

PER_CHAT = 250
"""Calls and notifications of a chat that are in the page: those of its transfers and findings before all others."""

_TABLES = """
DROP TABLE IF EXISTS temp.drawn_chats; DROP TABLE IF EXISTS temp.drawn_places;
CREATE TEMP TABLE drawn_chats (chat TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID;
CREATE TEMP TABLE drawn_places (n INTEGER, exchange INTEGER, position INTEGER, mono INTEGER, matters INTEGER,
  PRIMARY KEY (n, exchange, position)) WITHOUT ROWID"""

_PLACES = (
    """
INSERT OR IGNORE INTO temp.drawn_places
SELECT k.n, c.exchange, -1, e.started_mono, 0 FROM calls c
CROSS JOIN temp.drawn_chats k ON k.chat = c.chat_id JOIN exchanges e ON e.id = c.exchange WHERE e.session = ?1""",
    """
INSERT OR IGNORE INTO temp.drawn_places
SELECT k.n, m.exchange, m.position, coalesce(e.done_mono, e.started_mono), 0 FROM messages m
CROSS JOIN temp.drawn_chats k ON k.chat = m.chat_id JOIN exchanges e ON e.id = m.exchange
WHERE m.direction = 'server' AND m.kind <> '' AND e.session = ?1""",
    """
INSERT OR IGNORE INTO temp.drawn_places
SELECT k.n, f.exchange, -1, e.started_mono, 1 FROM transfers t CROSS JOIN temp.drawn_chats k ON k.chat = t.chat_id
JOIN fetches f ON f.transfer = t.id JOIN exchanges e ON e.id = f.exchange WHERE t.session = ?1""",
    """
UPDATE temp.drawn_places AS p SET matters = 1 WHERE EXISTS (
  SELECT 1 FROM findings f WHERE f.exchange = p.exchange AND coalesce(f.message, -1) = p.position)""",
    """
UPDATE temp.drawn_places SET matters = 1 WHERE (n, exchange, position) IN (
  SELECT k.n, x.exchange, x.position FROM temp.drawn_chats k JOIN (
    SELECT chat_id, linked_by AS exchange, -1 AS position FROM transfers WHERE session = ?1
    UNION ALL SELECT chat_id, uploaded_by, -1 FROM transfers WHERE session = ?1
    UNION ALL SELECT chat_id, notified_exchange, notified_position FROM transfers WHERE session = ?1
  ) x ON x.chat_id = k.chat)""",
)

_CHOSEN = "(SELECT * FROM temp.drawn_places WHERE n = ? ORDER BY matters DESC, mono LIMIT ?)"

_CALLS = f"""
SELECT p.exchange, e.started_at, e.started_mono, e.done_mono, a.login, c.operation, e.method, e.path, e.status,
  c.status_code, e.error, c.document_id
FROM {_CHOSEN} p JOIN exchanges e ON e.id = p.exchange LEFT JOIN calls c ON c.exchange = p.exchange
LEFT JOIN agents a ON a.id = c.agent WHERE p.position < 0 ORDER BY e.start_tick"""

_LAST = "CASE WHEN length(m.data) < 65536 AND json_valid(m.data) THEN json_extract(m.data, '$.messages[#-1].{}') END"
"""A member of the last line that a message tells of, if it tells of any."""

_TOLD = f"""
SELECT p.exchange, p.position, p.mono, e.done_at, a.login, m.kind, m.document_id,
  {_LAST.format("from.type")}, {_LAST.format("from.nickname")}, {_LAST.format("text")}
FROM {_CHOSEN} p JOIN exchanges e ON e.id = p.exchange
JOIN messages m ON m.exchange = p.exchange AND m.direction = 'server' AND m.position = p.position
LEFT JOIN agents a ON a.id = m.agent
WHERE p.position >= 0 ORDER BY e.done_tick, p.position"""

_CAUSES = f"""
SELECT x.call, x.exchange, x.position, x.kind, x.evidence, x.lag_ms
FROM {_CHOSEN} p JOIN causes x ON x.exchange = p.exchange AND x.position = p.position
JOIN temp.drawn_places c ON c.n = p.n AND c.exchange = x.call AND c.position = -1 ORDER BY x.call"""


def chats(recording: Recording, session: Session, wanted: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Each of the chats, in this order. `page/data.js` reads what it gives. Raises RecordingError."""
    db = recording.db
    db.execute("PRAGMA query_only = OFF")  # for the temporary tables: the file itself is open to be read only
    try:
        for statement in _TABLES.split(";"):
            db.execute(statement)
        db.executemany("INSERT INTO temp.drawn_chats VALUES (?, ?)", [(chat, n) for n, chat in enumerate(wanted)])
        for statement in _PLACES:
            db.execute(statement, (session.id,) if "?1" in statement else ())
    finally:
        db.execute("PRAGMA query_only = ON")
    cursor = db.cursor()
    cursor.row_factory = None
    for n, chat in enumerate(wanted):
        yield _chat(cursor, n, chat)


def _chat(cursor: sqlite3.Cursor, n: int, chat: str) -> dict[str, Any]:
    ((total,),) = cursor.execute("SELECT count(*) FROM temp.drawn_places WHERE n = ?", (n,)).fetchall()
    chosen = (n, PER_CHAT)
    calls = [
        [
            number,
            at,
            mono,
            done,
            *_texts(login, operation or f"{method} {path}"),
            status,
            code,
            *_texts(error, file),
        ]
        for number, at, mono, done, login, operation, method, path, status, code, error, file in cursor.execute(
            _CALLS, chosen
        )
    ]
    told = [
        [number, position, mono, at, *_texts(login, kind, document, sender, nickname, line)]
        for number, position, mono, at, login, kind, document, sender, nickname, line in cursor.execute(_TOLD, chosen)
    ]
    causes = [
        [call, exchange, position, text(kind), text(evidence), lag]
        for call, exchange, position, kind, evidence, lag in cursor.execute(_CAUSES, chosen)
    ]
    left = max(0, total - PER_CHAT)
    return {"chat": text(chat), "calls": calls, "told": told, "causes": causes, "left": left}


def _texts(*values: str | None) -> list[str]:
    return [text(value or "", 160) for value in values]
