"""The one thread that writes a recording: events queue up, each turn takes all there are into one commit.

So a commit is waited for only by those whose events it holds, and a slow disk makes batches larger instead of stopping
the proxy.
"""

import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path

import orjson

from inspector.recording.facts import Facts
from inspector.recording.file import check_alone, open_to_write
from inspector.recording.rows import Statement
from inspector.recording.session import Session
from inspector.traffic.exchange import Completed, Event, Instant, Started

_BATCH = 256
_ABOUT_THE_ITEM = (sqlite3.DataError, sqlite3.IntegrityError, sqlite3.ProgrammingError)

Item = Event | Sequence[Statement] | Future[None]


class Writer:
    """Appends one session to a recording, made if there is none (mode 0600).

    `next_exchange`, `first_agent` and `first_transfer` say where the file's numbering goes on. Should anything be lost,
    `trouble` is called once, in the writer's thread, with what went wrong.
    Raises RecordingError (no recording, or of a newer schema), UsageError (no such folder, or being written to).
    """

    def __init__(self, path: Path, session: Session, trouble: Callable[[str], None]) -> None:
        self.path = path
        self.failure: str | None = None
        self._dead = False
        self._trouble = trouble
        self._session = session
        self._queue: queue.SimpleQueue[Item | None] = queue.SimpleQueue()
        self._ready: Future[tuple[int, int, int, int]] = Future()
        self._ended: Instant | None = None
        self._origins: list[str] = []
        self._thread = threading.Thread(target=self._run, name="recording-writer", daemon=True)
        self._thread.start()
        self.session_id, self.next_exchange, self.first_agent, self.first_transfer = self._ready.result()

    def put(self, item: Event | Sequence[Statement]) -> None:
        """Queues a fact, or statements that keep what was derived; they are part of the next commit."""
        self._queue.put(item)

    def committed(self) -> Future[None]:
        """Done when all that was queued before is on disk, or is known to be lost (then `failure` is set)."""
        future: Future[None] = Future()
        self._queue.put(future)
        return future

    def close(self, ended: Instant, origins: Sequence[str] = ()) -> None:
        """Writes what is queued, ends the session and leaves one clean file."""
        self._ended, self._origins = ended, list(origins)
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        try:
            db = open_to_write(self.path)
            numbers = _begin_alone(db, self._session, self.path)
        except BaseException as error:  # it belongs to whoever waits for us to be ready
            self._ready.set_exception(error)
            return
        facts = Facts(db, numbers[0])
        self._ready.set_result(numbers)
        open_ = True
        while open_:
            batch, open_ = self._take()
            self._write(db, facts, batch)
        self._end(db, numbers[0])

    def _take(self) -> tuple[list[Item], bool]:
        """All that is queued, at least one item; and whether there may be more."""
        batch: list[Item] = []
        item = self._queue.get()
        while item is not None:
            batch.append(item)
            if len(batch) >= _BATCH or self._queue.empty():
                return batch, True
            item = self._queue.get()
        return batch, False

    def _write(self, db: sqlite3.Connection, facts: Facts, batch: list[Item]) -> None:
        try:
            if not self._dead:
                self._commit(db, facts, batch)
        except Exception:
            # one of them cannot be written, or none can: the others must not be lost with it
            for item in batch:
                self._write_alone(db, facts, item)
        finally:
            for item in batch:
                if isinstance(item, Future) and item.set_running_or_notify_cancel():
                    item.set_result(None)

    def _write_alone(self, db: sqlite3.Connection, facts: Facts, item: Item) -> None:
        try:
            if not self._dead:
                self._commit(db, facts, [item])
        except Exception as error:
            # a full disk or a broken file takes nothing any more; else it is this item that cannot be written
            self._dead = isinstance(error, sqlite3.DatabaseError) and not isinstance(error, _ABOUT_THE_ITEM)
            self._fail(f"{self.path}: {error}")

    def _commit(self, db: sqlite3.Connection, facts: Facts, batch: list[Item]) -> None:
        try:
            db.execute("BEGIN IMMEDIATE")
            for item in batch:
                self._apply(db, facts, item)
            db.execute("COMMIT")
        except Exception:
            facts.forget()
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise

    def _apply(self, db: sqlite3.Connection, facts: Facts, item: Item) -> None:
        match item:
            case Started():
                facts.started(item)
            case Completed():
                facts.completed(item)
            case Future():
                pass
            case _:
                for sql, row in item:
                    db.execute(sql, row)

    def _fail(self, what: str) -> None:
        if self.failure is None:
            self.failure = what
            self._trouble(what)

    def _end(self, db: sqlite3.Connection, session: int) -> None:
        assert self._ended is not None
        state = "incomplete" if self.failure else "complete"
        row = (state, self.failure, self._ended.at, self._ended.mono, orjson.dumps(self._origins).decode(), session)
        sql = "UPDATE sessions SET state = ?, trouble = ?, ended_at = ?, ended_mono = ?, origins = ? WHERE id = ?"
        try:
            if self._dead:  # what is in the log goes into the file: then even a disk that is full has a page for this
                with suppress(sqlite3.Error):
                    db.execute("PRAGMA wal_checkpoint(RESTART)")
            db.execute(sql, row)
            with suppress(sqlite3.OperationalError):  # somebody reads it: then they leave one file, when they close it
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                db.execute("PRAGMA journal_mode = DELETE")  # one file that can be copied, mailed and committed
        except sqlite3.Error as error:
            self._fail(f"{self.path}: {error}")
        finally:
            db.close()


def _begin_alone(db: sqlite3.Connection, session: Session, path: Path) -> tuple[int, int, int, int]:
    """As `_begin`, unless somebody else records into the file: of two that start at once, one is first."""
    try:
        db.execute("BEGIN IMMEDIATE")
        check_alone(db, path)
        numbers = _begin(db, session)
        db.execute("COMMIT")
    except BaseException:
        db.close()
        raise
    return numbers


def _begin(db: sqlite3.Connection, session: Session) -> tuple[int, int, int, int]:
    """Adds the session: its id, and the numbers with which exchanges, agents and transfers go on."""
    db.execute("UPDATE sessions SET state = 'incomplete', trouble = 'its recorder was killed' WHERE state = 'open'")
    inserted = db.execute(
        "INSERT INTO sessions (uuid, state, source, parent, started_at, started_mono, upstream, redacted, versions, "
        "settings, recorder) VALUES (?, 'open', ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(session.uuid, session.source, session.parent, session.started.at, session.started.mono, session.upstream),
            *(orjson.dumps(value).decode() for value in (session.redacted, session.versions, session.settings)),
            session.recorder,
        ),
    ).lastrowid
    assert inserted is not None
    last = [db.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()[0] for table in _NUMBERED]
    return inserted, last[0] + 1, last[1], last[2]


_NUMBERED = ("exchanges", "agents", "transfers")
