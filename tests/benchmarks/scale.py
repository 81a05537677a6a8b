"""What commands take of a very large recording, as a Markdown table: python -m tests.benchmarks.scale

A generator writes the facts of 1,000,000 exchanges with 50,000 transfers (`busy_day`); `check --save` derives the rest,
beside what the analysis by itself takes; then each command is run in turn. Each is a process of its own: seconds of the
wall clock and of its processor time, and what it had in memory at most, its output going to a file. Events a second
(each exchange has two) are of the processor's, whoever else keeps the machine busy.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

COMMAND = ("-c", "from inspector.cli import main; main(prog_name='gws-inspector')")
ANALYSED = """
import sys
from pathlib import Path
from inspector.recording.derivation import derive
from inspector.recording.reader import reading
with reading(Path(sys.argv[1])) as recording:
    for thing in derive(recording, recording.session()):
        pass
"""
"""The analysis of a session from its file, and nothing is made of what it says."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a process took: seconds by the wall clock and of its processor, and MiB at most; and what it printed."""

    wall_s: float
    cpu_s: float
    peak_mib: float
    written: int


def main() -> None:
    """Makes the recording, runs the commands, prints the table."""
    given = _arguments()
    with tempfile.TemporaryDirectory(prefix="gws-benchmark-") as folder:
        path = given.recording or Path(folder) / "scale.db"
        if not path.exists():
            _say(f"making a recording of {given.exchanges:,} exchanges and {given.transfers:,} transfers")
            # in a process of its own: what is in our memory counts as in that of those that we start (getrusage(2))
            _run(["-m", "tests.benchmarks.busy_day", path, given.exchanges, given.transfers], Path(folder))
        _say("analysis by itself")
        once = {"the analysis by itself": _run(["-c", ANALYSED, path], Path(folder))}
        _say("check --save")
        once["`check --save`"] = _run([*COMMAND, "check", "--save", path], Path(folder))
        runs: dict[str, list[Run]] = {" ".join(command): [] for command in _commands(given.exchanges)}
        for turn in range(given.rounds):
            _say(f"round {turn + 1} of {given.rounds}")
            for name, rounds in runs.items():
                verb, *options = name.split()
                rounds.append(_run([*COMMAND, verb, path, *options], Path(folder)))
        size = path.stat().st_size
    print(f"\n{given.exchanges:,} exchanges, {given.transfers:,} transfers, {size / 2**30:.1f} GiB; {_machine()}.\n")
    print("\n".join(_told(once, runs, given.exchanges)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--exchanges", type=int, default=1_000_000, help="how long the recording is (1,000,000)")
    parser.add_argument("--transfers", type=int, default=50_000, help="how many files cross the wire (50,000)")
    parser.add_argument("--rounds", type=int, default=5, help="how often what only reads is measured, in turn (5)")
    parser.add_argument("--recording", type=Path, help="where the recording is kept for the next time")
    return parser.parse_args()


def _commands(exchanges: int) -> list[list[str]]:
    """A command and its options; the recording comes between."""
    return [
        ["ls"],
        ["ls", "--table", "transfers"],
        ["ls", "--rule", "GW402"],
        ["show", str(exchanges // 2)],
        ["audit", "--format", "csv"],
        ["audit", "--format", "json"],
        ["audit", "--format", "html"],
    ]


def _run(arguments: Sequence[object], folder: Path) -> Run:
    """A process of Python's, until it has ended. Raises AssertionError if it did not end well or with findings (1)."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GWS_INSPECTOR_")}
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        begun = perf_counter()
        process = subprocess.Popen(
            [sys.executable, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=environment
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)  # it has been waited for
    if process.returncode not in (0, 1):
        raise AssertionError(f"{arguments} ended with {process.returncode}\n{(folder / 'err').read_text()[-2000:]}")
    peak = used.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    return Run(wall, used.ru_utime + used.ru_stime, peak, (folder / "out").stat().st_size)


def _told(once: dict[str, Run], runs: dict[str, list[Run]], exchanges: int) -> Iterator[str]:
    yield "| | s | range | processor, s | events/s | peak MiB | output, MiB |"
    yield "|---|--:|--:|--:|--:|--:|--:|"
    for name, one in once.items():
        yield _line(name, [one], f"{2 * exchanges / one.cpu_s:,.0f}")
    for name, rounds in runs.items():
        yield _line(f"`{name}`", rounds, "")


def _line(name: str, rounds: Sequence[Run], rate: str) -> str:
    walls = [one.wall_s for one in rounds]
    spread = f"{min(walls):.2f}–{max(walls):.2f}" if len(walls) > 1 else ""
    cpu = statistics.median(one.cpu_s for one in rounds)
    peak, written = max(one.peak_mib for one in rounds), rounds[-1].written / 2**20
    return f"| {name} | {statistics.median(walls):.2f} | {spread} | {cpu:.2f} | {rate} | {peak:.0f} | {written:.1f} |"


def _machine() -> str:
    cpu = Path("/proc/cpuinfo").read_text().partition("model name\t: ")[2].partition("\n")[0] or platform.machine()
    return f"{os.cpu_count()} cores of {cpu}, Python {platform.python_version()}"


def _say(what: str) -> None:
    print(f"# {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
