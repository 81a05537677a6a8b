"""Which requests are the same: by their values, not by their spelling; secrets and what is ignored aside."""

import gzip
import json
import string

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.errors import UsageError
from inspector.replay.matching import Identity, Matcher, Policy
from inspector.traffic.redaction import Places, Redactor
from tests.traffic.exchanges import request

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
UPLOAD = {"operationName": "UploadFile", "documentId": "d1", "metrics": {"sent": 1, "lines": [{"at": 1}, {"at": 2}]}}


def identity(body=b"", content_type=JSON, policy=None, places=None, **named) -> Identity:
    told = body if isinstance(body, bytes) else orjson.dumps(body)
    return Matcher(policy, places).identity(request(body=told, content_type=content_type, **named))


def same(one, other, **named):
    return identity(one, **named).key == identity(other, **named).key


# the first line


@pytest.mark.parametrize("named", [{"method": "PUT"}, {"path": "/api/v2/other"}, {"query": "a=1"}])
def test_method_path_and_query_tell_requests_apart(named):
    assert identity().key != identity(**named).key


def test_a_head_is_told_like_a_get():
    assert identity(method="HEAD").key == identity(method="GET").key


@pytest.mark.parametrize("other", ["b=2&a=1&a=3", "a=3&b=2&a=1", "%61=1&b=2&a=%33"])
def test_the_order_and_spelling_of_a_query_do_not_matter(other):
    assert identity(query="a=1&a=3&b=2").key == identity(query=other).key


@pytest.mark.parametrize("other", ["a=1", "a=1&a=1&b=", "a=1&b=x", "a=1&b=&c="])
def test_a_query_of_other_pairs_is_another(other):
    assert identity(query="a=1&b=").key != identity(query=other).key


def test_the_authority_and_other_header_fields_do_not_matter():
    assert identity(headers=(("X-Trace", "1"), ("User-Agent", "x"))).key == identity().key


# credentials


BASIC = ("Authorization", "Basic c29maWE6MQ==")
SESSION = ("Cookie", "theme=dark; JSESSIONID=abc")


@pytest.mark.parametrize("headers", [(BASIC,), (SESSION,), (BASIC, SESSION), (("authorization", "Bearer x"),)])
def test_credentials_count_by_their_presence_whatever_they_are(headers):
    assert identity(headers=headers).key == identity(headers=(("Authorization", "Basic ~secret:0123456789ab~"),)).key
    assert identity(headers=headers).key != identity().key


def test_another_cookie_is_no_credential():
    assert identity(headers=(("Cookie", "theme=dark"),)).key == identity().key


# JSON


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b'{"a":1,"b":2}', b' { "b" : 2 ,\n "a" : 1 } '),
        (b'{"a":"\xc3\xa9/"}', b'{"a":"\\u00e9\\/"}'),
        (b'{"a":1,"a":2}', b'{"a":2}'),
        (b'{"a":[{"c":1,"b":2}]}', b'{"a":[{"b":2,"c":1}]}'),
        (b'{"a":1}', b'{"a":1.0}'),
        (b'{"a":100}', b'{"a":1e2}'),
        (b'{"a":0}', b'{"a":-0.0}'),
        (b'{"a":0.5}', b'{"a":5E-1}'),
    ],
    ids=["blanks", "escapes", "last of a name", "nested order", "1.0", "1e2", "-0.0", "5E-1"],
)
def test_json_of_one_value_is_the_same_however_it_is_spelt(one, other):
    assert same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b'{"a":1}', b'{"a":"1"}'),
        (b'{"a":1}', b'{"a":true}'),
        (b'{"a":null}', b"{}"),
        (b"[1,2]", b"[2,1]"),
        (b"{}", b"[]"),
        (b'{"a":1}', b'{"a":1.5}'),
        (b'{"a":9007199254740992}', b'{"a":9007199254740993}'),
        (b'{"a":100000000000000000000001}', b'{"a":100000000000000000000002}'),
    ],
    ids=["type", "boolean", "null", "array order", "empty", "fraction", "53 bits", "big"],
)
def test_json_of_another_value_is_another(one, other):
    assert not same(one, other)


