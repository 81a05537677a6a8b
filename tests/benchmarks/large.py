"""Large bodies through the recorder, beside mitmdump that keeps nothing: python -m tests.benchmarks.large

Loopback only. The server sends and swallows, the client swallows and sends, as cheaply as Python can. Each transfer has
bytes of its own, else all but the first would be stored already.
"""

import argparse
import os
import platform
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

from tests.benchmarks.wrk import cpu_s, memory_mib
from tests.live.processes import COMMAND, MITMDUMP, Process, running
from tests.live.recorders import READY

MIB = 1024 * 1024
STEP = 256 * 1024
BOUNDARY = b"----WebKitFormBoundary7MA4YWxkTrZu0gWm"
"""As long as those of browsers."""

STOCK = "mitmdump, stream_large_bodies=1m"
_CALM_S = 1.5
_numbers = count(1)


def main() -> None:
    """Runs the rounds, prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured, in turn (3)")
    parser.add_argument("--mib", type=int, default=1024, help="how large a body is (1024 MiB)")
    parser.add_argument("--ways", nargs="*", choices=WAYS, default=list(WAYS), help="which transfers (all)")
    parser.add_argument("--folder", type=Path, help="where the recordings are made, on a disk to be measured")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gws-benchmark-", dir=given.folder) as folder, served() as upstream:
        setups = [Setup(STOCK, stock), Setup("gws-inspector record", ours)]
        for number in range(given.rounds):
            for setup in setups:
                with setup.start(upstream, Path(folder)) as process:
                    for way in given.ways:
                        setup.measure(process, way, given.mib * MIB)
                        _say(f"round {number + 1}, {setup.name}, {way}: {setup.runs[way][-1].speed:.0f} MiB/s")
    where = f"Python {platform.python_version()}, mitmproxy {version('mitmproxy')}, {os.cpu_count()} cores"
    print(f"\n{given.mib} MiB a body, medians of {given.rounds} rounds in turn; {where}\n")
    print("\n".join(_table(setups, given.ways)))


@dataclass(frozen=True, slots=True)
class Run:
    """One transfer: MiB a second, and how much memory a proxy's processes had over what they have idle, in MiB: of each
    its own peak.
    """

    speed: float
    over_idle: float


@dataclass(slots=True)
class Setup:
    """A proxy to be measured."""

    name: str
    start: Callable[[str, Path], AbstractContextManager[Process]]
    runs: dict[str, list[Run]] = field(default_factory=dict)

    def measure(self, process: Process, way: str, size: int) -> None:
        url = process.url()  # then all of them are there
        processes = [process.id, *process.children()]
        _until_calm(processes)
        for one in processes:
            Path(f"/proc/{one}/clear_refs").write_text("5")  # proc(5): the peak is counted anew
        idle = memory_mib(processes)
        seconds = WAYS[way](url, size)
        self.runs.setdefault(way, []).append(Run(size / MIB / seconds, memory_mib(processes, "VmHWM") - idle))


@contextmanager
def stock(upstream: str, folder: Path) -> Iterator[Process]:
    options = ("-q", f"--mode=reverse:{upstream}@127.0.0.1:0", "--set=stream_large_bodies=1m", "-s", READY)
    with running(*MITMDUMP, f"--set=confdir={folder}", *options) as process:
        yield process


@contextmanager
def ours(upstream: str, folder: Path, *options: str) -> Iterator[Process]:
    path = folder / "large.db"
    with running(*COMMAND, "record", "-q", upstream, path, "--listen=127.0.0.1:0", *options) as process:
        yield process
    for left in folder.glob("large.db*"):
        left.unlink()


@contextmanager
def _connected(url: str, head: str) -> Iterator[socket.socket]:
    place = urlsplit(url)
    with socket.create_connection((place.hostname, place.port), timeout=600) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode() + b"\r\n")
        yield connection


def download(url: str, size: int) -> float:
    """Seconds that a file of this size takes."""
    begun = time.perf_counter()
    with _connected(
        url, f"GET /api/v2/me/chats/c/attachments/{next(_numbers)}?{size} HTTP/1.1\nHost: x\n"
    ) as connection:
        head, rest = _head(connection)
        assert b" 200 " in head, head
        _swallow(connection, size - len(rest))
    return time.perf_counter() - begun


def upload(url: str, size: int) -> float:
    """Seconds that a body of this size takes."""
    fields = f"Host: x\nContent-Type: application/octet-stream\nContent-Length: {size}\n"
    return _uploaded(url, fields, b"", size, b"")


def form(url: str, size: int) -> float:
    """Seconds that a form with a file of this size takes."""
    before = (
        b"--%b\r\nContent-Disposition: form-data; name=operationName\r\n\r\nUploadFile\r\n"
        b'--%b\r\nContent-Disposition: form-data; name=file; filename="a.bin"\r\nContent-Type: image/png\r\n\r\n'
    ) % (BOUNDARY, BOUNDARY)
    after = b"\r\n--%b--\r\n" % BOUNDARY
    length = len(before) + size + len(after)
    fields = f"Host: x\nContent-Type: multipart/form-data; boundary={BOUNDARY.decode()}\nContent-Length: {length}\n"
    return _uploaded(url, fields, before, size, after)


WAYS = {"download": download, "upload": upload, "form upload": form}


def _uploaded(url: str, fields: str, before: bytes, size: int, after: bytes) -> float:
    begun = time.perf_counter()
    with _connected(url, f"POST /api/v2/me/chats/c HTTP/1.1\n{fields}") as connection:
        connection.sendall(before)
        _pour(connection, next(_numbers), size)
        connection.sendall(after)
        head, _ = _head(connection)
        assert b" 200 " in head, head
    return time.perf_counter() - begun


def _pour(connection: socket.socket, number: int, size: int) -> None:
    """Bytes that no other number has: noise, so that nothing can be saved by their being alike."""
    noise = bytearray(os.urandom(STEP))
    noise[:8] = number.to_bytes(8)
    view = memoryview(noise)
    while size:
        size -= connection.send(view[: min(size, STEP)])


def _swallow(connection: socket.socket, size: int) -> None:
    buffer = bytearray(MIB)
    while size:
        got = connection.recv_into(buffer, min(size, MIB))
        assert got, "the connection ended early"
        size -= got


def _head(connection: socket.socket) -> tuple[bytes, bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        assert more, f"the connection ended after {data[:200]!r}"
        data += more
    head, _, rest = data.partition(b"\r\n\r\n")
    return head, rest


@contextmanager
def served() -> Iterator[str]:
    """The URL of the server, in a process of its own."""
    with running("-m", "tests.benchmarks.large_server") as process:
        yield process.url()


def serve() -> None:
    """GET …/N?SIZE: so many bytes, those of number N; POST: swallows the body."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        print(f"ready http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
        while True:
            connection, _ = listening.accept()
            threading.Thread(target=_answer, args=(connection,), daemon=True).start()


