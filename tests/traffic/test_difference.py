"""Where two values differ: none is missed, none is invented, and what is shown is what differs."""

from collections import Counter

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.traffic.difference import Difference, in_json, in_pairs, whole


def told(expected, actual):
    return [(one.kind, one.place, one.expected, one.actual) for one in in_json("body", expected, actual)]


MORE = ("changed", "/b", "2", "3"), ("added", "/c", None, "4")


@pytest.mark.parametrize(
    ("expected", "actual", "differences"),
    [
        ({"a": 1}, {"a": 2}, [("changed", "/a", "1", "2")]),
        ({"a": 1}, {}, [("missing", "/a", "1", None)]),
        ({}, {"a": None}, [("added", "/a", None, "null")]),
        ({"a": 1, "b": 2}, {"b": 3, "c": 4}, [("missing", "/a", "1", None), *MORE]),
        ({"a": {"b": ["x", {"c": 1}]}}, {"a": {"b": ["x", {"c": 2}]}}, [("changed", "/a/b/1/c", "1", "2")]),
        ({"a/b": {"~": 1}}, {"a/b": {"~": 2}}, [("changed", "/a~1b/~0", "1", "2")]),
        ({"a": 1}, [1], [("changed", "", '{"a":1}', "[1]")]),
        ({"a": {}}, {"a": []}, [("changed", "/a", "{}", "[]")]),
        (1, 1.0, [("changed", "", "1", "1.0")]),
        ({"a": 1}, {"a": True}, [("changed", "/a", "1", "true")]),
        ({"a": "1"}, {"a": 1}, [("changed", "/a", '"1"', "1")]),
        ([1, True], [True, True], [("changed", "/0", "1", "true")]),
        ([1, 2, 3], [0, 1, 2, 3], [("added", "/0", None, "0")]),
        ([0, 1, 2, 3], [1, 2, 3], [("missing", "/0", "0", None)]),
        ([1, 2, 3], [1, 9, 9, 3], [("changed", "/1", "2", "9"), ("added", "/2", None, "9")]),
        ([1, 1], [1, 1, 1], [("added", "/2", None, "1")]),
        ([], [[]], [("added", "/0", None, "[]")]),
        ({"b": 1, "a": [{"y": 1, "x": 2}]}, {"a": [{"x": 2, "y": 1}], "b": 1}, []),
    ],
)  # fmt: skip
def test_json_is_compared_member_by_member(expected, actual, differences):
    assert told(expected, actual) == differences


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.0, -0.0, 1.0]) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("ab~/é"), inner, max_size=4),
    max_leaves=12,
)


def at(value, pointer):
    """What a JSON pointer leads to (RFC 6901)."""
    for step in pointer.split("/")[1:]:
        step = step.replace("~1", "/").replace("~0", "~")
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


def canonical(value):
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


@settings(print_blob=True, deadline=None, max_examples=200)
@given(expected=JSON, actual=JSON)
def test_there_are_differences_exactly_where_the_values_differ(expected, actual):
    differences = list(in_json("body", expected, actual))
    assert (differences == []) == (canonical(expected) == canonical(actual))
    for one in differences:
        assert one.expected != one.actual
        for shown, side in ((one.expected, expected), (one.actual, actual)):
            if shown is not None and "…" not in shown:
                assert shown == canonical(at(side, one.place))


PAIRS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["", "1", "2"])), max_size=8)


@settings(print_blob=True, deadline=None)
@given(expected=PAIRS, actual=PAIRS)
def test_pairs_differ_in_what_only_one_side_has(expected, actual):
    differences = list(in_pairs("query", expected, actual))
    were, are = Counter(expected), Counter(actual)
    assert Counter((one.place, one.expected) for one in differences if one.expected is not None) == were - are
    assert Counter((one.place, one.actual) for one in differences if one.actual is not None) == are - were


def test_a_pair_with_another_value_is_one_difference():
    assert list(in_pairs("query", [("a", "1"), ("b", "2")], [("b", "2"), ("a", "3"), ("a", "4")])) == [
        Difference("query", "a", "1", "3"),
        Difference("query", "a", None, "4"),
    ]


def test_of_long_values_the_part_that_differs_is_shown():
    shown = whole("body", "/text", "x" * 5000 + "recorded" + "y" * 5000, "x" * 5000 + "asked" + "y" * 5000)
    assert shown.expected == "…" + "x" * 20 + "recorded" + "y" * 92 + "…"
    assert shown.actual == "…" + "x" * 20 + "asked" + "y" * 95 + "…"


def test_a_value_that_only_goes_on_longer_is_shown_where_it_does():
    shown = whole("path", "", "x" * 300, "x" * 300 + "more")
    assert (shown.expected, shown.actual) == ("…" + "x" * 20, "…" + "x" * 20 + "more")


def test_a_long_value_that_is_only_on_one_side_is_cut():
    assert whole("body", "/a", "x" * 500, None).expected == "x" * 120 + "…"
    assert whole("body", "/a", None, "x" * 120).actual == "x" * 120
