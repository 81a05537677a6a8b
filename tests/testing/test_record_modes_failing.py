"""What a test has recorded that did not pass: nothing. Its recording is as it was, and there is nothing beside it."""

import os
import shutil
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.live.processes import Process, eventually
from tests.test_readme import ROOT
from tests.testing.projects import ALONE, PYTEST, Project, look_alike

SHIPPED = ROOT / "recordings" / "upload-file.db"

NEW = """
def new(stub):
    assert ask(stub.url, "me/chats") == [200]
    return stub.journal[-1].fault

"""

ADDING = """
pytestmark = pytest.mark.gws_recording("desk.db", record="new_episodes")


@pytest.fixture
def untidy(gws_stub):
    yield gws_stub
    assert new(gws_stub) == "this fixture is not content"


@pytest.fixture(autouse=True)
def untidy_outside(request):
    yield
    assert "outside" not in request.node.name, "nor is this one, which goes on longer"


@pytest.fixture
def unlucky(gws_stub):
    assert new(gws_stub) == "this fixture cannot be had"


def test_fails(gws_stub):
    assert new(gws_stub) == "this is not so"


def test_expects_more(gws_stub):
    gws_stub.expect("UploadFile")
    assert new(gws_stub) == "forwarded"


def test_fails_as_it_should(gws_stub, request):
    request.applymarker(pytest.mark.xfail(reason="it is known"))
    raise AssertionError(new(gws_stub))


@pytest.mark.xfail(reason="it is not, any more", strict=True)
def test_passes_as_it_should_not(gws_stub):
    assert new(gws_stub) == "forwarded"


def test_fails_in_a_part(gws_stub, subtests):
    with subtests.test("a part"):
        assert new(gws_stub) == "this is not so"


def test_is_skipped(gws_stub):
    new(gws_stub)
    pytest.skip("it has seen enough")


def test_fails_after(untidy):
    assert new(untidy) == "forwarded"


def test_fails_outside(gws_stub):
    assert new(gws_stub) == "forwarded"


def test_fails_before(unlucky):
    pass
"""

REWRITING = """
from pathlib import Path

pytestmark = pytest.mark.gws_recording("desk.db", record="rewrite")


@pytest.fixture
def armed(gws_stub):
    gws_stub.faults.refuse("UploadFile")
    return gws_stub


def test_arms_a_fault(gws_stub):
    assert not new(gws_stub)
    gws_stub.faults.refuse("UploadFile")


def test_arms_a_fault_before(armed):
    pass


def test_whose_recorder_dies(gws_stub):
    assert not new(gws_stub)
    recorder = gws_stub._recorder._process
    recorder.kill()
    recorder.wait()


def test_whose_recorder_cannot_write(gws_stub):
    recorder = gws_stub._recorder._process.pid
    [scribe] = Path(f"/proc/{recorder}/task/{recorder}/children").read_text().split()
    os.kill(int(scribe), 9)
    assert ask(gws_stub.url, "me") == [200]


@pytest.mark.gws_recording("new/folder/desk.db")
def test_has_no_recording_yet(gws_stub):
    assert new(gws_stub) == "this is not so"
"""


def run_in_vain(folder: Path, tests: str) -> tuple[str, dict[str, str]]:
    """What a run of these tests prints, and their outcomes; none of them leaves a trace."""
    project = Project(folder)
    project.put(NEW + tests, "", SHIPPED)
    with look_alike() as upstream:
        ended = project.run(f"--gws-upstream={upstream}")
    assert project.recording().read_bytes() == SHIPPED.read_bytes()
    assert [one.name for one in project.recording().parent.iterdir()] == ["desk.db"]
    told = [line.split()[:2] for line in ended.out.partition("short test summary info")[2].splitlines()]
    return ended.out, {words[1].rpartition("::")[2]: words[0] for words in told if "::" in words[-1]}


@pytest.mark.once
def test_who_has_not_passed_adds_nothing(tmp_path: Path) -> None:
    out, outcomes = run_in_vain(tmp_path, ADDING)
    assert outcomes == {
        "test_fails": "FAILED",
        "test_expects_more": "FAILED",
        "test_fails_as_it_should": "XFAIL",
        "test_passes_as_it_should_not": "FAILED",
        "test_fails_in_a_part": "FAILED",
        "test_fails_after": "ERROR",
        "test_fails_outside": "ERROR",
        "test_fails_before": "ERROR",
    }, out
    assert "it has seen enough" in out


