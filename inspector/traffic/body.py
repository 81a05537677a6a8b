"""A message's body: its bytes as they crossed the wire, their digest, and how to read them within limits."""

import hashlib
import zlib
from dataclasses import dataclass
from typing import Any

import brotli
import orjson
import zstandard

from inspector.errors import BodyError

DECODE_LIMIT = 64 * 1024 * 1024
"""Bytes that a body may have once decoded: a small body can hold gigabytes of zeros."""

_STEP = 64 * 1024


@dataclass(frozen=True, slots=True)
class Original:
    """What a redacted body was before: its content coding, and its length on the wire in bytes."""

    coding: str
    length: int


@dataclass(frozen=True, slots=True)
class Body:
    """`content` in its `coding` (None where only the digest was kept), `size` in bytes, `sha256` in lower-case hex.

    A redacted body is kept decoded (`coding` empty) and remembers its `original`.
    """

    content: bytes | None
    size: int
    sha256: str
    coding: str = ""
    original: Original | None = None

    @classmethod
    def of(cls, content: bytes, coding: str = "") -> "Body":
        return cls(content, len(content), hashlib.sha256(content).hexdigest(), coding)

    def decoded(self) -> bytes:
        """The bytes without their content coding.

        Raises BodyError: unknown or broken coding, more than DECODE_LIMIT, or only the digest was kept.
        """
        if self.content is None:
            raise BodyError(f"only the digest of this body was kept ({self.size} bytes)")
        content = self.content
        for coding in reversed([name.strip() for name in self.coding.split(",") if name.strip()]):
            content = _decode(content, coding)
        return content

    def json(self) -> Any:
        """The body as JSON. Raises BodyError if it cannot be decoded or is not JSON."""
        try:
            return orjson.loads(self.decoded())
        except orjson.JSONDecodeError as error:
            raise BodyError(f"not JSON: {error}") from None


EMPTY = Body.of(b"")


def _decode(content: bytes, coding: str) -> bytes:
    try:
        match coding:
            case "gzip" | "x-gzip":
                return _inflate(content, zlib.MAX_WBITS | 16)
            case "deflate":
                # RFC 9110 section 8.4.1.2 means the zlib format; some senders leave its wrapper out
                raw = len(content) < 2 or content[0] & 0x0F != 8 or int.from_bytes(content[:2]) % 31
                return _inflate(content, -zlib.MAX_WBITS if raw else zlib.MAX_WBITS)
            case "br":
                return _unbrotli(content)
            case "zstd":
                with zstandard.ZstdDecompressor().stream_reader(content, read_across_frames=True) as reader:
                    return _within_limit(reader.read(DECODE_LIMIT + 1))
            case "identity":
                return content
    except (zlib.error, brotli.error, zstandard.ZstdError, EOFError) as error:
        raise BodyError(f"broken {coding} coding: {error}") from None
    raise BodyError(f"unknown content coding {coding!r}")


def _inflate(content: bytes, window: int) -> bytes:
    decoder = zlib.decompressobj(window)
    decoded = _within_limit(decoder.decompress(content, DECODE_LIMIT + 1))
    if not decoder.eof and content:
        raise BodyError("broken coding: the compressed body ends early")
    return decoded


def _unbrotli(content: bytes) -> bytes:
    decoder, parts, size = brotli.Decompressor(), [], 0
    for start in range(0, len(content), _STEP):
        parts.append(decoder.process(content[start : start + _STEP]))
        size += len(parts[-1])
        if size > DECODE_LIMIT:
            break
    if size <= DECODE_LIMIT and not decoder.is_finished() and content:
        raise BodyError("broken coding: the compressed body ends early")
    return _within_limit(b"".join(parts))


def _within_limit(decoded: bytes) -> bytes:
    if len(decoded) > DECODE_LIMIT:
        raise BodyError(f"the body is larger than {DECODE_LIMIT} bytes once decoded")
    return decoded
