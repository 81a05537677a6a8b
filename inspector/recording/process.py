"""Which process records a session, so that nobody else is taken for it: a number is given again after its end."""

import os
import re
from pathlib import Path

WRITER = "writes through"
"""Stands between a recorder and the process that writes for it, which is its own, and ends when it has ended."""

_OVER = "over"
"""Of a process that has ended, and nobody has asked how; in a container often nobody ever does."""

_NAMED = re.compile(r"process (\d+)(?: begun (\S+))?")


def this_process() -> str:
    """This process, as a session names its recorder: `process 4711 begun 98765@8f3a2c11`."""
    begun = _begun(os.getpid())
    return f"process {os.getpid()}" + (f" begun {begun}" if begun else "")


def short(recorder: str) -> str:
    """The same for people."""
    return processes(recorder)[0].partition(" begun ")[0]


def processes(recorder: str) -> tuple[str, str]:
    """The process that records, and the one that writes for it; empty if it writes itself."""
    own, _, writer = recorder.partition(f" {WRITER} ")
    return own, writer


def is_alive(recorder: str) -> bool:
    """Whether the process that a session names still runs on this machine, and is not this one.

    Where nothing tells when a process began (anywhere but on Linux), its number has to do.
    """
    named = _NAMED.fullmatch(recorder)
    if not named or int(named[1]) in (0, os.getpid()) or os.name == "nt":
        return False  # on Windows, asking would end the process
    try:
        os.kill(int(named[1]), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    begun = _begun(int(named[1]))
    return begun != _OVER and (not named[2] or not begun or begun == named[2])


def _begun(process: int) -> str:
    """When a process began: ticks since the machine did, and which run of the machine that is; empty if unknown."""
    try:
        # proc(5): the name is in parentheses and may hold anything; of what is behind, the 20th is `starttime`
        state, *told = Path(f"/proc/{process}/stat").read_bytes().rpartition(b")")[2].split()
        if state == b"Z":
            return _OVER
        ticks = told[18].decode()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text()[:8]
    except (OSError, IndexError):
        return ""
    return f"{ticks}@{boot}"
