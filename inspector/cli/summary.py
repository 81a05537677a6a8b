"""What a recording came to, in a few lines: told when `record` ends."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from inspector.analysis.finding import Severity
from inspector.analysis.rules.selection import Selection
from inspector.cli.watching import judged
from inspector.recording import stored
from inspector.recording.reader import reading
from inspector.render.escape import plain
from inspector.render.line import STYLES
from inspector.traffic.exchange import Exchange

_LISTED = 10
"""Exchanges whose bodies are told of one by one."""


def tell_summary(path: Path, console: Console, selection: Selection) -> Collection[Severity]:
    """Prints the newest session's summary; returns how bad the findings are that it tells of. Raises RecordingError.

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
    console.print(Text(f"{exchanges} exchanges, {calls} calls, ").append(counts(kept, excused)))
    for line in truncated_lines(truncated):
        console.print(line)
    name = plain(path, 1000)
    console.print(Text.assemble("recorded in ", (name, "bold"), f" · gws-inspector check {name}"), soft_wrap=True)
    return kept


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
