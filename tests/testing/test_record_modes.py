"""The same tests against a server, and then without: what each record mode makes of a recording."""

import base64
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector.demo.people import AGENT
from inspector.errors import UsageError
from inspector.pytest_plugin import MODES
from inspector.pytest_plugin.recording.modes import Extend, Play, Record, decide
from tests.test_readme import ROOT
from tests.testing.projects import BADGE, TWO_WORKERS, Project, look_alike

UPSTREAM = "http://gws.example"


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    with look_alike() as url:
        yield url


@pytest.mark.parametrize(
    ("mode", "exists", "step"),
    [
        ("none", False, Play()),
        ("none", True, Play()),
        ("once", False, Record(UPSTREAM)),
        ("once", True, Play()),
        ("new_episodes", False, Record(UPSTREAM)),
        ("new_episodes", True, Extend(UPSTREAM)),
        ("all", False, Record(UPSTREAM)),
        ("all", True, Record(UPSTREAM)),
        ("rewrite", False, Record(UPSTREAM, replaces=True)),
        ("rewrite", True, Record(UPSTREAM, replaces=True)),
    ],
)
def test_a_mode_decides(mode: str, exists: bool, step: object) -> None:
    assert decide(mode, exists, UPSTREAM) == step
    if isinstance(step, Play):
        assert decide(mode, exists, "") == step
    else:
        with pytest.raises(UsageError, match="--gws-upstream URL"):
            decide(mode, exists, "")


def test_no_other_mode_is_known() -> None:
    for mode in ("", "None", "never"):
        with pytest.raises(UsageError, match=", ".join(MODES)):
            decide(mode, True, UPSTREAM)


READS = """
@pytest.mark.gws_recording("desk.db"RECORD)
def test_reads(gws_stub):
    assert ask(gws_stub.url, PATHS) == [200] * len((PATHS,))
    assert [entry.path for entry in gws_stub.journal] == [f"/api/v2/{path}" for path in (PATHS,)]
    assert not gws_stub.findings
"""

TOGETHER = """
@pytest.mark.parametrize("path", ["me", pytest.param("me/chats", marks=[MARKS])])
@pytest.mark.gws_recording("desk.db")
def test_reads(gws_stub, path):
    assert ask("http://gws.test", path, "diagnostics/version", transport=gws_stub.transport) == [200, 200]


@pytest.mark.gws_recording("desk.db")
class TestDesk:
    def test_reads(self, gws_stub):
        assert ask(gws_stub.url, "diagnostics/version") == [200]
"""
NAMES = [f"test_desk.py::{name}" for name in ("test_reads[me]", "test_reads[me/chats]", "TestDesk::test_reads")]

PASSWORD = base64.b64encode(f"{AGENT.user_name}:{AGENT.password}".encode())
"""What the client sends in clear."""

NOWHERE = "--gws-upstream=http://127.0.0.1:9"


def reads(*paths: str, record: str = "") -> str:
    """A test that asks for these paths, and its mode."""
    wanted = ", ".join(f'"{path}"' for path in paths)
    return READS.replace("PATHS", wanted).replace("RECORD", f', record="{record}"' if record else "")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, upstream: str) -> Project:
    """Tests that have been run once with a server."""
    project = Project(tmp_path_factory.mktemp("once"))
    project.put(reads("me"), "one")
    project.put(TOGETHER.replace("MARKS", ""), "several")
    ended = project.run("--gws-record=once", f"--gws-upstream={upstream}")
    assert ended.code == 0, ended.out
    return project


@pytest.mark.once
def test_what_was_recorded_once_is_played_without_a_server(project: Project, upstream: str) -> None:
    assert stat.S_IMODE(project.recording("one").stat().st_mode) == 0o600
    assert project.files("one") == project.files("several") == ["desk.db"]
    [session] = project.sessions("one")
    assert (session.state, session.name, session.upstream) == ("complete", "test_desk.py::test_reads", upstream)
    assert [one.name for one in project.sessions("several")] == NAMES
    recorded = [project.recording(room).read_bytes() for room in ("one", "several")]
    # to nodes, pytest-xdist gives the names of groups
    for options in (("--gws-strict",), ("--gws-strict", "--gws-record=once", NOWHERE, *TWO_WORKERS)):
        ended = project.run(*options)
        assert ended.code == 0, ended.out
    assert [project.recording(room).read_bytes() for room in ("one", "several")] == recorded


