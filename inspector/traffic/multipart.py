"""Multipart form bodies, split without losing a byte: the heads and contents of all parts, joined, are the body again.

So a file that was uploaded is kept as a body of its own, once, however often it is uploaded or downloaded.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

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
    if "multipart" not in content_type.lower():
        return ()
    # only here: most of what starts has no such body to read yet, and should not wait for this
    from python_multipart.exceptions import FormParserError
    from python_multipart.multipart import MultipartParser, parse_options_header

    media_type, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if media_type.lower() != b"multipart/form-data" or not boundary:
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
                "on_headers_finished": reader.headers_finished,
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
        self.fields_end = self.start = self.end = 0
        self.has_head = False


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
        self.parts[-1].fields_end = end

    def header_end(self) -> None:
        self.parts[-1].fields.append((self._name.decode("latin-1"), self._value.decode("latin-1")))
        self._name = self._value = b""

    def headers_finished(self) -> None:
        self.parts[-1].has_head = True

    def part_data(self, data: bytes, start: int, end: int) -> None:
        part = self.parts[-1]
        part.start = part.start or start
        part.end = end


def _cut(content: bytes, found: list[_Found]) -> tuple[Part, ...]:
    parts, position = [], 0
    for part in found:
        if not part.has_head:
            break  # the body was cut in this part's header fields
        if not part.start:
            # an empty file has no data to tell its place: it begins behind the blank line that ends its header fields
            part.start = part.end = content.index(b"\r\n\r\n", max(position, part.fields_end)) + 4
        headers = Headers(tuple(part.fields))
        options = _parameters(headers.get("content-disposition"))
        body = Body.of(content[part.start : part.end])
        name, filename = (
            _text(options.get("name")),
            _extended(options.get("filename*")) or _text(options.get("filename")),
        )
        parts.append(Part(content[position : part.start], name, filename, headers.media_type, body))
        position = part.end
    return (*parts, Part(content[position:], None, None, "", EMPTY)) if parts else ()


_PARAMETER = re.compile(r';\s*([^\s=;]+)\s*=\s*(?:"((?:\\"|[^"])*)"|([^;]*))')


def _parameters(disposition: str) -> dict[str, str]:
    """The parameters of a Content-Disposition, names lower case. A backslash is one, except before a quote: browsers
    do not escape it (WHATWG HTML, multipart/form-data), and a path in a file name is evidence.
    """
    return {
        name.lower(): quoted.replace('\\"', '"') if quoted or not bare else bare.strip()
        for name, quoted, bare in _PARAMETER.findall(disposition)
    }


def _extended(value: str | None) -> str | None:
    """A value as RFC 5987 section 3.2 writes it: charset'language'percent-encoded. None if it is not."""
    charset, _, rest = (value or "").partition("'")
    _, quote, encoded = rest.partition("'")
    known = charset.lower() in ("utf-8", "iso-8859-1")
    return unquote(encoded, charset) if quote and known else None


def _text(value: str | None) -> str | None:
    """Browsers send names in UTF-8 (RFC 7578 section 5.1); the header was kept as latin-1, one character a byte."""
    return value.encode("latin-1").decode("utf-8", "replace") if value is not None else None
