"""What a test expects of its client: calls with some values, so many times; and why a call is not the expected one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from inspector.render.escape import plain

if TYPE_CHECKING:
    from inspector.testing.calls import Call

_NEAREST = 3
_LONGEST = 2000
"""Characters of a line."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Calls of an operation that have these values, under names of `Call` or of members of the body (`Call.value`)."""

    operation: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def meets(self, call: "Call") -> bool:
        """Whether the call is one of them. Values are compared by `==`, so `unittest.mock.ANY` and the like fit."""
        return call.operation == self.operation and not self._differing(call)

    def __str__(self) -> str:
        return f"{self.operation}({', '.join(f'{name}={value!r}' for name, value in self.values.items())})"

    def nearest(self, calls: "Sequence[Call]") -> Iterator[str]:
        """Lines that say what was called instead: the calls of the operation that differ least, or else what was."""
        same = [call for call in calls if call.operation == self.operation]
        for call in sorted(same, key=lambda call: len(self._differing(call)))[:_NEAREST]:
            yield f"  #{call.number} {call.operation}: {'; '.join(self._differing(call)) or 'as expected'}"
        if len(same) > _NEAREST:
            yield f"  and {len(same) - _NEAREST} more"
        if not same:
            called = ", ".join(dict.fromkeys(call.operation for call in calls))
            yield f"  what was called: {called or 'no operation at all'}"

    def _differing(self, call: "Call") -> list[str]:
        return [*filter(None, (_difference(call, name, value) for name, value in self.values.items()))]


@dataclass(frozen=True, slots=True)
class Expectation:
    """Calls that a test expects, exactly so many `times`; without, at least one."""

    wanted: Wanted
    times: int | None = None

    def unmet(self, calls: "Sequence[Call]") -> str:
        """Why the calls are not what was expected; empty if they are."""
        met = sum(map(self.wanted.meets, calls))
        if met == self.times or (self.times is None and met):
            return ""
        often = "at least once" if self.times is None else _times(self.times)
        head = f"✗ {self.wanted} was to be called {often}, but was {f'called {_times(met)}' if met else 'never called'}"
        return "\n".join(plain(line, _LONGEST) for line in (head, *self.wanted.nearest(calls)))


def _difference(call: "Call", name: str, value: Any) -> str:
    try:
        actual = call.value(name)
    except KeyError:
        return f"it has no {name}"
    return "" if value == actual else f"{name} was {actual!r}"


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")