@pytest.mark.once
def test_each_mode_leaves_other_sessions(tmp_path: Path, project: Project, upstream: str) -> None:
    modes, old = Project(tmp_path), project.recording("one")
    [first] = project.sessions("one")
    modes.put(reads("me", "me/chats", record="all"), "all", old)
    modes.put(reads("me/chats", record="rewrite"), "rewrite", old)
    modes.put(reads("me", record="all").replace('"desk.db"', '"desk.db", session="mine"'), "named")
    modes.put(reads("me", "me/chats", record="new_episodes"), "new", old)
    modes.put(reads("me", record="new_episodes"), "nothing_new", old)
    modes.put(reads("me", record="new_episodes").replace('"desk.db", ', ""), "begun")
    modes.put(reads("me/chats", record="new_episodes"), "shipped", ROOT / "recordings" / "upload-file.db")
    marks = 'pytest.mark.gws_recording(record="rewrite")'
    modes.put(TOGETHER.replace("MARKS", marks), "several", project.recording("several"))
    ended = modes.run(f"--gws-upstream={upstream}")
    assert ended.code == 0, ended.out

    assert modes.sessions("all")[0] == first
    assert [modes.paths(one, "all") for one in modes.sessions("all")] == [["me"], ["me", "me/chats"]]
    assert [modes.paths(one, "rewrite") for one in modes.sessions("rewrite")] == [["me/chats"]]
    assert [one.name for one in modes.sessions("named")] == ["mine"]
    assert modes.sessions("new")[0] == first
    [_, added] = modes.sessions("new")
    assert (added.parent, added.state) == (first.uuid, "complete")
    assert modes.paths(added, "new")[-1] == "me/chats"
    assert modes.recording("nothing_new").read_bytes() == old.read_bytes()
    assert modes.files("begun") == ["test_desk/test_reads.db"]
    first_of_several, _, last_of_several = project.sessions("several")
    assert modes.sessions("several")[:2] == [first_of_several, last_of_several]
    assert [one.name for one in modes.sessions("several")] == [NAMES[0], NAMES[2], NAMES[1]]
    for room in ("all", "rewrite", "new", "several", "shipped"):
        assert modes.files(room) == ["desk.db"]
        recorded = modes.recording(room).read_bytes()
        assert PASSWORD not in recorded
        assert BADGE.encode() not in recorded

    assert modes.run("--gws-record=none", "shipped").code == 0
    ended = modes.run("--gws-record=none", "--gws-strict", "--ignore=shipped")
    assert ended.code == 0, ended.out


@pytest.mark.once
def test_the_command_line_comes_before_the_marker_and_that_before_the_ini_file(
    tmp_path: Path, project: Project
) -> None:
    other = Project(tmp_path, "gws_record = rewrite\ngws_upstream = http://127.0.0.1:9")
    other.put(reads("me", record="once"), "marked", project.recording("one"))
    other.put(reads("me"), "unmarked", project.recording("one"))
    ended = other.run(*TWO_WORKERS)
    assert "tests cannot record beside each other (record mode rewrite): run them with -n0" in ended.out
    assert "1 passed, 1 error" in ended.out
    ended = other.run("--gws-record=all", "--gws-upstream=gws.example")
    assert ended.out.count("gws_stub: 'gws.example' is no server") == 2
    assert other.files("marked") == other.files("unmarked") == ["desk.db"]
    assert other.recording("unmarked").read_bytes() == project.recording("one").read_bytes()


@pytest.mark.once
@pytest.mark.parametrize("how", ["option", "ini"])
def test_an_unknown_mode_is_a_usage_error(tmp_path: Path, how: str) -> None:
    project = Project(tmp_path, "gws_record = sometimes" if how == "ini" else "")
    ended = project.run(*(("--gws-record=sometimes",) if how == "option" else ()))
    assert ended.code == pytest.ExitCode.USAGE_ERROR
    assert "there is no record mode 'sometimes' (gws_record): none, once, new_episodes, all, rewrite" in ended.err


@pytest.mark.once
def test_a_mode_without_a_server_says_so_in_a_line(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.put(reads("me", record="once"), "once")
    project.put(reads("me", record="sometimes"), "unknown")
    ended = project.run()
    assert (
        "gws_stub: there is no recording of this test, and record mode once has to ask the server: give "
        "--gws-upstream URL"
    ) in ended.out
    assert "gws_stub: there is no record mode 'sometimes'" in ended.out
    assert project.files("once") == []
