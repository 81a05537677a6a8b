"""Whether a test has failed because of its stub: told in the test, once, and beside its own failure if it has one."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from inspector.testing.stub import GwsStub


@dataclass(slots=True)
class Staged:
    """A test's stub, which plays the `recording` (as it is told), or `did` something else with it. `told`: the problems
    that the test was told of. `excused`: it was skipped or broken off, so nobody knows what it would have done.
    """

    stub: "GwsStub"
    recording: str
    strict: bool
    did: str = "played"
    excused: bool = False
    told: list[str] = field(default_factory=list)

    def problems(self, *, strict: bool = False) -> str:
        """Those that nobody was told of yet, for people; empty if there are none."""
        fresh = [one for one in self.stub.problems(strict=strict) if one not in self.told]
        self.told += fresh
        return "\n".join((*fresh, self._where)) if fresh else ""

    def account(self) -> str:
        """Why the test may have failed by itself: problems that nobody was told of yet, and what happened."""
        problems = self.problems().removesuffix(self._where)
        return "\n".join((*problems.splitlines(), *self.stub.happened(), self._where))

    @property
    def _where(self) -> str:
        return f"  gws_stub {self.did} {self.recording}"


STAGED = pytest.StashKey[Staged]()

_ENDS_OTHERWISE = (pytest.skip.Exception, pytest.xfail.Exception, pytest.exit.Exception, KeyboardInterrupt)
"""Of a test that was skipped, or of a whole run that was broken off: what fails then is no test, but pytest."""


def passed(item: pytest.Item) -> None:
    """The test has not failed by itself: it does if its stub has reasons to."""
    staged = item.stash.get(STAGED, None)
    if staged is None:
        return
    if kept := getattr(item, "_excinfo", None):  # of a unittest.TestCase: pytest tells of them later
        failed(item, "call", kept[0].value)
    elif text := staged.problems(strict=staged.strict and not _goes_on(item)):
        pytest.fail(text, pytrace=False)


def failed(item: pytest.Item, when: str, error: BaseException) -> None:
    """The test (`when` is "call") or a fixture of it ("setup") has failed or was skipped by itself."""
    staged = item.stash.get(STAGED, None)
    if staged is None:
        return
    if isinstance(error, _ENDS_OTHERWISE):
        staged.excused = True
    else:
        staged.strict = False  # it did not come to the rest
        try:
            text = staged.account()
        except Exception as mistake:  # of ours, which must not stand in the place of the test's own
            text = f"what happened cannot be told ({mistake!r}): please report this"
        item.add_report_section(when, "gws_stub", text)


def late(item: pytest.Item) -> None:
    """Fails the test, which is over, because of what its fixtures have asked for since, or what nobody has."""
    staged = item.stash.get(STAGED, None)
    if staged and not staged.excused and (text := staged.problems(strict=staged.strict)):
        pytest.fail(text, pytrace=False)


def _goes_on(item: pytest.Item) -> bool:
    """Whether other fixtures use the stub: they may ask for the rest when they end, as who logs out does."""
    fixtures = getattr(item, "_fixtureinfo", None)
    definitions = fixtures.name2fixturedefs.values() if fixtures else ()
    return any("gws_stub" in one.argnames for several in definitions for one in several)
