"""`rules`, and what settings and options make of the catalogue; `check` tells what is selected, in every format."""

import json
import shutil
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from sarif_pydantic import Sarif

from inspector.analysis.rules import CATALOGUE
from tests.live.clients import ask
from tests.live.commands import run
from tests.live.recorders import recording, rows
from tests.live.servers import Upstream, response, says
from tests.recording.keeping import change

pytestmark = pytest.mark.once

SETTINGS = """
[rules]
select = ["GW4", "GW2"]
ignore = ["GW403"]
severity = { GW202 = "error", GW402 = "info" }
"""


SHIPPED = Path(__file__).parents[2] / "recordings" / "upload-file.db"


@pytest.fixture
def story(tmp_path: Path) -> Path:
    """The demo's story, with findings of most rules."""
    return Path(shutil.copy(SHIPPED, tmp_path / "story.db"))


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with settings."""
    (tmp_path / "gws-inspector.toml").write_text(SETTINGS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def listed(*arguments: object) -> dict[str, tuple[bool, str]]:
    """Code to whether it is on, and its severity."""
    ended = run("rules", "--format", "json", *arguments)
    assert ended.code == 0, ended.err
    return {rule["code"]: (rule["on"], rule["severity"]) for rule in json.loads(ended.out)}


def told(path: Path, *options: object) -> tuple[dict[str, str], list[str]]:
    """Rule to severity of what `check` tells, and the rules of what is excused."""
    ended = run("check", path, "--format", "json", *options)
    assert ended.code in (0, 1), ended.err
    [session] = json.loads(ended.out)
    found = {finding["rule"]: finding["severity"] for finding in session["findings"]}
    return found, [finding["rule"] for finding in session["excused"]]


def test_the_catalogue_is_listed_whole() -> None:
    ended = run("rules")
    assert ended.code == 0
    assert all(code in ended.out for code in CATALOGUE)
    assert listed() == {code: (True, rule.severity) for code, rule in sorted(CATALOGUE.items())}


def test_one_rule_is_explained_whole() -> None:
    ended = run("rules", "gw402")
    rule = CATALOGUE["GW402"]
    assert all(said in ended.out for said in ("GW402 error", rule.title, rule.source, rule.cure, "4xx"))
    assert "GW401" not in ended.out
    assert list(listed("GW40")) == [code for code in sorted(CATALOGUE) if code.startswith("GW40")]


def test_settings_change_the_catalogue(settings: Path) -> None:
    assert listed()["GW402"] == (True, "info")
    assert listed()["GW403"] == (False, "warning")
    assert listed()["GW101"] == (False, "error")
    assert "off" in run("rules", "GW403").out
    assert "info (by itself: error)" in run("rules", "GW402").out


def test_the_command_line_selects_anew_and_ignores_more(settings: Path) -> None:
    on = {code for code, (is_on, _) in listed("--select", "GW403,GW1").items() if is_on}
    assert on == {code for code in CATALOGUE if code.startswith(("GW403", "GW1"))}
    assert not listed("--ignore", "GW402")["GW402"][0]
    assert not listed("--ignore", "GW402")["GW403"][0]


@pytest.mark.parametrize("verb", ["check", "record", "rules"])
@pytest.mark.parametrize("option", ["--select", "--ignore"])
def test_an_unknown_code_is_a_usage_error_that_names_the_nearest(verb: str, option: str, tmp_path: Path) -> None:
    places = {"check": [tmp_path / "a.db"], "record": ["http://127.0.0.1:9", tmp_path / "a.db"], "rules": []}
    ended = run(verb, *places[verb], option, "GW101,GW411")
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert "'GW411': did you mean GW4" in ended.err
    assert not (tmp_path / "a.db").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[rules]\nselect = ["GW9"]', ["'GW9'"]),
        ('[rules]\nignore = ["GW402:"]', ["excuses nothing"]),
        ('[rules]\nseverity = { GW202 = "fatal" }', ["rules.severity.GW202", "fatal"]),
        ('[rules]\nseverity = { GW2O2 = "error" }', ["'GW2O2': did you mean GW202"]),
        ('[rules]\nselect = "GW4"', ["rules.select"]),
    ],
)
def test_settings_that_cannot_be_meant(
    text: str, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gws-inspector.toml").write_text(text)
    monkeypatch.chdir(tmp_path)
    ended = run("rules")
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert all(word in ended.err for word in words), ended.err


def test_check_tells_what_is_selected(story: Path, settings: Path) -> None:
    found, excused = told(story)
    assert {"GW401": "error", "GW402": "info", "GW202": "error"}.items() <= found.items()
    assert {rule[:3] for rule in found} == {"GW4", "GW2"}
    assert excused == ["GW403"]
    assert run("check", story, "--select", "GW402").code == 0, "it is only worth knowing here"
    assert run("check", story, "--select", "GW402", "--fail-on", "info").code == 1


def test_one_case_is_excused(story: Path) -> None:
    [lost] = rows(story, "SELECT exchange FROM findings WHERE rule = 'GW402'")
    [upload] = rows(story, "SELECT document FROM uploads WHERE exchange = ?", lost["exchange"])
    for case in (upload["document"], f"#{lost['exchange']}"):
        found, excused = told(story, "--ignore", f"GW402:{case},GW403:nobody")
        assert "GW402" not in found
        assert "GW403" in found
        assert excused == ["GW402"]
        assert "1 excused" in run("check", story, "--ignore", f"GW402:{case}").out


def test_a_recording_keeps_all_findings(story: Path, settings: Path) -> None:
    copy = settings / "copy.db"
    shutil.copy(story, copy)
    (settings / "none.toml").touch()
    run("--config", settings / "none.toml", "check", copy, "--save")
    before = rows(copy, "SELECT rule, severity FROM findings ORDER BY id")
    assert run("check", copy, "--save").code == 1
    assert rows(copy, "SELECT rule, severity FROM findings ORDER BY id") == before


def test_every_format_tells_the_same(story: Path) -> None:
    options = ("--ignore", "GW403")
    found, _ = told(story, *options)
    suites = ElementTree.fromstring(run("check", story, "--format", "junit", *options).out)
    junit = {case.attrib["name"][:5] for case in suites.iter("testcase") if case.find("failure") is not None}
    assert junit == {rule for rule, severity in found.items() if severity == "error"}
    passed = {case.attrib["name"].split()[0] for case in suites.iter("testcase") if not len(case)}
    assert passed == {"complete", *CATALOGUE} - found.keys() - {"GW403"}
    [ran] = Sarif.model_validate_json(run("check", story, "--format", "sarif", *options).out).runs
    results = ran.results or []
    suppressed = {one.rule_id for one in results if (one.model_extra or {}).get("suppressions")}
    assert {one.rule_id for one in results} - suppressed == found.keys()
    assert suppressed == {"GW403"}
    lines = run("check", story, "--format", "github", *options).out.splitlines()
    assert {line.partition("title=")[2][:5] for line in lines} == found.keys()


@pytest.mark.parametrize("format", ["json", "junit", "sarif", "github"])
def test_the_exit_code_is_the_same_in_every_format(format: str, story: Path) -> None:
    assert run("check", story, "--format", format).code == 1
    assert run("check", story, "--format", format, "--fail-on", "never").code == 0


def test_nothing_to_tell_is_a_report_too(story: Path) -> None:
    options = ("--select", "GW104")
    assert run("check", story, "--format", "github", *options).out == ""
    assert ElementTree.fromstring(run("check", story, "--format", "junit", *options).out).attrib["failures"] == "0"


def test_an_incomplete_recording_is_told_in_every_format(story: Path, tmp_path: Path) -> None:
    copy = tmp_path / "cut.db"
    shutil.copy(story, copy)
    change(copy, "UPDATE sessions SET state = 'incomplete', trouble = 'the disk\n::error::was full'")
    for format in ("junit", "sarif", "github"):
        ended = run("check", copy, "--format", format, "--fail-on", "never")
        assert ended.code == 3
        assert "was full" in ended.out
        assert not [line for line in ended.out.splitlines() if line.startswith("::error::")]


def test_record_tells_and_fails_by_the_selection(upstream: Upstream, tmp_path: Path) -> None:
    upstream.answers["/api/v2/me/chats/ignored"] = says(response(b'{"statusCode":3,"statusMessage":"no"}'))
    for ignore, code, words in (("GW202:ignored", 0, "1 excused"), ("GW202:other", 1, "1 warning")):
        path = tmp_path / f"{code}.db"
        with recording(upstream.url, path, "--fail-on", "info", "--select", "GW202", "--ignore", ignore) as recorder:
            ask(recorder.url, b"POST /api/v2/me/chats/ignored", body=b'{"operationName":"Accept"}')
            ended = recorder.process.end()
        assert ended.code == code, ended.err
        assert words in ended.err
        assert ("GW202" in ended.err) == bool(code), "its line is told as it happens"
        assert "GW202" in [row["rule"] for row in rows(path, "SELECT rule FROM findings")], "it is evidence"


def test_plain_mitmdump_takes_the_selection_too(upstream: Upstream, settings: Path) -> None:
    ended = run("record", upstream.url, settings / "a.db", "--print-command")
    for option in ("select=GW4", "select=GW2", "ignore=GW403", "severity=GW202=error"):
        assert f"--set inspector_{option}" in ended.out


def test_a_rule_that_is_not_told_of_does_not_block(upstream: Upstream, tmp_path: Path) -> None:
    upstream.answers["/api/v2/me/chats/blocked"] = says(response(b'{"statusCode":0}'))
    for ignore, status in (("GW103:blocked", 200), ("GW103:other", 400)):
        with recording(upstream.url, tmp_path / f"{status}.db", "--block", "--ignore", ignore) as recorder:
            reply = ask(recorder.url, b"POST /api/v2/me/chats/blocked", body=b'{"operationName":"AddAttachment"}')
            assert reply.status == status
