"""What happened when, of a capture of any size: sorted outside of memory, in a temporary file without a name."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from inspector.traffic.exchange import Instant

DONE, STARTED, FRAMED = 0, 1, 2
"""What happens, in the order of what happened at the same microsecond: a client asks because it was answered."""

_TABLES = """
CREATE TABLE told (id INTEGER PRIMARY KEY, content BLOB NOT NULL) STRICT;
CREATE TABLE happenings (
  place INTEGER NOT NULL, mono INTEGER NOT NULL, at INTEGER NOT NULL, tick INTEGER,
  what INTEGER NOT NULL, told INTEGER NOT NULL, n INTEGER NOT NULL
) STRICT;"""


@dataclass(frozen=True, slots=True)
class Happening:
    """`told` is the number of what it happened to, `n` that of the frame."""

    what: int
    told: int
    n: int
    moment: Instant


class Order:
    """Things told in any order, to be had in that of time; or of their ticks, if each has one of its own."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def tell(self, content: bytes) -> int:
        """Keeps what was told of something; returns its number."""
        number = self._db.execute("INSERT INTO told (content) VALUES (?)", (content,)).lastrowid
        assert number is not None
        return number

    def told(self, number: int) -> bytes:
        """What was told."""
        row = self._db.execute("SELECT content FROM told WHERE id = ?", (number,)).fetchone()
        assert isinstance(row[0], bytes)
        return row[0]

    def happens(
        self, what: int, told: int, moment: Instant, *, tick: int | None = None, after: int = -1, n: int = 0
    ) -> None:
        """Something happens at a moment; at any rate later than what happened `after`, in microseconds UTC."""
        row = (max(moment.at, after + 1), moment.mono, moment.at, tick, what, told, n)
        self._db.execute("INSERT INTO happenings VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    @property
    def has_ticks(self) -> bool:
        """Whether everything has a tick of its own: then `mono` is that of one clock, too."""
        all_, ticks = self._db.execute("SELECT count(*), count(DISTINCT tick) FROM happenings").fetchone()
        return bool(all_ == ticks)

    def count(self) -> int:
        """How many things happen."""
        return int(self._db.execute("SELECT count(*) FROM happenings").fetchone()[0])

    def happenings(self) -> Iterator[Happening]:
        """All of them in order. Without ticks `mono` is counted in UTC, too: there is no other clock."""
        by_tick = self.has_ticks
        order = "tick" if by_tick else "place, what, told, n"
        sql = f"SELECT mono, at, what, told, n FROM happenings ORDER BY {order}"
        for mono, at, what, told, n in self._db.execute(sql):
            yield Happening(what, told, n, Instant(mono if by_tick else at, at))


@contextmanager
def ordering() -> Iterator[Order]:
    """An empty Order, whose file is gone afterwards."""
    with (
        tempfile.TemporaryDirectory(prefix="gws-inspector-") as folder,
        closing(sqlite3.connect(Path(folder) / "order.db", isolation_level=None)) as db,
    ):
        db.execute("PRAGMA journal_mode = OFF")
        db.execute("PRAGMA synchronous = OFF")
        db.execute("PRAGMA temp_store = FILE")
        db.executescript(_TABLES)
        yield Order(db)
