"""What a parser is given of a JSON text: all of it, but for its long strings."""

import io
import json
import os
import random
from typing import Any

import ijson
import pytest

from inspector.errors import UsageError
from inspector.recording.har import long_strings
from inspector.recording.har.long_strings import DEPTH_LIMIT, LongStrings
from inspector.recording.har.texts import Texts

SHORTEST = 10
"""Names of members are never put aside."""


def whole(value: Any, texts: Texts) -> Any:
    match value:
        case str():
            return texts.whole(value)
        case dict():
            return {name: whole(member, texts) for name, member in value.items()}
        case list():
            return [whole(member, texts) for member in value]
    return value


def items(text: bytes) -> tuple[list[Any], LongStrings]:
    file = io.BytesIO(text)
    strings = LongStrings(file)
    found = list(ijson.items(strings, "log.entries.item", use_float=True))
    return [whole(item, Texts(io.BytesIO(text), strings)) for item in found], strings


@pytest.mark.parametrize("ascii", [True, False], ids=["escaped", "utf-8"])
def test_nothing_is_lost_wherever_the_pieces_of_the_file_end(ascii: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    seed = int(os.environ.get("SEED", random.SystemRandom().getrandbits(32)))
    print(f"SEED={seed}")
    chance = random.Random(seed)
    letters = ["\\", '"', "a", "é", "\U0001d11e", "\n", "[", "{", "}", "]", "\\u00e9", "b" * 20, ":", ","]

    def text() -> str:
        return "".join(chance.choices(letters, k=chance.choice([0, 1, 5, 30, 200])))

    for _ in range(60):
        monkeypatch.setattr(long_strings, "LONG", chance.choice([SHORTEST, 60, 5000]))
        monkeypatch.setattr(long_strings, "_BLOCK", chance.choice([1, 3, 17, 100, 4000]))
        monkeypatch.setattr("inspector.recording.har.texts._BLOCK", chance.choice([1, 2, 7, 100]))
        entries = [{"a": text(), "b": [text(), 1, {"c": text()}], "d": text()} for _ in range(10)]
        told = json.dumps({"log": {"entries": entries}}, ensure_ascii=ascii).encode()
        assert items(told)[0] == entries


def test_of_a_long_string_the_parser_sees_only_where_it_is() -> None:
    text = json.dumps({"log": {"entries": [{"text": "é" * 150_000, "n": 1}]}}).encode()
    found, strings = items(b"\xef\xbb\xbf" + text)[0], LongStrings(io.BytesIO(text))
    assert [item["n"] for item in found] == [1]
    while strings.read():
        pass
    assert strings.passed < 1000 and strings.position == len(text)


@pytest.mark.parametrize("depth", [DEPTH_LIMIT, DEPTH_LIMIT + 1])
def test_what_is_nested_too_deeply_is_refused_before_anybody_parses_it(depth: int) -> None:
    strings = LongStrings(io.BytesIO(b'{"a":"' + b"[" * 9999 + b'"}' + b"[" * depth + b"]" * depth))
    if depth > DEPTH_LIMIT:
        with pytest.raises(UsageError, match="nested more than 500 levels"):
            while strings.read():
                pass
    else:
        while strings.read():
            pass
