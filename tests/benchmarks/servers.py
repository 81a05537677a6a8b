"""The processes that are compared: started, asked, weighed, ended by their own process ids; on loopback only."""

import http.client
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from tests.benchmarks.generate import basic
from tests.benchmarks.story import LOGIN, PATH, REQUEST_FIELDS, answered, asked
from tests.benchmarks.wrk import Run, cpu_s, free_port, load, memory_mib

ROOT = Path(__file__).parents[2]


@dataclass(slots=True)
class Setup:
    """A server (`command`, whose `{port}` is filled in) with `count` exchanges, of which `asked` are asked for."""

    name: str
    command: Sequence[str]
    count: int
    asked: int = 1000
    clients: int = 0
    """So many are logged in, each with its own cookie; 0: everybody is anonymous."""
    runs: list[Run] = field(default_factory=list)
    starts: list[float] = field(default_factory=list)
    memory_mib: float = 0.0

    @property
    def rate(self) -> float:
        return statistics.median(run.rate for run in self.runs)

    @property
    def p99_ms(self) -> float:
        return statistics.median(run.p99_ms for run in self.runs)

    @property
    def cpu_us(self) -> float:
        return statistics.median(run.cpu_us for run in self.runs)

    @property
    def start_s(self) -> float:
        return statistics.median(self.starts)

    @property
    def errors(self) -> int:
        return sum(run.errors for run in self.runs)


class Server:
    """A setup that runs: `with Server(setup, logs) as server: server.load(2)`."""

    def __init__(self, setup: Setup, logs: Path, limit_s: float = 60) -> None:
        self.setup = setup
        self.port = free_port()
        self._log = logs / f"{setup.name}-{setup.count}.log".replace("/", "_").replace(" ", "_")
        self._limit_s = limit_s
        self._cookies: list[str] = []
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Server":
        command = [part.format(port=self.port) for part in self.setup.command]
        begun = time.perf_counter()
        with self._log.open("wb") as log:
            # compiled once, as an installation does: a start should not pay for it
            compiled = {"PYTHONPYCACHEPREFIX": str(self._log.parent / "compiled"), "PYTHONDONTWRITEBYTECODE": ""}
            self._process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **compiled}, stdout=log, stderr=log)
        try:
            self._await_first_answer(begun + self._limit_s)
            self.setup.starts.append(time.perf_counter() - begun)
            self._cookies = [self._log_in() for _ in range(self.setup.clients)]
            self._check()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        process = self._process
        assert process is not None
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def load(self, seconds: int) -> Run:
        """One run of wrk against it."""
        asked = [self.setup.count, self.setup.asked, *self._cookies]
        return load(f"http://127.0.0.1:{self.port}", seconds, asked, lambda: cpu_s([self._id]))

    def memory_mib(self) -> float:
        """What is resident of it now."""
        return memory_mib([self._id])

    @property
    def _id(self) -> int:
        assert self._process is not None
        return self._process.pid

    def _await_first_answer(self, until: float) -> None:
        assert self._process is not None
        last: object = None
        while time.perf_counter() < until:
            if self._process.poll() is not None:
                raise RuntimeError(f"{self.setup.name} ended: {self._log.read_text()[-1000:]}")
            try:
                status, last = self._post(0)
                if status == 200:
                    return
            except (OSError, http.client.HTTPException) as error:
                last = error
            time.sleep(0.005)
        raise RuntimeError(f"{self.setup.name} gave no good answer: {last!r}")

    def _check(self) -> None:
        """Five different requests get the answer that was recorded for them."""
        for k in (0, 1, 7, self.setup.count // 2, self.setup.count - 1):
            status, body = self._post(k)
            if status != 200 or json.loads(body) != json.loads(answered(k)):
                raise RuntimeError(f"{self.setup.name} answers {status} {body[:200]!r} to exchange {k}")

    def _post(self, k: int) -> tuple[int, bytes]:
        cookie = {"Cookie": f"JSESSIONID={self._cookies[0]}"} if self._cookies else {}
        # who has logged in sends a cookie; until then a login is the question
        if self.setup.clients and not cookie:
            return self._ask("GET", LOGIN, b"", dict(basic()))[:2]
        return self._ask("POST", PATH, asked(k), {**dict(REQUEST_FIELDS), **cookie})[:2]

    def _log_in(self) -> str:
        _, _, headers = self._ask("GET", LOGIN, b"", dict(basic()))
        return headers["Set-Cookie"].partition("JSESSIONID=")[2].partition(";")[0]

    def _ask(
        self, method: str, path: str, body: bytes, fields: Mapping[str, str]
    ) -> tuple[int, bytes, http.client.HTTPMessage]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request(method, path, body, dict(fields))
            response = connection.getresponse()
            return response.status, response.read(), response.headers
        finally:
            connection.close()


def ours(name: str, recording: Path, count: int, clients: int = 0) -> Setup:
    """Our stub, as its users start it; its journal is on."""
    command = [str(Path(sys.executable).with_name("gws-inspector")), "replay", str(recording)]
    return Setup(name, [*command, "--listen", "127.0.0.1:{port}", "--reuse", "--quiet"], count, clients=clients)


def mitmdump(flows: Path, confdir: Path, count: int) -> Setup:
    """mitmproxy's own replay, which forwards nothing here."""
    options = ["connection_strategy=lazy", "server_replay_reuse=true", "server_replay_extra=404"]
    options += [f"server_replay={flows}", f"confdir={confdir}"]
    command = [str(Path(sys.executable).with_name("mitmdump")), "-q", "--mode", "reverse:http://gws.example:80"]
    command += ["--listen-host", "127.0.0.1", "--listen-port", "{port}"]
    return Setup("mitmdump --server-replay", [*command, *(part for one in options for part in ("--set", one))], count)


def talkback(modules: Path, tapes: Path, count: int) -> Setup:
    """talkback, the fastest of our peers (a Node package)."""
    script = Path(__file__).with_name("talkback.cjs")
    return Setup("talkback", ["node", str(script), str(modules), "{port}", str(tapes)], count)
