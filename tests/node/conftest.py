"""Node.js with CometD's packages, Chromium, and the visits and shifts that tests look at."""

import asyncio
import contextlib
import functools
import os
import shutil
from collections.abc import Callable, Iterator
from typing import NoReturn

import pytest

from inspector.recording.reader import Recording, reading
from tests.node import shifts
from tests.node.packages import install
from tests.node.shifts import Shift
from tests.node.visits import Visit, visit


@pytest.fixture(scope="session")
def node() -> str:
    """Node.js, with the packages of package-lock.json in place. Where it must be there (CI), it is never skipped."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        if trouble := install(npm):
            pytest.fail(trouble)
        return node
    return _without("Node.js with npm is not on this machine")


@pytest.fixture(scope="session")
def chromium() -> str:
    """Chromium, or a browser made of it. Where it must be there (CI), it is never skipped."""
    found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    return next(filter(None, found), None) or _without("Chromium is not on this machine")


@pytest.fixture(scope="session")
def visited(node: str, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Visit]:
    """`visited(server, *wishes)`: a visit; the same one is made only once."""

    @functools.cache
    def make(server: str, *wishes: str) -> Visit:
        return asyncio.run(visit(node, server, *wishes, recording=tmp_path_factory.mktemp(server) / "visit.db"))

    return make


@pytest.fixture(scope="session")
def shift(node: str, tmp_path_factory: pytest.TempPathFactory) -> Shift:
    """An agent's work at one tab, recorded."""
    return asyncio.run(shifts.shift(node, tmp_path_factory.mktemp("shift") / "shift.db", "first"))


@pytest.fixture(scope="session")
def shift_at_two_tabs(node: str, tmp_path_factory: pytest.TempPathFactory) -> Shift:
    """The same, with two tabs open that are told the same."""
    return asyncio.run(shifts.shift(node, tmp_path_factory.mktemp("shift") / "shift.db", "first", "second"))


@pytest.fixture
def recording_of() -> Iterator[Callable[[Visit], Recording]]:
    """Opens the recording of a visit."""
    with contextlib.ExitStack() as stack:
        yield lambda visit: stack.enter_context(reading(visit.recording))


def _without(missing: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)
