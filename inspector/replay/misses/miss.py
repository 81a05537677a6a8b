"""Why there is no answer, told so that nobody has to search: the nearest recordings, what differs, what to do."""

import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import orjson

from inspector.analysis.miss import Miss, Near, Why
from inspector.replay.matching import Identity
from inspector.replay.misses.likeness import compare, operation_of
from inspector.replay.misses.nearest import Candidate, nearest
from inspector.traffic.difference import Difference, short

STATUS = 501
"""The HTTP status of a miss: the API does not use it, so nobody takes a miss for a recorded answer."""

_NOT_FOUND = 6
"""`statusCode` of the API (Return Values)."""

_FEW = 5
"""Members that may be left out of a comparison before what is left is another request."""

_IDS = re.compile(r"(?:.*I|i)[dD]s?|(?:.*U|u)r[il]s?")
"""Names of members and parameters that say what a request is about."""

_ID = re.compile(r"(?!v\d+\Z).*\d")
"""Segments of paths that look like ids."""

_LONGEST = 500
"""Characters of a path, a query and the like that are told."""


@dataclass(frozen=True, slots=True)
class Words:
    """How an advice says what it advises to. `agent` is filled in with a user name, `ignore` with pointers."""

    reuse: str = "start the stub with `--reuse`"
    agent: Callable[[str], str] = lambda name: f"start the stub with `--agent {shlex.quote(name)}`"
    ignore: Callable[[Sequence[str]], str] = lambda pointers: (
        f"`ignore = {orjson.dumps(list(pointers)).decode()}` under [replay] in gws-inspector.toml, or "
        f"`{' '.join(f'--ignore {shlex.quote(one)}' for one in pointers)}`"
    )
    record: str = "`gws-inspector replay RECORDING --spy UPSTREAM --record-missing`"


OF_THE_COMMAND = Words()


def explain(asked: Identity, candidates: Iterable[Candidate], limit: int = 3) -> Miss:
    """The miss of a request, with at most `limit` of the recorded exchanges that might have answered it."""
    near = tuple(_near(candidate, asked) for candidate in nearest(asked, candidates, limit))
    why, operation, ignore = _why(near), operation_of(asked), _ignorable(near)
    method, path = _short(asked.method), _short(asked.path)
    what = f"{_short(operation)} ({method} {path})" if operation else f"{method} {path}"
    query = _short(urlencode(asked.query, errors="replace"))
    text, advice = _text(why, what, near), tuple(_advice(why, near, ignore, OF_THE_COMMAND))
    return Miss(method, path, query, operation, why, text, near, advice, ignore)


def advice(miss: Miss, words: Words) -> tuple[str, ...]:
    """What to do about a miss, in other words than the command's."""
    return tuple(_advice(miss.why, miss.nearest, miss.ignore, words))


def body(miss: Miss) -> bytes:
    """The JSON body of the answer (STATUS): what a client of the API understands, and the rest for whoever reads it."""
    told = {"statusCode": _NOT_FOUND, "statusMessage": miss.text, **_details(miss)}
    return orjson.dumps(told, option=orjson.OPT_INDENT_2)


def value(miss: Miss) -> dict[str, Any]:
    """The miss as a plain JSON value."""
    return {"text": miss.text, **_details(miss)}


def _details(miss: Miss) -> dict[str, Any]:
    return {
        "why": str(miss.why),
        "request": {"method": miss.method, "path": miss.path, "query": miss.query, "operation": miss.operation},
        "nearest": [_near_value(near) for near in miss.nearest],
        "advice": list(miss.advice),
        "ignore": list(miss.ignore),
    }


def _near_value(near: Near) -> dict[str, Any]:
    return {
        "exchange": near.number,
        "method": near.method,
        "path": near.path,
        "used": near.used,
        "spent": near.spent,
        "agent": near.agent or None,
        "problem": near.problem or None,
        "same": list(near.same),
        "differences": [
            {"part": one.part, "place": one.place, "kind": one.kind, "recorded": one.expected, "asked": one.actual}
            for one in near.differences
        ],
        "more": near.cut,
    }


def _near(candidate: Candidate, asked: Identity) -> Near:
    told = candidate.identity
    same, differences, cut = compare(told, asked)
    state = (candidate.used, candidate.spent, _short(candidate.agent), _short(candidate.problem))
    return Near(candidate.number, _short(told.method), _short(told.path), *state, same, differences, cut)


def _why(near: Sequence[Near]) -> Why:
    identical = [one for one in near if one.identical]
    own = [one for one in identical if not one.agent]
    if own:
        return Why.UNUSABLE if all(one.problem for one in own) else Why.USED_UP
    if identical:
        return Why.OTHER_AGENT
    recorded = any("method" in one.same and "path" in one.same and not _another(one) for one in near)
    return Why.DIFFERENT if recorded else Why.UNKNOWN


