"""The last section of a run: what of the recordings nobody needs, and, if that is wanted, what was dropped of it."""

import sys
from collections.abc import Callable, Iterator
from os.path import relpath
from pathlib import Path
from typing import Any

import pytest

from inspector.errors import InspectorError
from inspector.pytest_plugin.leftovers.reach import Reach
from inspector.pytest_plugin.leftovers.seen import Seen
from inspector.pytest_plugin.leftovers.usage import (
    doubts,
    forgotten,
    leftovers,
    lines,
    unplayed,
    unplayed_sessions,
)
from inspector.recording.reader import reading
from inspector.recording.session import Session
from inspector.render.escape import plain

TITLE = "recordings (gws-inspector)"

_QUIET = -2
"""`-qq`"""


def end(config: pytest.Config, seen: Seen, terminal: Any, exitstatus: int) -> None:
    """Tells it on pytest's terminal; with `--gws-prune` drops it before."""
    told = list(_told(config, seen, exitstatus))
    if told and config.get_verbosity() > _QUIET:
        terminal.write_sep("=", TITLE)
        for line in told:
            terminal.write_line(line)


def _told(config: pytest.Config, seen: Seen, exitstatus: int) -> Iterator[str]:
    reach = Reach(config, seen)
    others = list(reach.unplayed()) if seen.played else []
    nobodys = list(forgotten(seen, reach.knows, _sessions))  # before its sessions are told by other UUIDs

    def shown(text: str) -> str:
        return plain(relpath(text, config.rootpath) if text in seen.played or text in others else text)

    if not config.getoption("gws_prune"):
        known = list(leftovers(seen, reach.knows, _sessions))
        for found in known:
            yield from lines(found, shown)
        if known:
            yield "`pytest --gws-prune` drops that from the recordings"
    elif why := _against(config, seen, exitstatus):
        yield f"--gws-prune dropped nothing: {why}"
    else:
        yield from _pruned(seen, reach, shown)
    yield from unplayed_sessions(nobodys, shown)
    yield from unplayed(others, shown)


def _pruned(seen: Seen, reach: Reach, shown: Callable[[str], str]) -> Iterator[str]:
    if "inspector.testing.home" in sys.modules:  # it has the recordings open
        from inspector.testing.home import home

        home().close()
    from inspector.pytest_plugin.leftovers.pruning import (  # and the analysis with it, which nobody else needs
        prune,
        reason,
    )

    known, doubtful = list(leftovers(seen, reach.knows, _sessions)), doubts(seen, reach.knows)
    if not known and doubtful:
        yield f"--gws-prune dropped nothing: not all tests that may play {shown(min(doubtful))} have run"
    for found in known:
        try:
            prune(found)
        except InspectorError as error:
            yield f"{shown(found.path)} is as it was: {plain(reason(error, found.path))}"
        else:
            yield from lines(found, shown, did="dropped")


def _against(config: pytest.Config, seen: Seen, exitstatus: int) -> str:
    """Why nothing is dropped at all; empty if nothing speaks against it."""
    mode = config.getoption("gws_record") or config.getini("gws_record")
    if mode != "none":
        return f"the record mode is {mode}"
    if exitstatus != pytest.ExitCode.OK:
        return "the run has not passed"
    if seen.written:
        return "tests have made recordings"
    return "" if seen.played else "no test has played a recording"


def _sessions(path: str) -> list[Session]:
    """What a recording holds; nothing if it cannot be read any more."""
    try:
        with reading(Path(path)) as recording:
            return recording.sessions()
    except InspectorError:
        return []
