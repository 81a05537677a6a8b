"""What a recording means by today's rules: its events through the same analyst that judged them live."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
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
from inspector.recording.stored import TODAYS, is_judged
from inspector.recording.tables import DERIVED, DERIVED_TABLES, FETCHES
from inspector.recording.trimming.left_out import left_out

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
    db = open_to_write(path)
    try:
        db.execute("BEGIN IMMEDIATE")
        check_alone(db, path)
        for table in (*DERIVED_TABLES, "prepared"):
            db.execute(f"DELETE FROM {table}")
        with reading(path) as recording:  # it sees the file as it was before: the facts
            _insert(db, recording, recording.sessions(), watch, policy)
        db.execute("UPDATE sessions SET judged = ?", ("" if policy else TODAYS,))
        db.execute("COMMIT")
        leave_one_file(db)
    except sqlite3.Error as error:
        raise RecordingError(f"{path} cannot be written to: {error}") from None
    finally:
        db.close()


def bring_to_today(
    recording: Recording, sessions: Sequence[Session], watch: Watch = lambda: None, policy: Policy | None = None
) -> None:
    """From now on `stored` gives of these sessions what today's rules do, or those and another `policy`.

    What is stored is used if it is that already. Else it is derived into temporary tables, which have the same names
    (and so come first), lie in a temporary file, and are gone with the connection: the recording stays as it is.
    Raises RecordingError.
    """
    if not policy and all(is_judged(session) for session in sessions):
        return
    db = recording.db
    try:
        db.execute("PRAGMA query_only = OFF")  # the file itself is open to be read only
        for script in (DERIVED, FETCHES):
            for statement in script.split(";\n"):
                words = statement.strip().replace("CREATE TABLE ", "CREATE TEMP TABLE ")
                db.execute(words.replace("CREATE INDEX ", "CREATE INDEX temp."))
        db.execute("ALTER TABLE temp.findings ADD COLUMN about TEXT NOT NULL DEFAULT '[]'")
        db.execute("BEGIN")
        _insert(db, recording, sessions, watch, policy)
        db.execute("COMMIT")
    finally:
        db.execute("PRAGMA query_only = ON")


def _insert(
    db: sqlite3.Connection, recording: Recording, sessions: Iterable[Session], watch: Watch, policy: Policy | None
) -> None:
    for session in sessions:
        first = [
            db.execute(f"SELECT coalesce(max(id), 0) FROM {name}").fetchone()[0] for name in ("agents", "transfers")
        ]
        rows = DerivedRows(session.id, *first)
        for thing in derive(recording, session, watch, policy):
            db.execute(*rows.of(thing))


def _settings_of(session: Session) -> AnalysisSettings:
    known = AnalysisSettings.__dataclass_fields__.keys() - {"linked"}
    settings = {name: value for name, value in session.settings.items() if name in known}
    if policy := settings.pop("policy", None):
        told = {name: value for name, value in policy.items() if name in Policy.model_fields}
        told.pop("deny_digests_file", None)  # a recording leads to no file of whoever reads it
        try:
            settings["policy"] = checked(told, f"session {session.uuid}")
        except SettingsError as error:
            raise RecordingError(f"the recording is damaged: {error}") from None
    gone = {(one.chat_id, one.document_id) for one in left_out(session) if one.document_id}
    return AnalysisSettings(**settings, linked=tuple(sorted(gone)))
