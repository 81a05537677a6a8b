"""The one thread that writes a recording: events queue up, each turn takes all there are into one commit.

So a commit is waited for only by those whose events it holds, and a slow disk makes batches larger instead of stopping
the proxy; until there is no room for more, and then it stops only what is new.
"""

import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path

import orjson

from inspector.errors import RecordingError
from inspector.recording.backlog import Backlog, Batch, Commit
from inspector.recording.checkpoints import Checkpoints
from inspector.recording.facts import Answering, Facts, Opened
from inspector.recording.file import check_alone, leave_one_file, open_to_write, wait_for_writers
from inspector.recording.incoming import Incoming
from inspector.recording.partial import PartialBodies
from inspector.recording.rows import Statement
from inspector.recording.session import Session
from inspector.recording.streams import Streams, soonest
from inspector.recording.transactions import PATIENCE_S, Transactions
from inspector.recording.whereabouts import Whereabouts
from inspector.traffic.exchange import Completed, Event, Frame, Instant, Started

_ABOUT_THE_ITEM = (sqlite3.DataError, sqlite3.IntegrityError, sqlite3.ProgrammingError)

Fact = Event | Opened | Answering | Frame
Item = Fact | Sequence[Statement] | Incoming

_FRAME = 1_000
"""Bytes that an item takes beside its body, about."""


class Writer:
    """Appends one session to a recording, made if there is none (mode 0600).

    `next_exchange`, `first_agent` and `first_transfer` say where the file's numbering goes on. Should anything be lost,
    `trouble` is called once, in the writer's thread, with what went wrong.
    Raises RecordingError (no recording, or of a newer schema), UsageError (no such folder, or being written to).
    """

    def __init__(
        self, path: Path, session: Session, trouble: Callable[[str], None], *, patience_s: float = PATIENCE_S
    ) -> None:
        """`patience_s`: how long a lock of somebody else's may last before what it keeps from being written is lost."""
        self.path = path
        self.failure: str | None = None
        self._dead = False
        self._untold: Exception | None = None
        self._trouble = trouble
        self._session = session
        self._patience_s = patience_s
        self._backlog: Backlog[Item] = Backlog(_size_of)
        self._ready: Future[tuple[int, int, int, int]] = Future()
        self._ended: Instant | None = None
        self._origins: list[str] = []
        self._thread = threading.Thread(target=self._run, name="recording-writer", daemon=True)
        self._thread.start()
        self.session_id, self.next_exchange, self.first_agent, self.first_transfer = self._ready.result()

    def put(self, item: Fact | Sequence[Statement]) -> None:
        """Queues a fact, or statements that keep what was derived; they are part of the next commit."""
        self._backlog.put(item)

    def wake(self, incoming: Incoming) -> None:
        """A body that streams has something to write, after all that was queued before."""
        if self._ended is None:
            self._backlog.put(incoming, now=True)
        else:
            incoming.abandon()

    def committed(self) -> Commit:
        """Done when all that was queued before is on disk, or is known to be lost (then `failure` is set)."""
        return self._backlog.commit()

    def room(self) -> Commit | None:
        """None if more may be queued; else done when it may: whoever brings something new waits for it."""
        return self._backlog.room()

    def close(self, ended: Instant, origins: Sequence[str] = ()) -> None:
        """Writes what is queued, ends the session and leaves one clean file. Raises what `trouble` has raised."""
        self._ended, self._origins = ended, list(origins)
        self._backlog.end()
        self._thread.join()
        if self._untold:
            raise self._untold

    def _run(self) -> None:
        try:
            db = open_to_write(self.path)
            numbers = _begin_alone(db, self._session, self.path)
            self._whereabouts = Whereabouts(self.path)
        except BaseException as error:  # it belongs to whoever waits for us to be ready
            self._ready.set_exception(error)
            return
        facts = Facts(db, numbers[0])
        self._transactions = Transactions(db, facts, self.path, self._patience_s)
        streams = Streams(PartialBodies(db, facts), self._transact)
        checkpoints = Checkpoints(db, self.path)
        self._ready.set_result(numbers)
        while not self._turn(db, facts, streams, checkpoints).is_last:
            pass
        try:
            streams.close()
            checkpoints.close()
        except Exception as error:
            self._die(error)
        self._end(db, numbers[0])

    def _turn(self, db: sqlite3.Connection, facts: Facts, streams: Streams, checkpoints: Checkpoints) -> Batch[Item]:
        """All that is queued, or a body that streams and is due."""
        batch = self._backlog.take(soonest(streams.patience(), checkpoints.patience()))
        try:
            for item in batch.items:
                if isinstance(item, Incoming):
                    streams.wake(item)
            self._write(db, facts, [item for item in batch.items if not isinstance(item, Incoming)])
        finally:
            self._backlog.settle(batch)
        try:
            checkpoints.turn(streams.turn())
        except Exception as error:  # as in `_transact`: everybody waits for this thread
            self._die(error)
        return batch

    def _write(self, db: sqlite3.Connection, facts: Facts, items: list[Item]) -> None:
        def work() -> None:
            ends = _ends(items)
            for item in items:
                if isinstance(item, Started) and (end := ends.get(item.exchange.number)):
                    facts.started(item, end)
                elif not (isinstance(item, Completed) and item.exchange.number in ends):
                    self._apply(db, facts, item)

        try:
            if items and not self._dead:
                self._transactions.within(work)
                self._look()
        except TimeoutError as error:
            self._die(error)
        except Exception:
            # one of them cannot be written, or none can: the others must not be lost with it
            for item in items:
                self._write_alone(db, facts, item)

    def _write_alone(self, db: sqlite3.Connection, facts: Facts, item: Item) -> None:
        self._transact(lambda: self._apply(db, facts, item))

    def _transact(self, work: Callable[[], None]) -> bool:
        """Does something that stands for itself, in a transaction of its own; whether that is on disk."""
        try:
            if not self._dead:
                self._transactions.within(work)
                self._look()
        except Exception as error:
            # a full disk or a broken file takes nothing any more; else it is this item that cannot be written
            if isinstance(error, sqlite3.DatabaseError | TimeoutError) and not isinstance(error, _ABOUT_THE_ITEM):
                self._die(error)
            else:
                self._fail(f"{self.path}: {error}")
            return False
        return not self._dead

    def _look(self) -> None:
        """Whether what was just committed is where people look for it."""
        if trouble := self._whereabouts.trouble():
            self._die(trouble)

    def _apply(self, db: sqlite3.Connection, facts: Facts, item: Item) -> None:
        match item:
            case Started():
                facts.started(item)
            case Completed():
                facts.completed(item)
            case Frame():
                facts.frame(item)
            case Opened():
                facts.opened(item)
            case Answering():
                facts.answering(item)
            case Incoming():
                pass  # it has a turn of its own
            case _:
                for sql, row in item:
                    db.execute(sql, row)

    def _die(self, why: object) -> None:
        """Nothing more can be written."""
        self._dead, self._transactions.patience_s = True, 0
        self._fail(f"{self.path}: {why}")

    def _fail(self, what: str) -> None:
        if self.failure is None:
            self.failure = what
            try:
                self._trouble(what)
            except Exception as error:  # it must not stop the thread that everybody waits for
                self._untold = error

    def _end(self, db: sqlite3.Connection, session: int) -> None:
        try:
            moved = self._whereabouts.trouble()
            if moved and not self._dead:
                self._die(moved)
            if not self._whereabouts.is_gone():  # else there is nothing to end, or it is somebody else's
                self._end_session(db, session)
        except Exception as error:  # whatever it is, who waits for the end must learn that it went wrong
            self._fail(f"{self.path}: {error}")
        finally:
            db.close()

    def _end_session(self, db: sqlite3.Connection, session: int) -> None:
        assert self._ended is not None
        state = "incomplete" if self.failure else "complete"
        row = (state, self.failure, self._ended.at, self._ended.mono, orjson.dumps(self._origins).decode(), session)
        sql = "UPDATE sessions SET state = ?, trouble = ?, ended_at = ?, ended_mono = ?, origins = ? WHERE id = ?"
        if self._dead:  # what is in the log goes into the file: then even a disk that is full has a page for this
            with suppress(sqlite3.Error):
                db.execute("PRAGMA wal_checkpoint(RESTART)")
        self._transactions.within(lambda: db.execute(sql, row))
        with suppress(sqlite3.OperationalError):  # somebody reads it
            # what was deleted takes no room in the file (`execute` takes but one of its steps with Python 3.11)
            db.executescript("PRAGMA incremental_vacuum")
        leave_one_file(db)


