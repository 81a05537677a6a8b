"""The tour: a look-alike server, the recorder in front of it, an agent at work; then the same agent and the recording
alone; then what the recording tells, as a table and as a page to look at.

What a newcomer sees first. Some of the traffic breaks rules on purpose, so that there is something to see.
"""

import os
import re
from contextlib import suppress
from functools import partial
from pathlib import Path

from httpx import HTTPError
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn
from rich.text import Text

from inspector.analysis.rules.selection import Selection
from inspector.analysis.summary import Summary
from inspector.audit.audited import auditing
from inspector.audit.report.html import document
from inspector.demo import story
from inspector.demo.comparison import Difference, compare
from inspector.demo.desktop import at_desk
from inspector.demo.inbox import HOPE, Inbox
from inspector.demo.people import AGENT
from inspector.demo.server import POLL_TIMEOUT, LookAlike
from inspector.demo.serving import serving
from inspector.errors import InspectorError
from inspector.proxy.host import Proxy, running, script
from inspector.recording.derivation import summarise
from inspector.recording.reader import reading
from inspector.render.escape import plain
from inspector.render.table import findings_table, transfers_table
from inspector.replay.fronts.listening import listening
from inspector.replay.fronts.server import StubApp
from inspector.replay.plans.opening import prepare
from inspector.replay.stub import Settings

WINDOW_MS = 2_000
"""How long the recorder waits for a notification here; the story waits a little longer for the one that never comes."""

_SHOWN = 5
"""Differences that are shown."""

_FONT = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)


async def tour(recording: Path, console: Console) -> Summary:
    """Records the story into a new session of `recording`, plays it from there, and shows what both came to."""
    console.print(Text("gws-inspector: the tour", "bold"))
    recorded = await record(recording, console)
    console.print("The server is gone. The same agent, played against the recording:")
    show_comparison(compare(recorded, await replay(recording, console)), recorded, console)
    with reading(recording) as opened:
        summary = summarise(opened, opened.session())
    show(summary, recording, console)
    show_report(report(recording), console)
    return summary


async def record(recording: Path, console: Console) -> Inbox:
    """The agent at work in front of the recorder; what it saw."""
    async with serving(LookAlike()) as upstream:
        options = {"inspector_recording": str(recording), "inspector_advertise": True, "inspector_window": WINDOW_MS}
        proxy = Proxy(f"reverse:{upstream}", "127.0.0.1", 0, [script("record")], options)
        async with running(proxy) as url:
            console.print(f"A look-alike server, the recorder in front of it, and {AGENT.first_name}, an agent:")
            return await _work(url, console, tell=True)


async def replay(recording: Path, console: Console) -> Inbox:
    """The same agent against a stub of the recording; what it saw, as far as it came."""
    stub = prepare(recording).stub(Settings(poll_timeout_ms=int(POLL_TIMEOUT * 1000)))
    async with listening(StubApp(stub)) as url:
        return await _work(url, console, tell=False)


async def _work(url: str, console: Console, *, tell: bool) -> Inbox:
    columns = (SpinnerColumn(), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=len(story.STEPS))
        async with at_desk(url, AGENT.user_name, AGENT.password, hope=HOPE if tell else 0) as desktop:
            # a recording that was changed may not know the next step; what was seen until then is compared
            with suppress(*(() if tell else (InspectorError, HTTPError))):
                async for step in story.play(desktop):
                    if tell:
                        progress.console.print(Text.assemble(("  ✓ ", "green"), (str(step), "dim")))
                    progress.advance(task)
            return desktop.inbox


def show_comparison(differences: list[Difference], recorded: Inbox, console: Console) -> None:
    """What the agent saw now, held against what it saw before."""
    if not differences:
        seen = f"{len(recorded.replies)} replies and {len(recorded.notifications)} notifications"
        console.print(Text.assemble(("  ✓ ", "green"), f"{seen}, line by line: ", ("identical", "bold green")))
        return
    console.print(Text.assemble(("  ✗ ", "red"), f"{len(differences)} lines differ:"))
    for difference in differences[:_SHOWN]:
        console.print(Text(f"    before: {plain(difference.before)}"))
        console.print(Text(f"    now:    {plain(difference.now)}"))


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


def report(recording: Path) -> Path:
    """Writes the recording's report beside it; only its owner may read it, as the recording."""
    path = recording.with_name(f"{recording.stem}-report.html")
    private = partial(os.open, mode=0o600)
    with auditing([recording], Selection()) as audited, open(path, "w", encoding="utf-8", opener=private) as file:
        file.writelines(document(audited))
    return path


def show_report(path: Path, console: Console) -> None:
    console.print(Text.assemble("Its report is ", (str(path), "bold"), ": open it in a browser"), soft_wrap=True)


def _interesting(summary: Summary) -> str:
    """The document whose notification was there before its reply."""
    early = {cause.call for cause in summary.causes if cause.lag_ms is not None and cause.lag_ms < 0}
    return next((t.document_id for t in summary.transfers.values() if t.uploaded_by in early), "1")


def picture(console: Console) -> str:
    """What a recording console was shown, as SVG; without the web fonts that rich would have a page fetch."""
    return _FONT.sub("", console.export_svg(title="gws-inspector demo"))
