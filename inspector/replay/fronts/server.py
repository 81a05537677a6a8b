"""The stub's own front: a raw ASGI app, served by uvicorn. Fast because nothing stands between it and the engine."""

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from contextlib import closing
from functools import lru_cache
from typing import Any

import orjson

from inspector.errors import RecordingError
from inspector.replay.answers.legal import Answer, in_json
from inspector.replay.stub import Served, Stub
from inspector.traffic.body import EMPTY, Body
from inspector.traffic.exchange import Request
from inspector.traffic.headers import Headers
from inspector.traffic.multipart import split

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

logger = logging.getLogger("inspector")

Begun = Served | asyncio.Future[Served]
"""An answer; or, where it takes time, the work on it."""

BEGUN = "inspector.begun"
"""Where the scope holds what the stub gave for the request already, if the server has asked before."""

HANG_UP = "inspector.hang_up"
"""Where the scope holds what ends the connection in the middle of an answer, if the server can do that."""

_PIECE = 64 * 1024
"""Bytes that are given to the server at a time, so that a client that is slow to read slows us."""

_INTERNAL_ERROR = 4
"""`statusCode` of the API (Return Values)."""


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
        begun: Begun | None = scope.get(BEGUN)
        if begun is None:
            body = await _body(receive)
            if body is None:
                return
            begun = self.begin(_request(scope, body))
        if isinstance(begun, Served):
            await _send(begun, scope, send)
            self.handed_over(begun)
        else:
            await self._later(begun, scope, receive, send)

    def begin(self, request: Request) -> Begun:
        """As Stub.begin; if the stub itself fails, an answer that says so."""
        try:
            begun = self._stub.begin(request)
        except Exception as error:
            return Served(failure(error))
        return begun if isinstance(begun, Served) else _begin(surely(begun))

    def handed_over(self, served: Served) -> None:
        """As Stub.handed_over; if the stub itself fails, the log says so: the answer is gone."""
        try:
            self._stub.handed_over(served)
        except Exception as error:
            failure(error)

    async def _later(self, answering: asyncio.Future[Served], scope: Scope, receive: Receive, send: Send) -> None:
        """An answer that takes its time, as long as its client stays."""
        taken = False
        try:
            if answering.done() or await _client_stays(answering, receive):
                with self._stub.handover(answering.result()) as served:
                    taken = True
                    await _send(served, scope, send)
        finally:
            if not taken:
                answering.cancel()
                answering.add_done_callback(self._unwanted)

    def close(self) -> None:
        """Ends the held polls."""
        self._stub.close()

    def _unwanted(self, answering: "asyncio.Future[Served]") -> None:
        if not answering.cancelled():  # it was faster
            self._stub.put_back(answering.result())


def begun_of(stub: Stub, request: Request) -> Served | Coroutine[Any, Any, Served]:
    """As Stub.begin; if the stub itself fails, an answer that says so."""
    try:
        return stub.begin(request)
    except Exception as error:
        return Served(failure(error))


async def answered(stub: Stub, request: Request) -> Served:
    """The stub's answer to a request; if the stub itself fails, one that says so."""
    begun = begun_of(stub, request)
    return begun if isinstance(begun, Served) else await surely(begun)


async def surely(begun: Coroutine[Any, Any, Served]) -> Served:
    """What the work comes to; if the stub itself fails, an answer that says so."""
    try:
        return await begun
    except Exception as error:
        return Served(failure(error))


def failure(error: BaseException) -> Answer:
    """What a client is told when the stub itself has failed; nothing recorded looks like it."""
    logger.error("the stub has failed, a request is answered with 500", exc_info=error)
    text = f"gws-inspector: the stub has failed: {type(error).__name__}: {error}".encode("utf-8", "replace").decode()
    body = orjson.dumps({"statusCode": _INTERNAL_ERROR, "statusMessage": text})
    return in_json(500, "Internal Server Error", body)


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
    return asked(
        scope["method"],
        scope["scheme"],
        scope.get("raw_path") or scope["path"].encode("utf-8"),
        scope["query_string"],
        scope["http_version"],
        tuple(map(tuple, scope["headers"])),
        content,
    )


