"""Follows a run of pytest to its end: then it tells what of the recordings nobody needed.

Imported with every run of pytest: nothing heavy here. Under pytest-xdist each worker knows of its tests, and hands it
to the controller.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from inspector.pytest_plugin.leftovers.seen import SEEN, Seen, real

NAME = "gws_inspector"
"""Under which a worker's knowledge travels."""

_BY = {"gws_stub", "request"}
"""The fixtures by which a test comes to its stub: with the second it may do so only when it runs."""


class Run:
    """Follows the run as a plugin of pytest."""

    def __init__(self, config: pytest.Config) -> None:
        self.seen = config.stash[SEEN] = Seen()
        self._config = config
        self._items: list[pytest.Item] = []
        self._outcomes: dict[str, list[bool]] = {}

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self.seen.is_broken = self.seen.is_broken or report.failed
        if report.passed and report.nodeid.endswith(".py"):
            self.seen.files.add(real(self._config.rootpath / report.nodeid))

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        if not _BY.isdisjoint(getattr(item, "fixturenames", ())):
            self._items.append(item)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "setup":  # it begins, perhaps once more
            self._outcomes[report.nodeid] = []
        self._outcomes.setdefault(report.nodeid, []).append(report.passed)

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
        if self.seen.played or self.seen.written:
            self.seen.needing |= dict(self._named())
            self.seen.passed |= {test for test in self.seen.needing if self._has_passed(test)}

    def _has_passed(self, test: str) -> bool:
        """Set up, called, and torn down: with `--setup-only` it was not called."""
        told = self._outcomes.get(test, [])
        return len(told) > 2 and all(told)

    def _named(self) -> Iterator[tuple[str, str]]:
        """The tests that have a recording, or want one."""
        from inspector.pytest_plugin.staging import recording_of

        for item in self._items:
            found = recording_of(item)
            if found or "gws_stub" in getattr(item, "fixturenames", ()):
                yield item.nodeid, real(found) if found else ""
