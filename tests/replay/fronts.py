"""One stub behind each of its fronts, reached by the same asynchronous client; and what it plays."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from mitmproxy import ctx

from inspector.demo import story
from inspector.demo.desktop import Desktop, at_desk
from inspector.demo.inbox import Inbox
from inspector.demo.people import AGENT
from inspector.demo.server import LookAlike
from inspector.demo.serving import serving
from inspector.proxy.host import Proxy, running, script
from inspector.recording.recorder import Recorder, now
from inspector.replay.fronts.listening import listening
from inspector.replay.fronts.server import StubApp
from inspector.replay.fronts.transport import AsyncStubTransport, SharedLoop, StubTransport
from inspector.replay.plans.opening import prepare
from inspector.replay.stub import Settings, Stub
from inspector.traffic import bayeux
from inspector.traffic.body import Body
from inspector.traffic.exchange import Request, Response
from inspector.traffic.headers import Headers

FRONTS = ("server", "proxy", "transport", "sync transport")
AT_LENGTH = pytest.mark.parametrize(
    "play", [one if one == "proxy" else pytest.param(one, marks=pytest.mark.once) for one in FRONTS], indirect=True
)
"""For what takes long with each front: all of them on one Python, and on each what mitmproxy has a part in."""

NOWHERE = "http://gws.test"
PATIENCE = 20.0
"""Seconds until a request that is never answered fails its test."""

CHANNEL = "/api/v2/notifications"
CHATS = "/v2/me/chats"
SMALL_KEY = {"key_size": 1024}
"""mitmproxy makes an authority whenever it starts: with its own size of key, that is most of a start's time. Nobody
speaks TLS here, and small keys are found soon.
"""

CUT_S = 0.05
"""Seconds after which a client here gives up a poll that is held."""


@dataclass
class Front:
    """A stub at work. `transport` stands in for the network, where there is none."""

    name: str
    stub: Stub
    url: str
    transport: httpx.AsyncBaseTransport | None = None

    def client(self, **options: Any) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self.url,
            transport=self.transport,
            trust_env=False,
            verify=False,
            **{"timeout": PATIENCE} | options,
        )

    def desk(self) -> AbstractAsyncContextManager[Desktop]:
        return at_desk(self.url, AGENT.user_name, AGENT.password, transport=self.transport, patience=PATIENCE, hope=0)

    async def holding(self, client_id: str) -> None:
        """Until a poll of the Bayeux client is held."""
        await self.in_its_loop(self.stub.delivery.channel.listening(client_id))

    async def in_its_loop(self, work: Any) -> None:
        """Does something in the loop in which the stub lives."""
        if isinstance(self.transport, InThreads):
            await asyncio.to_thread(self.transport.loop.run, work)
        else:
            await work


class InThreads(httpx.AsyncBaseTransport):
    """The synchronous transport for an asynchronous client: each request in a thread of its own."""

    def __init__(self, stub: Stub) -> None:
        self._transport = StubTransport(stub)
        self.loop: SharedLoop = self._transport._shared

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        return await asyncio.to_thread(self._transport.handle_request, request)


@asynccontextmanager
async def playing(name: str, path: Path, *, upstream: str, **settings: Any) -> AsyncIterator[Front]:
    """A stub of the recording behind the front of this name; its polls are held for a second at most."""
    chosen = Settings(**{"poll_timeout_ms": 1000} | settings)
    if name == "proxy":
        async with running(
            Proxy(f"reverse:{upstream}", "127.0.0.1", 0, [script("replay")], options(path, chosen))
        ) as url:
            yield Front(name, ctx.master.addons.get("inspector-replay").stub, url)
        return
    stub = prepare(path).stub(chosen)
    if name == "server":
        async with listening(StubApp(stub)) as url:
            yield Front(name, stub, url)
    elif name == "transport":
        yield Front(name, stub, NOWHERE, AsyncStubTransport(stub))
    else:
        transport = InThreads(stub)
        try:
            yield Front(name, stub, NOWHERE, transport)
        finally:
            await asyncio.to_thread(transport.loop.run, _closed(stub))


async def _closed(stub: Stub) -> None:
    stub.close()


def options(path: Path, settings: Settings) -> dict[str, Any]:
    """The settings as options of the addon."""
    return SMALL_KEY | {
        "inspector_replay": str(path),
        "inspector_pace": str(settings.pace),
        "inspector_reuse": settings.reuse,
        "inspector_poll_timeout": settings.poll_timeout_ms,
        "inspector_keep_origins": settings.keep_origins,
    }


class Ear:
    """A Bayeux client whose every poll is a test's."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.client_id = ""
        self._http = http

    async def open(self) -> list[Any]:
        """Shakes hands, subscribes, and makes the first connect, which is answered at once; what that brings."""
        hello = {"channel": bayeux.HANDSHAKE, "version": "1.0", "supportedConnectionTypes": ["long-polling"]}
        self.client_id = (await self.ask(hello))[-1]["clientId"]
        await self.ask({"channel": bayeux.SUBSCRIBE, "subscription": CHATS})
        return await self.poll(advice={"timeout": 0})

    async def ask(self, message: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
        message |= {"clientId": self.client_id} if self.client_id else {}
        messages: list[dict[str, Any]] = (await self._http.post(CHANNEL, json=[message], **options)).json()
        return messages

    async def poll(self, timeout: float = PATIENCE, **members: Any) -> list[Any]:
        """The data of the events that one connect brings."""
        connect = {"channel": bayeux.CONNECT, "connectionType": "long-polling"} | members
        messages = await self.ask(connect, timeout=httpx.Timeout(PATIENCE, read=timeout))
        assert messages[-1]["successful"], messages
        return [message["data"] for message in messages[:-1]]


@dataclass
class Tale:
    """The demo's story as it was recorded: its file, what the desktop saw, and a watch at the server's address."""

    path: Path
    seen: Inbox
    upstream: str
    watch: "Watch"


class Watch:
    """Listens where the recorded server was, and counts who comes."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(address)
        self._socket.listen()
        self._socket.setblocking(False)

    def connections(self) -> int:
        """How many have come since the last call."""
        number = 0
        while True:
            try:
                connection, _ = self._socket.accept()
            except BlockingIOError:
                return number
            connection.close()
            number += 1

    def close(self) -> None:
        self._socket.close()


def tell(path: Path) -> Tale:
    """Records the story."""
    seen, upstream = asyncio.run(_record(path))
    url = httpx.URL(upstream)
    assert url.port
    return Tale(path, seen, upstream, Watch((url.host, url.port)))


async def _record(path: Path) -> tuple[Inbox, str]:
    async with serving(LookAlike(poll_timeout=0.5)) as upstream:
        chosen = SMALL_KEY | {"inspector_recording": str(path), "inspector_advertise": True, "inspector_window": 250}
        async with (
            running(Proxy(f"reverse:{upstream}", "127.0.0.1", 0, [script("record")], chosen)) as url,
            at_desk(url, AGENT.user_name, AGENT.password, hope=0.3) as desktop,
        ):
            async for _ in story.play(desktop):
                pass
        return desktop.inbox, upstream


@dataclass(frozen=True)
class Made:
    """An exchange to record by hand: `asks` and `fields` are the request's and the response's header fields."""

    target: str
    status: int = 200
    body: bytes = b""
    fields: Sequence[tuple[str, str]] = ()
    asks: Sequence[tuple[str, str]] = field(default=())
    method: str = "GET"


def make(path: Path, *exchanges: Made, upstream: str = "http://gws.example", as_it_is: bool = False) -> Path:
    """A recording of these exchanges, one after the other; `as_it_is`: with what a recorder would not keep."""
    recorder = Recorder(path, upstream, keep_secrets=as_it_is)
    for one in exchanges:
        number, headers = recorder.number(), Headers(tuple(one.fields))
        where, _, query = one.target.partition("?")
        asked = Request(one.method, "http", "gws.example", where, query, "HTTP/1.1", Headers(tuple(one.asks)))
        recorder.started(number, "connection", now(), asked)
        recorder.completed(number, now(), Response(one.status, "", headers, Body.of(one.body, headers.coding)), None)
    recorder.close()
    return path
