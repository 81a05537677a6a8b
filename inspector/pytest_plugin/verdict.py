"""Whether a test has failed because of its stub: told in the test, once, and beside its own failure if it has one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from inspector.testing.stub import GwsStub


@dataclass(slots=True)
class Staged:
    """A test's stub, which plays the `recording` (as it is told). `told`: the problems that the test was told of."""

    stub: "GwsStub"
    recording: str
    strict: bool
    told: list[str] = field(default_factory=list)

    def problems(self) -> str:
        """Those that nobody was told of yet, for people; empty if there are none."""
        fresh = [one for one in self.stub.problems(strict=self.strict) if one not in self.told]
        self.told += fresh
        return "\n".join((*fresh, f"  gws_stub played {self.recording}")) if fresh else ""


STAGED = pytest.StashKey[Staged]()


@contextmanager
def judged(item: pytest.Item) -> Iterator[None]:
    """Runs the test; fails it if nothing else has, but its stub has reasons to."""
    try:
        yield
    except (pytest.skip.Exception, pytest.xfail.Exception):
        raise
    except Exception:
        if text := _problems(item):
            item.add_report_section("call", "gws_stub", text)
        raise
    if text := _problems(item):
        pytest.fail(text, pytrace=False)


def late(item: pytest.Item) -> None:
    """Fails the test, which is over, because of what its fixtures have asked for since."""
    if text := _problems(item):
        pytest.fail(text, pytrace=False)


def _problems(item: pytest.Item) -> str:
    staged = item.stash.get(STAGED, None)
    return staged.problems() if staged else ""
