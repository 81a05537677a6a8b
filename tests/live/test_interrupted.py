"""Ctrl-C while a command works: one line, an exit code of its own, and what was done stays readable."""

import signal
from pathlib import Path

from tests.live.large import MIB
from tests.live.processes import COMMAND, command, eventually, running
from tests.live.test_import_memory import with_many
from tests.recording.har.hars import entry, saved
from tests.recording.keeping import query


def test_an_interrupted_import_says_so_and_its_session_is_incomplete(tmp_path: Path) -> None:
    recording, long = tmp_path / "out.db", tmp_path / "long.har"
    assert command("import", saved(tmp_path / "short.har", entry()), recording).code == 0
    with long.open("wb") as out:
        with_many(out, 60 * MIB)
    with running(*COMMAND, "import", long, recording) as importing:
        eventually(lambda: len(query(recording, "SELECT id FROM exchanges LIMIT 2")) == 2)
        ended = importing.end(signal.SIGINT)

    assert (ended.code, ended.out, ended.err) == (130, "", "error: interrupted\n")
    states = query(recording, "SELECT state FROM sessions ORDER BY id")
    assert [row["state"] for row in states] == ["complete", "incomplete"]
    checked = command("check", recording)
    assert checked.code == 3
    assert "its import was interrupted" in checked.err