@pytest.mark.once
def test_who_has_not_passed_replaces_nothing(tmp_path: Path) -> None:
    out, outcomes = run_in_vain(tmp_path, REWRITING)
    assert outcomes == {
        "test_whose_recorder_dies": "FAILED",
        "test_whose_recorder_cannot_write": "ERROR",
        "test_has_no_recording_yet": "FAILED",
    }, out
    skipped = [line for line in out.splitlines() if line.startswith("SKIPPED")]
    assert [line.partition(": ")[2] for line in skipped] == ["a fault is played, not recorded"] * 2
    assert out.count("the recorder has ended by itself (-9)") == 1
    assert "was ended by SIGKILL" in out


ENDLESS = """
@pytest.mark.gws_recording("desk.db")
def test_never_ends(gws_stub):
    assert ask(gws_stub.url, "me") == [200]
    print("asked", flush=True)
    gws_stub.wait_for("UploadFile", timeout=600)


@pytest.mark.gws_recording("desk.db")
def test_leaves(gws_stub):
    assert ask(gws_stub.url, "me") == [200]
    os._exit(7)
"""


@pytest.mark.once
@pytest.mark.parametrize("how", ["SIGKILL", "SIGINT", "os._exit"])
def test_an_interrupted_test_leaves_the_old_recording(tmp_path: Path, how: str) -> None:
    project = Project(tmp_path)
    project.put(ENDLESS, "", SHIPPED)
    chosen = "leaves" if how == "os._exit" else "never"
    with look_alike() as upstream:
        options = ("-s", "-k", chosen, "--gws-record=all", f"--gws-upstream={upstream}")
        process = Process([*PYTEST, *options], cwd=project.folder, env=ALONE)
        try:
            if how != "os._exit":
                process.line("asked")
                [draft] = set(project.files()) - {"desk.db"} - beside(project)
                assert count(project.recording(name=draft)) == count(SHIPPED) + 1
                process.send(signal.Signals[how])
            ended = process.wait()
        finally:
            process.close()
        assert ended.code == {"SIGKILL": -9, "SIGINT": pytest.ExitCode.INTERRUPTED, "os._exit": 7}[how], ended.err
        eventually(lambda: project.files() == ["desk.db"])
    assert project.recording().read_bytes() == SHIPPED.read_bytes()


def beside(project: Project) -> set[str]:
    return {name for name in project.files() if name.endswith(("-wal", "-shm"))}


def count(recording: Path) -> int:
    """How many exchanges it holds."""
    with closing(sqlite3.connect(f"{recording.as_uri()}?mode=ro", uri=True)) as db:
        [[exchanges]] = db.execute("SELECT count(*) FROM exchanges")
    return int(exchanges)


@pytest.mark.once
def test_what_cannot_be_recorded_says_so_in_a_line(tmp_path: Path) -> None:
    project = Project(tmp_path)
    one = '@pytest.mark.gws_recording({})\ndef test_{}(gws_stub):\n    raise AssertionError("it has begun")\n\n\n'
    tests = (('"desk.db"', "no_recording"), ('"text.txt/desk.db"', "no_folder"), ('"story.db", session="1"', "an_id"))
    project.put("".join(one.format(*each) for each in tests))
    shutil.copy(SHIPPED, project.recording(name="story.db"))
    project.recording().write_text("hello")
    project.recording(name="text.txt").write_text("hello")
    before = os.listdir(project.recording().parent)
    ended = project.run("--gws-record=all", "--gws-upstream=http://127.0.0.1:9")
    assert "it has begun" not in ended.out
    lines = [line for line in ended.out.splitlines() if line.startswith("gws_stub: ")]
    assert lines[0] == f"gws_stub: {project.recording()} is not a recording: it is no SQLite file"
    assert lines[1].startswith("gws_stub: cannot write to")
    assert lines[2].startswith("gws_stub: session 1 is there already")
    assert os.listdir(project.recording().parent) == before
