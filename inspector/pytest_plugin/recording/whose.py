"""Which session of a recording is a test's: several tests may keep theirs in one file."""

from collections.abc import Iterator, Sequence

import pytest

from inspector.recording.session import Session


def names(item: pytest.Item) -> list[str]:
    """What a session of the test is called, `test_uploads.py::TestUploads::test_sends[pdf]`; then the same without its
    parameters, if it has any. Not as the node's id: that names folders, and pytest-xdist adds to it.
    """
    inside = [node.name for node in item.listchain() if isinstance(node, pytest.Class)]
    bare = getattr(item, "originalname", None) or item.name
    whole = ("::".join((item.path.name, *inside, name)) for name in (item.name, bare))
    return [*dict.fromkeys(whole)]


def own(sessions: Sequence[Session], names: Sequence[str]) -> Session | None:
    """The session that the test plays: the newest complete one of its first name that has any, else the newest that
    nobody has named; None if there are only those of other tests.
    """
    return next(filter(None, (_newest(sessions, name) for name in (*names, ""))), None)


def replaced(sessions: Sequence[Session], name: str, by: str) -> Iterator[str]:
    """The UUIDs of those that go when the session with the UUID `by` takes the place of all of this name."""
    return (one.uuid for one in sessions if one.name == name and one.uuid != by)


def _newest(sessions: Sequence[Session], name: str) -> Session | None:
    found = (one for one in sessions if one.name == name and one.parent is None and one.state == "complete")
    return max(found, key=lambda one: one.id, default=None)
