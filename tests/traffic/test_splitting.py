"""Multipart bodies in pieces: what is told of them is what `split` tells of the whole, wherever they are cut."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from inspector.traffic.body import Body
from inspector.traffic.multipart import part as with_body
from inspector.traffic.multipart import split, with_tail
from inspector.traffic.splitting import Heading, Splitter, Unsplittable
from tests.traffic.test_multipart import END, FRAGMENTS, TYPE, part

FILE = part(b'name="a"; filename="x"', b"\r\n-----")
EMPTY_FILE = part(b'name="a"; filename="x"', b"", b"X:")
PIECES = [
    *FRAGMENTS,
    b" ",
    b"\r\n------X",
    b"\r\n------X\r\n",
    b"------X\r\n\r\n",
    part(b"name=a"),
    FILE,
    EMPTY_FILE,
    END,
]
BODIES = st.lists(st.sampled_from(PIECES) | st.binary(max_size=8), max_size=10).map(b"".join)


class Told:
    """What a splitter tells, as the parts that it comes to."""

    def __init__(self, content_type: str = TYPE) -> None:
        self.splitter = Splitter(content_type, self._begun, lambda data: self._found[-1][2].append(data))
        self._found: list[tuple[Heading, bytes, list[bytes]]] = []

    def _begun(self, heading: Heading, head: bytes) -> None:
        self._found.append((heading, head, []))

    def parts(self, tail: bytes):
        return with_tail(
            [with_body(heading, head, Body.of(b"".join(took))) for heading, head, took in self._found], tail
        )


def in_pieces(body: bytes, sizes: list[int]):
    told, place = Told(), 0
    try:
        for size in [*sizes, len(body)]:
            told.splitter.write(body[place : place + size])
            place += size
        return told.parts(told.splitter.end())
    except Unsplittable:
        return ()


@settings(print_blob=True, deadline=None, max_examples=1000)
@given(body=BODIES | BODIES.map(lambda rest: FILE + rest + END), sizes=st.lists(st.integers(1, 12)))
@example(body=b"\r\n ------X\r\n\r\na\r\n------X--", sizes=[1, 1, 1, 1])  # what may stand before the first delimiter
@example(body=EMPTY_FILE + END, sizes=[1] * 200)
@example(body=FILE + END, sizes=[1] * 200)
def test_parts_are_the_same_wherever_the_body_is_cut(body, sizes):
    assert in_pieces(body, sizes) == split(body, TYPE)


def test_a_file_s_bytes_are_told_as_they_come():
    told = Told()
    told.splitter.write(part(b'name="f"; filename="x"').partition(b"abc")[0])
    for piece in (b"one", b"two"):
        told.splitter.write(piece)
        assert told.parts(b"")[0].body.content.endswith(piece)


@pytest.mark.parametrize("content_type", ["", "multipart/form-data", "multipart/mixed; boundary=X", "text/plain"])
def test_what_is_no_form_is_not_split(content_type):
    with pytest.raises(Unsplittable):
        Told(content_type)


def test_a_break_is_told_when_it_comes():
    told = Told()
    told.splitter.write(part(b'name="a"'))
    with pytest.raises(Unsplittable):
        told.splitter.write(b"------X\r\n no field\r\n")


def test_what_belongs_to_no_part_is_not_gathered_for_ever():
    told = Told()
    told.splitter.write(part(b'name="a"') + END)
    with pytest.raises(Unsplittable, match="belong to no part"):
        for _ in range(100):
            told.splitter.write(bytes(64 * 1024))
