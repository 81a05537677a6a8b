"""`show`: one exchange whole, or one file's life."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inspector.analysis.calls import UPLOAD
from inspector.analysis.causes import Cause
from inspector.analysis.finding import Finding
from inspector.analysis.listed import ExchangeRow, TransferRow
from inspector.analysis.rules.selection import Selection
from inspector.analysis.transfers import State, Transfer
from inspector.audit.concerning import told_of_each
from inspector.cli.as_json import giving_json
from inspector.cli.options import RECORDING, choosing_rules, chosen_rules
from inspector.cli.paging import paged
from inspector.cli.standing import codes_told, stand
from inspector.errors import BodyError, NothingFound, RecordingError, UsageError
from inspector.recording import listing, stored
from inspector.recording.reader import Recording, reading
from inspector.recording.session import Session
from inspector.render.listing import Codes, call_listed, transfer_listed
from inspector.render.machine import cause_value, dump, exchange_value, finding_value, frame_value
from inspector.render.page import exchange_page, transfer_page
from inspector.traffic.body import Body

if TYPE_CHECKING:  # nobody need wait for it where nothing is set
    from inspector.config import Settings

_CONTROLS = {*range(32), 127} - {9, 10}
"""Bytes that a terminal may obey; of them texts have tabs and newlines."""


@click.command()
@click.argument("recording", type=RECORDING)
@click.argument("what")
@click.option("--whole", is_flag=True, help="Cut nothing, however long it is.")
@click.option("--body", type=click.Choice(["request", "response"]), help="Only this body's bytes, as they are kept.")
@choosing_rules
@giving_json
@click.pass_obj
def show(
    settings: "Settings | None",
    recording: Path,
    what: str,
    whole: bool,
    body: str | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show one exchange of RECORDING whole (WHAT is its number), or one transfer (WHAT is its documentId)."""
    selection = chosen_rules(settings, select, ignore)
    if body and as_json:
        raise UsageError("--body writes bytes as they are kept: they cannot be --json as well")
    with reading(recording) as opened:
        # document ids may be all digits too: then the number of an exchange wins, if there is one
        name = what.removeprefix("#")
        number = int(name) if name.isascii() and name.isdecimal() and len(name) < 19 else -1
        if opened.has(number):
            if body:
                _write(opened, number, body)
            else:
                _show_exchange(opened, selection, number, whole, as_json)
        elif body:
            raise UsageError(f"--body is one of an exchange: {opened.path} holds none of number {what!r}")
        else:
            _show_transfers(opened, selection, what, as_json)


def _show_exchange(opened: Recording, selection: Selection, number: int, whole: bool, as_json: bool) -> None:
    exchange, frames = opened.exchange(number), list(opened.frames(number))
    stand(opened, [opened.session_of(number)])
    findings = _told(selection, list(stored.findings_at(opened, number)))
    causes = list(stored.causes_at(opened, number))
    if not as_json:
        paged(exchange_page(exchange, findings, causes, frames, whole=whole))
        return
    call = listing.call(opened, number)
    value = {
        "exchange": exchange_value(exchange),
        "frames": [frame_value(frame) for frame in frames],
        "call": call_listed(call, codes_told(opened, selection)) if call else None,
        "causes": [cause_value(cause) for cause in causes],
        "findings": [finding_value(finding) for finding in findings],
    }
    click.echo(dump(value))


def _write(opened: Recording, number: int, half: str) -> None:
    """A body's bytes as they are kept, which are those that its digest is of. Raises UsageError."""
    exchange = opened.exchange(number)
    message = exchange.request if half == "request" else exchange.response
    if message is None:
        raise UsageError(f"exchange {number} has no response")
    if not message.body.size:
        return
    try:
        pieces = message.body.pieces()
    except BodyError as error:
        raise UsageError(f"the {half} of exchange {number} cannot be written: {error}") from None
    if sys.stdout.isatty() and not _is_text(message.body):
        raise UsageError("these bytes are no text, and a terminal might obey them: write them to a file (> FILE)")
    for piece in pieces:
        sys.stdout.buffer.write(piece)


