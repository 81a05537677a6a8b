"""A row of the ledger as the page has it: a list in the order that `page/data.js` reads, which keeps reports small."""

from typing import Any

from inspector.analysis.finding import Finding
from inspector.audit.entry import Entry, Outcome
from inspector.audit.report.embedded import Words, text
from inspector.traffic.exchange import Instant

Row = list[Any]
_VALUE = 300
"""Characters of the value that a finding is about."""


def row(entry: Entry, session: int, words: Words) -> Row:
    """`session` is its place in the audit. Moments are microseconds in UTC, as the recording has them."""
    word = words.of
    return [
        _at(entry.at),
        session,
        entry.number,
        word(entry.login),
        word(entry.user),
        word(entry.direction),
        word(entry.chat),
        text(entry.document),
        text(entry.file),
        text(entry.name),
        word(entry.declared_type),
        word(entry.detected_type),
        entry.declared_size,
        entry.seen_size,
        text(entry.sha256),
        word(entry.upload_type),
        text(entry.upload_path),
        text(entry.description),
        word(entry.how_linked),
        _outcome(entry.linked),
        _outcome(entry.uploaded),
        _notified(entry),
        [[one.exchange, _at(one.at), word(one.agent), one.status] for one in entry.fetched],
        word(entry.state),
        [finding(one, excused=False) for one in entry.findings] + [finding(one, excused=True) for one in entry.excused],
    ]


def finding(found: Finding, *, excused: bool) -> Row:
    """What was found, where, and whether somebody excused it."""
    actual = None if found.actual is None else text(found.actual, _VALUE)
    place = [found.rule, str(found.severity), found.exchange, found.message]
    return [*place, text(found.text), text(found.pointer), text(found.expected), actual, int(excused)]


def _outcome(outcome: Outcome | None) -> Row | None:
    if outcome is None:
        return None
    return [outcome.exchange, _at(outcome.at), outcome.status, outcome.status_code, text(outcome.error)]


def _notified(entry: Entry) -> Row | None:
    told = entry.notified
    return None if told is None else [told.exchange, told.position, _at(told.at), told.lag_ms]


def _at(moment: Instant | None) -> int | None:
    return moment.at if moment else None
