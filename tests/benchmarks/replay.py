"""Our stub and its peers side by side, as a Markdown table: python -m tests.benchmarks.replay

Loopback only. wrk makes the load; talkback is installed by npm into a temporary folder; in process it is vcrpy (pip)
that we are compared with. What is not there is left out.
"""

import argparse
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from tests.benchmarks import generate, inprocess
from tests.benchmarks.servers import Server, Setup, mitmdump, ours, talkback
from tests.benchmarks.wrk import CONNECTIONS, Run

FEW, MANY = 1_000, 100_000


def main() -> None:
    """Makes the recordings, runs the rounds, prints the table."""
    given = _arguments()
    if not shutil.which("wrk"):
        sys.exit("wrk is missing: it makes the load (apt-get install wrk)")
    with tempfile.TemporaryDirectory(prefix="gws-benchmark-") as folder:
        setups = list(_setups(given.recordings or Path(folder), Path(folder), given.modules))
        _starts(setups, Path(folder), given.starts)
        _rounds(setups, Path(folder), given.rounds, given.seconds)
    print(f"\n{_machine()}; wrk with {CONNECTIONS} connections, {given.seconds} s a run; ", end="")
    print(f"medians of {given.rounds} rounds in turn.\n")
    print("\n".join(_table(setups)))
    if find_spec("vcr") is None:
        _say("left out: in process (pip install vcrpy)")
        return
    _say("in process")
    print("\n" + "\n".join(inprocess.table(given.rounds, given.seconds / 2)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured, in turn (5)")
    parser.add_argument("--seconds", type=int, default=2, help="how long a run of wrk lasts (2)")
    parser.add_argument("--starts", type=int, default=5, help="how often each is started to time that (5)")
    parser.add_argument("--recordings", type=Path, help="a folder that keeps the recordings for the next time")
    parser.add_argument("--modules", type=Path, help="a folder with node_modules/talkback, if there is one already")
    return parser.parse_args()


def _setups(recordings: Path, scratch: Path, modules: Path | None) -> Iterator[Setup]:
    recordings.mkdir(parents=True, exist_ok=True)
    few, many, login = (recordings / name for name in ("few.db", "many.db", "login.db"))
    for path, count in ((few, FEW), (login, FEW), (many, MANY)):
        if not path.exists():
            _say(f"making a recording of {count} exchanges")
            generate.recording(path, count, login=path is login)
    yield ours("stub, anonymous", few, FEW)
    yield ours("stub, 16 logged in", login, FEW, clients=CONNECTIONS)
    yield ours("stub, anonymous", many, MANY)
    try:
        yield mitmdump(generate.flows(scratch / "flows", FEW), scratch / "mitmproxy", FEW)
    except ImportError:
        _say("left out: mitmdump (pip install mitmproxy)")
    if modules := modules or _installed_talkback(scratch / "node"):
        yield talkback(modules, generate.tapes(scratch / "tapes", FEW), FEW)


def _installed_talkback(folder: Path) -> Path | None:
    folder.mkdir()
    try:
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "talkback@4"]
        subprocess.run(command, cwd=folder, check=True, timeout=180, stdout=subprocess.DEVNULL)
    except (OSError, subprocess.SubprocessError) as error:
        _say(f"left out: talkback (npm install talkback: {error})")
        return None
    return folder


def _starts(setups: Sequence[Setup], logs: Path, times: int) -> None:
    for turn in range(times + 1):
        _say(f"start {turn} of {times}")
        for setup in setups:
            with Server(setup, logs):
                pass
            if turn == 0:  # that one compiled the modules
                setup.starts.clear()


def _rounds(setups: Sequence[Setup], logs: Path, rounds: int, seconds: int) -> None:
    """Every setup once a round, in the other order each other round; all of them run all the time, idle but one."""
    with ExitStack() as stack:
        servers = [stack.enter_context(Server(setup, logs)) for setup in setups]
        for server in servers:
            server.load(1)
        for turn in range(rounds):
            _say(f"round {turn + 1} of {rounds}")
            for server in servers if turn % 2 == 0 else reversed(servers):
                server.setup.runs.append(server.load(seconds))
        for server in servers:
            server.setup.memory_mib = server.memory_mib()


def _table(setups: Sequence[Setup]) -> Iterator[str]:
    peers = {
        name: next((one for one in setups if one.name.startswith(name)), None) for name in ("mitmdump", "talkback")
    }
    known = {name: peer for name, peer in peers.items() if peer}
    yield f"| setup | exchanges | requests/s | range | {''.join(f'× {name} | ' for name in known)}p99 ms | " + (
        "CPU µs/request | first answer s | memory MiB | errors |"
    )
    yield "|---|--:|--:|--:|" + "--:|" * (len(known) + 5)
    for one in setups:
        ratios = "".join(f"{_ratio(one.runs, peer.runs):.1f} | " for peer in known.values())
        low, high = min(run.rate for run in one.runs), max(run.rate for run in one.runs)
        yield (
            f"| {one.name} | {one.count:,} | {one.rate:,.0f} | {low:,.0f}–{high:,.0f} | {ratios}{one.p99_ms:.2f} | "
            f"{one.cpu_us:.0f} | "
            f"{one.start_s:.2f} | {one.memory_mib:.0f} | {one.errors} |"
        )
    few, many = (next(one for one in setups if one.count == count) for count in (FEW, MANY))
    yield f"\n{MANY:,} exchanges: {_ratio(many.runs, few.runs):.2f} of the rate with {FEW:,}."


def _ratio(ours: Sequence[Run], theirs: Sequence[Run]) -> float:
    return statistics.median(run.rate for run in ours) / statistics.median(run.rate for run in theirs)


def _machine() -> str:
    cpu = Path("/proc/cpuinfo").read_text().partition("model name\t: ")[2].partition("\n")[0] or platform.machine()
    cores = Path("/proc/cpuinfo").read_text().count("processor\t")
    packages = ", ".join(f"{name} {_version(name)}" for name in ("uvicorn", "uvloop", "httptools", "mitmproxy"))
    return f"{cores} cores ({cpu}), Python {platform.python_version()}, {packages}"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


def _say(what: str) -> None:
    print(f"# {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
