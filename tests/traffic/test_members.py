"""Members are changed textually: what is not changed is byte for byte what was sent."""

import json
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.traffic.members import change_json, change_pairs

pytestmark = pytest.mark.once

SECRET_NAMES = ("password", "pässword", 'pass"word', "token")


def is_secret(name):
    return name in SECRET_NAMES


def hide(name, value):
    return f"X{value}X" if is_secret(name) else None


def hidden(name, value):
    return "X" if is_secret(name) else None


class Number(str):
    """A number as it is spelled."""


class Members(list):
    """An object's members in order, duplicates included."""


NUMBERS = st.from_regex(r"-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?", fullmatch=True).map(Number)
NAMES = st.sampled_from(SECRET_NAMES) | st.text(max_size=5)
SPACE = st.text(" \t\r\n", max_size=2)


def objects(values):
    return st.lists(st.tuples(NAMES, values)).map(Members)


VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(), lambda values: st.lists(values) | objects(values), max_leaves=30
)


@st.composite
def documents(draw):
    """A JSON value, and its text in some spelling."""
    value = draw(VALUES)

    def spelled(value):
        before, after = draw(SPACE), draw(SPACE)
        match value:
            case Members():
                inside = ",".join(f"{spelled(name)}:{spelled(member)}" for name, member in value)
                text = f"{{{inside}}}"
            case list():
                text = f"[{','.join(spelled(member) for member in value)}]"
            case Number():
                text = str(value)
            case _:
                text = json.dumps(value, ensure_ascii=draw(st.booleans()))
        return before + text + after

    return value, spelled(value).encode()


def loaded(text):
    return json.loads(text, object_pairs_hook=Members, parse_int=Number, parse_float=Number)


def changed(value, name, inherit):
    match value:
        case Members():
            return Members(
                (key, changed(member, name if inherit and is_secret(name) else key, inherit)) for key, member in value
            )
        case list():
            return [changed(member, name, inherit) for member in value]
        case str():
            return hide(name, value) or value
    return value


@settings(print_blob=True, deadline=None)
@given(document=documents())
def test_a_change_that_changes_nothing_gives_the_same_bytes(document):
    _, text = document
    assert change_json(text, lambda name, value: None) is text


@settings(print_blob=True, deadline=None, max_examples=300)
@given(document=documents())
@pytest.mark.parametrize("inherit", [False, True])
def test_a_change_reaches_every_scalar_of_its_name_and_nothing_else(document, inherit):
    value, text = document
    result = change_json(text, hide, inherit=is_secret if inherit else lambda name: False)
    assert loaded(result) == changed(value, "", inherit)


@settings(print_blob=True, deadline=None, max_examples=300)
@given(text=st.binary() | st.text('{}[]:,"\\ ua0p').map(str.encode))
def test_any_bytes_are_read_and_kept(text):
    assert change_json(text, lambda name, value: None) == text
    assert isinstance(change_json(text, hide, inherit=is_secret), bytes)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ('{"password":"a", "b" : 1.50e+01}', '{"password":"X", "b" : 1.50e+01}'),
        ('{"password" : -1.50e+01 }', '{"password" : "X" }'),
        ('{"passw\\u006frd":"a","b\\/\\u00e4":"\\/"}', '{"passw\\u006frd":"X","b\\/\\u00e4":"\\/"}'),
        ('{"password":"","password":"b"}', '{"password":"X","password":"X"}'),
        ('{"password":null,"token":[true,false,null]}', '{"password":null,"token":[true,false,null]}'),
        ('{"token":["a",["b",1]],"c":"d"}', '{"token":["X",["X","X"]],"c":"d"}'),
        ('{"token":{"a":{"b":["c"]}},"d":"e"}', '{"token":{"a":{"b":["X"]}},"d":"e"}'),
        ('[{"password":"a"},"password",{"b":"password"}]', '[{"password":"X"},"password",{"b":"password"}]'),
        ('call({"password":"a"});', 'call({"password":"X"});'),
    ],
)
def test_values_of_secret_names_are_replaced_in_place(text, result):
    assert change_json(text.encode(), hidden, inherit=is_secret) == result.encode()


