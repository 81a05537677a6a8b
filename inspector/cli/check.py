"""`check`: the findings of a recording, by today's rules."""

import sys
from pathlib import Path

import click
from rich.text import Text

from inspector.analysis.finding import Finding
from inspector.cli.options import FAIL_ON, RECORDING, failed
from inspector.cli.summary import counts
from inspector.cli.watching import judged, watching
from inspector.errors import RecordingIncomplete
from inspector.recording import derivation
from inspector.recording.reader import reading
from inspector.recording.session import Session
from inspector.render.escape import plain
from inspector.render.machine import dump, finding_value, time_of
from inspector.render.table import console, findings_table
from inspector.replay.plans.keeping import make_ready


@click.command()
@click.argument("recording", type=RECORDING)
@click.option("--session", "name", help="Only this session (id or begin of its UUID); by default all.")
@click.option("--format", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option(
    "--fail-on", type=FAIL_ON, default="error", show_default=True, help="Exit 1 on findings of this severity."
)
@click.option("--save", is_flag=True, help="Store what today's rules give in the recording, for its views.")
def check(recording: Path, name: str | None, format: str, fail_on: str, save: bool) -> None:
    """Judge RECORDING by today's rules.

    Exit code 1 with findings at or above --fail-on, else 3 if a session is incomplete, else 0.
    """
    if save:
        with reading(recording) as opened:
            events = sum(2 * opened.count(session) - opened.unfinished(session) for session in opened.sessions())
        with watching(events, "deriving") as watch:
            derivation.save(recording, watch)
        with reading(recording) as opened:
            sessions = opened.sessions()
        for session in sessions:
            make_ready(recording, str(session.id))
    with reading(recording) as opened:
        sessions = [opened.session(name)] if name else opened.sessions()
        found = [(session, judged(opened, session).findings) for session in sessions]
        unfinished = {session.id: opened.unfinished(session) for session in sessions}
    findings = [finding for _, its in found for finding in its]
    if format == "json":
        click.echo(dump([_value(session, unfinished[session.id], its) for session, its in found]))
    else:
        out = console()
        for session, its in found:
            if its:
                out.print(findings_table(its))
            state = f"session {session.id} ({plain(session.state)}, {unfinished[session.id]} unfinished): "
            out.print(Text(state).append(counts(its)))
    if failed(findings, fail_on):
        sys.exit(1)
    if broken := [session for session in sessions if session.state != "complete"]:
        why = broken[0].trouble or "it was not closed: its recorder was killed, or still runs"
        raise RecordingIncomplete(f"session {broken[0].id} of {recording} is {broken[0].state}: {why}")


def _value(session: Session, unfinished: int, findings: list[Finding]) -> dict[str, object]:
    return {
        "session": session.uuid,
        "state": session.state,
        "trouble": session.trouble,
        "started": time_of(session.started),
        "unfinished": unfinished,
        "findings": [finding_value(finding) for finding in findings],
    }
