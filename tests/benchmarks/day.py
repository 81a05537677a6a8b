"""Whether a recorder at work all day stays as small as it was, as a Markdown table: python -m tests.benchmarks.day

Loopback only; wrk makes the load, as for `record`: 1,000 different bodies over 16 connections that are kept.
"""

import argparse
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.record import BODIES, server
from tests.benchmarks.wrk import load, memory_mib
from tests.live.processes import Process
from tests.live.recorders import recording

_STEP_S = 5


@dataclass(frozen=True, slots=True)
class Seen:
    """After so many exchanges: what is resident of the proxy and of the scribe, and how large the file is."""

    exchanges: int
    proxy_mib: float
    scribe_mib: float
    file_mib: float


def main() -> None:
    """Loads one recorder, prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--exchanges", type=int, default=200_000, help="how many at least (200,000)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gws-benchmark-") as folder, ExitStack() as stack:
        seen = _day(f"http://127.0.0.1:{server([], stack)}", Path(folder) / "day.db", given.exchanges)
    print("\n| exchanges | proxy, MiB | scribe, MiB | recording, MiB |\n|--:|--:|--:|--:|")
    for one in seen:
        print(f"| {one.exchanges:,} | {one.proxy_mib:.0f} | {one.scribe_mib:.0f} | {one.file_mib:.0f} |")


def _day(upstream: str, path: Path, exchanges: int) -> list[Seen]:
    """At each eighth of the exchanges, about."""
    with recording(upstream, path, "-q") as recorder:
        counted, seen = 0, list[Seen]()
        while counted < exchanges:
            run = load(recorder.url, _STEP_S, (BODIES, BODIES), lambda: 0.0)
            if run.errors:
                raise AssertionError(f"{run.errors} errors")
            counted += run.requests
            if counted >= exchanges * (len(seen) + 1) / 8:
                print(f"# {counted:,} exchanges", file=sys.stderr, flush=True)
                seen.append(_seen(recorder.process, path, counted))
        rows = recorder.rows("SELECT count(*) AS n FROM exchanges WHERE status = 200")[0]["n"]
    if rows < counted:
        raise AssertionError(f"{rows} rows of {counted}")
    return seen


def _seen(process: Process, path: Path, exchanges: int) -> Seen:
    [scribe] = process.children()
    files = sum(found.stat().st_size for found in path.parent.glob(f"{path.name}*"))
    return Seen(exchanges, memory_mib([process.id]), memory_mib([scribe]), files / 2**20)


if __name__ == "__main__":
    main()
