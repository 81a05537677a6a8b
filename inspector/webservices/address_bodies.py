"""Addresses in bodies, exchanged textually: in JSON and calls of a callback with it, in forms, in HTML pages. Pure."""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from urllib.parse import quote_plus

from inspector.errors import BodyError
from inspector.traffic.body import Body, Original
from inspector.traffic.headers import Headers
from inspector.traffic.members import change_json, change_pairs
from inspector.webservices.address_fields import Exchange
from inspector.webservices.origins import ADDRESS

URI_MEMBER = re.compile(r"(?:^u|U)ris?\Z")

_CALL_OR_JSON = re.compile(rb"\s*+(?:/\*.*?\*/)?[\s;]*+(?:[\w$.]++\s*+\(\s*+)?[\[{]", re.DOTALL)
"""A script that is only a call with data (callback-polling), and no program."""

_ADDRESS_IN_PAGE = re.compile(
    rb"""(?ix)
    (?P<before>
        \b (?:href|src|action|formaction) \s*+=\s*+ ["']?
      | \b content \s*+=\s*+ ["'] \s*+ [\d.]*+ \s*+ [;,] \s*+ url \s*+=\s*+ ["']?
    )
    (?P<origin> (?:https?:)? // [^/?\#\s\\"'<>]+ )
    """
)
_HOST = re.compile(r"[\w.\-]+(?::\d+)?\Z|\[[\da-fA-F:.]+\](?::\d+)?\Z")


def rewritten(body: Body, change: Callable[[bytes], bytes]) -> Body:
    """The body with its text changed, decoded if it had to be; the same object if nothing was to change."""
    if not body.content:
        return body
    try:
        text = body.decoded()
    except BodyError:
        return body
    changed = change(text)
    if changed == text:
        return body
    return replace(Body.of(changed), original=body.original or Original(body.coding, body.size))


def is_json(headers: Headers, body: Callable[[], bytes]) -> bool:
    """Whether a body is JSON, or a call of a callback with it."""
    return "json" in headers.media_type or (
        "javascript" in headers.media_type and _CALL_OR_JSON.match(body()) is not None
    )


def in_json(text: bytes, exchange: Exchange, host: str = "") -> bytes:
    """JSON text with the addresses in URI members exchanged.

    With a `host`, it stands for all that Bayeux advice names instead of the server's (`hosts`).
    """
    hosts = host if b'"hosts"' in text and b'"advice"' in text else ""
    if (
        not hosts and b"ri" not in text and b"\\u" not in text
    ):  # no member's name can end so: most answers are done with
        return text

    def change(name: str, value: str) -> str | None:
        if URI_MEMBER.search(name):
            return exchange(value)
        return hosts if hosts and name == "hosts" and _HOST.match(value) else None

    return change_json(text, change)


def in_page(text: bytes, exchange: Exchange) -> bytes:
    """An HTML page with the addresses exchanged that a browser follows: of links, forms, scripts, and `refresh`."""

    def change(found: re.Match[bytes]) -> bytes:
        changed = exchange(found["origin"].decode("latin-1"))
        return found[0] if changed is None else found["before"] + changed.encode("latin-1", "replace")

    return _ADDRESS_IN_PAGE.sub(change, text)


def in_pairs(text: str, origin: str, public: str, exchange: Exchange) -> str:
    """A query or form in which values that are addresses below `origin` are below `public` instead.

    Bayeux messages in it (`message=`) are JSON: in those, `exchange` is asked.
    """
    if "message=" in text:
        text = change_pairs(text, lambda name, value: _message(value, exchange) if name == "message" else None)
    spelt = _spelt(origin)
    return spelt.sub(lambda found: quote_plus(public) if "%" in found[0] else public, text)


def _message(value: str, exchange: Exchange) -> str | None:
    before = value.encode("utf-8", "surrogateescape")
    changed = in_json(before, exchange)
    return None if changed == before else changed.decode("utf-8", "surrogateescape")


@lru_cache(maxsize=64)
def _spelt(origin: str) -> re.Pattern[str]:
    """The origin at the begin of a value, however much of it is percent-encoded."""
    found = ADDRESS.match(origin)
    marks = (f"(?:{re.escape(mark)}|%{ord(mark):02x})" if not mark.isalnum() else mark for mark in origin if found)
    return re.compile(rf"(?i)(?<==){''.join(marks)}(?=[/?#&;]|%2f|%3f|%23|\Z)")
