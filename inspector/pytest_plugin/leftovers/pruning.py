"""A recording without what no test needs: made whole beside it, then it takes its place at once."""

import os
import shutil
import tempfile
from pathlib import Path

from inspector.errors import InspectorError, UsageError
from inspector.pytest_plugin.leftovers.usage import Leftover
from inspector.recording.derivation import bring_to_today
from inspector.recording.reader import Recording, reading
from inspector.recording.trimming.choosing import Wanted
from inspector.recording.trimming.dropping import drop
from inspector.recording.trimming.trimming import trim
from inspector.replay.plans.keeping import make_whole
from inspector.replay.plans.opening import ALL


def prune(found: Leftover) -> None:
    """Raises InspectorError; then the recording is as it was."""
    path = Path(found.path)
    try:
        folder = Path(tempfile.mkdtemp(prefix=".pruning-", dir=path.parent))
    except OSError as error:
        raise UsageError(f"nothing can be written beside it: {error.strerror}") from None
    try:
        made = folder / path.name
        _make(path, made, found)
        shutil.copymode(path, made)
        os.replace(made, path)
    except OSError as error:
        raise UsageError(f"it cannot be replaced: {error.strerror}") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _make(path: Path, made: Path, found: Leftover) -> None:
    with reading(path) as recording:
        sessions = recording.sessions()
        _check(recording, found)
        if found.unused:
            bring_to_today(recording, sessions)
            trim(recording, sessions, made, Wanted(without=found.unused), (), make_whole)
        else:
            trim(recording, sessions, made, Wanted(), (), make_whole)
    if found.superseded:
        gone = {one.id for one in found.superseded}
        with reading(made) as recording:
            uuids = [new.uuid for old, new in zip(sessions, recording.sessions(), strict=True) if old.id in gone]
        drop(made, uuids)


def _check(recording: Recording, found: Leftover) -> None:
    """A trimmed session has another UUID, and sessions are numbered anew. Raises UsageError."""
    sessions = recording.sessions()
    wal = recording.path.with_name(f"{recording.path.name}-wal")
    if any(one.state == "open" for one in sessions) or (wal.exists() and wal.stat().st_size):
        raise UsageError("it is being recorded")
    names = {one.name for one in sessions} | {ALL}
    ids = {str(one.id) for one in sessions}
    for asked in sorted(found.played.asked - names):
        if asked not in ids or [one.id for one in sessions] != list(range(1, len(sessions) + 1)):
            raise UsageError(f"a test asks for session {asked} of it, which would be another one: give it a name")


def reason(error: InspectorError, path: str) -> str:
    """Why a recording was not pruned; the errors of recordings begin with where they are."""
    return str(error).removeprefix(f"{path} ")
