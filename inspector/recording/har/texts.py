"""The strings of a HAR as bytes, wherever they lie: those that the parser gave, and those left in the file."""

import binascii
import codecs
import json
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

from inspector.errors import UsageError
from inspector.recording.har.long_strings import LongStrings

_BLOCK = 64 * 1024
_LONGEST = 1024 * 1024
"""Bytes of a string that is no body: an address, a header field."""

_HIGH = r"[dD][89abAB][0-9a-fA-F]{2}"
_ESCAPE = rf"\\(?:[^u]|u(?!{_HIGH})[0-9a-fA-F]{{4}}|u{_HIGH}(?:\\u[0-9a-fA-F]{{4}}|(?=\\[^u]|[^\\])))"
_COMPLETE = re.compile(rf"[^\\]*+(?:{_ESCAPE}[^\\]*+)*+", re.DOTALL)
"""As much as can be read by itself: no escape of which the rest is missing, nor half a surrogate pair."""

_SPACE = re.compile(r"\s+")


class Texts:
    """Reads strings out of the file; belongs to whoever reads that. Raises UsageError for what is no string at all."""

    def __init__(self, file: BinaryIO, strings: LongStrings) -> None:
        self._file = file
        self._strings = strings
        self._sizes: dict[str, int] = {}

    def whole(self, text: str) -> str:
        """A string that is no body."""
        if (place := self._strings.place(text)) is None:
            return text
        if place[1] > _LONGEST:
            raise UsageError(f"a text of {place[1]} bytes, at byte {place[0]}, that is no body")
        return "".join(self._left(*place))

    def size(self, text: str, pieces: Callable[[], Iterator[bytes]]) -> int:
        """How many bytes the pieces of a text have. Those of one that was left in the file are read for that once."""
        if text in self._sizes:
            return self._sizes[text]
        size = sum(map(len, pieces()))
        if self.is_long(text):
            self._sizes[text] = size
        return size

    def is_long(self, text: str) -> bool:
        """Whether it was left in the file."""
        return self._strings.place(text) is not None

    def text(self, text: str, charset: str) -> Iterator[bytes]:
        """A text in a charset that Python knows; what that does not have becomes a question mark."""
        place = self._strings.place(text)
        encoder = codecs.getincrementalencoder(charset)("replace")
        for piece in (text,) if place is None else self._left(*place):
            if encoded := encoder.encode(piece):
                yield encoded

    def base64(self, text: str) -> Iterator[bytes]:
        """What base64 says (RFC 4648 section 4); line breaks in it count for nothing, nor does it that `=` is missing.

        Raises UsageError if it is none.
        """
        place, rest = self._strings.place(text), ""
        for piece in (text,) if place is None else self._left(*place):
            rest += _SPACE.sub("", piece)
            groups = max(0, len(rest) - 4) // 4 * 4  # the last may be padded, and only that
            if groups:
                if "=" in rest[:groups]:
                    raise UsageError("a body is no base64: it goes on after its end")
                yield _decoded(rest[:groups])
                rest = rest[groups:]
        if rest:
            yield _decoded(rest + "=" * (-len(rest) % 4))

    def _left(self, offset: int, length: int) -> Iterator[str]:
        decoder, rest = codecs.getincrementaldecoder("utf-8")(), ""
        self._file.seek(offset)
        while length or rest:
            # whoever takes the pieces may read elsewhere in between
            self._file.seek(offset)
            block = self._file.read(min(_BLOCK, length))
            offset, length = offset + len(block), length - len(block)
            try:
                rest += decoder.decode(block, final=not length)
                complete = _COMPLETE.match(rest)
                end = complete.end() if complete and length else len(rest)
                yield json.loads(f'"{rest[:end]}"')
            except ValueError as error:
                raise UsageError(f"a text that ends at byte {offset} is broken: {error}") from None
            rest = rest[end:]


def _decoded(text: str) -> bytes:
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError as error:  # also for characters that are not in ASCII
        raise UsageError(f"a body is no base64: {error}") from None