def asked(
    method: str,
    scheme: str,
    path: bytes,
    query: bytes,
    http_version: str,
    fields: tuple[tuple[bytes, bytes], ...],
    content: bytes,
) -> Request:
    """A request from what a server read; `http_version` is its number."""
    headers = _headers(fields)
    where, query_string = path.decode("latin-1"), query.decode("latin-1")
    bare = Request(method, scheme, headers.get("host"), where, query_string, f"HTTP/{http_version}", headers)
    return with_body(bare, content) if content else bare


def with_body(request: Request, content: bytes) -> Request:
    """The same request with another body."""
    headers = request.headers
    return Request(
        request.method,
        request.scheme,
        request.authority,
        request.path,
        request.query,
        request.http_version,
        headers,
        Body.of(content, headers.coding) if content else EMPTY,
        split(content, headers.get("content-type")) if headers.media_type.startswith("multipart/") else (),
    )


@lru_cache(maxsize=256)
def _headers(fields: tuple[tuple[bytes, bytes], ...]) -> Headers:
    """What a client sends with one request it sends with the next: parsed, and searched, once."""
    return Headers.of(fields)


def _begin(answering: Coroutine[Any, Any, Served]) -> asyncio.Future[Served]:
    """Goes as far as the first wait at once; most answers need none, and are there."""
    if sys.version_info >= (3, 12):
        return asyncio.Task(answering, loop=asyncio.get_running_loop(), eager_start=True)
    return asyncio.ensure_future(answering)


async def _client_stays(answering: "asyncio.Future[Served]", receive: Receive) -> bool:
    """Waits for the answer; False if the client leaves first. An answer that is there at once is not watched over."""
    await asyncio.sleep(0)
    if answering.done():
        return True
    leaving = asyncio.ensure_future(_gone(receive))
    try:
        both: list[asyncio.Future[Any]] = [answering, leaving]
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        return not leaving.done()
    finally:
        leaving.cancel()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send(served: Served, scope: Scope, send: Send) -> None:
    answer = served.answer
    if answer.stream is not None:
        await _stream(served, scope, send)
        return
    await send({"type": "http.response.start", "status": answer.status, "headers": list(answer.headers)})
    body = answer.body if served.cut is None else answer.body[: served.cut]
    for start in range(0, len(body) - _PIECE, _PIECE):
        await send({"type": "http.response.body", "body": body[start : start + _PIECE], "more_body": True})
    rest = body[max((len(body) - 1) // _PIECE, 0) * _PIECE :]
    await send({"type": "http.response.body", "body": rest, "more_body": served.cut is not None})
    _hang_up(served, scope)


async def _stream(served: Served, scope: Scope, send: Send) -> None:
    """A body that is read as it goes, by another thread, one piece at a time; its client's speed is ours."""
    answer = served.answer
    with closing(answer.pieces(served.cut)) as pieces:
        try:
            piece = await asyncio.to_thread(next, pieces, b"")
        except RecordingError as error:  # before anything is told of it
            await _send(Served(failure(error)), scope, send)
            return
        await send({"type": "http.response.start", "status": answer.status, "headers": list(answer.headers)})
        while piece:
            for start in range(0, len(piece), _PIECE):
                await send({"type": "http.response.body", "body": piece[start : start + _PIECE], "more_body": True})
            piece = await asyncio.to_thread(next, pieces, b"")
    await send({"type": "http.response.body", "body": b"", "more_body": served.cut is not None})
    _hang_up(served, scope)


def _hang_up(served: Served, scope: Scope) -> None:
    """Ends the connection in the middle of an answer, if a fault wants it."""
    if served.cut is not None:
        if HANG_UP not in scope:
            raise ConnectionResetError("a fault cuts this answer")
        scope[HANG_UP]()
