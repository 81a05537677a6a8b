"""The file that a recording is: made for its owner's eyes, refused when it is something else, untouched by readers."""

import os
import shutil
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from inspector.errors import RecordingError, UsageError
from inspector.recording.file import PAGE, open_to_read, open_to_write
from inspector.recording.marks import APPLICATION_ID, NAMES, applied
from inspector.recording.reader import reading
from inspector.recording.schema import migrations
from inspector.recording.writer import Writer
from tests.recording.keeping import BEGIN, change, events, exchange, keep, loud, query, session


@pytest.fixture
def kept(file: Path) -> Path:
    """A closed recording of two exchanges."""
    keep(file, events(exchange(1, sent=b"one"), exchange(2, back=b"two")))
    return file


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def garbled(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:100] + b"\xa5" * (len(content) - 100))


def from_the_future(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        [name] = [table.name for table in Database(db).tables if "migration" in table.name]
        columns = [column.name for column in Database(db).table(name).columns]
        row = dict.fromkeys(columns, "2040-01-01") | {"migration_set": "gws-inspector", "name": "m999_from_the_future"}
        Database(db).table(name).insert({column: row[column] for column in columns if column != "id"})


def other_database(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE sessions (id INTEGER PRIMARY KEY)")


def test_the_marks_are_those_that_the_library_sets(kept: Path) -> None:
    """They are known without it, because a replay should not wait for its import."""
    with closing(sqlite3.connect(kept)) as db:
        assert applied(db) == {one.name for one in migrations.applied(Database(db))} == NAMES
        assert migrations.pending(Database(db)) == []
    with closing(sqlite3.connect(":memory:")) as db:
        assert applied(db) == set()
        assert {one.name for one in migrations.pending(Database(db))} == NAMES


def test_a_new_file_is_for_its_owner_alone(file: Path) -> None:
    before = os.umask(0)
    try:
        with closing(open_to_write(file)) as db:
            db.execute("INSERT INTO bodies (sha256, size, kept) VALUES ('', 0, 'digest')")
            files = sorted(file.parent.iterdir())
            assert [found.name for found in files] == ["recording.db", "recording.db-shm", "recording.db-wal"]
            assert {mode(found) for found in files} == {0o600}
    finally:
        os.umask(before)


def test_other_programs_know_it_as_a_recording(kept: Path) -> None:
    assert query(kept, "PRAGMA application_id") == [{"application_id": APPLICATION_ID}]
    assert kept.read_bytes()[68:72] == b"GWSI"
    assert query(kept, "PRAGMA journal_mode") == [{"journal_mode": "delete"}]
    assert query(kept, "PRAGMA page_size") == [{"page_size": PAGE}]
    assert {row["name"] for row in query(kept, "SELECT name FROM sqlite_master WHERE type = 'view'")} >= {
        *("uploads", "timeline", "attachments")
    }


def test_tables_are_strict(kept: Path) -> None:
    """So that what is read has the type that it was written with."""
    for row in query(
        kept, "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'"
    ):
        assert "STRICT" in row["sql"] or row["name"].startswith("sqlite_"), row["name"]


NO_RECORDINGS: dict[str, tuple[Callable[[Path], object], str]] = {
    "half": (half, "truncated"),
    "garbled": (garbled, "malformed"),
    "from the future": (from_the_future, "m999_from_the_future"),
    "another database": (other_database, "not a recording"),
    "text": (lambda path: path.write_text("hello"), "no SQLite file"),
    "a few zeros": (lambda path: path.write_bytes(bytes(10)), "no SQLite file"),
    "only a header": (lambda path: path.write_bytes(path.read_bytes()[:100]), "truncated"),
}


@pytest.mark.parametrize("how", NO_RECORDINGS)
def test_what_is_no_recording_is_neither_read_nor_written(how: str, kept: Path) -> None:
    make, words = NO_RECORDINGS[how]
    make(kept)
    before = kept.read_bytes()
    with pytest.raises(RecordingError, match=words), open_to_read(kept):
        pass
    with pytest.raises(RecordingError, match=words):
        Writer(kept, session(), loud)
    assert kept.read_bytes() == before
    assert [found.name for found in kept.parent.iterdir()] == [kept.name]


def test_there_is_no_place_to_write(tmp_path: Path) -> None:
    for place, words in ((tmp_path, "directory"), (tmp_path / "no" / "folder.db", "No such file or directory")):
        with pytest.raises(UsageError, match=words):
            Writer(place, session(), loud)


def test_a_missing_recording_is_not_made_by_reading_it(file: Path) -> None:
    with pytest.raises(RecordingError, match="No such file"), open_to_read(file):
        pass
    assert not file.exists()


def test_an_empty_file_becomes_a_recording_and_keeps_its_mode(file: Path) -> None:
    file.touch(mode=0o640)
    file.chmod(0o640)
    keep(file, events(exchange()))
    assert mode(file) == 0o640
    assert len(query(file, "SELECT * FROM exchanges")) == 1


def test_reading_leaves_no_trace(kept: Path) -> None:
    before = kept.read_bytes(), kept.stat().st_mtime_ns, os.listdir(kept.parent)
    with reading(kept) as recording:
        assert len(list(recording.events(recording.session()))) == 4
        assert os.listdir(kept.parent) == before[2]
    assert (kept.read_bytes(), kept.stat().st_mtime_ns, os.listdir(kept.parent)) == before


def test_who_reads_cannot_write(kept: Path) -> None:
    with open_to_read(kept) as db, pytest.raises(sqlite3.OperationalError, match="readonly"):
        db.execute("DELETE FROM exchanges")


def older(path: Path) -> None:
    """A recording as a version wrote it that knew only facts."""
    with closing(sqlite3.connect(path)) as db, db:
        facts = Database(db)
        first, *_ = migrations.pending(facts)
        migrations.apply(facts, stop_before=migrations.pending(facts)[1].name)
        assert [applied.name for applied in migrations.applied(facts)] == [first.name]
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(
            "INSERT INTO sessions (uuid, state, source, started_at, started_mono, upstream) VALUES "
            "('u', 'complete', 'proxy', 1, 1, 'http://old')"
        )


def test_an_older_recording_is_read_as_todays_and_stays_as_it_was(file: Path) -> None:
    older(file)
    before = file.read_bytes()
    with reading(file) as recording:
        assert recording.session().upstream == "http://old"
        assert recording.db.execute("SELECT * FROM uploads").fetchall() == []
    assert file.read_bytes() == before
    assert [found.name for found in file.parent.iterdir()] == [file.name]


def test_an_older_recording_becomes_todays_when_it_is_recorded_to(file: Path) -> None:
    older(file)
    keep(file, events(exchange()))
    assert [row["upstream"] for row in query(file, "SELECT upstream FROM sessions")] == [
        "http://old",
        "http://gws.example",
    ]
    assert query(file, "SELECT * FROM timeline") == []


@pytest.mark.parametrize("make", [older, lambda path: keep(path, [])], ids=["older", "todays"])
def test_a_strangers_schema_is_not_trusted(make: Callable[[Path], object], file: Path) -> None:
    make(file)
    with open_to_read(file) as db:
        assert db.execute("PRAGMA trusted_schema").fetchone()[0] == 0
        assert db.execute("PRAGMA query_only").fetchone()[0] == 1


def test_a_recording_killed_in_the_middle_of_a_checkpoint_can_be_read(file: Path, tmp_path: Path) -> None:
    """SQLite has written the first page back, which tells the new size, but not yet the pages behind it."""
    copy = tmp_path / "killed.db"
    writer = Writer(file, session(), loud)
    for event in events(*(exchange(number, sent=b"%d" % number * 9000) for number in range(1, 30))):
        writer.put(event)
    writer.commit()
    for end in ("", "-wal"):
        shutil.copy(f"{file}{end}", f"{copy}{end}")
    writer.close(BEGIN)
    with copy.open("r+b") as broken:
        broken.write(file.read_bytes()[:8192])
    assert query(copy, "PRAGMA integrity_check") == [{"integrity_check": "ok"}]
    with reading(copy) as recording:
        assert recording.count(recording.session()) == 29


def test_damage_that_shows_late_is_told_as_such(kept: Path) -> None:
    keep(kept, [], of=session("2"))
    size = kept.stat().st_size
    with kept.open("r+b") as damaged:
        damaged.seek(8192 * 2)
        damaged.write(b"\xa5" * (size - 8192 * 2))
    with pytest.raises(RecordingError, match="cannot be read"), reading(kept) as recording:
        list(recording.events(recording.session()))


def test_names_of_files_are_only_names(tmp_path: Path) -> None:
    for name in ("a b.db", "50%41.db", "what?mode=rw.db", "#1.db", "file:x.db", "Grüße.db"):
        path = tmp_path / name
        keep(path, events(exchange()))
        change(path, "UPDATE sessions SET upstream = ?", name)
        with reading(path) as recording:
            assert recording.session().upstream == name
        assert [found.name for found in tmp_path.iterdir()] == [name]
        path.unlink()


@pytest.mark.parametrize("opens", [open_to_read, open_to_write])
def test_a_fifo_is_no_recording_and_nobody_waits_for_it(tmp_path: Path, opens: Callable[..., Any]) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    with pytest.raises(RecordingError, match="is no file"), opens(path):
        pass


def test_a_zero_byte_names_no_recording() -> None:
    with pytest.raises(RecordingError, match="cannot be opened"), open_to_read(Path("a\0b")):
        pass
