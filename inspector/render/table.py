"""Tables of what a recording holds, for a terminal."""

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from inspector.analysis.calls import Call
from inspector.analysis.finding import Finding
from inspector.analysis.summary import Summary
from inspector.analysis.transfers import State, Transfer
from inspector.render.escape import plain
from inspector.render.grid import clock as clock
from inspector.render.grid import console as console
from inspector.render.grid import moment as moment
from inspector.render.grid import table as table
from inspector.render.line import STYLES, outcome

_STATES = {
    State.SENT: "green",
    State.RECEIVED: "green",
    State.LOST: "bold red",
    State.REFUSED: "yellow",
    State.UNDECIDED: "magenta",
}


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
