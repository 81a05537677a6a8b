"""What keeping an exchange costs, as a Markdown table: python -m tests.benchmarks.writer

No proxy: exchanges of 2 KB bodies, 1,000 different ones, are in memory before the clock runs. The writer takes events
that are ready; the recorder redacts, judges and writes. Each run is in a process of its own.
"""

import argparse
import platform
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import count
from multiprocessing import get_context
from pathlib import Path

import orjson

from inspector.recording.recorder import Recorder, now
from inspector.recording.session import Session
from inspector.recording.writer import Writer
from inspector.traffic.body import EMPTY, Body
from inspector.traffic.exchange import Completed, Exchange, Request, Response, Started
from inspector.traffic.headers import Headers
from tests.benchmarks.story import UPSTREAM

BODIES = 1_000
SIZE = 2_048
TOGETHER = 4
"""Exchanges of one commit, as many as where clients wait for each."""
JSON = ("Content-Type", "application/json;charset=UTF-8")
ASKED = Headers(
    (
        ("Host", "gws.example:8080"),
        ("User-Agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36"),
        ("Accept", "application/json, text/javascript, */*; q=0.01"),
        ("Accept-Encoding", "gzip, deflate"),
        ("X-Requested-With", "XMLHttpRequest"),
    )
)
ANSWERED = Headers(
    (("Date", "Thu, 21 Jul 2016 10:00:00 GMT"), JSON, ("Cache-Control", "no-cache"), ("Pragma", "no-cache"))
)


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds of the wall clock and of the processor that one exchange took."""

    wall: float
    cpu: float


def main() -> None:
    """Runs the rounds in turn, prints the table."""
    given = _arguments()
    runs: dict[str, list[Run]] = {name: [] for name in MEASURED}
    with ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as fresh:
        for turn in range(given.rounds):
            print(f"# round {turn + 1} of {given.rounds}", file=sys.stderr, flush=True)
            for name, measure in MEASURED.items():
                runs[name].append(fresh.submit(_measured, measure, given.exchanges).result())
    print(f"\nPython {platform.python_version()}, SQLite {sqlite3.sqlite_version}; medians of {given.rounds} rounds.\n")
    print("\n".join(_table(runs)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--exchanges", type=int, default=50_000, help="in each run (50,000)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured, in turn (5)")
    return parser.parse_args()


def the_writer(path: Path, exchanges: int) -> Run:
    """Events that are ready, as fast as they are taken, until the last is on disk."""
    traffic = _traffic()
    told = []
    for number in range(1, exchanges + 1):
        request, response = next(traffic)
        begun = Exchange(number, "6f1c9c2e-0000-4000-8000-000000000001", now(), request)
        ended = replace(begun, answered=now(), done=now(), response=response)
        told.append((Started(2 * number - 1, begun), Completed(2 * number, ended)))
    writer = Writer(path, Session("6f1c9c2e-0000-4000-8000-000000000001", UPSTREAM, now()), _trouble)

    def write() -> None:
        for started, completed in told:
            writer.put(started)
            writer.put(completed)
            if started.exchange.number % TOGETHER == 0:
                writer.commit()
        writer.commit()

    run = _timed(write, exchanges)
    writer.close(now())
    return run


def the_recorder(path: Path, exchanges: int) -> Run:
    """The same from the proxy's values: redacted, judged, written."""
    traffic = _traffic()
    recorder = Recorder(path, UPSTREAM, trouble=_trouble)

    def record() -> None:
        for request, response in (next(traffic) for _ in range(exchanges)):
            number = recorder.number()
            recorder.started(number, "connection", now(), request)
            recorder.completed(number, now(), response, None)
            if number % TOGETHER == 0:
                recorder.commit()
        recorder.commit()

    run = _timed(record, exchanges)
    recorder.close()
    return run


MEASURED: dict[str, Callable[[Path, int], Run]] = {
    "writer alone": the_writer,
    "recorder: redact, judge, write": the_recorder,
}


def _measured(measure: Callable[[Path, int], Run], exchanges: int) -> Run:
    with tempfile.TemporaryDirectory(prefix="gws-benchmark-") as folder:
        path = Path(folder) / "recording.db"
        run = measure(path, exchanges)
        with sqlite3.connect(path) as db:
            [(rows,)] = db.execute("SELECT count(*) FROM exchanges WHERE done_tick IS NOT NULL")
    if rows != exchanges:
        raise AssertionError(f"{rows} rows of {exchanges}")
    return run


def _timed(work: Callable[[], None], exchanges: int) -> Run:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Run((time.perf_counter() - wall) / exchanges, (time.process_time() - cpu) / exchanges)


def _traffic() -> Iterator[tuple[Request, Response]]:
    """Requests and their responses, each body one of BODIES."""
    made = [_body(number) for number in range(BODIES)]
    for number in count():
        request = Request(
            "GET", "http", "gws.example:8080", "/api/v2/contacts", f"n={number}", "HTTP/1.1", ASKED, EMPTY
        )
        yield request, Response(200, "OK", ANSWERED, made[number * 7 % BODIES])


def _body(number: int) -> Body:
    chance = random.Random(number)
    names = [chance.randbytes(8).hex() for _ in range(40)]
    shape = {"statusCode": 0, "contacts": [{"id": name, "name": name.title()} for name in names], "rest": ""}
    return Body.of(orjson.dumps(shape | {"rest": "." * (SIZE - len(orjson.dumps(shape)))}))


def _trouble(what: str) -> None:
    raise OSError(what)


def _table(runs: dict[str, list[Run]]) -> Iterator[str]:
    yield "| | exchanges/s | range | µs of processor each |"
    yield "|---|--:|--:|--:|"
    for name, rounds in runs.items():
        rates = [1 / run.wall for run in rounds]
        cpu = statistics.median(run.cpu for run in rounds) * 1e6
        yield f"| {name} | {statistics.median(rates):,.0f} | {min(rates):,.0f}–{max(rates):,.0f} | {cpu:.0f} |"


if __name__ == "__main__":
    main()
