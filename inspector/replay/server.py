"""The stub's own front: a raw ASGI app, served by uvicorn. Fast because nothing stands between it and the engine."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from inspector.replay.stub import Served, Stub
from inspector.traffic.body import EMPTY, Body
from inspector.traffic.exchange import Request
from inspector.traffic.headers import Headers
from inspector.traffic.multipart import split

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class StubApp:
    """One stub as an ASGI app (ASGI specification 3.0)."""

    def __init__(self, stub: Stub) -> None:
        self._stub = stub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            # refused, so that clients fall back to long polling (CometD page, since October 2015)
            await receive()
            await send({"type": "websocket.close", "code": 1000})
            return
        body = await _body(receive)
        if body is None:
            return
        answering = asyncio.ensure_future(self._stub.answer(_request(scope, body)))
        served = await _unless_gone(answering, receive)
        if served is not None:
            with self._stub.handover(served):
                await _send(served, send)

    def close(self) -> None:
        """Ends the held polls."""
        self._stub.close()


async def _body(receive: Receive) -> bytes | None:
    """The whole body; None if the client left before it was complete."""
    pieces = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        pieces.append(message.get("body", b""))
        if not message.get("more_body"):
            return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _request(scope: Scope, content: bytes) -> Request:
    headers = Headers.of(scope["headers"])
    return Request(
        scope["method"],
        scope["scheme"],
        headers.get("host"),
        scope["raw_path"].decode("latin-1") if scope.get("raw_path") else scope["path"],
        scope["query_string"].decode("latin-1"),
        f"HTTP/{scope['http_version']}",
        headers,
        Body.of(content, headers.coding) if content else EMPTY,
        split(content, headers.get("content-type")) if headers.media_type.startswith("multipart/") else (),
    )


async def _unless_gone(answering: "asyncio.Future[Served]", receive: Receive) -> Served | None:
    """The answer; None if the client leaves while it waits. An answer that is there at once is not watched over."""
    await asyncio.sleep(0)
    if not answering.done():
        leaving = asyncio.ensure_future(_gone(receive))
        try:
            both: list[asyncio.Future[Any]] = [answering, leaving]
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
        if not answering.done():
            answering.cancel()
            await asyncio.wait({answering})
            return None
    return answering.result()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send(served: Served, send: Send) -> None:
    answer = served.answer
    await send({"type": "http.response.start", "status": answer.status, "headers": list(answer.headers)})
    await send({"type": "http.response.body", "body": answer.body})
