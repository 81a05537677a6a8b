"""What a recording came to, in a few lines: told when `record` ends."""

from pathlib import Path

from rich.console import Console

from inspector.analysis.finding import Finding, Severity
from inspector.cli.watching import judged
from inspector.recording.reader import reading
from inspector.render.line import STYLES


def tell_summary(path: Path, console: Console) -> list[Finding]:
    """Prints the newest session's summary; returns its findings. Raises RecordingError."""
    with reading(path) as recording:
        session = recording.session()
        summary = judged(recording, session)
        exchanges = recording.count(session)
    console.print(f"{exchanges} exchanges, {len(summary.calls)} calls, {counts(summary.findings)}")
    console.print(f"recorded in [bold]{path}[/] · gws-inspector check {path}", soft_wrap=True)
    return summary.findings


def counts(findings: list[Finding]) -> str:
    """`2 error · 1 warning` in markup, or that there are none."""
    numbers = {severity: sum(finding.severity is severity for finding in findings) for severity in reversed(Severity)}
    told = " · ".join(f"[{STYLES[severity]}]{number} {severity}[/]" for severity, number in numbers.items() if number)
    return told or "[green]no findings[/]"
