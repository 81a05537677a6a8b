"""The recorder beside mitmdump, in front of the same server, as a Markdown table: python -m tests.benchmarks.record

Loopback only; wrk makes the load: 1,000 different bodies over 16 connections that are kept. Whatever wrk counted has to
be in the recording. All proxies run all the time, idle but for the one that is measured.
"""

import argparse
import os
import platform
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks.wrk import CONNECTIONS, Run, cpu_s, free_port, load, memory_mib
from tests.live.authority import Authority
from tests.live.processes import COMMAND, MITMDUMP, environment

ROOT = Path(__file__).parents[2]
BODIES = 1_000
STOCK, STOCK_TLS = "mitmdump, recording nothing", "mitmdump, recording nothing, TLS"


@dataclass(slots=True)
class Setup:
    """A proxy; `against` is what it is compared with. `recording` is where its rows should be."""

    name: str
    arguments: Sequence[str]
    port: int
    against: str
    recording: Path | None = None
    tls: bool = False
    runs: list[Run] = field(default_factory=list)
    counted: int = 0
    memory_mib: float = 0.0

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}"

    def median(self, what: str) -> float:
        return statistics.median(getattr(run, what) for run in self.runs)

    def rows(self) -> int:
        """How many exchanges that had an answer are in the recording."""
        assert self.recording
        with closing(sqlite3.connect(self.recording)) as db:
            return int(db.execute("SELECT count(*) FROM exchanges WHERE status = 200").fetchone()[0])


class Running:
    """A proxy's process."""

    def __init__(self, setup: Setup, log: Path) -> None:
        self.setup = setup
        with log.open("wb") as file:
            self._process = subprocess.Popen(
                [sys.executable, *setup.arguments], cwd=ROOT, env=environment(), stdout=file, stderr=file
            )

    def __enter__(self) -> "Running":
        until = time.monotonic() + 30
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", self.setup.port)).close()
                return self
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"{self.setup.name} does not listen")

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(60)

    def load(self, seconds: int) -> Run:
        """One run of wrk; errors do not count."""
        run = load(self.setup.url, seconds, (BODIES, BODIES), lambda: cpu_s(self._processes()))
        self.setup.counted += run.requests - run.errors
        return run

    def memory_mib(self) -> float:
        """What is resident of all its processes."""
        return memory_mib(self._processes())

    def _processes(self) -> list[int]:
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text()
        return [self._process.pid, *map(int, children.split())]


