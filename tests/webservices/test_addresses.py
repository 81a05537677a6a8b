"""Addresses are exchanged where the API names itself, on the way out and back; every other byte stays."""

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.traffic.body import Body, Original
from inspector.webservices.addresses import Addresses, origin_of
from tests.traffic.exchanges import request, response

JSON = "application/json;charset=UTF-8"
UPSTREAM, PUBLIC, OURS = "http://gws:8080", "https://gws.example.com", "http://127.0.0.1:8888"
SAMPLES = sorted((Path(__file__).parents[1] / "data" / "samples" / "notifications").glob("*.json"))


def outward(body, addresses=None, content_type=JSON, coding=""):
    told = response(body=body if isinstance(body, bytes) else body.encode(), content_type=content_type, coding=coding)
    return (addresses or Addresses([UPSTREAM])).outward(told, OURS)


def inward(body, addresses, content_type=JSON, coding=""):
    asked = request(body=body if isinstance(body, bytes) else body.encode(), content_type=content_type, coding=coding)
    return addresses.inward(asked, OURS)


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ('{"uri":"http://gws:8080/api/v2/chats/C"}', '{"uri":"http://127.0.0.1:8888/api/v2/chats/C"}'),
        ('{"chatUri" : "https://x/api/v2/chats/C" }', '{"chatUri" : "http://127.0.0.1:8888/api/v2/chats/C" }'),
        (
            '{"uris":["http://x/api/v2/a", "http://y:81/gws/api/v2"],"n":1.50}',
            '{"uris":["http://127.0.0.1:8888/api/v2/a", "http://127.0.0.1:8888/gws/api/v2"],"n":1.50}',
        ),
        ('{"uri":"HTTP://GWS:8080/api/v2?a=b#c"}', '{"uri":"http://127.0.0.1:8888/api/v2?a=b#c"}'),
        ('{"uri":"http://gws:8080/ui/photo.png"}', '{"uri":"http://127.0.0.1:8888/ui/photo.png"}'),
        ('{"uri":"http://gws:8080"}', '{"uri":"http://127.0.0.1:8888"}'),
        (
            '[{"data":{"messages":[{"from":{"uri":"http://x/api/v2/users/U"}}]}}]',
            '[{"data":{"messages":[{"from":{"uri":"http://127.0.0.1:8888/api/v2/users/U"}}]}}]',
        ),
    ],
)
def test_origins_in_uri_members_become_ours_and_every_other_byte_stays(text, changed):
    assert outward(text).body == replace(Body.of(changed.encode()), original=Original("", len(text)))


@pytest.mark.parametrize(
    "rest", [b"\xff\xe9", b"\\ud800", b'\\"\xff', b"\xc3\xa9"], ids=["bytes", "half", "both", "text"]
)
def test_of_an_address_that_is_no_text_only_the_origin_is_exchanged(rest):
    """It may be in a recording from anybody, and in what a customer sends."""
    shown = outward(b'{"uri":"%s/api/v2/%s"}' % (UPSTREAM.encode(), rest))
    assert shown.body.content == b'{"uri":"%s/api/v2/%s"}' % (OURS.encode(), rest)


def test_escaped_slashes_are_understood():
    text = '{"a":"\\/","uri":"http:\\/\\/x\\/api\\/v2\\/chats\\/C","url":"http:\\/\\/x\\/api\\/v2"}'
    changed = outward(text).body.content.decode()
    before, _, after = text.partition('"http:\\/\\/x\\/api\\/v2\\/chats\\/C"')
    assert changed.startswith(before) and changed.endswith(after)
    assert json.loads(changed) == {"a": "/", "uri": f"{OURS}/api/v2/chats/C", "url": "http://x/api/v2"}


@pytest.mark.parametrize(
    "text",
    [
        '{"type":"PushUrl","url":"http://gws:8080/api/v2/chats/C"}',
        '{"text":"look: http://gws:8080/api/v2/chats/C","subject":"http://gws:8080/api/v2"}',
        '{"uri":"http://example.com/","chatUri":"http://gws:8081/x","uris":["/chats/C","",null,7]}',
        '{"uri":"ftp://gws:8080/api/v2","aUri":"http://evil.example/?x=/api/v2/a","bUri":"http://x/api/v22"}',
        '{"chatPath":"/chats/C","curious":"http://gws:8080/","URI":"http://gws:8080/","urine":"http://gws:8080/"}',
        '{"noticeText":"a",  "userData":{"a uri of":"http://gws:8080/api/v2"}} ',
        "",
        "not JSON at all: http://gws:8080/api/v2",
    ],
)
def test_whatever_is_no_address_of_the_api_stays(text):
    told = response(body=text.encode(), content_type=JSON)
    assert Addresses([UPSTREAM]).outward(told, OURS).body is told.body


