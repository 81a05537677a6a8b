"""`check`: the findings of a recording, by today's rules."""

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.text import Text

from inspector.analysis.policy import Policy
from inspector.cli.as_json import json_as_format
from inspector.cli.options import FAIL_ON, RECORDING, choosing_rules, chosen_policy, chosen_rules, failed
from inspector.cli.reports import FORMATS, Judged, Report
from inspector.cli.summary import counts, truncated_lines
from inspector.cli.watching import events_of, found, watching
from inspector.errors import RecordingIncomplete
from inspector.recording import derivation, stored
from inspector.recording.reader import reading
from inspector.render.escape import plain
from inspector.render.table import console, findings_table
from inspector.replay.plans.keeping import MOST as REPLAYED
from inspector.replay.plans.keeping import make_ready

if TYPE_CHECKING:  # nobody need wait for it where nothing is set
    from inspector.config import Settings

_TOGETHER = 1_000
"""Findings of one table: of tens of thousands it would take more memory than all else."""


@click.command()
@click.argument("recording", type=RECORDING)
@click.option("--session", "name", help="Only this session (id, name or begin of its UUID); by default all.")
@click.option("--format", type=click.Choice(["table", *FORMATS]), default="table", show_default=True)
@click.option(
    "--fail-on", type=FAIL_ON, default="error", show_default=True, help="Exit 1 on findings of this severity."
)
@choosing_rules
@click.option("--policy", "policy_file", type=RECORDING, help="What files may be: a TOML file, in place of [policy].")
@click.option("--save", is_flag=True, help="Store what today's rules give in the recording, for its views.")
@json_as_format
@click.pass_obj
def check(
    settings: "Settings | None",
    recording: Path,
    name: str | None,
    format: str,
    fail_on: str,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    policy_file: Path | None,
    save: bool,
) -> None:
    """Judge RECORDING by today's rules.

    Exit code 1 with findings at or above --fail-on, else 3 if a session is incomplete, else 0.
    """
    selection, policy = chosen_rules(settings, select, ignore), chosen_policy(settings, policy_file)
    if save:
        _save(recording, policy)
    with reading(recording) as opened:
        sessions = []
        for session in [opened.session(name)] if name else opened.sessions():
            # what was just saved is not judged twice
            findings = stored.findings(opened, session) if save else found(opened, session, policy)
            told = selection.apply(findings)
            sessions.append(Judged(session, opened.unfinished(session), told, opened.truncated(session)))
    if format == "table":
        _print(sessions)
    elif text := FORMATS[format](Report(recording, sessions, selection, fail_on)):
        click.echo(text)
    for one in sessions:
        if one.session.keeps_secrets:
            click.echo(f"session {one.session.id} is not redacted: it was recorded with --keep-secrets", err=True)
    if failed((finding.severity for one in sessions for finding in one.told.kept), fail_on):
        sys.exit(1)
    if broken := [one for one in sessions if one.trouble]:
        session = broken[0].session
        raise RecordingIncomplete(f"session {session.id} of {recording} is {session.state}: {broken[0].trouble}")


def _save(recording: Path, policy: Policy | None) -> None:
    """All findings, whatever is selected: a recording is evidence."""
    with reading(recording) as opened:
        sessions = opened.sessions()
        exchanges, events = [opened.count(session) for session in sessions], events_of(opened, sessions)
    with watching(events, "deriving") as watch:
        derivation.save(recording, watch, policy)
    for session, count in zip(sessions, exchanges, strict=True):
        if count <= REPLAYED:
            make_ready(recording, str(session.id), limit=None)
        else:
            told = f"session {session.id} has {count:,} exchanges, too many to be made ready for replay"
            click.echo(f"{told}: a replay of all of it starts slowly, of a part that `trim` makes at once", err=True)


def _print(sessions: list[Judged]) -> None:
    out = console()
    for one in sessions:
        kept = one.told.kept
        for start in range(0, len(kept), _TOGETHER):
            out.print(findings_table(kept[start : start + _TOGETHER]))
        state = f"session {one.session.id} ({plain(one.session.told_state)}, {one.unfinished} unfinished): "
        out.print(Text(state).append(counts(Counter(finding.severity for finding in kept), len(one.told.excused))))
        for line in truncated_lines(one.truncated):
            out.print(line)
