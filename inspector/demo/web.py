"""Requests and responses of the look-alike, and their way through ASGI."""

import gzip
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

import orjson

from inspector.traffic.headers import Headers

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

BODY_LIMIT = 64 * 1024 * 1024
"""Bytes of a request's body; more is not read to its end."""

_WORTH_ZIPPING = 1024


class BodyTooLarge(Exception):
    """The request's body has more than BODY_LIMIT bytes."""


class ClientGone(Exception):
    """The client hung up in the middle of its request."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, read to its end."""

    method: str
    path: str
    query_string: str
    headers: Headers
    body: bytes

    @property
    def query(self) -> Mapping[str, str]:
        return dict(parse_qsl(self.query_string, keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP response; Content-Length is added when it is sent."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def plus(self, *headers: tuple[str, str]) -> "Response":
        return replace(self, headers=(*self.headers, *headers))


def json(value: Any, status: int = 200) -> Response:
    """A reply in the Content-Type that real servers use for JSON."""
    return Response(status, (("Content-Type", "application/json;charset=UTF-8"),), orjson.dumps(value))


def text(value: str, status: int) -> Response:
    return Response(status, (("Content-Type", "text/plain;charset=UTF-8"),), value.encode())


async def read(scope: Scope, receive: Receive) -> Request:
    """The request of an HTTP scope. Raises BodyTooLarge and ClientGone."""
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > BODY_LIMIT:
            raise BodyTooLarge
    query = scope["query_string"].decode("latin-1")
    return Request(scope["method"], scope["path"], query, Headers.of(scope["headers"]), bytes(body))


async def write(send: Send, response: Response) -> None:
    """Hand the response over, whole."""
    fields = (*response.headers, ("Content-Length", str(len(response.body))))
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in fields]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})


def zipped(response: Response, request: Request) -> Response:
    """The response in gzip if it is JSON of some size and the client takes it, as real servers do."""
    kind = dict(response.headers).get("Content-Type", "")
    if (
        len(response.body) < _WORTH_ZIPPING
        or "json" not in kind
        or "gzip" not in request.headers.get("accept-encoding")
    ):
        return response
    small = replace(response, body=gzip.compress(response.body, mtime=0))
    return small.plus(("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding"))
