"""Splitting a multipart body while it passes: what comes out is the same however the body is cut into pieces."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from inspector.traffic.headers import Headers

_HEAD_LIMIT = 64 * 1024
_FIELDS_LIMIT = 64
_BETWEEN_LIMIT = 1024 * 1024
"""Bytes that may lie between two contents, before the first or behind the last: they are held in memory."""


class Unsplittable(Exception):
    """The body is no multipart/form-data, or is broken: no part of it can be told from another."""


@dataclass(frozen=True, slots=True)
class Heading:
    """What a part's header fields say; `name` and `filename` are None where they say nothing of it."""

    name: str | None
    filename: str | None
    media_type: str


class Splitter:
    """Takes a body's pieces in order, tells what is in them as soon as it is sure.

    `begun(heading, head)`: a part's content begins; `head` is every byte since the content before it.
    `took(data)`: a piece of that content, in as many calls as it takes.
    Raises Unsplittable: at once if `content_type` is not of such a body, later where the body is broken.
    """

    def __init__(
        self, content_type: str, begun: Callable[[Heading, bytes], None], took: Callable[[bytes], None]
    ) -> None:
        boundary = _boundary(content_type)
        # only here: most of what starts has no such body to read yet, and should not wait for this
        from python_multipart.exceptions import FormParserError
        from python_multipart.multipart import MultipartParser

        self._error = FormParserError
        self._begun = begun
        self._took = took
        self._piece = b""
        self._between = b""  # what came since the last content, before the piece at hand
        self._from = 0  # where in the piece at hand that goes on
        self._before = 0  # bytes of all pieces before this one
        self._content_end = 0  # the last content's end; like all positions that outlive a piece: from the body's begin
        self._fields_end = 0
        self._at_work = False
        self._fields: list[tuple[str, str]] = []
        self._name = self._value = b""
        self._waiting: Heading | None = None  # the part whose content has not begun
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._part_begin,
                    "on_header_field": self._header_field,
                    "on_header_value": self._header_value,
                    "on_header_end": self._header_end,
                    "on_headers_finished": self._headers_finished,
                    "on_part_data": self._part_data,
                    "on_part_end": self._part_end,
                },
                max_header_count=_FIELDS_LIMIT,
                max_header_size=_HEAD_LIMIT,
            )
        except FormParserError as error:
            raise Unsplittable(str(error)) from None

    def write(self, data: bytes) -> None:
        """The next bytes of the body."""
        if not self._at_work:
            data = self._from_the_first_delimiter(data)
        self._piece, self._from = data, 0
        try:
            self._parser.write(data)
        except self._error as error:
            raise Unsplittable(str(error)) from None
        self._between += data[self._from :]
        self._before += len(data)
        self._piece, self._from = b"", 0
        if len(self._between) > _BETWEEN_LIMIT:
            raise Unsplittable(f"more than {_BETWEEN_LIMIT} bytes that belong to no part")

    def _from_the_first_delimiter(self, data: bytes) -> bytes:
        """What may stand before it (RFC 2046 section 5.1.1), if it begins with a line's end, the parser would take in
        one piece, but not in two.
        """
        if self._between or data[:1] in (b"\r", b"\n"):
            place = data.find(b"-")
            before, data = (data, b"") if place < 0 else (data[:place], data[place:])
            self._between += before
            self._before += len(before)
        self._at_work = bool(data)
        return data

    def end(self) -> bytes:
        """All of the body came: every byte behind its last content."""
        self._part_end()
        return self._between

    @property
    def untold(self) -> bytes:
        """What came, and is not part of anything that was told."""
        return self._between + self._piece[self._from :]

    def _part_begin(self) -> None:
        self._fields = []
        self._name = self._value = b""

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]
        self._fields_end = self._before + end

    def _header_end(self) -> None:
        self._fields.append((self._name.decode("latin-1"), self._value.decode("latin-1")))
        self._name = self._value = b""

    def _headers_finished(self) -> None:
        self._waiting = _heading(self._fields)

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if data is not self._piece:  # it looked like a delimiter where the piece before ended, and is none
            start, end, looked_back = start - end, 0, data[start:end]
        else:
            looked_back = b""
        if self._waiting:
            self._tell(self._between[:start] if start < 0 else self._between + self._piece[self._from : start])
        self._between = b""
        self._from = end
        self._content_end = self._before + end
        if looked_back:
            self._took(looked_back)
        else:
            self._took(data if end - start == len(data) else data[start:end])

    def _part_end(self) -> None:
        """An empty content has no data to tell its place: it lies behind the blank line that ends the header fields."""
        if not self._waiting:
            return
        between = self._between + self._piece[self._from :]
        place = between.index(b"\r\n\r\n", max(0, self._fields_end - self._content_end)) + 4
        self._tell(between[:place])
        self._content_end += place
        in_piece = place - len(self._between)
        self._between = self._between[place:]
        self._from += max(0, in_piece)

    def _tell(self, head: bytes) -> None:
        assert self._waiting
        heading, self._waiting = self._waiting, None
        self._begun(heading, head)


def _boundary(content_type: str) -> bytes:
    from python_multipart.multipart import parse_options_header

    if "multipart" in content_type.lower():
        media_type, options = parse_options_header(content_type)
        if media_type.lower() == b"multipart/form-data" and (boundary := options.get(b"boundary")):
            return boundary
    raise Unsplittable("no multipart/form-data with a boundary")


def _heading(fields: list[tuple[str, str]]) -> Heading:
    headers = Headers(tuple(fields))
    options = _parameters(headers.get("content-disposition"))
    filename = _extended(options.get("filename*")) or _text(options.get("filename"))
    return Heading(_text(options.get("name")), filename, headers.media_type)


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
