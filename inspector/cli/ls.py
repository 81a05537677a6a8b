"""`ls`: what is in a recording, a page at a time."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import RenderableType
from rich.text import Text

from inspector.cli.as_json import giving_json
from inspector.cli.listed import TABLES, Asked, asked
from inspector.cli.options import RECORDING, choosing_rules
from inspector.cli.paging import paged, streamed
from inspector.cli.standing import AT_ONCE, chosen, stand
from inspector.recording import listing
from inspector.recording.reader import Recording, reading
from inspector.recording.session import Session
from inspector.render.grid import Grid, moment
from inspector.render.listing import (
    agent_listed,
    agents_table,
    call_listed,
    calls_table,
    exchange_listed,
    exchanges_table,
    transfer_listed,
    transfers_table,
)
from inspector.render.machine import time_of

if TYPE_CHECKING:  # what takes long to import is imported where it is used
    from inspector.config import Settings

PAGE = 50
"""Rows of a table that people are shown at once."""

_MOST = 1 << 53
"""The largest number that is taken: neither SQLite nor a script's JSON has room for any."""


@click.command()
@click.argument("recording", type=RECORDING)
@click.option("--session", "name", help="The session that is listed (id, name or begin of its UUID); else the newest.")
@click.option("--table", "tables", type=click.Choice(TABLES), multiple=True, help="Only this one; may be repeated.")
@click.option("--chat", default="", metavar="ID", help="Only what belongs to this chat.")
@click.option("--agent", default="", metavar="WHO", help="Only what this agent did: login, user id or number.")
@click.option("--operation", default="", metavar="NAME", help="Only calls of this operation, whatever the case.")
@click.option("--rule", default="", metavar="CODE", help="Only what broke this rule (a begin is a whole family).")
@click.option("--filter", "expression", default="", metavar="EXPR", help="Only exchanges that mitmproxy's filter fits.")
@click.option("--limit", type=click.IntRange(1, _MOST), help=f"Rows of a table; else {PAGE}, and with --json all.")
@click.option(
    "--after", type=click.IntRange(0, _MOST), default=0, help="Go on behind this number: of calls, or of --table."
)
@choosing_rules
@giving_json
@click.pass_obj
def ls(settings: "Settings | None", /, recording: Path, name: str | None, as_json: bool, **given: Any) -> None:
    """List the sessions of RECORDING, and the agents, calls and transfers of one.

    Filters have to fit all at once. With --rule and --filter exchanges are listed that are no calls, too.
    """
    selection = chosen(settings, given["select"], given["ignore"])
    with reading(recording) as opened:
        session = opened.session(name)
        stand(opened, [session])
        wanted = asked(opened, session, given, selection)
        if as_json:
            streamed(_members(wanted, given["limit"]))
        else:
            paged(_page(wanted, given["limit"] or PAGE))


def _members(wanted: Asked, limit: int | None) -> Iterator[tuple[str, Iterator[Any]]]:
    opened, codes = wanted.recording, wanted.codes
    values: dict[str, Callable[[Any], Any]] = {
        "sessions": lambda one: _session(opened, one),
        "agents": agent_listed,
        "calls": lambda row: call_listed(row, codes),
        "exchanges": lambda row: exchange_listed(row, codes),
        "transfers": transfer_listed,
    }
    for name in wanted.tables:
        yield name, map(values[name], islice(wanted.rows(name), limit))
    if "calls" in wanted.tables and limit is None:  # it takes a look at all exchanges, which a page should not wait for
        numbers = listing.short(opened, wanted.session)
        yield "truncated", ({"exchange": n, "bodies": list(opened.exchange(n).truncated)} for n in numbers)


def _page(wanted: Asked, limit: int) -> Iterator[RenderableType]:
    for name in wanted.tables:
        rows = list(islice(wanted.rows(name), limit + 1))
        yield _table(wanted, name, rows[:limit])
        if len(rows) > limit:
            last = rows[limit - 1].id if name == "sessions" else rows[limit - 1].number
            yield Text(f"… more {name}: --table {name} --after {last}", "dim")
    if "calls" in wanted.tables and not listing.is_larger(wanted.recording, [wanted.session], AT_ONCE):
        yield from _short(wanted.recording, wanted.session)


def _table(wanted: Asked, name: str, rows: Sequence[Any]) -> Grid:
    match name:
        case "sessions":
            return _sessions_table(wanted.recording, rows)
        case "agents":
            return agents_table(rows)
        case "calls":
            return calls_table(rows, wanted.codes)
        case "exchanges":
            return exchanges_table(rows, wanted.codes)
        case _:
            return transfers_table(rows)


def _sessions_table(opened: Recording, sessions: Sequence[Session]) -> Grid:
    named = any(one.name for one in sessions)  # a column that most recordings would leave empty
    columns = ("id", *(("name",) if named else ()), "started", "ended", "state", "upstream", "exchanges", "uuid")
    rows = (
        (
            *(str(one.id), *((one.name,) if named else ()), moment(one.started), moment(one.ended), one.told_state),
            *(one.upstream or " ".join(one.origins), str(opened.count(one)), one.uuid),
        )
        for one in sessions
    )
    return Grid("Sessions", columns, rows, right="id exchanges")


def _session(opened: Recording, session: Session) -> dict[str, Any]:
    return {
        "id": session.id,
        "uuid": session.uuid,
        "name": session.name or None,
        "state": session.state,
        "secrets_kept": session.keeps_secrets,
        "source": session.source,
        "upstream": session.upstream,
        "origins": session.origins,
        "started": time_of(session.started),
        "ended": time_of(session.ended),
        "exchanges": opened.count(session),
        "judged": session.judged,
    }


def _short(opened: Recording, session: Session) -> Iterator[Text]:
    """What is said of bodies that are not what crossed the wire."""
    if numbers := list(listing.short(opened, session)):
        from inspector.cli.summary import truncated_lines

        yield from truncated_lines([opened.exchange(number) for number in numbers])
