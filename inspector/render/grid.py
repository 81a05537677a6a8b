"""Tables and moments as all commands show them; known without any analysis, so that a list comes at once."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from inspector.analysis.finding import Severity
from inspector.render.escape import plain
from inspector.traffic.exchange import Instant

STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}

_CELL = 400
"""Characters that a cell may hold."""

_GAP = "  "
_PIPE_WIDTH = 160
"""Columns where nobody looks at a terminal: wide enough that nothing is cut that `grep` may look for."""


def console(*, stderr: bool = False, quiet: bool = False) -> Console:
    """A console that is as wide as the terminal, or as a pipe needs."""
    made = Console(stderr=stderr, quiet=quiet, highlight=False)
    return made if made.is_terminal else Console(stderr=stderr, quiet=quiet, highlight=False, width=_PIPE_WIDTH)


def clock(instant: Instant | None) -> str:
    """The time of day in UTC with milliseconds; empty for none."""
    return _moment(instant)[11:23]


def moment(instant: Instant | None) -> str:
    """Date and time in UTC; empty for none."""
    return _moment(instant)[:19]


def _moment(instant: Instant | None) -> str:
    try:
        return f"{datetime.fromtimestamp(instant.at / 1e6, UTC):%Y-%m-%d %H:%M:%S.%f}" if instant else ""
    except (ValueError, OverflowError, OSError):
        return "no time"  # whoever made the recording put anything there


def table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str | Text]], *, right: str = "", whole: str = ""
) -> Table:
    """A table in the house's style. Columns named in `right` (blank-separated) are numbers, in `whole` are not cut; in
    others what is too long goes on in the next line.
    """
    rows = list(rows)
    made = Table(title=Text(title, "bold"), title_justify="left", header_style="dim", box=None, pad_edge=False)
    for column in columns:
        numeric = column in right.split()
        unwrapped = numeric or column in whole.split()
        width = max((len(row[columns.index(column)]) for row in rows), default=0) if unwrapped else None
        made.add_column(
            column,
            justify="right" if numeric else "left",
            no_wrap=unwrapped,
            min_width=width,
            overflow="fold",
        )
    for row in rows:
        # never as text alone: rich would take it for markup
        made.add_row(*(cell if isinstance(cell, Text) else Text(plain(cell, _CELL)) for cell in row))
    return made


class Grid:
    """The same table, laid out at once where the console is as wide as its rows need: rich measures, wraps and pads
    each cell several times, which for some hundred rows takes longer than to read them. Where it is not, rich has to.
    """

    def __init__(
        self,
        title: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[str | Text]],
        *,
        right: str = "",
        whole: str = "",
    ) -> None:
        self._title, self._columns = title, columns
        self._rows = [[one if isinstance(one, Text) else plain(one, _CELL) for one in row] for row in rows]
        self._right, self._whole = right, whole

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        sizes = [[_size(one) for one in row] for row in self._rows]
        widths = [len(name) for name in self._columns]
        for row in sizes:
            widths = list(map(max, widths, row))
        if sum(widths) + len(_GAP) * (len(widths) - 1) > options.max_width:
            yield table(self._title, self._columns, self._rows, right=self._right, whole=self._whole)
            return
        yield Text(self._title, "bold")
        header: list[str | Text] = [Text(name, "dim") for name in self._columns]
        to_right = [name in self._right.split() for name in self._columns]
        sizes.insert(0, [len(name) for name in self._columns])
        for cells, own in zip([header, *self._rows], sizes, strict=True):
            yield from _line(console, cells, [width - size for width, size in zip(widths, own, strict=True)], to_right)


def _line(
    console: Console, row: Sequence[str | Text], room: Sequence[int], to_right: Sequence[bool]
) -> Iterator[Segment]:
    last = len(row) - 1
    for place, cell in enumerate(row):
        if to_right[place] and room[place]:
            yield Segment(" " * room[place])
        if isinstance(cell, Text):
            cell.end = ""
            yield from cell.render(console)
        else:
            yield Segment(cell)
        if place < last:
            yield Segment(_GAP if to_right[place] else " " * room[place] + _GAP)
    yield Segment.line()


def _size(cell: str | Text) -> int:
    text = cell.plain if isinstance(cell, Text) else cell
    return len(text) if text.isascii() else cell_len(text)
