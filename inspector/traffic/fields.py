"""Secrets in header fields: each by its name, whatever its value looks like; what is open stays as it was sent."""

import base64
import re
from collections.abc import Callable

from inspector.traffic.headers import Headers
from inspector.traffic.placeholders import PLACEHOLDER
from inspector.traffic.places import Names, bare, of_a_session
from inspector.traffic.texts import Texts

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_FOLDED = re.compile(r"(,\s*)([^=;,\s]+=[^;,]*)")
_CHALLENGE = re.compile(r"(?i)^(\s*(?:negotiate|ntlm|kerberos)\s+)(\S+)")
_TOKEN = re.compile(r"(?=\S*\d)[\w.~+/=-]{20,}")
_OPEN = frozenset(
    (
        *("accept", "accept-encoding", "accept-language", "cache-control", "connection", "content-encoding"),
        *("content-length", "content-type", "date", "expires", "last-modified", "pragma", "transfer-encoding", "vary"),
    )
)
"""Names of fields that nobody's secret is in: they are most of all fields."""

_ADDRESSES = ("location", "referer", "content-location")
_KEPT = 4096

_Pair = tuple[str, str]


class Fields:
    """Redacts the header fields of one session; what a field came to is remembered: clients send the same again."""

    def __init__(self, names: Names, placeholder: Callable[[str], str], texts: Texts) -> None:
        self._names = names
        self._placeholder = placeholder
        self._texts = texts
        self._known: dict[_Pair, _Pair | None] = {}  # None: as it is
        self._open: list[_Pair] = []  # those of the known that what is learned may change
        self._announced = set[str]()
        self._version = 0

    def of(self, headers: Headers) -> Headers:
        """The fields without their secrets: the same object where there were none."""
        learned = self._texts.learned
        if learned is not None and learned.version != self._version:
            self._version = learned.version
            self._forget(self._open)
        known, changed, result = self._known, False, []
        for pair in headers.fields:
            new = known[pair] if pair in known else self._new(pair)
            changed = changed or new is not None
            result.append(new or pair)
        return Headers(tuple(result)) if changed else headers

    def announced(self, name: str) -> None:
        """The server says that a field of this name is to be sent with every request."""
        if self._names.add_header(name):
            self._announced.add(bare(name))
            self._forget(list(self._known))

    def _forget(self, pairs: list[_Pair]) -> None:
        for pair in pairs:
            self._known.pop(pair, None)
        self._open.clear()

    def _new(self, pair: _Pair) -> _Pair | None:
        name, value = pair
        if name.lower() in _OPEN:
            return None
        if len(self._known) >= _KEPT:
            self._forget(list(self._known))
        hidden = self._secret(name.lower(), value)
        if hidden is None:
            hidden = self._opened(name.lower(), value)
            self._open.append(pair)
        new = self._known[pair] = None if hidden == value else (name, hidden)
        return new

    def _secret(self, name: str, value: str) -> str | None:
        """What stands in a field that may hold secrets; None if it is another."""
        match name:
            case "authorization" | "proxy-authorization":
                return self._credentials(value)
            case "cookie" | "cookie2":
                return "; ".join(self._cookie(pair.strip()) for pair in value.split(";"))
            case "set-cookie" | "set-cookie2":
                pair, semicolon, attributes = value.partition(";")
                more = _FOLDED.sub(lambda found: found[1] + self._cookie(found[2]), attributes)
                return self._cookie(pair) + semicolon + more
            case "www-authenticate" | "proxy-authenticate":
                return _CHALLENGE.sub(lambda found: found[1] + self._placeholder(found[2]), value)
            case "sec-websocket-protocol":
                return _TOKEN.sub(lambda found: self._texts.hide("token", found[0]), value)
        if self._names.is_header(name):
            return self._texts.hide("csrf" if bare(name) in self._announced else name, value)
        return None

    def _opened(self, name: str, value: str) -> str:
        """A field whose value is no secret, but may have one in it."""
        return self._texts.address(value) if name in _ADDRESSES else self._texts.short(value)

    def _credentials(self, value: str) -> str:
        """RFC 7617 Basic keeps its user name, readable, as latin-1; of any other scheme only its name stays."""
        scheme, blank, rest = value.partition(" ")
        if not blank:
            return self._texts.hide("authorization", value)
        if scheme.lower() == "basic" and not PLACEHOLDER.fullmatch(rest):
            if ":" in rest:  # no base64: it was made readable before
                user, _, password = rest.partition(":")
                return f"{scheme} {user}:{self._texts.hide('password', password)}"
            try:
                name, colon, secret = base64.b64decode(rest, validate=True).partition(b":")
            except ValueError:
                colon = b""
            if colon:
                return f"{scheme} {self._basic(rest, name, secret.decode('utf-8', 'surrogateescape'))}"
        return f"{scheme} {self._texts.hide('authorization', rest)}"

    def _basic(self, whole: str, name: bytes, password: str) -> str:
        if (learned := self._texts.learned) is not None:
            learned.spare(name.decode("utf-8", "surrogateescape"))
            learned.learn(whole)
        user = _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", name.decode("latin-1"))
        return f"{user}:{self._texts.hide('password', password)}"

    def _cookie(self, pair: str) -> str:
        name, equals, value = pair.partition("=")
        if not equals:
            return self._placeholder(pair)
        hidden = value.strip('"')
        if self._texts.learned is not None and of_a_session(name):
            self._texts.learned.learn(hidden)
        return f"{name}={self._placeholder(value)}"
