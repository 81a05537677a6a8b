"""`trim`: a smaller recording out of a long one."""

from pathlib import Path
from typing import Any

import click

from inspector.cli.as_json import giving_json, path_value
from inspector.cli.options import RECORDING
from inspector.cli.watching import brought_to_today, watching
from inspector.recording.reader import reading
from inspector.recording.trimming.choosing import Wanted
from inspector.recording.trimming.leaving import numbers_of
from inspector.recording.trimming.trimming import Trimmed, steps
from inspector.recording.trimming.trimming import trim as trimming
from inspector.render.escape import plain
from inspector.render.machine import dump
from inspector.replay.plans.keeping import make_whole


@click.command()
@click.argument("recording", type=RECORDING)
@click.argument("out", type=RECORDING)
@click.option("--session", "names", multiple=True, help="Only this session (id, name or begin of its UUID), or these.")
@click.option("--agent", "agents", multiple=True, metavar="WHO", help="Only this agent: login, user id or number.")
@click.option("--chat", "chats", multiple=True, metavar="ID", help="Only this chat, and those who took part in it.")
@click.option("--without", multiple=True, metavar="WHAT", help="Not this operation: a number, or a name for all calls.")
@click.option("--redact", "pointers", multiple=True, metavar="POINTER", help="Hide what is there in JSON bodies.")
@giving_json
def trim(
    recording: Path,
    out: Path,
    names: tuple[str, ...],
    agents: tuple[str, ...],
    chats: tuple[str, ...],
    without: tuple[str, ...],
    pointers: tuple[str, ...],
    as_json: bool,
) -> None:
    """Make a small recording OUT of some of RECORDING, which replays and is judged as before.

    With a chat or an agent goes all that a replay needs: logins, the notification channel, what customers did in these
    chats. With an operation goes what it brought about; the others replay as if nobody had asked for it.

    A POINTER leads into each JSON body and each message of the channel; the step * is any member or element.
    What it finds is hidden wherever else it stands, but in files.
    """

    with reading(recording) as opened:
        chosen = {opened.session(name).id for name in names}
        sessions = [session for session in opened.sessions() if not names or session.id in chosen]
        if agents or chats or without:
            brought_to_today(opened, sessions)
        wanted = Wanted(agents, chats, numbers_of(opened, sessions, without))
        with watching(steps(opened, sessions, wanted, pointers), "trimming") as watch:
            done = trimming(opened, sessions, out, wanted, pointers, make_whole, watch)
    for session in sessions:
        if why := session.shortcoming:
            click.echo(
                f"session {session.id} is {session.state}: {plain(why, 400)}; so is what was made of it", err=True
            )
    click.echo(_told(done, out), err=True)
    for pointer in dict.fromkeys(pointers):
        if pointer not in done.found:
            click.echo(f"nothing was at {plain(pointer)}: look at a body with `show`", err=True)
    if as_json:
        click.echo(dump(_value(done, out, pointers)))


def _told(done: Trimmed, out: Path) -> str:
    changed = f", {done.changed:,} of them changed" if done.changed else ""
    sizes = f"{_size(done.after)} of {_size(done.before)}"
    return f"{done.kept:,} of {done.exchanges:,} exchanges{changed}, {sizes}: {plain(out, 1000)}"


def _value(done: Trimmed, out: Path, pointers: tuple[str, ...]) -> dict[str, Any]:
    return {
        "recording": path_value(out),
        "exchanges": done.exchanges,
        "kept": done.kept,
        "changed": done.changed,
        "bytes_before": done.before,
        "bytes_after": done.after,
        "redacted": {pointer: pointer in done.found for pointer in pointers},
    }


def _size(size: int) -> str:
    return f"{size / 1024:,.0f} KiB" if size < 10 * 1024 * 1024 else f"{size / 1024 / 1024:,.0f} MiB"
