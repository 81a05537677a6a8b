"""Somebody's tests, in a folder of their own: run by pytest in a process of its own, as they would be."""

import asyncio
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from inspector.demo.server import LookAlike
from inspector.demo.serving import serving
from inspector.recording.reader import reading
from inspector.recording.session import Session
from tests.live.processes import PATIENCE, Ended, environment

PYTEST = ("-m", "pytest", "-p", "no:cacheprovider", "-p", "inspector.pytest_plugin", "-q", "-rA")
ALONE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1"}
"""Without other plugins, which take longer to load than such tests to run."""

TWO_WORKERS = ("-p", "xdist", "-n2", "--dist=loadgroup")

BADGE = "the-badge-of-sofia"
"""Is a secret by the project's settings."""

DESK = """
import os

import httpx
import pytest

from inspector.demo.people import AGENT


def ask(url, *paths, transport=None):
    user = (AGENT.user_name, AGENT.password)
    with httpx.Client(base_url=f"{url}/api/v2/", auth=user, transport=transport, trust_env=False) as http:
        return [http.get(path, headers={"X-Badge": "SECRET"}).status_code for path in paths]

""".replace("SECRET", BADGE)
"""What their tests begin with."""


class Project:
    """A folder with tests, and what they record; `room` names a folder in it, each of which has a file of tests and
    recordings beside it.
    """

    def __init__(self, folder: Path, ini: str = "") -> None:
        self.folder = folder
        (folder / "pytest.ini").write_text(f"[pytest]\naddopts = --import-mode=importlib\n{ini}")
        (folder / "gws-inspector.toml").write_text('[redaction]\nheaders = ["X-Badge"]')

    def put(self, tests: str, room: str = "", recording: Path | None = None) -> None:
        """Tests, in a file `test_desk.py`; and the recording `desk.db` as they find it."""
        self.recording(room).parent.mkdir(parents=True)
        (self.folder / room / "test_desk.py").write_text(DESK + tests)
        if recording:
            shutil.copy(recording, self.recording(room))

    def run(self, *options: str, **env: str) -> Ended:
        """Runs them: many processes one after the other, which together may take longer than one of them."""
        done = subprocess.run(
            [sys.executable, *PYTEST, *options],
            cwd=self.folder,
            env=_by_hand() | ALONE | env,
            capture_output=True,
            text=True,
            timeout=5 * PATIENCE,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def recording(self, room: str = "", name: str = "desk.db") -> Path:
        return self.folder / room / "recordings" / name

    def sessions(self, room: str = "") -> list[Session]:
        with reading(self.recording(room)) as recording:
            return recording.sessions()

    def paths(self, session: Session, room: str = "") -> list[str]:
        """What the client asked for in a session, below `/api/v2`."""
        with reading(self.recording(room)) as recording:
            events = list(recording.events(session))
            return [event.exchange.request.path.removeprefix("/api/v2/") for event in events[::2]]

    def files(self, room: str = "") -> list[str]:
        """All that lies among the recordings."""
        folder = self.recording(room).parent
        return sorted(str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file())


@contextmanager
def look_alike() -> Iterator[str]:
    """The look-alike in a thread of its own; gives its origin."""
    ready, stop = threading.Event(), asyncio.Event()
    found: list[str] = []

    async def serve() -> None:
        async with serving(LookAlike(poll_timeout=0.5)) as url:
            found.append(url)
            ready.set()
            await stop.wait()

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert ready.wait(PATIENCE)
    try:
        yield found[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


def _by_hand() -> dict[str, str]:
    """Not as in CI, where pytest says everything twice."""
    return {name: value for name, value in environment().items() if name not in ("CI", "BUILD_NUMBER")}
