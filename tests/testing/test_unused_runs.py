"""The end of a run of pytest: what of the recordings no test has asked for, if the run shows it."""

import shutil
from pathlib import Path

import pytest

from tests.testing.projects import TWO_WORKERS, Project
from tests.testing.unneeded import ASKING, END, SHIPPED, START, one, project, section

pytestmark = pytest.mark.once

FIRST = "recordings/desk.db: 24 of 26 operations were never asked for"
SHOWN = [
    FIRST,
    "  #10 Accept POST /api/v2/me/chats/0001TaBTNRPW01GV",
    "  #11 AddAttachment POST /api/v2/me/chats/0001TaBTNRPW01GV",
    "  #13 UploadFile POST /api/v2/me/chats/0001TaBTNRPW01GV",
    "  #17 POST /api/v2/me/chats/0001TaBTNRPW01GV/attachments",
]
HINT = "`pytest --gws-prune` drops that from the recordings"


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Two tests, and a recording that none of them plays."""
    made = project(tmp_path_factory.mktemp("two"), [one("starts", START), one("ends", END), "\ndef test_x(): pass\n"])
    shutil.copy(SHIPPED, made.recording(name="old.db"))
    return made


@pytest.mark.parametrize("workers", [(), TWO_WORKERS], ids=["alone", "two-workers"])
def test_what_no_test_has_asked_for_is_listed(workers: tuple[str, ...], two: Project) -> None:
    ended = two.run(*workers)
    told = section(ended.out)
    assert ended.code == 0, ended.out
    assert told[:5] == SHOWN and told[-3:] == ["  and 14 more", HINT, "recordings/old.db: no test plays it"]
    assert len(told) == 14


@pytest.mark.parametrize(
    "options",
    [("-k", "not ends"), ("test_desk.py::test_starts",), ("-p", "cacheprovider", "--lf")],
    ids=["k", "node-id", "lf"],
)
def test_a_run_of_some_tests_says_nothing_of_operations(options: tuple[str, ...], two: Project) -> None:
    ended = two.run(*options)
    assert ended.code == 0 and FIRST not in ended.out and HINT not in ended.out, ended.out


@pytest.mark.parametrize("options", [("-qq",), ("-k", "test_x")], ids=["quiet", "nobody-played"])
def test_it_is_silent(options: tuple[str, ...], two: Project) -> None:
    ended = two.run(*options)
    assert ended.code == 0 and "gws-inspector" not in ended.out and "old.db" not in ended.out


def test_a_folder_of_tests_is_known_whole_though_others_did_not_run(tmp_path: Path) -> None:
    made = project(tmp_path, [one("starts", START)])
    made.put(ASKING + one("ends", END), "room", SHIPPED)
    told = section(made.run("room").out)
    assert told[0] == "room/recordings/desk.db: 25 of 26 operations were never asked for"
    assert not [line for line in told if line.startswith("recordings/")]


@pytest.mark.parametrize("asked", ["room/test_desk.py", "room/test_desk.py::test_ends"], ids=["file", "node-id"])
def test_of_a_part_of_a_folder_it_is_not(asked: str, tmp_path: Path) -> None:
    made = Project(tmp_path)
    made.put(ASKING + one("ends", END) + one("starts", START), "room", SHIPPED)
    if "::" not in asked:
        shutil.copy(tmp_path / "room" / "test_desk.py", tmp_path / "room" / "test_more.py")
    ended = made.run(asked)
    assert " passed" in ended.out and section(ended.out) == []


def test_a_recording_of_all_is_told_of_only_if_all_have_run(tmp_path: Path) -> None:
    made = Project(tmp_path, "gws_recordings = shared")
    shutil.copytree(SHIPPED.parent, tmp_path / "shared")
    for room, name in (("a", START), ("b", END)):
        (tmp_path / room).mkdir()
        made.put(ASKING + one(f"does_{room}", name, recording="upload-file.db"), f"{room}/tests")
    told = "shared/upload-file.db: 24 of 26 operations were never asked for"
    assert section(made.run().out)[0] == section(made.run("a", "b/..").out)[0] == told
    assert "were never asked for" not in made.run("a").out
    assert "were never asked for" not in made.run("--ignore", "b").out


@pytest.mark.parametrize(
    "last",
    [
        one("fails", END, more="assert False"),
        one("skips", END, more="pytest.skip()"),
        "\n@pytest.mark.skip\n" + one("is_skipped", END).lstrip(),
        "\n@pytest.fixture\ndef breaks():\n    yield\n    assert False\n"
        + one("ends", END).replace("stub)", "stub, breaks)", 1),
        "\n@pytest.mark.xfail(strict=True)\n" + one("fails_as_known", END, more="assert False").lstrip(),
    ],
    ids=["fails", "skips", "is-skipped", "breaks-later", "xfails"],
)
def test_a_test_that_did_not_pass_may_need_more(last: str, tmp_path: Path) -> None:
    made = project(tmp_path, [one("starts", START), last, one("other", recording="other.db")])
    shutil.copy(SHIPPED, made.recording(name="other.db"))
    told = section(made.run().out)
    assert told[0] == "recordings/other.db: 26 of 26 operations were never asked for"
    assert not [line for line in told if "desk.db" in line]


def test_a_file_that_cannot_be_collected_may_need_more(tmp_path: Path) -> None:
    made = project(tmp_path, [one("starts", START)])
    (tmp_path / "test_broken.py").write_text("import nonesuch")
    ended = made.run("--continue-on-collection-errors")
    assert " passed" in ended.out and "gws-inspector)" not in ended.out
