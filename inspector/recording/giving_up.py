"""The end of a session whose writer is gone: it says so itself, instead of looking as if it were still recorded."""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from inspector.errors import InspectorError
from inspector.recording.file import leave_one_file, open_to_write


def give_up(path: Path, session: str, why: str) -> None:
    """The session (a UUID) is incomplete from now on; if even that cannot be written, the next recorder finds out."""
    if not path.is_file():
        return  # somebody has taken it away: it is not made again
    with suppress(InspectorError, sqlite3.Error), closing(open_to_write(path)) as db:
        sql = "UPDATE sessions SET state = 'incomplete', trouble = ? WHERE uuid = ? AND state = 'open'"
        db.execute(sql, (why, session))
        leave_one_file(db)
