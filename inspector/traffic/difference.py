"""Where two things differ that ought to be the same: place by place, each value short enough to be read."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import orjson

_WIDTH = 120
"""Characters of a value that are shown: it has to fit into a line with another one."""

_BEFORE = 20
"""Of those, the ones in front of the first that differs, where a value is too long to be shown from its start."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One place that differs. `part` is what it is a place in (`body`, `query`, …), `place` a JSON pointer (RFC 6901)
    or a name, empty for the whole. `expected` and `actual` are short texts, None where there is nothing.
    """

    part: str
    place: str
    expected: str | None
    actual: str | None

    @property
    def kind(self) -> str:
        """`added` (not expected), `missing` (expected, not there) or `changed`."""
        if self.expected is None:
            return "added"
        return "missing" if self.actual is None else "changed"


def short(text: str, begin: int = 0, width: int = _WIDTH) -> str:
    """At most `width` characters from `begin` on, which JSON can hold; an ellipsis where something is left out."""
    shown = text[begin : begin + width].encode("utf-8", "replace").decode()  # a lone surrogate is no text
    return f"{'…' if begin else ''}{shown}{'…' if begin + width < len(text) else ''}"


def whole(part: str, place: str, expected: str | None, actual: str | None) -> Difference:
    """The difference of two texts, each cut so that the first character that differs can be seen."""
    if expected is not None and actual is not None and max(len(expected), len(actual)) > _WIDTH:
        shorter = min(len(expected), len(actual))
        alike = next((index for index in range(shorter) if expected[index] != actual[index]), shorter)
        begin = max(0, alike - _BEFORE)
        return Difference(part, place, short(expected, begin), short(actual, begin))
    return Difference(
        part, place, None if expected is None else short(expected), None if actual is None else short(actual)
    )


def in_json(part: str, expected: Any, actual: Any, pointer: str = "") -> Iterator[Difference]:
    """Where two JSON values differ: members in the order of `expected`, then what was added. Values as JSON texts."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        yield from _in_objects(part, expected, actual, pointer)
    elif isinstance(expected, list) and isinstance(actual, list):
        yield from _in_arrays(part, expected, actual, pointer)
    elif (was := _text(expected)) != (now := _text(actual)):  # not `==`: to Python 1, 1.0 and true are the same
        yield whole(part, pointer, was, now)


def in_pairs(part: str, expected: Iterable[tuple[str, str]], actual: Iterable[tuple[str, str]]) -> Iterator[Difference]:
    """Where a query or a form differs: by name, whatever the order; a name may have several values."""
    were, are = Counter(expected), Counter(actual)
    gone, new = _by_name(were - are), _by_name(are - were)
    for name in dict.fromkeys((*gone, *new)):
        for was, now in zip_longest(gone.get(name, ()), new.get(name, ())):
            yield whole(part, short(name), was, now)


def _in_objects(
    part: str, expected: Mapping[str, Any], actual: Mapping[str, Any], pointer: str
) -> Iterator[Difference]:
    for name in dict.fromkeys((*expected, *actual)):
        below = f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"
        if name not in actual:
            yield whole(part, below, _text(expected[name]), None)
        elif name not in expected:
            yield whole(part, below, None, _text(actual[name]))
        else:
            yield from in_json(part, expected[name], actual[name], below)


def _in_arrays(part: str, expected: Sequence[Any], actual: Sequence[Any], pointer: str) -> Iterator[Difference]:
    """Equal elements at both ends are taken off first, so that one inserted element is one difference."""
    were, are = [_text(one) for one in expected], [_text(one) for one in actual]
    shorter = min(len(were), len(are))
    start = next((index for index in range(shorter) if were[index] != are[index]), shorter)
    end = next((back for back in range(shorter - start) if were[-1 - back] != are[-1 - back]), shorter - start)
    for index in range(start, max(len(were), len(are)) - end):
        below = f"{pointer}/{index}"
        if index >= len(are) - end:
            yield whole(part, below, were[index], None)
        elif index >= len(were) - end:
            yield whole(part, below, None, are[index])
        else:
            yield from in_json(part, expected[index], actual[index], below)


def _by_name(pairs: Counter[tuple[str, str]]) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in pairs.elements():
        values.setdefault(name, []).append(value)
    return values


def _text(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
