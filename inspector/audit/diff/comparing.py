"""How two messages differ that are the same one in two sessions: member by member."""

from collections.abc import Iterator
from typing import Any

import orjson

from inspector.audit.diff.normal import Normal
from inspector.audit.diff.printing import Printer
from inspector.audit.diff.renaming import Renaming
from inspector.traffic.difference import Difference, in_json, whole
from inspector.traffic.pointers import leads_to
from inspector.webservices.model import pointer as pointer_of

Place = tuple[Difference, str]
"""Where they differ, and what is to be said of it."""


class Comparison:
    """Compares values of two sessions; learns meanwhile which name of one is which of the other."""

    def __init__(self, before: Printer, after: Printer, renaming: Renaming) -> None:
        self._before = before
        self._after = after
        self._renaming = renaming

    def of(self, before: Any, after: Any, what: str) -> Iterator[Place]:
        """Where two values differ that are a `what`."""
        self._learn(before, after, what)
        ignored = self._before.ignores(what)
        was = Normal(lambda scope, name: name, ignored).of(before)
        now = Normal(self._renaming.before, ignored).of(after)
        for one in in_json("", was, now):
            if any(leads_to(pattern, one.place) for pattern in ignored):
                continue
            raw = _at(before, one.place), _at(after, one.place)
            shown = (None if one.expected is None else _text(raw[0]), None if one.actual is None else _text(raw[1]))
            yield whole("", one.place, *shown), self._note(one.place, *raw, what) if one.kind == "changed" else ""

    def _learn(self, before: Any, after: Any, what: str, pointer: str = "", member: str = "") -> None:
        """The names that stand in the same places; not those of places that only one side has."""
        was, now = self._before.of(before, what, pointer, member), self._after.of(after, what, pointer, member)
        if was.whole == now.whole:
            self._renaming.learn(was.names, now.names)
        elif isinstance(before, dict) and isinstance(after, dict):
            for name in sorted(before.keys() & after.keys()):
                self._learn(before[name], after[name], what, pointer + pointer_of((name,)), name)
        elif isinstance(before, list) and isinstance(after, list):
            for place, (one, other) in enumerate(self._beside(before, after, what, pointer, member)):
                self._learn(one, other, what, f"{pointer}/{place}", member)
        elif len(was.names) == len(now.names) == 1:
            self._renaming.learn(was.names, now.names)  # a file's id, where the file has another name

    def _beside(
        self, before: list[Any], after: list[Any], what: str, pointer: str, member: str
    ) -> list[tuple[Any, Any]]:
        """Elements that are each other's: from both ends on as long as they are alike, between if they are as many."""
        if len(before) == len(after):
            return list(zip(before, after, strict=True))
        were = [self._before.of(one, what, f"{pointer}/*", member).whole for one in before]
        are = [self._after.of(one, what, f"{pointer}/*", member).whole for one in after]
        shorter = min(len(were), len(are))
        start = next((index for index in range(shorter) if were[index] != are[index]), shorter)
        end = next((back for back in range(shorter - start) if were[-1 - back] != are[-1 - back]), shorter - start)
        first = list(zip(before[:start], after[:start], strict=True))
        return [*first, *zip(before[len(before) - end :], after[len(after) - end :], strict=True)]

    def _note(self, pointer: str, before: Any, after: Any, what: str) -> str:
        """For names that are those of different things: what the counterpart would have been."""
        member = next((step for step in reversed(pointer.split("/")) if not step.isdecimal()), "")
        if isinstance(before, dict | list) or isinstance(after, dict | list):
            return ""
        were = self._before.of(before, what, pointer, member).names
        are = self._after.of(after, what, pointer, member).names
        for was, now in zip(were, are, strict=False):
            known = self._renaming.named_after(was)
            if known and known != now[1]:
                return f"elsewhere it is {known}"
        return ""


def _at(value: Any, pointer: str) -> Any:
    """What a JSON pointer leads to; None if that is nothing."""
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return value


def _text(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
