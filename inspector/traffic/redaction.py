"""Secrets out of an exchange, before anything is derived from it or touches the disk; user names and files stay.

What is secret is told by places: header fields, cookies, the CSRF header that the server announced, and members of
JSON, forms and queries by name (Web Services API, sections on authentication and CSRF protection).
"""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from inspector.traffic.body import Body, Original
from inspector.traffic.exchange import Exchange, Request, Response
from inspector.traffic.headers import FORM, Headers
from inspector.traffic.members import change_json, change_pairs
from inspector.traffic.multipart import Part, join
from inspector.traffic.placeholders import PLACEHOLDER, Placeholders

_SECRET_WORD = re.compile(
    r"passw(or)?d|passphrase|pwd$|secret|token$|apikey|credential|privatekey|sessionid$"
    r"|^(authorization|cookie|ssid|surl|securekey|rn(url|sid|username))$"
)
_HINT = re.compile(
    rb"pass|pwd|secret|token|api.?key|private.?key|secure.?key|credential|session.?id|authorization|cookie|ssid|surl|rn(url|sid|user)|\\u00"
)
"""For text in lower case: ignoring the case itself, `re` is six times slower."""
_PATH_SESSION = re.compile(r"(?i)(;jsessionid=)([^;/?]+)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ANNOUNCES_CSRF = "x-csrf-header"
_UTF8 = ("utf-8", "surrogateescape")


@dataclass(frozen=True, slots=True)
class Places:
    """Where secrets are, beyond what is known anyway: more header names and member names, any case."""

    headers: frozenset[str] = field(default_factory=frozenset)
    members: frozenset[str] = field(default_factory=frozenset)

    def __or__(self, other: "Places") -> "Places":
        """The places of both."""
        return Places(self.headers | other.headers, self.members | other.members)


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
        return replace(self.content(request), headers=self._fields(request.headers))

    def content(self, request: Request) -> Request:
        """The request without the secrets that are not in its headers."""
        body, parts = request.body, request.parts
        if parts:
            parts = tuple(self._part(part) for part in parts)
            if parts != request.parts and (content := join(parts)) is not None:
                body = _altered(body, content)
        else:
            body = self._body(body, request.headers.media_type)
        path = self._path(request.path)
        query = change_pairs(request.query, self._field_value) if request.query else ""
        if path == request.path and query == request.query and body is request.body and parts == request.parts:
            return request
        return replace(request, path=path, query=query, body=body, parts=parts)

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
                return self._address(value)
        bare = _bare(name)
        return self._secret(value) if bare in self._headers or _SECRET_WORD.search(bare) else value

    def _address(self, value: str) -> str:
        before, sharp, fragment = value.partition("#")
        path, mark, query = before.partition("?")
        query, fragment = (change_pairs(text, self._member) if text else "" for text in (query, fragment))
        return f"{self._path(path)}{mark}{query}{sharp}{fragment}"

    def _path(self, path: str) -> str:
        if ";" not in path:
            return path
        return _PATH_SESSION.sub(lambda found: found[1] + self._secret(found[2]), path)

    def _credentials(self, value: str) -> str:
        """RFC 7617 Basic keeps its user name, readable, as latin-1; of any other scheme only its name stays."""
        scheme, blank, rest = value.partition(" ")
        if not blank:
            return self._secret(value)
        if scheme.lower() == "basic" and not PLACEHOLDER.fullmatch(rest):
            if ":" in rest:  # no base64: it was made readable before
                user, _, password = rest.partition(":")
                return f"{scheme} {user}:{self._secret(password)}"
            try:
                name, colon, secret = base64.b64decode(rest, validate=True).partition(b":")
            except ValueError:
                colon = b""
            if colon:
                user = _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", name.decode("latin-1"))
                return f"{scheme} {user}:{self._secret(secret.decode('utf-8', 'surrogateescape'))}"
        return f"{scheme} {self._secret(rest)}"

    def _cookie(self, pair: str) -> str:
        name, equals, value = pair.partition("=")
        return f"{name}={self._secret(value)}" if equals else self._secret(pair)

    def _member(self, name: str, value: str) -> str | None:
        return self._secret(value) if self._is_secret(name) else None

    def _is_secret(self, name: str) -> bool:
        bare = _bare(name)
        return bare in self._members or _SECRET_WORD.search(bare) is not None

    def _part(self, part: Part) -> Part:
        if part.name is None or part.filename is not None or not part.body.content:
            return part
        content = part.body.content
        if self._is_secret(part.name):
            redacted = self._secret(content.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
        else:
            redacted = self._text(content, part.media_type)
        return part if redacted == content else replace(part, body=Body.of(redacted))

    def _body(self, body: Body, media_type: str) -> Body:
        if not body.content:
            return body
        text = body.readable()
        redacted = self._text(text, media_type)
        return body if redacted == text else _altered(body, redacted)

    def _text(self, text: bytes, media_type: str) -> bytes:
        if media_type == FORM:
            return change_pairs(text.decode(*_UTF8), self._field_value).encode(*_UTF8)
        if not self._members and not _HINT.search(text.lower()):
            return text
        if "json" in media_type or "javascript" in media_type or text.lstrip()[:1] in (b"{", b"["):
            return change_json(text, self._member, inherit=self._is_secret)
        return text

    def _field_value(self, name: str, value: str) -> str | None:
        """A form field; `message=` of the channel holds JSON (Bayeux specification section 3.4)."""
        if name == "message":
            inner = change_json(value.encode(*_UTF8), self._member, inherit=self._is_secret).decode(*_UTF8)
            return inner if inner != value else None
        return self._member(name, value)


def _altered(body: Body, content: bytes) -> Body:
    """The new content, with what the body was before anything was altered."""
    return replace(Body.of(content), original=body.original or Original(body.coding, body.size))
