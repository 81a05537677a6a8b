"""An exchange as it goes into the smaller recording: without what belongs to others, and without what is to be hidden.

Files are evidence, and stay. A body that was changed is kept decoded and remembers what it was, as a redacted one does;
one from which something was left out is said not to be what crossed the wire.
"""

import hashlib
import json
import re
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

import orjson

from inspector.errors import BodyError
from inspector.recording.trimming.foreign import Foreign
from inspector.recording.trimming.hiding import Hiding
from inspector.recording.understood import is_read
from inspector.traffic.body import Body, Original
from inspector.traffic.exchange import Exchange, Frame, Half, Request, Response
from inspector.traffic.headers import Headers
from inspector.traffic.multipart import Part, join
from inspector.traffic.places import bare
from inspector.webservices.routes import is_download

_JSONP = re.compile(rb"(\s*+(?:/\*\*/)?\s*+[\w$.]++\s*+\()(.*)(\)\s*+;?\s*+)", re.DOTALL)
"""A call around messages of the channel (callback-polling, Bayeux specification 6.4.3)."""
_UTF8 = ("utf-8", "surrogateescape")


class Editing:
    """Changes exchanges; what has nothing to change comes back as the same object."""

    def __init__(self, foreign: Foreign, hiding: Hiding) -> None:
        self._foreign = foreign
        self._hiding = hiding

    def learn(self, exchange: Exchange) -> None:
        """What is to be hidden is looked for in all exchanges before the first one is changed."""
        for body, of_request in ((exchange.request.body, True), (exchange.response and exchange.response.body, False)):
            if body and not exchange.request.parts and (value := _json(body)) is not None:
                self._hiding.learn(value[0], of_request=of_request)

    def exchange(self, exchange: Exchange, others: Collection[int] = ()) -> Exchange:
        """The exchange; `others` are the positions of messages of its response that are not kept."""
        request, gone = self._request(exchange.request)
        response, left = None, 0
        if exchange.response is not None:
            response, left = self._response(exchange.response, exchange.request, others)
        error = exchange.error and self._text(exchange.error)
        if request is exchange.request and response is exchange.response and error == exchange.error:
            return exchange
        halves: tuple[tuple[Half, int], ...] = (("request", gone), ("response", left))
        whose = "of what is of others" if self._foreign else "with what brought it about"
        said = tuple(f"{half}: trimmed, {count} left out {whose}" for half, count in halves if count)
        truncated = (*exchange.truncated, *said)
        return replace(exchange, request=request, response=response, error=error, truncated=truncated)

    def frame(self, frame: Frame) -> Frame:
        body, _ = self._body(frame.body, "", ())
        return frame if body is frame.body else replace(frame, body=body)

    def _text(self, text: str) -> str:
        return self._hiding.text(self._foreign.blank(text))

    def _request(self, request: Request) -> tuple[Request, int]:
        path, query = self._text(request.path), self._text(request.query)
        headers = self._headers(request.headers)
        if request.parts:
            parts, gone = self._parts(request.parts), 0
            body = request.body if parts is request.parts else _joined(parts, request.body)
        else:
            parts = request.parts
            whole = is_read("request", request.method, request.path, request.headers.media_type)
            body, gone = self._body(request.body, request.headers.media_type, ()) if whole else (request.body, 0)
        if (path, query) == (request.path, request.query) and headers is request.headers and body is request.body:
            return request, 0
        return replace(request, path=path, query=query, headers=headers, body=body, parts=parts), gone

    def _response(self, response: Response, request: Request, others: Collection[int]) -> tuple[Response, int]:
        headers, body, gone = self._headers(response.headers), response.body, 0
        if not is_download(request.method, request.path):
            body, gone = self._body(body, response.headers.media_type, others)
        if headers is response.headers and body is response.body:
            return response, 0
        return replace(response, headers=headers, body=body), gone

    def _headers(self, headers: Headers) -> Headers:
        fields = tuple((name, self._text(value)) for name, value in headers)
        return headers if fields == headers.fields else Headers(fields)

    def _body(self, body: Body, media_type: str, others: Collection[int]) -> tuple[Body, int]:
        if not body.content:
            return body, 0
        try:
            content = body.decoded()
        except BodyError:
            return body, 0
        wrapped = _JSONP.fullmatch(content)
        try:
            new, gone = self._changed_json(wrapped[2] if wrapped else content, others)
            new = b"".join((wrapped[1], new, wrapped[3])) if wrapped else new
        except (ValueError, RecursionError):  # no JSON, or nested too deeply
            new, gone = self._changed_text(content)
        return (body, 0) if new == content else (altered(body, new), gone)

    def _changed_json(self, content: bytes, others: Collection[int]) -> tuple[bytes, int]:
        """Raises ValueError, RecursionError."""
        value = before = orjson.loads(content)
        gone = 0
        if others:
            messages = value if isinstance(value, list) else [value]
            value = [one for place, one in enumerate(messages) if place not in others]
            gone = len(messages) - len(value)
        value, more = self._foreign.pruned(value) if self._foreign else (value, 0)
        hidden = self._hiding.value(orjson.loads(_dumped(value))) if self._hiding else value
        return (content if hidden == before else _dumped(hidden)), gone + more

    def _changed_text(self, content: bytes) -> tuple[bytes, int]:
        try:
            text = content.decode()
        except UnicodeDecodeError:
            return content, 0
        return self._text(text).encode(), int(self._foreign.mentions(text))

    def _parts(self, parts: tuple[Part, ...]) -> tuple[Part, ...]:
        new = tuple(map(self._part, parts))
        return parts if new == parts else new

    def _part(self, part: Part) -> Part:
        """A field's text, and how files are called; never what is in a file."""
        changed: Callable[[str | None], str | None] = lambda text: text and self._text(text)  # noqa: E731
        head = self._text(part.head.decode(*_UTF8)).encode(*_UTF8)
        body = part.body if part.filename is not None else self._body(part.body, part.media_type, ())[0]
        return replace(part, head=head, name=changed(part.name), filename=changed(part.filename), body=body)


def altered(body: Body, content: bytes) -> Body:
    """The new content, with what the body was before anything was changed."""
    return replace(Body.of(content), original=body.original or Original(body.coding, body.size))


def members_hidden(hiding: Hiding, redacted: dict[str, Any]) -> dict[str, Any]:
    """A session's `redacted` with the names of the members of requests that values were hidden in."""
    if not hiding.members:
        return redacted
    return redacted | {"members": sorted({*redacted.get("members", ()), *map(bare, hiding.members)})}


def _joined(parts: tuple[Part, ...], body: Body) -> Body:
    """The body of these parts. Of files that are not in memory there is no whole, only its parts."""
    content = join(parts)
    if content is not None:
        return altered(body, content)
    digest, size = hashlib.sha256(), 0
    for part in parts:
        for piece in (part.head, *part.body.pieces()):
            digest.update(piece)
            size += len(piece)
    return replace(body, size=size, sha256=digest.hexdigest(), original=Original(body.coding, body.size))


def _json(body: Body) -> tuple[Any] | None:
    """The JSON value of a body, in a tuple; None if it has none."""
    if not body.content:
        return None
    try:
        return (orjson.loads(body.decoded()),)
    except (BodyError, orjson.JSONDecodeError):
        return None


def _dumped(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:  # whole numbers that it reads, but does not write; nesting
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
