"""A message's body: its bytes as they crossed the wire, their digest, and how to read them within limits."""

import hashlib
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import brotli
import orjson
import zstandard

from inspector.errors import BodyError
from inspector.traffic.loose_json import loads
from inspector.traffic.value import value

DECODE_LIMIT = 64 * 1024 * 1024
"""Bytes that a body may have once decoded: a small body can hold gigabytes of zeros."""

HEAD = 4096
"""Bytes at a body's begin that are at hand even where the rest is not."""

_STEP = 64 * 1024
"""Bytes of output taken at a time where a decoder can be told."""

_SIP = 64
"""Bytes of input given at a time where it cannot: few enough that not even a bomb makes gigabytes of them."""


@dataclass(frozen=True, slots=True)
class Original:
    """What a redacted body was before: its content coding, and its length on the wire in bytes."""

    coding: str
    length: int


@value()
class Body:
    """`content` in its `coding` (None where it is not in memory), `size` in bytes, `sha256` in lower-case hex.

    A redacted body is kept decoded (`coding` empty) and remembers its `original`. Of a body that was kept, but is not
    in memory, `start` has the first HEAD bytes; `source` reads it from a recording, if it is there already.
    """

    content: bytes | None
    size: int
    sha256: str
    coding: str = ""
    original: Original | None = None
    start: bytes = b""
    source: Callable[[], Iterator[bytes]] | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of(cls, content: bytes, coding: str = "") -> "Body":
        return cls(content, len(content), hashlib.sha256(content).hexdigest(), coding)

    @property
    def head(self) -> bytes:
        """The first HEAD bytes, or as many as there are; empty where nothing but the digest was kept."""
        return self.start if self.content is None else self.content[:HEAD]

    def pieces(self) -> Iterator[bytes]:
        """The bytes in their coding, piece by piece, never all of them in memory.

        Raises BodyError at once if they were not kept, RecordingError while it reads where the recording is damaged.
        """
        if self.content is not None:
            return iter((self.content,) if self.content else ())
        if self.source is None:
            raise self._not_here()
        return self.source()

    def decoded(self) -> bytes:
        """The bytes without their content coding.

        Raises BodyError: unknown or broken coding, more than DECODE_LIMIT, or only the digest was kept.
        """
        content, trouble = self._read()
        if trouble:
            raise trouble
        return content

    def readable(self) -> bytes:
        """As much as anybody could read of it: of a broken coding what came before the break, or the bytes as sent."""
        return self._read()[0] or self.content or b""

    def _read(self) -> tuple[bytes, BodyError | None]:
        if self.content is None:
            return b"", self._not_here()
        if not self.coding:
            return self.content, None
        content, trouble = self.content, None
        for coding in reversed([name.strip() for name in self.coding.split(",") if name.strip()]):
            content, trouble = _decode(content, coding)
            if trouble:
                break
        return content, trouble

    def _not_here(self) -> BodyError:
        if self.start or self.source:
            return BodyError(f"this body is kept, but too large to be in memory ({self.size} bytes)")
        return BodyError(f"only the digest of this body was kept ({self.size} bytes)")

    def json(self) -> Any:
        """The body as JSON. Raises BodyError if it cannot be decoded or is not JSON."""
        try:
            return loads(self.decoded())
        except orjson.JSONDecodeError as error:
            raise BodyError(f"not JSON: {error}") from None


EMPTY = Body.of(b"")


def _decode(content: bytes, coding: str) -> tuple[bytes, BodyError | None]:
    """The content without one coding, and why it ended early if it did; within the limit."""
    if coding == "identity" or not content:
        return content, None
    if coding not in _DECODERS:
        return b"", BodyError(f"unknown content coding {coding!r}")
    pieces: list[bytes] = []
    size = 0
    try:
        for piece in _DECODERS[coding](content):
            pieces.append(piece)
            size += len(piece)
            if size > DECODE_LIMIT:
                return b"".join(pieces), BodyError(f"the body is larger than {DECODE_LIMIT} bytes once decoded")
    except (zlib.error, brotli.error, zstandard.ZstdError, EOFError) as error:
        return b"".join(pieces), BodyError(f"broken {coding} coding: {error}")
    return b"".join(pieces), None


def _inflate(content: bytes, window: int) -> Iterator[bytes]:
    position = 0
    while True:
        decoder = zlib.decompressobj(window)
        while not decoder.eof:
            if position >= len(content):
                raise EOFError("it ends too early")
            rest, full = content[position : position + _STEP], True
            position += len(rest)
            while rest or (full and not decoder.eof):
                piece = decoder.decompress(rest, _STEP)
                rest, full = decoder.unconsumed_tail, len(piece) == _STEP
                yield piece
        position -= len(decoder.unused_data)
        # RFC 1952 section 2.2: more members may follow; anything else behind a member is padding
        if window <= zlib.MAX_WBITS or content[position : position + 2] != content[:2]:
            return


def _deflate(content: bytes) -> Iterator[bytes]:
    """RFC 9110 section 8.4.1.2 means the zlib format; some senders leave its wrapper out, and then chance decides
    whether the first bytes look like one: so what cannot be read with it is read without.
    """
    wrapped, pieces = _inflate(content, zlib.MAX_WBITS), list[bytes]()
    try:
        pieces.append(next(wrapped, b""))
    except zlib.error:
        yield from _inflate(content, -zlib.MAX_WBITS)
        return
    yield from pieces
    yield from wrapped


def _unbrotli(content: bytes) -> Iterator[bytes]:
    decoder = brotli.Decompressor()
    for start in range(0, len(content), _SIP):
        yield decoder.process(content[start : start + _SIP])
    if not decoder.is_finished():
        raise EOFError("it ends too early")


def _unzstd(content: bytes) -> Iterator[bytes]:
    position = 0
    while position < len(content):  # RFC 8878 section 3.1: frames may follow one another
        decoder = zstandard.ZstdDecompressor().decompressobj()
        while not decoder.eof:
            if position >= len(content):
                raise EOFError("it ends too early")
            sip = content[position : position + _SIP]
            position += len(sip)
            yield decoder.decompress(sip)
        position -= len(decoder.unused_data)


_DECODERS: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "gzip": lambda content: _inflate(content, zlib.MAX_WBITS | 16),
    "x-gzip": lambda content: _inflate(content, zlib.MAX_WBITS | 16),
    "deflate": _deflate,
    "br": _unbrotli,
    "zstd": _unzstd,
}
