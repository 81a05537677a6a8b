"""`audit`: the ledger of all files in recordings, judged by a policy."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import Progress

from inspector.analysis.finding import Severity
from inspector.audit.audited import Audited, auditing
from inspector.audit.extract import check_empty, extract
from inspector.audit.formats import FORMATS
from inspector.audit.formats.shown import shown
from inspector.audit.head import digest_of
from inspector.cli.as_json import json_as_format
from inspector.cli.options import FAIL_ON, RECORDING, choosing_rules, chosen_policy, chosen_rules, failed
from inspector.cli.saving import check_replaceable, saving_text, tell
from inspector.cli.watching import brought_to_today, watching
from inspector.errors import RecordingError, RecordingIncomplete
from inspector.recording import stored
from inspector.render.escape import plain
from inspector.render.table import console

if TYPE_CHECKING:  # nobody need wait for it where nothing is set
    from inspector.config import Settings


@click.command()
@click.argument("recordings", type=RECORDING, nargs=-1, required=True, metavar="RECORDING...")
@click.option("--session", "name", help="Only this session (id, name or begin of its UUID); by default all.")
@click.option("--format", type=click.Choice(["table", *FORMATS]), default="table", show_default=True)
@click.option("-o", "--output", type=RECORDING, help="Write to this file instead of standard output.")
@click.option(
    "--extract",
    "folder",
    type=RECORDING,
    metavar="DIR",
    help="Write the files out, too, into this new or empty folder.",
)
@click.option("--policy", "policy_file", type=RECORDING, help="What files may be: a TOML file, in place of [policy].")
@click.option(
    "--fail-on", type=FAIL_ON, default="never", show_default=True, help="Exit 1 on findings of this severity."
)
@choosing_rules
@json_as_format
@click.pass_obj
def audit(
    settings: "Settings | None",
    recordings: tuple[Path, ...],
    name: str | None,
    format: str,
    output: Path | None,
    folder: Path | None,
    policy_file: Path | None,
    fail_on: str,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
) -> None:
    """The ledger of all files in the RECORDINGs, a row a transfer: who, when, what bytes, and what is wrong with it.

    A session that is in several recordings counts once, a part that was trimmed from it does not count beside it. Exit
    code 1 with findings at or above --fail-on, else 3 if a session is incomplete, else 0.
    """
    selection, policy = chosen_rules(settings, select, ignore), chosen_policy(settings, policy_file)
    if output is not None:
        check_replaceable(output)  # before all the work
    if folder is not None:
        check_empty(folder)
    chosen = auditing(
        recordings, selection, policy, brought_to_today, policy_file=policy_file, session=name, digest=_digested
    )
    with chosen as audited:
        _tell(audited, format, output)
        if folder is not None:
            _extract(audited, folder)
        _warn(audited)
        if fail_on != "never" and failed(_severities(audited), fail_on):
            sys.exit(1)
        if broken := audited.head().incomplete:
            raise RecordingIncomplete(f"session {broken[0].uuid} is {broken[0].state}: {broken[0].trouble}")


def _tell(audited: Audited, format: str, output: Path | None) -> None:
    if output is None and sys.stdout.isatty():
        _write(audited, format, output)  # whoever sees it come needs no other progress
        return
    with watching(audited.count(), "writing") as watch:
        _write(replace(audited, watch=watch), format, output)


def _write(audited: Audited, format: str, output: Path | None) -> None:
    if format != "table":
        tell(FORMATS[format](audited), output)
    elif output is None:
        _print(audited, console())
    else:
        with saving_text(output) as file:
            _print(audited, Console(file=file, highlight=False, width=200))


def _print(audited: Audited, out: Console) -> None:
    for piece in shown(audited):
        out.print(piece)


def _extract(audited: Audited, folder: Path) -> None:
    with watching(audited.count(), "extracting") as watch:
        done = extract(replace(audited, watch=watch), folder)
    missing = f"; of {done.missing} transfers bytes are missing" if done.missing else ""
    click.echo(f"{done.files} files, {done.size} bytes, in {plain(folder, 1000)}{missing}: see manifest.json", err=True)


def _warn(audited: Audited) -> None:
    """What whoever hands the ledger on has to know."""
    head = audited.head()
    for file in head.recordings:
        if file.unsettled:
            click.echo(f"{plain(file.name)}: {plain(file.unsettled, 400)}", err=True)
        for one in file.sessions:
            if one.secrets_kept:
                click.echo(f"session {plain(one.uuid)} is not redacted: it was recorded with --keep-secrets", err=True)
    for left in head.left_out:
        where = f"session {plain(left.uuid)} counts once: in {plain(left.counted_in)}, not in {plain(left.recording)}"
        click.echo(where, err=True)


def _severities(audited: Audited) -> Iterator[Severity]:
    """How bad all findings are that are told."""
    for recording, session in audited.sessions:
        for finding, excused in audited.selection.sift(stored.findings(recording, session)):
            if not excused:
                yield finding.severity


def _digested(path: Path) -> str:
    """A file's digest; with progress, for a recording may have gigabytes."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise RecordingError(f"{path} cannot be opened: {error.strerror}") from None
    out = Console(stderr=True)
    with Progress(console=out, transient=True, disable=not out.is_terminal) as progress:
        task = progress.add_task("hashing", total=size)
        return digest_of(path, lambda piece: progress.advance(task, piece))
