"""What a recording means by today's rules: its events through the same analyst that judged them live."""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from inspector.analysis.analyst import AnalysisSettings, Analyst, Derived
from inspector.analysis.policy import Policy, checked
from inspector.analysis.summary import Summary
from inspector.errors import RecordingError, SettingsError
from inspector.recording.file import check_alone, leave_one_file, open_to_write
from inspector.recording.reader import Recording, reading
from inspector.recording.rows import DerivedRows
from inspector.recording.session import Session
from inspector.recording.stored import TODAYS

Watch = Callable[[], None]
"""Told after each event, for whoever shows progress; a finished exchange has two events, an unfinished one has one."""


def derive(
    recording: Recording, session: Session, watch: Watch = lambda: None, policy: Policy | None = None
) -> Iterator[Derived]:
    """Everything that follows from the session's facts, in order, with the settings that it was recorded with; but by
    another `policy` if one is given.
    """
    settings = _settings_of(session)
    analyst = Analyst(replace(settings, policy=policy) if policy else settings)
    for event in recording.events(session):
        yield from analyst.feed(event)
        watch()
    yield from analyst.close(recording.ended(session))


def summarise(
    recording: Recording, session: Session, watch: Watch = lambda: None, policy: Policy | None = None
) -> Summary:
    """All that `derive` gives, gathered."""
    summary = Summary()
    for thing in derive(recording, session, watch, policy):
        summary.add(thing)
    return summary


def save(path: Path, watch: Watch = lambda: None, policy: Policy | None = None) -> None:
    """Replaces what the recording holds as derived by what today's rules give; the facts stay as they are.

    Raises RecordingError, UsageError (it cannot be written to, or a recorder is at work in it).
    """
    with reading(path) as recording:
        sessions = recording.sessions()
        derived = {session.id: list(derive(recording, session, watch, policy)) for session in sessions}
    db = open_to_write(path)
    try:
        db.execute("BEGIN IMMEDIATE")
        check_alone(db, path)
        for table in ("agents", "calls", "messages", "causes", "transfers", "findings", "prepared"):
            db.execute(f"DELETE FROM {table}")
        for session in sessions:
            _insert(db, session, derived[session.id])
            db.execute("UPDATE sessions SET judged = ? WHERE id = ?", ("" if policy else TODAYS, session.id))
        db.execute("COMMIT")
        leave_one_file(db)
    except sqlite3.Error as error:
        raise RecordingError(f"{path} cannot be written to: {error}") from None
    finally:
        db.close()


def _insert(db: sqlite3.Connection, session: Session, derived: list[Derived]) -> None:
    first = [db.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()[0] for table in ("agents", "transfers")]
    rows = DerivedRows(session.id, *first)
    for thing in derived:
        db.execute(*rows.of(thing))


def _settings_of(session: Session) -> AnalysisSettings:
    known = AnalysisSettings.__dataclass_fields__
    settings = {name: value for name, value in session.settings.items() if name in known}
    if policy := settings.pop("policy", None):
        told = {name: value for name, value in policy.items() if name in Policy.model_fields}
        try:
            settings["policy"] = checked(told, f"session {session.uuid}")
        except SettingsError as error:
            raise RecordingError(f"the recording is damaged: {error}") from None
    return AnalysisSettings(**settings)
