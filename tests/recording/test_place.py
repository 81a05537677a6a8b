"""A recording that was made beside its place comes there whole, and nothing of another one is read into it."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from inspector.errors import UsageError
from inspector.recording.place import beside, put, put_over, remove


def made(place: Path, says: str) -> Path:
    path = beside(place, "making")
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE told (word TEXT)")
        db.execute("INSERT INTO told VALUES (?)", [says])
        db.commit()
    return path


def killed(place: Path) -> None:
    """As a killed recorder leaves it: what is in the file, and what only its log says."""
    source = place.with_name("source.db")
    with closing(sqlite3.connect(source)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("CREATE TABLE told (word TEXT)")
        db.execute("INSERT INTO told VALUES ('of the log')")
        db.commit()
        for end in ("", "-wal"):
            shutil.copy(f"{source}{end}", f"{place}{end}")
    source.unlink()


def told(path: Path) -> list[tuple[str]]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute("SELECT word FROM told").fetchall()


def test_the_log_of_what_was_there_goes_with_it(tmp_path: Path) -> None:
    place = tmp_path / "a.db"
    killed(place)
    put_over(made(place, "new"), place)
    assert told(place) == [("new",)]
    assert [path.name for path in tmp_path.iterdir()] == ["a.db"]


@pytest.mark.parametrize("there", ["a.db", "a.db-wal", "a.db-journal"])
def test_where_something_is_nothing_is_put(there: str, tmp_path: Path) -> None:
    (tmp_path / there).write_bytes(b"of somebody")
    path = made(tmp_path / "a.db", "new")
    with pytest.raises(UsageError, match=f"{there} exists already"):
        put(path, tmp_path / "a.db")
    assert (tmp_path / there).read_bytes() == b"of somebody"
    remove(path)
    assert [path.name for path in tmp_path.iterdir()] == [there]


def test_a_link_that_leads_nowhere_is_something(tmp_path: Path) -> None:
    (tmp_path / "a.db").symlink_to(tmp_path / "nowhere.db")
    with pytest.raises(UsageError, match="exists already"):
        put(made(tmp_path / "a.db", "new"), tmp_path / "a.db")
