"""Who may use the control address: who names it, is no page of another origin, and has the token.

Loopback alone keeps nobody out: a page in a browser reaches it, under a name of its own by DNS rebinding
(CVE-2018-14505, mitmweb), and so does who is let through by a proxy (CVE-2025-23217, mitmproxy). So every request is
looked at here, before anything else is (GO-2025-3945, Hoverfly: one route was forgotten).
"""

import hmac
import re
import secrets
from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

from inspector.errors import UsageError

HEADER = b"x-inspector-token"
_TOKEN = re.compile(r"[\x21-\x7e]{1,200}")
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def new_token() -> str:
    """One that nobody guesses."""
    return secrets.token_urlsafe(24)


def checked_token(text: str) -> str:
    """The token as it is. Raises UsageError for one that no header field can hold; the message does not repeat it."""
    if not _TOKEN.fullmatch(text):
        raise UsageError("a token has 1 to 200 visible ASCII characters, and no spaces")
    return text


class Refusal(Exception):
    """`status` and `text` are the answer's; `fields` belong to it."""

    def __init__(self, status: int, text: str, fields: dict[str, str] | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.fields = fields or {}


class Guard:
    """Of the address at `url`; before that is known, nobody is let in."""

    def __init__(self, token: str) -> None:
        self._token = checked_token(token).encode()
        self._authorities: set[str] = set()
        self._origins: set[str] = set()

    def stand_at(self, url: str) -> None:
        """Lets in who names this address, or loopback, with its port."""
        parts = urlsplit(url)
        shown = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
        names = {shown, *(_LOOPBACK if _reaches_loopback(parts.hostname or "") else ())}
        default = {"http": 80, "https": 443}[parts.scheme]
        self._authorities = {f"{name}:{parts.port}".lower() for name in names}
        if parts.port == default:
            self._authorities |= {name.lower() for name in names}
        self._origins = {f"{parts.scheme}://{authority}" for authority in self._authorities}

    def check(self, fields: Iterable[tuple[bytes, bytes]]) -> None:
        """The header fields of a request, names in lower case. Raises Refusal."""
        given: dict[bytes, list[bytes]] = {}
        for name, value in fields:
            given.setdefault(name, []).append(value.strip())
        hosts = given.get(b"host", [])
        if len(hosts) != 1 or hosts[0].decode("latin-1").lower() not in self._authorities:
            raise Refusal(421, "this is the control address of gws-inspector: ask for it by its own name")
        if any(origin.decode("latin-1").lower() not in self._origins for origin in given.get(b"origin", ())):
            raise Refusal(403, "pages of other origins may not use the control address")
        if not any(hmac.compare_digest(token, self._token) for token in _tokens(given)):
            text = "the token is missing or wrong: send Authorization: Bearer TOKEN"
            raise Refusal(401, text, {"WWW-Authenticate": 'Bearer realm="gws-inspector"'})


def _tokens(given: dict[bytes, list[bytes]]) -> Iterable[bytes]:
    yield from given.get(HEADER, ())
    for value in given.get(b"authorization", ()):
        scheme, _, token = value.partition(b" ")
        if scheme.lower() == b"bearer":
            yield token.strip()


def _reaches_loopback(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return host == "localhost"
    return address.is_loopback or address.is_unspecified
