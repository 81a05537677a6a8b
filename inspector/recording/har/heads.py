"""Header fields, addresses and versions, as browsers write them into a HAR, as they are on the wire."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote

from inspector.recording.har.entry import Cookie, Pair
from inspector.traffic.headers import Headers

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")
"""RFC 9110 section 5.6.2; the longest that we take."""

_BREAKS = re.compile(r"[\r\n\0]+")
_URL = re.compile(r"(https?|wss?)://(?:[^/?#@]*@)?([^/?#]*)([^?#]*)(?:\?([^#]*))?", re.IGNORECASE | re.DOTALL)
_PLAIN = re.compile(r"[!-~]*")
_SCHEMES = {"ws": "http", "wss": "https"}
_VERSIONS = {"H2": "HTTP/2.0", "HTTP/2": "HTTP/2.0", "HTTP/2.0": "HTTP/2.0", "H3": "HTTP/3", "HTTP/3.0": "HTTP/3"}
_VERSION = re.compile(r"HTTP/\d(\.\d)?")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a request went."""

    scheme: str
    authority: str
    path: str
    query: str


def is_method(text: str) -> bool:
    """Whether it can be a request's method."""
    return bool(_TOKEN.fullmatch(text)) and len(text) <= 40


@lru_cache(maxsize=1024)
def _is_name(text: str) -> bool:
    return bool(_TOKEN.fullmatch(text))


def address(url: str) -> Address | None:
    """The parts of a URL that a server is asked by; None for one that leads to no web server."""
    if not (found := _URL.match(url)):
        return None
    scheme, authority, path, query = (_escaped(one or "") for one in found.groups())
    scheme = scheme.lower()
    return Address(_SCHEMES.get(scheme, scheme), authority, path or "/", query)


def is_plain(text: str) -> bool:
    """Whether a path or query is the same again after it stood in a URL."""
    return bool(_PLAIN.fullmatch(text)) and "#" not in text


def version(text: str) -> str:
    """The version as the recorder names it (Chromium writes `h2`); empty for what is none."""
    text = text.strip().upper()
    known = _VERSIONS.get(text, text)
    return known if _VERSION.fullmatch(known) else ""


def fields(pairs: Iterable[Pair], whole: Callable[[str], str]) -> tuple[list[tuple[str, str]], bool]:
    """The header fields, and whether some had to go as nothing that HTTP could have carried; `whole` reads their texts.

    Those of HTTP/2 that begin with a colon are no header fields (RFC 9113 section 8.3). Browsers join what came as
    several lines of `Set-Cookie` by line breaks, which no value can hold.
    """
    made: list[tuple[str, str]] = []
    lost = False
    for pair in pairs:
        name, value = whole(pair.name), whole(pair.value)
        if name.startswith(":"):
            continue
        if not _is_name(name):
            lost = True
        elif value.isascii() and value.isprintable():  # most are
            made.append((name, value))
        else:
            values = _BREAKS.split(value) if name.lower() == "set-cookie" else [_BREAKS.sub(" ", value)]
            made += ((name, _latin(one)) for one in values)
    return made, lost


def latin(text: str) -> str:
    """A text as a header field or a reason has it: a line, one character a byte."""
    return _latin(_BREAKS.sub(" ", text))


def with_cookies(sent: list[tuple[str, str]], cookies: Sequence[Cookie]) -> Headers:
    """The request's fields; with the cookies that are told beside them only."""
    if cookies and not any(name.lower() == "cookie" for name, _ in sent):
        sent = [*sent, ("Cookie", latin("; ".join(f"{one.name}={one.value}" for one in cookies)))]
    return Headers(tuple(sent))


def with_set_cookies(got: list[tuple[str, str]], cookies: Sequence[Cookie]) -> Headers:
    """The response's fields; likewise."""
    if cookies and not any(name.lower() == "set-cookie" for name, _ in got):
        got = [*got, *(("Set-Cookie", latin(_set(one))) for one in cookies)]
    return Headers(tuple(got))


def _set(cookie: Cookie) -> str:
    words = [f"{cookie.name}={cookie.value}"]
    words += [f"{name}={value}" for name, value in (("Path", cookie.path), ("Domain", cookie.domain)) if value]
    words += [name for name, is_set in (("Secure", cookie.secure), ("HttpOnly", cookie.httpOnly)) if is_set]
    return "; ".join(words)


def _latin(text: str) -> str:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode("latin-1")
    return text


def _escaped(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else quote(text, safe="".join(map(chr, range(33, 127))), errors="replace")
