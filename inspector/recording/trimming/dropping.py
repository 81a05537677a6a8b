"""Sessions out of a recording, in place: all others, and what was derived of them, stay as they are."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from inspector.errors import RecordingError
from inspector.recording.file import check_alone, leave_one_file, open_to_write

_OF_EXCHANGES = ("findings", "messages", "causes", "parts", "frames")
_OF_SESSIONS = ("prepared", "transfers", "agents", "exchanges")
_UNUSED = """
SELECT id FROM bodies EXCEPT SELECT request_body FROM exchanges EXCEPT SELECT response_body FROM exchanges
EXCEPT SELECT body FROM parts EXCEPT SELECT body FROM frames"""


def drop(path: Path, uuids: Iterable[str]) -> None:
    """Takes the sessions with these UUIDs, and those that add to them, out of the recording at `path`; nothing of them
    is left in its file. Raises RecordingError, UsageError (somebody records into it).
    """
    with closing(open_to_write(path)) as db:
        try:
            db.execute("BEGIN IMMEDIATE")
            check_alone(db, path)
            _drop(db, _with_additions(db, set(uuids)))
            db.execute("COMMIT")
            db.execute("VACUUM")
            leave_one_file(db)
        except sqlite3.Error as error:
            raise RecordingError(f"{path} cannot be written to: {error}") from None


def _with_additions(db: sqlite3.Connection, uuids: set[str]) -> list[int]:
    """The ids of the sessions, and of all that add to one of them; they come later in the file."""
    ids = []
    for session, uuid, parent in db.execute("SELECT id, uuid, parent FROM sessions ORDER BY id"):
        if uuid in uuids or parent in uuids:
            uuids.add(uuid)
            ids.append(session)
    return ids


def _drop(db: sqlite3.Connection, sessions: list[int]) -> None:
    ready = db.execute("SELECT * FROM prepared").fetchall()  # a trigger takes all of them away when a cause goes
    for session in sessions:
        exchanges = "SELECT id FROM exchanges WHERE session = ?"
        for table in _OF_EXCHANGES:
            db.execute(f"DELETE FROM {table} WHERE exchange IN ({exchanges})", (session,))
        db.execute(f"DELETE FROM causes WHERE call IN ({exchanges})", (session,))
        db.execute(f"DELETE FROM calls WHERE exchange IN ({exchanges})", (session,))
        db.execute("DELETE FROM fetches WHERE transfer IN (SELECT id FROM transfers WHERE session = ?)", (session,))
        for table in _OF_SESSIONS:
            db.execute(f"DELETE FROM {table} WHERE session = ?", (session,))
        db.execute("DELETE FROM sessions WHERE id = ?", (session,))
    db.execute(f"DELETE FROM chunks WHERE body IN ({_UNUSED})")
    db.execute(f"DELETE FROM bodies WHERE id IN ({_UNUSED})")
    for row in ready:
        if row[0] not in sessions:
            marks = ", ".join("?" * len(row))
            db.execute(f"INSERT OR REPLACE INTO prepared VALUES ({marks})", row)
