"""`--json`: every command that tells something tells it to scripts, too, on stdout and nothing besides."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.live.commands import run
from tests.live.recorders import rows
from tests.live.stories import Story
from tests.recording.played import Recording

pytestmark = pytest.mark.once


def given(*arguments: object, code: int = 0) -> Any:
    """The one JSON value that the command prints."""
    ended = run(*arguments)
    assert ended.code == code, ended.err
    return json.loads(ended.out)


@pytest.mark.parametrize(
    "words",
    [("audit", "RECORDING"), ("diff", "RECORDING", "RECORDING"), ("check", "RECORDING"), ("rules",), ("rules", "GW4")],
    ids=" ".join,
)
def test_it_is_the_same_as_format_json(words: tuple[str, ...], story: Story) -> None:
    asked = [str(story.path) if word == "RECORDING" else word for word in words]
    told = run(*asked, "--json")
    assert told == run(*asked, "--format", "json") == run(*asked, "--format", "json", "--json")
    assert json.loads(told.out)


@pytest.mark.parametrize("command", ["audit", "check"])
def test_two_formats_cannot_both_be_meant(command: str, story: Story) -> None:
    other = {"audit": "csv", "check": "junit"}[command]
    ended = run(command, story.path, "--json", "--format", other)
    assert (ended.code, ended.out) == (2, "")
    assert f"--json and --format {other}" in ended.err


def test_it_wins_over_what_is_set(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GWS_INSPECTOR_CHECK_FORMAT", "junit")
    assert given("check", story.path, "--json", code=1)[0]["findings"]


def test_trim_says_what_came_through(story: Story, tmp_path: Path) -> None:
    out = tmp_path / "small.db"
    told = given("trim", story.path, out, "--agent", "sofia", "--redact", "/text", "--redact", "/nowhere", "--json")
    exchanges = rows(out, "SELECT count(*) AS n FROM exchanges")[0]["n"]
    assert told["recording"] == str(out)
    assert (told["kept"], told["bytes_after"]) == (exchanges, out.stat().st_size)
    assert 0 < told["changed"] < told["kept"] <= told["exchanges"]
    assert told["redacted"] == {"/text": True, "/nowhere": False}


def test_export_and_import_say_what_came_over(story: Story, tmp_path: Path) -> None:
    har, back = tmp_path / "it.har", tmp_path / "back.db"
    [session] = rows(story.path, "SELECT uuid FROM sessions")
    told = given("export", story.path, har, "--bodies", "digest", "--json")
    assert (told["file"], told["session"], told["state"]) == (str(har), session["uuid"], "complete")
    assert {one["kind"]: one["count"] for one in told["lost"]}["left out"] > 0
    assert all(str(one["count"]) in one["text"] for one in told["lost"])
    told = given("import", har, back, "--json", "-q")
    [session] = rows(back, "SELECT uuid FROM sessions")
    assert (told["recording"], told["session"]) == (str(back), session["uuid"])
    assert told["exchanges"] == rows(back, "SELECT count(*) AS n FROM exchanges")[0]["n"]
    assert told["calls"] == rows(back, "SELECT count(*) AS n FROM calls")[0]["n"]
    assert told["findings"]["error"] == len(rows(back, "SELECT 1 FROM findings WHERE severity = 'error'"))
    assert any(one["kind"] == "got" for one in told["lost"])


def test_an_export_to_stdout_leaves_no_room_for_it(story: Story) -> None:
    ended = run("export", story.path, "-", "--json")
    assert (ended.code, ended.out) == (2, "")
    assert "--json" in ended.err


def test_trim_says_that_a_session_is_not_over(tmp_path: Path) -> None:
    path = tmp_path / "open.db"
    recorder = Recording(path)
    recorder.ask("GET", "/api/v2/me", b"", {"statusCode": 0})
    ended = run("trim", path, tmp_path / "small.db", "--json")
    size = path.stat().st_size
    recorder.close()
    assert ended.code == 0 and "session 1 is open" in ended.err
    assert json.loads(ended.out)["bytes_before"] > size, "what lies beside the file is counted, too"
