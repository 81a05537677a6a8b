"""Commands of ours that start warm: forked off a process that has imported already what they would import.

A start is imports, most of it (a second of processor time for a recorder), and these tests start hundreds. From there
on everything is as in a process that starts cold; `GWS_TEST_COLD` starts all of them so, and the tests of README and
package do so anyway.
"""

import atexit
import gc
import json
import os
import pkgutil
import random
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import IO

_SERVE = "import sys; from tests.live.warm import serve; serve(int(sys.argv[1]))"
_NUMBER = struct.Struct("i")
_START_ONLY = ("PYTHON", "LD_", "LC_", "LANG")
"""Begins of the names of variables that a process takes note of while it starts."""

_lock = threading.Lock()


class Child:
    """One of these processes, used like a Popen."""

    def __init__(self, status: IO[bytes], stdout: IO[bytes], stderr: IO[bytes]) -> None:
        self.stdout, self.stderr = stdout, stderr
        self._status = status
        (self.pid,) = _NUMBER.unpack(status.read(_NUMBER.size))
        self._code: int | None = None

    def poll(self) -> int | None:
        """How it ended, as Popen's `returncode`; None while it runs."""
        return self._code if self._code is not None or not self._has_ended(0) else self.wait(0)

    def wait(self, timeout: float) -> int:
        """The same, waited for. Raises TimeoutExpired."""
        if self._code is None:
            if not self._has_ended(timeout):
                raise subprocess.TimeoutExpired(str(self.pid), timeout)
            (self._code,) = _NUMBER.unpack(self._status.read(_NUMBER.size))
            self._status.close()
        return self._code

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def send_signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def _has_ended(self, timeout: float) -> bool:
        return bool(select.select([self._status], [], [], timeout)[0])


def may_be_warm(set_: Mapping[str, str]) -> bool:
    """Whether a process for which these variables are set does not have to start cold because of them. Benchmarks, too,
    start their processes cold: only tests can be in such a hurry.
    """
    wanted = "PYTEST_VERSION" in os.environ and "GWS_TEST_COLD" not in os.environ
    return wanted and sys.platform == "linux" and not any(map(_is_for_starts, set_))


def start(program: str, arguments: Sequence[str], cwd: str, environment: Mapping[str, str]) -> Child:
    """A process that runs `program` (as behind `python -c`) with these arguments."""
    pipes = [os.pipe() for _ in range(3)]
    try:
        asked = json.dumps([program, arguments, cwd, dict(environment)]).encode()
        with _lock:
            socket.send_fds(_server(), [asked], [theirs for _, theirs in pipes])
    finally:
        for _, theirs in pipes:
            os.close(theirs)
    return Child(*(os.fdopen(ours, "rb", -1 if n else 0) for n, (ours, _) in enumerate(pipes)))


@cache
def _server() -> socket.socket:
    """The way to the process that they are forked off; it ends when this one does."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    with theirs:
        from tests.live.processes import environment

        command = [sys.executable, "-c", _SERVE, str(theirs.fileno())]
        server = subprocess.Popen(command, pass_fds=[theirs.fileno()], env=environment(), stdin=subprocess.DEVNULL)
    atexit.register(_leave, ours, server)
    return ours


def _leave(end: socket.socket, server: "subprocess.Popen[bytes]") -> None:
    end.close()
    server.wait()


def serve(descriptor: int) -> None:
    """Forks off processes as they are asked for, until nobody can ask any more."""
    import inspector

    for found in pkgutil.walk_packages(inspector.__path__, "inspector."):
        import_module(found.name)
    import_module("mitmproxy.tools.main")
    import_module("mitmproxy.tools.dump")
    assert threading.active_count() == 1, "a fork would not have the others"
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(fileno=descriptor) as end:
        while True:
            asked, descriptors, _, _ = socket.recv_fds(end, 1 << 20, 3)
            if not asked:
                return
            if os.fork() == 0:
                break
            for one in descriptors:
                os.close(one)
    _attend(*json.loads(asked), *descriptors)


def _attend(
    program: str, arguments: list[str], cwd: str, environment: dict[str, str], status: int, out: int, err: int
) -> None:
    """Tells the number of the process, and how it has ended. Returns in that process only, where the program ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    child = os.fork()
    if child == 0:
        os.close(status)
        _become(program, arguments, cwd, environment, out, err)
        return
    os.close(out)
    os.close(err)
    os.write(status, _NUMBER.pack(child))
    _, ended = os.waitpid(child, 0)
    os.write(status, _NUMBER.pack(os.waitstatus_to_exitcode(ended)))
    os._exit(0)


def _become(program: str, arguments: list[str], cwd: str, environment: dict[str, str], out: int, err: int) -> None:
    for ours, theirs in enumerate((out, err), 1):
        os.dup2(theirs, ours)
        os.close(theirs)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["-c", *arguments]
    random.seed()
    gc.unfreeze()
    exec(compile(program, "<string>", "exec"), {"__name__": "__main__"})


def _is_for_starts(name: str) -> bool:
    return name.startswith(_START_ONLY)