def _ends(items: Sequence[Item]) -> dict[int, Completed]:
    """The ends of the exchanges that begin among the same items, and of which nothing else is told between."""
    begun = {item.exchange.number for item in items if isinstance(item, Started)}
    begun -= {item.exchange.number for item in items if isinstance(item, Opened | Answering)}
    ends = (item for item in items if isinstance(item, Completed))
    return {end.exchange.number: end for end in ends if end.exchange.number in begun}


def _size_of(item: Item) -> int:
    """The bytes that an item keeps in memory until it is written, about; a body that streams bounds its own."""
    match item:
        case Started():
            return _FRAME + len(item.exchange.request.body.content or b"")
        case Completed():
            response = item.exchange.response
            return _FRAME + (len(response.body.content or b"") if response else 0)
        case Frame():
            return _FRAME + len(item.body.content or b"")
    return _FRAME


def _begin_alone(db: sqlite3.Connection, session: Session, path: Path) -> tuple[int, int, int, int]:
    """As `_begin`, unless somebody else records into the file: of two that start at once, one is first."""
    try:
        wait_for_writers(db)
        db.execute("BEGIN IMMEDIATE")
        check_alone(db, path)
        numbers = _begin(db, session)
        db.execute("COMMIT")
    except sqlite3.Error as error:
        db.close()
        raise RecordingError(f"{path} cannot be written to: {error}") from None
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
