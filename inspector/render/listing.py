"""What a recording holds as tables for people and as values for scripts; known without any analysis."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from rich.text import Text

from inspector.analysis.listed import AgentRow, ExchangeRow, TransferRow
from inspector.render.escape import plain
from inspector.render.grid import STYLES, Grid, clock
from inspector.render.machine import time_of

Codes = Callable[[int], Sequence[tuple[str, str]]]
"""The rules that an exchange (its number) broke, each with the severity that it is told with."""

_STATES = {"sent": "green", "received": "green", "lost": "bold red", "refused": "yellow", "undecided": "magenta"}
_STYLES = {str(severity): style for severity, style in STYLES.items()}
_LISTED = 3
"""Rules of one exchange that a table has room for."""


def agents_table(agents: Iterable[AgentRow]) -> Grid:
    rows = ((str(one.number), one.login, one.user) for one in agents)
    return Grid("Agents", ("#", "login", "user"), rows, right="#")


def calls_table(calls: Iterable[ExchangeRow], codes: Codes) -> Grid:
    return Grid(
        "Calls",
        ("#", "at", "agent", "operation", "chat", "document", "outcome", "ms", "rules"),
        (
            (
                *(str(call.number), clock(call.at), call.login, call.operation or "?", call.chat, call.document),
                *(_outcome(call), _ms(call), _rules(codes(call.number))),
            )
            for call in calls
        ),
        right="# ms",
    )


def exchanges_table(exchanges: Iterable[ExchangeRow], codes: Codes) -> Grid:
    """Where not all of them are calls: what was asked for stands as method and path."""
    return Grid(
        "Exchanges",
        ("#", "at", "agent", "request", "operation", "outcome", "ms", "rules"),
        (
            (
                *(str(one.number), clock(one.at), one.login, f"{one.method} {one.path}", one.operation),
                *(_outcome(one), _ms(one), _rules(codes(one.number))),
            )
            for one in exchanges
        ),
        right="# ms",
    )


def transfers_table(transfers: Iterable[TransferRow]) -> Grid:
    return Grid(
        "Transfers",
        ("#", "name", "document", "bytes", "from", "uploaded", "notified", "state"),
        (
            (
                *(str(one.number), plain(one.name, 40), one.document, "" if one.size is None else str(one.size)),
                one.login if one.direction == "agent" else one.direction,
                "" if one.uploaded_by is None else f"#{one.uploaded_by}",
                _notified(one),
                Text(plain(one.state), _STATES.get(one.state, "")),
            )
            for one in transfers
        ),
        right="# bytes",
        whole="document notified state",
    )


def agent_listed(agent: AgentRow) -> dict[str, Any]:
    return {"number": agent.number, "user": agent.user, "login": agent.login}


def call_listed(call: ExchangeRow, codes: Codes) -> dict[str, Any]:
    return {
        "exchange": call.number,
        "at": time_of(call.at),
        "agent": call.login or None,
        "operation": call.operation,
        "chat_id": call.chat,
        "document_id": call.document,
        "status": call.status,
        "status_code": call.status_code,
        "error": call.error or None,
        "ms": call.ms,
        "rules": [code for code, _ in codes(call.number)],
    }


def exchange_listed(exchange: ExchangeRow, codes: Codes) -> dict[str, Any]:
    asked = {"method": exchange.method, "path": exchange.path, "is_call": exchange.is_call}
    return call_listed(exchange, codes) | asked


def transfer_listed(transfer: TransferRow) -> dict[str, Any]:
    return {
        "number": transfer.number,
        "chat_id": transfer.chat,
        "document_id": transfer.document,
        "direction": transfer.direction,
        "agent": transfer.agent,
        "file_id": transfer.file,
        "name": transfer.name,
        "mime": transfer.mime,
        "size": transfer.size,
        "seen_size": transfer.seen_size,
        "sha256": transfer.sha256,
        "linked_by": transfer.linked_by,
        "uploaded_by": transfer.uploaded_by,
        "notified_by": transfer.notified_by,
        "downloads": transfer.downloads,
        "state": transfer.state,
    }


def _outcome(row: ExchangeRow) -> Text:
    text = _ended(row)
    return text.append(" cut", "magenta") if row.short else text


def _ended(row: ExchangeRow) -> Text:
    if row.error:
        return Text(plain(row.error), "red")
    if row.status is None:
        return Text("unfinished" if row.ms is None else "", "magenta")
    if row.operation == "Download":
        return Text(f"{row.status}, {row.size or 0} bytes", "green" if row.status == 200 else "yellow")
    if row.is_call and row.status_code is not None:
        return Text(f"{row.status} statusCode {row.status_code}", "yellow" if row.status_code else "green")
    return Text(str(row.status), "" if row.status < 400 and not row.is_call else "yellow")


def _ms(row: ExchangeRow) -> str:
    return "" if row.ms is None else f"{row.ms:.0f}"


def _rules(codes: Sequence[tuple[str, str]]) -> Text:
    """`GW402 GW501`, each once, in its colour."""
    told = list(dict(codes).items())
    text = Text(" ").join([Text(plain(code, 12), _STYLES.get(severity, "")) for code, severity in told[:_LISTED]])
    return text.append(" …") if len(told) > _LISTED else text


def _notified(transfer: TransferRow) -> Text:
    """The exchange that told of it, and how long after its reply: before it is nothing odd, but worth seeing."""
    if transfer.notified_by is None:
        return Text()
    told = Text(f"#{transfer.notified_by[0]}")
    if transfer.lag_ms is not None:
        told.append(f" {transfer.lag_ms:+.0f} ms", "bold cyan" if transfer.lag_ms < 0 else "dim")
    return told
