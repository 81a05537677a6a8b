"""JSON with half a character in it is read as whoever sent it, or was to read it, does."""

import orjson
import pytest

from inspector.traffic.bayeux import parse
from inspector.traffic.body import Body
from inspector.traffic.loose_json import loads


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (rb'"\ud800"', "\ufffd"),
        (rb'"\uDFFFx"', "\ufffdx"),
        (rb'"\ud83d\ude00\ud83d"', "\U0001f600\ufffd"),
        (rb'"\\ud800\ud800"', "\\ud800\ufffd"),
        (rb'"\ude00\ud83d"', "\ufffd\ufffd"),
        (rb'{"\ud800": ["\ud800\u0041"]}', {"\ufffd": ["\ufffdA"]}),
    ],
    ids=["first half", "second half", "after a whole one", "spelled out", "the wrong way round", "a name"],
)
def test_half_a_character_is_one(text: bytes, value: object) -> None:
    assert loads(text) == Body.of(text).json() == value
    assert parse(b'{"channel":"/x","data":' + text + b"}") == [{"channel": "/x", "data": value}]


@pytest.mark.parametrize("text", [rb'"\ud800', rb'{"a":"\ud800"}}', b"", rb'"\ud80"', rb"\ud800", b"\xff"])
def test_what_else_is_no_json_stays_none(text: bytes) -> None:
    with pytest.raises(orjson.JSONDecodeError) as told:
        loads(text)
    with pytest.raises(orjson.JSONDecodeError) as plain:
        orjson.loads(text)
    assert str(told.value) == str(plain.value)