def _is_text(body: Body) -> bool:
    try:
        text = (body.content or b"").decode()
    except UnicodeDecodeError:
        return False
    return body.content is not None and not _CONTROLS & set(map(ord, text)) and text.replace("\n", "").isprintable()


@dataclass(frozen=True, slots=True)
class _Life:
    """A transfer with all that belongs to it."""

    session: Session
    row: TransferRow
    calls: Sequence[ExchangeRow]
    causes: Sequence[Cause]
    findings: Sequence[Finding]

    def value(self, codes: Codes) -> dict[str, Any]:
        """A plain JSON value; `codes` has the rules that an exchange broke."""
        return {
            "session": self.session.uuid,
            "transfer": transfer_listed(self.row),
            "calls": [call_listed(call, codes) for call in self.calls],
            "causes": [cause_value(cause) for cause in self.causes],
            "findings": [finding_value(finding) for finding in self.findings],
        }


def _show_transfers(opened: Recording, selection: Selection, document_id: str, as_json: bool) -> None:
    sessions = opened.sessions()
    stand(opened, sessions)
    found = [one for session in sessions for one in _lives(opened, session, document_id, selection)]
    if not found:
        raise NothingFound(f"{opened.path} holds no exchange and no document {document_id}; `ls` lists what it holds")
    if as_json:
        codes = codes_told(opened, selection)
        click.echo(dump({"transfers": [one.value(codes) for one in found]}))
    else:
        paged(line for one in found for line in transfer_page(_transfer(one.row), one.findings, one.causes))


def _lives(opened: Recording, session: Session, document_id: str, selection: Selection) -> Iterator[_Life]:
    """The transfers of a document in a session."""
    lives = list(listing.transfers_of(opened, session, document_id))
    if not lives:
        return
    told = told_of_each(opened, session, selection, document_id)
    for life, findings in zip(lives, told, strict=True):
        of_chat = [one for one in lives if one.chat == life.chat]
        yield _life(opened, session, life, of_chat, selection, findings)


def _life(
    opened: Recording,
    session: Session,
    life: TransferRow,
    lives: Sequence[TransferRow],
    selection: Selection,
    about: Sequence[Finding],
) -> _Life:
    """`lives` are all of its document in its chat; `about` are the findings about this one, wherever they are."""
    named = listing.calls_about(opened, session, life.chat, life.document)
    calls = {one.number: one for one in named if one.operation != UPLOAD or _life_of(one.number, lives) is life}
    if life.linked_by is not None and (linked := listing.call(opened, life.linked_by)):
        calls[life.linked_by] = linked
    causes = [cause for number in sorted(calls) for cause in stored.causes_at(opened, number) if cause.call in calls]
    places: set[tuple[int, int | None]] = {(number, None) for number in calls}
    places |= {(cause.exchange, cause.position) for cause in causes}
    there = [
        one
        for exchange in {exchange for exchange, _ in places}
        for one in stored.findings_at(opened, exchange)
        if (one.exchange, one.message) in places  # others came by the same poll, and are about other things
    ]
    findings = [*about, *(one for one in _told(selection, there) if one not in about)]
    findings.sort(key=lambda one: one.exchange)
    return _Life(session, life, [calls[number] for number in sorted(calls)], causes, findings)


def _life_of(upload: int, lives: Sequence[TransferRow]) -> TransferRow:
    """The transfer that an upload was made for: its own, else that of the next upload, else the first."""
    later = [one for one in lives if one.uploaded_by is not None and one.uploaded_by >= upload]
    return min(later, key=lambda one: one.uploaded_by or 0, default=lives[0])


def _transfer(row: TransferRow) -> Transfer:
    try:
        state = State(row.state)
    except ValueError:
        raise RecordingError(f"the recording is damaged: {row.state[:40]!r} is no state of a transfer") from None
    return Transfer(
        *(row.number, row.chat, row.document, row.direction, row.agent, row.file, row.name, row.mime, row.size),
        *(row.seen_size, row.sha256, row.linked_by, row.uploaded_by, row.notified_by, row.downloads, state),
    )


def _told(selection: Selection, findings: list[Finding]) -> list[Finding]:
    """Those that are told, as they are told: none that is excused."""
    return selection.apply(findings).kept
