"""What a stub would answer to one request, and what it would tell thereupon: found out by asking one."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

import orjson

from inspector.analysis.miss import Miss
from inspector.errors import UsageError
from inspector.replay.misses.miss import value as miss_value
from inspector.replay.plans.opening import Prepared
from inspector.replay.plans.plan import Kind, Plan, Told
from inspector.replay.stub import Settings
from inspector.traffic.body import EMPTY, Body
from inspector.traffic.exchange import Request
from inspector.traffic.headers import FORM, Headers
from inspector.traffic.multipart import split

_METHOD = re.compile(r"[A-Z]+(?:-[A-Z]+)*")
_URL_CHARACTERS = "/%:@!$&'()*+,;=~?-._"
"""What stands in a path or query as it is (RFC 3986 section 3.3); the rest is spelt as clients spell it."""

_BOUNDARY = re.compile(rb"--([0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-])\r\n")
"""How a multipart body begins (RFC 2046 section 5.1.1)."""

_LOGGED_IN = ("Authorization", "Bearer anybody")
"""Whose they are does not matter: they are compared by their presence."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a client would fare that has asked for nothing before.

    `exchange` answers, with `status`; None if the stub answers by itself (the channel, OPTIONS) or not at all: then
    there is a `miss`. `agent` names whose exchange it is, `later` are those that answer when the same is asked again,
    or later in the story. `told` hang on it. `credentials`: it was asked with some.
    """

    method: str
    path: str
    credentials: bool
    status: int
    exchange: int | None = None
    kind: Kind | None = None
    agent: str = ""
    later: tuple[int, ...] = ()
    told: tuple[Told, ...] = ()
    miss: Miss | None = None


def request(method: str, target: str, content: bytes = b"") -> Request:
    """The request that is meant by a method, a path with or without query, and a body; without credentials.

    The media type is guessed: all that matters of it is how the body is compared. Raises UsageError.
    """
    if not _METHOD.fullmatch(method.upper()):
        raise UsageError(f"{method!r} is no method: give METHOD PATH [BODY], as in POST /api/v2/me")
    if not target.startswith("/"):
        raise UsageError(f"{target!r} is no path: it begins with a slash, as in /api/v2/me")
    path, _, query = quote(target.partition("#")[0], safe=_URL_CHARACTERS, errors="surrogateescape").partition("?")
    media_type = _media_type(content)
    headers = Headers((("Content-Type", media_type),) if content else ())
    body = Body.of(content) if content else EMPTY
    parts = split(content, media_type) if media_type.startswith("multipart/") else ()
    return Request(method.upper(), "http", "", path, query, "HTTP/1.1", headers, body, parts)


async def explain(prepared: Prepared, asked: Request, settings: Settings | None = None) -> Explanation:
    """How the request fares: with credentials if it was recorded so, else without."""
    logged_in = replace(asked, headers=Headers((_LOGGED_IN, *asked.headers)))
    found = [await _explained(prepared, one, settings) for one in (logged_in, asked)]
    for explanation in found:
        if explanation.miss is None:
            return explanation
    # both miss: what is told is nearer to the recording
    return next((one for one in found if one.miss and _fits(one.miss)), found[0])


def value(explanation: Explanation) -> dict[str, Any]:
    """The explanation as a plain JSON value."""
    asked = {"method": explanation.method, "path": explanation.path, "credentials": explanation.credentials}
    if explanation.miss is not None:
        return {"answered": False, "status": explanation.status, **miss_value(explanation.miss)}
    return {
        "answered": True,
        "status": explanation.status,
        "request": asked,
        "exchange": explanation.exchange,
        "kind": explanation.kind.value if explanation.kind else None,
        "agent": explanation.agent or None,
        "later": list(explanation.later),
        "notifications": [_told_value(told) for told in explanation.told],
    }


def _told_value(told: Told) -> dict[str, Any]:
    return {
        "exchange": told.exchange,
        "position": told.position,
        "topic": told.topic,
        "lag_ms": told.lag_ms,
        "early": told.lag_ms < 0,
        "caused": told.asked_for,
        "data": json.loads(told.data),
    }


async def _explained(prepared: Prepared, asked: Request, settings: Settings | None) -> Explanation:
    stub = prepared.stub(settings)
    try:
        served = await stub.answer(asked)
    finally:
        stub.close()
    entry = stub.journal.entries[-1]
    explanation = Explanation(
        asked.method, asked.path, "authorization" in asked.headers, served.answer.status, entry.exchange
    )
    if entry.exchange is None:
        return replace(explanation, miss=entry.miss)
    plan, index = _place(prepared.loaded.plans, entry.exchange)
    recorded = plan.recorded[index]
    same = plan.by_key[recorded.key]
    return replace(
        explanation,
        kind=recorded.kind,
        agent=plan.user_name,
        later=tuple(plan.recorded[other].number for other in same if other > index),
        told=tuple(_hanging(plan, index)),
    )


def _place(plans: Iterable[Plan], number: int) -> tuple[Plan, int]:
    """Where the exchange is: its agent's plan, and the index there."""
    return next(
        (plan, index)
        for plan in plans
        for index, recorded in enumerate(plan.recorded)
        if recorded.number == number and recorded.kind is not Kind.LEFT_OUT
    )


def _hanging(plan: Plan, index: int) -> Iterator[Told]:
    """The notifications whose cue an exchange is; what several tabs were told, once."""
    known = set()
    for events in plan.lists:
        for told in events:
            name = told.topic, told.data
            if told.cue == index and name not in known:
                known.add(name)
                yield told


def _fits(miss: Miss) -> bool:
    return bool(miss.nearest) and "credentials" in miss.nearest[0].same


def _media_type(content: bytes) -> str:
    if boundary := _BOUNDARY.match(content):
        return f'multipart/form-data; boundary="{boundary[1].decode()}"'
    try:
        orjson.loads(content)
    except orjson.JSONDecodeError:
        return FORM if b"=" in content and b"\n" not in content else "application/octet-stream"
    return "application/json"
