"""What a stub was asked in this run, and whether that was what its recording holds."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from inspector.analysis.miss import Miss
from inspector.replay.misses.miss import value as miss_value
from inspector.traffic.urls import without_session

if TYPE_CHECKING:
    from inspector.render.junit import Case

KEPT = 1000
"""Entries that are kept, the last ones; and different misses, the first ones. The counters count all."""

FORWARDED = "forwarded"
"""What stands in the place of a fault where the real server answered."""

_LONGEST = 500
"""Characters of a path that are kept."""


class Entry(NamedTuple):
    """One request, at `at_ms` on the stub's clock. `exchange` is the recorded one that answered; None if the stub
    answered by itself, or did not: then there is a `miss`. `fault` names what was done to the answer on purpose, or
    says FORWARDED.
    """

    at_ms: float
    method: str
    path: str
    exchange: int | None
    miss: Miss | None
    fault: str


@dataclass(frozen=True, slots=True)
class Operation:
    """A recorded operation (`number`), which is to be asked for; `used` tells how often it was."""

    number: int
    name: str
    method: str
    path: str
    used: int = 0


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A notification, in the reply of `exchange` at `position`, that nobody was told. `waits_for` is the exchange that
    it waits for, None the subscription to its topic; `asked` tells whether that exchange was asked for.
    """

    exchange: int
    position: int
    topic: str
    waits_for: int | None
    asked: bool = False

    @property
    def happening(self) -> str:
        """What is told of it while the run goes on."""
        return f"a poll ended empty: the next event on {self.topic} waits for #{self.waits_for}"

    @property
    def text(self) -> str:
        """Why it was not told."""
        if self.waits_for is None:
            return f"never delivered: nobody who subscribed to {self.topic} polled for it"
        if self.asked:
            return f"never delivered: #{self.waits_for} was asked for, but nobody polled for it afterwards"
        return f"never delivered: it waits for #{self.waits_for}, which was never asked for"


@dataclass(frozen=True, slots=True)
class Verification:
    """How a run and its recording agree. `misses` come with how often each was met."""

    asked: int
    answered: int
    missed: int
    faults: int
    misses: tuple[tuple[Miss, int], ...]
    operations: tuple[Operation, ...]
    undelivered: tuple[Undelivered, ...]
    forwarded: int = 0
    """Misses that the real server answered."""

    @property
    def unused(self) -> tuple[Operation, ...]:
        """The operations that were never asked for."""
        return tuple(operation for operation in self.operations if not operation.used)

    def failed(self, strict: bool = False) -> bool:
        """A miss always fails; when strict, an operation that was never used as well."""
        return self.missed > 0 or (strict and bool(self.unused))


