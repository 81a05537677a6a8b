"""What a session comes to when it is loaded, as two documents that a recording keeps, and back.

The documents are JSON in columns, compressed; a stranger may have made them, so nothing in them is trusted. Who reads
them gets what fits together, or RecordingError, and then loads the session from its facts.
"""

from collections.abc import Sequence
from itertools import product
from math import isfinite
from operator import le
from typing import Any

import orjson
import zstandard

from inspector.errors import RecordingError
from inspector.recording.session import Session
from inspector.replay.matching import Identity
from inspector.replay.plans.plan import Kind, Loaded, Plan, Recorded, Told

RULES = 3
"""The version of the rules by which requests are matched and plans made. Who changes what `load` or `Identity` come to
counts it up, and what was kept by other rules is passed over.
"""

LIMIT = 256 * 1024 * 1024
"""Bytes of a document: some millions of exchanges. A small one could hold gigabytes of zeros."""

_KEY = 16
_LEVEL = 3
_KINDS = tuple(product(Kind, (False, True), (False, True)))
"""Kind, `anchors` and `ends` of an exchange; a column holds the place in here."""

_BODIES = ("json", "form", "multipart", "bytes", "empty")


def rules_of(session: Session) -> str:
    """By which rules the session's plans are made: another recording's, or an older version's, are of no use."""
    redacted = {name: sorted(values) for name, values in session.redacted.items()}
    told = {"rules": RULES, "session": session.uuid, "redacted": redacted}
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS).decode()


def pack(loaded: Loaded) -> tuple[bytes, bytes]:
    """The documents of the plans and of the identities. Raises RecordingError: too large, or cannot be JSON."""
    numbers = {one.key: one.number for plan in loaded.plans for one in plan.recorded}
    turns = {key: turn for turn, key in enumerate(numbers)}
    try:
        plans = {
            "keys": b"".join(numbers).hex(),
            "logins": [turns[key] for key in numbers if key in loaded.logins],
            "plans": [_packed_plan(plan, turns) for plan in loaded.plans],
        }
        identities = _packed_identities([loaded.identities[number] for number in numbers.values()])
        return _written(plans), _written(identities)
    except (TypeError, ValueError) as error:  # text that is no Unicode, numbers that no JSON writer here could write
        raise RecordingError(f"its plans cannot be written: {error}") from None


def unpack_plans(document: bytes) -> tuple[list[Plan], frozenset[bytes], list[bytes]]:
    """The plans, the logins' keys, and the keys in the order of the identities. Raises RecordingError."""
    told = _read(document)
    keys = _keys(_of(told, "keys", str))
    plans = [_plan(one, keys) for one in _of(told, "plans", list)]
    logins = [keys[turn] for turn in _numbers(told, "logins", None, len(keys))]
    if len(set().union(*(plan.by_key for plan in plans))) != len(keys):
        raise RecordingError("its keys are of no exchange, or doubled")
    return plans, frozenset(logins), keys


def unpack_identities(document: bytes | None, size: int) -> list[Identity]:
    """The identities, of which there must be `size`. Raises RecordingError."""
    told = _read(document)
    places = [_texts(place, 2) for place in _of(told, "places", list)]
    where = [places[turn] for turn in _numbers(told, "place", size, len(places))]
    queries = [tuple(_pair(one) for one in _list(pairs)) for pairs in _column(told, "query", size, {list})]
    credentials = _column(told, "credentials", size, {bool})
    kinds = [_BODIES[turn] for turn in _numbers(told, "kind", size, len(_BODIES))]
    bodies = map(str.encode, _column(told, "body", size, {str}))
    return [
        Identity(method, path, query, known, kind, body)
        for (method, path), query, known, kind, body in zip(where, queries, credentials, kinds, bodies, strict=True)
    ]


def _packed_plan(plan: Plan, turns: dict[bytes, int]) -> dict[str, Any]:
    recorded = plan.recorded
    return {
        "agent": plan.agent,
        "user": plan.user_name,
        "number": [one.number for one in recorded],
        "key": [turns[one.key] for one in recorded],
        "kind": [_KINDS.index((one.kind, one.anchors, one.ends)) for one in recorded],
        "start": [one.start for one in recorded],
        "done": [one.done for one in recorded],
        "lists": [_packed_list(told) for told in plan.lists],
    }


def _packed_list(events: Sequence[Told]) -> dict[str, Any]:
    topics = {topic: turn for turn, topic in enumerate(dict.fromkeys(one.topic for one in events))}
    return {
        "topics": list(topics),
        "topic": [topics[one.topic] for one in events],
        "exchange": [one.exchange for one in events],
        "position": [one.position for one in events],
        "data": [one.data.decode() for one in events],
        "cue": [one.cue for one in events],
        "lag_ms": [one.lag_ms for one in events],
        "asked_for": [one.asked_for for one in events],
    }


