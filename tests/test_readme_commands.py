"""Every command block of the README does what it says: its lines are run, in their order, as a reader would."""

import asyncio
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from inspector.config import load
from inspector.demo import story
from inspector.demo.desktop import at_desk
from inspector.demo.people import AGENT
from inspector.replay.faults import read as read_faults
from tests.live.processes import Process, environment, eventually
from tests.test_readme import ROOT, blocks
from tests.testing.projects import look_alike

UPSTREAM = re.compile(r"http://gws(-\w)?\.example\.com:8090")
STAYS = re.compile(r"gws-inspector (record|replay)(?!.*--(explain|print-command))|mitmdump |datasette ")
"""Commands that run until they are stopped."""
FINDS = ("gws-inspector check", "gws-inspector audit", "gws-inspector diff")
"""Commands that may find something."""


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    with look_alike() as url:
        yield url


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the reader works: beside the recordings, with the commands on the path."""
    place = tmp_path_factory.mktemp("reader")
    shutil.copytree(ROOT / "recordings", place / "recordings")
    commands = place / "bin"
    commands.mkdir()
    for name, code in (
        ("gws-inspector", "from inspector.cli import main; main(prog_name='gws-inspector')"),
        ("mitmdump", "from mitmproxy.tools.main import mitmdump; mitmdump()"),
        ("datasette", "from datasette.cli import cli; cli()"),
    ):
        (commands / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{code}" "$@"\n')
        (commands / name).chmod(0o755)
    return place


class Reader:
    """Runs lines in the folder, against the look-alike; ports are free ones, the same within a block."""

    def __init__(self, folder: Path, upstream: str) -> None:
        self._folder = folder
        self._upstream = upstream
        self._ports: dict[str, int] = {}

    def line(self, text: str) -> str:
        text = UPSTREAM.sub(self._upstream, text)
        return re.sub(r"127\.0\.0\.1:(80|90)\d\d\b", lambda port: f"127.0.0.1:{self._port(port[0])}", text)

    def run(self, text: str) -> None:
        """A command that ends: well, or with what it found (exit code 1)."""
        done = subprocess.run(
            ["bash", "-c", self.line(text)],
            cwd=self._folder,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=60,
        )
        allowed = (0, 1) if text.startswith(FINDS) else (0,)
        assert done.returncode in allowed, f"{text}\n{done.stdout}\n{done.stderr}"
        if text.startswith("curl"):
            assert "statusMessage" not in done.stdout and '"error"' not in done.stdout, done.stdout

    @contextmanager
    def running(self, text: str) -> Iterator[None]:
        """A command that stays: until the block is over."""
        line = self.line(text).partition("#")[0].strip()
        line, where = self._listening(line)
        assert not answers(where), f"{text}\nsomebody listens there already"
        process = Process(
            ["-c", "import os, sys; os.execvp('bash', ['bash', '-c', sys.argv[1]])", f"exec {line}"],
            cwd=self._folder,
            env=self._environment(),
        )
        try:
            eventually(lambda: answers(where))
            if "--mode regular" in line:
                asyncio.run(work(self._upstream, f"http://127.0.0.1:{where}"))
            elif line.startswith("datasette"):
                look(f"http://127.0.0.1:{where}/{text.split()[1].removesuffix('.db')}")
            elif "record" in line:
                asyncio.run(work(f"http://127.0.0.1:{where}"))
            yield
            process.send(signal.SIGINT)
            ended = process.wait()
            # uvicorn ends by the signal that it was sent
            assert ended.code in (0, 1, -signal.SIGINT), f"{text}\n{ended.out}\n{ended.err}"
        finally:
            process.close()

    def _listening(self, line: str) -> tuple[str, int]:
        """The line, told to listen at a free port if it names none."""
        port = self._port("127.0.0.1:8080")
        if line.startswith("mitmdump"):
            return f"{line} --set confdir=confdir --listen-host 127.0.0.1 --listen-port {port}", port
        if line.startswith("datasette"):
            return f"{line} --port {port}", port
        found = re.search(r"--listen 127\.0\.0\.1:(\d+)", line)
        return (line, int(found[1])) if found else (f"{line} --listen 127.0.0.1:{port}", port)

    def _port(self, named: str) -> int:
        if named not in self._ports:
            self._ports[named] = next(filter(None, map(free_port, range(100))))
        return self._ports[named]

    def _environment(self) -> dict[str, str]:
        path = f"{self._folder / 'bin'}:{os.environ['PATH']}"
        home = {name: str(self._folder) for name in ("HOME", "XDG_CONFIG_HOME")}
        return environment() | home | {"PATH": path, "NO_COLOR": "1"}


def free_port(_: int) -> int | None:
    """A port that is free, if the next one is: of several upstreams the second is there."""
    with socket.socket() as free, socket.socket() as following:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        try:
            following.bind(("127.0.0.1", port + 1))
        except OSError:
            return None
        return port


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def look(database: str) -> None:
    """At the views of a recording in Datasette: none of them is empty."""
    for view in ("uploads", "timeline", "attachments"):
        rows = httpx.get(f"{database}/{view}.json?_shape=array").raise_for_status().json()
        assert rows and all(row["document"] is not None for row in rows)


async def work(url: str, proxy: str | None = None) -> None:
    through = proxy and httpx.AsyncHTTPTransport(proxy=proxy)
    async with at_desk(url, AGENT.user_name, AGENT.password, transport=through, hope=0.3) as desktop:
        async for _ in story.play(desktop):
            pass


def commands(block: str) -> list[str]:
    return [line for line in block.splitlines() if line.strip() and not line.lstrip().startswith("#")]


@pytest.mark.once
def test_its_blocks_run_from_the_first_to_the_last(folder, upstream):
    seen = 0
    for block in blocks("sh"):
        lines = [line for line in commands(block) if not line.startswith("python3 -m venv")]  # those are for .ci/run
        reader = Reader(folder, upstream)
        with ExitStack() as stack:
            for line in lines:
                seen += 1
                if STAYS.match(line):
                    stack.enter_context(reader.running(line))
                else:
                    reader.run(line)
    assert seen > 15


def test_its_python_works(folder, monkeypatch):
    monkeypatch.chdir(folder)
    examples = [block for block in blocks("python") if "def test_" not in block]  # see test_readme_pytest.py
    assert len(examples) > 1
    for example in examples:
        exec(compile(example, "README.md", "exec"), {})


def test_its_settings_are_settings(tmp_path):
    settings = [block for block in blocks("toml") if "[[faults]]" not in block]
    assert settings
    for block in settings:
        path = tmp_path / "gws-inspector.toml"
        path.write_text(block)
        assert tomllib.loads(block)
        load(path)


def test_its_faults_are_faults(tmp_path):
    [block] = [block for block in blocks("toml") if "[[faults]]" in block]
    path = tmp_path / "faults.toml"
    path.write_text(block)
    assert [fault.fault for fault in read_faults(path)] == [
        "refuse",
        "lose_notification",
        "expire_session",
        "cut_download",
    ]


@pytest.mark.parametrize("place", sorted(set(re.findall(r"\]\(([\w/.-]+)\)", (ROOT / "README.md").read_text("utf-8")))))
def test_what_it_points_to_is_there(place):
    assert (ROOT / place).is_file()
