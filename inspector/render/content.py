"""A body for a terminal: JSON pretty and in colours, forms by their fields, text as it is, anything else as bytes."""

from collections.abc import Iterator, Sequence
from urllib.parse import parse_qsl

import orjson
from rich.console import RenderableType
from rich.syntax import Syntax
from rich.text import Text

from inspector.analysis.files.detecting import same_type
from inspector.analysis.files.likely import type_of_bytes
from inspector.errors import BodyError
from inspector.render.escape import plain
from inspector.traffic.body import Body
from inspector.traffic.headers import FORM, Headers
from inspector.traffic.multipart import Part

PREVIEW = 256
"""Bytes of a binary body that are shown."""
_LINES = 400
_LINE = 2000
_WHOLE = 64 * 1024 * 1024
_ROW = 16
_FIELD = 200
"""Characters of a form's field that are shown beside its name."""


def body_page(
    body: Body, headers: Headers, parts: Sequence[Part] = (), *, whole: bool = False
) -> Iterator[RenderableType]:
    """The body of a message with these header fields. A long one is cut, and that is said, unless `whole` is wanted."""
    if not body.size:
        return
    yield Text()
    if body.original:
        was = f"{body.original.length} bytes{f' of {plain(body.original.coding)}' if body.original.coding else ''}"
        yield Text(f"(kept decoded and without secrets; {was} on the wire)", "dim")
    if parts:
        yield from map(_part, parts[:-1])
        return
    try:
        content = body.decoded()
    except BodyError as error:
        if body.head and not body.coding:
            yield from _bytes(body.head, body, headers.media_type, body.size)
        else:
            yield Text(f"({error}; sha256 {body.sha256})", "yellow")
        return
    yield from _content(content, body, headers.media_type, whole)


def _content(content: bytes, body: Body, media_type: str, whole: bool) -> Iterator[RenderableType]:
    if media_type == FORM:
        for name, value in parse_qsl(content.decode("utf-8", "replace"), keep_blank_values=True):
            yield Text.assemble((plain(name), "cyan"), " = ", plain(value, _WHOLE if whole else _LINE))
        return
    try:
        pretty = orjson.dumps(orjson.loads(content), option=orjson.OPT_INDENT_2).decode()
        text, rest = _lines(pretty, whole)
        yield Syntax(text, "json", background_color="default", word_wrap=True)
        yield from rest
        return
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):  # it reads deeper nesting than it writes
        pass
    if media_type.startswith("text/") or "json" in media_type or "xml" in media_type or not media_type:
        decoded = content.decode("utf-8", "replace")
        if media_type or decoded.isprintable():
            text, rest = _lines(decoded, whole)
            yield Text(text)
            yield from rest
            return
    yield from _bytes(content[:PREVIEW], body, media_type, len(content))


def _part(part: Part) -> Text:
    name = plain(part.filename if part.filename is not None else part.name or "")
    line = Text(f"part {name}  {plain(part.media_type)}{_looks_like(part.body.head, part.media_type)}  ", "green")
    line.append(f"{part.body.size} bytes  sha256 {part.body.sha256}")
    if part.filename is None and part.body.content is not None:
        line.append(f"  {plain(part.body.content.decode('utf-8', 'replace'), _FIELD)}", "default")
    return line


def _bytes(begin: bytes, body: Body, media_type: str, size: int) -> Iterator[Text]:
    """What the bytes are, and the first of them: offset, hex, ASCII."""
    digest = f"sha256 {body.sha256}" if body.sha256 else "cut"
    yield Text(f"{plain(media_type) or 'no type'}{_looks_like(begin, media_type)}, {size} bytes, {digest}", "dim")
    begin = begin[:PREVIEW]
    for offset in range(0, len(begin), _ROW):
        row = begin[offset : offset + _ROW]
        shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        yield Text.assemble((f"{offset:08x}  ", "dim"), f"{row.hex(' '):<{3 * _ROW}} ", (f"|{shown}|", "cyan"))
    if size > len(begin):
        yield Text(f"… {size - len(begin)} bytes more: --body writes all of them", "dim")


def _looks_like(begin: bytes, media_type: str) -> str:
    """What the bytes look like, if that is something else than they are declared to be."""
    detected = type_of_bytes(begin)
    return f" (looks like {plain(detected)})" if detected and detected != same_type(media_type) else ""


def _lines(text: str, whole: bool) -> tuple[str, list[Text]]:
    """The text for a terminal, and what is said if that is not all of it."""
    lines = text.split("\n")
    kept = lines if whole else lines[:_LINES]
    limit = _WHOLE if whole else _LINE
    cut = len(kept) < len(lines) or any(len(line) > limit for line in kept)
    note = f"… cut ({len(lines)} lines, {len(text)} characters): --whole shows all of it"
    return "\n".join(plain(line, limit) for line in kept), [Text(note, "dim")] if cut else []
