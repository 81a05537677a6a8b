"""A recording that is made beside its place: there it comes whole, or not at all."""

import os
import shutil
import sqlite3
import tempfile
from contextlib import closing, suppress
from pathlib import Path

from inspector.errors import RecordingError, UsageError
from inspector.recording.file import connected, leave_one_file

ENDS = ("", "-wal", "-shm", "-journal")
"""What SQLite may have beside each other: the file, and what it keeps of changes to it."""

_Stamp = tuple[int, int, int] | None


class Draft:
    """A copy of the recording at `place`, or nothing yet if there is none; missing folders are made.

    Raises UsageError (no place to write), RecordingError (what is there is no recording).
    """

    def __init__(self, place: Path) -> None:
        self._place = place.resolve()  # where that is a link, it stays one
        self._before = _stamp(self._place)
        self._made: list[Path] = []
        try:
            self._make(self._place.parent)
            handle, name = tempfile.mkstemp(prefix=".recording-", suffix=".db", dir=self._place.parent)
        except OSError as error:
            self._unmake()
            raise UsageError(f"cannot write to {place}: {error.strerror}") from None
        os.close(handle)
        self.path = Path(name)
        """Where it is written."""
        if self._before:
            try:
                self._copy()
            except BaseException:
                self.discard()
                raise

    def put(self) -> None:
        """To its place, where it replaces what was there. Raises UsageError if that is not what was copied any more."""
        try:
            if _stamp(self._place) != self._before:
                raise UsageError(f"{self._place} was changed meanwhile: what was recorded is not kept; record it again")
            if self.path.with_name(f"{self.path.name}-wal").exists():
                with closing(sqlite3.connect(self.path, isolation_level=None)) as db:
                    leave_one_file(db)
            for end in ENDS[1:]:  # of a recorder that was killed: it is copied, and would be read into what comes here
                self._place.with_name(self._place.name + end).unlink(missing_ok=True)
            os.replace(self.path, self._place)
        except OSError as error:
            raise UsageError(f"cannot write to {self._place}: {error.strerror}") from None
        finally:
            self.discard(keeps_folders=_stamp(self._place) is not None)

    def discard(self, *, keeps_folders: bool = False) -> None:
        """As if it had never been."""
        remove(self.path)
        if not keeps_folders:
            self._unmake()

    def _copy(self) -> None:
        with closing(connected(self._place)) as old, closing(sqlite3.connect(self.path)) as db:
            try:
                old.backup(db)  # also what is in its log, should its recorder have been killed
            except sqlite3.Error as error:
                raise RecordingError(f"{self._place} cannot be copied: {error}") from None
        shutil.copymode(self._place, self.path)

    def _make(self, folder: Path) -> None:
        missing = [one for one in (folder, *folder.parents) if not one.exists()]
        for one in reversed(missing):
            one.mkdir()
            self._made.append(one)

    def _unmake(self) -> None:
        with suppress(OSError):  # somebody has put something there
            while self._made:
                self._made.pop().rmdir()


def remove(path: Path) -> None:
    """The file of a recording and what SQLite keeps beside it, as far as they are there."""
    for end in ENDS:
        with suppress(OSError):
            path.with_name(path.name + end).unlink()


def _stamp(path: Path) -> _Stamp:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
