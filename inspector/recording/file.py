"""Opening the file that a recording is: to write (made if missing, brought to today's schema) and to read (untouched).

A recording may come from a stranger: it is opened read-only, its schema is not trusted, nothing in it is run.
"""

import os
import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from inspector.errors import InspectorError, RecordingError, UsageError
from inspector.recording.marks import APPLICATION_ID, NAMES, READ, applied
from inspector.recording.process import is_alive, processes, short

_MAGIC = b"SQLite format 3\x00"

PAGE = 8 * 1024
"""Bytes of a page: a file of 1 GiB takes a fifth less time than with 4 KiB; with 16 KiB it takes no less, and a commit
of few exchanges writes twice as much (measured).
"""

_DAMAGED = (sqlite3.DatabaseError, UnicodeDecodeError)
"""What sqlite3 raises for a damaged file: the second where its message quotes what was text before."""

_PATIENCE_S = 5.0
"""How long to wait for others who change the file at the same moment: as long as sqlite3 waits by itself elsewhere."""


def open_to_write(path: Path) -> sqlite3.Connection:
    """The recording at `path`, in WAL mode.

    Raises UsageError (no place to write), RecordingError (not a recording).
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise UsageError(f"cannot write to {path}: {error.strerror}") from None
    found = path.stat()
    if found.st_size or not stat.S_ISREG(found.st_mode):
        _check_header(path)
    db = sqlite3.connect(path, isolation_level=None)
    try:
        (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if not tables:
            db.execute(f"PRAGMA page_size = {PAGE}")
            db.execute("PRAGMA auto_vacuum = INCREMENTAL")  # a file that came twice is deleted once: see `partial.py`
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        _check_schema(db, path)
        _into_wal(db)
        db.execute("PRAGMA synchronous = NORMAL")
        _migrate(db)
    except _DAMAGED as error:
        db.close()
        raise RecordingError(f"{path} cannot be written to: {error}") from None
    except InspectorError:
        db.close()
        raise
    return db


@contextmanager
def open_to_read(path: Path) -> Iterator[sqlite3.Connection]:
    """The recording at `path`, which stays as it is: an older schema is brought to today's in a temporary copy.

    Raises RecordingError: missing, not SQLite, truncated, no recording, of a newer schema; also for what sqlite3 says
    of damage while it is read.
    """
    db = connected(path)
    try:
        if not applied(db) >= READ:
            db = _migrated_copy(db)
        yield db
    except _DAMAGED as error:
        raise RecordingError(f"{path} cannot be read: {error}") from None
    finally:
        db.close()


def connected(path: Path) -> sqlite3.Connection:
    """The recording at `path` as it is, whatever its schema; for readers of any thread, one at a time.

    Raises RecordingError, as `open_to_read` does.
    """
    _check_header(path)
    db: sqlite3.Connection | None = None
    try:
        db = sqlite3.connect(_address(path), uri=True, isolation_level=None, check_same_thread=False)
        _distrust(db)
        _check_schema(db, path)
        db.execute("PRAGMA query_only = ON")
        return db
    except (*_DAMAGED, RecordingError) as error:
        if db is not None:
            db.close()
        if isinstance(error, RecordingError):
            raise
        raise RecordingError(f"{path} cannot be read: {error}") from None


def leave_one_file(db: sqlite3.Connection) -> None:
    """Brings all that was written into the one file that can be copied, mailed and committed. Raises sqlite3.Error."""
    with suppress(sqlite3.OperationalError):  # somebody reads it: then they leave one file, when they close it
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.execute("PRAGMA journal_mode = DELETE")


def wait_for_writers(db: sqlite3.Connection) -> None:
    """Until recorders that were killed have written what they still had; not for those that are at work."""
    deadline = time.monotonic() + _PATIENCE_S
    sql = "SELECT recorder FROM sessions WHERE state = 'open'"
    while any(not is_alive(own) and is_alive(writer) for own, writer in (processes(row[0]) for row in db.execute(sql))):
        if time.monotonic() > deadline:
            return
        time.sleep(0.01)


def check_alone(db: sqlite3.Connection, path: Path) -> None:
    """Raises UsageError if a recorder is at work in the file; to be asked within the transaction that depends on it."""
    for uuid, recorder in db.execute("SELECT uuid, recorder FROM sessions WHERE state = 'open'"):
        if any(is_alive(one) for one in processes(recorder)):
            raise UsageError(
                f"{short(recorder)} is recording session {uuid} into {path}: stop it, or choose another file"
            )


def _check_header(path: Path) -> None:
    """SQLite file format, section 1.3: magic, page size at 16, size in pages at 28 (valid if 24 equals 92)."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a FIFO: who opens it waits for ever
            raise RecordingError(f"{path} is not a recording: it is {'a directory' if path.is_dir() else 'no file'}")
        with path.open("rb") as file:
            header = file.read(100)
    except OSError as error:
        raise RecordingError(f"{path} cannot be opened: {error.strerror}") from None
    except ValueError as error:  # a zero byte in its name
        raise RecordingError(f"{str(path)!r} cannot be opened: {error}") from None
    if header[:16] != _MAGIC:
        raise RecordingError(f"{path} is not a recording: it is {'empty' if not header else 'no SQLite file'}")
    page = int.from_bytes(header[16:18]) or 1
    pages = int.from_bytes(header[28:32]) if header[24:28] == header[92:96] else 0
    expected = pages * (65536 if page == 1 else page)
    # killed in the middle of a checkpoint, the rest of it is still in the log
    if path.stat().st_size < expected and not path.with_name(path.name + "-wal").exists():
        raise RecordingError(f"{path} is truncated: {path.stat().st_size} bytes of {expected}; copy it again")


