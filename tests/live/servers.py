"""A server whose every byte is a test's: no library stands between what a test writes here and the wire."""

import asyncio
import socket
import ssl
import struct
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Self
from weakref import WeakSet

PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came: all bytes of its head, and its body without the framing of chunks."""

    head: bytes
    body: bytes

    @property
    def target(self) -> bytes:
        return self.head.split(b" ", 2)[1]

    def fields(self) -> list[tuple[bytes, bytes]]:
        """The header fields, in order and as they were spelt."""
        lines = self.head.rstrip(b"\r\n").split(b"\r\n")[1:]
        return [(name, value.strip()) for name, _, value in (line.partition(b":") for line in lines)]


@dataclass(slots=True)
class Talk:
    """One request at the server's end of the wire."""

    received: Received
    writer: asyncio.StreamWriter
    reader: asyncio.StreamReader
    open: bool = True

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    def hang_up(self) -> None:
        """Close the connection in order: the other side reads to its end."""
        self.open = False

    def reset(self) -> None:
        """Tear the connection down: the other side sees `connection reset`."""
        connection = self.writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()
        self.open = False


Answer = Callable[[Talk], Awaitable[None]]


def says(*pieces: bytes) -> Answer:
    """Sends these bytes, and keeps the connection."""

    async def answer(talk: Talk) -> None:
        for piece in pieces:
            await talk.send(piece)

    return answer


def says_and_hangs_up(*pieces: bytes) -> Answer:
    async def answer(talk: Talk) -> None:
        await says(*pieces)(talk)
        talk.hang_up()

    return answer


def says_and_resets(*pieces: bytes) -> Answer:
    async def answer(talk: Talk) -> None:
        await says(*pieces)(talk)
        talk.reset()

    return answer


def response(body: bytes = b"", *fields: bytes, status: bytes = b"200 OK") -> bytes:
    """A whole response with these header fields, its length told."""
    length = b"Content-Length: %d" % len(body)
    return b"\r\n".join((b"HTTP/1.1 " + status, *fields, length, b"", body))


class Held:
    """An answer that is held back until the test releases it, for any number of requests at a time."""

    def __init__(self, data: bytes = b"") -> None:
        self._data = data
        self._arrived = threading.Semaphore(0)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._released = asyncio.Event()
        self.gone = threading.Semaphore(0)

    async def __call__(self, talk: Talk) -> None:
        self._loop = asyncio.get_running_loop()
        self._arrived.release()
        released = asyncio.ensure_future(self._released.wait())
        left = asyncio.ensure_future(talk.reader.read(1))
        await asyncio.wait((released, left), return_when=asyncio.FIRST_COMPLETED)
        if released.done():
            left.cancel()
            await talk.send(self._data)
        else:
            released.cancel()
            self.gone.release()
        talk.hang_up()

    def wait(self, number: int = 1) -> None:
        """Until this many requests are held."""
        for _ in range(number):
            assert self._arrived.acquire(timeout=PATIENCE), "no request has arrived"

    def release(self) -> None:
        assert self._loop
        self._loop.call_soon_threadsafe(self._released.set)


class Gate:
    """Where requests wait, each for its own release. Answers call `passed`, the test the rest."""

    def __init__(self) -> None:
        self._arrived = threading.Semaphore(0)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._open: dict[object, asyncio.Event] = {}

    async def passed(self, name: object) -> None:
        """Waits until the request of this name is released."""
        self._loop = asyncio.get_running_loop()
        opened = self._open.setdefault(name, asyncio.Event())
        self._arrived.release()
        await opened.wait()

    def wait(self, number: int = 1) -> None:
        """Until this many more requests are held."""
        for _ in range(number):
            assert self._arrived.acquire(timeout=PATIENCE), "no request has arrived"

    def release(self, name: object) -> None:
        """The request of this name, which is held, goes on."""
        assert self._loop
        self._loop.call_soon_threadsafe(self._open[name].set)


@dataclass
class Upstream:
    """The server, on a thread and a loop of its own. `answers` are by path; what has none is answered with 404.

    With a context it speaks TLS (`Authority.server` makes one); `url` then begins with https.
    """

    answers: dict[str, Answer] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    url: str = ""
    connections: int = 0
    context: ssl.SSLContext | None = None

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._up = threading.Event()
        self._down = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))
        self._thread.start()
        assert self._up.wait(PATIENCE)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._down.set)
        self._thread.join()
        self._loop.close()

    def requests(self, path: str) -> list[Received]:
        """What came for a path (its query aside)."""
        return [one for one in self.received if one.target.partition(b"?")[0] == path.encode("latin-1")]

    async def _serve(self) -> None:
        transports: WeakSet[asyncio.WriteTransport] = WeakSet()

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            transports.add(writer.transport)
            try:
                await self._talk(reader, writer)
            except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                pass
            finally:
                if not writer.is_closing():  # closed twice, a connection with TLS cannot be aborted any more
                    writer.close()

        server = await asyncio.start_server(connected, "127.0.0.1", 0, limit=2**20, ssl=self.context)
        self.url = f"http{'s' if self.context else ''}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._up.set()
        await self._down.wait()
        for listening in server.sockets:
            self._loop.remove_reader(listening)
        await asyncio.sleep(0)  # who was just accepted begins now: once the server is closed, asyncio loses the socket
        server.close()
        # Talks are not all that runs: a TLS handshake is a task of asyncio's own, and may become a talk while it is
        # ended. So whatever runs is ended, and then what came of it, until nothing is left.
        while left := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.sleep(0)  # all of them have begun then: a task that is cancelled before never closes anything
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
        for transport in list(transports):
            transport.abort()  # TLS would wait for the other side's goodbye
        for _ in range(3):  # a transport inside of another one ends a turn later
            await asyncio.sleep(0)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        talk: Talk | None = None
        while talk is None or talk.open:
            head = await reader.readuntil(b"\r\n\r\n")
            received = Received(head, b"")
            received = Received(head, await _body(reader, {k.lower(): v for k, v in received.fields()}))
            self.received.append(received)
            talk = Talk(received, writer, reader)
            path = received.target.partition(b"?")[0].decode("latin-1")
            await self.answers.get(path, says(response(status=b"404 Not Found")))(talk)


async def _body(reader: asyncio.StreamReader, fields: dict[bytes, bytes]) -> bytes:
    if b"chunked" not in fields.get(b"transfer-encoding", b""):
        return await reader.readexactly(int(fields.get(b"content-length", b"0")))
    body = b""
    while size := int(await reader.readline(), 16):
        body += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return body
