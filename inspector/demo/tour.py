"""The tour: a look-alike server, the recorder in front of it, an agent at work; then what the recording tells.

What a newcomer sees first. Some of the traffic breaks rules on purpose, so that there is something to see.
"""

import re
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn
from rich.text import Text

from inspector.analysis.summary import Summary
from inspector.demo import story
from inspector.demo.desktop import at_desk
from inspector.demo.people import AGENT
from inspector.demo.server import LookAlike
from inspector.demo.serving import serving
from inspector.proxy.host import Proxy, running, script
from inspector.recording.derivation import summarise
from inspector.recording.reader import reading
from inspector.render.table import findings_table, transfers_table

WINDOW_MS = 2_000
"""How long the recorder waits for a notification here; the story waits a little longer for the one that never comes."""

_FONT = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)


async def tour(recording: Path, console: Console) -> Summary:
    """Records the story into a new session of `recording`, and shows what it came to."""
    console.print(Text("gws-inspector: the tour", "bold"))
    async with serving(LookAlike()) as upstream:
        options = {"inspector_recording": str(recording), "inspector_advertise": True, "inspector_window": WINDOW_MS}
        proxy = Proxy(f"reverse:{upstream}", "127.0.0.1", 0, [script("record")], options)
        async with running(proxy) as url:
            console.print(f"A look-alike server, the recorder in front of it, and {AGENT.first_name}, an agent:")
            await _work(url, console)
    with reading(recording) as opened:
        summary = summarise(opened, opened.session())
    show(summary, recording, console)
    return summary


async def _work(url: str, console: Console) -> None:
    columns = (SpinnerColumn(), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=len(story.STEPS))
        async with at_desk(url, AGENT.user_name, AGENT.password) as desktop:
            async for step in story.play(desktop):
                progress.console.print(Text.assemble(("  ✓ ", "green"), (str(step), "dim")))
                progress.advance(task)


def show(summary: Summary, recording: Path, console: Console) -> None:
    """The findings, the transfers, and where the recording lies."""
    console.print()
    console.print(findings_table(summary.findings))
    console.print()
    console.print(transfers_table(summary))
    console.print()
    console.print(Text.assemble("The recording is ", (str(recording), "bold")), soft_wrap=True)
    for command in (f"check {recording}", f"show {recording} {_interesting(summary)}"):
        console.print(Text.assemble("  gws-inspector ", command), soft_wrap=True)
    console.print(Text(f"  sqlite3 {recording} 'select * from uploads'"), soft_wrap=True)


def _interesting(summary: Summary) -> str:
    """The document whose notification was there before its reply."""
    early = {cause.call for cause in summary.causes if cause.lag_ms is not None and cause.lag_ms < 0}
    return next((t.document_id for t in summary.transfers.values() if t.uploaded_by in early), "1")


def picture(console: Console) -> str:
    """What a recording console was shown, as SVG; without the web fonts that rich would have a page fetch."""
    return _FONT.sub("", console.export_svg(title="gws-inspector demo"))