def test_what_its_content_type_says_of_json_does_not_matter():
    assert identity(b'{"a":1}').key == identity(b'{ "a": 1 }', content_type="text/plain").key


@pytest.mark.parametrize("depth", [200, 254, 255, 600, 1024, 3000])
def test_json_that_is_nested_deeply_is_told_apart_all_the_same(depth):
    one, other = b"[" * depth + b"1" + b"]" * depth, b"[" * depth + b"2" + b"]" * depth
    assert same(one, one) and not same(one, other)


def test_what_is_no_json_counts_byte_for_byte():
    assert same(b'{"a":', b'{"a":') and not same(b'{"a":', b'{"a": ')
    assert identity(b'{"a":').kind == "bytes"


def test_a_body_counts_without_its_coding():
    assert identity(gzip.compress(b'{"a":1}'), coding="gzip").key == identity(b'{"a":1}').key


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(string.ascii_letters + 'é"\\/ ', max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(value=st.dictionaries(st.text(string.ascii_lowercase, min_size=1, max_size=4), JSON_VALUES), data=st.data())
@settings(print_blob=True, deadline=None)
def test_a_json_body_is_the_same_after_it_was_written_anew(value, data):
    shuffled = dict(data.draw(st.permutations(list(value.items()))))
    written = json.dumps(shuffled, ensure_ascii=data.draw(st.booleans()), indent=data.draw(st.sampled_from([None, 2])))
    assert same(value, written.encode())


@given(JSON_VALUES, JSON_VALUES)
@settings(print_blob=True, deadline=None)
def test_json_bodies_are_the_same_exactly_if_their_values_are(one, other):
    equal = orjson.dumps(one, option=orjson.OPT_SORT_KEYS) == orjson.dumps(other, option=orjson.OPT_SORT_KEYS)
    assert same({"text": one}, {"text": other}) == equal


# forms and other bytes


def test_the_order_of_a_forms_pairs_does_not_matter():
    assert same(b"a=1&b=2&b=", b"b=&b=2&a=%31", content_type=FORM)
    assert not same(b"a=1", b"a=2", content_type=FORM)


def test_other_bodies_count_by_their_digest():
    assert same(b"\0x", b"\0x", content_type="image/png")
    assert not same(b"\0x", b"\0y", content_type="image/png")


def test_no_body_is_another_than_an_empty_object():
    assert identity(b"").kind == "empty" and not same(b"", b"{}")


# settings, chosen after recording


@pytest.mark.parametrize(
    ("pointers", "changed"),
    [
        (("/metrics",), {"metrics": 5}),
        (("/metrics/sent",), {"metrics": {"sent": "x", "lines": [{"at": 1}, {"at": 2}]}}),
        (("/metrics/lines/*/at",), {"metrics": {"sent": 1, "lines": [{"at": 7}, {"at": 8}]}}),
        (("/metrics/lines/1",), {"metrics": {"sent": 1, "lines": [{"at": 1}, 0]}}),
        (("/*",), {"operationName": "x", "documentId": 3, "metrics": 4}),
        (("/documentId", "/metrics"), {"documentId": "d2", "metrics": None}),
    ],
)
def test_what_is_ignored_does_not_count(pointers, changed):
    policy = Policy(pointers)
    assert same(UPLOAD, UPLOAD | changed, policy=policy)
    assert not same(UPLOAD, UPLOAD | changed)
    assert same(UPLOAD, UPLOAD | {"added": 1}, policy=policy) == ("/*" in pointers)


@pytest.mark.parametrize(
    ("pointer", "with_it", "without_it"),
    [
        ("/metrics", UPLOAD, {name: value for name, value in UPLOAD.items() if name != "metrics"}),
        ("/metrics/sent", UPLOAD, UPLOAD | {"metrics": {"lines": [{"at": 1}, {"at": 2}]}}),
        ("/metrics/lines/*/at", UPLOAD, UPLOAD | {"metrics": {"sent": 1, "lines": [{}, {}]}}),
        ("/metrics/lines/*", UPLOAD, UPLOAD | {"metrics": {"sent": 1, "lines": []}}),
        ("/metrics/lines/1", UPLOAD, UPLOAD | {"metrics": {"sent": 1, "lines": [{"at": 1}]}}),
        ("/metrics/*", UPLOAD, UPLOAD | {"metrics": {}}),
        ("/*", UPLOAD, {}),
        ("", UPLOAD, [1, 2]),
    ],
)
def test_what_is_ignored_may_as_well_be_missing(pointer, with_it, without_it):
    assert same(with_it, without_it, policy=Policy((pointer,)))
    assert same(without_it, with_it, policy=Policy((pointer,)))
    assert not same(with_it, without_it)


def test_the_place_that_held_what_is_ignored_counts():
    policy = Policy(("/metrics/sent",))
    assert not same({"metrics": {"sent": 1}}, {}, policy=policy)
    assert not same({"metrics": {"sent": 1}}, {"metrics": []}, policy=policy)


def test_no_element_moves_into_a_place_that_is_ignored():
    policy = Policy(("/0", "/1", "/1"))
    assert same([1, 2, 3], [8, 9, 3], policy=policy)
    assert not same([1, 2, 3], [8, 9, 4], policy=policy)
    assert not same([1, 2, 3], [3], policy=policy)


def test_places_in_places_that_are_ignored_are_ignored_once():
    policy = Policy(("/a/b", "/a", "/*", "/a/b/0"))
    assert same({"a": {"b": [1]}, "c": 1}, {"a": 5}, policy=policy)


@pytest.mark.parametrize(
    "pointer",
    ["/nothing", "/documentId/deeper", "/metrics/lines/9", "/metrics/lines/x", "/metrics/lines/01", "/a~1b/*", "/"],
)
def test_a_pointer_that_leads_nowhere_ignores_nothing(pointer):
    assert same(UPLOAD, UPLOAD, policy=Policy((pointer,)))
    assert not same(UPLOAD, UPLOAD | {"documentId": "d2"}, policy=Policy((pointer,)))


def test_a_pointer_spells_slash_and_tilde_in_its_own_way():
    assert same({"a/b~c": 1}, {"a/b~c": 2}, policy=Policy(("/a~1b~0c",)))


def test_an_operation_has_pointers_of_its_own():
    policy = Policy((), {"UploadFile": ("/documentId",)})
    assert same(UPLOAD, UPLOAD | {"documentId": "d2"}, policy=policy)
    other = UPLOAD | {"operationName": "AddAttachment"}
    assert not same(other, other | {"documentId": "d2"}, policy=policy)


@pytest.mark.parametrize("pointer", ["", "/*", "/operationName"])
def test_what_an_operation_ignores_is_never_which_operation_it_is(pointer):
    policy = Policy((), {"Accept": (pointer,), "Reject": (pointer,)})
    assert same({"operationName": "Accept", "a": 1}, {"operationName": "Accept", "a": 1}, policy=policy)
    assert not same({"operationName": "Accept"}, {"operationName": "Reject"}, policy=policy)


@pytest.mark.parametrize("pointer", ["metrics", "a/b", "#/metrics", " /a", "/a~b", "/~"])
def test_what_is_no_pointer_is_refused(pointer):
    for make in (lambda: Policy(("/a", pointer)), lambda: Policy((), {"UploadFile": (pointer,)})):
        with pytest.raises(UsageError, match="no JSON pointer"):
            make()


# secrets


@pytest.mark.parametrize(
    "secret",
    [
        lambda value: {"body": orjson.dumps({"user": "sofia", "password": value})},
        lambda value: {"body": orjson.dumps({"own": {"hint": value}}), "places": Places(members=frozenset({"hint"}))},
        lambda value: {"body": f"user=sofia&password={value}".encode(), "content_type": FORM},
        lambda value: {"query": f"user=sofia&token={value}"},
        lambda value: {"path": f"/api/v2/me;jsessionid={value}"},
    ],
    ids=["member", "custom member", "form", "query", "path"],
)
def test_secrets_are_equal_whoever_redacted_them(secret):
    first, second = secret("one"), secret("two")
    places = first.get("places")
    recorded = request(
        body=first.get("body", b""),
        content_type=first.get("content_type", JSON),
        **{name: first[name] for name in ("query", "path") if name in first},
    )
    told = Matcher(None, places).identity(Redactor(places).request(recorded))
    assert told.key == identity(**second).key
    assert told.key != identity(**secret("")).key
