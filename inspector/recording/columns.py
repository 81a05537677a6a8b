"""Columns that hold JSON of one type, read by hand: whoever made the recording may have put anything there.

Not by pydantic: to import it takes longer than a replay of a thousand exchanges needs to start.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Generic, TypeVar

import orjson

from inspector.errors import RecordingError
from inspector.traffic.body import Original
from inspector.traffic.exchange import Instant
from inspector.traffic.headers import Headers

T = TypeVar("T")


class Column(Generic[T]):
    """A column of values that `fits` accepts; `wanted` says in words what those are."""

    def __init__(self, fits: Callable[[Any], bool], wanted: str) -> None:
        self._fits = fits
        self._wanted = wanted

    def read(self, text: str) -> T:
        """The value. Raises RecordingError."""
        try:
            value: T = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise RecordingError(f"the recording is damaged: {error}, in {text[:40]!r}") from None
        if not self._fits(value):
            raise RecordingError(f"the recording is damaged: this is no {self._wanted}: {text[:40]!r}")
        return value


def _of_strings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _object_of(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, dict) and all(map(fits, value.values()))


_SETTINGS: dict[str, type] = {"policy": dict, "left_out": list}
"""What is no whole number among the settings; who uses it knows what is in it."""


def _of_settings(value: Any) -> bool:
    return isinstance(value, dict) and all(type(one) is _SETTINGS.get(name, int) for name, one in value.items())


def _of_pairs(value: Any) -> bool:
    """Every row has two dozen of them: `type` is quicker than `isinstance`, and JSON has no subclasses."""
    if type(value) is not list:
        return False
    for pair in value:
        if type(pair) is not list or len(pair) != 2 or type(pair[0]) is not str or type(pair[1]) is not str:
            return False
    return True


HEADERS: Column[list[tuple[str, str]]] = Column(_of_pairs, "list of names and values")
ORIGINS: Column[list[str]] = Column(_of_strings, "list of strings")
ABOUT = ORIGINS
REDACTED: Column[dict[str, list[str]]] = Column(_object_of(_of_strings), "object of lists of strings")
VERSIONS: Column[dict[str, str]] = Column(_object_of(lambda one: isinstance(one, str)), "object of strings")
TRUNCATED = VERSIONS
SETTINGS: Column[dict[str, Any]] = Column(_of_settings, "object of whole numbers, a policy and what was left out")
_ORIGINAL: Column[dict[str, Any]] = Column(
    lambda value: isinstance(value, dict) and type(value.get("length", 0)) is int, "coding and length"
)


@lru_cache(maxsize=4096)
def headers_of(text: str | None) -> Headers:
    """The header fields that a column holds. Raises RecordingError."""
    return Headers(tuple([(name, value) for name, value in HEADERS.read(text)])) if text else Headers()


def original_of(text: str | None) -> Original | None:
    """What a redacted body was before. Raises RecordingError."""
    if not text:
        return None
    value = _ORIGINAL.read(text)
    return Original(str(value.get("coding", "")), value.get("length", 0))


def instant_of(at: int | None, mono: int | None) -> Instant | None:
    """The moment of two columns."""
    return None if at is None or mono is None else Instant(mono, at)
