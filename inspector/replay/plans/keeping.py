"""Keeps in a recording what its sessions come to when they are loaded, so that a replay of them starts at once."""

import logging
import sqlite3
from pathlib import Path

from inspector.errors import InspectorError, RecordingError
from inspector.recording.file import check_alone, leave_one_file, open_to_write
from inspector.recording.reader import Recording, reading
from inspector.recording.session import Session
from inspector.replay.matching import Matcher
from inspector.replay.plans.archive import Archive, Identities, Responses
from inspector.replay.plans.packing import pack, rules_of, unpack_plans
from inspector.replay.plans.plan import Loaded
from inspector.traffic.redaction import Places

logger = logging.getLogger("inspector")

_LONG = 50_000
"""Exchanges that take some seconds: whoever ends a recorder waits no longer for what may never be replayed."""

MOST = 100_000
"""Exchanges of a session that can be made ready: of more, what is made of them does not fit into memory."""


def keep(path: Path, session: str | None = None) -> None:
    """Makes a session of the recording at `path` ready: the newest, or the one with this id or (begin of a) UUID.

    Does nothing if it is not complete: what caused what is not known then. Raises RecordingError (it cannot be read or
    written to), NothingFound (no such session), UsageError (no place to write, or a recorder is at work in it).
    """
    from inspector.replay.plans.loading import load_session  # who only plays what was kept does not need it

    with reading(path) as recording:
        chosen = recording.session(session)
        if chosen.state != "complete":
            return
        row = (chosen.id, rules_of(chosen), *pack(load_session(recording, chosen, Matcher(None, places_of(chosen)))))
    db = open_to_write(path)
    try:
        db.execute("BEGIN IMMEDIATE")
        check_alone(db, path)
        db.execute("INSERT OR REPLACE INTO prepared (session, rules, plans, identities) VALUES (?, ?, ?, ?)", row)
        db.execute("COMMIT")
        leave_one_file(db)
    except sqlite3.Error as error:
        raise RecordingError(f"{path} cannot be written to: {error}") from None
    finally:
        db.close()


def make_ready(path: Path, session: str, *, limit: int | None = _LONG) -> None:
    """The same for who has just recorded it: where it cannot be, the recording is as good, and only starts later.

    A session of more than `limit` exchanges is left as it is.
    """
    try:
        with reading(path) as recording:
            exchanges = recording.count(recording.session(session))
        if limit is None or exchanges <= limit:
            keep(path, session)
        elif exchanges > MOST:
            logger.warning("replays of these %s exchanges start slowly, of a part that `trim` makes at once", exchanges)
        else:
            told = (
                "replays of these %s exchanges will start slowly, unless `gws-inspector check --save %s` is run first"
            )
            logger.warning(told, exchanges, path)
    except InspectorError as error:
        logger.warning("replays of this session will start slowly: %s", error)
    except Exception:  # a mistake of ours must not look as if anything of the recording were lost
        logger.exception("the session is recorded, but could not be made ready for replay: please report this")


def make_whole(path: Path) -> None:
    """Derives what there is to know of a recording that was just made, and makes each of its sessions ready, however
    long. Raises RecordingError and UsageError, as `derivation.save` does.
    """
    from inspector.recording import derivation  # who only plays what was kept does not need it

    derivation.save(path)
    with reading(path) as recording:
        sessions = recording.sessions()
    for session in sessions:
        make_ready(path, str(session.id), limit=None)


def kept(recording: Recording, session: Session, matcher: Matcher) -> Loaded | None:
    """The session as it was kept; None if it was not, or by other rules, or if what was kept does not fit together.

    Its responses and identities are read when they are asked for, by the `matcher` that is not told to ignore anything.
    """
    query = "SELECT plans FROM prepared WHERE session = ? AND rules = ?"
    rows = recording.db.execute(query, (session.id, rules_of(session))).fetchall()
    if not rows or session.state != "complete":
        return None
    try:
        plans, logins, keys = unpack_plans(rows[0][0])
    except RecordingError:
        return None
    archive = Archive(recording.path, session)
    return Loaded(plans, Responses(archive, plans), Identities(archive, plans, keys, matcher), logins)


def places_of(session: Session) -> Places:
    """Where its secrets were redacted."""
    return Places(*(frozenset(session.redacted.get(name, ())) for name in ("headers", "members")))
