"""A HAR of any size, read: first from end to end, with nothing of it in memory but an entry; then entry by entry.

So whatever is wrong with it is known before anything is recorded.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import ijson
import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from inspector.analysis.policy import checked
from inspector.errors import UsageError
from inspector.recording.har.bodies import DECODED, GOT_LOST, REBUILT, SENT_LOST
from inspector.recording.har.entry import Entry, Moment
from inspector.recording.har.long_strings import LongStrings
from inspector.recording.har.telling import FIELDS_LOST, NO_CREDENTIALS, UNFINISHED, Telling
from inspector.recording.har.texts import Texts
from inspector.recording.importing.capture import About, put_in_order
from inspector.recording.importing.losses import Losses
from inspector.recording.importing.order import Order, ordering
from inspector.recording.importing.told import Told
from inspector.recording.scope import Scope
from inspector.traffic.exchange import Instant
from inspector.traffic.redaction import Places
from inspector.webservices.model import flaws

T = TypeVar("T", bound=BaseModel)

ENTRY_LIMIT = 32 * 1024 * 1024
"""Bytes of an entry without its long strings: what of it is in memory at once. A WebSocket may have many messages."""

_ELSEWHERE, _CACHED = "elsewhere", "cached"
_TOLD = {
    _ELSEWHERE: "{n} request(s) led elsewhere than to /api/v2: not recorded (--also PATTERN does)",
    _CACHED: "{n} response(s) came from the browser's cache, not from the server: not recorded",
    UNFINISHED: "{n} exchange(s) had not ended",
    SENT_LOST: "{n} exchange(s) without the body, or all of it, that was sent",
    REBUILT: "{n} form(s) of which only the fields are told: the body was made of them",
    GOT_LOST: "{n} exchange(s) without the body, or all of it, that came back",
    DECODED: "{n} response(s) came compressed: the bodies are there as HAR has them, without that",
    NO_CREDENTIALS: "{n} exchange(s) without cookies and Authorization: browsers leave those out unless they are told "
    "to export sensitive data",
    FIELDS_LOST: "{n} message(s) had header fields that are none",
}
Watch = Callable[[int], None]
"""Told how many bytes of the file were read since the last time."""


class _Redacted(BaseModel):
    model_config = ConfigDict(extra="ignore")

    headers: list[str] = Field(default=[], max_length=1000)
    members: list[str] = Field(default=[], max_length=1000)


class _Ours(BaseModel):
    """What we say of a session, in `log._gws` before the entries."""

    model_config = ConfigDict(extra="ignore")

    name: str = Field("", max_length=1000)
    upstream: str = Field("", max_length=1000)
    origins: list[str] = Field([], max_length=1000)
    started: Moment | None = None
    ended: Moment | None = None
    window_ms: int | None = Field(None, ge=0, le=1 << 40)
    policy: dict[str, Any] | None = None
    redacted: _Redacted = _Redacted()


class HarCapture:
    """What a HAR tells, of the requests that the scope takes."""

    def __init__(self, about: About, order: Order, telling: Telling) -> None:
        self.about = about
        self.order = order
        self.losses = Losses(_TOLD)
        self._telling = telling

    def told(self, number: int) -> Told:
        return self._telling.told(_entry(orjson.loads(self.order.told(number))))[0]

    def take(self, item: object, scope: Scope) -> None:
        """The next entry of the file. Raises UsageError."""
        entry = _entry(item)
        where = self._telling.address(entry)
        if where is None or not scope.takes(where.path):
            self.losses.add([_ELSEWHERE])
        elif entry.cached:
            self.losses.add([_CACHED])
        else:
            told, lost = self._telling.told(entry)
            self.losses.add(set(lost))
            ticks = entry.own.ticks if entry.own else (None, None)
            put_in_order(self.order, orjson.dumps(item), told, self._telling.frames(entry), ticks)


@contextmanager
def read(path: Path, scope: Scope, watch: Watch = lambda done: None) -> Iterator[HarCapture]:
    """The HAR at `path`, as long as the block runs.

    Raises UsageError, with the entry where it is broken: no HAR, or one of which something cannot be meant.
    """
    # two of them, for the parser is somewhere else than the texts that it left behind
    with path.open("rb") as file, path.open("rb") as again, ordering() as order:
        about = _about(LongStrings(file), path)
        file.seek(0)
        strings = LongStrings(file)
        capture = HarCapture(about, order, Telling(Texts(again, strings)))
        for number, item in enumerate(_items(strings, path, watch), 1):
            try:
                capture.take(item, scope)
            except UsageError as error:
                raise _damaged(path, number, strings, error) from None
        yield capture


class _Bounded:
    """The strings as ijson reads them, as long as an entry does not take too many."""

    def __init__(self, strings: LongStrings) -> None:
        self._strings = strings
        self.since = 0

    def read(self, size: int = -1) -> bytes:
        if self._strings.passed - self.since > ENTRY_LIMIT:
            raise UsageError(f"it has more than {ENTRY_LIMIT} bytes, besides its bodies")
        return self._strings.read(size)


def _items(strings: LongStrings, path: Path, watch: Watch) -> Iterator[object]:
    source, done, number = _Bounded(strings), 0, 1
    try:
        # use_float: of a number with thousands of digits, ijson 3.6 dies otherwise
        for item in ijson.items(source, "log.entries.item", use_float=True):
            number, source.since = number + 1, strings.passed
            yield item
            watch(strings.position - done)
            done = strings.position
    except (ijson.JSONError, UsageError, UnicodeDecodeError) as error:
        raise _damaged(path, number, strings, error) from None


def _about(strings: LongStrings, path: Path) -> About:
    """What stands before the entries."""
    creator, ours = {"name": "", "version": ""}, ijson.ObjectBuilder()
    try:
        for prefix, event, value in ijson.parse(_Bounded(strings), use_float=True):
            if prefix == "log.entries" and event == "start_array":
                break
            if prefix in ("log.creator.name", "log.creator.version") and isinstance(value, str):
                creator[prefix.rpartition(".")[2]] = value[:100]
            if prefix == "log._gws" or prefix.startswith("log._gws."):
                ours.event(event, value)
        else:
            raise UsageError("it is no HAR, for it has no list log.entries")
    except (ijson.JSONError, UsageError, UnicodeDecodeError) as error:
        raise _damaged(path, 0, strings, error) from None
    about = About("har", " ".join(filter(None, creator.values())))
    if told := getattr(ours, "value", None):
        where = f"{path} is damaged: log._gws"
        own = _checked(_Ours, told, where)
        about = replace(about, name=own.name, upstream=own.upstream, origins=own.origins, window_ms=own.window_ms)
        about.started = Instant(*own.started) if own.started else None
        about.ended = Instant(*own.ended) if own.ended else None
        about.policy = None if own.policy is None else checked(own.policy, where)
        about.places = Places(frozenset(own.redacted.headers), frozenset(own.redacted.members))
    return about


def _entry(item: object) -> Entry:
    return _checked(Entry, item, "its entry")


def _checked(model: type[T], item: object, what: str) -> T:
    try:
        return model.model_validate(item)
    except ValidationError as error:
        first = flaws(error)[0]
        raise UsageError(f"{what}{first.pointer} should be {first.expected}") from None


def _damaged(path: Path, number: int, strings: LongStrings, error: Exception) -> UsageError:
    told = error.args[0] if error.args else error
    said = told.decode("utf-8", "replace") if isinstance(told, bytes) else str(error).removeprefix("b'")
    where = f"entry {number}, before" if number else "before"
    return UsageError(f"{path} is damaged: {where} byte {strings.position}: {said.splitlines()[0]}")
