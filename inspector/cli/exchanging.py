"""`import` and `export`: captures of other tools into a recording, and a recording for other tools."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, BinaryIO, cast

import click
from rich.console import Console
from rich.text import Text

from inspector.analysis.analyst import AnalysisSettings
from inspector.cli.options import (
    FAIL_ON,
    RECORDING,
    choosing_rules,
    choosing_what_is_kept,
    chosen_policy,
    chosen_rules,
    failed,
)
from inspector.cli.summary import tell_summary
from inspector.cli.watching import advancing, watching
from inspector.errors import RecordingIncomplete, UsageError
from inspector.recording.importing.capture import Capture
from inspector.recording.importing.feeding import record
from inspector.recording.importing.losses import Losses
from inspector.recording.reader import Recording, reading
from inspector.recording.scope import Scope
from inspector.recording.session import Session
from inspector.recording.taking.plan import Keeping
from inspector.render.escape import plain
from inspector.render.table import console as make_console
from inspector.traffic.redaction import Places

if TYPE_CHECKING:  # nobody need wait for it where nothing is set
    from inspector.config import Settings

_WINDOW = 30.0
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
) -> None:
    """Record what FILE tells, as another session of RECORDING: a HAR that a browser has saved, or flows of mitmproxy.

    It is redacted and judged as by `record`. Of a file that is damaged nothing is recorded. What FILE does not have is
    told at the end, and with its exchange.
    """
    selection, policy = chosen_rules(settings, select, ignore), chosen_policy(settings, policy_file)
    set_ = settings.record if settings else None
    scope, keeping = Scope(also or (set_ and set_.also) or ()), _keeping(bodies)
    console = make_console(stderr=True, quiet=quiet)
    with _opened(file, format, scope) as capture:
        seconds = window if window is not None else set_.window if set_ else None
        window_ms = round(seconds * 1000) if seconds is not None else capture.about.window_ms
        if keep_secrets:
            click.echo(_KEPT, err=True)
        with watching(capture.order.count(), "recording") as watch:
            record(
                capture,
                recording,
                places=_places(settings),
                settings=AnalysisSettings(round(_WINDOW * 1000) if window_ms is None else window_ms, policy),
                keeping=keeping,
                keep_secrets=keep_secrets,
                watch=watch,
            )
        told = tell_summary(recording, console, selection)
        _tell(capture.losses, console)
    sys.exit(1 if failed(told, fail_on) else 0)


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
    for line in losses.lines():
        console.print(Text(line, "yellow"), soft_wrap=True)


@click.command()
@click.argument("recording", type=RECORDING)
@click.argument("out", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--session", "name", help="This session (id or begin of its UUID); by default the newest.")
@click.option("--format", type=click.Choice(["har", "flow"]), default="har", show_default=True, help="What is written.")
@click.option(
    "--bodies",
    default="full",
    show_default=True,
    metavar="full|digest|limit=SIZE",
    help="Which files' content to write: all, none but its digest, or of files up to SIZE bytes (also 10m, 1g).",
)
@click.option("-q", "--quiet", is_flag=True, help="Do not tell what did not come over.")
def export(recording: Path, out: Path, name: str | None, format: str, bodies: str, quiet: bool) -> None:
    """Write a session of RECORDING to OUT (`-`: stdout): a HAR, which browsers' developer tools open, or flows, which
    mitmproxy does.

    A HAR that was exported can be imported again. What did not come over is told at the end.
    """
    keeping, console = _keeping(bodies), make_console(stderr=True, quiet=quiet)
    with reading(recording) as opened:
        session = opened.session(name)
        if session.keeps_secrets:
            click.echo(_EXPORTED, err=True)
        with _made(out, recording) as file, watching(opened.count(session), "exporting") as watch:
            losses = _writer(format)(opened, session, file, keeping, watch)
    _tell(losses, console)
    if session.state != "complete":
        why = session.trouble or "it is not over"
        raise RecordingIncomplete(f"session {session.id} of {recording} is {session.state}: {why}")


def _writer(format: str) -> Callable[[Recording, Session, BinaryIO, Keeping, Callable[[], None]], Losses]:
    if format == "har":
        from inspector.recording.har.writing import write

        return write
    from inspector.proxy.flowexport import write as write_flows  # half a second, for mitmproxy

    return write_flows


@contextmanager
def _made(out: Path, recording: Path) -> Iterator[BinaryIO]:
    """The file to write to, mode 0600; it is there when all of it is. Raises UsageError."""
    if str(out) == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        if out.is_dir() or (out.exists() and out.samefile(recording)):
            raise UsageError(
                f"{plain(out)} is {'a directory' if out.is_dir() else 'the recording itself'}: name a file"
            )
        with NamedTemporaryFile(dir=out.parent, prefix=".gws-inspector-", delete=False) as file:
            try:
                yield cast(BinaryIO, file)
                file.flush()
                os.replace(file.name, out)
            except BaseException:
                os.unlink(file.name)
                raise
    except OSError as error:
        raise UsageError(f"cannot write to {plain(out)}: {error.strerror}") from None