@pytest.mark.parametrize(
    "uri", ["http://[gws/x", "http://[::1/x", "http://gws\u2100/x", " http://gws:8080/x", "http://gws:\t8080/x", "://"]
)
def test_a_uri_that_is_none_stays(uri):
    """A customer may write into user data what no parser of addresses takes; it must not stop the response."""
    text = json.dumps({"userData": {"homeUri": uri}}).encode()
    assert outward(text).body.content == text


def test_only_json_is_looked_into():
    text = '{"uri":"http://gws:8080/api/v2"}'
    changed = f'{{"uri":"{OURS}/api/v2"}}'
    types = ["application/json", "text/javascript", "application/vnd.x+json", "text/plain", "text/html", ""]
    assert [outward(text, content_type=one).body.content.decode() for one in types] == [changed] * 3 + [text] * 3


def test_a_compressed_body_is_changed_decoded_and_remembers_what_it_was():
    coded = gzip.compress(b'{"uri":"http://gws:8080/api/v2"}')
    changed = Body.of(f'{{"uri":"{OURS}/api/v2"}}'.encode())
    assert outward(coded, coding="gzip").body == replace(changed, original=Original("gzip", len(coded)))


@pytest.mark.parametrize("content", [gzip.compress(b'{"text":"hello"}', mtime=0), b"broken"])
def test_a_compressed_body_without_addresses_or_sense_stays_compressed(content):
    assert outward(content, coding="gzip").body == Body.of(content, "gzip")


def test_a_change_remembers_what_the_body_was_at_first():
    redacted = replace(Body.of(b'{"uri":"http://gws:8080/api/v2"}'), original=Original("gzip", 7))
    told = replace(response(content_type=JSON), body=redacted)
    assert Addresses([UPSTREAM]).outward(told, OURS).body.original == Original("gzip", 7)


def test_origins_are_learned_from_the_api_s_own_uris_and_then_known_everywhere():
    addresses = Addresses([UPSTREAM.upper()])
    redirect = response(302, headers=[("Location", f"{PUBLIC}/ui")])
    assert addresses.outward(redirect, OURS) == redirect
    outward(f'{{"uri":"{PUBLIC.upper()}/api/v2/me","photoUri":"http://cdn.example/a.png"}}', addresses)
    assert (list(addresses.origins), addresses.public) == ([UPSTREAM, PUBLIC], PUBLIC)
    assert addresses.outward(redirect, OURS).headers.get("location") == f"{OURS}/ui"


def test_the_origin_that_the_server_used_is_the_public_one():
    addresses = Addresses([UPSTREAM, PUBLIC])
    outward(f'{{"uri":"{UPSTREAM}/api/v2"}}', addresses)
    assert addresses.public == UPSTREAM


def test_what_one_customer_wrote_does_not_become_the_public_origin():
    addresses = Addresses([UPSTREAM])
    outward(f'{{"uri":"{PUBLIC}/api/v2/me","chatUri":"{PUBLIC}/api/v2/chats/C"}}', addresses)
    outward('{"userData":{"homeUri":"http://evil.example/api/v2"}}', addresses)
    assert addresses.public == PUBLIC


def test_a_server_that_names_itself_as_its_client_does_is_told_nothing_else():
    """The client's machine may know us under the server's own name."""
    addresses = Addresses([UPSTREAM])
    text = f'{{"uri":"{OURS}/api/v2","targetUri":"{OURS}/api/v2/users/U"}}'
    assert outward(text, addresses).body.content.decode() == text
    assert inward(text, addresses).body.content.decode() == text


@pytest.mark.parametrize(
    ("host", "told"),
    [("ıstanbul.example", OURS), ("a\x00", OURS), ('a";b', 'http://a";b'), ("a<b>", "http://a<b>")],
    ids=["not ASCII", "control", "quoted", "markup"],
)
def test_what_can_be_no_host_is_not_learned(host, told):
    """It would be told to the server in header fields."""
    addresses = Addresses([UPSTREAM])
    text = json.dumps({"uri": f"http://{host}/api/v2"})
    assert outward(text, addresses).body.json() == {"uri": f"{told}/api/v2"}
    assert list(addresses.origins) == [UPSTREAM]


