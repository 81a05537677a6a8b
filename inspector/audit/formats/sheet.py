"""The ledger as CSV that a spreadsheet opens: RFC 4180, in UTF-8 with a byte order mark, and no cell is a formula.

Each row says itself what it rests on, so that no row is worth less when it is copied elsewhere.
"""

import csv
import re
from collections.abc import Iterator

from inspector.audit.audited import Audited
from inspector.audit.entry import Entry, Outcome
from inspector.audit.head import Head
from inspector.render.escape import plain
from inspector.render.machine import time_of

Cell = str | int | float | None

COLUMNS = (
    *("time", "agent", "user", "direction", "chat", "document", "file", "name", "declared_type", "detected_type"),
    *("declared_bytes", "seen_bytes", "sha256", "upload_type", "upload_path", "description", "how_linked"),
    *("link_exchange", "link_time", "link_http_status", "link_status_code", "link_error"),
    *("upload_exchange", "upload_time", "upload_http_status", "upload_status_code", "upload_error"),
    *("notified_exchange", "notified_time", "delay_ms", "downloads", "downloaded", "state", "findings", "excused"),
    *("transfer", "recording", "recording_sha256", "session", "session_state", "rested_on"),
)
"""The header. Later versions may add columns at the end; these stay as they are."""

_MARK = "\ufeff"
"""Without it, Excel takes a file that is opened by a click for one in the code page of the machine
(support.microsoft.com, "Opening CSV UTF-8 files correctly in Excel"); Python reads it as `utf-8-sig`.
"""

_CELL = 32_000
"""Characters of a cell: Excel takes 32,767 (its specifications and limits)."""

_FORMULA = re.compile("(^|;)(?=[\\s'\"`\u00b4]*[=+\\-@\uff1d\uff0b\uff0d\uff20])")
"""What makes a cell a formula (OWASP, CSV Injection): also the wide signs, also behind what a spreadsheet strips; and
behind a semicolon, at which Excel of many countries begins a new cell, quoted or not.
"""

_HARMLESS = re.compile(r"\w[ -:<-~]*", re.ASCII)
"""Most cells: printable ASCII that begins with a letter or digit, and has no semicolon."""

_LISTED = 100
"""Downloads that are told of one by one in a cell."""


class _Line:
    """Takes what a csv.writer writes."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        self.text = text
        return len(text)


def pieces(audited: Audited) -> Iterator[str]:
    """The sheet, a row at a time. Raises RecordingError."""
    line = _Line()
    writer = csv.writer(line, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    yield _MARK + line.text
    head = audited.head()
    rested = {one.uuid: (file.sha256, one.state) for file in head.recordings for one in file.sessions if one.counts}
    on = _rested_on(head)
    for entry in audited.entries():
        sha256, state = rested[entry.session]
        cells = (*_cells(entry), entry.number, entry.recording, sha256, entry.session, state, on)
        writer.writerow([guarded(cell) if isinstance(cell, str) else cell for cell in cells])
        yield line.text


def guarded(text: str) -> str:
    """The text as a cell that no spreadsheet takes for a formula: with an apostrophe, as a hand would enter it, before
    what could begin one. Control characters are shown by their names, as `\\x1b`.
    """
    if len(text) <= _CELL and (not text or _HARMLESS.fullmatch(text)):
        return text
    return _FORMULA.sub(r"\1'", plain(text, _CELL))


def _cells(entry: Entry) -> Iterator[Cell]:
    yield from (time_of(entry.at), entry.login, entry.user, entry.direction, entry.chat, entry.document, entry.file)
    yield from (entry.name, entry.declared_type, entry.detected_type, entry.declared_size, entry.seen_size)
    yield from (entry.sha256, entry.upload_type, entry.upload_path, entry.description, entry.how_linked)
    yield from _outcome(entry.linked)
    yield from _outcome(entry.uploaded)
    told = entry.notified
    yield from (told.exchange, time_of(told.at), told.lag_ms) if told else (None, None, None)
    yield len(entry.fetched)
    yield _downloads(entry)
    yield entry.state.value
    for findings in (entry.findings, entry.excused):
        yield " ".join(dict.fromkeys(finding.rule for finding in findings))


def _outcome(outcome: Outcome | None) -> tuple[Cell, ...]:
    if outcome is None:
        return (None,) * 5
    return outcome.exchange, time_of(outcome.at), outcome.status, outcome.status_code, outcome.error


def _downloads(entry: Entry) -> str:
    """Who and when: `2026-07-21T14:23:20+00:00 sofia | …`"""
    told = [f"{time_of(one.at)} {one.agent or 'somebody'}" for one in entry.fetched[:_LISTED]]
    more = len(entry.fetched) - len(told)
    return " | ".join([*told, *([f"and {more} more"] if more else [])])


def _rested_on(head: Head) -> str:
    policy = "each session's own policy" if head.policy is None else f"policy {head.policy_file or 'of the settings'}"
    sha256 = f" sha256 {head.policy_sha256}" if head.policy_sha256 else ""
    return f"gws-inspector {head.tool}, rules {head.rules}, puremagic {head.types}, {policy}{sha256}"
