"""`diff`: two sessions message by message, as before and after a server was changed."""

import sys
from collections.abc import Callable
from math import isfinite
from pathlib import Path

import click

from inspector.audit.diff.delays import THRESHOLD_MS, Delays
from inspector.audit.diff.machine import result_value
from inspector.audit.diff.printing import Printer
from inspector.audit.diff.reading import Side, labels, shared_labels
from inspector.audit.diff.result import Result
from inspector.audit.diff.sessions import compare
from inspector.audit.diff.table import left_out, summary, tables, volatile_tables
from inspector.cli.as_json import json_as_format
from inspector.cli.watching import brought_to_today, watching
from inspector.errors import UsageError
from inspector.recording.reader import Recording, reading
from inspector.recording.session import Session
from inspector.render.escape import plain
from inspector.render.machine import dump
from inspector.render.table import console
from inspector.traffic.pointers import checked_pointer

Opened = tuple[Recording, Session]


@click.command()
@click.argument("before", metavar="A[#SESSION]")
@click.argument("after", metavar="B[#SESSION]")
@click.option("--format", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option(
    "--ignore",
    multiple=True,
    metavar="[OPERATION:]POINTER",
    help="What may differ, and all below it; `*` is any step (/reply/body/version, UploadFile:/request/body/comment, "
    "transfer:/state).",
)
@click.option(
    "--delay-threshold",
    type=float,
    default=THRESHOLD_MS,
    show_default=True,
    metavar="MS",
    help="A time differs if it is longer or shorter by more than this, and at least twice or half as long.",
)
@click.option("--all", "everything", is_flag=True, help="List what was left out as volatile, too.")
@json_as_format
def diff(
    before: str, after: str, format: str, ignore: tuple[str, ...], delay_threshold: float, everything: bool
) -> None:
    """Compare two recorded sessions, as of the same script before and after a server was changed.

    By default the newest session of each recording; SESSION is an id, a name or the begin of a UUID. Ids, times,
    hosts and secrets differ anyway: they are compared by what they name. Exit code 1 if the sessions differ, else 0.
    """
    if not isfinite(delay_threshold) or delay_threshold < 0:
        raise UsageError(f"--delay-threshold {delay_threshold:g} cannot be meant: give milliseconds")
    ignored = _ignored(ignore)
    (path, name), (other_path, other_name) = _named(before), _named(after)
    with reading(path) as recording, reading(other_path) as other:
        sides = (recording, recording.session(name)), (other, other.session(other_name))
        for which, side in zip("AB", sides, strict=True):
            brought_to_today(side[0], [side[1]])
            _warn(which, *side)
        result = _compared(*sides, ignored, Delays(delay_threshold))
        if format == "json":
            click.echo(dump(result_value(*sides, result)))
    if format == "table":
        _print(result, everything)
    if result.differences:
        sys.exit(1)


def _compared(before: Opened, after: Opened, ignored: Callable[[str], tuple[str, ...]], delays: Delays) -> Result:
    both = [Printer(known, ignored) for known in shared_labels(labels(*before), labels(*after))]
    events = sum(2 * recording.count(session) - recording.unfinished(session) for recording, session in (before, after))
    with watching(events, "reading") as watch:
        sides = [Side(*side, printer, watch) for side, printer in zip((before, after), both, strict=True)]
    with watching(sum(side.size for side in sides), "comparing") as watch:
        return compare(sides[0], sides[1], delays, watch)


def _named(text: str) -> tuple[Path, str | None]:
    """A recording, and which of its sessions; a file's name may have a `#` in it, too."""
    path, sharp, session = text.rpartition("#")
    if not sharp or Path(text).exists():
        return Path(text), None
    if not path or not session:
        raise UsageError(
            f"{text!r} names no session: give RECORDING#SESSION, with its id, its name or the begin of its UUID"
        )
    return Path(path), session


def _ignored(texts: tuple[str, ...]) -> Callable[[str], tuple[str, ...]]:
    """The pointers to what does not count of an item, by its operation or kind. Raises UsageError."""
    general: list[str] = []
    special: dict[str, list[str]] = {}
    for text in texts:
        operation, colon, pointer = text.partition(":/")
        if text.startswith("/") or not colon:
            general.append(_pointer(text))
        else:
            special.setdefault(operation, []).append(_pointer(f"/{pointer}"))
    made = {operation: (*general, *pointers) for operation, pointers in special.items()}
    always = tuple(general)
    return lambda what: made.get(what, always)


def _pointer(text: str) -> str:
    if not text:
        raise UsageError("--ignore '' would compare nothing: give a JSON pointer, as in /reply/body/version")
    return checked_pointer(text)


def _warn(which: str, recording: Recording, session: Session) -> None:
    """Says what may be missing for it was never recorded."""
    if why := session.shortcoming:
        where = f"{which}, session {session.id} of {plain(recording.path, 1000)}"
        click.echo(f"warning: {where}, is {session.state}: {plain(why, 400)}", err=True)


def _print(result: Result, everything: bool) -> None:
    out = console()
    for made in tables(result.differences):
        out.print(made)
    if everything:
        for made in volatile_tables(result):
            out.print(made)
    out.print(summary(result))
    out.print(left_out(result))
