"""`import` and `export`: captures of other tools into a recording, and a recording for other tools."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click
from rich.console import Console
from rich.text import Text

from inspector.analysis.analyst import AnalysisSettings
from inspector.cli.as_json import giving_json, path_value
from inspector.cli.options import (
    FAIL_ON,
    RECORDING,
    choosing_rules,
    choosing_what_is_kept,
    chosen_policy,
    chosen_rules,
    failed,
    window_ms,
)
from inspector.cli.saving import saving
from inspector.cli.summary import print_summary, summed_up
from inspector.cli.watching import advancing, watching
from inspector.errors import RecordingIncomplete, UsageError
from inspector.recording.importing.capture import About, Capture
from inspector.recording.importing.feeding import record
from inspector.recording.importing.losses import Losses
from inspector.recording.reader import Recording, reading
from inspector.recording.scope import Scope
from inspector.recording.session import Session
from inspector.recording.taking.plan import Keeping
from inspector.render.escape import plain
from inspector.render.machine import dump
from inspector.render.table import console as make_console
from inspector.traffic.redaction import Places

if TYPE_CHECKING:  # nobody need wait for it where nothing is set
    from inspector.analysis.policy import Policy
    from inspector.config import Settings

_KEPT = "warning: nothing is redacted: this recording will hold passwords, cookies and tokens as they were sent"
_EXPORTED = "warning: this session was recorded with --keep-secrets: they are in the export, too"


@click.command("import")
@click.argument("file", type=RECORDING)
@click.argument("recording", type=RECORDING)
@click.option("--format", type=click.Choice(["har", "flow"]), help="What FILE is. Default: as its content tells.")
@choosing_what_is_kept
@click.option(
    "--fail-on", type=FAIL_ON, default="never", show_default=True, help="Exit 1 on findings of this severity."
)
@choosing_rules
@click.option("--policy", "policy_file", type=RECORDING, help="What files may be: a TOML file, in place of [policy].")
@click.option("--window", type=float, help="Seconds that a notification may take.  [default: 30, or as exported]")
@click.option("--keep-secrets", is_flag=True, help="Redact nothing. No setting does this: it has to be typed.")
@click.option("-q", "--quiet", is_flag=True, help="No summary.")
@giving_json
@click.pass_obj
def import_(
    settings: "Settings | None",
    file: Path,
    recording: Path,
    format: str | None,
    also: tuple[str, ...],
    bodies: str,
    fail_on: str,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    policy_file: Path | None,
    window: float | None,
    keep_secrets: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Record what FILE tells, as another session of RECORDING: a HAR that a browser has saved, or flows of mitmproxy.

    It is redacted and judged as by `record`. Of a file that is damaged nothing is recorded. What FILE does not have is
    told at the end, and with its exchange.
    """
    selection, policy = chosen_rules(settings, select, ignore), chosen_policy(settings, policy_file)
    set_ = settings.record if settings else None
    scope, keeping = Scope(also or (set_ and set_.also) or ()), _keeping(bodies)
    console = make_console(stderr=True, quiet=quiet)
    seconds = window if window is not None else set_.window if set_ else None
    asked = window_ms(seconds) if seconds is not None else None
    with _opened(file, format, scope) as capture:
        if keep_secrets:
            click.echo(_KEPT, err=True)
        with watching(capture.order.count(), "recording") as watch:
            record(
                capture,
                recording,
                places=_places(settings) | capture.about.places,
                settings=_judging(capture.about, asked, policy),
                keeping=keeping,
                keep_secrets=keep_secrets,
                watch=watch,
            )
        summed = summed_up(recording, selection)
        print_summary(summed, recording, console)
        _tell(capture.losses, console)
        if as_json:
            click.echo(dump({"recording": path_value(recording), **summed.value(), "lost": _values(capture.losses)}))
    sys.exit(1 if failed(summed.kept, fail_on) else 0)


def _judging(about: About, window_ms: int | None, policy: "Policy | None") -> AnalysisSettings:
    """By what it is judged: as was asked for, else as what was exported was."""
    settings = AnalysisSettings(policy=policy or about.policy)
    known = window_ms if window_ms is not None else about.window_ms
    return settings if known is None else replace(settings, window_ms=known)


