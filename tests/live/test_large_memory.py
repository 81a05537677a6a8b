"""What a large body costs in memory: no more than what may wait to be written, however large it is."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.live.clients import Connection
from tests.live.large import BINARY, END, FORM, MIB, blunt, field, file_part, head, noise
from tests.live.recorders import recording

SIZE = 256 * MIB
PIECE = noise(MIB)
LIMIT = 40
"""MiB over what the recorder has when it is idle."""


def memory(process: int, name: str) -> float:
    """MiB, as /proc/PID/status tells them (proc(5))."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:"))


def serve(connection: socket.socket) -> None:
    """Sends as many bytes as it gets; gets none if none are announced."""
    connection.sendall(head(BINARY, b"Content-Length: %d" % SIZE))
    for number in range(SIZE // MIB):
        connection.sendall(number.to_bytes(8) + PIECE[8:])


def swallow(connection: socket.socket) -> None:
    left = SIZE
    while left > 0:
        left -= len(connection.recv(MIB))
    connection.sendall(head(b"Content-Length: 0"))
    connection.recv(1)


def down(connection: Connection) -> None:
    connection.begin(b"GET /down")
    assert b" 200 " in connection.head()
    for _ in range(SIZE // MIB):
        assert len(connection.exactly(MIB)) == MIB


def up(connection: Connection) -> None:
    _pour(connection, b"", b"", BINARY)


def form(connection: Connection) -> None:
    _pour(connection, field(b"token", b"x") + file_part(b"a.bin", b"")[:-2], END, FORM)


def _pour(connection: Connection, before: bytes, after: bytes, media: bytes) -> None:
    connection.begin(b"POST /up", media, b"Content-Length: %d" % SIZE)
    connection.send(before)
    left = SIZE - len(before) - len(after)
    while left:
        piece = left.to_bytes(8) + PIECE[8 : min(left, MIB)]
        connection.send(piece)
        left -= len(piece)
    connection.send(after)
    assert b" 200 " in connection.head()


@pytest.mark.parametrize("way", [down, up, form], ids=["download", "upload", "form"])
def test_a_large_body_is_never_held(way: Callable[[Connection], None], file: Path) -> None:
    with blunt(serve if way is down else swallow) as server, recording(server, file) as recorder:
        with Connection(recorder.url) as connection:
            Path(f"/proc/{recorder.process.id}/clear_refs").write_text("5")  # the peak is counted anew
            idle = memory(recorder.process.id, "VmRSS")
            way(connection)
        peak = memory(recorder.process.id, "VmHWM")
        assert peak - idle < LIMIT
        stored = recorder.rows("SELECT sum(length(content)) AS size FROM chunks")[0]["size"]
        assert stored > SIZE - 1000
