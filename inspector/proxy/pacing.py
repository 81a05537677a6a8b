"""Keeping a source from sending faster than its bytes can be written: it is not read from while too many wait.

So they wait at the source, and the memory that a body takes is bounded, however slow the disk is.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

from mitmproxy import ctx
from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.connection import Connection

WAITING_LIMIT = 4 * 1024 * 1024
"""Bytes of bodies that may wait to be written; whoever came when there were more goes on at half of them."""


class Queue(Protocol):
    """Bytes that wait to be written."""

    @property
    def waiting(self) -> int:
        """How many they are."""

    def when_below(self, limit: int, call: Callable[[], None]) -> None:
        """Calls back once, from any thread, as soon as no more than `limit` bytes wait."""


class Pace:
    """Holds up one connection, which may belong to several bodies. Of the loop's thread.

    StreamReader pauses its transport, too; a pause that it finds is the reader's, and it is the reader that ends it.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._paused: asyncio.ReadTransport | None = None

    def keep(self, queue: Queue) -> None:
        """To be called when bytes were queued: while too many wait, no more come."""
        if queue.waiting <= WAITING_LIMIT or self._paused:
            return
        transport = _transport(self._connection)
        if transport is None or transport.is_closing() or not transport.is_reading():
            return
        transport.pause_reading()
        self._paused = transport
        loop = asyncio.get_running_loop()

        def below() -> None:
            loop.call_soon_threadsafe(self.release)

        queue.when_below(WAITING_LIMIT // 2, below)

    def release(self) -> None:
        """The connection is read from again, if it was this that held it up."""
        transport, self._paused = self._paused, None
        if transport and not transport.is_closing():
            transport.resume_reading()


def _transport(connection: Connection) -> asyncio.ReadTransport | None:
    """Where the connection's bytes come from; None if it has gone."""
    server: Proxyserver = ctx.master.addons.get("proxyserver")
    for handler in server.connections.values():
        if (known := handler.transports.get(connection)) and isinstance(known.writer, asyncio.StreamWriter):
            transport = known.writer.transport
            return transport if isinstance(transport, asyncio.ReadTransport) else None
    return None
