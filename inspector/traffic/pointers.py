"""JSON pointers (RFC 6901) to what does not count when bodies are compared; the step `*` is every member or element."""

import re
from collections.abc import Iterable
from typing import Any

from inspector.errors import UsageError

_TILDE = re.compile(r"~(?![01])")
_INDEX = re.compile(r"0|[1-9][0-9]{0,17}")


def checked_pointer(text: str) -> str:
    """The pointer as it is. Raises UsageError if it is none: it is empty (the whole body) or begins with a slash."""
    if text and not text.startswith("/"):
        raise UsageError(f"{text!r} is no JSON pointer: it begins with a slash, as in '/{text}'")
    if _TILDE.search(text):
        raise UsageError(f"{text!r} is no JSON pointer: '~' is spelt '~0' in it (and a slash in a name '~1')")
    return text


def without(value: Any, pointers: Iterable[str]) -> Any:
    """The JSON value without the places that the pointers lead to, as if it had never had them; changed in place.

    All of them are found before the first one goes: no element moves up into the place of another.
    """
    found: dict[int, tuple[Any, set[Any]]] = {}
    for pointer in pointers:
        taken = steps(pointer)
        if not taken:
            return None
        places = [value]
        for step in taken[:-1]:
            places = [place[key] for place in places for key in keys(place, step)]
        for place in places:
            if chosen := keys(place, taken[-1]):
                found.setdefault(id(place), (place, set()))[1].update(chosen)
    for place, going in found.values():
        for key in sorted(going, reverse=True):
            del place[key]
    return value


def steps(pointer: str) -> list[str]:
    """The names and indices that a pointer goes by (section 3)."""
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def keys(place: Any, step: str) -> list[Any]:
    """The names or indices by which a step goes on from here; none if it leads nowhere."""
    if isinstance(place, dict):
        return list(place) if step == "*" else [step] if step in place else []
    if isinstance(place, list):
        if step == "*":
            return list(range(len(place)))
        # ASCII digits without a leading zero (section 4), and no more than any list has elements
        return [int(step)] if _INDEX.fullmatch(step) and int(step) < len(place) else []
    return []


def leads_to(pattern: str, pointer: str) -> bool:
    """Whether `pointer` is the place that `pattern` names, or lies below it; the step `*` in `pattern` is any."""
    wanted, given = pattern.split("/"), pointer.split("/")
    return len(given) >= len(wanted) and all(step in ("*", got) for step, got in zip(wanted, given, strict=False))
