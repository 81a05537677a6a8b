"""What a recording came to, in a few lines: told when `record` ends."""

from pathlib import Path

from rich.console import Console
from rich.text import Text

from inspector.analysis.finding import Finding, Severity
from inspector.cli.watching import judged
from inspector.recording.reader import reading
from inspector.render.escape import plain
from inspector.render.line import STYLES


def tell_summary(path: Path, console: Console) -> list[Finding]:
    """Prints the newest session's summary; returns its findings. Raises RecordingError."""
    with reading(path) as recording:
        session = recording.session()
        summary = judged(recording, session)
        exchanges = recording.count(session)
    console.print(Text(f"{exchanges} exchanges, {len(summary.calls)} calls, ").append(counts(summary.findings)))
    name = plain(path, 1000)
    console.print(Text.assemble("recorded in ", (name, "bold"), f" · gws-inspector check {name}"), soft_wrap=True)
    return summary.findings


def counts(findings: list[Finding]) -> Text:
    """`2 error · 1 warning`, or that there are none."""
    numbers = {severity: sum(finding.severity is severity for finding in findings) for severity in reversed(Severity)}
    told = [Text(f"{number} {severity}", STYLES[severity]) for severity, number in numbers.items() if number]
    return Text(" · ").join(told) if told else Text("no findings", "green")
