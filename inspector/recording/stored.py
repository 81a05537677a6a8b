"""What was derived from a session, read back from its rows: where that was by today's rules, it is not done again.

`rows.py` is the way there.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import orjson

from inspector import __version__
from inspector.analysis.finding import Finding, Severity
from inspector.analysis.version import RULES
from inspector.errors import RecordingError
from inspector.recording.columns import ABOUT
from inspector.recording.reader import Recording
from inspector.recording.session import Session

if TYPE_CHECKING:  # what takes long to import is imported where it is used
    from inspector.analysis.causes import Cause

TODAYS = f"{__version__}, rules {RULES}"
"""What `Session.judged` says of rows that are what would be derived today."""

_FINDINGS = """
SELECT f.rule, f.severity, f.exchange, f.message, f.text, f.pointer, f.expected, f.actual, f.about
FROM findings f JOIN exchanges e ON e.id = f.exchange"""


def is_judged(session: Session) -> bool:
    """Whether the session's rows are all that would be derived from it today."""
    return session.judged == TODAYS


def count_calls(recording: Recording, session: Session) -> int:
    """How many of the session's exchanges are calls."""
    query = "SELECT count(*) FROM calls c JOIN exchanges e ON e.id = c.exchange WHERE e.session = ?"
    return int(recording.db.execute(query, (session.id,)).fetchone()[0])


def findings(recording: Recording, session: Session) -> Iterator[Finding]:
    """The session's findings as they were found, whatever is selected. Raises RecordingError."""
    # the plus keeps SQLite from asking each of a million exchanges for its findings, and from sorting those
    yield from _findings(recording, f"{_FINDINGS} WHERE +e.session = ? ORDER BY f.id", session.id)


def findings_at(recording: Recording, exchange: int) -> Iterator[Finding]:
    """Those of one exchange. Raises RecordingError."""
    yield from _findings(recording, f"{_FINDINGS} WHERE f.exchange = ? ORDER BY f.id", exchange)


def causes_at(recording: Recording, exchange: int) -> "Iterator[Cause]":
    """The causes that an exchange is in, as the call or with a message that it brought about."""
    from inspector.analysis.causes import Cause

    cursor = recording.db.cursor()
    cursor.row_factory = None
    query = "SELECT call, exchange, position, kind, evidence, wait_ms, lag_ms FROM causes"
    rows = cursor.execute(f"{query} WHERE call = ?1 OR exchange = ?1 ORDER BY call, exchange, position", (exchange,))
    yield from (Cause(*row) for row in rows)


def _findings(recording: Recording, query: str, parameter: int) -> Iterator[Finding]:
    from inspector.analysis.rules import (
        CATALOGUE,  # with every rule: who only asks what is judged need not wait for them
    )

    cursor = recording.db.cursor()
    cursor.row_factory = None
    for rule, severity, exchange, message, text, pointer, expected, actual, about in cursor.execute(
        query, (parameter,)
    ):
        try:
            if rule not in CATALOGUE:
                raise ValueError(f"there is no rule {rule[:40]!r}")
            value = None if actual is None else orjson.loads(actual)
            named = tuple(ABOUT.read(about))
            yield Finding(rule, Severity(severity), exchange, message, text, pointer, expected, value, named)
        except ValueError as error:
            raise RecordingError(f"the recording is damaged: {error}; `check --save` judges it again") from None
