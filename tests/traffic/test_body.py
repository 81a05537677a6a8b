"""Bodies: their digest, every coding, and a limit that no small body gets round."""

import contextlib
import gzip
import hashlib
import tracemalloc
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.errors import BodyError
from inspector.traffic.body import DECODE_LIMIT, EMPTY, Body

MIB = 1024 * 1024
TEXT = b'{"operationName": "UploadFile"} ' * 100


def raw_deflate(content):
    coder = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return coder.compress(content) + coder.flush()


CODERS = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.compress,
}


def test_a_body_knows_its_size_and_digest():
    assert Body.of(TEXT, "gzip") == Body(TEXT, len(TEXT), hashlib.sha256(TEXT).hexdigest(), "gzip", None)
    assert (EMPTY.content, EMPTY.size) == (b"", 0)


@pytest.mark.parametrize("coding", ["", "identity", *CODERS])
@settings(print_blob=True, deadline=None, max_examples=25)
@given(content=st.binary() | st.binary().map(lambda some: some * 1000))
def test_every_coding_decodes(coding, content):
    coded = CODERS.get(coding, bytes)(content)
    assert Body.of(coded, coding).decoded() == content


@settings(print_blob=True, deadline=None)
@given(content=st.binary())
def test_deflate_decodes_without_its_wrapper_too(content):
    assert Body.of(raw_deflate(content), "deflate").decoded() == content


def test_deflate_without_its_wrapper_decodes_whatever_the_length():
    """Its last bits may be read before its last bytes are written: there is no checksum to wait for."""
    sizes = [*range(65_530, 65_830), 131_073, 262_300, 1_000_001]
    contents = [(unit * size)[:size] for unit in (b"\x00", b"ab", b"abcdefg") for size in sizes]
    bodies = [Body.of(raw_deflate(content), "deflate") for content in contents]
    assert [content[:3] for content, body in zip(contents, bodies, strict=True) if body.readable() != content] == []
    assert [body.decoded() for body in bodies] == contents


@pytest.mark.parametrize("coding", ["gzip, br", "gzip,br", "gzip , identity, br", ", gzip,, br,"])
def test_stacked_codings_are_undone_from_the_last(coding):
    assert Body.of(brotli.compress(gzip.compress(TEXT)), coding).decoded() == TEXT


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_a_stream_of_several_members_decodes_whole(coding):
    """RFC 1952 section 2.2 and RFC 8878 section 3.1: such a file is the concatenation of what its members hold."""
    first, second = TEXT, b"and the rest"
    coded = CODERS[coding](first) + CODERS[coding](second)
    assert Body.of(coded, coding).decoded() == first + second


def test_zeros_behind_a_gzip_member_are_padding():
    assert Body.of(gzip.compress(TEXT) + bytes(16), "gzip").decoded() == TEXT


@pytest.mark.parametrize("coding", CODERS)
def test_an_empty_body_is_empty_whatever_its_coding_says(coding):
    """So replies to HEAD and 304s look."""
    assert Body.of(b"", coding).decoded() == b""


@pytest.mark.parametrize("coding", CODERS)
@pytest.mark.parametrize("left", [1, 2, 5, 0.5, -1])
def test_a_truncated_body_is_no_body(coding, left):
    coded = CODERS[coding](TEXT)
    cut = coded[: int(len(coded) * left) if isinstance(left, float) else left]
    with pytest.raises(BodyError):
        Body.of(cut, coding).decoded()


@pytest.mark.parametrize("coding", [*CODERS, "compress", "utf-8", "gzip, nonsense"])
def test_garbage_and_unknown_codings_are_refused(coding):
    with pytest.raises(BodyError):
        Body.of(b"no coding at all, only text", coding).decoded()


@settings(print_blob=True, deadline=None, max_examples=300)
@given(content=st.binary(), coding=st.lists(st.sampled_from(sorted(CODERS)), min_size=1, max_size=2).map(", ".join))
def test_hostile_bytes_decode_or_are_refused_but_never_surprise(content, coding):
    with contextlib.suppress(BodyError):
        assert isinstance(Body.of(content, coding).decoded(), bytes)


def pieces(coder, finish, size):
    return b"".join([*(coder(bytes(MIB)) for _ in range(size)), finish()])


def bomb(coding):
    """256 MiB of zeros: enough to tell whoever unpacks it all from whoever stops at 64."""
    match coding:
        case "br":
            coder = brotli.Compressor(quality=3)
            return pieces(coder.process, coder.finish, 256)
        case "zstd":
            coder = zstandard.ZstdCompressor().compressobj()
        case "deflate":
            coder = zlib.compressobj(1)
        case _:
            coder = zlib.compressobj(1, wbits=zlib.MAX_WBITS | 16)
    return pieces(coder.compress, coder.flush, 256)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_bomb_is_refused_without_the_memory_that_it_asks_for(coding):
    body = Body.of(bomb(coding), coding)
    tracemalloc.start()
    try:
        with pytest.raises(BodyError, match="larger than"):
            body.decoded()
        assert tracemalloc.get_traced_memory()[1] < 3 * DECODE_LIMIT
    finally:
        tracemalloc.stop()


def test_a_bomb_within_a_coding_is_refused():
    with pytest.raises(BodyError, match="larger than"):
        Body.of(gzip.compress(bomb("zstd")), "zstd, gzip").decoded()


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_the_limit_itself_is_allowed(coding):
    coded = CODERS[coding](bytes(DECODE_LIMIT)) if coding != "br" else brotli.compress(bytes(DECODE_LIMIT), quality=3)
    assert len(Body.of(coded, coding).decoded()) == DECODE_LIMIT


def test_a_body_of_which_only_the_digest_was_kept_says_so():
    with pytest.raises(BodyError, match=r"only the digest .*\(46 bytes\)"):
        Body(None, 46, "0" * 64).decoded()


@pytest.mark.parametrize("coding", CODERS)
def test_of_a_cut_body_what_came_before_the_cut_can_be_read(coding):
    content = bytes(range(256)) * 2000
    read = Body.of(CODERS[coding](content)[:-1], coding).readable()
    assert content.startswith(read)


@pytest.mark.parametrize("coding", ["", "gzip", "utf-8"])
def test_a_body_without_the_coding_that_it_claims_reads_as_it_is(coding):
    assert Body.of(TEXT, coding).readable() == TEXT


def test_json_is_read_through_the_coding():
    assert Body.of(gzip.compress(b'{"statusCode": 0}'), "gzip").json() == {"statusCode": 0}


@pytest.mark.parametrize("content", [b"", b"<html>", b'{"a": 1', b"\xff", b'{"a": NaN}', b"[" * 100_000])
def test_what_is_no_json_is_refused(content):
    with pytest.raises(BodyError, match="not JSON"):
        Body.of(content).json()
