"""A file that is deleted, replaced or spoilt while it is recorded to: told at once, and what is left of it stays."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.recording.writer import Writer
from tests.recording.keeping import BEGIN, events, exchange, keep, query, session


def delete(file: Path) -> None:
    file.unlink()


def delete_the_log(file: Path) -> None:
    Path(f"{file}-wal").unlink()


def rotate(file: Path) -> None:
    """As a program does that takes it for a log."""
    file.rename(file.with_suffix(".1"))
    file.touch()


def replace(file: Path) -> None:
    """As an editor does that saves what it has read."""
    copy = file.with_suffix(".copy")
    copy.write_bytes(file.read_bytes())
    copy.rename(file)


def empty(file: Path) -> None:
    os.truncate(file, 0)


@pytest.mark.parametrize("harm", [delete, delete_the_log, rotate, replace, empty])
def test_it_is_told_with_the_next_commit(harm: Callable[[Path], None], file: Path) -> None:
    troubles: list[str] = []
    writer = Writer(file, session(), troubles.append)
    told = events(exchange(1, back=b"1"), exchange(2, back=b"2"))
    for event in told[:2]:
        writer.put(event)
    writer.commit()
    assert troubles == []
    harm(file)
    for event in told[2:]:
        writer.put(event)
    writer.commit()
    assert len(troubles) == 1
    assert str(file) in troubles[0]
    writer.close(BEGIN)
    assert troubles == [writer.failure]


def test_a_file_that_is_gone_at_the_end_is_missed(file: Path) -> None:
    troubles: list[str] = []
    writer = Writer(file, session(), troubles.append)
    file.unlink()
    writer.close(BEGIN)
    assert len(troubles) == 1
    assert not file.exists()


def test_what_is_there_instead_is_left_alone(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    keep(other, events(exchange(1, back=b"other")), of=session("2"))
    troubles: list[str] = []
    writer = Writer(file, session(), troubles.append)
    writer.put(events(exchange(1))[0])
    writer.commit()
    shutil.copy(other, tmp_path / "copy.db")
    os.replace(tmp_path / "copy.db", file)
    log = Path(f"{file}-wal")
    log.unlink()
    log.write_bytes(b"of whoever writes there now")
    writer.put(events(exchange(2))[0])
    writer.close(BEGIN)
    assert len(troubles) == 1
    assert file.read_bytes() == other.read_bytes()
    assert log.read_bytes() == b"of whoever writes there now"


def test_only_the_log_is_gone_then_the_end_brings_all_into_the_file(file: Path) -> None:
    troubles: list[str] = []
    writer = Writer(file, session(), troubles.append)
    writer.put(events(exchange(1))[0])
    writer.commit()
    delete_the_log(file)
    writer.put(events(exchange(1), exchange(2))[2])
    writer.close(BEGIN)
    assert query(file, "SELECT id FROM exchanges") == [{"id": 1}, {"id": 2}]
    assert query(file, "SELECT state, trouble FROM sessions") == [{"state": "incomplete", "trouble": troubles[0]}]


def test_pages_that_somebody_else_wrote_over(file: Path) -> None:
    """SQLite sees it when it reads one of them: the digest of a new body is looked for among all there are."""
    keep(file, events(*(exchange(number, back=b"%d" % number * 3000) for number in range(1, 400))))
    troubles: list[str] = []
    writer = Writer(file, session("2"), troubles.append)
    with file.open("r+b") as spoilt:
        size = spoilt.seek(0, os.SEEK_END)
        spoilt.seek(8192)
        spoilt.write(b"\xa5" * (size - 8192))
    for number in range(400, 500):
        for event in events(exchange(number, back=b"new %d" % number)):
            writer.put(event)
        writer.commit()
    assert len(troubles) == 1
    assert "malformed" in troubles[0]
    writer.close(BEGIN)
