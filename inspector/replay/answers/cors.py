"""Pages of other origins let in live, whatever was recorded: the CORS protocol of the Fetch standard.

What the recorded server allowed was meant for the page of the recording; ours may be served from anywhere. Which
origins may read our answers is chosen when the stub is started (`--cors ORIGIN`).
"""

import logging
import re
import shlex
from collections.abc import Collection
from dataclasses import replace
from functools import lru_cache
from urllib.parse import urlsplit

from inspector.errors import UsageError
from inspector.replay.answers.legal import Answer
from inspector.replay.answers.serving import origin_of
from inspector.traffic.exchange import Request

logger = logging.getLogger("inspector")

ANY = "*"
"""Every origin may. Each is sent its own name: with credentials, `*` lets in nobody ("… and credentials")."""

_METHODS = "GET, HEAD, POST, PUT, DELETE, OPTIONS"
_PORTS = {"http": 80, "https": 443}
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_SENDABLE = re.compile(r"[\x21-\x7e]{1,300}")
_LONGEST = 300
"""Characters of an origin; a host name has at most 253 (RFC 1035 section 2.3.4)."""
_OURS = b"access-control-"

_READABLE = {
    *(b"cache-control", b"content-language", b"content-length", b"content-type", b"expires", b"last-modified"),
    *(b"pragma", b"set-cookie", b"set-cookie2", b"vary"),
}
"""Fields that any page may read, or none ("CORS-safelisted response-header name"), or has no use for."""

_TOLD_AT_MOST = 100
"""Origins that the log is told of: any page may send any number of them."""

_told: set[str] = set()


def checked_origin(text: str) -> str:
    """An origin as browsers write it: `scheme://host[:port]`, lower case, without the scheme's own port; `*`; `null`
    (files, sandboxed frames). Raises UsageError for anything else.
    """
    if text in (ANY, "null"):
        return text
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or not _SENDABLE.fullmatch(text) or text.lower() != f"{parts.scheme}://{parts.netloc}".lower():
        raise UsageError(f"{text!r} is no origin: give scheme://host[:port] without a path, or * for any")
    if "@" in parts.netloc:
        raise UsageError(f"{text!r} is no origin: it names a user")
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + ("" if port in (None, _PORTS.get(parts.scheme)) else f":{port}")


def preflight(request: Request, origins: Collection[str]) -> Answer:
    """The whole answer to an OPTIONS request, a CORS-preflight or not; `origins` as `checked_origin` gives them.

    Recorded ones are not needed: nothing in them depends on the story.
    """
    bare = Answer(204, "No Content", ((b"Allow", _METHODS.encode()),), b"")
    method = request.headers.get("access-control-request-method").strip()
    origin = _allowed(request, origins)
    if not origin or not method:
        return opened(bare, request, origins)
    fields = [
        *bare.headers,
        *_let_in(origin),
        (b"Access-Control-Allow-Methods", (method if _TOKEN.fullmatch(method) else _METHODS).encode()),
        # nobody waits for what a browser remembers of a stub that was started with other settings
        (b"Access-Control-Max-Age", b"0"),
        (b"Vary", b"Origin"),
    ]
    asked = ",".join(request.headers.all("access-control-request-headers")).split(",")
    if names := ", ".join(name.strip() for name in asked if _TOKEN.fullmatch(name.strip())):
        fields.append((b"Access-Control-Allow-Headers", names.encode()))
    if request.headers.get("access-control-request-private-network").strip() == "true":
        # a page of a public address asks a private one (Private Network Access, "CORS preflight")
        fields.append((b"Access-Control-Allow-Private-Network", b"true"))
    return replace(bare, headers=tuple(fields))


def opened(answer: Answer, request: Request, origins: Collection[str]) -> Answer:
    """The answer as the request's origin may read it, all of its fields; without origins as it was recorded."""
    if not origins:
        return answer
    return replace(answer, headers=_opened(answer.headers, _allowed(request, origins)))


def _allowed(request: Request, origins: Collection[str]) -> str:
    """The request's origin if it is another than ours, and may read our answers; else empty."""
    origin = request.headers.get("origin").strip()
    if not origin or origin == origin_of(request):  # a page of our own; browsers send it with each POST
        return ""
    if _SENDABLE.fullmatch(origin) and (ANY in origins or origin in origins):
        return origin
    if origin not in _told and len(_told) < _TOLD_AT_MOST:
        _told.add(origin)
        shown = ascii(origin[:_LONGEST])[1:-1]
        logger.warning("a page of %s may not read our answers: --cors %s lets it", shown, shlex.quote(shown))
    return ""


def _let_in(origin: str) -> tuple[tuple[bytes, bytes], ...]:
    return (
        (b"Access-Control-Allow-Origin", origin.encode()),
        (b"Access-Control-Allow-Credentials", b"true"),
    )


@lru_cache(maxsize=1024)
def _opened(fields: tuple[tuple[bytes, bytes], ...], origin: str) -> tuple[tuple[bytes, bytes], ...]:
    """The fields with ours in place of the recorded Access-Control-*; without an origin with none."""
    kept = [(name, value) for name, value in fields if not name.lower().startswith(_OURS)]
    opened = list(kept)
    if origin:
        names = {name.lower(): name for name, _ in kept if name.lower() not in _READABLE}
        opened += _let_in(origin)
        if names:
            opened.append((b"Access-Control-Expose-Headers", b", ".join(names.values())))
    varies = b",".join(value for name, value in kept if name.lower() == b"vary").lower().split(b",")
    if not {b"origin", b"*"} & {value.strip() for value in varies}:
        # also where nobody asked from elsewhere: a cache must not give that to who does ("… and HTTP caches")
        opened.append((b"Vary", b"Origin"))
    return tuple(opened)
