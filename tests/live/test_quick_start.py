"""`replay` answers soon after it was started: nothing is imported on the way that it takes long to import."""

import base64
import json
from pathlib import Path

import pytest

from inspector.replay.plans.keeping import keep
from tests.benchmarks import generate
from tests.benchmarks.story import LOGIN, PASSWORD, USER
from tests.live.clients import ask
from tests.live.commands import run
from tests.live.processes import running
from tests.recording.keeping import change

HEAVY = {"pydantic", "pydantic_settings", "sqlite_utils", "rich", "httpx", "mitmproxy", "python_multipart"}

COMMAND = """
import atexit, json, sys
atexit.register(lambda: print("loaded", json.dumps(sorted(sys.modules))))
from inspector.cli import main
main(prog_name="gws-inspector")
"""


@pytest.fixture
def ready(tmp_path: Path) -> Path:
    return generate.recording(tmp_path / "recording.db", 3, login=True)


def loaded(path: Path, *options: object) -> set[str]:
    """The modules in a replay of the recording that has given one answer."""
    with running("-c", COMMAND, "replay", path, "--listen", "127.0.0.1:0", "-q", *options, cwd=path.parent) as process:
        credentials = base64.b64encode(f"{USER}:{PASSWORD}".encode())
        reply = ask(process.url(), b"GET " + LOGIN.encode(), b"Authorization: Basic " + credentials)
        assert reply.status == 200
        ended = process.end()
    assert ended.code == 0, ended.err
    [told] = [line.removeprefix("loaded ") for line in ended.out.splitlines() if line.startswith("loaded ")]
    return set(json.loads(told))


def test_the_first_answer_does_not_wait_for_what_it_does_not_need(ready: Path) -> None:
    assert HEAVY & loaded(ready) == set()


def test_who_has_settings_or_no_plans_kept_waits_longer_and_is_answered_all_the_same(ready: Path) -> None:
    assert "pydantic" in loaded(ready, "--ignore", "/metrics")
    (ready.parent / "gws-inspector.toml").write_text("[replay]\nreuse = true\n")
    assert "pydantic_settings" in loaded(ready)
    (ready.parent / "gws-inspector.toml").unlink()
    change(ready, "DELETE FROM prepared")
    assert "pydantic" in loaded(ready)
    keep(ready)
    assert "pydantic" not in loaded(ready)


def test_judging_it_anew_makes_an_older_recording_ready(ready: Path) -> None:
    change(ready, "DELETE FROM prepared")
    run("check", "--save", ready)
    assert "pydantic" not in loaded(ready)
