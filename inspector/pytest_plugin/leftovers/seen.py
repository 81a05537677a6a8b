"""What is known of a run of tests: which recordings they played, and what of them was asked for.

Imported with every run of pytest: nothing heavy here.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest


@dataclass(slots=True)
class Played:
    """What tests did with one recording: the `operations` (name, method and path, by number) of the sessions that were
    played, those that were `used`, the UUIDs of these sessions, and as what tests `asked` for one.
    """

    operations: dict[int, tuple[str, str, str]] = field(default_factory=dict)
    used: set[int] = field(default_factory=set)
    sessions: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)

    def add(self, other: "Played") -> None:
        """What else was done with it."""
        self.operations |= other.operations
        self.used |= other.used
        self.sessions |= other.sessions
        self.asked |= other.asked


@dataclass(slots=True)
class Seen:
    """Paths are absolute, tests are told by their ids. `files` were collected whole; `needing` are the tests that need
    a stub, each with the recording that it names (empty if there is none); `passed` are those of them that ran and
    passed; `written` are recordings that a test has written.
    """

    files: set[str] = field(default_factory=set)
    needing: dict[str, str] = field(default_factory=dict)
    passed: set[str] = field(default_factory=set)
    played: defaultdict[str, Played] = field(default_factory=lambda: defaultdict(Played))
    written: set[str] = field(default_factory=set)
    is_broken: bool = False
    """Something could not be collected, or nobody knows what a worker has seen."""

    def add(self, other: "Seen") -> None:
        """What another process has seen of the same run."""
        self.files |= other.files
        self.needing |= other.needing
        self.passed |= other.passed
        self.written |= other.written
        self.is_broken = self.is_broken or other.is_broken
        for path, played in other.played.items():
            self.played[path].add(played)

    def value(self) -> dict[str, Any]:
        """As plain values, for another process."""
        played = {
            path: [one.operations, sorted(one.used), sorted(one.sessions), sorted(one.asked)]
            for path, one in self.played.items()
        }
        lists = {"files": sorted(self.files), "passed": sorted(self.passed), "written": sorted(self.written)}
        return {**lists, "needing": self.needing, "played": played, "is_broken": self.is_broken}

    @classmethod
    def of(cls, value: dict[str, Any]) -> "Seen":
        """From plain values."""
        seen = cls(set(value["files"]), value["needing"], set(value["passed"]), written=set(value["written"]))
        seen.is_broken = value["is_broken"]
        for path, (operations, *sets) in value["played"].items():
            seen.played[path] = Played(operations, *map(set, sets))
        return seen


SEEN = pytest.StashKey[Seen]()
"""Where the configuration of a run has it."""


def real(path: Path) -> str:
    """The one name of a file."""
    return str(path.resolve())
