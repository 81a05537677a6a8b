"""The ledger of one session: its transfers in order of time, a few at a time, however many there are.

It is read from what is stored, or was derived by `bring_to_today`; what the API's messages say besides comes from the
facts.
"""

import sqlite3
from array import array
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import orjson

from inspector.analysis.rules.selection import Selection
from inspector.analysis.transfers import State
from inspector.audit.concerning import Concerning
from inspector.audit.detected import detected
from inspector.audit.entry import Entry, Fetched, Notified, Outcome
from inspector.audit.head import name_of
from inspector.errors import RecordingError
from inspector.recording.columns import headers_of, instant_of
from inspector.recording.reader import Recording
from inspector.recording.session import Session
from inspector.traffic.exchange import Instant
from inspector.traffic.loose_json import loads

_TOGETHER = 200
"""Transfers that are read at a time."""

_IN_ORDER = """
SELECT t.id FROM transfers t
LEFT JOIN exchanges l ON l.id = t.linked_by
LEFT JOIN exchanges u ON u.id = t.uploaded_by
LEFT JOIN exchanges n ON n.id = t.notified_exchange
WHERE t.session = ? ORDER BY coalesce(u.started_at, l.started_at, n.done_at), t.id"""

_TRANSFERS = """
SELECT t.id, t.chat_id, t.document_id, t.file_id, t.direction, t.name, t.mime, t.size, t.seen_size, t.sha256, t.state,
  t.notified_exchange, t.notified_position, a.login, a.user,
  l.id AS linked_id, l.started_at AS linked_at, l.started_mono AS linked_mono, l.status AS linked_status,
  l.error AS linked_error, lc.status_code AS linked_code, lc.operation AS linked_operation,
  l.request_headers AS linked_headers,
  u.id AS uploaded_id, u.started_at AS uploaded_at, u.started_mono AS uploaded_mono, u.status AS uploaded_status,
  u.error AS uploaded_error, uc.status_code AS uploaded_code, b.content AS asked,
  n.done_at AS notified_at, n.done_mono AS notified_mono, x.lag_ms
FROM json_each(?) j CROSS JOIN transfers t ON t.id = j.value
LEFT JOIN agents a ON a.id = t.agent
LEFT JOIN exchanges l ON l.id = t.linked_by
LEFT JOIN calls lc ON lc.exchange = t.linked_by
LEFT JOIN exchanges u ON u.id = t.uploaded_by
LEFT JOIN calls uc ON uc.exchange = t.uploaded_by
LEFT JOIN bodies b ON b.id = u.request_body AND b.size <= 65536
LEFT JOIN exchanges n ON n.id = t.notified_exchange
LEFT JOIN causes x ON x.call = t.uploaded_by AND x.exchange = t.notified_exchange AND x.position = t.notified_position
ORDER BY j.key"""

_FETCHES = """
SELECT f.transfer, f.exchange, e.started_at, e.started_mono, e.status, a.login
FROM json_each(?) j CROSS JOIN fetches f ON f.transfer = j.value JOIN exchanges e ON e.id = f.exchange
LEFT JOIN calls c ON c.exchange = f.exchange LEFT JOIN agents a ON a.id = c.agent
ORDER BY f.transfer, f.exchange"""


def entries(recording: Recording, session: Session, selection: Selection) -> Iterator[Entry]:
    """The session's transfers in order of time, with the findings that the selection tells. Raises RecordingError."""
    concerning = Concerning(recording, session, selection)
    cursor = recording.db.cursor()
    cursor.row_factory = None
    numbers = array("q", (number for (number,) in cursor.execute(_IN_ORDER, (session.id,))))
    for start in range(0, len(numbers), _TOGETHER):
        chosen = orjson.dumps(numbers[start : start + _TOGETHER].tolist()).decode()
        rows = recording.db.execute(_TRANSFERS, (chosen,)).fetchall()
        types, fetched = detected(recording.db, chosen), _fetched(recording.db, chosen)
        for row in rows:
            number = row["id"]
            yield _entry(recording, session, row, concerning, types.get(number, ""), tuple(fetched.get(number, ())))


def _entry(
    recording: Recording,
    session: Session,
    row: sqlite3.Row,
    concerning: Concerning,
    detected_type: str,
    fetched: tuple[Fetched, ...],
) -> Entry:
    asked = _asked(row["asked"])
    linked, uploaded, notified = _outcome(row, "linked"), _outcome(row, "uploaded"), _notified(row)
    first = uploaded or linked
    kept, excused = concerning.of(row["id"], row["chat_id"], row["document_id"])
    return Entry(
        recording=name_of(recording.path),
        session=session.uuid,
        number=row["id"],
        at=first.at if first else notified.at if notified else None,
        login=row["login"] or "",
        user=row["user"] or "",
        direction=row["direction"],
        chat=row["chat_id"],
        document=row["document_id"],
        file=row["file_id"],
        name=row["name"],
        declared_type=row["mime"],
        detected_type=detected_type,
        declared_size=row["size"],
        seen_size=row["seen_size"],
        sha256=row["sha256"],
        upload_type=_text(asked, "uploadType"),
        upload_path=_text(asked, "uploadPath"),
        description=_text(asked, "description"),
        how_linked=_how_linked(row),
        linked=linked,
        uploaded=uploaded,
        notified=notified,
        fetched=fetched,
        state=_state(row["state"]),
        findings=kept,
        excused=excused,
    )


def _outcome(row: sqlite3.Row, which: str) -> Outcome | None:
    if row[f"{which}_id"] is None:
        return None
    at = Instant(row[f"{which}_mono"], row[f"{which}_at"])
    said = row[f"{which}_status"], row[f"{which}_code"], row[f"{which}_error"] or ""
    return Outcome(row[f"{which}_id"], at, *said)


def _notified(row: sqlite3.Row) -> Notified | None:
    if row["notified_exchange"] is None:
        return None
    at = instant_of(row["notified_at"], row["notified_mono"])
    return Notified(row["notified_exchange"], row["notified_position"], at, row["lag_ms"])


def _fetched(db: sqlite3.Connection, chosen: str) -> dict[int, list[Fetched]]:
    """The downloads of the chosen transfers (a JSON list of their numbers)."""
    cursor = db.cursor()
    cursor.row_factory = None
    found: dict[int, list[Fetched]] = defaultdict(list)
    for transfer, exchange, at, mono, status, login in cursor.execute(_FETCHES, (chosen,)):
        found[transfer].append(Fetched(exchange, Instant(mono, at), login or "", status))
    return found


def _asked(content: bytes | None) -> dict[str, Any]:
    """The UploadFile's JSON object; empty if that is none."""
    try:
        value = loads(content) if content else {}
    except orjson.JSONDecodeError:
        value = {}
    return value if isinstance(value, dict) else {}


def _text(asked: dict[str, Any], name: str) -> str:
    value = asked.get(name)
    return value if isinstance(value, str) else ""


def _how_linked(row: sqlite3.Row) -> str:
    """A transfer may be linked by a call of this recording, or only be seen in the list, or nobody linked it."""
    if row["linked_id"] is None:
        return "" if row["direction"] == "agent" else row["direction"]
    if headers_of(row["linked_headers"]).media_type.startswith("multipart/"):
        return "new file"
    return "existing document"


def _state(text: str) -> State:
    try:
        return State(text)
    except ValueError:
        raise RecordingError(f"the recording is damaged: {text[:40]!r} is no state of a transfer") from None
