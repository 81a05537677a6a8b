"""Bodies that are not plain JSON replies: notifications' advice, calls of a callback, pages, forms, files, parts."""

import zlib

import brotli
import pytest
import zstandard

from inspector.traffic.headers import FORM
from inspector.webservices.addresses import Addresses
from tests.traffic.exchanges import request, response

UPSTREAM, PUBLIC, OURS = "http://gws:8080", "https://gws.example.com", "http://127.0.0.1:8888"
JSON, SCRIPT, PAGE = "application/json", "text/javascript;charset=UTF-8", "text/html;charset=UTF-8"


def outward(text, content_type=JSON, headers=(), coding="", **how):
    body = text if isinstance(text, bytes) else text.encode()
    told = response(how.pop("status", 200), body=body, content_type=content_type, coding=coding, headers=headers)
    return Addresses([UPSTREAM, PUBLIC]).outward(told, OURS, **how)


CODERS = {"deflate": zlib.compress, "br": brotli.compress, "zstd": zstandard.compress}


@pytest.mark.parametrize("coding", CODERS)
def test_every_coding_is_taken_off(coding):
    coded = CODERS[coding](b'[{"data":{"chatUri":"https://gws.example.com/api/v2/chats/C"}}]')
    assert outward(coded, coding=coding).body.json() == [{"data": {"chatUri": f"{OURS}/api/v2/chats/C"}}]


@pytest.mark.parametrize(
    "call",
    [
        'cb([{"uri":"%s/api/v2"}])',
        ' /**/ window.a.b$1( [{"uri":"%s/api/v2"}] );',
        '/**/_cometd["uri"]||x([])',
        '(function () { var o = {uri: "%s/api/v2"}; })()',
    ],
    ids=["call", "guarded", "odd", "program"],
)
def test_a_call_of_a_callback_is_data_and_a_program_is_none(call):
    text = call.replace("%s", PUBLIC)
    changed = text if "function" in call else text.replace(PUBLIC, OURS)
    assert outward(text, SCRIPT).body.content.decode() == changed


def test_other_hosts_that_the_channel_advises_are_ours():
    """Bayeux: `advice.hosts` are alternate servers, by host and perhaps port."""
    text = '[{"channel":"/meta/connect","advice":{"hosts":["gws2.example.com","10.0.0.7:8080","[::1]"],"interval":0}}]'
    hosts = outward(text).body.json()[0]["advice"]["hosts"]
    assert hosts == ["127.0.0.1:8888"] * 3
    text = '{"hosts":["gws2.example.com"]}'
    assert outward(text).body.content.decode() == text


def test_a_page_is_changed_where_a_browser_follows_it():
    page = f"""<!doctype html><base href="{PUBLIC}/ui/"><meta http-equiv=refresh content="0; url={UPSTREAM}/a">
<a href='//gws:8080/x' title="{PUBLIC}/">{PUBLIC}/api/v2</a><a href="https://elsewhere.example/?to={PUBLIC}/">
<form action={PUBLIC}/login><input name=to value="{PUBLIC}/ui"></form><script src = "HTTP://GWS:8080/s.js">
var uri = "{PUBLIC}/api/v2";</script>"""
    expected = f"""<!doctype html><base href="{OURS}/ui/"><meta http-equiv=refresh content="0; url={OURS}/a">
<a href='{OURS}/x' title="{PUBLIC}/">{PUBLIC}/api/v2</a><a href="https://elsewhere.example/?to={PUBLIC}/">
<form action={OURS}/login><input name=to value="{PUBLIC}/ui"></form><script src = "{OURS}/s.js">
var uri = "{PUBLIC}/api/v2";</script>"""
    assert outward(page, PAGE).body.content.decode() == expected


def test_an_address_is_a_websocket_s_if_it_was_one():
    assert outward('{"channelUri":"wss://gws.example.com/api/v2/notifications"}').body.json() == {
        "channelUri": "ws://127.0.0.1:8888/api/v2/notifications"
    }


TEXT = f'{{"uri":"{PUBLIC}/api/v2"}}'


@pytest.mark.parametrize(
    "how",
    [
        {"file": True},
        {"headers": [("Content-Disposition", 'Attachment; filename="a.json"')]},
        {"status": 206},
    ],
    ids=["file", "attachment", "part"],
)
def test_a_file_and_a_part_of_something_are_nobody_s_to_change_but_their_fields_are(how):
    headers = (*how.pop("headers", ()), ("Location", f"{PUBLIC}/x"), ("Digest", "sha-256=x"))
    told = outward(TEXT, headers=headers, **how)
    assert told.body.content == TEXT.encode()
    assert (told.headers.get("location"), told.headers.get("digest")) == (f"{OURS}/x", "sha-256=x")


def test_a_reply_that_is_only_shown_inline_is_no_file():
    shown = outward(TEXT, headers=[("Content-Disposition", "inline;filename=f.txt")])
    assert shown.body.json() == {"uri": f"{OURS}/api/v2"}


def test_checksums_of_what_was_changed_are_left_out():
    sums = [(name, "x") for name in ("Content-MD5", "Digest", "Content-Digest", "Repr-Digest")]
    assert outward(TEXT, headers=[*sums, ("ETag", '"1"')]).headers.fields == (("Content-Type", JSON), ("ETag", '"1"'))
    assert outward("{}", headers=sums).headers.fields[1:] == tuple(sums)


@pytest.mark.parametrize(
    ("form", "told"),
    [
        (
            "user=%ff&targetUri=http%3A%2F%2F127.0.0.1%3A8888%2Fapi",
            "user=%ff&targetUri=https%3A%2F%2Fgws.example.com%2Fapi",
        ),
        ("text=at+http%3A%2F%2F127.0.0.1%3A8888%2F", "text=at+http%3A%2F%2F127.0.0.1%3A8888%2F"),
        ("message=%5B%7B%22n%22:1.0%7D%5D", "message=%5B%7B%22n%22:1.0%7D%5D"),
    ],
)
def test_a_form_comes_to_the_server_with_its_own_addresses(form, told):
    asked = request(body=form.encode(), content_type=FORM)
    assert Addresses([UPSTREAM, PUBLIC]).inward(asked, OURS).body.content == told.encode()


def test_a_multipart_body_is_as_it_was():
    """It may be too large to be held, and a part of it is a file."""
    form = f'--b\r\nContent-Disposition: form-data; name="targetUri"\r\n\r\n{OURS}/api/v2\r\n--b--\r\n'.encode()
    asked = request(body=form, content_type="multipart/form-data; boundary=b")
    assert Addresses([UPSTREAM]).inward(asked, OURS).body is asked.body
