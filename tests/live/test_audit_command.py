"""`audit` as a command: its formats, its exit codes, where it writes, and that it disturbs nobody."""

import asyncio
import csv
import io
import json
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from inspector.demo import story as told_story
from inspector.demo.desktop import at_desk
from inspector.demo.people import AGENT
from inspector.demo.server import LookAlike
from inspector.demo.serving import serving
from tests.audit.sendings import HOSTILE, Sent, recorded
from tests.live.commands import run
from tests.live.processes import Ended, command
from tests.live.recorders import recording, rows
from tests.live.stories import Story


def change(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(sql)


@pytest.fixture
def copy(story: Story, tmp_path: Path) -> Path:
    shutil.copy(story.path, tmp_path / "copy.db")
    return tmp_path / "copy.db"


def test_people_see_rows_sums_and_what_it_rests_on(story: Story) -> None:
    ended = run("audit", story.path)
    assert (ended.code, ended.err) == (0, "")
    [session] = rows(story.path, "SELECT uuid FROM sessions")
    for word in ("notes.txt", "price-list.pdf", "0001PaBMYY3600RC", "refused", "GW303", "By agent", "sofia", "By day"):
        assert word in ended.out
    for word in ("This rests on", session["uuid"], "sha256", "complete", "findings about no transfer"):
        assert word in ended.out


def test_nothing_that_traffic_says_reaches_a_terminal_as_it_is(tmp_path: Path) -> None:
    path = recorded(tmp_path / "hostile.db", [Sent(name, name.encode() + b"!", name) for name in HOSTILE.values()])
    ended = run("audit", path)
    assert (ended.code, ended.err) == (0, "")
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", ended.out)
    shown = "".join(ended.out.split())
    for words in ("\\x1b[2J", "\\u202efdp.exe", "[boldred]x[/]", "../../"):
        assert words in shown, words


def test_it_runs_as_a_process_and_its_csv_is_nothing_but_csv(story: Story) -> None:
    ended = command("audit", story.path, "--format", "csv")
    assert (ended.code, ended.err) == (0, "")
    found = list(csv.DictReader(io.StringIO(ended.out.removeprefix("\ufeff"), newline="")))
    assert len(found) == rows(story.path, "SELECT count(*) AS n FROM transfers")[0]["n"]
    assert {row["recording"] for row in found} == {"story.db"}


@pytest.mark.parametrize("format", ["table", "csv", "json"])
def test_a_file_gets_what_standard_output_would(format: str, story: Story, tmp_path: Path) -> None:
    output = tmp_path / "ledger"
    ended = run("audit", story.path, "--format", format, "-o", output)
    assert (ended.code, ended.out, ended.err) == (0, "", "")
    written = output.read_bytes().decode()
    if format != "table":  # which is as wide as where it is shown
        assert written == command("audit", story.path, "--format", format).out
    assert "notes.txt" in written and output.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["ledger"]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ((), 0),
        (("--fail-on", "error"), 1),
        (("--fail-on", "warning"), 1),
        (("--fail-on", "error", "--select", "GW701"), 0),
        (("--fail-on", "info", "--select", "GW701"), 1),
        (("--fail-on", "info", "--select", "GW101"), 1),  # about no transfer
        (("--fail-on", "info", "--select", "GW701", "--ignore", "GW701"), 0),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else str(value),
)
def test_fail_on_decides_the_exit_code(options: tuple[str, ...], code: int, story: Story) -> None:
    assert run("audit", story.path, "--format", "csv", *options).code == code


def test_settings_decide_where_no_option_does(story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("gws-inspector.toml").write_text('[audit]\nfail_on = "error"\nformat = "csv"\n')
    ended = run("audit", story.path)
    assert ended.code == 1 and ended.out.startswith("\ufefftime,")
    assert run("audit", story.path, "--fail-on", "never").code == 0
    monkeypatch.setenv("GWS_INSPECTOR_AUDIT_FAIL_ON", "never")
    assert run("audit", story.path).code == 0


def test_ignored_findings_are_told_as_excused(story: Story) -> None:
    told = json.loads(run("audit", story.path, "--format", "json", "--ignore", "GW701").out)
    [notes] = [row for row in told["entries"] if row["name"] == "notes.txt"]
    assert "GW701" not in [one["rule"] for one in notes["findings"]]
    assert [one["rule"] for one in notes["excused"]] == ["GW701"]
    assert told["head"]["ignore"] == ["GW701"]


def test_a_policy_judges_in_place_of_the_sessions(story: Story, tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text('deny_extensions = ["pdf"]\n')
    options = ("--policy", tmp_path / "policy.toml", "--select", "GW503", "--fail-on", "error")
    told = json.loads(run("audit", story.path, "--format", "json", *options[:4]).out)
    assert {row["name"] for row in told["entries"] if row["findings"]} == {"price-list.pdf"}
    assert told["head"]["policy"] == {"deny_extensions": ["pdf"]}
    assert run("audit", story.path, "--format", "csv", "--select", "GW503", "--fail-on", "info").code == 0
    assert run("audit", story.path, "--format", "csv", *options[:4], "--fail-on", "info").code == 1


def test_an_incomplete_session_is_told_by_the_exit_code(copy: Path) -> None:
    change(copy, "UPDATE sessions SET state = 'incomplete', trouble = 'the disk was full'")
    ended = run("audit", copy, "--format", "csv")
    assert (ended.code, ended.err.count("\n")) == (3, 1)
    assert "the disk was full" in ended.err and "notes.txt" in ended.out


def test_the_same_session_in_two_files_counts_once(story: Story, copy: Path) -> None:
    told = run("audit", story.path, copy, "--format", "json")
    alone = json.loads(run("audit", story.path, "--format", "json").out)
    assert told.code == 0 and "counts once" in told.err
    assert json.loads(told.out)["entries"] == alone["entries"]
    assert json.loads(told.out)["totals"] == alone["totals"]


@pytest.mark.parametrize("kind", ["missing", "empty", "text", "folder", "cut", "bent", "torn"])
def test_what_is_no_recording_is_refused_in_one_line(kind: str, story: Story, copy: Path) -> None:
    bad = copy.parent / "bad.db"
    if kind == "folder":
        bad.mkdir()
    elif kind == "cut":
        bad.write_bytes(story.path.read_bytes()[:20_000])
    elif kind == "torn":
        content = bytearray(story.path.read_bytes())
        content[8192:] = bytes(len(content) - 8192)
        bad.write_bytes(content)
    elif kind == "bent":
        shutil.copy(story.path, bad)
        change(bad, "UPDATE transfers SET state = 'nonesuch'")
    elif kind != "missing":
        bad.write_bytes(b"" if kind == "empty" else b"nothing\n")
    ended = run("audit", bad, copy, "--format", "csv", "-o", copy.parent / "ledger.csv")
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1), ended
    assert not (copy.parent / "ledger.csv").exists()


@pytest.mark.parametrize(
    ("option", "value"), [("--session", "nonesuch"), ("--policy", "nonesuch.toml"), ("--select", "XX9")]
)
def test_what_is_not_there_is_refused_in_one_line(option: str, value: str, story: Story) -> None:
    ended = run("audit", story.path, option, value)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)


