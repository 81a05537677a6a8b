"""Which recorded exchanges a missed request is like: by method and path first, then by what it asks for.

A miss must be told while its client waits, and a recording may hold 100,000 exchanges. So whole places (method and
path) are ranked first, and only the exchanges of the best ones are looked into; their bodies are not parsed, but
searched for the pieces of the request's.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from itertools import islice
from operator import eq
from typing import Any

import orjson

from inspector.replay.matching import Identity
from inspector.replay.misses.likeness import json_of, operation_of

_LIKE = 0.5
"""The share of a path's segments that must agree: below that, telling of it would only distract."""

_ALMOST = 0.99
"""The most that other paths can have in common, such as those below another prefix."""

_OTHER_METHOD = 0.35
"""What another method takes away: a chat's id may rather differ than the method, the last segment rather not."""

_PIECES = 32
"""Pieces of the request's body that are searched for."""

_SEARCHED = 512 * 1024 * 1024
"""Bytes that are searched in all, about half a second's worth: where bodies are many and large, for fewer pieces."""

_WINDOW = 64 * 1024
"""Bytes of a recorded body that are searched."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A recorded exchange that might have answered.

    `used`: how often it has in this run; `spent`: it may not any more. `agent` names its agent if that is not the one
    played. `problem` says why it cannot be served (a status that needs a condition, a body that was not kept).
    """

    number: int
    identity: Identity
    used: int = 0
    spent: bool = False
    agent: str = ""
    problem: str = ""


def nearest(asked: Identity, candidates: Iterable[Candidate], limit: int) -> list[Candidate]:
    """At most `limit` candidates, the nearest first; none that has little in common.

    If none of them is the operation that was asked for, the last one makes room for it at another path: ids in paths
    differ sooner than what is wanted.
    """
    tiers = _tiers(asked, candidates)
    like = _Like(asked)
    found: list[Candidate] = []
    for tier in tiers:
        like.prepare(tier)
        found += nsmallest(limit - len(found), tier, key=like.distance)
        if len(found) >= limit:
            break
    if limit > 1 and not any(map(like.same_operation, found)):
        elsewhere = next((same for tier in tiers if (same := list(filter(like.same_operation, tier)))), [])
        found[limit - 1 :] = nsmallest(1, elsewhere, key=like.distance) or found[limit - 1 :]
    return found


def _tiers(asked: Identity, candidates: Iterable[Candidate]) -> list[list[Candidate]]:
    """The candidates in groups of equally near places, the nearest first."""
    places: dict[tuple[str, str], list[Candidate]] = {}
    for candidate in candidates:
        identity = candidate.identity
        places.setdefault((identity.method, identity.path), []).append(candidate)
    segments = _segments(asked.path)
    tiers: dict[float, list[Candidate]] = {}
    for (method, path), group in places.items():
        likeness = 1.0 if path == asked.path else _likeness(segments, _segments(path))
        if likeness >= _LIKE:
            tiers.setdefault(likeness - (_OTHER_METHOD if method != asked.method else 0.0), []).extend(group)
    return [tiers[nearness] for nearness in sorted(tiers, reverse=True)]


def _segments(path: str) -> list[str]:
    """Without what all paths of the API begin with: it would make any two of them look alike."""
    return path.rpartition("/api/v2/")[2].lstrip("/").split("/")


def _likeness(asked: list[str], recorded: list[str]) -> float:
    """The share of segments that agree, counted from the start or from the end, whichever is more; below 1."""
    from_start = sum(map(eq, asked, recorded))
    from_end = sum(map(eq, reversed(asked), reversed(recorded)))
    share: float = max(from_start, from_end) / max(len(asked), len(recorded))
    return min(share, _ALMOST)


class _Like:
    """What makes an exchange like the request, once their places are as near as each other's."""

    def __init__(self, asked: Identity) -> None:
        self._asked = asked
        self._query = set(asked.query)
        self._all_pieces = list(islice(_pieces(asked), _PIECES))
        self._pieces = self._all_pieces
        operation = operation_of(asked)
        self._operation = orjson.dumps({"operationName": operation})[1:-1] if operation else b""

    def prepare(self, tier: Sequence[Candidate]) -> None:
        """How many pieces can be searched for in all of these."""
        size = sum(min(len(candidate.identity.body), _WINDOW) for candidate in tier)
        self._pieces = self._all_pieces[: max(1, _SEARCHED // max(1, size))]

    def same_operation(self, candidate: Candidate) -> bool:
        """Whether it has the request's `operationName`, or the request has none."""
        return candidate.identity.body.find(self._operation, 0, _WINDOW) >= 0

    def distance(self, candidate: Candidate) -> tuple[bool, bool, int, bool, bool, int, int]:
        """Sorts the nearest first: the same request, then the same operation, then how much differs."""
        asked, told = self._asked, candidate.identity
        gap = sum(told.body.find(piece, 0, _WINDOW) < 0 for piece in self._pieces)
        gap += (told.kind != asked.kind) + (told.body != asked.body) + (told.credentials != asked.credentials)
        if told.query != asked.query:
            gap += len(self._query.symmetric_difference(told.query))
        length = abs(len(told.body) - len(asked.body))
        other = not self.same_operation(candidate)
        return told != asked, other, gap, bool(candidate.agent), candidate.spent, length, candidate.number


def _pieces(asked: Identity) -> Iterator[bytes]:
    """What stands in `Identity.body` of a request with the same content: members, pairs, parts, or the digest."""
    if asked.kind == "bytes":
        yield asked.body
    elif asked.kind == "json":
        yield from _leaves(json_of(asked))
    elif asked.kind in ("form", "multipart"):
        yield from map(orjson.dumps, orjson.loads(asked.body))


def _leaves(value: Any) -> Iterator[bytes]:
    """The scalars in a JSON value, each with its member's name; written as in canonical JSON."""
    places = [value]
    while places:
        place = places.pop()
        named = isinstance(place, dict)
        for name, inner in place.items() if isinstance(place, dict) else enumerate(_elements(place)):
            if isinstance(inner, dict | list):
                places.append(inner)
            else:
                yield orjson.dumps({name: inner})[1:-1] if named else orjson.dumps(inner)


def _elements(place: Any) -> list[Any]:
    return place if isinstance(place, list) else [place]
