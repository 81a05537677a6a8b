"""Header fields keep what crossed the wire, and are found whatever their case."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.traffic.headers import Headers, cookies, set_cookies

FIELDS = Headers((("Accept", "a"), ("X-Twice", "1"), ("accept", "b"), ("x-tWICE", "")))


@settings(print_blob=True, deadline=None)
@given(st.lists(st.tuples(st.binary(), st.binary())))
def test_every_byte_order_and_duplicate_comes_back(fields):
    headers = Headers.of(fields)
    assert [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers] == fields


def test_a_name_gives_its_first_value_in_any_case():
    assert [FIELDS.get(name) for name in ("accept", "X-TWICE", "missing")] == ["a", "1", ""]
    assert FIELDS.get("missing", "none") == "none"


def test_a_name_gives_all_its_values_in_order():
    assert [FIELDS.all(name) for name in ("ACCEPT", "x-twice", "missing")] == [["a", "b"], ["1", ""], []]


def test_an_empty_value_is_still_a_field():
    headers = Headers((("X-Empty", ""),))
    assert ("x-empty" in headers, "X-Other" in headers) == (True, False)


def test_looking_something_up_does_not_make_headers_unequal():
    asked = Headers(FIELDS.fields)
    asked.get("accept")
    assert asked == FIELDS and hash(asked) == hash(FIELDS)


@pytest.mark.parametrize(
    ("value", "media_type"),
    [
        ("application/json", "application/json"),
        ("Application/JSON;charset=UTF-8", "application/json"),
        (" text/plain ; a=b", "text/plain"),
        ("", ""),
    ],
)
def test_the_media_type_is_bare_and_lower_case(value, media_type):
    assert Headers((("content-TYPE", value),)).media_type == media_type


@pytest.mark.parametrize(
    ("values", "coding"),
    [
        ([], ""),
        (["identity"], ""),
        ([" GZIP "], "gzip"),
        (["gzip, br"], "gzip, br"),
        (["gzip", "br"], "gzip, br"),
    ],
)
def test_the_coding_is_the_whole_list(values, coding):
    """Equal fields are one list (RFC 9110 section 5.3)."""
    assert Headers(tuple(("Content-Encoding", value) for value in values)).coding == coding


def test_cookies_of_several_lines_are_one_set_whose_first_name_counts():
    headers = Headers((("Cookie", "JSESSIONID=a==; b=2"), ("cookie", 'b=3;c="x y"')))
    assert cookies(headers) == {"JSESSIONID": "a==", "b": "2", "c": '"x y"'}


def test_cookies_that_are_set_come_without_attributes_and_the_last_counts():
    headers = Headers(
        (
            ("Set-Cookie", "JSESSIONID=; Max-Age=0"),
            ("set-cookie", "JSESSIONID=a=b; Path=/; HttpOnly"),
            ("Set-Cookie", "BAYEUX_BROWSER=c"),
        )
    )
    assert set_cookies(headers) == {"JSESSIONID": "a=b", "BAYEUX_BROWSER": "c"}


def test_no_cookies():
    assert (cookies(Headers()), set_cookies(Headers())) == ({}, {})
