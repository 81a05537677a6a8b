"""Bayeux messages in every wrapping that clients use, and what a subscription covers."""

import json
from pathlib import Path
from urllib.parse import quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.traffic.bayeux import BayeuxError, covers, parse, subscriptions

SAMPLES = sorted((Path(__file__).parents[1] / "data" / "samples" / "channel").glob("*.json"))
FORM = "application/x-www-form-urlencoded"

ONE = {"channel": "/meta/connect", "id": "5", "ext": {"unknown": [None, 1.5]}}
TWO = {"channel": "/v2/me/chats", "data": {"text": "Grüße & (Klammern); +1"}}


def text(*messages):
    return json.dumps(messages[0] if len(messages) == 1 else messages, ensure_ascii=False)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_the_documentation_s_samples_are_read_as_they_are(sample):
    assert parse(sample.read_bytes()) == json.loads(sample.read_bytes())


def test_an_array_a_bare_object_and_an_empty_array():
    assert [parse(body.encode()) for body in (text(ONE, TWO), text(TWO), "[]")] == [[ONE, TWO], [TWO], []]


def test_a_form_may_repeat_its_field():
    body = f"message={quote_plus(text(ONE))}&other=1&message={quote_plus(text(TWO, ONE))}"
    assert parse(body.encode(), FORM) == [ONE, TWO, ONE]


def test_a_form_may_leave_bytes_unescaped():
    assert parse('message=[{"channel":"/a","data":"Grüße"}]'.encode(), FORM) == [{"channel": "/a", "data": "Grüße"}]


@pytest.mark.parametrize(
    "wrapping",
    [
        "jsonpcallback({});",
        "/**/org.cometd.JSONP._1({})",
        " $cb_1 ( {} ) ; \n",
    ],
)
def test_a_jsonp_call_is_unwrapped(wrapping):
    assert parse(wrapping.format(text(ONE, TWO)).encode(), "text/javascript") == [ONE, TWO]


MESSAGE = st.fixed_dictionaries(
    {"channel": st.text()},
    optional={"data": st.recursive(st.none() | st.text() | st.integers(-(2**53), 2**53), st.lists, max_leaves=5)},
)


@settings(print_blob=True, deadline=None)
@given(messages=st.lists(MESSAGE))
def test_every_wrapping_gives_the_same_messages(messages):
    plain = json.dumps(messages)
    assert parse(plain.encode()) == messages
    assert parse(f"/**/call({plain});".encode()) == messages
    assert parse(f"message={quote_plus(plain)}".encode(), FORM) == messages


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>the balancer's error page</html>",
        b'[{"channel": "/a"}',
        b'[{"channel": "/a"}, {"data": 1}]',
        b'[{"channel": "/a"}, 7]',
        b'{"channel": 7}',
        b'"/meta/connect"',
        b"null",
        b'alert(1)([{"channel": "/a"}])',
    ],
)
@pytest.mark.parametrize("wrapping", ["{}", "call({})"])
def test_anything_else_is_refused_whole(body, wrapping):
    with pytest.raises(BayeuxError):
        parse(wrapping.encode().replace(b"{}", body))


def test_a_form_with_one_broken_field_is_refused_whole():
    with pytest.raises(BayeuxError):
        parse(f"message={quote_plus(text(ONE))}&message=%5B".encode(), FORM)


@pytest.mark.parametrize(
    ("subscription", "covered", "not_covered"),
    [
        ("/foo/bar", ["/foo/bar"], ["/foo", "/foo/bar/baz", "/foo/ba", "/foo/barr"]),
        ("/foo/*", ["/foo/bar", "/foo/boo"], ["/foo", "/foobar", "/foo/bar/boo"]),
        ("/foo/**", ["/foo/bar", "/foo/boo", "/foo/bar/boo"], ["/foo", "/foobar", "/foobar/boo"]),
        ("/v2/me/*", ["/v2/me/chats", "/v2/me/calls"], ["/v2/me", "/v2/me/chats/x", "/v3/me/chats"]),
        ("/*", ["/foo"], ["/foo/bar"]),
        ("/**", ["/foo", "/foo/bar", "/v2/me/chats"], []),
        ("", [], ["/foo"]),
    ],
)
def test_a_subscription_covers_channels_by_segments(subscription, covered, not_covered):
    """The examples of the Bayeux specification, section 2.2.1, and what clients of this API subscribe to."""
    channels = covered + not_covered
    assert [channel for channel in channels if covers(subscription, channel)] == covered


@pytest.mark.parametrize(
    ("named", "channels"),
    [
        ("/v2/me/chats", ["/v2/me/chats"]),
        (["/v2/me/chats", "/v2/me/calls"], ["/v2/me/chats", "/v2/me/calls"]),
        (["/v2/me/chats", 7, None], ["/v2/me/chats"]),
        (None, []),
        ({"channel": "/a"}, []),
    ],
)
def test_a_subscription_names_one_channel_or_several(named, channels):
    assert list(subscriptions({"channel": "/meta/subscribe", "subscription": named})) == channels


def test_a_subscription_may_name_nothing():
    assert list(subscriptions({"channel": "/meta/subscribe"})) == []