def main() -> None:
    """Runs the rounds, prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured, in turn (5)")
    parser.add_argument("--seconds", type=int, default=4, help="how long a run of wrk lasts (4)")
    parser.add_argument("--only", default="", help="only setups whose name has this in it, and what they are against")
    given = parser.parse_args()
    if not shutil.which("wrk"):
        sys.exit("wrk is missing: it makes the load (apt-get install wrk)")
    with tempfile.TemporaryDirectory(prefix="gws-benchmark-") as folder, ExitStack() as stack:
        setups = list(_setups(Path(folder), stack))
        wanted = [one for one in setups if given.only in one.name]
        setups = [one for one in setups if one in wanted or one.name in {two.against for two in wanted}]
        _rounds(setups, Path(folder), given.rounds, given.seconds)
        print(f"\n{_machine()}; wrk, {CONNECTIONS} connections, {given.seconds} s a run; ", end="")
        print(f"medians of {given.rounds} rounds in turn.\n")
        print("\n".join(_table(setups)))


def _setups(folder: Path, stack: ExitStack) -> Iterator[Setup]:
    (folder / "authority").mkdir()
    authority = Authority(folder / "authority")
    for tls in (False, True):
        certificate = [str(authority.certificate())] if tls else []
        upstream = f"http{'s' if tls else ''}://127.0.0.1:{server(certificate, stack)}"
        stock, trusted = STOCK_TLS if tls else STOCK, f"ssl_verify_upstream_trusted_ca={authority.file}"

        def mitmdump(name: str, *more: object, recording: Path | None = None) -> Setup:
            port = free_port()
            words = [*MITMDUMP, "-q", "--set", f"confdir={folder / 'mitmproxy'}", "--set", trusted]  # noqa: B023
            words += ["--mode", f"reverse:{upstream}@127.0.0.1:{port}", *map(str, more)]  # noqa: B023
            return Setup(name, words, port, stock, recording, tls)  # noqa: B023

        def recorded(name: str, file: str, *more: str) -> Setup:
            port, path = free_port(), folder / file
            words = [*COMMAND, "record", upstream, str(path), "--listen", f"127.0.0.1:{port}", "-q"]  # noqa: B023
            return Setup(name, [*words, *more], port, stock, path, tls)  # noqa: B023

        def addon(name: str, file: str, *more: str) -> Setup:
            path = folder / file
            script = ["-s", ROOT / "addons" / "record.py", "--set", f"inspector_recording={path}"]
            return mitmdump(name, *script, *more, recording=path)

        yield mitmdump(stock)
        if tls:
            words = ["--upstream-ca", str(authority.file), "--ca-dir", str(folder / "ca")]
            yield recorded("gws-inspector record, TLS", "tls.db", *words)
        else:
            yield mitmdump("mitmdump -w", "-w", folder / "flows")
            yield recorded("gws-inspector record", "record.db")
            yield recorded("gws-inspector record --stock", "stock.db", "--stock")
            yield addon("mitmdump -s addons/record.py", "addon.db")
            yield addon("… --set inspector_lean=true", "lean.db", "--set", "inspector_lean=true")


def server(certificate: Sequence[str], stack: ExitStack) -> int:
    """The port of the server that all proxies stand in front of, until the stack ends."""
    command = [sys.executable, "-m", "tests.benchmarks.record_server", *certificate]
    process = stack.enter_context(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True))
    stack.callback(process.terminate)
    assert process.stdout
    return int(process.stdout.readline())


def _rounds(setups: Sequence[Setup], logs: Path, rounds: int, seconds: int) -> None:
    """Every setup once a round, in the other order each other round."""
    with ExitStack() as stack:
        running = [stack.enter_context(Running(setup, logs / f"{n}.log")) for n, setup in enumerate(setups)]
        for turn in range(rounds):
            print(f"# round {turn + 1} of {rounds}", file=sys.stderr, flush=True)
            for one in running if turn % 2 == 0 else reversed(running):
                one.load(1)  # it was idle while the others ran, and its memory may be elsewhere
                one.setup.runs.append(one.load(seconds))
        for one in running:
            one.setup.memory_mib = one.memory_mib()


def _table(setups: Sequence[Setup]) -> Iterator[str]:
    by_name = {one.name: one for one in setups}
    yield "| | requests/s | range | × mitmdump | p99 ms | × its p99 | CPU µs/request | MiB | counted | rows | errors |"
    yield "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
    for one in setups:
        base = by_name[one.against]
        rates = [run.rate for run in one.runs]
        rows = f"{one.rows():,}" if one.recording else ""
        yield (
            f"| {one.name} | {one.median('rate'):,.0f} | {min(rates):,.0f}–{max(rates):,.0f} | "
            f"{one.median('rate') / base.median('rate'):.2f} | {one.median('p99_ms'):.1f} | "
            f"{one.median('p99_ms') / base.median('p99_ms'):.2f} | {one.median('cpu_us'):.0f} | "
            f"{one.memory_mib:.0f} | {one.counted:,} | {rows} | {sum(run.errors for run in one.runs)} |"
        )


def _machine() -> str:
    cpu = Path("/proc/cpuinfo").read_text().partition("model name\t: ")[2].partition("\n")[0] or platform.machine()
    return f"{os.cpu_count()} cores ({cpu}), Python {platform.python_version()}, mitmproxy {version('mitmproxy')}"


if __name__ == "__main__":
    main()
