"""Whether the file that is written is still the one of that name: who deletes an open file is told of no error."""

import os
from pathlib import Path


class Whereabouts:
    """The file of a recording and its log (`-wal`), as they were when this was made; the log is there by then."""

    def __init__(self, path: Path) -> None:
        self._files = [(os.fspath(name), _identity(os.stat(name))) for name in (path, f"{path}-wal")]

    def trouble(self) -> str | None:
        """What has happened to them behind our back, if anything."""
        for name, identity in self._files:
            try:
                found = os.stat(name)
            except OSError:
                return f"{name} was deleted, or moved"
            if _identity(found) != identity:
                return f"{name} was replaced by another file"
            if not found.st_size and name == self._files[0][0]:  # if it is only shorter, sqlite3 sees it, or shrank it
                return f"{name} was emptied"
        return None

    def is_gone(self) -> bool:
        """Whether nothing of that name is the file that is written: what is there is somebody else's, if anything."""
        name, identity = self._files[0]
        try:
            return _identity(os.stat(name)) != identity
        except OSError:
            return True


def _identity(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino
