"""Addresses that the API hands out, exchanged for others without touching anything else.

The API names its resources by absolute URIs, often under another host than the client used (option `externalApiUrlV2`).
Who stands in between has to put its own origin there, or clients walk past it, and has to put the old one back into
what clients send (`targetUri`).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from inspector.traffic.body import Body
from inspector.traffic.exchange import Request, Response
from inspector.traffic.headers import FORM, Headers
from inspector.webservices import address_fields
from inspector.webservices.address_bodies import URI_MEMBER, in_json, in_page, in_pairs, is_json, rewritten
from inspector.webservices.address_fields import Exchange, Seen
from inspector.webservices.origins import moved, origin_of, place_of

__all__ = ["Addresses", "Seen", "origin_of", "place_of", "without_origins"]

_API_SHAPED = re.compile(r"\A((?:https?|wss?)://[^/?#\s]+)(?=/(?:[^?#\s]*/)?api/v2(?:[/?#]|\Z))", re.IGNORECASE)
_MEANT = re.compile(r"https?://[a-z0-9._~%:\[\]-]+\Z")
"""What can be an origin in header fields, too, whatever somebody wrote into a member that looks like one."""

_NOWHERE_ELSE: Mapping[str, str] = MappingProxyType({})
_PART = 206


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
                if isinstance(inner, str) and URI_MEMBER.search(name) and (found := _API_SHAPED.match(inner)):
                    place[name] = inner[found.end(1) :]
    return value


class Addresses:
    """The origins of one server, as its clients and its own URIs name it; learns more of them as replies pass.

    The first one is where it is asked. `elsewhere` tells of other servers behind the same proxy: place to origin.
    """

    def __init__(self, origins: Iterable[str]) -> None:
        self.origins = {origin.lower(): 0 for origin in origins}
        self.server = next(iter(self.origins), "")
        self._places = {place_of(origin) for origin in self.origins}

    @property
    def public(self) -> str:
        """The origin under which the server named itself most often, and of several such the last; else the last known.

        What a customer wrote may look like an address of the API's, too.
        """
        return max(reversed(self.origins), key=self.origins.__getitem__, default="")

    def outward(
        self,
        response: Response,
        seen: Seen | str,
        *,
        file: bool = False,
        elsewhere: Mapping[str, str] = _NOWHERE_ELSE,
    ) -> Response:
        """The response with the origin that the client sees in place of the server's own, and without what would lead
        the client past it. Of a `file`, only the header fields.
        """
        seen = Seen(seen) if isinstance(seen, str) else seen
        # the body first: the origins that it names are those of the fields, too
        body = response.body
        if not (file or response.status == _PART or _is_attachment(response.headers)):
            body = self._body(response, seen.origin, elsewhere)
        fields = address_fields.outward(
            response.headers,
            seen,
            lambda uri: self._learn_and_exchange(uri, seen.origin, elsewhere),
            lambda uri: self._exchange(uri, seen.origin, elsewhere),
            self._places,
        )
        stale = address_fields.OF_THE_BYTES if body is not response.body else ()
        kept = tuple((name, value) for name, value in fields if name.lower() not in stale)
        return replace(response, headers=Headers(kept), body=body)

    def inward(self, request: Request, origin: str, *, elsewhere: Mapping[str, str] = _NOWHERE_ELSE) -> Request:
        """The request with the server's origin where the client repeats the one that it sees: in URI members, in forms
        and the query, and in header fields.
        """
        headers, query = self.head_inward(request.headers, request.query, origin, elsewhere=elsewhere)
        body, public = request.body, self.public
        if public and headers.media_type == FORM:
            back = self._back(public, origin, elsewhere)
            body = rewritten(
                body, lambda text: in_pairs(text.decode("latin-1"), origin, public, back).encode("latin-1")
            )
        elif public and "json" in headers.media_type:
            body = rewritten(body, lambda text: in_json(text, self._back(public, origin, elsewhere)))
        return replace(request, query=query, headers=headers, body=body)

    def head_inward(
        self, headers: Headers, query: str, origin: str, *, elsewhere: Mapping[str, str] = _NOWHERE_ELSE
    ) -> tuple[Headers, str]:
        """The same of a request's header fields and query."""
        public = self.public
        if not public:
            return headers, query
        back, server = self._back(public, origin, elsewhere), self._back(self.server, origin, elsewhere)
        fields = tuple(address_fields.inward(headers, back, server))
        return (
            headers if fields == headers.fields else Headers(fields),
            in_pairs(query, origin, public, back) if "=" in query else query,
        )

    def exchanged(self, text: bytes, origin: str) -> bytes:
        """JSON text with `origin` in place of the server's own, in URI members."""
        return in_json(text, lambda uri: self._learn_and_exchange(uri, origin, _NOWHERE_ELSE))

    def _body(self, response: Response, origin: str, elsewhere: Mapping[str, str]) -> Body:
        body, media_type = response.body, response.headers.media_type
        if is_json(response.headers, body.readable):
            host = origin.partition("://")[2]
            return rewritten(
                body, lambda text: in_json(text, lambda uri: self._learn_and_exchange(uri, origin, elsewhere), host)
            )
        if media_type in ("text/html", "application/xhtml+xml"):
            return rewritten(body, lambda text: in_page(text, lambda uri: self._exchange(uri, origin, elsewhere)))
        return body

    def _learn_and_exchange(self, uri: str, origin: str, elsewhere: Mapping[str, str]) -> str | None:
        found = _API_SHAPED.match(uri)
        if found is None or (place := place_of(uri)) in elsewhere.keys() - self._places:
            return self._exchange(uri, origin, elsewhere)
        named = origin_of(uri)
        if _MEANT.match(named):
            self.origins[named] = self.origins.pop(named, 0) + 1  # behind all others
            self._places.add(place)
        return moved(uri, origin)

    def _exchange(self, uri: str, origin: str, elsewhere: Mapping[str, str]) -> str | None:
        place = place_of(uri)
        target = origin if place in self._places else elsewhere.get(place, "")
        return moved(uri, target) if place and target else None

    def _back(self, public: str, origin: str, elsewhere: Mapping[str, str]) -> Exchange:
        ours = place_of(origin)

        def back(uri: str) -> str | None:
            place = place_of(uri)
            target = public if place == ours else elsewhere.get(place, "")
            return moved(uri, target) if place and target else None

        return back


def _is_attachment(headers: Headers) -> bool:
    """Whether the body is to be kept as a file (RFC 6266 section 4.2)."""
    return headers.get("content-disposition").partition(";")[0].strip().lower() == "attachment"
