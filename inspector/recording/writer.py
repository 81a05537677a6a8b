"""Writes a recording: what is put waits for the commit that takes it, and what it says is on disk is.

It belongs to one thread, which waits for the disk: in a recorder that is one of a process of its own (`scribe`), so
that no traffic waits but what has to. Commits of few exchanges are told sooner, those of many cost less.
"""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import orjson

from inspector.errors import RecordingError
from inspector.recording.checkpoints import Checkpoints
from inspector.recording.facts import Answering, Facts, Opened
from inspector.recording.file import check_alone, leave_one_file, open_to_write, wait_for_writers
from inspector.recording.partial import PartialBodies
from inspector.recording.rows import Statement
from inspector.recording.session import Session
from inspector.recording.streams import Streams
from inspector.recording.transactions import PATIENCE_S, Transactions
from inspector.recording.whereabouts import Whereabouts
from inspector.traffic.exchange import Completed, Event, Frame, Instant, Started

_ABOUT_THE_ITEM = (sqlite3.DataError, sqlite3.IntegrityError, sqlite3.ProgrammingError)

Fact = Event | Opened | Answering | Frame
Item = Fact | Sequence[Statement]


class Writer:
    """Appends one session to a recording, made if there is none (mode 0600).

    `next_exchange`, `first_agent` and `first_transfer` say where the file's numbering goes on; bodies that stream go
    into `streams`. Should anything be lost, `trouble` is called once, with what went wrong.
    Raises RecordingError (no recording, or of a newer schema), UsageError (no such folder, or being written to).
    """

    def __init__(
        self, path: Path, session: Session, trouble: Callable[[str], None], *, patience_s: float = PATIENCE_S
    ) -> None:
        """`patience_s`: how long a lock of somebody else's may last before what it keeps from being written is lost."""
        self.path = path
        self.failure: str | None = None
        self._dead = False
        self._trouble = trouble
        self._items: list[Item] = []
        self._db = open_to_write(path)
        self.session_id, self.next_exchange, self.first_agent, self.first_transfer = _begin_alone(
            self._db, session, path
        )
        self._whereabouts = Whereabouts(path)
        self._facts = Facts(self._db, self.session_id)
        self._transactions = Transactions(self._db, self._facts, path, patience_s)
        self._checkpoints = Checkpoints(self._db, path)
        self.streams = Streams(PartialBodies(self._db, self._facts), self._streamed)

    def put(self, item: Item) -> None:
        """A fact, or statements that keep what was derived, for the next commit."""
        self._items.append(item)

    def commit(self) -> None:
        """All that was put is on disk when this returns, or is known to be lost (then `failure` is set)."""
        if self._items:
            items, self._items = self._items, []
            self._write(items)
            self._checkpoint(False)

    def rest(self) -> bool:
        """Writes what waits though nobody waits for it, and looks after the file; whether there is more to do soon."""
        self.commit()
        more = self.streams.rest()
        self._checkpoint(False)
        return more or self._checkpoints.is_needed

    def origins(self, origins: Sequence[str]) -> None:
        """Under which addresses the servers of this session are known by now; part of the next commit."""
        told = orjson.dumps(list(origins)).decode()
        self.put([("UPDATE sessions SET origins = ? WHERE id = ?", (told, self.session_id))])

    def close(self, ended: Instant, judged: str = "") -> None:
        """Writes what waits, ends the session and leaves one clean file. All that was derived is `judged` by these
        rules, if nothing of it was lost.
        """
        self.commit()
        self.streams.close()
        self._checkpoints.close()
        self._end(ended, judged)

    def _streamed(self, work: Callable[[], None]) -> bool:
        self.commit()
        done = self._transact(work)
        self._checkpoint(True)
        return done

    def _checkpoint(self, is_streaming: bool) -> None:
        try:
            self._checkpoints.turn(is_streaming)
        except Exception as error:
            self._die(error)

    def _write(self, items: list[Item]) -> None:
        def work() -> None:
            ends = _ends(items)
            for item in items:
                if isinstance(item, Started) and (end := ends.get(item.exchange.number)):
                    self._facts.started(item, end)
                elif not (isinstance(item, Completed) and item.exchange.number in ends):
                    self._apply(item)

        try:
            if not self._dead:
                self._transactions.within(work)
                self._look()
        except TimeoutError as error:
            self._die(error)
        except Exception:
            # one of them cannot be written, or none can: the others must not be lost with it
            for item in items:
                self._transact(lambda item=item: self._apply(item))  # type: ignore[misc]

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

    def _apply(self, item: Item) -> None:
        match item:
            case Started():
                self._facts.started(item)
            case Completed():
                self._facts.completed(item)
            case Frame():
                self._facts.frame(item)
            case Opened():
                self._facts.opened(item)
            case Answering():
                self._facts.answering(item)
            case _:
                for sql, row in item:
                    self._db.execute(sql, row)

    def _die(self, why: object) -> None:
        """Nothing more can be written."""
        self._dead, self._transactions.patience_s = True, 0
        self._fail(f"{self.path}: {why}")

    def _fail(self, what: str) -> None:
        if self.failure is None:
            self.failure = what
            self._trouble(what)

    def _end(self, ended: Instant, judged: str) -> None:
        try:
            moved = self._whereabouts.trouble()
            if moved and not self._dead:
                self._die(moved)
            if not self._whereabouts.is_gone():  # else there is nothing to end, or it is somebody else's
                self._end_session(ended, judged)
        except Exception as error:  # whatever it is, who waits for the end must learn that it went wrong
            self._fail(f"{self.path}: {error}")
        finally:
            self._db.close()

    def _end_session(self, ended: Instant, judged: str) -> None:
        state = ("incomplete", self.failure, "") if self.failure else ("complete", None, judged)
        row = (*state, ended.at, ended.mono, self.session_id)
        sql = "UPDATE sessions SET state = ?, trouble = ?, judged = ?, ended_at = ?, ended_mono = ? WHERE id = ?"
        if self._dead:  # what is in the log goes into the file: then even a disk that is full has a page for this
            with suppress(sqlite3.Error):
                self._db.execute("PRAGMA wal_checkpoint(RESTART)")
        self._transactions.within(lambda: self._db.execute(sql, row))
        with suppress(sqlite3.OperationalError):  # somebody reads it
            # what was deleted takes no room in the file (`execute` takes but one of its steps with Python 3.11)
            self._db.executescript("PRAGMA incremental_vacuum")
        leave_one_file(self._db)


def _ends(items: Sequence[Item]) -> dict[int, Completed]:
    """The ends of the exchanges that begin among the same items, and of which nothing else is told between."""
    begun = {item.exchange.number for item in items if isinstance(item, Started)}
    begun -= {item.exchange.number for item in items if isinstance(item, Opened | Answering)}
    ends = (item for item in items if isinstance(item, Completed))
    return {end.exchange.number: end for end in ends if end.exchange.number in begun}


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
        "settings, recorder, name) VALUES (?, 'open', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(session.uuid, session.source, session.parent, session.started.at, session.started.mono, session.upstream),
            *(orjson.dumps(value).decode() for value in (session.redacted, session.versions, session.settings)),
            *(session.recorder, session.name),
        ),
    ).lastrowid
    assert inserted is not None
    last = [db.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()[0] for table in _NUMBERED]
    return inserted, last[0] + 1, last[1], last[2]


_NUMBERED = ("exchanges", "agents", "transfers")
