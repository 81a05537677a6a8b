"""What a recording came to, in a few lines: told when `record` ends."""

from pathlib import Path

from rich.console import Console
from rich.text import Text

from inspector.analysis.finding import Finding, Severity
from inspector.analysis.rules.selection import Selection, Told
from inspector.cli.watching import judged
from inspector.recording.reader import reading
from inspector.render.escape import plain
from inspector.render.line import STYLES


def tell_summary(path: Path, console: Console, selection: Selection) -> list[Finding]:
    """Prints the newest session's summary; returns the findings that it tells of. Raises RecordingError."""
    with reading(path) as recording:
        session = recording.session()
        summary = judged(recording, session)
        exchanges = recording.count(session)
    told = selection.apply(summary.findings)
    console.print(Text(f"{exchanges} exchanges, {len(summary.calls)} calls, ").append(counts(told)))
    name = plain(path, 1000)
    console.print(Text.assemble("recorded in ", (name, "bold"), f" · gws-inspector check {name}"), soft_wrap=True)
    return told.kept


def counts(told: Told) -> Text:
    """`2 error · 1 warning · 2 excused`, or that there are none."""
    numbers = {severity: sum(one.severity is severity for one in told.kept) for severity in reversed(Severity)}
    parts = [Text(f"{number} {severity}", STYLES[severity]) for severity, number in numbers.items() if number]
    if not parts:
        parts.append(Text("no findings", "green"))
    if told.excused:
        parts.append(Text(f"{len(told.excused)} excused", "dim"))
    return Text(" · ").join(parts)
