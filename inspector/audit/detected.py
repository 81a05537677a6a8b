"""What the bytes of a transfer look like, whatever anybody says of them: by their beginning, if they were kept."""

import sqlite3
from contextlib import suppress

from inspector.analysis.files.likely import type_of_bytes
from inspector.recording.columns import headers_of
from inspector.traffic.body import HEAD, Body

_BODIES = """
SELECT t.id, b.id, b.kept, CASE WHEN b.kept = 'whole' AND b.size <= 16384 THEN b.content END
FROM json_each(?) j CROSS JOIN transfers t ON t.id = j.value JOIN bodies b ON b.sha256 = t.sha256
WHERE b.kept IN ('whole', 'chunks')"""

_CODED = """
SELECT t.id, b.id, b.kept, e.response_headers
FROM json_each(?) j CROSS JOIN transfers t ON t.id = j.value
JOIN fetches f ON f.transfer = t.id JOIN exchanges e ON e.id = f.exchange JOIN bodies b ON b.id = e.response_body
WHERE t.sha256 <> '' AND e.status = 200 AND b.kept IN ('whole', 'chunks') AND e.response_original IS NULL
  AND instr(lower(e.response_headers), '"content-encoding"')
ORDER BY f.exchange"""


def detected(db: sqlite3.Connection, chosen: str) -> dict[int, str]:
    """The types of the chosen transfers' bytes, as far as they look like any; `chosen` is a JSON list of numbers."""
    cursor = db.cursor()
    cursor.row_factory = None
    found = {
        number: type_of_bytes(begin_of(db, body, kept) if content is None else content)
        for number, body, kept, content in cursor.execute(_BODIES, (chosen,)).fetchall()
    }
    for number, body, kept, headers in cursor.execute(_CODED, (chosen,)).fetchall():
        if number not in found:  # its digest is of what comes out of the coding
            coded = Body.of(begin_of(db, body, kept), headers_of(headers).coding)
            found[number] = type_of_bytes(coded.readable())
    return found


def begin_of(db: sqlite3.Connection, body: int, kept: str) -> bytes:
    """The first bytes of a kept body, without the rest: at most HEAD."""
    table, row = "bodies", body
    if kept == "chunks":
        first = db.execute("SELECT id FROM chunks WHERE body = ? ORDER BY n LIMIT 1", (body,)).fetchone()
        if first is None:
            return b""
        table, row = "chunks", first[0]
    with suppress(sqlite3.OperationalError), db.blobopen(table, "content", row, readonly=True) as content:
        return content.read(HEAD)
    return b""  # there is none, as of a body of which only the digest was kept
