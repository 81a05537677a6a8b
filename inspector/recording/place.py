"""Where a recording is put that was made beside its place: there it comes whole, or not at all."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from inspector.errors import UsageError

_LOGS = ("-wal", "-shm", "-journal")


def logs(path: Path) -> list[Path]:
    """What SQLite may have beside a recording; what a killed recorder has left there would be read into another one."""
    return [path.with_name(path.name + end) for end in _LOGS]


def check_free(place: Path, or_else: str = "") -> None:
    """Raises UsageError if a recording or a log is there; `or_else` says what may be done besides."""
    for one in (place, *logs(place)):
        if one.exists() or one.is_symlink():
            raise _taken(one, or_else)


def beside(place: Path, doing: str) -> Path:
    """A new empty file in the same folder, for its owner alone, named after what is done. Raises UsageError."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{doing}-", suffix=".db", dir=place.parent)
    except OSError as error:
        raise UsageError(f"cannot write to {place}: {error.strerror}") from None
    os.close(handle)
    return Path(name)


def put(made: Path, place: Path) -> None:
    """Moves the file to its place, where nothing is. Raises UsageError, also if something has come there meanwhile."""
    check_free(place)
    try:
        os.link(made, place)
    except FileExistsError:
        raise _taken(place) from None
    except OSError:  # a file system without links
        _put(made, place)


def put_over(made: Path, place: Path) -> None:
    """Moves the file to its place, instead of what is there. Raises UsageError."""
    try:
        for log in logs(place):
            log.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"cannot write to {place}: {error.strerror}") from None
    _put(made, place)


def remove(path: Path) -> None:
    """The file of a recording and what SQLite keeps beside it, as far as they are there."""
    for one in (path, *logs(path)):
        with suppress(OSError):
            one.unlink()


def _put(made: Path, place: Path) -> None:
    try:
        os.replace(made, place)
    except OSError as error:
        raise UsageError(f"cannot write to {place}: {error.strerror}") from None


def _taken(path: Path, or_else: str = "") -> UsageError:
    return UsageError(f"{path} exists already: give a name that is free{or_else}")
