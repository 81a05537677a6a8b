"""Multipart form bodies, split without losing a byte: the heads and contents of all parts, joined, are the body again.

So a file that was uploaded is kept as a body of its own, once, however often it is uploaded or downloaded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from inspector.traffic.body import EMPTY, Body
from inspector.traffic.headers import Headers

_HEAD_LIMIT = 64 * 1024
_FIELDS_LIMIT = 64


@dataclass(frozen=True, slots=True)
class Part:
    """One part: `head` is every byte between the content before it and its own (delimiter and part headers).

    What follows the last content is a part without a name and with an empty body.
    """

    head: bytes
    name: str | None
    filename: str | None
    media_type: str
    body: Body


def split(content: bytes, content_type: str) -> tuple[Part, ...]:
    """The parts of a multipart body (RFC 7578); empty if it is not one, or is broken: then the body is only bytes."""
    media_type, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if media_type != b"multipart/form-data" or not boundary:
        return ()
    reader = _Reader()
    try:
        parser = MultipartParser(
            boundary,
            {
                "on_part_begin": reader.part_begin,
                "on_header_field": reader.header_field,
                "on_header_value": reader.header_value,
                "on_header_end": reader.header_end,
                "on_part_data": reader.part_data,
            },
            max_header_count=_FIELDS_LIMIT,
            max_header_size=_HEAD_LIMIT,
        )
        parser.write(content)
        parser.finalize()
    except FormParserError:
        return ()
    return _cut(content, reader.parts)


def join(parts: Sequence[Part]) -> bytes | None:
    """The body that was split; None if the content of a part was not kept."""
    pieces: list[bytes] = []
    for part in parts:
        if part.body.content is None:
            return None
        pieces += (part.head, part.body.content)
    return b"".join(pieces)


class _Found:
    """A part while it is read: its header fields, and where its content lies in the body."""

    def __init__(self) -> None:
        self.fields: list[tuple[str, str]] = []
        self.start = self.end = 0


class _Reader:
    """Gathers what the parser calls out; offsets are into the one buffer that it is fed."""

    def __init__(self) -> None:
        self.parts: list[_Found] = []
        self._name = self._value = b""

    def part_begin(self) -> None:
        self.parts.append(_Found())

    def header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def header_end(self) -> None:
        self.parts[-1].fields.append((self._name.decode("latin-1"), self._value.decode("latin-1")))
        self._name = self._value = b""

    def part_data(self, data: bytes, start: int, end: int) -> None:
        part = self.parts[-1]
        part.start = part.start or start
        part.end = end


def _cut(content: bytes, found: list[_Found]) -> tuple[Part, ...]:
    parts, position = [], 0
    for part in found:
        if not part.start:
            # an empty file has no data to tell its place: it begins behind the blank line that ends its headers
            part.start = part.end = content.index(b"\r\n\r\n", position) + 4
        headers = Headers(tuple(part.fields))
        _, options = parse_options_header(headers.get("content-disposition"))
        parts.append(
            Part(
                content[position : part.start],
                _text(options.get(b"name")),
                _filename(headers, options),
                headers.media_type,
                Body.of(content[part.start : part.end]),
            )
        )
        position = part.end
    return (*parts, Part(content[position:], None, None, "", EMPTY)) if parts else ()


def _filename(headers: Headers, options: dict[bytes, bytes]) -> str | None:
    disposition = headers.get("content-disposition")
    _, extended, value = disposition.partition("filename*=")
    if extended and value.lower().startswith("utf-8''"):
        return unquote(value[7:].partition(";")[0].strip())  # RFC 5987; browsers never send it, some clients do
    return _text(options.get(b"filename"))


def _text(value: bytes | None) -> str | None:
    """Browsers send names in UTF-8 (RFC 7578 section 5.1); the header was kept as latin-1, one character a byte."""
    return value.decode("utf-8", "replace") if value is not None else None
