"""Secrets in bodies: members, fields and parts by name; files are evidence and stay byte for byte."""

import gzip
import json
import zlib
from dataclasses import replace

import brotli
import pytest
import zstandard

from inspector.traffic import bayeux
from inspector.traffic.body import DECODE_LIMIT, Body, Original
from inspector.traffic.headers import FORM
from inspector.traffic.multipart import join
from inspector.traffic.placeholders import Placeholders
from inspector.traffic.redaction import Places, Redactor
from tests.traffic.exchanges import request, response

KEY = b"the key of this test"
SECRET = "hunter2"
OF = Placeholders(KEY).of
HIDDEN = OF(SECRET)
JSON = "application/json"


def redactor(**places):
    return Redactor(Places(**{name: frozenset(of) for name, of in places.items()}), Placeholders(KEY))


def redacted(body, content_type=JSON, coding="", **places):
    """A body once redacted; the same in a request and in a response."""
    ours = redactor(**places)
    sent = request(body=body, content_type=content_type, coding=coding)
    asked, told = ours.request(sent).body, ours.response(response(200, (), body, content_type, coding), sent).body
    assert asked == told
    return asked


@pytest.mark.parametrize(
    "name",
    [
        *("password", "userPassword", "new_password", "PASSWD", "passphrase", "pwd", "clientSecret", "apiKey"),
        *("access_token", "refreshToken", "credentials", "JSESSIONID", "sessionId", "secureKey", "private-key"),
        *("authorization", "Cookie", "ssid", "RNSID", "passw\\u006frd"),
    ],
)
def test_members_with_names_of_secrets_are_hidden(name):
    assert redacted(f'{{"{name}": "hunter2"}}'.encode()).content == f'{{"{name}": "{HIDDEN}"}}'.encode()


@pytest.mark.parametrize(
    "text",
    [
        '{"userName": "hunter2", "text": "my password is hunter2", "passed": 1, "tokens": 2, "bypass": "a"}',
        '{"password": null, "token": true, "secret": [false, null, {}], "credentials": {}, "pwd": ""}',
        '{"clientId": "a", "documentId": "b", "session": "c", "token_type": "bearer"}',
        '{"operationName": "SendMessage", "text": "\\"password\\": \\"hunter2\\""}',
    ],
)
def test_what_is_no_secret_by_its_name_or_says_nothing_stays(text):
    body = Body.of(text.encode())
    assert redacted(text.encode()) == body


def test_everything_below_a_secret_name_is_hidden():
    text = b'{"credentials": {"user": "hunter2", "all": ["hunter2", {"id": 7}]}, "id": 7.50}'
    new = f'{{"credentials": {{"user": "{HIDDEN}", "all": ["{HIDDEN}", {{"id": "{OF("7")}"}}]}}, "id": 7.50}}'
    assert redacted(text).content == new.encode()


def test_more_members_are_named_in_any_spelling():
    text = b'{"customer_number": 12, "id": 12}'
    assert redacted(text, members=["CustomerNumber"]).content == (
        b'{"customer_number": "%s", "id": 12}' % OF("12").encode()
    )


@pytest.mark.parametrize(
    ("content_type", "wrapping"),
    [
        ("application/json;charset=UTF-8", "{}"),
        ("application/vnd.x+json", "{}"),
        ("text/javascript", "/**/call({});"),
        ("text/plain", " [{}]"),
        ("", "{}"),
    ],
)
def test_json_is_recognised_under_many_names(content_type, wrapping):
    body = redacted(wrapping.replace("{}", '{"password": "hunter2"}').encode(), content_type)
    assert body.content == wrapping.replace("{}", f'{{"password": "{HIDDEN}"}}').encode()


def test_truncated_json_is_redacted_too():
    assert redacted(b'[{"user": "agent", "password": "hunt').content == (
        b'[{"user": "agent", "password": "%s"' % OF("hunt").encode()
    )


@pytest.mark.parametrize(
    ("coding", "coder"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("br", brotli.compress), ("zstd", zstandard.compress)],
)
def test_a_compressed_body_is_kept_decoded_and_remembers_what_it_was(coding, coder):
    coded = coder(b'{"password": "hunter2"}')
    new = Body.of(f'{{"password": "{HIDDEN}"}}'.encode())
    assert redacted(coded, coding=coding) == replace(new, original=Original(coding, len(coded)))


def test_a_compressed_body_without_secrets_stays_compressed():
    coded = gzip.compress(b'{"statusCode": 0}')
    assert redacted(coded, coding="gzip") == Body.of(coded, "gzip")


def test_a_second_redaction_remembers_what_the_body_was_at_first():
    coded = gzip.compress(b'{"password": "hunter2", "pin": "0000"}')
    once = redactor().request(request(body=coded, content_type=JSON, coding="gzip"))
    twice = redactor(members=["pin"]).request(once)
    assert twice.body.original == Original("gzip", len(coded))


@pytest.mark.parametrize("coding", ["utf-8", "gzip", "none"])
def test_a_body_with_a_wrong_coding_is_no_hiding_place(coding):
    """Clients do send `Content-Encoding: utf-8`; whoever opens the recording can read such a body."""
    assert SECRET.encode() not in (redacted(b'{"password": "hunter2"}', coding=coding).content or b"")


