"""Bodies in memory and elsewhere look the same to who asks for their head or their pieces."""

import pytest

from inspector.errors import BodyError
from inspector.traffic.body import EMPTY, HEAD, Body

LONG = bytes(range(256)) * 64
SHA = Body.of(LONG).sha256


def elsewhere() -> Body:
    return Body(None, len(LONG), SHA, start=LONG[:HEAD], source=lambda: iter([LONG[:5000], LONG[5000:]]))


@pytest.mark.parametrize("body", [Body.of(LONG), elsewhere()], ids=["in memory", "elsewhere"])
def test_head_and_pieces(body: Body) -> None:
    assert body.head == LONG[:HEAD]
    assert b"".join(body.pieces()) == b"".join(body.pieces()) == LONG


def test_an_empty_body_has_no_pieces() -> None:
    assert (list(EMPTY.pieces()), EMPTY.head) == ([], b"")


def test_of_a_digest_there_is_nothing() -> None:
    body = Body(None, 7, SHA)
    assert body.head == b""
    with pytest.raises(BodyError, match="only the digest of this body was kept \\(7 bytes\\)"):
        body.pieces()


def test_where_it_is_read_from_is_no_part_of_its_value() -> None:
    live = Body(None, len(LONG), SHA, start=LONG[:HEAD])
    assert live == elsewhere() and hash(live) == hash(elsewhere())
    assert "source" not in repr(elsewhere())
    assert live != Body(None, len(LONG), SHA)


@pytest.mark.parametrize("body", [elsewhere(), Body(None, len(LONG), SHA, start=LONG[:HEAD])], ids=["read", "live"])
def test_what_is_not_in_memory_is_not_decoded(body: Body) -> None:
    with pytest.raises(BodyError, match="too large to be in memory"):
        body.decoded()
    assert body.readable() == b""
