"""Workflow commands of GitHub Actions: each finding becomes an annotation of the run.

The format and its escapes are those of @actions/core (`command.ts`): `::error title=…,file=…::message`.
"""

from inspector.analysis.finding import Finding, Severity
from inspector.render.escape import plain

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def annotation(finding: Finding, title: str, recording: str, place: str) -> str:
    """The line for a finding: `title` is its rule's, `place` where in the recording."""
    return command(_LEVELS[finding.severity], f"{finding.rule} {title}", f"{place}: {finding.text}", recording)


def command(level: str, title: str, message: str, file: str = "") -> str:
    """One line, which a runner reads as `level` (error, warning or notice), whatever is in title and message."""
    properties = {"title": title, "file": file}
    told = ",".join(f"{name}={_property(value)}" for name, value in properties.items() if value)
    return f"::{level} {told}::{_data(message)}"


def _data(text: str) -> str:
    return plain(text, 4000).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
