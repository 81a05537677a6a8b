"""Random plans made playable: their keys become requests, and everybody logs in first."""

import base64
from collections.abc import Iterable
from dataclasses import replace

import orjson

from inspector.replay.matching import Identity, Matcher
from inspector.replay.plans.plan import Kind, Loaded, Plan, Recorded, Told
from inspector.traffic.body import Body
from inspector.traffic.exchange import Response
from inspector.traffic.headers import Headers
from tests.traffic.exchanges import request

CHANNEL = "/api/v2/notifications"
LOGIN = ("GET", "/api/v2/me")
_OK = Response(200, "OK", Headers((("Content-Type", "application/json"),)), Body.of(b'{"statusCode":0}'))
_WELCOME = replace(_OK, headers=Headers((("Set-Cookie", "JSESSIONID=recorded; Path=/"),)))
_COOKIE = (("Cookie", "JSESSIONID=recorded"),)


def asking(user: str) -> tuple[str, str]:
    """The field with which a user logs in."""
    return "Authorization", "Basic " + base64.b64encode(f"{user}:anything".encode()).decode()


def staged(by_user: Iterable[tuple[str, Plan]]) -> tuple[Loaded, Matcher]:
    """The plans, each of a user. Operation N of a user is `{"operationName": "…"}` on a chat of that user."""
    matcher, identities, responses, plans = Matcher(), dict[int, Identity](), dict[int, Response](), []
    login = matcher.identity(request(*LOGIN, headers=(asking("anybody"),)))
    for agent, (user, plan) in enumerate(by_user, 1):
        first = 1000 * agent
        identities[first], responses[first] = login, _WELCOME
        recorded = [Recorded(first, login.key, Kind.READ, 0, 1)]
        for one in plan.recorded:
            method = "GET" if one.kind is Kind.READ else "POST"
            body = b"" if one.kind is Kind.READ else orjson.dumps({"operationName": one.key.decode()})
            name = one.key.decode().replace(" ", "-")
            asked = request(method, f"/api/v2/me/chats/{user}-{name}", headers=_COOKIE, body=body)
            identity = matcher.identity(asked)
            number = first + one.number
            identities[number], responses[number] = identity, _OK
            recorded.append(one._replace(number=number, key=identity.key, start=one.start + 2, done=one.done + 2))
        lists = [[_moved(told, first) for told in events] for events in plan.lists]
        plans.append(Plan.of(agent, user, recorded, lists))
    return Loaded(plans, responses, identities, frozenset([login.key])), matcher


def _moved(told: Told, first: int) -> Told:
    """Behind the login; its data as JSON."""
    cue = None if told.cue is None else told.cue + 1
    return replace(told, exchange=told.exchange + first, cue=cue, data=orjson.dumps(told.data.decode()))
