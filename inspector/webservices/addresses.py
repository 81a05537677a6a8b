"""Addresses that the API hands out, exchanged for others without touching anything else.

The API names its resources by absolute URIs, often under another host than the client used (option `externalApiUrlV2`).
Who stands in between has to put its own origin there, or clients walk past it, and has to put the old one back into
what clients send (`targetUri`). An origin is `scheme://host[:port]`, lower case.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from inspector.errors import BodyError
from inspector.traffic.body import Body, Original
from inspector.traffic.exchange import Request, Response
from inspector.traffic.headers import Headers
from inspector.traffic.members import change_json

_URI_MEMBER = re.compile(r"(?:^u|U)ris?\Z")
_API_SHAPED = re.compile(r"\A(https?://[^/?#\s]+)(?=/(?:[^?#\s]*/)?api/v2(?:[/?#]|\Z))", re.IGNORECASE)
_ORIGIN = re.compile(r"\Ahttps?://[^/?#\s]+", re.IGNORECASE)
_LINK_TARGET = re.compile(r"<([^>]*)>")


def origin_of(url: str) -> str:
    """The origin of an absolute URL; empty for anything else."""
    found = _ORIGIN.match(url)
    return found[0].lower() if found else ""


def without_origins(value: Any) -> Any:
    """A JSON value, changed in place: the API's URIs in it begin with their paths, whatever host they named."""
    places = [value]
    while places:
        place = places.pop()
        if isinstance(place, list):
            places += place
        elif isinstance(place, dict):
            places += place.values()
            for name, inner in place.items():
                if isinstance(inner, str) and _URI_MEMBER.search(name) and (found := _API_SHAPED.match(inner)):
                    place[name] = inner[found.end(1) :]
    return value


class Addresses:
    """The origins of one server, as its clients and its own URIs name it; learns more of them as replies pass."""

    def __init__(self, origins: Iterable[str]) -> None:
        self.origins = {origin.lower(): None for origin in origins}

    @property
    def public(self) -> str:
        """The origin under which the server last named itself; else the first one known."""
        return next(reversed(self.origins), "")

    def outward(self, response: Response, origin: str) -> Response:
        """The response with `origin` in place of the server's own, in URI members, Location, Link and cookies."""
        # the body first: the origins that it names are those of the fields, too
        body = _rewritten(response.body, response.headers, lambda uri: self._learn_and_exchange(uri, origin))
        fields = ((name, self._field(name.lower(), value, origin)) for name, value in response.headers)
        return replace(response, headers=Headers(tuple(fields)), body=body)

    def inward(self, request: Request, origin: str) -> Request:
        """The request with the server's public origin where the client repeats `origin` in a URI member."""

        if not self.public:
            return request

        def back(uri: str) -> str | None:
            return self.public + uri[len(origin) :] if uri.lower().startswith(f"{origin}/") else None

        return replace(request, body=_rewritten(request.body, request.headers, back))

    def exchanged(self, text: bytes, origin: str) -> bytes:
        """JSON text with `origin` in place of the server's own, in URI members."""
        return _exchanged(text, lambda uri: self._learn_and_exchange(uri, origin))

    def _learn_and_exchange(self, uri: str, origin: str) -> str | None:
        if found := _API_SHAPED.match(uri):
            named = found[1].lower()
            if named != origin:
                self.origins.pop(named, None)
                self.origins[named] = None
            return origin + uri[found.end(1) :]
        return self._exchange(uri, origin)

    def _exchange(self, uri: str, origin: str) -> str | None:
        own = origin_of(uri)
        return origin + uri[len(own) :] if own and own in self.origins else None

    def _field(self, name: str, value: str, origin: str) -> str:
        match name:
            case "location" | "content-location":
                return self._learn_and_exchange(value, origin) or value
            case "link":
                return _LINK_TARGET.sub(lambda link: f"<{self._exchange(link[1], origin) or link[1]}>", value)
            case "set-cookie":
                # a Domain of the server's would keep the cookie from coming back to us (RFC 6265 section 5.3)
                pair, *attributes = value.split(";")
                kept = [text for text in attributes if text.partition("=")[0].strip().lower() != "domain"]
                return ";".join((pair, *kept))
        return value


def _exchanged(text: bytes, exchange: Callable[[str], str | None]) -> bytes:
    if b"ri" not in text and b"\\u" not in text:  # no member's name can end so: most answers are done with
        return text
    return change_json(text, lambda name, value: exchange(value) if _URI_MEMBER.search(name) else None)


def _rewritten(body: Body, headers: Headers, exchange: Callable[[str], str | None]) -> Body:
    """The body with its URI members changed, decoded if it had to be; the same object if nothing was to change."""
    if not body.content or not re.search("json|javascript", headers.media_type):
        return body
    try:
        text = body.decoded()
    except BodyError:
        return body
    changed = _exchanged(text, exchange)
    return (
        body
        if changed == text
        else replace(Body.of(changed), original=body.original or Original(body.coding, body.size))
    )
