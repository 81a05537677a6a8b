"""The same for machines: plain JSON values. Digests are lower-case hex, instants ISO 8601 in UTC, lags milliseconds."""

import base64
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from inspector.errors import BodyError
from inspector.traffic.body import Body
from inspector.traffic.exchange import BINARY, CLOSE, Exchange, Frame, Instant

if TYPE_CHECKING:  # what takes long to import is not needed for its name alone
    from inspector.analysis.agents import Agent
    from inspector.analysis.calls import Call
    from inspector.analysis.causes import Cause
    from inspector.analysis.finding import Finding
    from inspector.analysis.transfers import Transfer


def dump(value: Any) -> str:
    """JSON text for stdout; what JSON has no type for is said as text."""
    return orjson.dumps(value, default=str, option=orjson.OPT_INDENT_2).decode()


def time_of(instant: Instant | None) -> str | None:
    try:
        return None if instant is None else datetime.fromtimestamp(instant.at / 1e6, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return None  # whoever made the recording put anything there


def finding_value(finding: "Finding") -> dict[str, Any]:
    return asdict(finding)


def cause_value(cause: "Cause") -> dict[str, Any]:
    return asdict(cause)


def transfer_value(transfer: "Transfer") -> dict[str, Any]:
    return asdict(transfer)


def exchange_value(exchange: Exchange) -> dict[str, Any]:
    request, response = exchange.request, exchange.response
    return {
        "number": exchange.number,
        "started": time_of(exchange.started),
        "done": time_of(exchange.done),
        "method": request.method,
        "url": f"{request.scheme}://{request.authority}{request.path}{'?' if request.query else ''}{request.query}",
        "request_headers": list(request.headers),
        "request_body": _body_value(request.body),
        "parts": [
            {"name": part.name, "filename": part.filename, "type": part.media_type, **_digest(part.body)}
            for part in request.parts[:-1]
        ],
        "status": response.status if response else None,
        "response_headers": list(response.headers) if response else None,
        "response_body": _body_value(response.body) if response else None,
        "error": exchange.error,
        "truncated": list(exchange.truncated),
    }


def frame_value(frame: Frame) -> dict[str, Any]:
    """A message on a WebSocket (`body` as of exchanges), or its end with `code` and `reason`."""
    value = {"tick": frame.tick, "at": time_of(frame.moment), "direction": frame.direction}
    if frame.opcode == CLOSE:
        code, reason = frame.ending
        return {**value, "kind": "close", "code": code, "reason": reason}
    return {**value, "kind": "binary" if frame.opcode == BINARY else "text", "body": _body_value(frame.body)}


def _body_value(body: Body) -> dict[str, Any] | None:
    """Digest and size; the content as JSON or text where it is one."""
    if not body.size:
        return None
    value = _digest(body)
    try:
        content = body.decoded()
    except BodyError as error:
        return {**value, "problem": str(error)}
    try:
        return {**value, "json": orjson.loads(content)}
    except orjson.JSONDecodeError:
        pass
    try:
        return {**value, "text": content.decode()}
    except UnicodeDecodeError:
        return {**value, "base64": base64.b64encode(content).decode()}


def _digest(body: Body) -> dict[str, Any]:
    return {"size": body.size, "sha256": body.sha256}


def agent_value(agent: "Agent") -> dict[str, Any]:
    return {"number": agent.number, "user": agent.user_id, "login": agent.user_name}


def call_value(call: "Call") -> dict[str, Any]:
    return {
        "exchange": call.number,
        "at": time_of(call.asked),
        "agent": call.agent.user_name if call.agent else None,
        "operation": call.operation,
        "chat_id": call.chat_id,
        "document_id": call.document_id,
        "status": call.status,
        "status_code": call.reply.status_code if call.reply else None,
        "error": call.error,
        "ms": (call.done.mono - call.asked.mono) / 1000 if call.done else None,
    }
