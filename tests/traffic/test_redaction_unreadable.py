"""What nobody can read, nobody can take a secret out of: of that only the digest is kept, and the exchange says so."""

import gzip
import os
import zlib
from dataclasses import replace

import pytest

from inspector.traffic.body import DECODE_LIMIT, Body, Original
from inspector.traffic.multipart import join
from inspector.traffic.placeholders import Placeholders
from inspector.traffic.redaction import Redactor
from tests.traffic.exchanges import exchange, request, response

KEY = b"the key of this test"
HIDDEN = Placeholders(KEY).of("hunter2")
JSON = "application/json"
FORM = "multipart/form-data; boundary=X"
SECRET = b'{"password": "hunter2", "a": "%s"}' % bytes(range(35, 92))


def told(body, content_type=JSON, coding=""):
    """A response once redacted, with what its exchange says of it."""
    ours = Redactor(placeholders=Placeholders(KEY))
    whole = ours.exchange(exchange(request(), response(200, (), body, content_type, coding)))
    return whole.response.body, whole.truncated


def assert_only_digest(body, sent, truncated, why):
    assert (body.content, body.size, body.sha256) == (None, len(sent), Body.of(sent).sha256)
    assert truncated == (f"response: only the digest was kept ({len(sent)} bytes, {why})",)


@pytest.mark.parametrize("content_type", [JSON, "text/plain", "", "application/x-www-form-urlencoded", FORM])
def test_an_unknown_coding(content_type):
    sent = zlib.compress(SECRET)
    assert_only_digest(
        *told(sent, content_type, "dcz")[:1], sent, told(sent, content_type, "dcz")[1], "unknown content coding 'dcz'"
    )


def test_a_file_in_an_unknown_coding_stays():
    sent = os.urandom(100)
    assert told(sent, "image/png", "dcz") == (Body.of(sent, "dcz"), ())


def test_more_than_we_decode():
    sent = gzip.compress(SECRET + b" " * DECODE_LIMIT, 1)
    body, truncated = told(sent, coding="gzip")
    assert_only_digest(body, sent, truncated, f"the body is larger than {DECODE_LIMIT} bytes once decoded")


def test_of_a_broken_coding_what_came_before_the_break_is_kept():
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    text = SECRET + os.urandom(200_000).hex().encode()
    sent = packer.compress(text) + packer.flush(zlib.Z_FULL_FLUSH) + b"\xff" * 20
    body, [said] = told(sent, coding="gzip")
    assert body.content and text.replace(b"hunter2", HIDDEN.encode()).startswith(body.content)
    assert len(body.content) > len(SECRET) and body.original == Original("gzip", len(sent))
    assert said.startswith("response: cut after ") and "broken gzip coding" in said


def test_of_a_coded_body_that_was_cut_nothing_stays_that_we_did_not_read():
    """Who unpacks more of it than we can must find nothing."""
    whole = gzip.compress(b'{"a": 1, "list": [1, 2, 3]}' * 50)
    body, truncated = told(whole[:-9], coding="gzip")
    assert body.coding == "" and body.original == Original("gzip", len(whole) - 9)
    assert truncated[0].startswith("response: cut after ")


def multipart(*parts):
    blocks = [f"--X\r\nContent-Disposition: form-data; {head}\r\n\r\n{content}\r\n" for head, content in parts]
    return "".join([*blocks, "--X--\r\n"]).encode()


PASSWORD = multipart(('name="user"', "agent"), ('name="password"', "hunter2"), ('name="f"; filename="f"', "hunter2"))
HARMLESS = multipart(('name="user"', "agent"), ('name="f"; filename="f"', "hunter2"))


@pytest.mark.parametrize(
    "content_type", ["multipart/form-data", "multipart/form-data; boundary=Y", "multipart/mixed; boundary=X"]
)
def test_a_form_that_cannot_be_split(content_type):
    ours = Redactor(placeholders=Placeholders(KEY))
    asked = ours.request(request(body=PASSWORD, content_type=content_type))
    assert (asked.body.content, asked.body.size) == (None, len(PASSWORD))
    assert ours.lost() == (
        f"request: only the digest was kept ({len(PASSWORD)} bytes, it cannot be split into its parts)",
    )
    assert ours.lost() == ()


def test_a_form_that_cannot_be_split_and_has_no_secrets_stays():
    ours = Redactor(placeholders=Placeholders(KEY))
    sent = request(body=HARMLESS, content_type="multipart/form-data")
    assert ours.request(sent) == sent
    assert ours.lost() == ()


def test_a_form_in_a_coding_loses_its_secret_and_keeps_its_file():
    ours = Redactor(placeholders=Placeholders(KEY))
    coded = gzip.compress(PASSWORD)
    asked = ours.request(request(body=coded, content_type=FORM, coding="gzip"))
    new = PASSWORD.replace(b"hunter2", HIDDEN.encode(), 1)
    assert asked.body == replace(Body.of(new), original=Original("gzip", len(coded)))


def test_a_text_part_without_a_name_is_looked_into():
    sent = b'--X\r\nContent-Type: application/json\r\n\r\n{"password": "hunter2"}\r\n--X--\r\n'
    ours = Redactor(placeholders=Placeholders(KEY))
    asked = ours.request(request(body=sent, content_type=FORM))
    assert b"hunter2" not in (asked.body.content or b"") and b"hunter2" not in (join(asked.parts) or b"")
