"""An exchange for the page: what was said, as far as somebody can look at it, and of the rest its size and digest."""

from typing import Any

import orjson

from inspector.audit.report.embedded import lines, text
from inspector.errors import BodyError
from inspector.render.table import moment
from inspector.traffic.body import Body
from inspector.traffic.exchange import Exchange
from inspector.traffic.headers import Headers
from inspector.traffic.multipart import Part
from inspector.traffic.texts import is_text

SHOWN = 16 * 1024
"""Characters of a body that are in the page."""

_PRETTY = 256 * 1024
"""Bytes of JSON that are set out line by line; more is shown as it came."""

_PREVIEW = 256
_LINE = 16
_PARTS = 20
_FIELDS = 100


def said(exchange: Exchange) -> dict[str, Any]:
    """Both halves of it; `page/exchange.js` reads it."""
    request, response = exchange.request, exchange.response
    query = f"?{request.query}" if request.query else ""
    told: dict[str, Any] = {
        "at": exchange.started.at,
        "line": text(f"{request.method} {request.path}{query} {request.http_version}", 2000),
        "to": text(f"{request.scheme}://{request.authority}"),
        "fields": _fields(request.headers),
        "body": None if request.parts else _body(request.body, request.headers.media_type),
        "parts": [_part(one) for one in request.parts[:-1][:_PARTS]],  # the last is what ends the form
        "error": text(exchange.error or ""),
        "cut": [text(one) for one in exchange.truncated],
    }
    if exchange.done:
        told["ms"] = round((exchange.done.mono - exchange.started.mono) / 1000, 1)
        told["done"] = moment(exchange.done) and exchange.done.at
    if response is not None:
        told["status"] = text(f"{response.status} {response.reason}".rstrip())
        told["back"] = _fields(response.headers)
        told["answer"] = _body(response.body, response.headers.media_type)
    return told


def _fields(headers: Headers) -> list[list[str]]:
    return [[text(name), text(value)] for name, value in list(headers)[:_FIELDS]]


def _part(part: Part) -> dict[str, Any]:
    name = part.filename if part.filename is not None else part.name or ""
    return {"name": text(name), **(_body(part.body, part.media_type) or {})}


def _body(body: Body, media_type: str) -> dict[str, Any] | None:
    if not body.size:
        return None
    told: dict[str, Any] = {"type": text(media_type), "size": body.size, "sha256": text(body.sha256)}
    if body.original:
        told["redacted"] = 1
    try:
        content = body.decoded()
    except BodyError as error:
        return told | {"why": text(error), **_hex(b"" if body.coding else body.head, body.size)}
    if len(content) <= _PRETTY and (pretty := _json(content)) is not None:
        return told | {"as": "json", **_cut(pretty)}
    if media_type and is_text(media_type) and b"\0" not in content[:SHOWN]:
        return told | {"as": "text", **_cut(content[: 4 * SHOWN + 4].decode("utf-8", "replace"))}
    return told | _hex(content, len(content))


def _json(content: bytes) -> str | None:
    try:
        return orjson.dumps(orjson.loads(content), option=orjson.OPT_INDENT_2).decode()
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return None


def _cut(whole: str) -> dict[str, Any]:
    return {"text": lines(whole[:SHOWN])} | ({"more": 1} if len(whole) > SHOWN else {})


def _hex(begin: bytes, size: int) -> dict[str, Any]:
    """`89 50 4e 47  .PNG`, line by line."""
    rows = []
    for start in range(0, min(len(begin), _PREVIEW), _LINE):
        piece = begin[start : start + _LINE]
        letters = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in piece)
        rows.append(f"{start:04x}  {piece.hex(' '):<{3 * _LINE - 1}}  {letters}")
    return {"as": "hex", "text": "\n".join(rows)} | ({"more": 1} if size > _PREVIEW else {})
