"""`replay --report`: what CI reads when a run is over, whatever came of it."""

import json
import signal
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from tests.live.clients import ask
from tests.live.commands import run
from tests.live.processes import COMMAND, Ended, running
from tests.live.test_replay_settings import taken as taken
from tests.replay.fronts import Made, make

pytestmark = pytest.mark.once

OK = b'{"statusCode":0}'
JSON = [("Content-Type", "application/json")]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of one read and two operations."""
    path = tmp_path_factory.mktemp("report") / "it <&> \u202e.db"
    operations = [Made(f"/api/v2/{name}", 200, OK, JSON, method="POST") for name in ("first", "second")]
    return make(path, Made("/api/v2/me", 200, OK, JSON), *operations)


def played_to_the_end(
    path: Path, *options: object, asks: tuple[bytes, ...] = (), number: signal.Signals = signal.SIGINT
) -> Ended:
    with running(*COMMAND, "replay", path, "--listen", "127.0.0.1:0", *options) as process:
        url = process.url()
        for line in asks:
            ask(url, line)
        return process.end(number)


ALL = (b"GET /api/v2/me", b"POST /api/v2/first", b"POST /api/v2/second")
SOME = (b"GET /api/v2/me", b"POST /api/v2/first")
MISSES = (*ALL, b"POST /api/v2/first", b"GET /api/v2/none", b"GET /api/v2/none")
RUNS = [(ALL, (), 0), (SOME, (), 0), (SOME, ("--strict",), 1), (MISSES, (), 1), (MISSES, ("--strict", "-q"), 1)]
NAMES = ["all", "unused", "unused, strict", "misses", "misses, strict"]


@pytest.mark.parametrize(("asks", "options", "code"), RUNS, ids=NAMES)
def test_json_tells_how_the_run_went(played, tmp_path, asks, options, code):
    file = tmp_path / "run.json"
    ended = played_to_the_end(played, "--report", file, *options, asks=asks)
    told = json.loads(file.read_bytes())
    assert (ended.code, told["failed"]) == (code, code == 1), ended.err
    missed = asks.count(b"POST /api/v2/first") - 1 + asks.count(b"GET /api/v2/none")
    assert (told["asked"], told["answered"], told["missed"]) == (len(asks), len(asks) - missed, missed)
    assert [miss["times"] for miss in told["misses"]] == ([1, 2] if missed else [])
    unused = [] if b"POST /api/v2/second" in asks else ["/api/v2/second"]
    assert (told["operations"], [one["path"] for one in told["unused"]]) == (2, unused)


@pytest.mark.parametrize(("asks", "options", "code"), RUNS, ids=NAMES)
def test_junit_fails_exactly_when_the_command_does(played, tmp_path, asks, options, code):
    file = tmp_path / "run.XML"
    ended = played_to_the_end(played, "--report", file, *options, asks=asks, number=signal.SIGTERM)
    root = ElementTree.parse(file).getroot()
    [suite] = root
    cases = suite.findall("testcase")
    failures = suite.findall("testcase/failure")
    assert (root.tag, suite.tag) == ("testsuites", "testsuite")
    assert (suite.attrib["name"], suite.attrib["tests"]) == ("replay of it <&> \u202e.db", str(len(cases)))
    assert (ended.code, suite.attrib["failures"]) == (code, str(len(failures)))
    assert bool(failures) == (code == 1)
    names = [case.attrib["name"] for case in cases if case.attrib["classname"] == "replay.operations"]
    assert [name.split()[-1] for name in names] == ["/api/v2/first", "/api/v2/second"]
    if asks is MISSES:
        told = [failure.text or "" for failure in failures]
        assert "met once" in told[0] and "met 2 times" in told[1]
        assert "gws-inspector replay" in told[1], "what to do"


def test_a_report_takes_the_place_of_the_last_one_and_leaves_nothing_else(played, tmp_path):
    file = tmp_path / "run.json"
    file.write_text("the last one")
    played_to_the_end(played, "--report", file)
    assert json.loads(file.read_bytes())["asked"] == 0
    assert [found.name for found in tmp_path.iterdir()] == ["run.json"]


def test_who_may_read_a_report_is_up_to_the_umask(played, tmp_path):
    other = tmp_path / "other"
    other.touch()
    played_to_the_end(played, "--report", tmp_path / "run.json")
    assert (tmp_path / "run.json").stat().st_mode == other.stat().st_mode


def test_a_report_that_cannot_be_written_in_the_end_is_told_of_after_the_summary(played, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    with running(*COMMAND, "replay", played, "--listen", "127.0.0.1:0", "--report", folder / "run.json") as process:
        ask(process.url(), b"GET /api/v2/none")
        folder.rmdir()
        ended = process.end()
    *summary, error = ended.err.splitlines()
    assert (ended.code, "1 missed" in "".join(summary), "run.json cannot be written" in error) == (2, True, True), (
        ended.err
    )
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("run.txt", [".json", ".xml", "JUnit"]),
        ("run", [".json"]),
        ("none/run.json", ["No such file or directory"]),
        ("file/run.xml", ["Not a directory"]),
        ("folder.json", ["folder"]),
        (f"{'x' * 300}.json", ["too long"]),
    ],
    ids=["txt", "no suffix", "no folder", "a file as folder", "a folder", "too long"],
)
def test_a_report_that_cannot_be_is_refused_before_anything_is_served(played, taken, tmp_path, name, words):
    (tmp_path / "file").touch()
    (tmp_path / "folder.json").mkdir()
    before = sorted(tmp_path.iterdir())
    ended = run("replay", played, "--listen", taken, "--report", tmp_path / name)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1), ended.err
    assert all(word in ended.err for word in words), ended.err
    assert sorted(tmp_path.iterdir()) == before
