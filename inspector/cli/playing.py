"""Serving a stub until somebody stops it: its front, its control address, its spy; and what is told meanwhile."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from inspector.replay.control.door import controlling
from inspector.replay.control.hosting import Front, Piece, Stage, hosting
from inspector.replay.fronts.listening import Certificate, listening
from inspector.replay.journal import Verification

if TYPE_CHECKING:
    from inspector.replay.spy.spying import Spy


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What is served, where, and by which front: `server`, or `proxy` (a forward proxy: it is any host). `spy` makes
    the one who asks the real server.
    """

    piece: Piece
    listen: tuple[str, int]
    front: str
    certificate: Certificate | None
    control: tuple[str, int]
    token: str
    spy: "Callable[[], Spy] | None"


async def play(run: Run) -> tuple[Verification, str | None]:
    """Serves until SIGINT or SIGTERM. How the run and its recording agree, and what could not be kept of the misses.

    Prints `ready URL` once clients can connect, then `control URL token TOKEN`. Raises UsageError if an address is
    taken.
    """
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with AsyncExitStack() as stack:
        spy = await stack.enter_async_context(run.spy()) if run.spy else None
        piece = replace(run.piece, spy=spy)
        front, url = await stack.enter_async_context(_front(run, piece))
        stubs = await stack.enter_async_context(hosting())
        stubs.adopt(front, url, piece, run.listen[0], run.certificate)
        print(f"ready {url}", flush=True)
        control = await stack.enter_async_context(controlling(stubs, run.token, *run.control))
        print(f"control {control.url} token {control.token}", flush=True)
        await stopped.wait()
        verification = front.stub.verify()
    return verification, spy.failure if spy else None


@asynccontextmanager
async def _front(run: Run, piece: Piece) -> AsyncIterator[tuple[Front, str]]:
    if run.front == "server":
        stage = Stage(piece.stub())
        async with listening(stage, *run.listen, run.certificate) as url:
            yield stage, url
        return
    from inspector.proxy.host import Proxy, running, script  # mitmproxy takes half a second

    addons: list[Front] = []

    def give_stub(master: Any) -> None:
        addon = master.addons.get("inspector-replay")
        addon.stub = piece.stub()
        addons.append(addon)

    async with running(Proxy("regular", *run.listen, [script("replay")], before=give_stub)) as url:
        yield addons[0], url
