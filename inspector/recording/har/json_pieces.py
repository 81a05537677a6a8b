"""JSON written piece by piece: a text or a list of any length is never whole in memory."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Base64:
    """A text that is made of these bytes."""

    pieces: Iterator[bytes]


@dataclass(frozen=True, slots=True)
class Items:
    """A list of these."""

    items: Iterator[Any]


def pieces_of(value: Any) -> Iterator[bytes]:
    """The value as JSON; in objects, and nowhere else, its members may be a Base64 or Items."""
    if isinstance(value, Base64):
        yield b'"'
        yield from _coded(value.pieces)
        yield b'"'
    elif isinstance(value, Items):
        comma = b"["
        for item in value.items:
            yield comma + orjson.dumps(item)
            comma = b","
        yield b"[]" if comma == b"[" else b"]"
    elif isinstance(value, dict):
        comma = b"{"
        for name, member in value.items():
            yield comma + orjson.dumps(name) + b":"
            yield from pieces_of(member)
            comma = b","
        yield b"{}" if comma == b"{" else b"}"
    else:
        yield orjson.dumps(value)


def _coded(pieces: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        rest += piece
        end = len(rest) // 3 * 3
        yield base64.b64encode(rest[:end])
        rest = rest[end:]
    yield base64.b64encode(rest)
