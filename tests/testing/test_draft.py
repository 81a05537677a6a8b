"""A recording made beside its place, and put there or not."""

import os
import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from inspector.errors import InspectorError, RecordingError, UsageError
from inspector.testing.upstream.draft import Draft
from tests.recording.keeping import events, exchange, keep, query, session


def kept(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    keep(path, events(exchange(1)), of=session("old"))
    return path


def add(draft: Draft) -> None:
    keep(draft.path, events(exchange(9)), of=session("new"))


def uuids(path: Path) -> list[str]:
    return [row["uuid"] for row in query(path, "SELECT uuid FROM sessions ORDER BY id")]


def test_it_takes_the_place_of_what_was_copied(tmp_path: Path) -> None:
    place = kept(tmp_path / "desk.db")
    place.chmod(0o640)
    draft = Draft(place)
    add(draft)
    assert uuids(place) == ["old"]
    draft.put()
    assert uuids(place) == ["old", "new"]
    assert stat.S_IMODE(place.stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["desk.db"]


def test_the_log_of_a_killed_recorder_goes_with_its_recording(tmp_path: Path) -> None:
    place = tmp_path / "desk.db"
    with closing(sqlite3.connect(kept(tmp_path / "a.db"))) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("UPDATE sessions SET uuid = 'in the log'")
        db.commit()
        for end in ("", "-wal"):
            shutil.copy(tmp_path / f"a.db{end}", tmp_path / f"desk.db{end}")
    draft = Draft(place)
    add(draft)
    draft.put()
    assert uuids(place) == ["in the log", "new"]
    assert not list(tmp_path.glob("desk.db-*"))


def test_it_is_new(tmp_path: Path) -> None:
    place = tmp_path / "a" / "b" / "desk.db"
    draft = Draft(place)
    add(draft)
    assert not place.exists()
    draft.put()
    assert uuids(place) == ["new"]
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    draft.discard()  # it is not a draft any more
    assert os.listdir(place.parent) == ["desk.db"]


def test_it_never_was(tmp_path: Path) -> None:
    draft = Draft(tmp_path / "a" / "b" / "desk.db")
    add(draft)
    draft.path.with_name(f"{draft.path.name}-wal").touch()
    draft.discard()
    assert os.listdir(tmp_path) == []


def test_what_others_have_put_beside_it_stays(tmp_path: Path) -> None:
    draft = Draft(tmp_path / "a" / "b" / "desk.db")
    (tmp_path / "a" / "other.db").touch()
    draft.discard()
    assert os.listdir(tmp_path / "a") == ["other.db"]


def test_who_was_faster_wins(tmp_path: Path) -> None:
    place = kept(tmp_path / "desk.db")
    first, second = Draft(place), Draft(place)
    add(first)
    add(second)
    second.put()
    before = place.read_bytes()
    with pytest.raises(UsageError, match="was changed meanwhile"):
        first.put()
    assert place.read_bytes() == before
    assert os.listdir(tmp_path) == ["desk.db"]


def test_a_link_stays_one(tmp_path: Path) -> None:
    place, link = kept(tmp_path / "real" / "desk.db"), tmp_path / "link.db"
    link.symlink_to(place)
    draft = Draft(link)
    add(draft)
    draft.put()
    assert link.is_symlink()
    assert uuids(place) == ["old", "new"]


@pytest.mark.parametrize("what", ["text", "folder", "no folder"])
def test_what_cannot_be_one_stays_as_it_is(tmp_path: Path, what: str) -> None:
    place = tmp_path / "desk.db"
    if what == "folder":
        place.mkdir()
    else:
        place.write_text("hello")
    with pytest.raises(InspectorError) as caught:
        Draft(place / "desk.db" if what == "no folder" else place)
    assert isinstance(caught.value, UsageError if what == "no folder" else RecordingError)
    assert os.listdir(tmp_path) == ["desk.db"]
