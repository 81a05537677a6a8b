"""`ls` and `show`: what is in a recording."""

from pathlib import Path

import click

from inspector.analysis.summary import Summary
from inspector.cli.options import RECORDING
from inspector.cli.summary import truncated_lines
from inspector.cli.watching import judged
from inspector.errors import NothingFound
from inspector.recording.reader import Recording, reading
from inspector.render.machine import (
    agent_value,
    call_value,
    cause_value,
    dump,
    exchange_value,
    finding_value,
    frame_value,
    time_of,
    transfer_value,
)
from inspector.render.page import exchange_page, transfer_page
from inspector.render.table import calls_table, console, moment, table, transfers_table


@click.command()
@click.argument("recording", type=RECORDING)
@click.option(
    "--session", "name", help="The session whose calls are listed (id or begin of its UUID); else the newest."
)
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
def ls(recording: Path, name: str | None, as_json: bool) -> None:
    """List the sessions of RECORDING, and the agents, calls and transfers of one."""
    with reading(recording) as opened:
        sessions = opened.sessions()
        summary = judged(opened, opened.session(name))
        counts = {session.id: opened.count(session) for session in sessions}
        truncated = opened.truncated(opened.session(name))
    if as_json:
        listed = [
            {
                "id": session.id,
                "uuid": session.uuid,
                "state": session.state,
                "secrets_kept": session.keeps_secrets,
                "source": session.source,
                "upstream": session.upstream,
                "origins": session.origins,
                "started": time_of(session.started),
                "ended": time_of(session.ended),
                "exchanges": counts[session.id],
            }
            for session in sessions
        ]
        short = [{"exchange": one.number, "bodies": list(one.truncated)} for one in truncated]
        click.echo(dump({"sessions": listed, **_value(summary), "truncated": short}))
        return
    out = console()
    rows = (
        (
            str(s.id),
            moment(s.started),
            moment(s.ended),
            s.told_state,
            s.upstream or " ".join(s.origins),
            str(counts[s.id]),
            s.uuid,
        )
        for s in sessions
    )
    columns = ("id", "started", "ended", "state", "upstream", "exchanges", "uuid")
    out.print(table("Sessions", columns, rows, right="id exchanges"))
    agents = ((str(a.number), a.user_name, a.user_id) for a in summary.agents.values())
    out.print(table("Agents", ("#", "login", "user"), agents, right="#"))
    out.print(calls_table(summary.calls))
    out.print(transfers_table(summary))
    for line in truncated_lines(truncated):
        out.print(line)


@click.command()
@click.argument("recording", type=RECORDING)
@click.argument("what")
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
def show(recording: Path, what: str, as_json: bool) -> None:
    """Show one exchange of RECORDING whole (WHAT is its number), or one transfer (WHAT is its documentId)."""
    with reading(recording) as opened:
        # document ids may be all digits too: then the number of an exchange wins, if there is one
        if what.isascii() and what.isdecimal() and len(what) < 19 and opened.has(int(what)):
            _show_exchange(opened, int(what), as_json)
        else:
            _show_transfers(opened, what, as_json)


def _show_exchange(opened: Recording, number: int, as_json: bool) -> None:
    exchange, frames = opened.exchange(number), list(opened.frames(number))
    summary = judged(opened, opened.session_of(number))
    findings = [finding for finding in summary.findings if finding.exchange == number]
    causes = [cause for cause in summary.causes if number in (cause.call, cause.exchange)]
    if as_json:
        calls = [call_value(call) for call in summary.calls if call.number == number]
        value = {
            "exchange": exchange_value(exchange),
            "frames": [frame_value(frame) for frame in frames],
            "call": calls[0] if calls else None,
            "causes": [cause_value(cause) for cause in causes],
            "findings": [finding_value(finding) for finding in findings],
        }
        click.echo(dump(value))
        return
    console().print(*exchange_page(exchange, findings, causes, frames), sep="\n")


def _show_transfers(opened: Recording, document_id: str, as_json: bool) -> None:
    shown = 0
    for session in opened.sessions():
        summary = judged(opened, session)
        for transfer in summary.transfers.values():
            if transfer.document_id != document_id:
                continue
            shown += 1
            calls = summary.calls_of(transfer)
            causes = [cause for cause in summary.causes if cause.call in calls]
            places = calls | {cause.exchange for cause in causes}
            findings = [finding for finding in summary.findings if finding.exchange in places]
            if as_json:
                value = {
                    "transfer": transfer_value(transfer),
                    "calls": [call_value(call) for call in summary.calls if call.number in calls],
                    "causes": [cause_value(cause) for cause in causes],
                    "findings": [finding_value(finding) for finding in findings],
                }
                click.echo(dump(value))
            else:
                console().print(*transfer_page(transfer, findings, causes), sep="\n")
    if not shown:
        raise NothingFound(f"{opened.path} holds no exchange and no document {document_id}; `ls` lists what it holds")


def _value(summary: Summary) -> dict[str, object]:
    return {
        "agents": [agent_value(agent) for agent in summary.agents.values()],
        "calls": [call_value(call) for call in summary.calls],
        "transfers": [transfer_value(transfer) for transfer in summary.transfers.values()],
    }
