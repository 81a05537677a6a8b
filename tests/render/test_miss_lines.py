"""A miss on a terminal: readable from top to bottom, and nothing in it can do anything to the terminal."""

import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.analysis.miss import Miss, Near, Why
from inspector.render.miss import miss_lines
from inspector.traffic.difference import Difference

MISS = Miss(
    "POST",
    "/api/v2/me/chats/42",
    "",
    "UploadFile",
    Why.DIFFERENT,
    "UploadFile was recorded, but not like this",
    (
        Near(12, "POST", "/chats/42", 1, True, "", "", ("method", "path", "query", "credentials", "body"), ()),
        Near(
            *(13, "POST", "/chats/42", 2, False, "anna", "304 needs a condition", ("method",)),
            (
                Difference("body", "/documentId", '"a"', '"b"'),
                Difference("query", "x", None, "1"),
                Difference("credentials", "", "sent", None),
            ),
            True,
        ),
    ),
    ("log in first", "record it"),
)


def test_a_miss_is_told_from_what_is_wrong_to_what_to_do():
    assert [line.plain for line in miss_lines(MISS)] == [
        "✗ UploadFile was recorded, but not like this",
        "    #12 POST /chats/42 · identical · answered once · used up",
        "    #13 POST /chats/42 · of anna · answered 2 times · 304 needs a condition",
        "      same: method",
        '      body /documentId: recorded "a", asked "b"',
        "      query x: recorded nothing, asked 1",
        "      credentials: recorded sent, asked nothing",
        "      and more",
        "  1. log in first",
        "  2. record it",
    ]


def test_without_anything_near_there_is_still_advice():
    lines = miss_lines(Miss("GET", "/x", "", "", Why.UNKNOWN, "GET /x was never recorded", (), ("record it",)))
    assert [line.plain for line in lines] == ["✗ GET /x was never recorded", "  1. record it"]


HOSTILE = st.text(max_size=20) | st.sampled_from(["\x1b[2J", "a\nb", "\u202e", "\x9b", "\udc80", "\r", "x" * 5000])
DIFFERENCES = st.builds(Difference, HOSTILE.filter(str.isidentifier), HOSTILE, st.none() | HOSTILE, st.none() | HOSTILE)
NEAR = st.builds(
    *(Near, st.integers(), HOSTILE, HOSTILE, st.integers(), st.booleans(), HOSTILE, HOSTILE, st.just(("method",))),
    st.lists(DIFFERENCES, max_size=3).map(tuple),
    st.booleans(),
)
MISSES = st.builds(
    *(Miss, HOSTILE, HOSTILE, HOSTILE, HOSTILE, st.sampled_from(Why), HOSTILE),
    st.lists(NEAR, max_size=3).map(tuple),
    st.lists(HOSTILE, max_size=3).map(tuple),
)


@settings(print_blob=True, deadline=None)
@given(miss=MISSES)
def test_nothing_from_traffic_reaches_the_terminal_as_it_is(miss):
    for line in miss_lines(miss):
        assert not [char for char in line.plain if unicodedata.category(char) in ("Cc", "Cs") or char == "\u202e"]
        assert len(line.plain) < 10_000
