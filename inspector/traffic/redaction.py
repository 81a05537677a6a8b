"""Secrets out of an exchange, before anything is derived from it or touches the disk; user names and files stay.

What is secret is told by places: header fields, cookies, the CSRF header that the server announced, and members of
JSON, forms and queries by name (Web Services API, sections on authentication and CSRF protection).
"""

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from inspector.errors import BodyError
from inspector.traffic.body import Body, Original
from inspector.traffic.exchange import Exchange, Request, Response
from inspector.traffic.headers import Headers
from inspector.traffic.members import change_json, change_pairs
from inspector.traffic.multipart import Part, join
from inspector.traffic.placeholders import Placeholders

_SECRET_WORD = re.compile(
    r"passw(or)?d|passphrase|pwd$|secret|token$|apikey|credential|privatekey|sessionid$"
    r"|^(authorization|cookie|ssid|surl|securekey|rn(url|sid|username))$"
)
_HINT = re.compile(
    rb"(?i)pass|pwd|secret|token|api.?key|private.?key|secure.?key|credential|session.?id|authorization|cookie|ssid|surl|rn(url|sid|user)|\\u00"
)
_PATH_SESSION = re.compile(r"(?i)(;jsessionid=)([^;/?]+)")
_ANNOUNCES_CSRF = "x-csrf-header"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Places:
    """Where secrets are, beyond what is known anyway: more header names and member names, any case."""

    headers: frozenset[str] = field(default_factory=frozenset)
    members: frozenset[str] = field(default_factory=frozenset)


def _bare(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


class Redactor:
    """Redacts the exchanges of one session, in their order: it learns the CSRF header's name from the server's replies.

    `is_file` tells the requests whose response is a file's content, which is evidence and never altered.
    """

    def __init__(
        self,
        places: Places | None = None,
        placeholders: Placeholders | None = None,
        is_file: Callable[[Request], bool] = lambda request: False,
    ) -> None:
        places = places or Places()
        self._headers = {_bare(name) for name in places.headers}
        self._members = {_bare(name) for name in places.members}
        self._secret = (placeholders or Placeholders()).of
        self._is_file = is_file

    def exchange(self, exchange: Exchange) -> Exchange:
        """The exchange without its secrets: the same object where there was none."""
        request = self.request(exchange.request)
        response = exchange.response and self.response(exchange.response, request)
        return replace(exchange, request=request, response=response)

    def request(self, request: Request) -> Request:
        body, parts = request.body, request.parts
        if parts:
            parts = tuple(self._part(part) for part in parts)
            if parts != request.parts and (content := join(parts)) is not None:
                body = replace(Body.of(content), original=Original(body.coding, body.size))
        else:
            body = self._body(body, request.headers.media_type)
        return replace(
            request,
            path=_PATH_SESSION.sub(lambda found: found[1] + self._secret(found[2]), request.path),
            query=change_pairs(request.query, self._member) if request.query else "",
            headers=self._fields(request.headers),
            body=body,
            parts=parts,
        )

    def response(self, response: Response, request: Request) -> Response:
        """The response without its secrets; `request` is the one that it answers."""
        announced = response.headers.get(_ANNOUNCES_CSRF)
        if announced:
            self._headers.add(_bare(announced))
        body = response.body if self._is_file(request) else self._body(response.body, response.headers.media_type)
        return replace(response, headers=self._fields(response.headers), body=body)

    def _fields(self, headers: Headers) -> Headers:
        return Headers(tuple((name, self._field(name.lower(), value)) for name, value in headers))

    def _field(self, name: str, value: str) -> str:
        match name:
            case "authorization" | "proxy-authorization":
                return self._credentials(value)
            case "cookie":
                return "; ".join(self._cookie(pair.strip()) for pair in value.split(";"))
            case "set-cookie":
                pair, semicolon, attributes = value.partition(";")
                return self._cookie(pair) + semicolon + attributes
            case "location" | "referer" | "content-location":
                address, mark, query = value.partition("?")
                return address + mark + change_pairs(query, self._member)
        bare = _bare(name)
        return self._secret(value) if bare in self._headers or _SECRET_WORD.search(bare) else value

    def _credentials(self, value: str) -> str:
        """RFC 7617 Basic keeps its user name, readable; of any other scheme only its name stays."""
        scheme, blank, rest = value.partition(" ")
        if scheme.lower() == "basic":
            try:
                user, colon, password = base64.b64decode(rest, validate=True).decode("utf-8", "replace").partition(":")
                return f"{scheme} {user}:{self._secret(password)}" if colon else f"{scheme} {self._secret(rest)}"
            except binascii.Error:
                pass
        return f"{scheme} {self._secret(rest)}" if blank else self._secret(value)

    def _cookie(self, pair: str) -> str:
        name, equals, value = pair.partition("=")
        return f"{name}={self._secret(value)}" if equals else self._secret(pair)

    def _member(self, name: str, value: str) -> str | None:
        return self._secret(value) if self._is_secret(name) else None

    def _is_secret(self, name: str) -> bool:
        bare = _bare(name)
        return bare in self._members or _SECRET_WORD.search(bare) is not None

    def _part(self, part: Part) -> Part:
        if part.name is None or part.filename is not None or not self._is_secret(part.name):
            return part
        return replace(part, body=Body.of(self._secret((part.body.content or b"").decode("utf-8", "replace")).encode()))

    def _body(self, body: Body, media_type: str) -> Body:
        if not body.content:
            return body
        try:
            text = body.decoded()
        except BodyError:
            return body  # nobody can read it, neither we nor a thief
        redacted = self._text(text, media_type)
        return body if redacted == text else replace(Body.of(redacted), original=Original(body.coding, body.size))

    def _text(self, text: bytes, media_type: str) -> bytes:
        if media_type == FORM:
            return change_pairs(text.decode("latin-1"), self._field_value).encode("latin-1")
        if not self._members and not _HINT.search(text):
            return text
        if "json" in media_type or "javascript" in media_type or text.lstrip()[:1] in (b"{", b"["):
            return change_json(text, self._member, inherit=self._is_secret)
        return text

    def _field_value(self, name: str, value: str) -> str | None:
        """A form field; `message=` of the channel holds JSON (Bayeux specification section 3.4)."""
        if name == "message":
            inner = change_json(value.encode(), self._member, inherit=self._is_secret).decode()
            return inner if inner != value else None
        return self._member(name, value)
