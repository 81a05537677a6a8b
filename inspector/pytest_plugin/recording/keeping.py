"""What a test has recorded, kept if it has passed: not before it and all of its fixtures are over."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from inspector.errors import InspectorError
from inspector.pytest_plugin.recording.whose import replaced
from inspector.recording.reader import reading
from inspector.recording.trimming.dropping import drop
from inspector.testing.stub import GwsStub
from inspector.testing.upstream.draft import Draft


@dataclass(slots=True)
class Keeping:
    """A draft that a test writes. `is_new` tells whether it has; the session `by` (a UUID) takes the place of all that
    are called as `replaces`, if that is not empty.
    """

    draft: Draft
    is_new: Callable[[], bool] = lambda: True
    replaces: str = ""
    by: str = ""
    passed: list[bool] = field(default_factory=list)

    def keep(self) -> None:
        """What was recorded comes to its place. Raises InspectorError."""
        if not self.is_new():
            self.draft.discard()
            return
        if self.replaces:
            with reading(self.draft.path) as recording:
                uuids = list(replaced(recording.sessions(), self.replaces, self.by))
            if uuids:
                drop(self.draft.path, uuids)
        self.draft.put()


_KEEPING = pytest.StashKey[Keeping]()


def begin(item: pytest.Item, keeping: Keeping) -> None:
    """The test has begun to write it."""
    item.stash[_KEEPING] = keeping


def end(item: pytest.Item, stub: GwsStub) -> None:
    """Nothing more will be written. What has not passed by now never will. Raises InspectorError."""
    is_whole = False
    try:
        stub.close()
        is_whole = True
    finally:
        keeping = item.stash.get(_KEEPING, None)
        if keeping and not (is_whole and keeping.passed and all(keeping.passed)):
            _forget(item)


def noted(item: pytest.Item, report: pytest.TestReport) -> None:
    """The test itself is over, or a part of it."""
    if keeping := item.stash.get(_KEEPING, None):
        keeping.passed.append(report.passed)


@contextmanager
def kept(item: pytest.Item) -> Iterator[None]:
    """Runs what the fixtures do after the test; keeps what was recorded if all of them are content."""
    try:
        yield
        keeping = item.stash.get(_KEEPING, None)
        if keeping:
            keeping.keep()
    except InspectorError as error:
        raise pytest.fail.Exception(f"gws_stub: {error}", pytrace=False) from None
    finally:
        _forget(item)


def _forget(item: pytest.Item) -> None:
    """The draft goes, if it is still there."""
    if keeping := item.stash.get(_KEEPING, None):
        del item.stash[_KEEPING]
        keeping.draft.discard()
