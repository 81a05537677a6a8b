"""What a recording came to, in a few lines: told when `record` ends."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from inspector.analysis.finding import Finding, Severity
from inspector.analysis.rules.selection import Selection, Told
from inspector.cli.watching import judged
from inspector.recording.reader import reading
from inspector.render.escape import plain
from inspector.render.line import STYLES
from inspector.traffic.exchange import Exchange

_LISTED = 10
"""Exchanges whose bodies are told of one by one."""


def tell_summary(path: Path, console: Console, selection: Selection) -> list[Finding]:
    """Prints the newest session's summary; returns the findings that it tells of. Raises RecordingError."""
    with reading(path) as recording:
        session = recording.session()
        summary = judged(recording, session)
        exchanges, truncated = recording.count(session), recording.truncated(session)
    told = selection.apply(summary.findings)
    console.print(Text(f"{exchanges} exchanges, {len(summary.calls)} calls, ").append(counts(told)))
    for line in truncated_lines(truncated):
        console.print(line)
    name = plain(path, 1000)
    console.print(Text.assemble("recorded in ", (name, "bold"), f" · gws-inspector check {name}"), soft_wrap=True)
    return told.kept


def truncated_lines(exchanges: Sequence[Exchange]) -> Iterator[Text]:
    """What is said of bodies that are not what crossed the wire: of so many that people read it."""
    for exchange in exchanges[:_LISTED]:
        unfinished = "unfinished, " if exchange.done is None else ""
        said = plain("; ".join(exchange.truncated), 400)
        yield Text(f"#{exchange.number} {unfinished}not as it crossed the wire: {said}", "magenta")
    if len(exchanges) > _LISTED:
        yield Text(f"… and {len(exchanges) - _LISTED} more exchanges of which not all was kept", "magenta")


def counts(told: Told) -> Text:
    """`2 error · 1 warning · 2 excused`, or that there are none."""
    numbers = {severity: sum(one.severity is severity for one in told.kept) for severity in reversed(Severity)}
    parts = [Text(f"{number} {severity}", STYLES[severity]) for severity, number in numbers.items() if number]
    if not parts:
        parts.append(Text("no findings", "green"))
    if told.excused:
        parts.append(Text(f"{len(told.excused)} excused", "dim"))
    return Text(" · ").join(parts)