def test_credentials_in_an_address_are_not_learned():
    addresses = Addresses([UPSTREAM])
    assert outward('{"uri":"http://kim:secret@x/api/v2"}', addresses).body.json() == {"uri": f"{OURS}/api/v2"}
    assert list(addresses.origins) == [UPSTREAM, "http://x"]


def test_what_a_client_repeats_is_mapped_back():
    addresses = Addresses([UPSTREAM])
    outward(f'{{"uri":"{PUBLIC}/api/v2/users/U"}}', addresses)
    asked = '{"operationName":"Invite", "targetUri":"http://127.0.0.1:8888/api/v2/users/U"}'
    assert inward(asked, addresses).body.content.decode() == asked.replace(OURS, PUBLIC)
    assert inward(gzip.compress(asked.encode()), addresses, coding="gzip").body.content.decode() == (
        asked.replace(OURS, PUBLIC)
    )


@pytest.mark.parametrize(
    "text",
    [
        '{"operationName":"SendUrl","url":"http://127.0.0.1:8888/api/v2/users/U"}',
        '{"text":"http://127.0.0.1:8888/api/v2"}',
        '{"targetUri":"http://127.0.0.1:88888/api/v2"}',
        '{"targetUri":"http://gws:8080/api/v2/users/U","userUri":"/users/U"}',
    ],
)
def test_what_is_not_ours_is_not_mapped_back(text):
    asked = request(body=text.encode(), content_type=JSON)
    assert Addresses([UPSTREAM]).inward(asked, OURS).body is asked.body


def test_nothing_is_mapped_back_while_no_origin_is_known():
    text = '{"targetUri":"http://127.0.0.1:8888/api/v2/users/U"}'
    assert inward(text, Addresses([])).body.content == text.encode()


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_the_documentation_s_samples_go_out_under_our_origin_and_come_back_the_same(sample):
    text = sample.read_text()
    addresses = Addresses([UPSTREAM])
    told = outward(text, addresses).body.content.decode()
    assert told == text.replace('Uri": "http://HOST', f'Uri": "{OURS}').replace('uri": "http://HOST', f'uri": "{OURS}')
    # hosts have no case: what comes back is in lower case
    assert inward(told, addresses).body.content.decode() == text.replace("http://HOST", "http://host")


PATHS = st.text("/abc?#%20é", max_size=10)
ADDRESS = st.builds("{}{}".format, st.just(PUBLIC), PATHS.map(lambda path: f"/api/v2/{path}"))
ELSEWHERE = st.builds("http://elsewhere.example/{}".format, PATHS)
MEMBERS = st.fixed_dictionaries(
    {},
    optional={
        "uri": ADDRESS,
        "chatUri": ADDRESS | ELSEWHERE | st.text(),
        "uris": st.lists(ADDRESS),
        "url": ADDRESS,
        "text": ADDRESS | st.text(),
        "n": st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    },
)
DOCUMENTS = st.recursive(MEMBERS, lambda inner: st.dictionaries(st.sampled_from(["from", "chat"]), inner), max_leaves=9)


def ours(value, name=""):
    match value:
        case dict():
            return {key: ours(member, key) for key, member in value.items()}
        case list():
            return [ours(member, name) for member in value]
        case str() if name in ("uri", "chatUri", "uris") and value.startswith(f"{PUBLIC}/api/v2/"):
            return OURS + value.removeprefix(PUBLIC)
    return value


@settings(print_blob=True, deadline=None, max_examples=200)
@given(document=DOCUMENTS, indent=st.sampled_from([None, 1]))
def test_outward_and_back_again_is_as_if_nothing_had_been_between(document, indent):
    text = json.dumps(document, indent=indent, ensure_ascii=False)
    addresses = Addresses([PUBLIC])
    told = outward(text, addresses).body.content.decode()
    assert told == json.dumps(ours(document), indent=indent, ensure_ascii=False)
    assert inward(told, addresses).body.content.decode() == text


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://GWS:8080/api/v2?a#b", "http://gws:8080"),
        ("https://gws.example.com", "https://gws.example.com"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
        ("http://Kim:p@ss@gws:8080/", "http://gws:8080"),
        ("/api/v2", ""),
        ("//gws/api", ""),
        ("gws:8080", ""),
        ("", ""),
    ],
)
def test_an_origin_is_scheme_host_and_port(url, origin):
    assert origin_of(url) == origin
