"""What counts of a value, and which name of one session is which of the other."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.audit.diff.comparing import Comparison
from inspector.audit.diff.normal import form_of
from inspector.audit.diff.printing import Printer
from inspector.audit.diff.renaming import Renaming
from inspector.traffic.pointers import leads_to
from tests.analysis.arbitrary import values

Places = list[tuple[str, str | None, str | None]]


def printer(*ignored: str) -> Printer:
    return Printer({}, lambda what: ignored)


def differences(*pairs: tuple[Any, Any], ignored: tuple[str, ...] = ()) -> list[Places]:
    """Where the values of each pair differ, one pair after the other."""
    comparison = Comparison(printer(*ignored), printer(*ignored), Renaming())
    told = [comparison.of(before, after, "") for before, after in pairs]
    return [[(one.place, one.expected, one.actual) for one, _ in found] for found in told]


SAME = {
    "id": ({"id": "0001PaBM"}, {"id": "0002XyZW"}),
    "ids": ({"documentIds": ["000001", "000002"]}, {"documentIds": ["00000A", "00000B"]}),
    "number": ({"deviceId": 7}, {"deviceId": 8}),
    "address": ({"uri": "http://a:1/api/v2/chats/0001PaBM"}, {"uri": "https://b.c/api/v2/chats/0002XyZW"}),
    "path": ({"path": "/users/12/x"}, {"path": "/users/13/x"}),
    "time": ({"timestamp": "2016-07-21 17:23:20.001+0300"}, {"timestamp": "2026-01-02 03:04:05.6-0800"}),
    "milliseconds": ({"timestampSeconds": 1469111000000}, {"timestampSeconds": 1795421304383}),
    "metrics": ({"metrics": {"a": 1}}, {"metrics": {"b": [2]}}),
    "reference": ({"referenceId": 1}, {"referenceId": 2}),
    "secret": ({"token": "~secret:0123456789ab~"}, {"token": "~secret:ba9876543210~"}),
    "index": ({"lines": [{"index": 4}, {"index": 5}]}, {"lines": [{"index": 5}, {"index": 6}]}),
    "order of members": ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
}
OTHER = {
    "no id": ({"id": "0001PaBM"}, {"id": ""}, "/id"),
    "id of another type": ({"id": "1234567"}, {"id": 1234567}, "/id"),
    "path": ({"uri": "http://a/api/v2/chats/0001PaBM"}, {"uri": "http://a/api/v3/chats/0001PaBM"}, "/uri"),
    "step": ({"path": "/chats/0001PaBM"}, {"path": "/interactions/0001PaBM"}, "/path"),
    "form of time": ({"timestamp": "2016-07-21 17:23:20+0300"}, {"timestamp": "2016-07-21T17:23:20Z"}, "/timestamp"),
    "unit of time": ({"timestampSeconds": 1469111000000}, {"timestampSeconds": 1469111000}, "/timestampSeconds"),
    "no metrics": ({"metrics": {}}, {"metrics": None}, "/metrics"),
    "secret shown": ({"token": "~secret:0123456789ab~"}, {"token": "open"}, "/token"),
    "text": ({"text": "0001PaBM"}, {"text": "0002XyZW"}, "/text"),
    "file": ({"uploadPath": "C:\\report2023.txt"}, {"uploadPath": "C:\\report2024.txt"}, "/uploadPath"),
    "type": ({"size": 1}, {"size": True}, "/size"),
}


@pytest.mark.parametrize(("before", "after"), SAME.values(), ids=SAME)
def test_the_same_under_another_name(before: Any, after: Any):
    assert differences((before, after)) == [[]]
    assert printer().of(before, "").whole == printer().of(after, "").whole


@pytest.mark.parametrize(("before", "after", "pointer"), OTHER.values(), ids=OTHER)
def test_what_is_not_the_same(before: Any, after: Any, pointer: str):
    assert [place for place, _, _ in differences((before, after))[0]] == [pointer]
    assert printer().of(before, "").whole != printer().of(after, "").whole


def test_a_name_is_the_same_name_everywhere():
    link, file = {"documentId": "0001PaBM"}, {"attachment": {"path": "/attachments/0001PaBM"}}
    other = {"attachment": {"path": "/attachments/0003OTHR"}}
    assert differences((link, {"documentId": "0002XyZW"}), (file, other)) == [
        [],
        [("/attachment/path", '"/attachments/0001PaBM"', '"/attachments/0003OTHR"')],
    ]
    assert differences((file, other), (link, {"documentId": "0003OTHR"})) == [[], []]


@pytest.mark.parametrize(
    ("before", "after"),
    [(("A00001", "A00001"), ("B00001", "B00002")), (("A00001", "A00002"), ("B00001", "B00001"))],
    ids=["split", "merged"],
)
def test_two_things_are_not_one(before: tuple[str, str], after: tuple[str, str]):
    found = differences(*(({"id": was}, {"id": now}) for was, now in zip(before, after, strict=True)))
    assert found == [[], [("/id", f'"{before[1]}"', f'"{after[1]}"')]]


def test_learning_says_whether_it_fits():
    renaming = Renaming()
    assert renaming.learn([("*", "A00001")], [("*", "B00001")])
    assert renaming.learn([("*", "A00001")], [("*", "B00001")])
    assert not renaming.learn([("*", "A00001")], [("*", "B00002")])
    assert not renaming.learn([("*", "A00002")], [("*", "B00001")])
    assert not renaming.learn([("*", "A00003")], [("path", "1")])
    assert list(renaming) == [("A00001", "B00001")]


def test_a_name_that_stands_in_a_text_member_is_known_by_then():
    told = {"ticket": "0001PaBM"}, {"ticket": "0002XyZW"}
    assert differences(({"id": "0001PaBM"}, {"id": "0002XyZW"}), told) == [[], []]
    assert differences(told)[0] != []


def test_short_names_are_names_of_their_member_only():
    before, after = {"id": "1", "deviceId": "1"}, {"id": "2", "deviceId": "3"}
    assert differences((before, after)) == [[]]


def test_an_element_that_was_added_moves_no_names():
    before = {"files": [{"id": "A00001", "name": "a"}, {"id": "A00002", "name": "b"}]}
    new = {"files": [{"id": "B00009", "name": "n"}, {"id": "B00001", "name": "a"}, {"id": "B00002", "name": "b"}]}
    again = {"id": "A00002"}, {"id": "B00002"}
    assert differences((before, new), again) == [[("/files/0", None, '{"id":"B00009","name":"n"}')], []]


def test_what_is_ignored_is_nowhere_told():
    before, after = {"a": {"b": [1, 2, 3]}, "c": 1}, {"a": {"b": [1, 5]}, "c": 2}
    assert differences((before, after), ignored=("/a/b/*",)) == [[("/c", "1", "2")]]
    assert differences((before, after), ignored=("/a", "/c")) == [[]]


@pytest.mark.parametrize(
    ("pattern", "pointer", "leads"),
    [("/a", "/a", True), ("/a", "/a/b", True), ("/a/b", "/a", False), ("/*/b", "/0/b/c", True), ("/a", "/ab", False)],
)
def test_a_pointer_leads_to_its_place_and_all_below(pattern: str, pointer: str, leads: bool):
    assert leads_to(pattern, pointer) is leads


@given(values)
def test_whatever_it_is_it_does_not_differ_from_itself(value: Any):
    assert differences((value, value)) == [[]]


@given(values, values)
def test_prints_are_equal_only_where_nothing_differs(one: Any, other: Any):
    if printer().of(one, "").whole == printer().of(other, "").whole:
        renaming = Renaming()
        names = printer().of(one, "").names, printer().of(other, "").names
        if renaming.learn(*names):
            assert differences((one, other)) == [[]]


@given(st.datetimes().map(str), st.datetimes().map(str))
def test_instants_of_one_writer_have_one_form(one: str, other: str):
    assert (form_of(one) == form_of(other)) is (("." in one) == ("." in other))
