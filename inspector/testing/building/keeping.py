"""A built recording becomes a file: whole, or not at all."""

from collections.abc import Callable
from pathlib import Path

from inspector.errors import RecordingIncomplete
from inspector.recording.place import beside, put, put_over, remove
from inspector.recording.recorder import Recorder
from inspector.testing.building.checks import check_place
from inspector.traffic.exchange import Instant


def keep(
    path: Path, origin: str, began: Instant, ended: Instant, tell: Callable[[Recorder], None], overwrite: bool
) -> None:
    """Writes a recording of one session, of all that `tell` tells its recorder, beside its place, and moves it there.

    Raises UsageError (no place for it, or it is taken), RecordingIncomplete (the disk is full, and the like).
    """
    check_place(path, overwrite)
    made = beside(path, "building")
    try:
        recorder = Recorder(made, origin, started=began, versions={"made by": "RecordingBuilder"})
        try:
            tell(recorder)
        finally:
            recorder.close(ended=ended)
        if recorder.failure:
            raise RecordingIncomplete(recorder.failure)
        if overwrite:
            put_over(made, path)
        else:
            put(made, path)
    finally:
        remove(made)
