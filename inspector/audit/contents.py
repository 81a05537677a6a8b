"""Which bytes a recording holds of a transfer: what was uploaded, and what each download gave."""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from inspector.audit.entry import Entry
from inspector.errors import BodyError, RecordingError
from inspector.recording.columns import headers_of
from inspector.recording.reader import Recording
from inspector.recording.understood import READ_LIMIT
from inspector.traffic.body import Body

_NOTHING = hashlib.sha256().hexdigest()
"""Of an empty file, which no table has: there is nothing to keep."""

_BODY = "SELECT id, sha256, size, kept FROM bodies WHERE sha256 = ?"
_PART = """
SELECT p.sha256, b.id, b.kept FROM parts p LEFT JOIN bodies b ON b.id = p.body
WHERE p.exchange = ? AND p.filename IS NOT NULL ORDER BY p.position LIMIT 1"""
_ANSWER = """
SELECT b.id, b.sha256, b.size, b.kept, e.status, e.error, e.truncated, e.response_headers, e.response_original
FROM exchanges e LEFT JOIN bodies b ON b.id = e.response_body WHERE e.id = ?"""


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes that were kept, without their content coding if they have one that we can undo; `how` they came, in words.

    `pieces` reads them, as often as it is called. It raises BodyError, RecordingError.
    """

    sha256: str
    how: str
    pieces: Callable[[], Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class Missing:
    """Bytes that were not kept, and why; their digest is empty if nobody knows it."""

    sha256: str
    why: str
    how: str


def contents(recording: Recording, entry: Entry) -> Iterator[Content | Missing]:
    """All that is known of a transfer's bytes; each digest once. Raises RecordingError."""
    told = {found.sha256: found for found in _brought(recording, entry)}
    for one in entry.fetched:
        for found in _answer(recording, one.exchange):
            if not isinstance(told.get(found.sha256), Content):
                told[found.sha256] = found
    if entry.sha256 and not isinstance(told.get(entry.sha256), Content):
        row = recording.db.execute(_BODY, (entry.sha256,)).fetchone()
        told[entry.sha256] = _kept(recording, entry.sha256, row, "uploaded")
    if not told:
        cut = entry.how_linked == "new file"
        told[""] = Missing("", "not all of it was recorded" if cut else "its bytes never crossed the wire", "")
    yield from told.values()


def _brought(recording: Recording, entry: Entry) -> Iterator[Content | Missing]:
    """What a new document was made of; a later download may have given something else."""
    if entry.linked is None or (row := recording.db.execute(_PART, (entry.linked.exchange,)).fetchone()) is None:
        return
    how, sha256 = f"uploaded in #{entry.linked.exchange}", row["sha256"]
    if ":" in sha256:  # it begins with `partial:`
        yield Missing("", f"not all of #{entry.linked.exchange} was recorded", how)
    else:
        yield _kept(recording, sha256, row, how)


def _kept(recording: Recording, sha256: str, row: sqlite3.Row | None, how: str) -> Content | Missing:
    """The bytes with this digest; `row` is of the body that has them, if there is one."""
    if sha256 == _NOTHING:
        return Content(sha256, how, lambda: iter(()))
    if row is None or row["kept"] not in ("whole", "chunks"):
        return Missing(sha256, "only its digest was kept", how)
    return Content(sha256, how, partial(_pieces, recording, row["id"], row["kept"]))


def _answer(recording: Recording, exchange: int) -> Iterator[Content | Missing]:
    """What a download gave."""
    row, how = recording.db.execute(_ANSWER, (exchange,)).fetchone(), f"downloaded in #{exchange}"
    if row is None or row["status"] != 200 or row["id"] is None:
        return
    sha256, coding = row["sha256"], "" if row["response_original"] else headers_of(row["response_headers"]).coding
    if row["error"] or "response" in (row["truncated"] or "") or ":" in sha256:
        yield Missing("" if ":" in sha256 else sha256, f"not all of #{exchange} was recorded", how)
    elif row["kept"] not in ("whole", "chunks"):
        yield Missing(sha256, "only its digest was kept", how)
    else:
        raw = partial(_pieces, recording, row["id"], row["kept"])
        yield (_decoded(raw, coding, how) if coding and row["size"] <= READ_LIMIT else None) or Content(
            sha256, f"{how}, in its content coding {coding[:40]}" if coding else how, raw
        )


def _decoded(raw: Callable[[], Iterator[bytes]], coding: str, how: str) -> Content | None:
    """The bytes without their coding; None if it cannot be undone."""

    def pieces() -> Iterator[bytes]:
        yield Body.of(b"".join(raw()), coding).decoded()

    try:
        sha256 = hashlib.sha256(next(pieces())).hexdigest()
    except BodyError:
        return None
    return Content(sha256, how, pieces)


def _pieces(recording: Recording, body: int, kept: str) -> Iterator[bytes]:
    """The bytes of a body, at most a chunk at a time."""
    query = "SELECT content FROM bodies WHERE id = ?"
    if kept == "chunks":
        query = "SELECT content FROM chunks WHERE body = ? ORDER BY n"
    cursor = recording.db.cursor()
    cursor.row_factory = None
    for (content,) in cursor.execute(query, (body,)):
        if content is None:
            raise RecordingError(f"{recording.path} is damaged: body {body} has no content")
        yield content
