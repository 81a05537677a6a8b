"""A disk that is full where standard output goes: one line, and the exit code of what cannot be done (1: findings)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live.processes import COMMAND, environment
from tests.live.stories import Story

pytestmark = [pytest.mark.once, pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")]


@pytest.mark.parametrize("arguments", [("ls",), ("check", "--json"), ("audit", "--format", "csv"), ("show", "12")])
def test_a_full_disk_is_told_in_one_line(arguments: tuple[str, ...], story: Story) -> None:
    command, *options = arguments
    given = [sys.executable, *COMMAND, command, str(story.path), *options]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(given, stdout=full, stderr=subprocess.PIPE, env=environment(), text=True)
    assert (done.returncode, done.stderr) == (2, "error: cannot write: No space left on device\n")
