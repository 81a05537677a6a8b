"""A TCP relay in front of a server, which can break a connection in the middle of an answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

_CHUNK = 1 << 16


class Relay:
    """Passes everything on; an answer that holds `cut_at` is passed on as far as that, once."""

    def __init__(self, upstream: str) -> None:
        self.cut_at = b""
        self._upstream = urlsplit(upstream)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        answers, requests = await asyncio.open_connection(self._upstream.hostname, self._upstream.port)
        try:
            with suppress(ConnectionError):
                async with asyncio.TaskGroup() as both:
                    there = both.create_task(self._pass(reader, requests))
                    back = both.create_task(self._pass_back(answers, writer))
                    await asyncio.wait([there, back], return_when=asyncio.FIRST_COMPLETED)
                    there.cancel()
                    back.cancel()
        finally:
            for end in (writer, requests):
                end.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()

    async def _pass_back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        passed = b""
        while chunk := await reader.read(_CHUNK):
            passed += chunk
            if self.cut_at and self.cut_at in passed:
                writer.write(chunk[: max(0, len(chunk) - len(passed) + passed.index(self.cut_at))])
                self.cut_at = b""
                return
            writer.write(chunk)
            await writer.drain()


@asynccontextmanager
async def relaying(upstream: str) -> AsyncIterator[tuple[Relay, str]]:
    """A relay to the server at `upstream`, and its own origin."""
    relay = Relay(upstream)
    server = await asyncio.start_server(relay.serve, "127.0.0.1", 0)
    async with server:
        yield relay, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
