"""Transactions of a file that others may write to as well: sqlite3's shell, Datasette, whoever keeps findings."""

import logging
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from inspector.recording.facts import Facts

logger = logging.getLogger("inspector")

PATIENCE_S = 60.0
"""Seconds until what somebody else's lock keeps from being written is given up: nobody who types holds one longer."""

_SILENT_S = 0.5
"""Seconds that a lock may last without anybody being told."""


class Transactions:
    """Does things within a transaction each; belongs to the thread of its connection."""

    def __init__(self, db: sqlite3.Connection, facts: Facts, path: Path, patience_s: float = PATIENCE_S) -> None:
        self._db = db
        self._facts = facts
        self._path = path
        self.patience_s = patience_s
        db.execute(f"PRAGMA busy_timeout = {round(min(_SILENT_S, patience_s) * 1000)}")

    def within(self, work: Callable[[], object]) -> None:
        """All of it is on disk, or (whatever it raises) nothing. Raises sqlite3.Error, TimeoutError (see `_begin`)."""
        try:
            self._begin()
            work()
            self._db.execute("COMMIT")
        except Exception:
            self._facts.forget()
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def _begin(self) -> None:
        """Waits for whoever else writes to the file, and says so. Raises TimeoutError when they do it for too long."""
        begun, told = time.monotonic(), False
        while True:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                break
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
                if time.monotonic() - begun >= self.patience_s:
                    raise TimeoutError(f"another program has kept it locked for {self.patience_s:g} s") from None
            if not told:
                told = True
                logger.warning(
                    "%s is locked by another program: answers wait until it has written, for up to %g s",
                    *(self._path, self.patience_s),
                )
        if told:
            logger.warning("%s is not locked any more: the recording goes on", self._path)
