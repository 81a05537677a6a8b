"""What a recording came to, in a few lines: told when `record` ends."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from inspector.analysis.finding import Severity
from inspector.analysis.rules.selection import Selection
from inspector.cli.watching import judged
from inspector.recording import stored
from inspector.recording.reader import reading
from inspector.recording.session import Session
from inspector.render.escape import plain
from inspector.render.line import STYLES
from inspector.traffic.exchange import Exchange

_LISTED = 10
"""Exchanges whose bodies are told of one by one."""


@dataclass(frozen=True, slots=True)
class Summed:
    """What a session came to: `kept` counts the findings that are told, `truncated` has what was not kept whole."""

    session: Session
    exchanges: int
    calls: int
    kept: Counter[Severity]
    excused: int
    truncated: Sequence[Exchange]

    def value(self) -> dict[str, Any]:
        """A plain JSON value."""
        return {
            "session": self.session.uuid,
            "exchanges": self.exchanges,
            "calls": self.calls,
            "findings": {severity.value: self.kept[severity] for severity in Severity},
            "excused": self.excused,
            "truncated": len(self.truncated),
        }


def tell_summary(path: Path, console: Console, selection: Selection) -> Collection[Severity]:
    """Prints the newest session's summary; returns how bad the findings are that it tells of. Raises RecordingError."""
    summed = summed_up(path, selection)
    print_summary(summed, path, console)
    return summed.kept


def summed_up(path: Path, selection: Selection) -> Summed:
    """What the newest session came to. Raises RecordingError.

    After a day of recording they are many, and to judge them again would take minutes: they are not even gathered.
    """
    with reading(path) as recording:
        session = recording.session()
        if stored.is_judged(session):
            calls, findings = stored.count_calls(recording, session), stored.findings(recording, session)
        else:
            summary = judged(recording, session)
            calls, findings = len(summary.calls), iter(summary.findings)
        kept, excused = Counter[Severity](), 0
        for finding, is_excused in selection.sift(findings):
            if is_excused:
                excused += 1
            else:
                kept[finding.severity] += 1
        exchanges, truncated = recording.count(session), recording.truncated(session)
    return Summed(session, exchanges, calls, kept, excused, truncated)


def print_summary(summed: Summed, path: Path, console: Console) -> None:
    """The same for people, in a few lines."""
    told = Text(f"{summed.exchanges} exchanges, {summed.calls} calls, ")
    console.print(told.append(counts(summed.kept, summed.excused)))
    for line in truncated_lines(summed.truncated):
        console.print(line)
    name = plain(path, 1000)
    console.print(Text.assemble("recorded in ", (name, "bold"), f" · gws-inspector check {name}"), soft_wrap=True)


def truncated_lines(exchanges: Sequence[Exchange]) -> Iterator[Text]:
    """What is said of bodies that are not what crossed the wire: of so many that people read it."""
    for exchange in exchanges[:_LISTED]:
        unfinished = "unfinished, " if exchange.done is None else ""
        said = plain("; ".join(exchange.truncated), 400)
        yield Text(f"#{exchange.number} {unfinished}not as it crossed the wire: {said}", "magenta")
    if len(exchanges) > _LISTED:
        yield Text(f"… and {len(exchanges) - _LISTED} more exchanges of which not all was kept", "magenta")


def counts(kept: Counter[Severity], excused: int) -> Text:
    """`2 error · 1 warning · 2 excused`, or that there are none."""
    worst_first = (severity for severity in reversed(Severity) if kept[severity])
    parts = [Text(f"{kept[severity]} {severity}", STYLES[severity]) for severity in worst_first]
    if not parts:
        parts.append(Text("no findings", "green"))
    if excused:
        parts.append(Text(f"{excused} excused", "dim"))
    return Text(" · ").join(parts)
