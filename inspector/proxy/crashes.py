"""Connections that mitmproxy gives up on: by itself it writes that to its log, and leaves both sides waiting.

What it cannot go on from are trailers in HTTP/1 (RFC 9112 section 7.1.2; issue #2474, open since 2017), both ways.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from mitmproxy import ctx
from mitmproxy.connection import Client

logger = logging.getLogger("inspector")

_SAID = "mitmproxy has crashed!"
_BAD_GATEWAY = (
    b"HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s"
)

Told = Callable[[Client, str], Awaitable[bool]]
"""Hears whose connection it was, and why; says whether that client waits for a response of which it has nothing."""


class Crashes(logging.Handler):
    """An addon that closes such connections, so that nobody waits; `told` hears of each before."""

    name = "inspector-crashes"

    def __init__(self, told: Told) -> None:
        super().__init__(logging.ERROR)
        self._told = told
        self._closing: set[asyncio.Future[None]] = set()

    def running(self) -> None:
        logging.getLogger("mitmproxy.proxy.server").addHandler(self)

    def done(self) -> None:
        logging.getLogger("mitmproxy.proxy.server").removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Called in the loop's thread, in the middle of what failed: so what there is to do is done after it."""
        if record.getMessage() != _SAID:
            return
        failure = record.exc_info[1] if record.exc_info else None
        for handler in list(ctx.master.addons.get("proxyserver").connections.values()):
            if handler.client.peername == getattr(record, "client", None):
                closing = asyncio.ensure_future(self._close(handler, f"mitmproxy gave up on the connection: {failure}"))
                self._closing.add(closing)
                closing.add_done_callback(self._closing.discard)

    async def _close(self, handler: Any, why: str) -> None:
        client: Client = handler.client
        logger.warning("%s", why)
        waits = await self._told(client, why)
        connection = handler.transports.get(client)
        if connection is None or connection.writer is None:
            return  # it has left meanwhile
        if waits and not client.tls:  # what is encrypted only mitmproxy could write
            connection.writer.write(_BAD_GATEWAY % (len(why), why.encode("ascii", "replace")))
        handler.close_connection(client)