def test_a_recording_is_never_written_over(story: Story, copy: Path) -> None:
    before = copy.read_bytes()
    for output in (copy, copy.parent):
        ended = run("audit", story.path, "--format", "csv", "-o", output)
        assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert copy.read_bytes() == before


def test_what_lies_there_stays_if_the_audit_fails(copy: Path) -> None:
    output = copy.parent / "ledger.csv"
    output.write_text("yesterday's")
    change(copy, "UPDATE transfers SET state = 'nonesuch' WHERE id = (SELECT max(id) FROM transfers)")
    assert run("audit", copy, "--format", "csv", "-o", output).code == 2
    assert output.read_text() == "yesterday's"
    assert sorted(path.name for path in copy.parent.iterdir()) == ["copy.db", "ledger.csv"]


def test_a_folder_that_will_not_do_is_told_before_anything_is_written(story: Story, tmp_path: Path) -> None:
    (tmp_path / "evidence").mkdir()
    (tmp_path / "evidence" / "mine.txt").touch()
    ended = run("audit", story.path, "--extract", tmp_path / "evidence", "-o", tmp_path / "ledger.txt")
    assert (ended.code, ended.err.count("\n")) == (2, 1) and "is not empty" in ended.err
    assert run("audit", story.path, "--extract", tmp_path / "evidence") == ended
    assert [path.name for path in tmp_path.iterdir()] == ["evidence"]


def test_files_are_extracted_only_into_a_folder_of_their_own(story: Story, tmp_path: Path) -> None:
    ended = run("audit", story.path, "--format", "csv", "--extract", tmp_path / "out")
    assert ended.code == 0 and "2 files" in ended.err and "manifest.json" in ended.err
    again = run("audit", story.path, "--format", "csv", "--extract", tmp_path / "out")
    assert (again.code, again.err.count("\n")) == (2, 1) and "not empty" in again.err


async def _audited_at_half_time(path: Path) -> tuple[list[Ended], list[str], Ended]:
    looks, beside = [], list[str]()
    async with serving(LookAlike(poll_timeout=0.5)) as origin:
        with recording(origin, path) as recorder:
            async with at_desk(recorder.url, AGENT.user_name, AGENT.password) as desktop:
                async for step in told_story.play(desktop):
                    if step in (told_story.STEPS[6], told_story.STEPS[9]):
                        out = path.parent / f"out{len(looks)}"
                        look = ("audit", path, "--format", "json", "--extract", out)
                        looks.append(await asyncio.to_thread(command, *look))
                        beside += [found.name for found in path.parent.glob(f"{path.name}*")]
            return looks, beside, recorder.process.end()


def test_a_recording_can_be_audited_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "live.db"
    looks, beside, ended = asyncio.run(_audited_at_half_time(path))
    first, second = (json.loads(look.out) for look in looks)
    assert [look.code for look in looks] == [3, 3], "it is not complete yet"
    assert all("it is being recorded" in look.err for look in looks)
    assert [row["name"] for row in first["entries"]] == ["testfileUploadAgent.txt", "router-lights.png"]
    assert len(second["entries"]) > len(first["entries"])
    assert first["head"]["recordings"][0]["sessions"][0]["state"] == "open"
    assert "it is being recorded" in first["head"]["recordings"][0]["unsettled"]
    assert set(beside) == {"live.db", "live.db-wal", "live.db-shm"}
    assert (ended.code, "Traceback" in ended.err) == (0, False)
    assert rows(path, "SELECT state, trouble FROM sessions") == [{"state": "complete", "trouble": None}]
    told = json.loads(run("audit", path, "--format", "json").out)
    assert [row["name"] for row in told["entries"]][:2] == [row["name"] for row in first["entries"]]
    assert told["head"]["recordings"][0]["unsettled"] == ""