def test_a_compressed_body_that_was_cut_is_no_hiding_place():
    """What came before the cut can be unpacked by anybody."""
    whole = gzip.compress(b'{"password": "hunter2", "a": "%s"}' % bytes(range(35, 92)) * 10)
    kept = redacted(whole[:-8], coding="gzip").content or b""
    readable = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(kept) if kept[:2] == b"\x1f\x8b" else kept
    assert SECRET.encode() not in readable


def test_a_body_larger_than_we_decode_is_no_hiding_place():
    text = b'{"password": "hunter2", "a": "%s"}' % (b" " * DECODE_LIMIT)
    kept = redacted(gzip.compress(text, 1), coding="gzip").content or b""
    readable = gzip.decompress(kept) if kept[:2] == b"\x1f\x8b" else kept
    assert SECRET.encode() not in readable[:100]


def test_forms_are_redacted_field_by_field():
    body = redacted(b"user=agent&password=hunter2&a=b+%20&token", f"{FORM}; charset=UTF-8")
    assert body.content == f"user=agent&password={HIDDEN}&a=b+%20&token".encode()


def test_json_in_the_channel_s_form_field_is_redacted():
    body = redacted(b"message=%5B%7B%22ext%22%3A%7B%22password%22%3A%22hunter2%22%7D%7D%5D&message=1", FORM)
    assert body.content == f"message=%5B%7B%22ext%22:%7B%22password%22:%22{HIDDEN}%22%7D%7D%5D&message=1".encode()


def test_a_form_s_unescaped_text_survives_redaction():
    text = 'message=[{"channel":"/a","password":"hunter2","text":"Grüße"}]&name=Grüße'
    body = redacted(text.encode(), FORM).content
    assert bayeux.parse(body, FORM) == [{"channel": "/a", "password": HIDDEN, "text": "Grüße"}]
    assert body.endswith("&name=Grüße".encode())


BOUNDARY = "multipart/form-data; boundary=X"


def multipart(*parts):
    blocks = [f"--X\r\nContent-Disposition: form-data; {head}\r\n\r\n{content}\r\n" for head, content in parts]
    return "".join([*blocks, "--X--\r\n"]).encode()


UPLOAD = (('name="user"', "agent"), ('name="password"', SECRET), ('name="attachment"; filename="a.txt"', "text"))


def test_text_parts_with_secret_names_are_hidden_in_parts_and_body_alike():
    sent = multipart(*UPLOAD)
    told = redactor().request(request(body=sent, content_type=BOUNDARY))
    new = sent.replace(SECRET.encode(), HIDDEN.encode())
    assert [part.body.content for part in told.parts] == [b"agent", HIDDEN.encode(), b"text", b""]
    assert told.body == replace(Body.of(new), original=Original("", len(sent)))
    assert join(told.parts) == new


@pytest.mark.parametrize("name", ["attachment", "password", "token"])
@pytest.mark.parametrize("content", [SECRET, '{"password": "hunter2"}', "password=hunter2"])
def test_file_parts_are_never_altered(name, content):
    sent = request(body=multipart((f'name="{name}"; filename="secret.json"', content)), content_type=BOUNDARY)
    assert redactor().request(sent) == sent


def test_json_in_a_text_part_is_redacted():
    sent = multipart(('name="meta"\r\nContent-Type: application/json', '{"password": "hunter2"}'), UPLOAD[2])
    told = redactor().request(request(body=sent, content_type=BOUNDARY))
    assert told.body.content == sent.replace(SECRET.encode(), HIDDEN.encode())


def test_a_body_whose_file_was_not_kept_hides_the_parts_that_were():
    sent = request(body=multipart(*UPLOAD), content_type=BOUNDARY)
    *fields, file, tail = sent.parts
    digest_only = replace(file, body=replace(file.body, content=None))
    streamed = replace(sent, body=replace(sent.body, content=None), parts=(*fields, digest_only, tail))
    told = redactor().request(streamed)
    assert [part.body.content for part in told.parts] == [b"agent", HIDDEN.encode(), None, b""]
    assert told.body == streamed.body


@pytest.mark.parametrize(
    "content", [b'{"password": "hunter2"}', gzip.compress(b"token=hunter2", mtime=0), b"password=hunter2"]
)
@pytest.mark.parametrize("content_type", [JSON, FORM, "text/plain", BOUNDARY])
def test_a_download_is_never_altered(content, content_type):
    ours = Redactor(placeholders=Placeholders(KEY), is_file=lambda asked: asked.path == "/file")
    told = response(headers=[("Set-Cookie", "a=hunter2")], body=content, content_type=content_type)
    redacted = ours.response(told, request(method="GET", path="/file"))
    assert redacted.body is told.body
    assert redacted.headers.get("set-cookie") == f"a={HIDDEN}"
    assert json.loads(ours.response(response(body=b'{"pwd": "hunter2"}'), request()).body.content) == {"pwd": HIDDEN}


def test_a_body_of_which_only_the_digest_was_kept_stays():
    streamed = replace(Body.of(b'{"password": "hunter2"}'), content=None)
    sent = replace(request(content_type=JSON), body=streamed)
    assert redactor().request(sent).body is streamed
