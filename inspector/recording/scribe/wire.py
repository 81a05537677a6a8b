"""How proxy and scribe talk: frames with messages, or with a piece of a body. Both are one program, and trust it."""

import pickle
import struct
from collections.abc import Iterator, Sequence
from typing import Any

AT_ONCE = 1 << 18
"""Bytes that a socket is asked for, and may hold: some pieces of a body (64 KiB from asyncio), or many messages."""

Message = tuple[Any, ...]
"""A name, and whatever belongs to it."""

_HEAD = struct.Struct("<QQ")
"""The length of what follows, and the body that it is a piece of; 0: messages."""


def messages_frame(messages: Sequence[Message]) -> tuple[bytes, bytes]:
    """The frame that holds these messages: its head, and the rest."""
    content = pickle.dumps(messages, pickle.HIGHEST_PROTOCOL)
    return _HEAD.pack(len(content), 0), content


def piece_head(body: int, size: int) -> bytes:
    """What goes before `size` bytes of a body (numbered from 1) to make them a frame."""
    return _HEAD.pack(size, body)


class Frames:
    """Puts together what comes in pieces as the socket has it: into `room`, and `came` says how much."""

    def __init__(self, size: int = AT_ONCE) -> None:
        """`size`: bytes of memory, but for frames that need more."""
        self._size = size
        self._buffer = memoryview(bytearray(size))
        self._start = self._end = 0
        """What came and is no whole frame yet."""

    def room(self) -> memoryview:
        """Where the next bytes go; as many as fit."""
        waiting = self._end - self._start
        needed = max(self._size, self._needed())
        if needed != len(self._buffer):
            larger = memoryview(bytearray(needed))
            larger[:waiting] = self._buffer[self._start : self._end]
            self._buffer = larger
        elif self._start:
            self._buffer[:waiting] = self._buffer[self._start : self._end]
        self._start, self._end = 0, waiting
        return self._buffer[waiting:]

    def came(self, size: int) -> Iterator[tuple[int, Any]]:
        """The frames that are complete with `size` bytes more: 0 and messages, or the number of a body and bytes."""
        self._end += size
        while (needed := self._needed()) and needed <= self._end - self._start:
            content = self._buffer[self._start + _HEAD.size : self._start + needed]
            body = _HEAD.unpack_from(self._buffer, self._start)[1]
            self._start += needed  # before anybody hears of it: what they make of it is not our concern
            yield body, (bytes(content) if body else pickle.loads(content))

    def _needed(self) -> int:
        """How long the frame is that has begun; 0 if nobody knows yet."""
        if self._end - self._start < _HEAD.size:
            return 0
        length: int = _HEAD.unpack_from(self._buffer, self._start)[0]
        return _HEAD.size + length
