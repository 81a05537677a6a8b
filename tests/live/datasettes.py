"""Datasette over recordings, as a reader of the README starts it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.live.processes import running

COMMAND = ("-c", "from datasette.cli import cli; cli(prog_name='datasette')")


@contextmanager
def serving(*recordings: Path) -> Iterator[str]:
    """Where it shows them, at a free port of loopback, while the block runs."""
    folder = recordings[0].parent  # where it would look for settings of its own
    with running(*COMMAND, *recordings, "--host", "127.0.0.1", "--port", 0, cwd=folder) as process:
        told = process.line("INFO:     Uvicorn running on ", "err")
        yield next(word for word in told.split() if word.startswith("http://"))
