"""A command's own stub with its control address, as `replay` has them, and a client of both."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from inspector.demo.people import AGENT
from inspector.replay.control.door import Door, controlling
from inspector.replay.control.hosting import Piece, Stage, Stubs, hosting
from inspector.replay.control.routes import PREFIX
from inspector.replay.control.shelf import Source
from inspector.replay.faults import Fault
from inspector.replay.fronts.listening import listening
from inspector.replay.stub import Settings
from tests.replay.fronts import PATIENCE

AUTH = httpx.BasicAuth(AGENT.user_name, AGENT.password)
ME = "/api/v2/me?subresources=features,devices,channels"
START = {"operationName": "StartContactCenterSession", "channels": ["chat"]}


@dataclass
class Desk:
    """What a test holds: the control address through an HTTP client that has the token, and the own stub's URL."""

    stubs: Stubs
    control: Door
    http: httpx.AsyncClient
    url: str

    async def ask(self, method: str, path: str, status: int = 200, **more: Any) -> Any:
        """The JSON value of the answer, which has this status."""
        answer = await self.http.request(method, f"{PREFIX}{path}", **more)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["cache-control"] == "no-store"
        assert not [name for name in answer.headers if name.startswith("access-control-")]
        return answer.json() if answer.content else None

    async def made(self, timeout: float = PATIENCE, **wanted: Any) -> Any:
        """A new stub; whoever waits for it loses patience after so many seconds."""
        return await self.ask("POST", "/stubs", 201, json=wanted, timeout=timeout)

    async def refused(self, status: int, method: str = "POST", path: str = "/stubs", **more: Any) -> str:
        """The error, which is one line."""
        answer = await self.ask(method, path, status, **more)
        assert list(answer) == ["error"]
        assert answer["error"].isprintable()
        error: str = answer["error"]
        return error


@asynccontextmanager
async def controlled(
    path: Path, settings: Settings | None = None, faults: tuple[Fault, ...] = ()
) -> AsyncIterator[Desk]:
    async with hosting() as stubs:
        source = Source(path)
        piece = Piece(source, source.prepared(), settings or Settings(poll_timeout_ms=600_000), faults)
        stage = Stage(piece.stub())
        async with listening(stage) as url:
            stubs.adopt(stage, url, piece)
            async with controlling(stubs) as control, client(control.url, token=control.token) as http:
                yield Desk(stubs, control, http, url)


def client(url: str, token: str = "", **options: Any) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.AsyncClient(
        base_url=url, trust_env=False, verify=False, **{"timeout": PATIENCE, "headers": headers} | options
    )


@asynccontextmanager
async def logged_in(url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with client(url) as http:
        assert (await http.get(ME, auth=AUTH)).status_code == 200
        yield http


async def code_of_start(url: str) -> int:
    """The `statusCode` of an operation that the recording has once; of a miss it is 6."""
    async with logged_in(url) as http:
        code: int = (await http.post("/api/v2/me", json=START)).json()["statusCode"]
        return code


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Somebody writes to the recording, and nobody else can read it meanwhile."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("BEGIN EXCLUSIVE")
        yield
        db.execute("ROLLBACK")
