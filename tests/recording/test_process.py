"""Who records a session: a process is told from a later one that was given its number."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import inspector
from inspector.errors import UsageError
from inspector.recording.process import is_alive, short
from tests.recording.keeping import change, keep, query, session

NAMES_ITSELF = "from inspector.recording.process import this_process; print(this_process(), flush=True); input()"


@pytest.fixture
def recorder() -> Iterator[str]:
    """The name of a process that is there while the test is."""
    path = os.environ | {"PYTHONPATH": str(Path(inspector.__file__).parents[1])}
    command = [sys.executable, "-c", NAMES_ITSELF]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=path) as process:
        assert process.stdout
        yield process.stdout.readline().strip()


def test_a_process_is_alive_until_it_ends(recorder: str) -> None:
    number = short(recorder).removeprefix("process ")
    assert is_alive(recorder)
    assert is_alive(short(recorder))  # as older recordings have it
    os.kill(int(number), 9)
    os.waitid(os.P_PID, int(number), os.WEXITED | os.WNOWAIT)  # it has ended, and nobody was told
    assert not is_alive(recorder)
    os.waitpid(int(number), 0)
    assert not is_alive(recorder)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="nothing tells here when a process began")
def test_a_number_that_was_given_again_does_not_block_the_file(recorder: str, file: Path) -> None:
    keep(file, [])
    mark = "UPDATE sessions SET state = 'open', recorder = ?"
    change(file, mark, recorder)
    with pytest.raises(UsageError, match=f"^{short(recorder)} is recording"):
        keep(file, [], of=session("2"))
    number, _, begun = recorder.partition(" begun ")
    ticks, _, boot = begun.partition("@")
    for earlier in (f"{number} begun {int(ticks) - 1}@{boot}", f"{number} begun {ticks}@00000000"):
        change(file, mark, earlier)
        keep(file, [], of=session(earlier))
    assert {row["state"] for row in query(file, "SELECT state FROM sessions WHERE id = 1")} == {"incomplete"}


@pytest.mark.parametrize(
    "name", ["", "process", "process x", "process 0x1", "process 0", f"process {10**30}", "process -1", "a: b"]
)
def test_names_that_are_none(name: str) -> None:
    assert not is_alive(name)
