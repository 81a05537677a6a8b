"""A recording that is made beside its place: there it comes whole, or not at all."""

import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from inspector.errors import RecordingError, UsageError
from inspector.recording.file import connected, leave_one_file
from inspector.recording.place import beside, logs, put_over, remove

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
            self.path = beside(self._place, "recording")
            """Where it is written."""
        except UsageError:
            self._unmake()
            raise
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
            if any(log.exists() for log in logs(self.path)):
                with closing(sqlite3.connect(self.path, isolation_level=None)) as db:
                    leave_one_file(db)
            put_over(self.path, self._place)
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
        try:
            for one in reversed(missing):
                one.mkdir()
                self._made.append(one)
        except OSError as error:
            raise UsageError(f"cannot write to {self._place}: {error.strerror}") from None

    def _unmake(self) -> None:
        with suppress(OSError):  # somebody has put something there
            while self._made:
                self._made.pop().rmdir()


def _stamp(path: Path) -> _Stamp:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
