"""What counts of a JSON value when two recordings are compared; what always differs leaves only its shape behind.

An id or an address is the same thing under another name, so names are exchanged for what the caller says; instants
keep their form (a server that begins to write them otherwise has changed), secrets and counters only their presence.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import lru_cache
from typing import Any

from inspector.audit.diff.renaming import EVERYWHERE
from inspector.traffic.placeholders import PLACEHOLDER
from inspector.traffic.pointers import leads_to
from inspector.webservices.model import pointer as pointer_of

Name = Callable[[str, str], str]
"""From the scope of a name and the name to what stands for it."""

_ID = re.compile(r"(?:.*I|i)[dD]s?", re.DOTALL)
_ADDRESS = re.compile(r"(?:.*U|u)r[il]s?|(?:.*P|p)ath|location", re.DOTALL)
_ORIGIN = re.compile(r"(?:https?|wss?)://[^/?#\s]*", re.IGNORECASE)
_SEGMENT = re.compile(r"(?<![^/=;,])(?:\d+|(?=[A-Za-z_~-]*\d)[\w~-]{6,})(?![^/?#&;,])", re.ASCII)
"""A step of a path that names a thing: a number, or letters and digits; `v2` and `report.txt` name none."""

_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*", re.DOTALL)
_INSTANT_NAME = re.compile(r".*(?:[tT]ime|[tT]imestamp|[dD]ate|[a-z]At)(?:Seconds|Ms|Millis|Utc|UTC)?|ts", re.DOTALL)
_INSTANT_AT_LEAST = len("2016-07-21 17:23")
_SINCE_1970 = 100_000_000
"""A number of seconds or milliseconds at least as large is an instant, not a span."""

_COUNTERS = {"referenceId", "metrics", "clientId", "connectionId"}
_ORDINALS = {"index"}
_SHORT = 6
"""Characters below which a name is one only among those of members of the same name: `1` is many things."""


_IGNORED = "~ignored~"


class _Meant(Enum):
    """What a member holds, by its name."""

    ID = auto()
    ADDRESS = auto()
    INSTANT = auto()
    ANYTHING = auto()


@lru_cache(maxsize=4096)
def _meant(member: str) -> _Meant:
    if member in _ORDINALS or _ID.fullmatch(member):
        return _Meant.ID
    if _ADDRESS.fullmatch(member):
        return _Meant.ADDRESS
    return _Meant.INSTANT if _INSTANT_NAME.fullmatch(member) else _Meant.ANYTHING


@dataclass(slots=True)
class Normal:
    """Makes what counts of JSON values. `ignore` are pointers whose places, and all below, do not count.

    `passed` counts what was passed over: by member, and why.
    """

    name: Name
    ignore: Sequence[str] = ()
    passed: Counter[tuple[str, str]] = field(default_factory=Counter)

    def of(self, value: Any, member: str = "", pointer: str = "") -> Any:
        """The value as it counts; names are asked for in the order of the members' names."""
        if member in _COUNTERS and value is not None:
            return self._pass(member, "counter")
        if isinstance(value, dict):
            return {
                key: self.of(value[key], key, below)
                for key in sorted(value)
                if not self._is_ignored(below := f"{pointer}{pointer_of((key,))}" if self.ignore else "", key)
            }
        if isinstance(value, list):
            if not self.ignore:
                return [self.of(one, member) for one in value]
            # none is left out: the others would get other places
            places = ((one, f"{pointer}/{place}") for place, one in enumerate(value))
            return [
                _IGNORED if self._is_ignored(below, member) else self.of(one, member, below) for one, below in places
            ]
        return self._scalar(member, value)

    def _is_ignored(self, pointer: str, member: str) -> bool:
        if not self.ignore or not any(leads_to(pattern, pointer) for pattern in self.ignore):
            return False
        self.passed[member, "ignored"] += 1
        return True

    def _scalar(self, member: str, value: Any) -> Any:
        if isinstance(value, str):
            return self._text(member, value)
        if isinstance(value, int) and not isinstance(value, bool):
            meant = _meant(member)
            if meant is _Meant.INSTANT and value >= _SINCE_1970:
                return f"{self._pass(member, 'time')}{len(str(value))}"
            if meant is _Meant.ID:
                return self._number(member, value)
        return value

    def _text(self, member: str, text: str) -> str:
        meant = _meant(member)
        if "~secret:" in text:
            text = PLACEHOLDER.sub("~secret~", text)
            self.passed[member, "secret"] += 1
        if len(text) >= _INSTANT_AT_LEAST and text[0].isdigit() and _INSTANT.fullmatch(text):
            return self._pass(member, "time") + form_of(text)
        if meant is _Meant.ID and text:
            return self.name(scope_of(member, text), text)
        if meant is _Meant.ADDRESS and "/" in text:
            if origin := _ORIGIN.match(text):
                self.passed[member, "host"] += 1
                text = "//" + text[origin.end() :]
            return _SEGMENT.sub(lambda found: self.name(scope_of("path", found[0]), found[0]), text)
        return self.name("", text) if len(text) >= _SHORT else text

    def _number(self, member: str, value: int) -> int | str:
        text = str(value)
        named = self.name(scope_of(member, text), text)
        return int(named) if named.isdecimal() and named.isascii() else f"~number~{named}"

    def _pass(self, member: str, why: str) -> str:
        self.passed[member, why] += 1
        return f"~{why}~"


def scope_of(member: str, text: str) -> str:
    """Where a name is one: among all names, or if it is short only among those of members with this name."""
    if member in _ORDINALS:
        return member
    return EVERYWHERE if len(text) >= _SHORT else member.lower()


def form_of(text: str) -> str:
    """How an instant is written, without when it was: digits as zeros, a fraction as one, either sign as plus."""
    return re.sub(r"\.0+", ".0", re.sub(r"(?<=:\d\d[.\d])-|(?<=\d)-(?=\d{2}:?\d{2}\Z)", "+", re.sub(r"\d", "0", text)))
