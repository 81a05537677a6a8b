"""A built recording becomes a file: whole, or not at all."""

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from inspector.errors import RecordingIncomplete, UsageError
from inspector.recording.recorder import Recorder
from inspector.testing.building.checks import check_place, logs
from inspector.traffic.exchange import Instant


def keep(
    path: Path, origin: str, began: Instant, ended: Instant, tell: Callable[[Recorder], None], overwrite: bool
) -> None:
    """Writes a recording of one session, of all that `tell` tells its recorder, beside its place, and moves it there.

    Raises UsageError (no place for it, or it is taken), RecordingIncomplete (the disk is full, and the like).
    """
    check_place(path, overwrite)
    try:
        handle, name = tempfile.mkstemp(prefix=".building-", suffix=".db", dir=path.parent)
    except OSError as error:
        raise UsageError(f"cannot write to {path}: {error.strerror}") from None
    os.close(handle)
    beside = Path(name)
    try:
        recorder = Recorder(beside, origin, started=began, versions={"made by": "RecordingBuilder"})
        try:
            tell(recorder)
        finally:
            recorder.close(ended=ended)
        if recorder.failure:
            raise RecordingIncomplete(recorder.failure)
        _put(beside, path, overwrite)
    finally:
        for one in (beside, *logs(beside)):
            with suppress(OSError):
                one.unlink()


def _put(beside: Path, path: Path, overwrite: bool) -> None:
    try:
        if overwrite:
            for old in logs(path):
                old.unlink(missing_ok=True)
            os.replace(beside, path)
        else:
            _put_where_nothing_is(beside, path)
    except OSError as error:
        raise UsageError(f"cannot write to {path}: {error.strerror}") from None


def _put_where_nothing_is(beside: Path, path: Path) -> None:
    try:
        os.link(beside, path)
    except FileExistsError:  # it has come meanwhile
        check_place(path, overwrite=False)
    except OSError:  # a file system without links
        os.rename(beside, path)
