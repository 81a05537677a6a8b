"""Makes the smaller recording: beside its place first, whole, and then there at once."""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from inspector.errors import NothingFound, RecordingError
from inspector.recording.file import leave_one_file, open_to_write
from inspector.recording.place import beside, check_free, put, remove
from inspector.recording.reader import Recording
from inspector.recording.session import Session
from inspector.recording.trimming.choosing import Choice, Wanted, choose
from inspector.recording.trimming.copying import Copying, named
from inspector.recording.trimming.editing import Editing, members_hidden
from inspector.recording.trimming.hiding import Hiding
from inspector.recording.trimming.left_out import with_left_out

Watch = Callable[[], None]


@dataclass(slots=True)
class Trimmed:
    """What came through: exchanges `kept` of so many, `changed` of them, bytes of the file before and after, and the
    pointers that were `found` to lead to something.
    """

    exchanges: int = 0
    kept: int = 0
    changed: int = 0
    before: int = 0
    after: int = 0
    found: set[str] = field(default_factory=set)


def steps(recording: Recording, sessions: Sequence[Session], wanted: Wanted, pointers: Sequence[str]) -> int:
    """How often `trim` calls its `watch`, nearly."""
    exchanges = sum(recording.count(session) for session in sessions)
    return exchanges * (1 + 2 * bool(wanted) + 2 * bool(wanted.without) + bool(pointers))


def trim(
    recording: Recording,
    sessions: Sequence[Session],
    out: Path,
    wanted: Wanted,
    pointers: Sequence[str],
    finish: Callable[[Path], None],
    watch: Watch = lambda: None,
) -> Trimmed:
    """Writes what is wanted of these sessions, whose derived rows are by today's rules, to a new recording at `out`.

    What is at JSON `pointers` is hidden. `finish` is handed the file before it is in its place. Raises UsageError
    (there is something at `out`, or no place for it; no pointer), NothingFound (no such agent or chat), RecordingError.
    """
    check_free(out)
    Hiding(pointers)  # what is no pointer is told before anything begins
    made = beside(out, "trimming")
    try:
        trimmed = _written(recording, sessions, made, wanted, pointers, watch)
        finish(made)
        trimmed.before, trimmed.after = _size(recording.db), made.stat().st_size
        put(made, out)
        return trimmed
    finally:
        remove(made)


def _written(
    recording: Recording, sessions: Sequence[Session], path: Path, wanted: Wanted, pointers: Sequence[str], watch: Watch
) -> Trimmed:
    choices, missing = list[tuple[Session, Choice]](), list[NothingFound]()
    for session in sessions:
        try:
            choices.append((session, choose(recording, session, wanted, watch)))
        except NothingFound as error:  # another one may have it
            missing.append(error)
    if not choices:
        raise missing[0] if missing else NothingFound(f"{recording.path} holds no session")
    told = f"{sorted(wanted.agents)} {sorted(wanted.chats)} {sorted(pointers)}"
    told += f" {sorted(wanted.without)}" if wanted.without else ""
    changed = [session for session, choice in choices if wanted or pointers or choice.leaving.numbers]
    uuids = {session.uuid: named(session, told) for session in changed}
    trimmed, db = Trimmed(), open_to_write(path)
    try:
        copying = Copying(recording, db)
        for session, choice in choices:
            db.execute("BEGIN")
            _session(recording, session, choice, pointers, uuids, copying, trimmed, watch)
            db.execute("COMMIT")
        leave_one_file(db)
    except sqlite3.Error as error:
        raise RecordingError(f"{recording.path} cannot be trimmed: {error}") from None
    finally:
        db.close()
    return trimmed


def _session(
    recording: Recording,
    session: Session,
    choice: Choice,
    pointers: Sequence[str],
    uuids: dict[str, str],
    copying: Copying,
    trimmed: Trimmed,
    watch: Watch,
) -> None:
    hiding = Hiding(pointers)
    editing = Editing(choice.foreign, hiding)
    kept = list[int]()
    cursor = recording.db.cursor()
    cursor.row_factory = None
    for (number,) in cursor.execute("SELECT id FROM exchanges WHERE session = ? ORDER BY start_tick", (session.id,)):
        trimmed.exchanges += 1
        watch()
        if choice.leaves(number):
            continue
        exchange = recording.exchange(number) if choice.wanted or pointers else None
        if exchange is None or choice.keeps(exchange):
            kept.append(number)
            if exchange and hiding:
                editing.learn(exchange)
    trimmed.found |= hiding.found
    settings = with_left_out(session.settings, choice.leaving.left_out)
    made = copying.session(session, uuids, members_hidden(hiding, session.redacted), settings)
    for number in kept:
        trimmed.kept += 1
        if choice.wanted or pointers or choice.others(number):
            trimmed.changed += _copy(recording, number, choice, editing, copying, made)
        else:
            copying.exchange(number, made)
        watch()


def _copy(recording: Recording, number: int, choice: Choice, editing: Editing, copying: Copying, session: int) -> bool:
    """Copies an exchange that is kept; whether it had to be changed."""
    before = recording.exchange(number)
    after = editing.exchange(before, choice.others(number))
    frames = [(frame, editing.frame(frame)) for frame in recording.frames(number)]
    changed = [new for old, new in frames if new is not old]
    if after is before and not changed:
        copying.exchange(number, session)
        return False
    copying.changed(before, after, session, changed)
    return True


def _size(db: sqlite3.Connection) -> int:
    """Bytes of the recording, with what a recorder has not brought into the file yet."""
    return int(db.execute("PRAGMA page_count").fetchone()[0] * db.execute("PRAGMA page_size").fetchone()[0])
