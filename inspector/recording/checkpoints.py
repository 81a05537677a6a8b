"""When what is in the log (the `-wal` file) goes into the recording itself.

SQLite copies it after every so many pages, in the thread that commits: that is right for exchanges. Of a body that
streams each byte would be written and flushed twice while its sender waits, which takes half of the speed; so while
bodies come the log may grow, and a large one is copied by a thread of its own, for which no commit waits.
"""

import os
import sqlite3
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

from inspector.recording.file import PAGE

_ORDINARY = 4 * 1024 * 1024
"""Bytes of exchanges, copied by a commit that somebody waits for: so few that it takes some milliseconds, and that the
log stays where the processor has it at hand (measured: of 2 to 128 MiB, 4 and 8 make the slowest answers the fastest:
half of what they take with 32).
"""

_LARGE = 48 * 1024 * 1024
"""Bytes that take too long to be copied (a tenth of a second) while somebody waits for a commit."""

_LIMIT = 3 * 1024 * 1024 * 1024
"""Bytes that the log may have while bodies stream, before it is copied beside them. A file of 2 GiB goes through
without that, which is twice as fast (measured: 210 to 300 MiB/s; 90 to 110 if anything is copied meanwhile, in
whichever thread and amounts), because the disk has its bytes to flush once and not twice.
"""

_HARD_LIMIT_PAGES = 4 * 1024 * 1024 * 1024 // PAGE
"""Where the disk is too slow for both, the bodies wait. The index of so long a log takes 4 MiB of memory."""

_KEPT = 8 * 1024 * 1024
"""Bytes that the file stays at when it begins anew: more than ordinary traffic needs, so its size tells the rest."""

_ORDINARY_PAGES = _ORDINARY // PAGE

_CALM_S = 1.0
"""Seconds without a chunk after which nothing streams."""


class Checkpoints:
    """Of one writer; belongs to the thread of its connection. Raises sqlite3.Error."""

    def __init__(self, db: sqlite3.Connection, path: Path) -> None:
        self._db = db
        self._path = path
        self._pages = 0
        self._streamed = -_CALM_S
        self._begun_at = 0
        self._copied = 0
        self._thread: threading.Thread | None = None
        db.execute(f"PRAGMA journal_size_limit = {_KEPT}")
        self._every(_ORDINARY_PAGES)

    @property
    def is_needed(self) -> bool:
        """Whether this should have its turn though nothing is committed."""
        return self._pages != _ORDINARY_PAGES

    def turn(self, is_streaming: bool) -> None:
        """Something was committed, or nothing was for a while."""
        now = time.monotonic()
        if is_streaming:
            self._streamed = now
            self._every(_HARD_LIMIT_PAGES)
        elif self._pages == _ORDINARY_PAGES:
            return
        if self._thread is not None:
            if self._thread.is_alive():
                return
            self._copied_beside()
        streams = now - self._streamed < _CALM_S
        size = self._size()
        if size < self._begun_at:
            self._begun_at = 0  # it began anew
        if size > (_LIMIT if streams else _LARGE):
            if size - self._begun_at > _LARGE:
                self._begin(size)
        elif not streams:
            self._every(_ORDINARY_PAGES)

    def close(self) -> None:
        if self._thread is not None:
            self._thread.join()

    def _copied_beside(self) -> None:
        """What came meanwhile is little, or next: when all is copied, the log begins anew."""
        self._thread = None
        if self._size() - self._copied < _LARGE:
            self._db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def _begin(self, size: int) -> None:
        self._begun_at = size
        self._thread = threading.Thread(target=self._copy, name="recording-checkpoint", daemon=True)
        self._thread.start()

    def _copy(self) -> None:
        with suppress(sqlite3.Error), closing(sqlite3.connect(self._path, isolation_level=None)) as db:
            ((_, _, pages),) = db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            ((page_size,),) = db.execute("PRAGMA page_size").fetchall()
            self._copied = pages * (page_size + 24)  # SQLite file format, section 4.1: a frame has a header

    def _every(self, pages: int) -> None:
        if pages != self._pages:
            self._pages = pages
            self._db.execute(f"PRAGMA wal_autocheckpoint = {pages}").fetchall()

    def _size(self) -> int:
        try:
            return os.stat(f"{self._path}-wal").st_size
        except OSError:
            return 0
