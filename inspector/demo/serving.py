"""Serves an ASGI app on a loopback port for as long as a block lasts."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Protocol

import uvicorn

from inspector.demo.background import beside
from inspector.demo.web import Receive, Scope, Send
from inspector.errors import UsageError

HOST = "127.0.0.1"


class App(Protocol):
    """An ASGI app that can end the requests that it holds."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...

    def close(self) -> None: ...


class _Server(uvicorn.Server):
    """uvicorn without its tenth-of-a-second clock and its signal handlers: both belong to whom it serves."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()
        self.down = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    async def main_loop(self) -> None:
        while not self.down.is_set():
            await self.on_tick(0)  # the Date header
            with suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await self.down.wait()


@asynccontextmanager
async def serving(app: App, port: int = 0) -> AsyncIterator[str]:
    """Serve `app` in the running loop; gives its origin once it answers. Port 0 takes a free one.

    At the end it waits for requests under way, but not for long polls. Raises UsageError if the port is in use.
    """
    with _listening(port) as listener:
        config = uvicorn.Config(
            app, lifespan="off", ws="none", log_config=None, log_level="error", timeout_graceful_shutdown=1
        )
        server = _Server(config)
        async with beside(server.serve([listener])) as task:
            await server.up.wait()
            try:
                yield f"http://{HOST}:{listener.getsockname()[1]}"
            finally:
                app.close()
                server.down.set()
                await asyncio.wait([task])


def _listening(port: int) -> socket.socket:
    # named TCP, or asyncio leaves Nagle on for what it accepts: 40 ms a reply
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise UsageError(f"cannot listen on {HOST}:{port}: {error.strerror}") from None
    return listener
