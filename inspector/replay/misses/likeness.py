"""How alike two requests are: the parts of their identities that are equal, and where the others differ."""

from collections.abc import Iterator
from itertools import islice, zip_longest
from typing import Any

import orjson

from inspector.replay.matching import Identity
from inspector.traffic.difference import Difference, in_json, in_pairs, short, whole

PARTS = ("method", "path", "query", "credentials", "body")

_MOST = 20
"""Differences that are told of one exchange: who has more has another request in front of him."""

_READ_LIMIT = 1024 * 1024
"""Bytes of a JSON body that is compared member by member: a miss has to be told while the client waits."""

_CREDENTIALS = {True: "sent", False: None}


def compare(recorded: Identity, asked: Identity) -> tuple[tuple[str, ...], tuple[Difference, ...], bool]:
    """The parts that are the same, the differences in the others, and whether there are more of those."""
    differences = tuple(islice(_differences(recorded, asked), _MOST + 1))
    same = tuple(part for part in PARTS if _part(recorded, part) == _part(asked, part))
    return same, differences[:_MOST], len(differences) > _MOST


def operation_of(identity: Identity) -> str:
    """The `operationName` in its body; empty if it has none."""
    body = json_of(identity)
    name = body.get("operationName") if isinstance(body, dict) else None
    return name if isinstance(name, str) else ""


def _part(identity: Identity, part: str) -> Any:
    return (identity.kind, identity.body) if part == "body" else getattr(identity, part)


def _differences(recorded: Identity, asked: Identity) -> Iterator[Difference]:
    if recorded.method != asked.method:
        yield whole("method", "", recorded.method, asked.method)
    if recorded.path != asked.path:
        yield from _paths(recorded.path, asked.path)
    if recorded.query != asked.query:
        yield from in_pairs("query", recorded.query, asked.query)
    if recorded.credentials != asked.credentials:
        yield whole("credentials", "", _CREDENTIALS[recorded.credentials], _CREDENTIALS[asked.credentials])
    if (recorded.kind, recorded.body) != (asked.kind, asked.body):
        yield from _bodies(recorded, asked)


def _paths(recorded: str, asked: str) -> Iterator[Difference]:
    """By segments where both have as many (counted from 1), else whole."""
    were, are = recorded.split("/"), asked.split("/")
    if len(were) != len(are):
        yield whole("path", "", recorded, asked)
        return
    for number, (was, now) in enumerate(zip(were, are, strict=True)):
        if was != now:
            yield whole("path", f"segment {number}", was, now)


def _bodies(recorded: Identity, asked: Identity) -> Iterator[Difference]:
    if recorded.kind == asked.kind:
        match recorded.kind:
            case "form":
                yield from in_pairs("body", _rows(recorded), _rows(asked))
                return
            case "multipart":
                yield from _parts(_rows(recorded), _rows(asked))
                return
            case "json" if (was := json_of(recorded)) is not None and (now := json_of(asked)) is not None:
                differences = in_json("body", was, now)
                if (first := next(differences, None)) is not None:  # None: numbers that differ beyond 64 bits
                    yield first
                    yield from differences
                    return
    yield whole("body", "", _shown(recorded), _shown(asked))


def _parts(recorded: list[list[Any]], asked: list[list[Any]]) -> Iterator[Difference]:
    """Part by part, told by name: a form's parts may come in another order, and one may be left out."""
    names = [[str(part[0]) for part in parts] for parts in (recorded, asked)]
    alike = True
    for name in dict.fromkeys((*names[0], *names[1])):
        were = [part for part in recorded if str(part[0]) == name]
        are = [part for part in asked if str(part[0]) == name]
        for was, now in zip_longest(were, are):
            for difference in _part_by_part(name, was, now):
                alike = False
                yield difference
    if alike:
        yield whole("body", "order of the parts", ", ".join(names[0]), ", ".join(names[1]))


def _part_by_part(name: str, recorded: list[Any] | None, asked: list[Any] | None) -> Iterator[Difference]:
    if recorded is None or asked is None:
        yield whole("body", f"part {short(name)}", _row(recorded), _row(asked))
        return
    for what, was, now in zip(("file name", "type", "sha256"), recorded[1:], asked[1:], strict=True):
        if was != now:
            yield whole("body", f"part {short(name)}, {what}", was, now)


def _row(part: list[Any] | None) -> str | None:
    """A part of a multipart body in a line: what is known of it of file name, type and digest."""
    return None if part is None else ", ".join(str(value) for value in part[1:] if value)


def _shown(identity: Identity) -> str | None:
    text = identity.body[:_READ_LIMIT].decode("utf-8", "replace")
    match identity.kind:
        case "empty":
            return None
        case "json":
            return text
        case "bytes":
            return f"bytes with sha256 {text}"
    return f"{identity.kind} {text}"


def _rows(identity: Identity) -> list[Any]:
    """The pairs of a form, the parts of a multipart body: as tuples and lists."""
    rows = orjson.loads(identity.body)
    return [tuple(row) for row in rows] if identity.kind == "form" else rows


def json_of(identity: Identity) -> Any:
    """The body of a JSON request; None if it is none (or `null`), or too large or nested too deep to be compared."""
    if identity.kind != "json" or len(identity.body) > _READ_LIMIT:
        return None
    try:
        value = orjson.loads(identity.body)
        orjson.dumps(value)  # refuses more than 254 levels, which reading does not
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return None
    return value
