"""What is known of a run at its end: which recordings its tests played, and how far that tells what nobody needs.

Imported with every run of pytest: nothing heavy here. Under pytest-xdist each worker knows of its tests, and hands it
to the controller.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

NAME = "gws_inspector"
"""Under which a worker's knowledge travels."""


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


class Run:
    """Follows the run as a plugin of pytest."""

    def __init__(self, config: pytest.Config) -> None:
        self.seen = Seen()
        self._config = config
        self._items: list[pytest.Item] = []
        self._outcomes: dict[str, bool] = {}

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self.seen.is_broken = self.seen.is_broken or report.failed
        if report.passed and report.nodeid.endswith(".py"):
            self.seen.files.add(real(self._config.rootpath / report.nodeid))

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        if "gws_stub" in getattr(item, "fixturenames", ()):
            self._items.append(item)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if self._items:
            before = report.when == "setup" or self._outcomes.get(report.nodeid, False)
            self._outcomes[report.nodeid] = before and report.passed

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """A worker's last word."""
        self._finish()
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            output[NAME] = self.seen.value()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """On pytest-xdist's controller; a worker that was killed has said nothing."""
        told = getattr(node, "workeroutput", {}).get(NAME)
        self.seen.add(Seen.of(told) if told else Seen(is_broken=True))

    def pytest_terminal_summary(self, terminalreporter: Any, exitstatus: int) -> None:
        if self.seen.played or self._config.getoption("gws_prune"):
            from inspector.pytest_plugin.leftovers.ending import end

            end(self._config, self.seen, terminalreporter, exitstatus)

    def _finish(self) -> None:
        over = {item.nodeid: self._outcomes.get(item.nodeid, False) for item in self._items}
        self.seen.passed |= {test for test, passed in over.items() if passed}
        if self.seen.played or self.seen.written:
            self.seen.needing |= dict(self._named())

    def _named(self) -> Iterator[tuple[str, str]]:
        from inspector.pytest_plugin.staging import recording_of

        for item in self._items:
            found = recording_of(item)
            yield item.nodeid, real(found) if found else ""


def real(path: Path) -> str:
    """The one name of a file."""
    return str(path.resolve())


RUN = pytest.StashKey[Run]()
