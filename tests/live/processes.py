"""Programs of ours in processes of their own: started, read line by line, ended by their own id."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import inspector
from tests.live import warm

CHECKOUT = Path(inspector.__file__).parents[1]
COMMAND = ("-c", "from inspector.cli import main; main(prog_name='gws-inspector')")
MITMDUMP = ("-c", "from mitmproxy.tools.main import mitmdump; mitmdump()")
PATIENCE = 20.0
"""Seconds until a process that does not do what it should fails the test; nobody waits this long otherwise."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended, and all that it printed."""

    code: int
    out: str
    err: str


class Process:
    """One running process of ours. Use `running` or `ended`, which see to its end."""

    def __init__(
        self, arguments: Sequence[object], *, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> None:
        self._changed = threading.Condition()
        self._lines: dict[str, list[str]] = {"out": [], "err": []}
        self._open = {"out", "err"}
        self._process = _started([str(argument) for argument in arguments], cwd, env or {})
        pipes = {"out": self._process.stdout, "err": self._process.stderr}
        self._readers = [threading.Thread(target=self._read, args=pair, daemon=True) for pair in pipes.items()]
        for reader in self._readers:
            reader.start()

    @property
    def out(self) -> str:
        return "".join(self._lines["out"])

    @property
    def err(self) -> str:
        return "".join(self._lines["err"])

    @property
    def id(self) -> int:
        return self._process.pid

    def line(self, start: str, stream: str = "out") -> str:
        """The first line that begins so, waited for; fails if the process ends without it."""

        def found() -> str | None:
            return next((line.rstrip("\n") for line in self._lines[stream] if line.startswith(start)), None)

        with self._changed:
            self._changed.wait_for(lambda: found() is not None or stream not in self._open, PATIENCE)
            line = found()
        assert line is not None, f"no line {start!r}\nstdout: {self.out}\nstderr: {self.err}"
        return line

    def url(self) -> str:
        """Where the process says that it is ready: of several places the first."""
        return self.line("ready ").split(" ")[1]

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def wait(self) -> Ended:
        """Until it has ended by itself or by a signal sent before."""
        code = self._process.wait(PATIENCE)
        for reader in self._readers:
            reader.join()
        return Ended(code, self.out, self.err)

    def end(self, number: signal.Signals = signal.SIGINT) -> Ended:
        """End it by a signal."""
        self.send(number)
        return self.wait()

    def kill(self, *, alone: bool = False) -> Ended:
        """kill -9 for it and the processes that it has started; or for it `alone`, and then they have ended, too."""
        children = self.children()
        for number in (self.id, *(() if alone else children)):
            os.kill(number, signal.SIGKILL)
        ended = self.wait()
        eventually(lambda: not any(map(_runs, children)))
        return ended

    def children(self) -> list[int]:
        """The processes that it has started, and that run."""
        return [int(number) for number in Path(f"/proc/{self.id}/task/{self.id}/children").read_text().split()]

    def close(self) -> None:
        """Whatever state it is in, it is over now."""
        if self._process.poll() is None:
            self._process.kill()
        self.wait()

    def _read(self, name: str, pipe: IO[bytes]) -> None:
        with pipe:
            for line in pipe:
                with self._changed:
                    self._lines[name].append(line.decode("utf-8", "replace"))
                    self._changed.notify_all()
        with self._changed:
            self._open.discard(name)
            self._changed.notify_all()


def _started(arguments: list[str], cwd: Path | None, set_: Mapping[str, str]) -> "subprocess.Popen[bytes] | warm.Child":
    if tuple(arguments[:2]) in (COMMAND, MITMDUMP) and warm.may_be_warm(set_):
        return warm.start(arguments[1], arguments[2:], str(cwd or Path.cwd()), environment() | dict(set_))
    return subprocess.Popen(
        [sys.executable, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=cwd,
        env=environment() | dict(set_),
    )


def _runs(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_bytes().rpartition(b")")[2].split()[0] != b"Z"
    except OSError:
        return False


def environment() -> dict[str, str]:
    """This process's, with the checkout on the path and without settings of ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GWS_INSPECTOR_")}
    return kept | {"PYTHONPATH": str(CHECKOUT), "PYTHONFAULTHANDLER": "1"}


@contextmanager
def running(*arguments: object, **options: Any) -> Iterator[Process]:
    """A process that runs while the block does."""
    process = Process(arguments, **options)
    try:
        yield process
    finally:
        process.close()


def ended(*arguments: object, **options: Any) -> Ended:
    """A process from its start to its end."""
    with running(*arguments, **options) as process:
        return process.wait()


def command(*arguments: object, **options: Any) -> Ended:
    """`gws-inspector` with these arguments, to its end."""
    return ended(*COMMAND, *arguments, **options)


def eventually(look: Callable[[], Any]) -> Any:
    """What `look` gives as soon as it is true: for what happens behind the client's back, as when one goes away."""
    waiting = threading.Event()
    for _ in range(int(PATIENCE / 0.01)):
        if found := look():
            return found
        waiting.wait(0.01)
    raise AssertionError(f"it never came true: {look()!r}")
