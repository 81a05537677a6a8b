"""What a live client and the real server get to see of each other: each of them its own session, its own addresses.

The stub gave the client a session cookie and a CSRF token, the server gave others to whoever asks it for that client.
Neither may learn the other's: they are exchanged wherever they stand in text. Pure.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from inspector.analysis.agents import SESSION_COOKIE
from inspector.errors import UsageError
from inspector.replay.answers.legal import Answer
from inspector.replay.answers.legal import answer as legal
from inspector.replay.answers.serving import origin_of
from inspector.replay.story.casting import LiveClient
from inspector.traffic.body import Body, Original
from inspector.traffic.exchange import Request, Response
from inspector.traffic.headers import Headers, cookies
from inspector.traffic.placeholders import PLACEHOLDER
from inspector.webservices.address_fields import cookie
from inspector.webservices.addresses import Addresses, Seen
from inspector.webservices.routes import is_download

ANNOUNCES_CSRF = "X-CSRF-HEADER"

_SHORTEST = 8
"""Characters that a secret of the server's must have to be looked for in text: `1` stands everywhere."""

_TARGET = re.compile(r"/[\x21-\x7e]*\Z")
_PATH_SESSION = re.compile(r"(?i);jsessionid=[^;/?]*")
_HOP_BY_HOP = {"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "expect"}
"""RFC 9110 sections 7.6.1 and 10.1.1: between us and the client alone."""

_MADE_ANEW = {"host", "content-length", "cookie"}
_ADDRESSES = {"origin", "referer"}


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is of one HTTP session: the cookie's value, the CSRF token, and the header field that the token goes in."""

    cookie: str = ""
    csrf: str = ""
    csrf_name: str = ""


def inward(request: Request, client: LiveClient, own: Secrets, addresses: Addresses | None, server: str) -> Request:
    """The request as the server (an origin) may get it, but for its Cookie; `own` is what the server gave us.

    Raises UsageError for a target that no origin server is asked for (RFC 9112 section 3.2.1 is the only form).
    """
    if not _TARGET.match(request.path) or (request.query and not _TARGET.match(f"/{request.query}")):
        raise UsageError("its target is no path")
    pairs = [(client.cookie, own.cookie), (client.csrf, own.csrf)]
    seen = origin_of(request)
    fields = [*_inward_fields(request.headers, client, own, seen, server, pairs)]
    if own.csrf and own.csrf_name and request.method not in ("GET", "HEAD"):
        fields.append((own.csrf_name, own.csrf))
    body = _exchanged(request.body, pairs)
    if body.coding != request.body.coding:
        fields = [(name, value) for name, value in fields if name.lower() != "content-encoding"]
    path, query = _PATH_SESSION.sub("", request.path), _swap(request.query, pairs)
    told = replace(request, path=path, query=query, headers=Headers(tuple(fields)), body=body)
    if addresses is None or not seen:
        return told
    mapped = addresses.inward(told, seen)
    if mapped.body.coding != told.body.coding:
        kept = tuple((name, value) for name, value in mapped.headers if name.lower() != "content-encoding")
        mapped = replace(mapped, headers=Headers(kept))
    return mapped


def cookies_beside(request: Request, known: Iterable[str]) -> list[str]:
    """The client's cookies that are not of its session with the stub, nor `known` better from the server itself."""
    better = {SESSION_COOKIE, *known}
    mine = cookies(request.headers).items()
    return [f"{name}={value}" for name, value in mine if name not in better and not PLACEHOLDER.search(value)]


def outward(
    response: Response, request: Request, client: LiveClient, own: Secrets, addresses: Addresses | None
) -> Answer:
    """The server's response as the client that made `request` may get it. Raises RecordingError, BodyError."""
    seen = origin_of(request)
    file = is_download(request.method, request.path)
    if addresses is not None and seen:
        response = addresses.outward(response, seen, file=file)
    if not file:
        response = replace(
            response, body=_exchanged(response.body, [(own.cookie, client.cookie), (own.csrf, client.csrf)])
        )
    answer = legal(response, accept_encoding=request.headers.get("accept-encoding") or None)
    return replace(answer, headers=tuple(_outward_fields(answer.headers, request, client, own)))


def told(data: bytes, client: LiveClient, own: Secrets, addresses: Addresses | None, seen: str) -> bytes:
    """A notification's data as the client may get it, which sees us at the origin `seen`."""
    if addresses is not None and seen:
        data = addresses.exchanged(data, seen)
    return _swap_bytes(data, [(own.cookie, client.cookie), (own.csrf, client.csrf)])


def _inward_fields(
    headers: Headers, client: LiveClient, own: Secrets, seen: str, server: str, pairs: list[tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    nominated = {name.strip().lower() for value in headers.all("connection") for name in value.split(",")}
    dropped = _HOP_BY_HOP | _MADE_ANEW | nominated | ({own.csrf_name.lower()} if own.csrf_name else set())
    for name, value in headers:
        lower = name.lower()
        if lower in dropped or lower.startswith("proxy-") or (client.csrf and value == client.csrf):
            continue
        if lower in _ADDRESSES and seen and f"{value}/".lower().startswith(f"{seen}/"):
            value = server + value[len(seen) :]
        yield name, _swap(value, pairs)


def _outward_fields(
    fields: Iterable[tuple[bytes, bytes]], request: Request, client: LiveClient, own: Secrets
) -> Iterator[tuple[bytes, bytes]]:
    has_cookie = cookies(request.headers).get(SESSION_COOKIE) == client.cookie
    pairs = [(own.cookie, client.cookie), (own.csrf, client.csrf)]
    for name, value in fields:
        text, lower = value.decode("latin-1"), name.decode("latin-1").lower()
        if lower == "set-cookie":
            pair, *attributes = text.split(";")
            if pair.partition("=")[0].strip() == SESSION_COOKIE:
                if has_cookie or not client.cookie:
                    continue
                pair = f"{SESSION_COOKIE}={client.cookie}"
            text = cookie(";".join((pair, *attributes)), Seen("http:"))  # without TLS, as most stubs are
        elif own.csrf_name and lower == own.csrf_name.lower():
            text = client.csrf
        yield name, _swap(text, pairs).encode("latin-1")


def _exchanged(body: Body, pairs: list[tuple[str, str]]) -> Body:
    """The body with the others' secrets, decoded if it had to be; the same object if there are none in it."""
    if not body.content:
        return body
    text = body.readable()
    changed = _swap_bytes(text, pairs)
    return (
        body
        if changed == text
        else replace(Body.of(changed), original=body.original or Original(body.coding, body.size))
    )


def _swap_bytes(text: bytes, pairs: list[tuple[str, str]]) -> bytes:
    for old, new in pairs:
        if len(old) >= _SHORTEST:
            text = text.replace(old.encode("latin-1", "replace"), new.encode("latin-1", "replace"))
    return text


def _swap(text: str, pairs: list[tuple[str, str]]) -> str:
    for old, new in pairs:
        if len(old) >= _SHORTEST:
            text = text.replace(old, new)
    return text
