"""What marks a file as a recording, and as one of which version; known without any library, so that a start is fast."""

import sqlite3

APPLICATION_ID = 0x47575349
"""`GWSI` in the header of the file (SQLite file format, section 1.3.12): `file` and we know it as a recording."""

SET = "gws-inspector"

PARTIAL = "partial:"
"""Begins the digest of a body of which not all is there; what follows is only to be unique."""

DROPPED = "dropped:"
"""Begins that of one that nothing refers to any more; its chunks are about to be deleted."""

NAMES = frozenset(
    [
        *("m001_facts", "m002_derived", "m003_views", "m004_prepared", "m005_views_by_life", "m006_streams"),
        *("m007_judged", "m008_views_to_read", "m009_named"),
    ]
)
"""The migrations that this version knows; a file with others was written by a later one."""

READ = NAMES - {"m008_views_to_read", "m009_named"}
"""Those that a file must have had to be read as it is: what the others change, nobody but people with SQL looks at, or
the reader does without (names of sessions).
"""


def applied(db: sqlite3.Connection) -> frozenset[str]:
    """The migrations that a file has had, from the table in which sqlite-utils notes them."""
    noted = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = '_sqlite_migrations'"
    if not db.execute(noted).fetchone()[0]:
        return frozenset()
    rows = db.execute("SELECT name FROM _sqlite_migrations WHERE migration_set = ?", (SET,))
    return frozenset(str(row[0]) for row in rows)
