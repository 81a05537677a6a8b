"""What somebody wants hidden: values at places of JSON bodies (pointers), and these values wherever else they stand."""

import hashlib
import hmac
import os
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote, quote_plus

from inspector.traffic.placeholders import PLACEHOLDER, Placeholders
from inspector.traffic.pointers import checked_pointer, keys, steps

_ANYWHERE = 6
"""Characters from which a value is hidden even inside of a word."""
_SHORTEST = 4
"""Characters from which it is hidden outside of its place at all."""


class Hiding:
    """First it is shown all bodies (`learn`), then it changes them. Raises UsageError for what is no pointer.

    The same value gives the same placeholder, of its own type: a text that of a secret (so that a replay of the
    recording takes any value in this place of a request), a number one of as many digits. true, false and null stay.
    """

    def __init__(self, pointers: Iterable[str]) -> None:
        self._pointers = {pointer: steps(checked_pointer(pointer)) or ["*"] for pointer in pointers}
        self.found: set[str] = set()
        """The pointers that led to anything."""
        self._key = os.urandom(32)
        self._placeholders = Placeholders(self._key)
        self._values: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self._spelt: dict[str, str] = {}
        self.members: set[str] = set()
        """The names of the members of requests that values were hidden in."""

    def __bool__(self) -> bool:
        return bool(self._pointers)

    def learn(self, value: Any, *, of_request: bool) -> None:
        """A JSON body; of one of Bayeux messages each of them is one, too."""
        for place, key in self._places(value):
            for name, leaf in _leaves(place[key], key if isinstance(key, str) else ""):
                if of_request and name:
                    self.members.add(name)
                text = str(leaf)
                if len(text) >= (_SHORTEST if isinstance(leaf, str) else _ANYWHERE) and not PLACEHOLDER.fullmatch(text):
                    self._values.add(text)
        self._pattern = None

    def value(self, value: Any) -> Any:
        """The JSON body with all of that hidden; changed in place. Raises RecursionError."""
        for place, key in self._places(value):
            place[key] = self._hidden(place[key])
        return self._everywhere(value)

    def text(self, text: str) -> str:
        """The text without the values, as they are or as a URL spells them."""
        if self._pattern is None:
            self._spelt = {}
            for value in self._values:
                for spell in (str, quote, quote_plus, lambda one: quote(one, safe="")):
                    self._spelt.setdefault(spell(value), value)
            self._pattern = _any_of(self._spelt)
        return self._pattern.sub(lambda found: self._placeholders.of(self._spelt[found[0]]), text)

    def _everywhere(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(name): self._everywhere(member) for name, member in value.items()}
        if isinstance(value, list):
            return [self._everywhere(one) for one in value]
        return self._hidden(value) if _is_number(value) and str(value) in self._values else value

    def _hidden(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._placeholders.of(value)
        if isinstance(value, dict):
            return {name: self._hidden(member) for name, member in value.items()}
        if isinstance(value, list):
            return [self._hidden(one) for one in value]
        if not _is_number(value):
            return value
        digest = int.from_bytes(hmac.digest(self._key, str(value).encode(), hashlib.sha256)[:8])
        digits = min(len(str(abs(int(value)))), 15)
        number = 10 ** (digits - 1) + digest % (9 * 10 ** (digits - 1))
        return float(number) if isinstance(value, float) else number

    def _places(self, value: Any) -> Iterator[tuple[Any, Any]]:
        """The members and elements that pointers lead to: each as what holds it, and its name or index."""
        roots = [value, *(value if isinstance(value, list) else ())]
        for pointer, taken in self._pointers.items():
            for root in roots:
                places = [root]
                for step in taken[:-1]:
                    places = [place[key] for place in places for key in keys(place, step)]
                for place in places:
                    for key in keys(place, taken[-1]):
                        self.found.add(pointer)
                        yield place, key


def _leaves(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for member, one in value.items():
            yield from _leaves(one, member)
    elif isinstance(value, list):
        for one in value:
            yield from _leaves(one, name)
    elif isinstance(value, str) or _is_number(value):
        yield name, value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _any_of(texts: Iterable[str]) -> re.Pattern[str]:
    spelt = [
        re.escape(text) if len(text) >= _ANYWHERE else rf"(?<![0-9A-Za-z]){re.escape(text)}(?![0-9A-Za-z])"
        for text in sorted(texts, key=len, reverse=True)
    ]
    return re.compile("|".join(spelt) or r"(?!)")
