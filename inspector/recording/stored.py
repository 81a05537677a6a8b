"""What was derived from a session, read back from its rows: where that was by today's rules, it is not done again.

`rows.py` is the way there.
"""

from collections.abc import Iterator

import orjson

from inspector import __version__
from inspector.analysis.finding import Finding, Severity
from inspector.analysis.rules import CATALOGUE, RULES
from inspector.errors import RecordingError
from inspector.recording.columns import ABOUT
from inspector.recording.reader import Recording
from inspector.recording.session import Session

TODAYS = f"{__version__}, rules {RULES}"
"""What `Session.judged` says of rows that are what would be derived today."""

_FINDINGS = """
SELECT f.rule, f.severity, f.exchange, f.message, f.text, f.pointer, f.expected, f.actual, f.about
FROM findings f JOIN exchanges e ON e.id = f.exchange WHERE e.session = ? ORDER BY f.id"""


def is_judged(session: Session) -> bool:
    """Whether the session's rows are all that would be derived from it today."""
    return session.judged == TODAYS


def count_calls(recording: Recording, session: Session) -> int:
    """How many of the session's exchanges are calls."""
    query = "SELECT count(*) FROM calls c JOIN exchanges e ON e.id = c.exchange WHERE e.session = ?"
    return int(recording.db.execute(query, (session.id,)).fetchone()[0])


def findings(recording: Recording, session: Session) -> Iterator[Finding]:
    """The session's findings as they were found, whatever is selected. Raises RecordingError."""
    cursor = recording.db.cursor()
    cursor.row_factory = None
    for rule, severity, exchange, message, text, pointer, expected, actual, about in cursor.execute(
        _FINDINGS, (session.id,)
    ):
        try:
            if rule not in CATALOGUE:
                raise ValueError(f"there is no rule {rule[:40]!r}")
            value = None if actual is None else orjson.loads(actual)
            named = tuple(ABOUT.read(about))
            yield Finding(rule, Severity(severity), exchange, message, text, pointer, expected, value, named)
        except ValueError as error:
            raise RecordingError(f"the recording is damaged: {error}; `check --save` judges it again") from None
