"""A visit: the official CometD client at work through `gws-inspector record`, in front of one of two servers.

One server is the demo's look-alike; the other is independent of us: CometD's own server for Node.js. Callback-polling
is left out: the client does it by script elements, which need a browser.
"""

import asyncio
import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from inspector.demo.documents import document
from inspector.demo.people import AGENT
from inspector.demo.server import LookAlike
from inspector.demo.serving import serving
from tests.node.programs import PATIENCE, Json, program
from tests.node.shifts import polled, replaying

PLAIN, OVERTAKING, LOST = (document(name).id for name in ("draft-offer.txt", "price-list.pdf", "internal-memo.txt"))
"""What the agent sends: the notification of the second overtakes its reply; that of the third is lost on the way, where
there are acknowledgements to bring it again and a server that can lose it (the independent one)."""

Forget = Callable[[], Awaitable[None]]
"""Makes a server forget its Bayeux sessions."""


@dataclass(frozen=True, slots=True)
class Visit:
    """What the client sent and saw, line by line, and the recording of it."""

    lines: list[Json]
    recording: Path

    def only(self, kind: str) -> list[Json]:
        """One kind of lines: `told` is every Bayeux message that came, `reply` whatever else was answered."""
        return [line[kind] for line in self.lines if kind in line]

    @property
    def sent(self) -> list[Json]:
        """Every Bayeux message that left: all but the handshake for the WebSocket, which never opened."""
        return self.only("sent")[1:]

    @property
    def notifications(self) -> list[Json]:
        """The data of every event, in the order in which the client saw them."""
        return [message["data"] for message in self.only("told") if "data" in message]


async def visit(node: str, server: str, *wishes: str, recording: Path) -> Visit:
    """A visit to the server "look-alike" or "independent"; with the wish `--ack`, by the acknowledge extension."""
    async with (
        asyncio.timeout(PATIENCE),
        _SERVERS[server](node, acknowledged="--ack" in wishes) as (upstream, forget),
        _recorder(upstream, recording) as origin,
    ):
        lines = [line async for line in _agent(node, origin, wishes, forget)]
    return Visit(lines, recording)


async def replayed(node: str, seen: Visit, *wishes: str) -> tuple[Visit, str]:
    """The same visit to a stub that plays its recording; and the stub's origin."""
    async with asyncio.timeout(PATIENCE), replaying(seen.recording) as (stub, origin):

        async def forget() -> None:
            await polled(stub)
            stub.faults.expire_session()

        lines = [line async for line in _agent(node, origin, wishes, forget)]
    return Visit(lines, seen.recording), origin


async def _agent(node: str, origin: str, wishes: tuple[str, ...], forget: Forget) -> AsyncIterator[Json]:
    async with program(node, "agent.js", *wishes, origin, PLAIN, OVERTAKING, LOST) as agent:
        assert agent.stdout
        async for text in agent.stdout:
            line = json.loads(text)
            yield line
            if "paused" in line:
                await forget()
        assert await agent.wait() == 0, "the agent gave up: see stderr"


@contextlib.asynccontextmanager
async def _recorder(upstream: str, recording: Path) -> AsyncIterator[str]:
    main = "from inspector.cli import main; main()"
    command = (sys.executable, "-c", main, "record", upstream, str(recording), "--listen", "127.0.0.1:0", "--quiet")
    async with program(*command, folder=recording.parent) as recorder:
        yield await _ready(recorder)
        recorder.send_signal(signal.SIGINT)
        assert await recorder.wait() == 0, "the recorder did not end well: see stderr"


@contextlib.asynccontextmanager
async def _look_alike(node: str, *, acknowledged: bool) -> AsyncIterator[tuple[str, Forget]]:
    app = LookAlike()

    async def forget() -> None:
        await app.listening(AGENT)
        app.expire(AGENT)

    async with serving(app) as origin:
        yield origin, forget


@contextlib.asynccontextmanager
async def _independent(node: str, *, acknowledged: bool) -> AsyncIterator[tuple[str, Forget]]:
    loses = ("--loses", LOST) if acknowledged else ()
    async with program(node, "server.js", "--overtakes", OVERTAKING, *loses, stdin=subprocess.PIPE) as server:
        stdin = server.stdin
        assert stdin

        async def forget() -> None:
            stdin.write(b"forget\n")
            await stdin.drain()

        yield await _ready(server), forget
        stdin.close()
        assert await server.wait() == 0


_SERVERS = {"look-alike": _look_alike, "independent": _independent}


async def _ready(program: asyncio.subprocess.Process) -> str:
    assert program.stdout
    words = (await program.stdout.readline()).decode().split()
    assert words[:1] == ["ready"], "it did not start: see stderr"
    return words[1]
