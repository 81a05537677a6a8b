"""The sample project, copied to where its tests run as its users would run them."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from inspector.recording.reader import reading
from inspector.recording.recorder import Recorder
from inspector.traffic.exchange import Exchange, Started

PROJECT = Path(__file__).parents[1] / "examples" / "agent-desktop"
CONVERSATION = Path("tests", "recordings", "conversation.db")
PATIENCE = 300.0
"""Seconds."""


def copied(folder: Path) -> Path:
    """The project, in a folder that has nothing to do with ours."""
    junk = shutil.ignore_patterns("__pycache__", ".pytest_cache", ".venv")
    return Path(shutil.copytree(PROJECT, folder / PROJECT.name, ignore=junk))


def run(*command: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command as somebody gives it who is not in a test, and whose settings are not ours."""
    ours = re.compile("PYTEST_|GWS_INSPECTOR_|PYTHONPATH|COV_|CI$|BUILD_NUMBER$")
    kept = {name: value for name, value in os.environ.items() if not ours.match(name)}
    return subprocess.run(
        command, cwd=folder, env=kept | environment, capture_output=True, text=True, timeout=PATIENCE, check=False
    )


def changed(recording: Path, change: Callable[[Exchange], Exchange | None]) -> None:
    """Records the recording's traffic anew, each exchange as it is `change`d; None takes it away."""
    old = recording.with_suffix(".old")
    recording.rename(old)
    with reading(old) as opened:
        session = opened.session()
        recorder = Recorder(recording, session.upstream)
        recorder.origins(session.origins)
        numbers: dict[int, int] = {}
        for event in opened.events(session):
            one = change(event.exchange)
            if one is None:
                continue
            if isinstance(event, Started):
                number = numbers[one.number] = recorder.number()
                recorder.started(number, one.connection, one.started, one.request)
            else:
                recorder.completed(numbers[one.number], one.answered, one.response, one.error, done=one.done)
        recorder.close()
    assert recorder.failure is None


def summary(output: str) -> Sequence[str]:
    """The tests that failed, as pytest lists them at the end."""
    return re.findall(r"(?m)^(?:FAILED|ERROR) (\S+)", output)
