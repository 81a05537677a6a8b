"""By whose rules the rows are that are listed: today's, or where that would take minutes those that are stored."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from inspector.recording import listing, stored
from inspector.recording.reader import Recording
from inspector.recording.session import Session
from inspector.render.escape import plain
from inspector.render.listing import Codes

if TYPE_CHECKING:  # what takes long to import is imported where it is used
    from inspector.analysis.rules.selection import Selection
    from inspector.config import Settings

AT_ONCE = 20_000
"""Exchanges that are judged again in a few seconds. Of more, what is stored is listed, and said to be that."""


def stand(recording: Recording, sessions: Sequence[Session]) -> None:
    """From now on the derived tables hold rows of these sessions: by today's rules, if they are stored or the sessions
    have no more than AT_ONCE exchanges; else those that there are, with a line on stderr. A recorder that is at work,
    or was killed, has stored them as far as it came.
    """
    older = [session for session in sessions if not stored.is_judged(session)]
    if not older:
        return
    if not listing.is_larger(recording, sessions, AT_ONCE):
        from inspector.cli.watching import brought_to_today

        brought_to_today(recording, sessions)
        return
    by = plain(older[0].judged) or "as far as its recorder came"
    told = f"session {older[0].id} was judged by older rules ({by}), and is shown as it was"
    if older[0].state == "open":
        told = f"session {older[0].id} is shown as far as its recorder has judged it"
    click.echo(f"{told}: `gws-inspector check --save {plain(recording.path, 1000)}` brings it up to date", err=True)


def chosen(settings: "Settings | None", select: tuple[str, ...], ignore: tuple[str, ...]) -> "Selection | None":
    """Which findings are told; None for all, which needs no catalogue. Raises UsageError."""
    if settings is None and not select and not ignore:
        return None
    from inspector.cli.options import chosen_rules

    return chosen_rules(settings, select, ignore)


def codes_told(recording: Recording, selection: "Selection | None") -> Codes:
    """Looks up which rules an exchange broke, of those that are told and not excused."""

    def told(number: int) -> list[tuple[str, str]]:
        if selection is None:
            query = "SELECT rule, severity FROM findings WHERE exchange = ? ORDER BY id"
            return [(rule, severity) for rule, severity in recording.db.execute(query, (number,))]
        sifted = selection.sift(stored.findings_at(recording, number))
        return [(finding.rule, finding.severity) for finding, excused in sifted if not excused]

    return told
