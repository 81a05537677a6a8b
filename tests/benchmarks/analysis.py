"""What the analysis of an exchange costs, as Markdown tables: python -m tests.benchmarks.analysis

A recording of agents at work (`working_day`), chat after chat and without a fault, goes through all rules: from the
file as `check` reads it, and by itself from events in memory. Each run is in a process of its own, and its rate is of
that process's processor time, whoever else keeps the machine busy; the wall clock's stands beside it.
"""

import argparse
import gc
import platform
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from resource import getpagesize

from inspector.analysis.analyst import Analyst, Derived
from inspector.analysis.calls import Call
from inspector.analysis.channel import Message
from inspector.analysis.chats import Chat
from inspector.analysis.finding import Finding, Severity
from inspector.analysis.transfers import Transfer
from inspector.recording.derivation import derive
from inspector.recording.reader import Recording, reading
from inspector.traffic.exchange import Completed, Event
from tests.benchmarks import working_day

SLICE = 10_000
"""Events in memory at a time where the analysis is measured by itself: those of 5,000 exchanges."""
LOOKS = (10_000, 20_000, 50_000)
"""After so many exchanges the memory is looked at, and after all of them: soon it must not grow any more."""
HELD = (Chat, Transfer, Call, Message)
"""What an analyst could hold on to."""


@dataclass(slots=True)
class Run:
    """Seconds of the processor and of the wall clock for some exchanges, bit by bit."""

    exchanges: int = 0
    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    infos: int = 0


@dataclass(slots=True)
class Memory:
    """What a process took at most until so many exchanges, in MiB; and how many of HELD there were then."""

    exchanges: int
    peak: float
    held: Counter[str]


def main() -> None:
    """Makes the recording, runs the rounds, prints the tables."""
    given = _arguments()
    with tempfile.TemporaryDirectory(prefix="gws-benchmark-") as folder:
        path = given.recording or Path(folder) / "day.db"
        if not path.exists():
            _say(f"making a recording of {given.exchanges} exchanges")
            working_day.recording(path, given.exchanges)
        runs: dict[str, list[Run]] = {name: [] for name in MEASURED}
        # a process is used once: nothing of a run before is in its memory
        with ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as fresh:
            for turn in range(given.rounds):
                _say(f"round {turn + 1} of {given.rounds}")
                for name, measure in MEASURED.items():
                    runs[name].append(fresh.submit(measure, path).result())
            _say("memory")
            memory = fresh.submit(remembered, path).result()
    print(f"\n{_machine()}; medians of {given.rounds} rounds in turn.\n")
    print("\n".join(_rates(runs)))
    print("\n" + "\n".join(_growth(memory)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--exchanges", type=int, default=100_000, help="how long the recording is (100,000)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured, in turn (5)")
    parser.add_argument("--recording", type=Path, help="where the recording is kept for the next time")
    return parser.parse_args()


def read_alone(path: Path) -> Run:
    """The recording's events are read, and nothing is made of them."""
    return _timed(path, lambda recording: ([] for _ in recording.events(recording.session())))


def from_the_file(path: Path) -> Run:
    """They are read and analysed, as commands do it."""
    return _timed(path, lambda recording: ([thing] for thing in derive(recording, recording.session())))


def by_itself(path: Path) -> Run:
    """The analysis alone: the events are in memory already."""
    run, analyst = Run(), Analyst()
    for events in _slices(path):
        cpu, wall = time.process_time(), time.perf_counter()
        run.infos += _clean(analyst.feed(event) for event in events)  # kept by nobody, as a recorder does not
        run.cpu.append(time.process_time() - cpu)
        run.wall.append(time.perf_counter() - wall)
        run.exchanges += sum(isinstance(event, Completed) for event in events)
    return run


MEASURED: dict[str, Callable[[Path], Run]] = {
    "read": read_alone,
    "read and analysed": from_the_file,
    "analysed": by_itself,
}


def _timed(path: Path, walk: Callable[[Recording], Iterable[Sequence[Derived]]]) -> Run:
    with reading(path) as recording:
        run = Run(recording.count(recording.session()))
        cpu, wall = time.process_time(), time.perf_counter()
        run.infos = _clean(walk(recording))
        run.cpu.append(time.process_time() - cpu)
        run.wall.append(time.perf_counter() - wall)
    return run


def _clean(derived: Iterable[Sequence[Derived]]) -> int:
    """How much was remarked on; ends everything if there was a fault, since faults are not what is measured."""
    infos = 0
    for things in derived:
        for thing in things:
            if isinstance(thing, Finding):
                infos += 1
                if thing.severity is not Severity.INFO:
                    raise AssertionError(f"the working day is not without a fault: {thing}")
    return infos


def remembered(path: Path) -> list[Memory]:
    """What the analysis takes in memory, at each of LOOKS and at the end."""
    analyst, known, exchanges, peak = Analyst(), list[Memory](), 0, 0.0
    with reading(path) as recording:
        session = recording.session()
        total = recording.count(session)
        for event in recording.events(session):
            analyst.feed(event)
            exchanges += isinstance(event, Completed)
            if isinstance(event, Completed) and exchanges % 1_000 == 0:
                peak = max(peak, _resident())
                if exchanges in (*LOOKS, total):
                    known.append(Memory(exchanges, peak, _held()))
    return known


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * getpagesize() / 2**20


def _held() -> Counter[str]:
    return Counter(type(one).__name__ for one in gc.get_objects() if isinstance(one, HELD))


def _slices(path: Path) -> Iterator[list[Event]]:
    with reading(path) as recording:
        events = recording.events(recording.session())
        while some := list(islice(events, SLICE)):
            yield some


def _rates(runs: dict[str, list[Run]]) -> Iterator[str]:
    yield "| | exchanges | per second | range | by the wall clock | ms/exchange | first / last 5,000 | remarks |"
    yield "|---|--:|--:|--:|--:|--:|--:|--:|"
    for name, rounds in runs.items():
        rates = [run.exchanges / sum(run.cpu) for run in rounds]
        rate, wall = statistics.median(rates), statistics.median(run.exchanges / sum(run.wall) for run in rounds)
        slowed = statistics.median(run.cpu[0] / run.cpu[-2] for run in rounds) if len(rounds[0].cpu) > 2 else None
        yield (
            f"| {name} | {rounds[0].exchanges:,} | {rate:,.0f} | {min(rates):,.0f}–{max(rates):,.0f} | {wall:,.0f} | "
            f"{1000 / rate:.3f} | {f'{slowed:.2f}' if slowed else ''} | {rounds[0].infos} |"
        )


def _growth(memory: Sequence[Memory]) -> Iterator[str]:
    kinds = [kind.__name__ for kind in HELD]
    yield f"| exchanges | peak MiB | growth MiB | {' | '.join(f'{kind}s held' for kind in kinds)} |"
    yield "|--:|--:|--:|" + "--:|" * len(kinds)
    for one in memory:
        held = " | ".join(f"{one.held[kind]:,}" for kind in kinds)
        yield f"| {one.exchanges:,} | {one.peak:.1f} | {one.peak - memory[0].peak:.1f} | {held} |"


def _machine() -> str:
    cpu = Path("/proc/cpuinfo").read_text().partition("model name\t: ")[2].partition("\n")[0] or platform.machine()
    packages = ", ".join(f"{name} {version(name)}" for name in ("pydantic", "orjson"))
    return f"one core of {cpu}, Python {platform.python_version()}, {packages}"


def _say(what: str) -> None:
    print(f"# {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
