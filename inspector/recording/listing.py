"""What a recording holds, as rows for people and scripts: a page at a time, read from what is stored, without analysis.

Rows go on behind a number, never by how many were passed over: the last page of a million comes as soon as the first.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from inspector.analysis.listed import AgentRow, ExchangeRow, TransferRow
from inspector.recording.columns import instant_of
from inspector.recording.narrowing import Narrowing
from inspector.recording.reader import Recording
from inspector.recording.session import Session

_EXCHANGE = """
SELECT e.id, e.started_at, e.started_mono, e.done_mono, a.login, c.exchange IS NOT NULL, c.operation, c.chat_id,
  c.document_id, e.method, e.path, e.status, c.status_code, e.error, e.truncated IS NOT NULL,
  CASE c.operation WHEN 'Download' THEN (SELECT size FROM bodies WHERE id = e.response_body) END"""
# the order of joins, and the +, hold SQLite to the order of numbers: any other way it would have to sort all of them
_CALLS = f"""{_EXCHANGE}
FROM calls c CROSS JOIN exchanges e ON e.id = c.exchange LEFT JOIN agents a ON a.id = c.agent
WHERE +e.session = ? AND c.exchange > ?"""
_EXCHANGES = f"""{_EXCHANGE}
FROM exchanges e LEFT JOIN calls c ON c.exchange = e.id LEFT JOIN agents a
  ON a.id = coalesce(c.agent, (SELECT m.agent FROM messages m WHERE m.exchange = e.id LIMIT 1))
WHERE +e.session = ? AND e.id > ?"""
_TRANSFERS = """
SELECT t.id, t.chat_id, t.document_id, t.direction, t.agent, t.file_id, t.name, t.mime, t.size, t.seen_size, t.sha256,
  t.linked_by, t.uploaded_by, t.notified_exchange, t.notified_position, t.downloads, t.state, a.login, x.lag_ms
FROM transfers t LEFT JOIN agents a ON a.id = t.agent
LEFT JOIN causes x ON x.call = t.uploaded_by AND x.exchange = t.notified_exchange AND x.position = t.notified_position
WHERE t.session = ? AND t.id > ?"""
_LEAST = -(1 << 62)
"""Whoever made the recording put anything there: `after` is still to be added to it, and SQLite has 64 bits."""
_AGENTS = "SELECT a.id, a.login, a.user FROM agents a WHERE a.session = ? AND a.id > ?"


def agents(recording: Recording, session: Session, by: Narrowing, after: int = 0) -> Iterator[AgentRow]:
    """The session's agents behind number `after`."""
    base = _base(recording, session, "agents")
    narrowed, parameters = by.of_agents()
    query = f"{_AGENTS}{narrowed} ORDER BY a.id"
    for number, login, user in _rows(recording, query, session.id, base + after, *parameters):
        yield AgentRow(number - base, login, user)


def calls(recording: Recording, session: Session, by: Narrowing, after: int = 0) -> Iterator[ExchangeRow]:
    """The session's exchanges that are calls, behind exchange number `after`."""
    narrowed, parameters = by.of_calls()
    after = max(after, _before_first(recording, session))
    query = f"{_CALLS}{narrowed} ORDER BY c.exchange"
    yield from map(_exchange, _rows(recording, query, session.id, after, *parameters))


def calls_about(recording: Recording, session: Session, chat: str, document: str) -> Iterator[ExchangeRow]:
    """The calls that name a document in a chat."""
    query = f"{_CALLS} AND c.chat_id = ? AND c.document_id = ? ORDER BY c.exchange"
    yield from map(_exchange, _rows(recording, query, session.id, -1, chat, document))


def call(recording: Recording, number: int) -> ExchangeRow | None:
    """The call that an exchange is; None if it is none."""
    rows = _rows(recording, f"{_CALLS} AND c.exchange = ?", recording.session_of(number).id, -1, number)
    return next(map(_exchange, rows), None)


