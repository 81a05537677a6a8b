"""Names of sessions: what a test calls what it has recorded."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from sqlite_utils import Database

from inspector.errors import NothingFound
from inspector.recording.file import open_to_read
from inspector.recording.marks import APPLICATION_ID
from inspector.recording.reader import reading
from inspector.recording.schema import migrations
from tests.live.commands import run
from tests.recording.keeping import events, exchange, keep, query, session

NAMED = "test_uploads.py::test_sends[pdf]"


def keep_named(file: Path, *named: tuple[str, str]) -> None:
    """Sessions of these UUIDs and names."""
    for number, (uuid, name) in enumerate(named, 1):
        keep(file, events(exchange(number)), of=replace(session(uuid), name=name))


def test_a_name_finds_the_newest_session_that_has_it(file: Path) -> None:
    keep_named(file, ("aaaa", NAMED), ("bbbb", NAMED), ("cccc", ""), ("dddd", "3"), ("eeee", "a"))
    with reading(file) as recording:
        assert [one.name for one in recording.sessions()] == [NAMED, NAMED, "", "3", "a"]
        assert recording.session(NAMED).uuid == "bbbb"
        assert recording.session("3").uuid == "cccc", "a number is an id"
        assert recording.session("a").uuid == "eeee", "who has named a session means that one"
        assert recording.session("aa").uuid == "aaaa"
        assert recording.session().uuid == "eeee"
        with pytest.raises(NothingFound, match="test_uploads"):
            recording.session(NAMED[:-1])


def test_commands_take_a_name_and_tell_it(file: Path, tmp_path: Path) -> None:
    keep_named(file, ("aaaa", NAMED), ("bbbb", ""))
    listed = run("ls", file, "--session", NAMED, "--table", "sessions")
    assert "name" in listed.out.splitlines()[1]
    assert NAMED in listed.out
    assert [one["name"] for one in orjson.loads(run("ls", file, "--json").out)["sessions"]] == [NAMED, None]
    out = tmp_path / "trimmed.db"
    assert run("trim", file, out, "--session", NAMED).code == 0
    assert [row["name"] for row in query(out, "SELECT name FROM sessions")] == [NAMED]


def test_a_list_without_names_has_no_column_for_them(file: Path) -> None:
    keep_named(file, ("aaaa", ""))
    assert run("ls", file, "--table", "sessions").out.splitlines()[1].split()[:2] == ["id", "started"]


@pytest.fixture
def older(file: Path) -> Path:
    """A recording from before there were names."""
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        migrations.apply(Database(db), stop_before="m009_named")
        db.execute(
            "INSERT INTO sessions (uuid, state, source, started_at, started_mono, upstream) VALUES "
            "('aaaa', 'complete', 'proxy', 1, 1, 'http://old')"
        )
    return file


def test_an_older_recording_is_read_as_it_is(older: Path) -> None:
    before = older.read_bytes()
    with open_to_read(older) as db:
        assert db.execute("PRAGMA database_list").fetchone()[2] == str(older), "and not a copy of it"
    with reading(older) as recording:
        assert recording.session().name == ""
        with pytest.raises(NothingFound):
            recording.session(NAMED)
    assert older.read_bytes() == before
    assert [one.name for one in older.parent.iterdir()] == [older.name]


def test_an_older_recording_gets_names_when_it_is_recorded_to(older: Path) -> None:
    keep_named(older, ("bbbb", NAMED))
    assert [row["name"] for row in query(older, "SELECT name FROM sessions ORDER BY id")] == ["", NAMED]