def _check_schema(db: sqlite3.Connection, path: Path) -> None:
    if db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise RecordingError(f"{path} is a SQLite database, but not a recording")
    newer = applied(db) - NAMES
    if newer:
        raise RecordingError(f"{path} is of a later gws-inspector (schema {max(newer)}): upgrade to read it")


def _address(path: Path) -> str:
    """Where SQLite finds the file to read. A closed one in WAL mode would need lock files beside it, which a read-only
    folder could not hold; of any other, we are to see what somebody else writes meanwhile.
    """
    with path.open("rb") as file:
        wal = file.read(20)[18:] != b"\1\1"  # SQLite file format, section 1.3.3
    closed = wal and not path.with_name(path.name + "-wal").exists()
    return f"{path.resolve().as_uri()}?mode=ro{'&immutable=1' if closed else ''}"


def _distrust(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA trusted_schema = OFF")
    db.execute("PRAGMA cell_size_check = ON")


def _into_wal(db: sqlite3.Connection) -> None:
    """Brings the file into WAL mode. SQLite does not wait for who writes to it just then (it holds a lock itself, so
    two could wait for each other): it lets go and says that the file is busy.
    """
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
        time.sleep(0.01)


def _migrate(db: sqlite3.Connection) -> None:
    if applied(db) >= NAMES:
        return
    from sqlite_utils import Database  # a tenth of a second, which only an older file costs, or a new one

    from inspector.recording.schema import migrations

    db.execute("BEGIN IMMEDIATE")  # of two who open a new file at once, one makes the tables and the other finds them
    try:
        migrations.apply(Database(db))
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _migrated_copy(db: sqlite3.Connection) -> sqlite3.Connection:
    """The same in today's schema, in a file without a name; the other is closed."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="gws-inspector-") as folder:
        copy = sqlite3.connect(Path(folder) / "recording.db", isolation_level=None)
        try:
            db.backup(copy)
            _migrate(copy)
            _distrust(copy)
            copy.execute("PRAGMA query_only = ON")
        except BaseException:
            copy.close()
            raise
        db.close()
        return copy  # an unlinked file lives as long as it is open
