"""A run says nothing of operations that a test may need which it does not know, has not run, or was not told of."""

import shutil
from pathlib import Path

import pytest

from tests.testing.projects import Project
from tests.testing.unneeded import ASKING, END, SHIPPED, START, one, project, section

pytestmark = pytest.mark.once

TOLD = "were never asked for"


def test_a_test_may_ask_for_its_stub_only_when_it_runs(tmp_path: Path) -> None:
    late = '@pytest.fixture\ndef client(request):\n    return request.getfixturevalue("gws_stub")\n\n'
    own = "def test_own(client):\n    asks(client)\n\n\n"
    made = project(tmp_path, [one("starts", START), late, own, one("ends", END).replace("gws_stub", "client")])
    shutil.copytree(SHIPPED.parent, made.recording(name="test_desk"))
    made.recording(name="test_desk/upload-file.db").rename(made.recording(name="test_desk/test_own.db"))
    assert section(made.run("-k", "starts").out) == []
    told = section(made.run().out)
    assert [line for line in told if "  #" not in line] == [
        f"recordings/desk.db: 24 of 26 operations {TOLD}",
        "  and 14 more",
        f"recordings/test_desk/test_own.db: 26 of 26 operations {TOLD}",
        "  and 16 more",
        "`pytest --gws-prune` drops that from the recordings",
    ]


def test_who_was_only_set_up_has_asked_for_nothing_yet(tmp_path: Path) -> None:
    made = project(tmp_path, [one("starts", START)])
    ended = made.run("--setup-only")
    assert ended.code == 0 and section(ended.out) == []


@pytest.mark.parametrize("how", ["skipped", "ignored"])
def test_a_recording_of_all_may_be_needed_by_who_was_not_collected(how: str, tmp_path: Path) -> None:
    made = project(tmp_path, [one("starts", START)])
    (tmp_path / "room").mkdir()
    needs = 'pytest.importorskip("nonesuch")\n' if how == "skipped" else ""
    (tmp_path / "room" / "test_more.py").write_text(f"import pytest\n{needs}{one('ends', END)}")
    (tmp_path / "conftest.py").write_text("collect_ignore = ['room/test_more.py']" if how == "ignored" else "")
    before = made.recording().read_bytes()
    told = section(made.run("--gws-prune").out)
    assert told == ["--gws-prune dropped nothing: not all tests that may play recordings/desk.db have run"]
    assert made.recording().read_bytes() == before


def test_so_may_one_beside_tests_by_who_is_in_a_folder_below(tmp_path: Path) -> None:
    made = Project(tmp_path)
    made.put(ASKING + one("starts", START), "room", SHIPPED)
    (tmp_path / "room" / "below").mkdir()
    below = one("ends", END, recording="../recordings/desk.db")
    (tmp_path / "room" / "below" / "test_more.py").write_text(f"import httpx, pytest\n{ASKING}{below}")
    assert TOLD not in made.run("room/test_desk.py").out
    assert section(made.run("room").out)[0] == f"room/recordings/desk.db: 24 of 26 operations {TOLD}"


def test_what_is_a_test_may_be_told_by_its_folder(tmp_path: Path) -> None:
    made = Project(tmp_path, "python_files = */room/test_*.py")
    made.put(ASKING + one("starts", START), "room", SHIPPED)
    shutil.copy(tmp_path / "room" / "test_desk.py", tmp_path / "room" / "test_more.py")
    assert section(made.run("room/test_desk.py").out) == []
    assert section(made.run("room").out)[0] == f"room/recordings/desk.db: 25 of 26 operations {TOLD}"
