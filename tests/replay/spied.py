"""A stub that spies on the look-alike, and everything that either of them was asked or answered."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from inspector.demo.desktop import Desktop, at_desk
from inspector.demo.people import AGENT
from inspector.demo.server import LookAlike
from inspector.demo.serving import serving
from inspector.demo.web import Receive, Scope, Send
from inspector.demo.world import World
from inspector.recording.recorder import Recorder
from inspector.replay.fronts.listening import listening
from inspector.replay.fronts.server import StubApp
from inspector.replay.plans.opening import prepare
from inspector.replay.spy.spying import Patience, Spy
from inspector.replay.stub import Settings, Stub

PATIENCE = 20.0
AUTH = httpx.BasicAuth(AGENT.user_name, AGENT.password)
ME = "/api/v2/me?subresources=features,devices,channels"
UNRECORDED = "/api/v2/diagnostics/version?of=everything"


@dataclass
class Asked:
    """One request as a server got it, and its answer's head and body."""

    method: str
    target: str
    headers: list[tuple[bytes, bytes]]
    body: bytes = b""
    status: int = 0
    answered: list[tuple[bytes, bytes]] = field(default_factory=list)
    answer: bytes = b""

    def header(self, name: str) -> str:
        return next((value.decode() for key, value in self.headers if key.decode().lower() == name.lower()), "")

    @property
    def told(self) -> bytes:
        """All that the server was told."""
        return b"\n".join([self.target.encode(), *(b": ".join(pair) for pair in self.headers), self.body])

    @property
    def tells(self) -> bytes:
        """All that it answered."""
        return b"\n".join([*(b": ".join(pair) for pair in self.answered), self.answer])


class Overheard:
    """An ASGI app, and what passes."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.asked: list[Asked] = []

    @property
    def targets(self) -> list[str]:
        return [f"{one.method} {one.target}" for one in self.asked]

    @property
    def outside_the_channel(self) -> list[Asked]:
        return [one for one in self.asked if "/notifications" not in one.target]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        query = f"?{scope['query_string'].decode()}" if scope["query_string"] else ""
        asked = Asked(scope["method"], scope["raw_path"].decode("latin-1") + query, list(scope["headers"]))
        self.asked.append(asked)

        async def hear() -> Any:
            message = await receive()
            asked.body += message.get("body", b"")
            return message

        async def tell(message: Any) -> None:
            if message["type"] == "http.response.start":
                asked.status, asked.answered = message["status"], list(message["headers"])
            asked.answer += message.get("body", b"")
            await send(message)

        await self.app(scope, hear, tell)

    def close(self) -> None:
        self.app.close()


@dataclass
class Scene:
    """`server` is what the look-alike was asked, `front` what the stub was."""

    stub: Stub
    spy: Spy
    url: str
    upstream: str
    look_alike: LookAlike
    server: Overheard
    front: Overheard

    def client(self, **options: Any) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.url, trust_env=False, verify=False, **{"timeout": PATIENCE} | options)

    def desk(self) -> AbstractAsyncContextManager[Desktop]:
        return at_desk(self.url, AGENT.user_name, AGENT.password, patience=PATIENCE, hope=0)


@asynccontextmanager
async def stub_with(
    path: Path, upstream: str, patience: Patience | None = None, recorder: Callable[[], Recorder] | None = None
) -> AsyncIterator[tuple[Stub, Spy, str, Overheard]]:
    """A stub of the recording that asks the server at `upstream`."""
    prepared = prepare(path, in_memory=recorder is not None)
    async with Spy(upstream, recorder=recorder, patience=patience) as spy:
        stub = Stub(prepared.loaded, prepared.matcher, prepared.origins, Settings(poll_timeout_ms=1000), spy)
        spy.attend(stub.delivery.channel)
        front = Overheard(StubApp(stub))
        async with listening(front) as url:
            yield stub, spy, url, front


@asynccontextmanager
async def spying_on(path: Path, recorder: Callable[[], Recorder] | None = None) -> AsyncIterator[Scene]:
    """A look-alike, and a stub of the recording that asks it."""
    look_alike = LookAlike(World(), poll_timeout=0.5)
    server = Overheard(look_alike)
    async with serving(server) as upstream, stub_with(path, upstream, recorder=recorder) as (stub, spy, url, front):
        yield Scene(stub, spy, url, upstream, look_alike, server, front)


async def second_chat(scene: Scene) -> str:
    """A chat that the agent has on the real server, and that nobody recorded: its id. What it took is not overheard."""
    async with at_desk(scene.upstream, AGENT.user_name, AGENT.password) as desktop:
        await desktop.log_in()
        for _ in range(2):
            await desktop.me("StartContactCenterSession", channels=["chat"])
        desktop.chat_id = list(scene.look_alike.site.world.chats)[1]
        await desktop.chat("Accept", nickname="Sofia")
    scene.server.asked.clear()
    return desktop.chat_id
