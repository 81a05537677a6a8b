"""Recorders at work, in processes of their own, and what their recordings hold meanwhile."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspector.recording.reader import reading
from inspector.traffic.exchange import Exchange
from tests.live.processes import COMMAND, MITMDUMP, Process, running

READY = Path(__file__).with_name("tell_ready.py")
"""A mitmproxy script that prints `ready URL…`; an addon of the test, not of the house."""

EVERYTHING = ("--also", ".")
"""Most tests have paths of their own, and no API."""

Row = dict[str, Any]


def rows(path: Path, query: str, *values: object) -> list[Row]:
    """What a query gives on a recording, opened for reading as anybody would: written to or not."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute(query, values)]


def exchange(path: Path, number: int) -> Exchange:
    """One exchange whole, as the house's own reader gives it."""
    with reading(path) as recording:
        return recording.exchange(number)


@dataclass(frozen=True, slots=True)
class Recorder:
    """A recorder that is ready for clients."""

    process: Process
    url: str
    path: Path

    def rows(self, query: str, *values: object) -> list[Row]:
        return rows(self.path, query, *values)

    def exchanges(self, path: str) -> list[Row]:
        """The exchanges recorded for a path until now."""
        return self.rows("SELECT * FROM exchanges WHERE path = ? ORDER BY id", path)

    def only(self, path: str) -> Exchange:
        """The one exchange recorded for a path until now, whole."""
        [found] = self.exchanges(path)
        return exchange(self.path, found["id"])


@contextmanager
def recording(upstream: str, path: Path, *options: object, **how: Any) -> Iterator[Recorder]:
    """`gws-inspector record` of all paths in front of `upstream` while the block runs."""
    options = ("--listen", "127.0.0.1:0", *EVERYTHING, *options)
    with running(*COMMAND, "record", upstream, path, *options, **how) as process:
        yield Recorder(process, process.url(), path)


@contextmanager
def mitmdump(confdir: Path, *arguments: object, **how: Any) -> Iterator[Process]:
    """Plain mitmdump with these arguments; `url()` of it is its first proxy's. An addon of ours records all paths."""
    options = ("--set", f"confdir={confdir}", "--set", "inspector_also=.", "-s", READY)
    with running(*MITMDUMP, *options, *arguments, **how) as process:
        process.url()
        yield process


def in_front_of(upstream: str) -> tuple[str, ...]:
    """mitmdump's arguments for a quiet reverse proxy; lazy, as eager refuses clients where a server is down."""
    return "-q", "--set=connection_strategy=lazy", f"--mode=reverse:{upstream}@127.0.0.1:0"


def beside(path: Path) -> list[str]:
    """What lies in the recording's folder under its name: `-wal` and the like, too."""
    return sorted(found.name for found in path.parent.glob(f"{path.name}*"))
