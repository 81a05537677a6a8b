"""Bodies that are too large to be held, and what a recording should have of them."""

import hashlib
import random
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from inspector.recording.reader import reading
from inspector.traffic.body import Body
from tests.live.clients import Connection
from tests.live.servers import PATIENCE, Answer, Talk

MIB = 1024 * 1024
BINARY = b"Content-Type: application/octet-stream"
EDGE = b"--edge\r\nContent-Disposition: form-data; name="
FORM = b"Content-Type: multipart/form-data; boundary=edge"
END = b"\r\n--edge--\r\n"


def noise(size: int, seed: int = 1) -> bytes:
    """Bytes of which no two pieces are alike; the same for the same seed."""
    return random.Random(seed).randbytes(size)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def field(name: bytes, content: bytes) -> bytes:
    return EDGE + name + b"\r\n\r\n" + content + b"\r\n"


def file_part(name: bytes, content: bytes) -> bytes:
    return EDGE + b'f; filename="' + name + b'"\r\nContent-Type: image/png\r\n\r\n' + content + b"\r\n"


def chunked(body: bytes, size: int = 100_000) -> bytes:
    """The body as chunks of so many bytes (RFC 9112 section 7.1)."""
    cuts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(cut), cut) for cut in cuts) + b"0\r\n\r\n"


def head(*fields: bytes, status: bytes = b"200 OK") -> bytes:
    return b"\r\n".join((b"HTTP/1.1 " + status, *fields, b"", b""))


def streamed(body: bytes, *fields: bytes) -> bytes:
    """A response of unknown length."""
    return head(*fields, b"Transfer-Encoding: chunked") + chunked(body)


def post(connection: Connection, path: str, body: bytes, *fields: bytes) -> None:
    """Sends a request of unknown length."""
    connection.begin(b"POST " + path.encode(), *fields, b"Transfer-Encoding: chunked")
    connection.send(chunked(body))


def bytes_of(body: Body) -> bytes:
    """All of it, as the recording has it."""
    return b"".join(body.pieces())


def truncated(path: Path, number: int) -> tuple[str, ...]:
    """What the recording says of bodies that it does not have as they were sent."""
    with reading(path) as recording:
        return recording.exchange(number).truncated


def holds(path: Path, secret: bytes) -> bool:
    """Whether a recording, or what lies beside it, has these bytes anywhere."""
    return any(secret in found.read_bytes() for found in path.parent.glob(f"{path.name}*"))


def in_two(first: bytes, passed: Callable[[], "object"], rest: bytes) -> Answer:
    """Sends the first bytes, waits for something, and sends the rest."""

    async def answer(talk: Talk) -> None:
        await talk.send(first)
        await passed()  # type: ignore[misc]
        await talk.send(rest)

    return answer


@contextmanager
def blunt(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """The URL of a server that does with its connections what `talk` says: the head of the request is read already."""

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(PATIENCE)
                data = b""
                while b"\r\n\r\n" not in data and (more := connection.recv(1)):
                    data += more
                if data:
                    talk(connection)

    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(PATIENCE)
