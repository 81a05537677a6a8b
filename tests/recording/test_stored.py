"""What was derived while recording is read back as it was, and used only where it is what today's rules give."""

import sqlite3
from pathlib import Path

import pytest
from rich.console import Console

from inspector.analysis.policy import Policy
from inspector.analysis.rules.selection import Selection, selection
from inspector.cli.summary import tell_summary
from inspector.errors import RecordingError
from inspector.recording import stored
from inspector.recording.derivation import bring_to_today, save, summarise
from inspector.recording.reader import reading
from tests.recording.keeping import change, query
from tests.recording.played import TABLES, Recording, derived_rows, in_order, play


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Two sessions."""
    path = tmp_path / "recording.db"
    for user in ("sofia", "toni"):
        recording = Recording(path)
        play(recording, user)
        recording.close()
    return path


def is_judged(path: Path) -> bool:
    with reading(path) as opened:
        return stored.is_judged(opened.session())


def told(path: Path, chosen: Selection | None = None) -> str:
    """What is said when its recorder ends."""
    with (console := Console(width=200)).capture() as capture:
        tell_summary(path, console, chosen or Selection())
    return capture.get().splitlines()[0]


def test_what_is_read_is_what_was_derived(file: Path) -> None:
    with reading(file) as opened:
        for session in opened.sessions():
            assert stored.is_judged(session)
            summary = summarise(opened, session)
            read = list(stored.findings(opened, session))
            assert read == summary.findings and read
            assert [one.about for one in read] == [one.about for one in summary.findings]
            assert stored.count_calls(opened, session) == len(summary.calls)


def test_the_last_lines_of_a_recorder_do_not_wait_until_all_is_judged_again(file: Path) -> None:
    judged = told(file)
    change(file, "DELETE FROM findings")
    assert "no findings" not in judged and "no findings" in told(file)
    change(file, "UPDATE sessions SET judged = '0.0.0, rules 0'")
    assert told(file) == judged


def test_cases_are_excused_in_what_was_stored(file: Path) -> None:
    with reading(file) as opened:
        finding = next(one for one in stored.findings(opened, opened.session()) if one.about)
    chosen = selection(ignore=[f"{finding.rule}:{finding.about[0]}"])
    before = told(file, chosen)
    change(file, "UPDATE sessions SET judged = ''")
    assert "excused" in before
    assert told(file, chosen) == before


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE exchanges SET status = 500 WHERE id = (SELECT max(id) FROM exchanges)",
        "DELETE FROM exchanges WHERE id = (SELECT max(id) FROM exchanges)",
        "UPDATE bodies SET content = x'7b7d'",
    ],
)
def test_who_edits_what_was_recorded_sees_it_judged_again(file: Path, edit: str) -> None:
    change(file, edit)
    assert [row["judged"] for row in query(file, "SELECT judged FROM sessions")][-1] == ""
    save(file)
    assert is_judged(file)


def test_by_another_policy_it_is_not_what_would_be_derived(file: Path) -> None:
    save(file, policy=Policy())
    assert not is_judged(file)


@pytest.mark.parametrize(
    "bend", ["severity = 'bad'", "rule = 'GW999'", "actual = '{'", "about = '3'"], ids=lambda bend: bend[:8]
)
def test_rows_that_somebody_has_bent_are_refused(file: Path, bend: str) -> None:
    change(file, f"UPDATE findings SET {bend}")
    with reading(file) as opened, pytest.raises(RecordingError, match="damaged"):
        list(stored.findings(opened, opened.session()))


def test_what_is_not_todays_is_derived_anew_and_the_file_stays_as_it_is(file: Path) -> None:
    before = derived_rows(file)
    change(file, "DELETE FROM findings")
    change(file, "DELETE FROM transfers")
    change(file, "UPDATE sessions SET judged = ''")
    content = file.read_bytes()
    with reading(file) as opened:
        bring_to_today(opened, opened.sessions())
        for table in TABLES:
            rows = [dict(row) for row in opened.db.execute(f"SELECT * FROM {table}")]
            assert in_order(rows) == before[table], table
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            opened.db.execute("DELETE FROM exchanges")
    assert file.read_bytes() == content


def test_what_is_todays_is_used_as_it_is(file: Path) -> None:
    change(file, "DELETE FROM findings")
    with reading(file) as opened:
        bring_to_today(opened, opened.sessions(), watch=lambda: pytest.fail("it was judged again"))
        assert list(stored.findings(opened, opened.session())) == []
        bring_to_today(opened, opened.sessions(), policy=Policy())
        assert list(stored.findings(opened, opened.session())) != []


def test_saving_tells_of_each_event(file: Path) -> None:
    before, events = derived_rows(file), []
    change(file, "DELETE FROM fetches")
    save(file, watch=lambda: events.append(1))
    assert derived_rows(file) == before
    assert len(events) == 2 * query(file, "SELECT count(*) AS n FROM exchanges")[0]["n"]
