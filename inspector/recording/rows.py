"""The house's values as rows of a recording; `columns.py` is the way back."""

from collections.abc import Sequence
from typing import Any

import orjson

from inspector.analysis.agents import Agent
from inspector.analysis.analyst import Derived
from inspector.analysis.calls import Call
from inspector.analysis.causes import Cause
from inspector.analysis.channel import Message
from inspector.analysis.finding import Finding
from inspector.analysis.transfers import Fetch, Transfer
from inspector.traffic.body import Body
from inspector.traffic.headers import Headers

Row = tuple[Any, ...]
Statement = tuple[str, Row]


def headers_text(headers: Headers) -> str:
    return orjson.dumps(headers.fields).decode()


def original_text(body: Body) -> str | None:
    original = body.original
    return orjson.dumps({"coding": original.coding, "length": original.length}).decode() if original else None


class DerivedRows:
    """The statements that keep what was derived, for one session; `first_*` keep its ids apart from other sessions'."""

    def __init__(self, session: int, first_agent: int, first_transfer: int) -> None:
        self._session = session
        self._agent = first_agent
        self._transfer = first_transfer

    def of(self, thing: Derived) -> Statement:
        match thing:
            case Agent():
                return self._agent_row(thing)
            case Call():
                return self._call(thing)
            case Message():
                return self._message(thing)
            case Cause():
                row = (
                    *(thing.call, thing.exchange, thing.position, thing.kind, thing.evidence),
                    *(thing.wait_ms, thing.lag_ms),
                )
                return "INSERT OR REPLACE INTO causes VALUES (?, ?, ?, ?, ?, ?, ?)", row
            case Transfer():
                return self._transfer_row(thing)
            case Fetch():
                return "INSERT OR REPLACE INTO fetches VALUES (?, ?)", (self._transfer + thing.transfer, thing.call)
            case Finding():
                return self._finding(thing)

    def _agent_row(self, agent: Agent) -> Statement:
        row = (
            *(self._agent + agent.number, self._session, agent.user_id, agent.user_name, agent.cookie),
            *(agent.first_tick, agent.last_tick),
        )
        return "INSERT OR REPLACE INTO agents VALUES (?, ?, ?, ?, ?, ?, ?)", row

    def _agent_id(self, agent: Agent | int | None) -> int | None:
        number = agent.number if isinstance(agent, Agent) else agent
        return None if number is None else self._agent + number

    def _call(self, call: Call) -> Statement:
        code = _integer(call.reply.status_code) if call.reply else None
        row = (call.number, self._agent_id(call.agent), call.operation, call.chat_id, call.document_id, code)
        return "INSERT OR REPLACE INTO calls VALUES (?, ?, ?, ?, ?, ?)", row

    def _message(self, message: Message) -> Statement:
        data = message.content.get("data")
        row = (
            *(message.exchange, message.direction, message.position, self._agent_id(message.agent)),
            *(message.channel, message.client_id, message.bayeux_id),
            None if data is None else _json(data),
            *(message.kind, message.chat_id, message.document_id),
        )
        return "INSERT OR REPLACE INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row

    def _transfer_row(self, transfer: Transfer) -> Statement:
        row = (
            *(self._transfer + transfer.number, self._session, transfer.chat_id, transfer.document_id),
            *(transfer.file_id, transfer.direction, self._agent_id(transfer.agent), transfer.name, transfer.mime),
            *(_integer(transfer.size), transfer.seen_size, transfer.sha256, transfer.linked_by, transfer.uploaded_by),
            *(transfer.notified_by or (None, None)),
            *(transfer.downloads, transfer.state.value),
        )
        return f"INSERT OR REPLACE INTO transfers VALUES ({_marks(row)})", row

    def _finding(self, finding: Finding) -> Statement:
        row = (
            *(finding.exchange, finding.message, finding.rule, finding.severity.value),
            *(finding.pointer, finding.expected),
            None if finding.actual is None else _json(finding.actual),
            finding.text,
            orjson.dumps(finding.about).decode(),
        )
        return (
            "INSERT INTO findings (exchange, message, rule, severity, pointer, expected, actual, text, about) "
            f"VALUES ({_marks(row)})",
            row,
        )


def _json(value: Any) -> str:
    """JSON text; of a value too deep for it (orjson stops at 254 levels) only that: the body has it whole."""
    try:
        return orjson.dumps(value, default=str).decode()
    except orjson.JSONEncodeError as error:
        return orjson.dumps(f"({error})").decode()


def _integer(value: int | None) -> int | None:
    """The number if SQLite can hold it: 64 bits, signed."""
    return value if value is not None and -(1 << 63) <= value < 1 << 63 else None


def _marks(row: Sequence[object]) -> str:
    return ", ".join("?" * len(row))
