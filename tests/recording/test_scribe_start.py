"""A scribe that cannot start: it is told why, in one line, and nothing of it is left."""

import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from inspector.errors import InspectorError, RecordingError, UsageError
from tests.recording.scribing import scribing

BREAKS = """
import sys
if any("scribe" in one for one in sys.orig_argv):
    {}
"""
"""A `sitecustomize` that only the scribe's process minds: what it is given happens there, and nowhere else."""


def ours() -> tuple[set[str], str]:
    """What this process has open, and the processes that it has started."""
    return set(os.listdir("/proc/self/fd")), Path(f"/proc/self/task/{os.getpid()}/children").read_text()


async def refused(file: Path, error: type[InspectorError]) -> str:
    """What is told; after that nothing is left."""
    before = ours()
    with pytest.raises(error) as told, scribing(file):
        pass
    assert ours() == before
    text = str(told.value)
    assert "\n" not in text
    return text


async def test_a_folder(tmp_path: Path) -> None:
    assert await refused(tmp_path, UsageError) == f"cannot write to {tmp_path}: Is a directory"


async def test_a_newer_recording(file: Path) -> None:
    with scribing(file):
        pass
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        [table] = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE name LIKE '%migrations'")]
        columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
        values = db.execute(f"SELECT * FROM {table} LIMIT 1").fetchone()
        newer = {**dict(zip(columns, values, strict=True)), "name": "m9999_later"}
        newer.pop("id", None)
        db.execute(
            f"INSERT INTO {table} ({', '.join(newer)}) VALUES ({', '.join('?' * len(newer))})", [*newer.values()]
        )
    assert "upgrade" in await refused(file, RecordingError)


async def test_one_that_somebody_records_to(file: Path) -> None:
    with scribing(file) as (scribe, _):
        assert scribe.session.uuid in await refused(file, UsageError)


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("sys.modules['sqlite3'] = None", "sqlite3"),
        ("import os; os._exit(3)", "does not start"),
        ("import os; os.kill(os.getpid(), 9)", "does not start"),
    ],
    ids=["a library is missing", "it ends", "it is killed"],
)
async def test_its_process_does_not_come_up(
    how: str, says: str, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sitecustomize.py").write_text(BREAKS.format(how))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    told = await refused(file, RecordingError)
    assert str(file) in told and says in told
    assert capfd.readouterr().err == ""


async def test_there_is_no_program_to_start(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python was upgraded under a proxy that runs."""
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert "No such file" in await refused(file, RecordingError)


async def test_what_lies_about_is_not_taken_for_a_library(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """mitmproxy is run in any folder, and puts the folders of scripts where libraries are looked for."""
    for name in ("orjson.py", "inspector.py", "sqlite3.py"):
        (tmp_path / name).write_text("raise SystemExit('not this one')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    with scribing(file) as (scribe, told):
        assert scribe.session
    assert told.troubles == []
