"""A disk that stalls, or a file that somebody else keeps locked: it is waited for, and nobody else stops for it."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager as Block
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.live.clients import Connection, ask
from tests.live.processes import COMMAND, PATIENCE, running
from tests.live.recorders import Recorder, beside
from tests.live.servers import Upstream, response, says

API = "/api/v2/stalled"
LARGE = 1_000_000
"""Bytes of answers of which soon too many wait."""


@pytest.fixture(scope="module")
def preloaded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a process whose disk stalls when a file says so."""
    compiler = shutil.which("cc")
    if not compiler or sys.platform != "linux":
        pytest.skip("a disk that stalls is made by a C compiler and LD_PRELOAD")
    folder = tmp_path_factory.mktemp("stalling")
    library = folder / "stalling.so"
    source = Path(__file__).with_name("stalling.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return {"LD_PRELOAD": str(library), "STALL": str(folder / f"stall-{os.getpid()}")}


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """As a transaction in sqlite3's shell does it."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()


@contextmanager
def flagged(path: Path) -> Iterator[None]:
    path.touch()
    try:
        yield
    finally:
        path.unlink()


@dataclass(frozen=True, slots=True)
class Stall:
    """A recorder of the API alone, and how to stall what it writes to."""

    recorder: Recorder
    held: Callable[[], Block[None]]


@pytest.fixture(params=["disk", "lock"])
def stall(request: pytest.FixtureRequest, upstream: Upstream, file: Path) -> Iterator[Stall]:
    environment = request.getfixturevalue("preloaded") if request.param == "disk" else {}
    with running(*COMMAND, "record", upstream.url, file, "--listen", "127.0.0.1:0", env=environment) as process:
        recorder = Recorder(process, process.url(), file)
        yield Stall(recorder, lambda: locked(file) if request.param == "lock" else flagged(Path(environment["STALL"])))


def test_others_go_on_and_nothing_is_lost(stall: Stall, upstream: Upstream) -> None:
    recorder, names = stall.recorder, [f"{API}/{number}" for number in range(5)]
    upstream.answers["/page"] = says(response(b"page"))
    for name in names:
        upstream.answers[name] = says(response(name.encode()))
    ask(recorder.url, f"GET {names[0]}".encode())
    with ExitStack() as clients:
        connections = {name: clients.enter_context(Connection(recorder.url, PATIENCE)) for name in names[1:]}
        with stall.held():
            for name, connection in connections.items():
                connection.begin(f"GET {name}".encode())
                assert reached(upstream, name)
                assert ask(recorder.url, b"GET /page").body == b"page"
            assert [row["path"] for row in recorder.rows("SELECT path FROM exchanges WHERE done_tick")] == names[:1]
        for name, connection in connections.items():
            assert connection.reply().body == name.encode()
            assert recorder.only(name).done
    ended = recorder.process.end()
    assert (ended.code, recorder.rows("SELECT state FROM sessions")) == (0, [{"state": "complete"}])
    assert {row["path"] for row in recorder.rows("SELECT path FROM exchanges")} == set(names)


def test_what_waits_is_bounded(stall: Stall, upstream: Upstream) -> None:
    """When too much waits, what is new waits before it is read; what is not recorded does not wait."""
    recorder, body = stall.recorder, b"x" * LARGE
    upstream.answers["/page"] = says(response(b"page"))
    names = [f"{API}/large/{number}" for number in range(120)]
    for name in names:
        upstream.answers[name] = says(response(body, b"Content-Type: image/png"))
    connections: dict[str, Connection] = {}
    with ExitStack() as clients:
        with stall.held():
            for name in names:
                connections[name] = clients.enter_context(Connection(recorder.url, 3 * PATIENCE))
                connections[name].begin(f"GET {name}".encode())
                if not reached(upstream, name):
                    break
            assert 2 < len(connections) < len(names)
            assert ask(recorder.url, b"GET /page").body == b"page"
            assert not upstream.requests(name)
        for name, connection in connections.items():
            assert connection.reply().body == body
            assert recorder.only(name).done
    assert recorder.process.end().code == 0


def reached(upstream: Upstream, name: str) -> bool:
    """Whether the server has had the request within the time that it takes many times over."""
    waiting = threading.Event()
    return any(upstream.requests(name) or waiting.wait(0.01) for _ in range(500))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_end_waits_for_who_holds_the_lock(number: signal.Signals, upstream: Upstream, file: Path) -> None:
    upstream.answers[API] = says(response(b"good"))
    with running(*COMMAND, "record", upstream.url, file, "--listen", "127.0.0.1:0") as process:
        with Connection(process.url()) as client, locked(file):
            client.begin(f"GET {API}".encode())
            process.line(f"{file} is locked", "err")
            process.send(number)
            assert reached(upstream, API)
        ended = process.wait()
    recorder = Recorder(process, "", file)
    assert (ended.code, recorder.rows("SELECT state, trouble FROM sessions")) == (
        0,
        [{"state": "complete", "trouble": None}],
    )
    assert recorder.only(API).done
    assert beside(file) == [file.name]