def exchanges(recording: Recording, session: Session, by: Narrowing, after: int = 0) -> Iterator[ExchangeRow]:
    """The session's exchanges, calls or not, behind exchange number `after`."""
    narrowed, parameters = by.of_exchanges()
    after = max(after, _before_first(recording, session))
    query = f"{_EXCHANGES}{narrowed} ORDER BY e.id"
    yield from map(_exchange, _rows(recording, query, session.id, after, *parameters))


def transfers(recording: Recording, session: Session, by: Narrowing, after: int = 0) -> Iterator[TransferRow]:
    """The session's transfers behind number `after`."""
    narrowed, parameters = by.of_transfers()
    yield from _transfers(recording, session, f"{narrowed} ORDER BY t.id", after, *parameters)


def transfers_of(recording: Recording, session: Session, document: str) -> Iterator[TransferRow]:
    """Those of one document, in whatever chat."""
    yield from _transfers(recording, session, " AND t.document_id = ? ORDER BY t.id", 0, document)


def short(recording: Recording, session: Session) -> Iterator[int]:
    """The numbers of the exchanges of which a body is not what crossed the wire. Looks at all of them."""
    query = "SELECT id FROM exchanges WHERE session = ? AND truncated IS NOT NULL ORDER BY id"
    for (number,) in _rows(recording, query, session.id):
        yield number


def is_larger(recording: Recording, sessions: Sequence[Session], limit: int) -> bool:
    """Whether the sessions have more exchanges than that, without counting all."""
    for session in sessions:
        query = "SELECT count(*) FROM (SELECT 1 FROM exchanges WHERE session = ? LIMIT ?)"
        limit -= next(_rows(recording, query, session.id, limit + 1))[0]
        if limit < 0:
            return True
    return False


def _transfers(
    recording: Recording, session: Session, narrowed: str, after: int, *parameters: object
) -> Iterator[TransferRow]:
    base, first_agent = _base(recording, session, "transfers"), _base(recording, session, "agents")
    for row in _rows(recording, _TRANSFERS + narrowed, session.id, base + after, *parameters):
        number, chat, document, direction, agent, *rest = row
        file, name, mime, size, seen, sha256, linked, uploaded, told, position, downloads, state, login, lag = rest
        yield TransferRow(
            *(number - base, chat, document, direction, None if agent is None else agent - first_agent, login or ""),
            *(file, name, mime, size, seen, sha256, linked, uploaded),
            None if told is None or position is None else (told, position),
            *(lag, downloads, state),
        )


def _exchange(row: tuple[Any, ...]) -> ExchangeRow:
    number, at, mono, done, login, is_call, operation, chat, document, *rest = row
    method, path, status, code, error, short, size = rest
    ms = None if done is None else (done - mono) / 1000
    asked: tuple[Any, ...] = (operation or "", chat or "", document or "", method, path)
    ended: tuple[Any, ...] = (status, code, error or "", bool(short), size)
    return ExchangeRow(number, instant_of(at, mono), ms, login or "", bool(is_call), *asked, *ended)


def _base(recording: Recording, session: Session, table: str) -> int:
    """What is taken from an id of the table to have its number in the session."""
    query = f"SELECT id FROM {table} WHERE session = ? ORDER BY id LIMIT 1"
    first = next(_rows(recording, query, session.id), (1,))
    return max(int(first[0]) - 1, _LEAST)


def _before_first(recording: Recording, session: Session) -> int:
    """A number that is before the session's first: those of earlier sessions need not be looked at."""
    if next(_rows(recording, "SELECT count(*) FROM sessions"))[0] == 1:
        return -1
    first = next(_rows(recording, "SELECT min(id) FROM exchanges WHERE session = ?", session.id))[0]
    return -1 if first is None else first - 1


def _rows(recording: Recording, query: str, *parameters: object) -> Iterator[tuple[Any, ...]]:
    cursor = recording.db.cursor()
    cursor.row_factory = None
    return iter(cursor.execute(query, parameters))
