"""Models keep what they do not know, and tell precisely what is broken."""

import pytest
from pydantic import ValidationError

from inspector.webservices.model import Flaw, Model, after, flaws, pointer


class Thing(Model):
    id: str
    file_size: int | str | None = None
    inner_things: list["Thing"] | None = None


def flaws_of(value):
    with pytest.raises(ValidationError) as caught:
        Thing.model_validate(value)
    return flaws(caught.value)


def test_a_model_says_again_what_it_was_told():
    told = {"id": "a", "fileSize": "46", "innerThings": [{"id": "b", "new": None}], "x-new": {"deep": [1.5]}}
    assert Thing.model_validate(told).model_dump(by_alias=True, exclude_unset=True) == told


def test_a_member_spelled_as_in_python_is_not_the_api_s():
    thing = Thing.model_validate({"id": "a", "file_size": 46})
    assert thing.file_size is None


def test_a_model_cannot_be_changed():
    thing = Thing.model_validate({"id": "a"})
    with pytest.raises(ValidationError, match="frozen"):
        thing.id = "b"


@pytest.mark.parametrize("value", [7, True, None, ["a"]])
def test_types_are_those_of_json_and_not_converted(value):
    assert flaws_of({"id": value}) == [Flaw("/id", "string_type", "a valid string", value)]


def test_a_missing_member_is_told_apart_from_a_wrong_one():
    [flaw] = flaws_of({})
    assert (flaw.pointer, flaw.missing, flaw.actual) == ("/id", True, None)
    assert [flaw.missing for flaw in flaws_of({"id": None})] == [False]


def test_every_flaw_is_found_where_it_is():
    told = {"innerThings": [{"id": "a"}, {"id": 7, "innerThings": "b"}]}
    assert {flaw.pointer for flaw in flaws_of(told)} == {
        "/id",
        "/innerThings/1/id",
        "/innerThings/1/innerThings",
    }


@pytest.mark.parametrize("value", [[], {}, True, 1.5])
def test_a_member_of_several_types_has_one_flaw_at_its_own_place(value):
    """A JSON pointer leads to a place in what was sent; the types that a model allows are none."""
    assert [(flaw.pointer, flaw.actual) for flaw in flaws_of({"id": "a", "fileSize": value})] == [("/fileSize", value)]


@pytest.mark.parametrize("value", [[], "text", 7, None])
def test_what_is_no_object_is_flawed_as_a_whole(value):
    assert [(flaw.pointer, flaw.actual) for flaw in flaws_of(value)] == [("", value)]


def test_pointers_are_escaped():
    """RFC 6901 section 3."""
    assert pointer(["messages", 0, "a/b", "m~n", ""]) == "/messages/0/a~1b/m~0n/"
    assert pointer([]) == ""


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("/chats/0001PaBMYY3600R8", "0001PaBMYY3600R8"),
        ("http://gws/chats/ui/api/v2/chats/0001", "0001"),
        ("/chats/", ""),
        ("/chats", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_an_id_is_what_follows_the_last_mark(text, rest):
    assert after(text, "/chats/") == rest