def _answer(connection: socket.socket) -> None:
    with connection:
        while True:
            head, rest = _head(connection)
            method, target = head.split(b" ", 2)[:2]
            answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n"
            if method == b"GET":
                path, _, size = target.partition(b"?")
                connection.sendall(answer % int(size))
                _pour(connection, int(path.rpartition(b"/")[2]), int(size))
            else:
                length = next(
                    int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
                )
                _swallow(connection, length - len(rest))
                connection.sendall(answer % 0)


def _until_calm(processes: Sequence[int]) -> None:
    """Until they have nothing more to do: what they wrote may still be on its way from the log into the recording."""
    before, since = -1.0, time.monotonic()
    while time.monotonic() - since < _CALM_S:
        now = cpu_s(processes)
        if now > before + 0.02:
            before, since = now, time.monotonic()
        time.sleep(0.1)


def _table(setups: Sequence[Setup], ways: Sequence[str]) -> Iterator[str]:
    yield "| transfer | proxy | MiB/s | range | of mitmdump's | MiB over idle |"
    yield "|---|---|--:|--:|--:|--:|"
    for way in ways:
        stock_speed = statistics.median(run.speed for run in setups[0].runs[way])
        for setup in setups:
            speeds = [run.speed for run in setup.runs[way]]
            speed, peak = statistics.median(speeds), max(run.over_idle for run in setup.runs[way])
            told = f"{speed:.0f} | {min(speeds):.0f}–{max(speeds):.0f} | {speed / stock_speed:.2f} | {peak:.0f} |"
            yield f"| {way} | {setup.name} | {told}"


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
