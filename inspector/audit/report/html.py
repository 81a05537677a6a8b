"""The report, piece by piece: `document` never holds more of a recording than one transfer, one chat, one exchange."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from inspector.analysis.rules import CATALOGUE
from inspector.audit.audited import Audited
from inspector.audit.report.chats import chats
from inspector.audit.report.embedded import Words, as_json, text
from inspector.audit.report.page_files import templates
from inspector.audit.report.row import finding, row
from inspector.audit.report.said import said
from inspector.audit.report.wanted import Wanted
from inspector.errors import NothingFound
from inspector.render.table import moment

CHATS = 250
"""Chats that are drawn: those with the worst findings."""

SAID = 8 * 1024 * 1024
"""Characters of exchanges that are in the page, as JSON."""


def document(audited: Audited) -> Iterator[str]:
    """One self-contained HTML file in pieces. Raises RecordingError."""
    wanted, rules = Wanted(), set[str]()
    page = templates()
    yield page.get_template("begin.html").render(head=audited.head(), text=text, moment=moment, now=_now())
    yield from _block("sessions", (_session(audited, number) for number in range(len(audited.sessions))))
    yield from _block("ledger", _rows(audited, wanted, rules))
    yield from _block("others", _others(audited, wanted, rules))
    left: dict[str, int] = {}
    yield from _block("chats", _chats(audited, wanted, left))
    yield from _block("exchanges", _exchanges(audited, wanted, left))
    yield from _block("left", [left])
    yield page.get_template("end.html").render(rules=[CATALOGUE[code] for code in sorted(rules)])


def _block(name: str, values: Iterable[Any]) -> Iterator[str]:
    """A list for the page's script, one value a line."""
    yield f'<script type="application/json" id="data-{name}">['
    for number, value in enumerate(values):
        yield f"{',' if number else ''}\n{as_json(value)}"
    yield "]</script>\n"


def _session(audited: Audited, number: int) -> list[str]:
    recording, session = audited.sessions[number]
    return [text(recording.path.name), text(session.uuid)]


def _rows(audited: Audited, wanted: Wanted, rules: set[str]) -> Iterator[Any]:
    numbers = {session.uuid: number for number, (_, session) in enumerate(audited.sessions)}
    words = Words()
    for entry in audited.entries():
        number = numbers[entry.session]
        wanted.add(number, entry)
        rules.update(found.rule for found in (*entry.findings, *entry.excused))
        yield row(entry, number, words)


def _others(audited: Audited, wanted: Wanted, rules: set[str]) -> Iterator[Any]:
    numbers = {session.uuid: number for number, (_, session) in enumerate(audited.sessions)}
    for other in audited.others():
        found, is_excused = other.finding
        number = numbers[other.session.uuid]
        rules.add(found.rule)
        if not is_excused:
            wanted.found(number, found)
        yield [number, *finding(found, excused=is_excused)]


def _chats(audited: Audited, wanted: Wanted, left: dict[str, int]) -> Iterator[Any]:
    """The chats as they are drawn."""
    left["chats"] = max(0, len(wanted.chats) - CHATS)
    chosen = sorted(wanted.worst_first(CHATS), key=lambda chat: chat[0])
    for number, of_session in groupby(chosen, key=lambda chat: chat[0]):
        recording, session = audited.sessions[number]
        for chat in chats(recording, session, [name for _, name in of_session]):
            wanted.drawn(number, [event[0] for event in (*chat["calls"], *chat["told"])])
            yield {"session": number, **chat}


def _exchanges(audited: Audited, wanted: Wanted, left: dict[str, int]) -> Iterator[Any]:
    """What was said at the places that matter, until there is enough."""
    size = left["exchanges"] = 0
    for number, exchange in wanted.exchanges():
        if size > SAID:
            left["exchanges"] = 1
            break
        try:
            value = [number, exchange, said(audited.sessions[number][0].exchange(exchange))]
        except NothingFound:  # a finding that somebody bent
            continue
        size += len(as_json(value))
        yield value


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
