"""Sessions that are taken out of a recording: nothing of them stays, and nothing else changes."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from inspector.errors import UsageError
from inspector.recording.reader import reading
from inspector.recording.session import Session
from inspector.recording.trimming.dropping import drop
from inspector.recording.writer import Writer
from inspector.replay.plans.keeping import make_ready
from tests.recording.keeping import events, exchange, keep, loud, query, session
from tests.test_readme import ROOT

MIB = 1024 * 1024
ONLY_THERE = b"nobody else has sent this"


@pytest.fixture
def two(file: Path) -> Path:
    """The story; a session that has a body in common with one that adds to it, and one of its own, in chunks; both are
    ready to be replayed.
    """
    shutil.copy(ROOT / "recordings" / "upload-file.db", file)
    large = ONLY_THERE * (2 * MIB // len(ONLY_THERE))
    keep(file, events(exchange(101, sent=b"shared", back=large), exchange(102, back=ONLY_THERE)), of=session("other"))
    keep(file, events(exchange(103, sent=b"shared", back=b"added")), of=_added(session("added")))
    make_ready(file, "other", limit=None)
    return file


def _added(one: Session) -> Session:
    return replace(one, parent="other")


def rows(path: Path, of: Callable[[str], str] = lambda table: "") -> dict[str, list[dict[str, object]]]:
    """All rows of all tables, or those that fit the condition."""
    tables = [row["name"] for row in query(path, "SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {table: query(path, f"SELECT * FROM {table} {of(table)}") for table in tables if table[0] != "_"}


def test_all_others_stay_as_they_are(two: Path, tmp_path: Path) -> None:
    shipped = tmp_path / "shipped.db"
    shutil.copy(ROOT / "recordings" / "upload-file.db", shipped)
    Writer(shipped, session("other"), loud).close(session().started)
    drop(shipped, ["other"])  # its tables are today's now
    drop(two, ["other"])
    assert rows(two) == rows(shipped)
    assert len(query(two, "SELECT session FROM prepared")) == 1
    assert ONLY_THERE not in two.read_bytes()
    assert two.stat().st_size == shipped.stat().st_size
    assert [one.name for one in two.parent.iterdir() if one.name.startswith(two.name)] == [two.name]
    assert query(two, "PRAGMA integrity_check") == [{"integrity_check": "ok"}]


def test_what_others_share_with_it_stays(two: Path) -> None:
    drop(two, ["added"])
    with reading(two) as recording:
        assert [one.uuid for one in recording.sessions()][1:] == ["other"]
        assert recording.exchange(101).request.body.content == b"shared"
    assert not query(two, "SELECT 1 FROM bodies WHERE content = ?", b"added")


def test_nothing_of_it_stays(two: Path) -> None:
    [story, _, _] = query(two, "SELECT uuid FROM sessions ORDER BY id")
    drop(two, [story["uuid"], "nobody"])
    left = {table: len(found) for table, found in rows(two).items() if found}
    assert left == {"sessions": 2, "exchanges": 3, "bodies": 4, "chunks": 2, "prepared": 1}


def test_a_recorder_at_work_is_left_alone(file: Path) -> None:
    keep(file, events(exchange(1)), of=session("first"))
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("UPDATE sessions SET state = 'open', recorder = 'process 1'")
    before = rows(file)
    with pytest.raises(UsageError, match="process 1 is recording session first"):
        drop(file, ["first"])
    assert rows(file) == before
