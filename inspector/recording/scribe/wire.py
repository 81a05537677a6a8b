"""How proxy and scribe talk: frames with messages, or with a piece of a body. Both are one program, and trust it."""

import pickle
import struct
from collections.abc import Iterator, Sequence
from typing import Any

RECEIVED_AT_ONCE = 1 << 18
"""Bytes to ask a socket for."""

Message = tuple[Any, ...]
"""A name, and whatever belongs to it."""

_HEAD = struct.Struct("<IQ")
"""The length of what follows, and the body that it is a piece of; 0: messages."""


def messages_frame(messages: Sequence[Message]) -> bytes:
    """The frame that holds these messages."""
    content = pickle.dumps(messages, pickle.HIGHEST_PROTOCOL)
    return _HEAD.pack(len(content), 0) + content


def piece_head(body: int, size: int) -> bytes:
    """What goes before `size` bytes of a body (numbered from 1) to make them a frame."""
    return _HEAD.pack(size, body)


class Frames:
    """Puts together what comes in pieces as the socket has it."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def put(self, data: bytes) -> Iterator[tuple[int, Any]]:
        """The frames that are complete: 0 and messages, or the number of a body and bytes of it."""
        self._buffer += data
        position, size = 0, len(self._buffer)
        while size - position >= _HEAD.size:
            length, body = _HEAD.unpack_from(self._buffer, position)
            start, end = position + _HEAD.size, position + _HEAD.size + length
            if end > size:
                break
            content = bytes(memoryview(self._buffer)[start:end])
            yield body, (content if body else pickle.loads(content))
            position = end
        del self._buffer[:position]
