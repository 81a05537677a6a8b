"""The server behind the proxies: answers every request with what accepts an operation, as cheaply as Python can.

python -m tests.benchmarks.record_server [FILE with key and certificate]; prints its port.
"""

import asyncio
import ssl
import sys

import httptools
import uvloop

BODY = b'{"statusCode":0,"operationId":"16a4a2d0-6bb4-4b6e-9f58-f6a5b21b0c5a"}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json;charset=UTF-8\r\nContent-Length: %d\r\n\r\n%s"


class Answering(asyncio.Protocol):
    """One connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport
        self._parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        self._transport.write(ANSWER % (len(BODY), BODY))


async def serve(certificate: str = "") -> None:
    context = None
    if certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
    server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", 0, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(*sys.argv[1:]))
