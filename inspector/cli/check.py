"""`check`: the findings of a recording, by today's rules."""

import sys
from pathlib import Path

import click

from inspector.analysis.finding import Finding
from inspector.cli.options import FAIL_ON, RECORDING, failed
from inspector.cli.summary import counts
from inspector.errors import RecordingIncomplete
from inspector.recording.reader import reading
from inspector.recording.session import Session
from inspector.recording.summary import summarise
from inspector.render.machine import dump, finding_value, time_of
from inspector.render.table import console, findings_table


@click.command()
@click.argument("recording", type=RECORDING)
@click.option("--session", "name", help="Only this session (id or begin of its UUID); by default all.")
@click.option("--format", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option(
    "--fail-on", type=FAIL_ON, default="error", show_default=True, help="Exit 1 on findings of this severity."
)
def check(recording: Path, name: str | None, format: str, fail_on: str) -> None:
    """Judge RECORDING by today's rules.

    Exit code 1 with findings at or above --fail-on, else 3 if a session is incomplete, else 0.
    """
    with reading(recording) as opened:
        sessions = [opened.session(name)] if name else opened.sessions()
        judged = [(session, summarise(opened, session).findings) for session in sessions]
        unfinished = {session.id: opened.unfinished(session) for session in sessions}
    findings = [finding for _, found in judged for finding in found]
    if format == "json":
        click.echo(dump([_value(session, unfinished[session.id], found) for session, found in judged]))
    else:
        out = console()
        for session, found in judged:
            if found:
                out.print(findings_table(found))
            out.print(f"session {session.id} ({session.state}, {unfinished[session.id]} unfinished): {counts(found)}")
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
