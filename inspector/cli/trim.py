"""`trim`: a smaller recording out of a long one."""

from pathlib import Path

import click

from inspector.cli.options import RECORDING
from inspector.cli.watching import brought_to_today, watching
from inspector.recording import derivation
from inspector.recording.reader import reading
from inspector.recording.trimming.choosing import Wanted
from inspector.recording.trimming.trimming import Trimmed, steps
from inspector.recording.trimming.trimming import trim as trimming
from inspector.render.escape import plain
from inspector.replay.plans.keeping import make_ready


@click.command()
@click.argument("recording", type=RECORDING)
@click.argument("out", type=RECORDING)
@click.option("--session", "name", help="Only this session (id or begin of its UUID); by default all.")
@click.option("--agent", "agents", multiple=True, metavar="WHO", help="Only this agent: login, user id or number.")
@click.option("--chat", "chats", multiple=True, metavar="ID", help="Only this chat, and those who took part in it.")
@click.option("--redact", "pointers", multiple=True, metavar="POINTER", help="Hide what is there in JSON bodies.")
def trim(
    recording: Path,
    out: Path,
    name: str | None,
    agents: tuple[str, ...],
    chats: tuple[str, ...],
    pointers: tuple[str, ...],
) -> None:
    """Make a small recording OUT of some of RECORDING, which replays and is judged as before.

    With a chat or an agent goes all that a replay needs: logins, the notification channel, what customers did in these
    chats. A POINTER leads into each JSON body and each message of the channel; the step * is any member or element.
    What it finds is hidden wherever else it stands, but in files.
    """

    def finish(path: Path) -> None:
        derivation.save(path)
        with reading(path) as made:
            sessions = made.sessions()
        for session in sessions:
            make_ready(path, str(session.id), limit=None)

    with reading(recording) as opened:
        sessions = [opened.session(name)] if name else opened.sessions()
        wanted = Wanted(agents, chats)
        if wanted:
            brought_to_today(opened, sessions)
        with watching(steps(opened, sessions, wanted, pointers), "trimming") as watch:
            done = trimming(opened, sessions, out, wanted, pointers, finish, watch)
    click.echo(_told(done, out), err=True)
    for pointer in dict.fromkeys(pointers):
        if pointer not in done.found:
            click.echo(f"nothing was at {plain(pointer)}: look at a body with `show`", err=True)


def _told(done: Trimmed, out: Path) -> str:
    changed = f", {done.changed:,} of them changed" if done.changed else ""
    sizes = f"{_size(done.after)} of {_size(done.before)}"
    return f"{done.kept:,} of {done.exchanges:,} exchanges{changed}, {sizes}: {plain(out, 1000)}"


def _size(size: int) -> str:
    return f"{size / 1024:,.0f} KiB" if size < 10 * 1024 * 1024 else f"{size / 1024 / 1024:,.0f} MiB"