def _another(near: Near) -> str:
    """The name of an operation that is not the one that was asked for: many have the same method and path."""
    same_place = "method" in near.same and "path" in near.same
    names = (one.expected or "" for one in near.differences if (one.part, one.place) == ("body", "/operationName"))
    return next(names, "") if same_place else ""


def _text(why: Why, what: str, near: Sequence[Near]) -> str:
    match why:
        case Why.USED_UP:
            numbers = ", ".join(f"#{one.number}" for one in near if one.identical and not one.agent)
            return f"{what} has no answer left: {numbers} answered already"
        case Why.OTHER_AGENT:
            return f"{what} was recorded of another agent only: #{near[0].number} of {near[0].agent}"
        case Why.UNUSABLE:
            return f"{what} was recorded as #{near[0].number}, which cannot be served: {near[0].problem}"
        case Why.DIFFERENT:
            return f"{what} was recorded, but not like this: #{near[0].number} differs in {_places(near[0])}"
    if not near:
        return f"{what} was never recorded"
    other = _another(near[0]).strip('"')
    return f"{what} was never recorded; the nearest is #{near[0].number}, {other or f'{near[0].method} {near[0].path}'}"


def _places(near: Near) -> str:
    first, *others = near.differences
    if not others:
        return f"{_place(first)} (recorded {first.expected or 'nothing'}, asked {first.actual or 'nothing'})"
    named = ", ".join(_place(one) for one in near.differences[:3])
    return f"{named} and more" if near.cut or len(others) > 2 else named


def _place(difference: Difference) -> str:
    return f"{difference.part} {difference.place}".strip()


def _advice(why: Why, near: Sequence[Near], ignore: Sequence[str], words: Words) -> Iterator[str]:
    match why:
        case Why.USED_UP:
            yield "an operation answers once: does the client mean to ask again?"
            yield f"if it does, {words.reuse}: operations answer again then, and the last answer repeats"
        case Why.OTHER_AGENT:
            yield f"log in as that agent, or {words.agent(near[0].agent)}"
        case Why.UNUSABLE:
            yield f"ask so that the answer of #{near[0].number} fits, or record one that can be served"
        case Why.DIFFERENT | Why.UNKNOWN if near:
            yield from _towards(near[0], ignore, words)
    yield f"record what is missing: {words.record} asks the real server and keeps its answer"


def _towards(near: Near, ignore: Sequence[str], words: Words) -> Iterator[str]:
    """What would make the request the one that was recorded."""
    for one in near.differences:
        match one.part, one.kind:
            case "credentials", "missing":
                yield f"log in first: #{near.number} was asked with Authorization or the session's cookie"
            case "credentials", _:
                yield f"#{near.number} was asked without credentials: do not send any"
            case "method", _:
                yield f"ask with {one.expected}, as in #{near.number}"
            case _ if _is_id(one):
                yield (
                    f"ids are those of the recording: {_place(one)} is {one.expected} in #{near.number}, the client "
                    f"sent {one.actual}; take ids from the stub's own answers and notifications"
                )
    if ignore:
        yield f"if that does not matter, leave it out of the comparison: {words.ignore(ignore)}"


def _ignorable(near: Sequence[Near]) -> tuple[str, ...]:
    """The members without which the first of them would be the request; none if they say what it is about."""
    if not near or not near[0].differences or near[0].cut or len(near[0].differences) > _FEW:
        return ()
    for one in near[0].differences:
        if one.part != "body" or not one.place.startswith("/") or _identifies(one.place):
            return ()
        steps = one.place.split("/")
        # an element that only one of them has moves the others; and a step `*` would be any member
        if (one.kind != "changed" and steps[-1].isdecimal()) or "*" in steps:
            return ()
    return tuple(one.place for one in near[0].differences)


def _identifies(pointer: str) -> bool:
    name = _member(pointer)
    return name == "operationName" or _IDS.fullmatch(name) is not None


def _is_id(difference: Difference) -> bool:
    if difference.kind != "changed":
        return False
    if difference.part == "path":
        return all(_ID.match(text or "") for text in (difference.expected, difference.actual))
    return difference.part in ("body", "query") and _IDS.fullmatch(_member(difference.place)) is not None


def _member(pointer: str) -> str:
    """The name at the end of a JSON pointer; of an array's element the array's."""
    return next((step for step in reversed(pointer.split("/")) if not step.isdecimal()), "")


def _short(text: str) -> str:
    return short(text, width=_LONGEST)