class Journal:
    """Of one stub. Every request is told once: `answered`, `missed`, `forwarded` or `faulted`.

    Times are in ms, on any clock.
    """

    def __init__(self) -> None:
        self.answers = self.faults = self.misses = self.forwards = 0
        self.uses: dict[int, int] = {}
        """How often each recorded exchange was asked for."""
        self._entries: deque[tuple[float, str, str, int | None, Miss | None, str]] = deque(maxlen=KEPT)
        self._missed: dict[Miss, int] = {}

    def answered(self, at_ms: float, method: str, path: str, exchange: int | None = None) -> None:
        """A request got its answer: a recorded one, or (None) one that the stub makes itself, as on the channel."""
        self.answers += 1
        if exchange is not None:
            self.uses[exchange] = self.uses.get(exchange, 0) + 1
        # a plain tuple: this runs for every request
        self._entries.append((at_ms, method, path[:_LONGEST], exchange, None, ""))

    def faulted(self, at_ms: float, method: str, path: str, fault: str, exchange: int | None = None) -> None:
        """A request met a fault. The operation that it asked for counts as used."""
        self.faults += 1
        if exchange is not None:
            self.uses[exchange] = self.uses.get(exchange, 0) + 1
        self._entries.append((at_ms, method, path[:_LONGEST], exchange, None, fault))

    def missed(self, at_ms: float, method: str, path: str, miss: Miss) -> None:
        """A request that nothing recorded answers."""
        self.misses += 1
        if miss in self._missed or len(self._missed) < KEPT:
            self._missed[miss] = self._missed.get(miss, 0) + 1
        self._entries.append((at_ms, method, path[:_LONGEST], None, miss, ""))

    def forwarded(self, at_ms: float, method: str, path: str, miss: Miss) -> None:
        """A request that nothing recorded answers, but the real server did."""
        self.forwards += 1
        self._entries.append((at_ms, method, path[:_LONGEST], None, miss, FORWARDED))

    @property
    def asked(self) -> int:
        """All requests."""
        return self.answers + self.faults + self.misses + self.forwards

    @property
    def entries(self) -> list[Entry]:
        """The last requests, oldest first."""
        entries = map(Entry._make, self._entries)
        return [entry._replace(path=without_session(entry.path)) for entry in entries]

    def value(self) -> dict[str, Any]:
        """The journal as a plain JSON value."""
        counters = {"asked": self.asked, "answered": self.answers, "missed": self.misses, "faults": self.faults}
        return {**counters, "forwarded": self.forwards, "entries": [_entry_value(entry) for entry in self.entries]}

    def verify(self, operations: Iterable[Operation], undelivered: Iterable[Undelivered] = ()) -> Verification:
        """How this run agrees with what was recorded: the plan's `operations`, and what the clients were not told."""
        return Verification(
            self.asked,
            self.answers,
            self.misses,
            self.faults,
            tuple(self._missed.items()),
            tuple(replace(operation, used=self.uses.get(operation.number, 0)) for operation in operations),
            tuple(replace(event, asked=event.waits_for in self.uses) for event in undelivered),
            self.forwards,
        )


def value(verification: Verification, *, strict: bool = False) -> dict[str, Any]:
    """The verification as a plain JSON value."""
    return {
        "failed": verification.failed(strict),
        "asked": verification.asked,
        "answered": verification.answered,
        "missed": verification.missed,
        "faults": verification.faults,
        "forwarded": verification.forwarded,
        "misses": [{"times": times, **miss_value(miss)} for miss, times in verification.misses],
        "operations": len(verification.operations),
        "unused": [
            {"exchange": one.number, "operation": one.name, "method": one.method, "path": one.path}
            for one in verification.unused
        ],
        "undelivered": [{**asdict(event), "text": event.text} for event in verification.undelivered],
    }


def cases(verification: Verification, *, strict: bool = False) -> "Iterator[Case]":
    """The verification as test cases: one for each operation, each different miss, each undelivered notification."""
    from inspector.render.junit import Case, Outcome  # and rich with them: only who asks for a report pays for it
    from inspector.render.miss import miss_lines

    unused = Outcome.FAILED if strict else Outcome.SKIPPED
    for one in verification.operations:
        name = f"#{one.number} {one.name} {one.method} {one.path}"
        if one.used:
            yield Case("replay.operations", name)
        else:
            yield Case("replay.operations", name, unused, "unused", "recorded, but never asked for")
    for number, (miss, times) in enumerate(verification.misses, 1):
        name = f"{number}. {miss.operation} {miss.method} {miss.path}"
        met = "met once" if times == 1 else f"met {times} times"
        text = "\n".join((met, *(line.plain for line in miss_lines(miss))))
        yield Case("replay.misses", name, Outcome.FAILED, "miss", miss.text, text)
    if untold := verification.missed - sum(times for _, times in verification.misses):
        yield Case("replay.misses", "others", Outcome.FAILED, "miss", f"{untold} more misses")
    for event in verification.undelivered:
        name = f"#{event.exchange}:{event.position} {event.topic}"
        yield Case("replay.notifications", name, Outcome.SKIPPED, "undelivered", event.text)


def _entry_value(entry: Entry) -> dict[str, Any]:
    return {
        "at_ms": entry.at_ms,
        "method": entry.method,
        "path": entry.path,
        "exchange": entry.exchange,
        "miss": miss_value(entry.miss) if entry.miss else None,
        "fault": entry.fault or None,
    }
