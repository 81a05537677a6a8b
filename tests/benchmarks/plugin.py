"""What the pytest plugin costs, as Markdown tables: python -m tests.benchmarks.plugin

Real runs of pytest in one process each, in turn: without a test that needs a stub, with and without the plugin; with
200 tests that have a stub each; and with one test, which tells how long its first good answer took. Then the transport
of `gws_stub` against vcrpy (pip install vcrpy).
"""

import argparse
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

from tests.benchmarks import generate, inprocess

ROOT = Path(__file__).parents[2]
TESTS = 200
PLUGIN = ("-p", "gws_inspector")

UNUSED = """
def test_nothing():
    pass
"""

IMPORTED = """
import pytest, time
begun = time.perf_counter()
import inspector.pytest_plugin
print(1000 * (time.perf_counter() - begun))
"""

MANY = """
import httpx
import pytest

ME = "/api/v2/me?subresources=features,devices,channels"

@pytest.mark.parametrize("number", range({tests}))
@pytest.mark.gws_recording("upload-file.db")
def test_asks_its_own_stub(gws_stub, number):
    with httpx.Client({client}) as client:
        assert client.get(ME, auth=("sofia", "anything")).json()["statusCode"] == 0
        asked = {{"operationName": "Accept", "nickname": "Sofia"}}
        assert client.post("/api/v2/me/chats/0001TaBTNRPW01GV", json=asked).json()["statusCode"] == 0
    assert [call.operation for call in gws_stub.calls] == ["Accept"]
"""

FIRST = """
import http.client
import time
from urllib.parse import urlsplit

import pytest

@pytest.fixture
def begun():
    return time.perf_counter()

@pytest.mark.gws_recording("{recording}", ignore=[])
def test_first(begun, gws_stub):
    connection = http.client.HTTPConnection(urlsplit(gws_stub.url).netloc)
    connection.request("{method}", "{path}", {body!r}, {fields!r})
    answer = connection.getresponse()
    answer.read()
    print("first answer", time.perf_counter() - begun)
    assert answer.status == 200
"""


@dataclass(frozen=True, slots=True)
class Run:
    """What a process of pytest took: seconds by the wall clock and of its processor; and what it printed."""

    wall_s: float
    cpu_s: float
    out: str


def main() -> None:
    """Runs all in turn, prints the tables."""
    given = _arguments()
    print(f"{_machine()}; medians of {given.rounds} rounds in turn.\n")
    with tempfile.TemporaryDirectory(prefix="gws-benchmark-") as folder:
        print("\n".join(_table(Path(folder), given.rounds)), flush=True)
    if find_spec("vcr") is not None:
        print("\n" + "\n".join(inprocess.table(given.rounds, 1)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7, help="how often each is run, in turn (7)")
    return parser.parse_args()


def _table(folder: Path, rounds: int) -> Iterator[str]:
    for name, content in _tests(folder):
        (folder / name).write_text(content)
    setups: dict[str, tuple[str, ...]] = {
        "a test without a stub, and without the plugin": ("test_unused.py",),
        "a test without a stub": ("test_unused.py", *PLUGIN),
        f"{TESTS} tests, each with its own stub and socket": ("test_sockets.py", *PLUGIN),
        f"{TESTS} tests, each with its own stub, in process": ("test_in_process.py", *PLUGIN),
        "one test, the demo's recording": ("test_first.py", *PLUGIN),
        "one test, 1,000 exchanges": ("test_first_of_many.py", *PLUGIN),
    }
    runs: dict[str, list[Run]] = {name: [] for name in setups}
    for turn in range(-1, rounds):  # the first one compiles what is imported, and does not count
        for name, arguments in setups.items():
            run = _run(folder, arguments)
            if turn >= 0:
                runs[name].append(run)
    yield "| a run of pytest with | s | range | processor, s | first good answer, ms |"
    yield "|---|--:|--:|--:|--:|"
    for name, measured in runs.items():
        yield _line(name, measured)
    imports = [float(_python(folder, ("-c", IMPORTED)).out) for _ in range(3 * rounds)]
    yield f"\nInstalled, but not used, the plugin costs {statistics.median(imports):.1f} ms, which is its import"
    yield f"({min(imports):.1f}–{max(imports):.1f}): between the first two rows nothing can be told."


def _tests(folder: Path) -> Iterator[tuple[str, str]]:
    (folder / "recordings").mkdir()
    shutil.copy(ROOT / "recordings" / "upload-file.db", folder / "recordings")
    generate.recording(folder / "recordings" / "thousand.db", 1_000)
    login = {"Authorization": "Basic c29maWE6YW55dGhpbmc="}
    me = {"recording": "upload-file.db", "method": "GET", "path": "/api/v2/me?subresources=features,devices,channels"}
    upload = {"recording": "thousand.db", "method": "POST", "path": inprocess.PATH, "body": inprocess.asked(500)}
    yield "test_unused.py", UNUSED
    yield "test_sockets.py", MANY.format(tests=TESTS, client="base_url=gws_stub.url")
    yield (
        "test_in_process.py",
        MANY.format(tests=TESTS, client='transport=gws_stub.transport, base_url="http://gws.test"'),
    )
    yield "test_first.py", FIRST.format(**me, body=None, fields=login)
    yield "test_first_of_many.py", FIRST.format(**upload, fields=dict(inprocess.REQUEST_FIELDS))


def _run(folder: Path, arguments: Sequence[str]) -> Run:
    """A run of pytest that passes. Raises AssertionError."""
    return _python(folder, ("-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", *arguments))


def _python(folder: Path, arguments: Sequence[str]) -> Run:
    """A process of Python's that ends well. Raises AssertionError."""
    command = [sys.executable, *arguments]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # whatever else is installed here
    begun = perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    out = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)  # it has been waited for
    assert process.returncode == 0, out[-3000:]
    return Run(perf_counter() - begun, used.ru_utime + used.ru_stime, out)


def _line(name: str, runs: Sequence[Run]) -> str:
    walls = [one.wall_s for one in runs]
    firsts = [1000 * float(found[1]) for one in runs if (found := re.search(r"first answer ([\d.]+)", one.out))]
    first = f"{statistics.median(firsts):.0f} ({min(firsts):.0f}–{max(firsts):.0f})" if firsts else ""
    cpu = statistics.median(one.cpu_s for one in runs)
    return f"| {name} | {statistics.median(walls):.2f} | {min(walls):.2f}–{max(walls):.2f} | {cpu:.2f} | {first} |"


def _machine() -> str:
    return f"Python {platform.python_version()}, {os.cpu_count()} cores"


if __name__ == "__main__":
    main()
