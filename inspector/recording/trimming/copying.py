"""Rows of one recording into another: facts as they are, those that were changed as exchanges are written."""

import sqlite3
import uuid

import orjson

from inspector.recording.facts import Facts
from inspector.recording.reader import Recording
from inspector.recording.rows import headers_text, original_text
from inspector.recording.session import Session
from inspector.recording.truncation import column
from inspector.traffic.body import Body
from inspector.traffic.exchange import Exchange, Frame

_EXCHANGE = [
    "id",
    "session",
    "start_tick",
    "done_tick",
    "started_at",
    "started_mono",
    "answered_at",
    "answered_mono",
    "done_at",
    "done_mono",
    "connection",
    "method",
    "scheme",
    "authority",
    "path",
    "query",
    "http_version",
    "request_headers",
    "request_body",
    "request_original",
    "status",
    "reason",
    "response_headers",
    "response_body",
    "response_original",
    "error",
    "truncated",
]
_PART = ["exchange", "position", "head", "name", "filename", "type", "size", "sha256", "body"]
_FRAME = ["exchange", "tick", "at", "mono", "direction", "opcode", "body"]
_STILL = "it was still being recorded when it was trimmed"


class Copying:
    """Copies into `db`, a recording open to be written. Raises sqlite3.Error."""

    def __init__(self, recording: Recording, db: sqlite3.Connection) -> None:
        self._from = recording.db.cursor()
        self._from.row_factory = None
        self._db = db
        self._bodies: dict[int, int] = {}

    def session(
        self, session: Session, uuids: dict[str, str], redacted: dict[str, object], settings: dict[str, object]
    ) -> int:
        """The session's row, named as `uuids` (old to new) says, with the name of what it was made of; its id."""
        is_open = session.state == "open"
        ended = session.ended
        uuid = uuids.get(session.uuid, session.uuid)
        versions = session.versions | ({"trimmed": session.uuid} if uuid != session.uuid else {})
        parent = uuids.get(session.parent or "", session.parent)
        row = (
            *(uuid, "incomplete" if is_open else session.state, session.source, parent),
            *(session.started.at, session.started.mono, ended.at if ended else None, ended.mono if ended else None),
            *(session.upstream, *(_text(one) for one in (session.origins, redacted, versions, settings))),
            *(_STILL if is_open else session.trouble, session.name),
        )
        query = (
            "INSERT INTO sessions (uuid, state, source, parent, started_at, started_mono, ended_at, ended_mono, "
            f"upstream, origins, redacted, versions, settings, trouble, name) VALUES ({_marks(row)})"
        )
        inserted = self._db.execute(query, row).lastrowid
        assert inserted is not None
        return inserted

    def exchange(self, number: int, session: int) -> None:
        """An exchange with its parts, frames and bodies, as they are."""
        for row in self._rows("exchanges", _EXCHANGE, "id", number):
            row["session"] = session
            for name in ("request_body", "response_body"):
                row[name] = self._body(row[name])
            self._insert("exchanges", row)
        for table, columns in (("parts", _PART), ("frames", _FRAME)):
            for row in self._rows(table, columns, "exchange", number):
                row["body"] = self._body(row["body"])
                self._insert(table, row)

    def changed(self, before: Exchange, exchange: Exchange, session: int, frames: list[Frame]) -> None:
        """The same for one that was changed: what was not is copied. Frames are those that were."""
        facts, request, response = Facts(self._db, session), exchange.request, exchange.response
        [row] = self._rows("exchanges", _EXCHANGE, "id", exchange.number)
        row |= {"session": session, "path": request.path, "query": request.query, "error": exchange.error}
        row |= {"request_headers": headers_text(request.headers), "truncated": column(exchange.truncated)}
        if request.body is before.request.body:
            row["request_body"] = self._body(row["request_body"])
        else:
            row |= self._new(facts, request.body, "request", in_parts=bool(request.parts))
        if response is None or (before.response and response.body is before.response.body):
            row["response_body"] = self._body(row["response_body"])
        else:
            row |= self._new(facts, response.body, "response")
        if response is not None:
            row["response_headers"] = headers_text(response.headers)
        self._insert("exchanges", row)
        self._parts(facts, before, exchange)
        self._frames(facts, exchange.number, frames)

    def _parts(self, facts: Facts, before: Exchange, exchange: Exchange) -> None:
        pairs = zip(before.request.parts, exchange.request.parts, strict=True)
        for row, (old, new) in zip(self._rows("parts", _PART, "exchange", exchange.number), pairs, strict=True):
            row["body"] = self._body(row["body"]) if new.body is old.body else facts.body(new.body)
            row |= {"head": new.head, "name": new.name, "filename": new.filename}
            self._insert("parts", row | {"size": new.body.size, "sha256": new.body.sha256})

    def _frames(self, facts: Facts, exchange: int, frames: list[Frame]) -> None:
        changed = {frame.tick: frame for frame in frames}
        for row in self._rows("frames", _FRAME, "exchange", exchange):
            frame = changed.get(row["tick"])  # type: ignore[call-overload]
            row["body"] = facts.body(frame.body) if frame else self._body(row["body"])
            self._insert("frames", row)

    def _new(self, facts: Facts, body: Body, half: str, *, in_parts: bool = False) -> dict[str, object]:
        return {f"{half}_body": facts.body(body, in_parts=in_parts), f"{half}_original": original_text(body)}

    def _body(self, old: object) -> int | None:
        """The id that a body has in the new recording, to which it is copied once."""
        if not isinstance(old, int):
            return None
        if old not in self._bodies:
            self._bodies[old] = self._copied(old)
        return self._bodies[old]

    def _copied(self, old: int) -> int:
        found = self._from.execute("SELECT sha256, size, kept, content FROM bodies WHERE id = ?", (old,)).fetchall()
        if not found:
            raise sqlite3.DatabaseError(f"it refers to a body {old} that it does not hold")
        sha256 = found[0][0]
        there = self._db.execute("SELECT id FROM bodies WHERE sha256 = ?", (sha256,)).fetchone()
        if there:
            return int(there[0])
        query = "INSERT INTO bodies (sha256, size, kept, content) VALUES (?, ?, ?, ?)"
        new = self._db.execute(query, found[0]).lastrowid
        assert new is not None
        for n, content in self._from.execute("SELECT n, content FROM chunks WHERE body = ? ORDER BY n", (old,)):
            self._db.execute("INSERT INTO chunks (body, n, content) VALUES (?, ?, ?)", (new, n, content))
        return new

    def _rows(self, table: str, columns: list[str], key: str, value: int) -> list[dict[str, object]]:
        query = f"SELECT {', '.join(columns)} FROM {table} WHERE {key} = ? ORDER BY {columns[1]}"
        return [dict(zip(columns, row, strict=True)) for row in self._from.execute(query, (value,))]

    def _insert(self, table: str, row: dict[str, object]) -> None:
        values = tuple(row.values())
        self._db.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({_marks(values)})", values)


def named(session: Session, what: str) -> str:
    """The UUID of what is made of a session: always the same for the same."""
    try:
        return str(uuid.uuid5(uuid.UUID(session.uuid), what))
    except ValueError:  # whoever made the recording put anything there
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{session.uuid} {what}"))


def _text(value: object) -> str:
    return orjson.dumps(value).decode()


def _marks(row: tuple[object, ...]) -> str:
    return ", ".join("?" * len(row))
