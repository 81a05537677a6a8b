"""Multipart form bodies, split without losing a byte: the heads and contents of all parts, joined, are the body again.

So a file that was uploaded is kept as a body of its own, once, however often it is uploaded or downloaded.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from inspector.traffic.body import EMPTY, Body
from inspector.traffic.splitting import Heading, Splitter, Unsplittable


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
    found: list[tuple[Heading, bytes, list[bytes]]] = []

    def begun(heading: Heading, head: bytes) -> None:
        found.append((heading, head, []))

    try:
        splitter = Splitter(content_type, begun, lambda data: found[-1][2].append(data))
        splitter.write(content)
        tail = splitter.end()
    except Unsplittable:
        return ()
    return with_tail([part(heading, head, Body.of(b"".join(pieces))) for heading, head, pieces in found], tail)


def part(heading: Heading, head: bytes, body: Body) -> Part:
    """The part with this content."""
    return Part(head, heading.name, heading.filename, heading.media_type, body)


def with_tail(parts: Sequence[Part], tail: bytes) -> tuple[Part, ...]:
    """The parts of a body that ends with `tail`; none if there are none: then it is only bytes."""
    return (*parts, Part(tail, None, None, "", EMPTY)) if parts else ()


def join(parts: Sequence[Part]) -> bytes | None:
    """The body that was split; None if the content of a part was not kept."""
    pieces: list[bytes] = []
    for part in parts:
        if part.body.content is None:
            return None
        pieces += (part.head, part.body.content)
    return b"".join(pieces)