def _packed_identities(identities: Sequence[Identity]) -> dict[str, Any]:
    places = {(one.method, one.path): 0 for one in identities}
    places = {place: turn for turn, place in enumerate(places)}
    return {
        "places": list(places),
        "place": [places[one.method, one.path] for one in identities],
        "query": [one.query for one in identities],
        "credentials": [one.credentials for one in identities],
        "kind": [_BODIES.index(one.kind) for one in identities],
        "body": [one.body.decode() for one in identities],
    }


def _plan(told: Any, keys: list[bytes]) -> Plan:
    numbers = _numbers(told, "number")
    size = len(numbers)
    starts, dones = _numbers(told, "start", size), _numbers(told, "done", size)
    if not (all(map(le, starts, starts[1:])) and all(map(le, starts, dones)) and len(set(numbers)) == size):
        raise RecordingError("its plans are not in order")
    own = [keys[turn] for turn in _numbers(told, "key", size, len(keys))]
    about = [_KINDS[turn] for turn in _numbers(told, "kind", size, len(_KINDS))]
    kinds, anchors, ends = zip(*about, strict=True) if about else ((), (), ())
    recorded = list(map(Recorded, numbers, own, kinds, starts, dones, anchors, ends))
    lists = [_list_of_told(one, size) for one in _of(told, "lists", list)]
    return Plan.of(_of(told, "agent", int), _of(told, "user", str), recorded, lists)


def _list_of_told(told: Any, size: int) -> list[Told]:
    """`size` is the number of exchanges that one may wait for."""
    exchanges = _numbers(told, "exchange")
    count = len(exchanges)
    positions = _numbers(told, "position", count)
    names = _texts(_of(told, "topics", list))
    topics = [names[turn] for turn in _numbers(told, "topic", count, len(names))]
    data = list(map(str.encode, _column(told, "data", count, {str})))
    cues = _column(told, "cue", count, {int, type(None)})
    lags = _column(told, "lag_ms", count, {float})
    asked_for = _column(told, "asked_for", count, {bool})
    if not all(cue is None or 0 <= cue < size for cue in cues) or not all(map(isfinite, lags)):
        raise RecordingError("its notifications wait for what there is not")
    _check_json(data)
    return list(map(Told, exchanges, positions, topics, data, cues, lags, asked_for))


def _check_json(data: list[bytes]) -> None:
    """What is told is put into replies as it is: it must be JSON."""
    try:
        for one in data:
            orjson.loads(one)
    except orjson.JSONDecodeError as error:
        raise RecordingError(f"its notifications are not JSON: {error}") from None


def _written(document: dict[str, Any]) -> bytes:
    text = orjson.dumps(document)
    if len(text) > LIMIT:
        raise RecordingError(f"its plans have {len(text)} bytes")
    return zstandard.ZstdCompressor(level=_LEVEL).compress(text)


def _read(document: bytes | None) -> Any:
    if not isinstance(document, bytes):
        raise RecordingError("its plans are no document")
    try:
        size = zstandard.frame_content_size(document)
        if not 0 < size <= LIMIT:
            raise RecordingError(f"its plans have {size} bytes")
        return orjson.loads(zstandard.ZstdDecompressor().decompress(document, max_output_size=size))
    except (zstandard.ZstdError, orjson.JSONDecodeError) as error:
        raise RecordingError(f"its plans cannot be read: {error}") from None


def _keys(text: str) -> list[bytes]:
    try:
        whole = bytes.fromhex(text)
    except ValueError as error:
        raise RecordingError(f"its keys cannot be read: {error}") from None
    keys = [whole[place : place + _KEY] for place in range(0, len(whole), _KEY)]
    if len(whole) % _KEY:
        raise RecordingError("its keys are cut")
    return keys


def _of(told: Any, name: str, kind: type) -> Any:
    """A member of exactly this type."""
    value = told.get(name) if isinstance(told, dict) else None
    if type(value) is not kind:
        raise RecordingError(f"its plans have no {name}")
    return value


def _column(told: Any, name: str, size: int | None, kinds: set[type]) -> list[Any]:
    """A list of values of exactly these types, `size` of them (None: as many as there are)."""
    values: list[Any] = _of(told, name, list)
    if not set(map(type, values)) <= kinds or (size is not None and len(values) != size):
        raise RecordingError(f"its plans have no {name}")
    return values


def _numbers(told: Any, name: str, size: int | None = None, below: int = 1 << 63) -> list[int]:
    """A column of whole numbers from 0."""
    values: list[int] = _column(told, name, size, {int})
    if values and not (min(values) >= 0 and max(values) < below):
        raise RecordingError(f"its plans have a {name} out of range")
    return values


def _texts(values: Any, size: int | None = None) -> list[str]:
    return _column({"names": values}, "names", size, {str})


def _list(values: Any) -> list[Any]:
    return _column({"pairs": values}, "pairs", None, {list})


def _pair(values: Any) -> tuple[str, str]:
    name, value = _texts(values, 2)
    return name, value
