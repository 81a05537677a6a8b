"""Listens for clients of an ASGI app, for as long as a block lasts: uvicorn in the running loop."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import uvicorn

from inspector.errors import UsageError
from inspector.replay.fronts.background import beside
from inspector.replay.fronts.protocol import Prompt, StubProtocol
from inspector.replay.fronts.server import Receive, Scope, Send


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


@dataclass(frozen=True, slots=True)
class Certificate:
    """PEM files for TLS."""

    chain: Path
    key: Path


@asynccontextmanager
async def listening(
    app: App, host: str = "127.0.0.1", port: int = 0, certificate: Certificate | None = None
) -> AsyncIterator[str]:
    """Serves `app` in the running loop; gives its origin once it answers. Port 0 takes a free one.

    At the end it waits for requests under way, but not for long polls. Raises UsageError if the address is taken, or
    the certificate cannot be used.
    """
    with _socket(host, port) as listener:
        config = uvicorn.Config(
            app,
            http=StubProtocol if isinstance(app, Prompt) else "httptools",
            interface="asgi3",
            proxy_headers=False,  # where a client sees us is what its Host says
            lifespan="off",
            ws="none",
            log_config=None,
            log_level="error",
            access_log=False,
            # a recorded answer has its own; a second one would not be what was recorded
            date_header=False,
            server_header=False,
            timeout_graceful_shutdown=1,
            ssl_certfile=certificate.chain if certificate else None,
            ssl_keyfile=certificate.key if certificate else None,
        )
        try:
            config.load()
        except OSError as error:  # ssl.SSLError is one
            raise UsageError(f"the certificate cannot be used: {error.strerror or error}") from None
        server = _Server(config)
        async with beside(server.serve([listener])) as task:
            await server.up.wait()
            try:
                shown = f"[{host}]" if ":" in host else host
                yield f"{'https' if certificate else 'http'}://{shown}:{listener.getsockname()[1]}"
            finally:
                app.close()
                server.down.set()
                await asyncio.wait([task])


def _socket(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # named TCP, or asyncio leaves Nagle on for what it accepts: 40 ms a reply
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except (OSError, UnicodeError) as error:  # UnicodeError: a label of the name is too long
        why = error.strerror if isinstance(error, OSError) else "there is no such name"
        raise UsageError(f"cannot listen on {host}:{port}: {why}") from None
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen()  # two may bind, with SO_REUSEADDR; only one may listen
    except OSError as error:
        listener.close()
        raise UsageError(f"cannot listen on {host}:{port}: {error.strerror}") from None
    return listener
