"""Node.js with CometD's packages, and the visits that tests look at."""

import asyncio
import contextlib
import fcntl
import functools
import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator

import pytest

from inspector.recording.reader import Recording, reading
from tests.node.visits import HERE, Visit, visit


@pytest.fixture(scope="session")
def node() -> str:
    """Node.js, with the packages of package-lock.json in place. Where it must be there (CI), it is never skipped."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        _install(npm)
        return node
    missing = "Node.js with npm is not on this machine"
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)


@pytest.fixture(scope="session")
def visited(node: str, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Visit]:
    """`visited(server, *wishes)`: a visit; the same one is made only once."""

    @functools.cache
    def make(server: str, *wishes: str) -> Visit:
        return asyncio.run(visit(node, server, *wishes, recording=tmp_path_factory.mktemp(server) / "visit.db"))

    return make


@pytest.fixture
def recording_of() -> Iterator[Callable[[Visit], Recording]]:
    """Opens the recording of a visit."""
    with contextlib.ExitStack() as stack:
        yield lambda visit: stack.enter_context(reading(visit.recording))


def _install(npm: str) -> None:
    """Once for each package-lock.json, by the test process that comes first; the others wait."""
    lock, stamp = HERE / "package-lock.json", HERE / "node_modules" / ".installed"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    with lock.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if stamp.is_file() and stamp.read_text() == wanted:
            return
        done = subprocess.run([npm, "ci"], cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            pytest.fail(f"npm ci has failed:\n{done.stdout}")
        stamp.write_text(wanted)