@pytest.mark.parametrize(
    ("text", "result"),
    [
        (b'{"password":"\xff/\xe9\xc3\xa9"}', b'{"password":"X\xff/\xe9\xc3\xa9"}'),
        (b'{"password":"\xff\\/\\\\\\u00e9"}', b'{"password":"X\xff\\/\\\\\\u00e9"}'),
        (b'{"password":"\\ud800 \\""}', b'{"password":"X\\ud800 \\""}'),
        (b'{"password":"\\udcff\xff"}', b'{"password":"X\\udcff\xff"}'),
        (b'{"password":"\\x\t"}', b'{"password":"X\\x\\t"}'),
        (b'{"password":"\\x\\', b'{"password":"X\\x\\\\"'),
        (b'{"a\xff":"\xff","token":"a\xed\xa0\x80"', b'{"a\xff":"\xff","token":"Xa\xed\xa0\x80"'),
    ],
    ids=["bytes", "bytes and escapes", "half a pair", "half a pair and bytes", "no escape", "cut", "a name of bytes"],
)
def test_of_a_value_that_is_no_text_every_byte_that_is_not_changed_stays(text, result):
    assert change_json(text, lambda name, value: f"X{value}" if is_secret(name) else None) == result


def test_without_inheritance_members_below_a_name_have_their_own():
    text = b'{"token":{"a":"b","password":"c"},"password":["d"]}'
    assert change_json(text, hidden) == b'{"token":{"a":"b","password":"X"},"password":["X"]}'


@pytest.mark.parametrize(
    "text",
    [
        '{"password":"hunter2"',
        '{"password":"hunter2',
        '{"password":"hun\\"ter2',
        '{"password":"hun}ter,2',
        '"password":"hunter2"}',
        '{"a":1}}],"password":"hunter2"',
        '{"a":[1,{"password":"hunter2"',
        '{"password":"hunter2" "b":1}',
        '{"b":1 "password":"hunter2"}',
        '{"b":,"password":"hunter2"}',
        '{"b":tru,"password":"hunter2"}',
        '{"password":{"a":"hunter2"',
        '{"password":"hunter2\n"}',
        '{"password":"hunter2\\x"}',
        '{password:"hunter2"}',
        '{"password":"hunter2":1}',
        '{"b":"password":"hunter2"}',
        "\ufeff" + '{"password":"hunter2"}',
    ],
)
def test_broken_json_keeps_no_secret(text):
    result = change_json(text.encode(), hidden, inherit=is_secret)
    assert b"hun" not in result and b"ter" not in result


def test_json_cut_anywhere_keeps_no_byte_of_a_secret():
    secrets = {"password": '7,7}7:7"7\\7]7\t7é7', "token": [{"a": "7\\", "b": 77}, "7"]}
    whole = json.dumps({"user": "agent", **secrets, "c": ["d"]}).encode()
    leaking = [whole[:cut] for cut in range(len(whole)) if b"7" in change_json(whole[:cut], hidden, inherit=is_secret)]
    assert leaking == []


def test_a_long_string_costs_no_multiple_of_itself():
    text = b'{"data":"' + b"a" * (4 << 20) + b'","password":"b"}'
    tracemalloc.start()
    try:
        assert change_json(text, hidden) == text.replace(b'"b"', b'"X"')
        assert tracemalloc.get_traced_memory()[1] < 10 * len(text)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("", ""),
        ("password=a", "password=X"),
        ("a=b+c%20&password=d%26e&f", "a=b+c%20&password=X&f"),
        ("pass%77ord=a&token=&token=b=c", "pass%77ord=X&token=X&token=X"),
        ("password&password", "password&password"),
        ("a=%zz&&=&%C3%A4=%e4", "a=%zz&&=&%C3%A4=%e4"),
    ],
)
def test_fields_of_a_form_are_replaced_in_place(text, result):
    assert change_pairs(text, hidden) == result


@settings(print_blob=True, deadline=None)
@given(text=st.text())
def test_a_form_without_changes_stays_as_it_is(text):
    assert change_pairs(text, lambda name, value: None) == text


def test_a_changed_field_is_escaped_and_a_placeholder_readable():
    new = {"a": "b&c=d é", "e": "~secret:0123456789ab~"}
    assert change_pairs("a=1&e=2&f=3", lambda name, value: new.get(name)) == (
        "a=b%26c%3Dd+%C3%A9&e=~secret:0123456789ab~&f=3"
    )


def test_bytes_of_a_field_that_are_no_text_stay():
    assert change_pairs("a=%FF%e9&b=%FF", lambda name, value: f"X{value}" if name == "a" else None) == "a=X%FF%E9&b=%FF"
