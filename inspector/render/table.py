"""Tables of what a recording holds, for a terminal."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from inspector.analysis.calls import Call
from inspector.analysis.finding import Finding
from inspector.analysis.summary import Summary
from inspector.analysis.transfers import State, Transfer
from inspector.render.escape import plain
from inspector.render.line import STYLES, outcome
from inspector.traffic.exchange import Instant

_STATES = {
    State.SENT: "green",
    State.RECEIVED: "green",
    State.LOST: "bold red",
    State.REFUSED: "yellow",
    State.UNDECIDED: "magenta",
}
_CELL = 400
"""Characters that a cell may hold."""

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
    """A table in the house's style. Columns named in `right` (blank-separated) are numbers, in `whole` are not cut."""
    rows = list(rows)
    made = Table(title=title, title_justify="left", title_style="bold", header_style="dim", box=None, pad_edge=False)
    for column in columns:
        numeric = column in right.split()
        unwrapped = numeric or column in whole.split()
        width = max((len(row[columns.index(column)]) for row in rows), default=0) if unwrapped else None
        made.add_column(column, justify="right" if numeric else "left", no_wrap=unwrapped, min_width=width)
    for row in rows:
        # never as text alone: rich would take it for markup
        made.add_row(*(cell if isinstance(cell, Text) else Text(plain(cell, _CELL)) for cell in row))
    return made


def findings_table(findings: Iterable[Finding]) -> Table:
    return table(
        "Findings",
        ("rule", "severity", "at", "what"),
        (
            (
                Text(finding.rule, STYLES[finding.severity]),
                Text(finding.severity, STYLES[finding.severity]),
                place(finding),
                finding.text,
            )
            for finding in findings
        ),
        whole="rule severity at",
    )


def place(finding: Finding) -> str:
    """`#12`, or `#12:1` for the message at position 1 of its response."""
    return f"#{finding.exchange}" + ("" if finding.message is None else f":{finding.message}")


def calls_table(calls: Iterable[Call]) -> Table:
    return table(
        "Calls",
        ("#", "at", "agent", "operation", "chat", "document", "outcome", "ms"),
        (
            (
                str(call.number),
                clock(call.asked),
                call.agent.user_name if call.agent else "",
                call.operation or "?",
                call.chat_id,
                call.document_id,
                Text(*outcome(call)),
                f"{(call.done.mono - call.asked.mono) / 1000:.0f}" if call.done else "",
            )
            for call in calls
        ),
        right="# ms",
    )


def transfers_table(summary: Summary) -> Table:
    names = {agent.number: agent.user_name for agent in summary.agents.values()}
    lags = {cause.call: cause.lag_ms for cause in summary.causes if cause.kind == "uploaded"}
    return table(
        "Transfers",
        ("name", "document", "bytes", "from", "uploaded", "notified", "state"),
        (
            (
                plain(transfer.name, 40),
                transfer.document_id,
                "" if transfer.size is None else str(transfer.size),
                names.get(transfer.agent or 0, "") if transfer.direction == "agent" else transfer.direction,
                "" if transfer.uploaded_by is None else f"#{transfer.uploaded_by}",
                _notified(transfer, lags.get(transfer.uploaded_by or 0)),
                Text(transfer.state, _STATES.get(transfer.state, "")),
            )
            for transfer in summary.transfers.values()
        ),
        right="bytes",
        whole="document notified state",
    )


def _notified(transfer: Transfer, lag_ms: float | None) -> Text:
    """The exchange that told of it, and how long after its reply: before it is nothing odd, but worth seeing."""
    if transfer.notified_by is None:
        return Text()
    told = Text(f"#{transfer.notified_by[0]}")
    if lag_ms is not None:
        told.append(f" {lag_ms:+.0f} ms", "bold cyan" if lag_ms < 0 else "dim")
    return told
