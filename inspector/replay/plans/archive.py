"""A session that is read as it is asked for: its file stays open, so that a start need not wait for what it holds."""

import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from inspector.errors import NothingFound, RecordingError
from inspector.recording.file import connected
from inspector.recording.reader import Recording
from inspector.recording.session import Session
from inspector.replay.matching import Identity, Matcher
from inspector.replay.plans.packing import rules_of, unpack_identities
from inspector.replay.plans.plan import Plan
from inspector.traffic.exchange import Response

T = TypeVar("T")

_KEPT = 4096
_KEPT_SIZE = 64 * 1024
"""Responses that are remembered, and bytes of a body that one may have for that: clients ask the same again."""

_IDENTITIES = """
SELECT p.identities FROM prepared p JOIN sessions s ON s.id = p.session WHERE s.uuid = ? AND p.rules = ?"""
_CHUNK = "SELECT b.sha256, c.content FROM bodies b LEFT JOIN chunks c ON c.body = b.id AND c.n = ? WHERE b.id = ?"


class Archive:
    """The open file of a session; any thread may ask. It is closed when nobody needs it any more."""

    def __init__(self, path: Path, session: Session) -> None:
        """Raises RecordingError."""
        db = connected(path)
        self.close = weakref.finalize(self, db.close)
        self._recording = Recording(path, db, self._chunks)
        self._session = session
        self._lock = threading.Lock()

    def response(self, number: int) -> Response:
        """The response of an exchange. Raises RecordingError: the file is damaged, or another one by now."""
        return self._asked(lambda recording: recording.response(self._session, number))

    def identities(self, numbers: Mapping[bytes, int], matcher: Matcher) -> dict[bytes, Identity]:
        """By key; `numbers` has an exchange for each, in the order in which they are kept. Raises RecordingError."""
        return self._asked(lambda recording: self._kept(recording, numbers, matcher))

    def _chunks(self, body_id: int, sha256: str | None) -> Iterator[bytes]:
        """The chunks of a body, each read when it is asked for. Raises RecordingError."""
        n = 0
        while (chunk := self._asked(partial(_chunk, body_id=body_id, sha256=sha256, n=n))) is not None:
            yield chunk
            n += 1

    def _kept(self, recording: Recording, numbers: Mapping[bytes, int], matcher: Matcher) -> dict[bytes, Identity]:
        rows = recording.db.execute(_IDENTITIES, (self._session.uuid, rules_of(self._session))).fetchall()
        try:
            found = unpack_identities(rows[0][0] if rows else None, len(numbers))
        except RecordingError:  # they do not fit; the facts know them, too
            return {key: _identity(recording, number, matcher) for key, number in numbers.items()}
        return dict(zip(numbers, found, strict=True))

    def _asked(self, what: Callable[[Recording], T]) -> T:
        with self._lock:
            try:
                return what(self._recording)
            except NothingFound as error:
                raise RecordingError(str(error)) from None
            except sqlite3.Error as error:
                raise RecordingError(f"{self._recording.path} cannot be read: {error}") from None


class Responses(Mapping[int, Response]):
    """The responses of the plans' exchanges, by number; asking for one raises what Archive raises."""

    def __init__(self, archive: Archive, plans: Sequence[Plan]) -> None:
        self._archive = archive
        self._plans = plans
        self._known: dict[int, Response] = {}

    def __getitem__(self, number: int) -> Response:
        response = self._known.get(number)
        if response is None:
            response = self._archive.response(number)
            if response.body.size <= _KEPT_SIZE:
                if len(self._known) >= _KEPT:
                    self._known.clear()
                self._known[number] = response
        return response

    def __contains__(self, number: object) -> bool:
        return any(number == known for known in self)

    def __iter__(self) -> Iterator[int]:
        return (one.number for plan in self._plans for one in plan.recorded)

    def __len__(self) -> int:
        return sum(len(plan.recorded) for plan in self._plans)


class Identities(Mapping[int, Identity]):
    """The identities of the plans' exchanges, by number: all of them are read when the first one is asked for, which is
    when a request is missed, or a run verified. `keys` are theirs, in the order in which they are kept.
    """

    def __init__(self, archive: Archive, plans: Sequence[Plan], keys: Sequence[bytes], matcher: Matcher) -> None:
        self._archive = archive
        self._plans = plans
        self._keys = keys
        self._matcher = matcher
        self._known: dict[int, Identity] = {}

    def __getitem__(self, number: int) -> Identity:
        return self._all()[number]

    def __iter__(self) -> Iterator[int]:
        return (one.number for plan in self._plans for one in plan.recorded)

    def __len__(self) -> int:
        return sum(len(plan.recorded) for plan in self._plans)

    def _all(self) -> dict[int, Identity]:
        if not self._known:  # two threads may both read them: they read the same
            key_of = {one.number: one.key for plan in self._plans for one in plan.recorded}
            numbers = {key: number for number, key in key_of.items()}
            by_key = self._archive.identities({key: numbers[key] for key in self._keys}, self._matcher)
            self._known = {number: by_key[key] for number, key in key_of.items()}
        return self._known


def _chunk(recording: Recording, body_id: int, sha256: str | None, n: int) -> bytes | None:
    """One chunk of a body; None behind the last one."""
    row = recording.db.execute(_CHUNK, (n, body_id)).fetchone()
    if row is None or row[0] != sha256:
        raise RecordingError(f"{recording.path} holds another recording by now")
    return None if row[1] is None else bytes(row[1])


def _identity(recording: Recording, number: int, matcher: Matcher) -> Identity:
    request = recording.exchange(number).request
    identity = matcher.identity(request)
    return identity.of_head if request.method == "HEAD" else identity
