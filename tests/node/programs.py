"""Programs that tests run beside themselves."""

import asyncio
import contextlib
import os
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import inspector

HERE = Path(__file__).parent
PATIENCE = 60.0
"""Seconds until what does not come to its end fails; nobody waits this long otherwise."""

_LONGEST_LINE = 1 << 20

Json = dict[str, Any]


@contextlib.asynccontextmanager
async def program(
    *command: str, folder: Path = HERE, stdin: int = subprocess.DEVNULL
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A program that is over when the block is; our own settings do not reach it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GWS_INSPECTOR_")}
    checkout = str(Path(inspector.__file__).parents[1])
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env=kept | {"PYTHONPATH": checkout},
        stdin=stdin,
        stdout=subprocess.PIPE,
        limit=_LONGEST_LINE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
