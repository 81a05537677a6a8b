"""Files that are no recording, or no longer one: one clear line, exit code 2, and the file stays as it was."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from inspector.recording.recorder import Recorder
from tests.live.commands import run
from tests.live.processes import command

pytestmark = pytest.mark.once


def empty_recording(path: Path) -> None:
    Recorder(path, "http://127.0.0.1:1").close()


def truncated(path: Path) -> None:
    empty_recording(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def damaged(path: Path) -> None:
    """Its header is fine; all that follows is not."""
    empty_recording(path)
    content = path.read_bytes()
    path.write_bytes(content[:100] + b"\xa5" * (len(content) - 100))


def misspelt(path: Path) -> None:
    """sqlite3 cannot even say which table it is that it does not understand."""
    empty_recording(path)
    content = path.read_bytes()
    at = content.index(b"CREATE TABLE")
    path.write_bytes(content[:at] + b"\xff\xfe\xfd" + content[at + 3 :])


def newer(path: Path) -> None:
    empty_recording(path)
    with closing(sqlite3.connect(path)) as db, db:
        [table] = db.execute("SELECT name FROM sqlite_master WHERE sql LIKE '%applied_at%'").fetchone()
        columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
        values = {"migration_set": "gws-inspector", "name": "m999_from_the_future", "applied_at": "2040-01-01"}
        values = {name: value for name, value in values.items() if name in columns}
        db.execute(
            f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})", [*values.values()]
        )


def other_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE sessions (id INTEGER PRIMARY KEY)")


UNREADABLE: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda path: None, "No such file"),
    "directory": (lambda path: path.mkdir(), "directory"),
    "empty": (lambda path: path.touch(), "empty"),
    "text": (lambda path: path.write_text("SQLite format 3, but not really"), "no SQLite file"),
    "another database": (other_database, "not a recording"),
    "truncated": (truncated, "truncated"),
    "damaged": (damaged, "malformed"),
    "misspelt": (misspelt, "cannot be read"),
    "newer": (newer, "m999_from_the_future"),
}


@pytest.mark.parametrize("verb", ["check", "ls", "show"])
@pytest.mark.parametrize("what", UNREADABLE)
def test_a_reader_says_what_is_wrong_with_it(what: str, verb: str, file: Path) -> None:
    make, words = UNREADABLE[what]
    make(file)
    before = file.read_bytes() if file.is_file() else None
    ended = run(verb, file, *(["1"] if verb == "show" else []))
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.count("\n") == 1, ended.err
    assert ended.err.startswith("error: ")
    assert words in ended.err
    assert str(file) in ended.err
    assert (file.read_bytes() if file.is_file() else None) == before


@pytest.mark.parametrize("what", ["directory", "text", "newer"])
def test_a_recorder_does_not_write_to_it(what: str, file: Path) -> None:
    """What else it refuses is proved where files are opened, without a process each."""
    make, words = UNREADABLE[what]
    make(file)
    before = file.read_bytes() if file.is_file() else None
    ended = command("record", "http://127.0.0.1:1", file, "--listen", "127.0.0.1:0")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.count("\n") == 1, ended.err
    assert words in ended.err
    assert (file.read_bytes() if file.is_file() else None) == before


def test_a_program_of_its_own_says_the_same(file: Path) -> None:
    """The other tests run the commands in this process."""
    ended = command("check", file)
    assert (ended.code, ended.out, ended.err) == (2, "", f"error: {file} cannot be opened: No such file or directory\n")


@pytest.mark.parametrize("name", ["50% off?#1.db", "a b.db", "[/red]it.db", ":smile:.db", "Grüße.db", "-dash.db"])
def test_a_recording_of_any_name_can_be_read(name: str, tmp_path: Path, file: Path) -> None:
    empty_recording(file)
    odd = tmp_path / name
    odd.parent.mkdir(exist_ok=True)
    shutil.copy(file, odd)
    for verb in ("check", "ls"):
        ended = run(verb, "--", odd)
        assert (ended.code, ended.err) == (0, "")
    missing = run("show", "--", odd, "12")
    assert (missing.code, missing.err.count("\n")) == (2, 1)
    assert str(odd) in missing.err
