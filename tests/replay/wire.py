"""A stub on a socket, and a client that writes its bytes by hand."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from inspector.recording.recorder import Recorder, now
from inspector.replay.fronts.listening import listening
from inspector.replay.fronts.server import Receive, Scope, Send, StubApp
from inspector.replay.plans.opening import prepare
from inspector.replay.stub import Served, Settings, Stub
from inspector.traffic.body import Body
from inspector.traffic.exchange import Request, Response
from inspector.traffic.headers import Headers
from tests.replay.fronts import PATIENCE


class Counting(StubApp):
    """Counts the requests that took the ordinary way, and those that were answered."""

    def __init__(self, stub: Stub) -> None:
        super().__init__(stub)
        self.cycles = self.answered = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.cycles += 1
        await super().__call__(scope, receive, send)

    def handed_over(self, served: Served) -> None:
        self.answered += 1
        super().handed_over(served)


class Wire:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, *pieces: bytes) -> None:
        """Each piece in a packet of its own: the server, which runs in the same loop, reads it first."""
        for piece in pieces:
            self.writer.write(piece)
            await turns()

    async def answer(self, *, head: bool = False) -> tuple[int, dict[str, str], bytes]:
        """The next response: status, fields, body; `head` if it was asked by HEAD."""
        async with asyncio.timeout(PATIENCE):
            lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").splitlines()
            fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:-1])}
            body = b"" if head else await self.reader.readexactly(int(fields.get("content-length", 0)))
            return int(lines[0].split()[1]), fields, body

    async def rest(self) -> bytes:
        """What still comes until the server closes."""
        async with asyncio.timeout(PATIENCE):
            return await self.reader.read()


@asynccontextmanager
async def on_the_wire(path: Path, **settings: Any) -> AsyncIterator[tuple[Counting, str]]:
    """A stub of the recording, and its address."""
    app = Counting(prepare(path).stub(Settings(**{"poll_timeout_ms": 50} | settings)))
    async with listening(app) as url:
        yield app, url


@asynccontextmanager
async def wire(url: str, limit: int = 2**20) -> AsyncIterator[Wire]:
    """A connection to the address."""
    host, _, port = url.partition("//")[2].partition(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=limit)
    try:
        yield Wire(reader, writer)
    finally:
        writer.close()


async def turns(number: int = 5) -> None:
    """The loop goes round: whoever has something to read in it has read it."""
    for _ in range(number):
        await asyncio.sleep(0)


def request(
    target: str, body: bytes = b"", method: str = "", fields: Iterable[str] = (), version: str = "1.1"
) -> bytes:
    """A request as it is sent."""
    lines = [f"{method or ('POST' if body else 'GET')} {target} HTTP/{version}", "Host: gws.test", *fields]
    lines += [f"Content-Length: {len(body)}"] if body else []
    return "\r\n".join([*lines, "", ""]).encode() + body


def recorded(path: Path, *exchanges: tuple[str, bytes, int, bytes]) -> Path:
    """A recording of exchanges: target, body of the request (none: it is a GET), status, body of the response."""
    recorder = Recorder(path, "http://gws.example")
    for target, asked, status, answered in exchanges:
        number, method = recorder.number(), "POST" if asked else "GET"
        sent = Request(method, "http", "gws.example", target, "", "HTTP/1.1", Headers(), Body.of(asked))
        recorder.started(number, "connection", now(), sent)
        recorder.completed(number, now(), Response(status, "", Headers(), Body.of(answered)), None)
    recorder.close()
    return path