@contextmanager
def _opened(file: Path, format: str | None, scope: Scope) -> Iterator[Capture]:
    """The capture, read from end to end. Raises UsageError."""
    try:
        if not file.is_file():
            raise UsageError(f"{plain(file)} cannot be opened: there is no such file")
        with file.open("rb") as opened:
            head = opened.read(4096)
        size = file.stat().st_size
    except (OSError, ValueError) as error:
        raise UsageError(f"{plain(file)} cannot be opened: {getattr(error, 'strerror', None) or error}") from None
    read = _reader(format or _recognised(file, head))
    with advancing(size, "reading") as watch, read(file, scope, watch) as capture:
        yield capture


def _recognised(file: Path, head: bytes) -> str:
    """By its content: JSON begins with a brace, a flow with its length (https://tnetstrings.info)."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"{"):
        return "har"
    if head.partition(b":")[0].isdigit():
        return "flow"
    raise UsageError(f"{plain(file)} is neither a HAR nor a file of mitmproxy's flows (--format says what it is)")


def _reader(format: str) -> Callable[[Path, Scope, Callable[[int], None]], AbstractContextManager[Capture]]:
    if format == "har":
        from inspector.recording.har.reading import read

        return read
    from inspector.proxy.flowfiles import read as read_flows  # half a second, for mitmproxy

    return read_flows


def _keeping(bodies: str) -> Keeping:
    if bodies == "full":
        return Keeping()
    from inspector.proxy.choices import keeping  # mitmproxy reads its sizes

    return keeping(bodies)


def _places(settings: "Settings | None") -> Places:
    told = settings.redaction if settings else None
    return Places(frozenset(told.headers), frozenset(told.members)) if told else Places()


def _tell(losses: Losses, console: Console) -> None:
    for _, _, line in losses.told():
        console.print(Text(line, "yellow"), soft_wrap=True)


def _values(losses: Losses) -> list[dict[str, Any]]:
    return [{"kind": kind, "count": count, "text": line} for kind, count, line in losses.told()]


@click.command()
@click.argument("recording", type=RECORDING)
@click.argument("out", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--session", "name", help="This session (id, name or begin of its UUID); by default the newest.")
@click.option("--format", type=click.Choice(["har", "flow"]), default="har", show_default=True, help="What is written.")
@click.option(
    "--bodies",
    default="full",
    show_default=True,
    metavar="full|digest|limit=SIZE",
    help="Which files' content to write: all, none but its digest, or of files up to SIZE bytes (also 10m, 1g).",
)
@click.option("-q", "--quiet", is_flag=True, help="Do not tell what did not come over.")
@giving_json
def export(recording: Path, out: Path, name: str | None, format: str, bodies: str, quiet: bool, as_json: bool) -> None:
    """Write a session of RECORDING to OUT (`-`: stdout): a HAR, which browsers' developer tools open, or flows, which
    mitmproxy does.

    A HAR that was exported can be imported again. What did not come over is told at the end.
    """
    keeping, console = _keeping(bodies), make_console(stderr=True, quiet=quiet)
    output = None if str(out) == "-" else out
    if as_json and output is None:
        raise UsageError("--json is told on stdout, where the export is to go: name a file for it")
    with reading(recording) as opened:
        session = opened.session(name)
        if session.keeps_secrets:
            click.echo(_EXPORTED, err=True)
        with saving(output) as file, watching(opened.count(session), "exporting") as watch:
            losses = _writer(format)(opened, session, file, keeping, watch)
    _tell(losses, console)
    if as_json:
        told = {"file": path_value(out), "session": session.uuid, "state": session.state, "lost": _values(losses)}
        click.echo(dump(told))
    if why := session.shortcoming:
        raise RecordingIncomplete(f"session {session.id} of {recording} is {session.state}: {why}")


def _writer(format: str) -> Callable[[Recording, Session, BinaryIO, Keeping, Callable[[], None]], Losses]:
    if format == "har":
        from inspector.recording.har.writing import write

        return write
    from inspector.proxy.flowexport import write as write_flows  # half a second, for mitmproxy

    return write_flows
