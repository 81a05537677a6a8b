"""The way in to the control address: open from the start; what is behind it is loaded for the first who comes.

Who only plays a recording does not wait for the libraries that control needs.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import TYPE_CHECKING

from inspector.replay.control.guard import checked_token, new_token
from inspector.replay.control.hosting import Stubs
from inspector.replay.fronts.listening import listening
from inspector.replay.fronts.server import Receive, Scope, Send

if TYPE_CHECKING:
    from inspector.replay.control.routes import Control


class Door:
    """An ASGI app. `url` is where it listens, `token` what its clients have to show. Use `controlling`."""

    def __init__(self, stubs: Stubs, token: str) -> None:
        self.url = ""
        self.token = token
        self._stubs = stubs
        self._control: Control | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._control is None:
            # in a thread: the stubs go on answering
            module = await asyncio.to_thread(import_module, "inspector.replay.control.routes")
            self._control = self._control or module.Control(self._stubs, self.token)
            self._control.stand_at(self.url)
        await self._control(scope, receive, send)

    def close(self) -> None:
        """It holds no requests."""


@asynccontextmanager
async def controlling(stubs: Stubs, token: str = "", host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[Door]:
    """Serves the control address of `stubs` for as long as the block lasts. Without a `token` it has a random one.

    Raises UsageError: the address is taken, or no header field can hold the token.
    """
    door = Door(stubs, checked_token(token) if token else new_token())
    async with listening(door, host, port) as url:
        door.url = url
        yield door
