"""Which multipart requests are the same: by their parts; and what redaction leaves of them."""

import pytest

from inspector.replay.matching import Matcher
from inspector.traffic.redaction import Places, Redactor
from tests.traffic.exchanges import request


def multipart(*parts, boundary="b1", preamble=""):
    """A request of (name, file name, type, content)."""
    pieces = [preamble]
    for name, filename, media_type, content in parts:
        file = f'; filename="{filename}"' if filename else ""
        kind = f"\r\nContent-Type: {media_type}" if media_type else ""
        pieces.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{file}{kind}\r\n\r\n{content}\r\n')
    text = f"{''.join(pieces)}--{boundary}--\r\n"
    return request(body=text.encode(), content_type=f"multipart/form-data; boundary={boundary}")


def key(told, places=None):
    return Matcher(None, places).identity(told).key


FILE = ("attachment", "a.txt", "text/plain", "content")
NOTE = ("note", "", "", "a contract")


def test_the_boundary_does_not_matter():
    assert key(multipart(FILE, NOTE)) == key(multipart(FILE, NOTE, boundary="another"))


@pytest.mark.parametrize(
    "other",
    [
        (("file", *FILE[1:]), NOTE),
        ((FILE[0], "b.txt", *FILE[2:]), NOTE),
        ((*FILE[:2], "text/html", FILE[3]), NOTE),
        ((*FILE[:3], "Content"), NOTE),
        (NOTE, FILE),
        (FILE,),
        (FILE, NOTE, NOTE),
    ],
    ids=["name", "file name", "type", "content", "order", "fewer", "more"],
)
def test_other_parts_are_another_request(other):
    assert key(multipart(FILE, NOTE)) != key(multipart(*other))


def test_an_empty_file_is_a_part():
    empty = (*FILE[:3], "")
    assert key(multipart(empty)) == key(multipart(empty, boundary="another")) != key(multipart(FILE))


def redacted(told, places=None):
    return Redactor(places).request(told)


def test_a_secret_part_is_equal_to_any_other():
    one, other = (multipart(FILE, ("password", "", "", text)) for text in ("one", "two"))
    assert key(redacted(one)) == key(other)


def test_a_secret_within_a_part_is_equal_to_any_other():
    one, other = (
        multipart(FILE, ("settings", "", "application/json", f'{{"user":"sofia","password":"{text}"}}'))
        for text in ("one", "two")
    )
    assert key(redacted(one)) == key(other)
    assert key(multipart(FILE, ("settings", "", "application/json", '{"user":"toni","password":"two"}'))) != key(other)


def test_a_secret_place_of_the_users_own_is_equal_to_any_other():
    places = Places(members=frozenset({"pin"}))
    one, other = (multipart(FILE, ("pin", "", "", text)) for text in ("1", "2"))
    assert key(redacted(one, places), places) == key(other, places)
    assert key(one) != key(other)


def test_a_files_content_is_never_taken_for_a_secret():
    one, other = (multipart(("attachment", "a.txt", "text/plain", f"~secret:{n:012x}~")) for n in (1, 2))
    assert key(one) != key(other)


def test_a_broken_multipart_body_counts_byte_for_byte():
    one, other = (
        request(body=b"--b1\r\nno part at all" + end, content_type="multipart/form-data; boundary=b1")
        for end in (b"1", b"2")
    )
    assert Matcher().identity(one).kind == "bytes"
    assert key(one) == key(one) != key(other)
