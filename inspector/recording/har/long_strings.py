"""A JSON text for a parser that holds each string in memory: long strings are left in the file, and referred to.

A streaming parser is bounded by the largest value; in a HAR that is a body. Only where strings begin and end is found
here (RFC 8259 section 7), all else is the parser's.
"""

import re
import uuid
from itertools import accumulate
from typing import BinaryIO

from inspector.errors import UsageError

LONG = 256 * 1024
"""Bytes between the quotes from which on a string is left where it is."""

DEPTH_LIMIT = 500
"""Arrays and objects within each other; HAR has ten, and a call stack of Chromium's some more."""

_BLOCK = 64 * 1024
_BOM = b"\xef\xbb\xbf"
_INSIDE = rb'[^"\\]*+(?:\\.[^"\\]*+)*+'
_STRINGS = re.compile(b'"' + _INSIDE + b'"', re.DOTALL)
_UNTIL_OPEN = re.compile(rb'[^"]*+(?:"' + _INSIDE + rb'"[^"]*+)*+', re.DOTALL)
_WITHIN = re.compile(_INSIDE, re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STEP = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


class LongStrings:
    """The file as the parser reads it. `passed` counts the bytes that it was given.

    Raises UsageError where it is nested too deeply: parsers take memory by the square of that.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.passed = 0
        self._file = file
        self._key = uuid.uuid4().hex
        self._position = len(_BOM) if file.read(len(_BOM)) == _BOM else 0
        """Of the first byte that is not read, in the file."""
        file.seek(self._position)
        self._depth = 0
        self._rest = b""
        """What was read of a string that has no end yet, from its quote on."""
        self._long: int | None = None
        """Where the long string began that is being passed over."""
        self._is_over = False

    @property
    def position(self) -> int:
        """Bytes of the file that were read."""
        return self._position

    def read(self, size: int = -1) -> bytes:
        """The next bytes, however many; empty at the end. For a size of 0 none, as ijson wants to see."""
        while size and not self._is_over:
            block = self._file.read(_BLOCK)
            self._position += len(block)
            self._is_over = not block
            given = self._skip(block) if self._long is not None else self._take(self._rest + block)
            if self._is_over:
                given, self._rest = given + self._rest, b""
            if given:
                self.passed += len(given)
                return given
        return b""

    def place(self, text: str) -> tuple[int, int] | None:
        """Where a string lies that was left in the file (offset and bytes); None for one that was not."""
        if not text.startswith(self._key):
            return None
        offset, length = text[len(self._key) :].split(",")
        return int(offset), int(length)

    def _take(self, data: bytes) -> bytes:
        match = _UNTIL_OPEN.match(data)
        assert match, "it matches nothing, too"
        given, self._rest = data[: match.end()], data[match.end() :]
        self._look(given)
        if len(self._rest) > LONG:
            self._long = self._position - len(self._rest) + 1
            rest, self._rest = self._rest[1:], b""
            return given + self._skip(rest)
        return given

    def _skip(self, data: bytes) -> bytes:
        """Of a long string: nothing until it ends, then where it was, and what comes next."""
        assert self._long is not None
        data, self._rest = self._rest + data, b""
        match = _WITHIN.match(data)
        assert match, "it matches nothing, too"
        end = match.end()
        if end == len(data) or data[end : end + 1] == b"\\":
            self._rest = data[end:]  # a backslash, whose other half is still to come
            return b""
        length = self._position - len(data) + end - self._long
        reference = b'"%s%d,%d"' % (self._key.encode(), self._long, length)
        self._long = None
        return reference + self._take(data[end + 1 :])

    def _look(self, data: bytes) -> None:
        """Counts the brackets that are in no string."""
        steps = [_STEP[one] for one in _STRINGS.sub(b"", data).translate(None, _NOT_BRACKETS)]
        if steps:
            if self._depth + max(accumulate(steps)) > DEPTH_LIMIT:
                raise UsageError(f"it is nested more than {DEPTH_LIMIT} levels deep, before byte {self._position}")
            self._depth += sum(steps)
