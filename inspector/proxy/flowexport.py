"""A session as a file of flows, which mitmproxy, mitmweb and mitmdump open (`-r`). One flow is in memory at a time."""

from collections.abc import Callable
from typing import BinaryIO

from mitmproxy import connection, http
from mitmproxy.flow import Error
from mitmproxy.io import FlowWriter
from mitmproxy.websocket import WebSocketData, WebSocketMessage
from wsproto.frame_protocol import Opcode

from inspector.proxy.filtering import place, wire
from inspector.recording.importing.losses import Losses
from inspector.recording.reader import Recording
from inspector.recording.session import Session
from inspector.recording.taking.plan import Keeping
from inspector.recording.understood import is_read
from inspector.traffic.body import Body
from inspector.traffic.exchange import CLOSE, TEXT, Exchange, Half, Instant
from inspector.traffic.headers import Headers

BODY_LIMIT = 64 * 1024 * 1024
"""Bytes of a body that is written: a flow has it in memory several times, here and wherever it is opened."""

_UNFINISHED, _NOT_WHOLE = "unfinished", "not whole"
_TOLD = {
    "digest": "{n} exchange(s) with a body of which the recording has only the digest: flows have none of it",
    "left out": "{n} exchange(s) with a body that was left out, or is larger than 64 MiB",
    "cut": "{n} exchange(s) with a body of which not all was recorded, or not as it was sent",
    "redacted": "{n} exchange(s) with a body that was redacted, and for that decoded",
    _UNFINISHED: "{n} exchange(s) had not ended",
    _NOT_WHOLE: "{n} request(s) of which not all came before the recording ended: left out",
}


def write(
    recording: Recording, session: Session, out: BinaryIO, keeping: Keeping, watch: Callable[[], None] = lambda: None
) -> Losses:
    """Writes the session, with the content of such files as `keeping` allows; what did not come over is returned.

    `watch` is told of each exchange. Raises RecordingError, OSError.
    """
    losses, writer = Losses(_TOLD), FlowWriter(out)
    rows = recording.db.cursor()
    rows.row_factory = None
    query = "SELECT id, start_tick FROM exchanges WHERE session = ? ORDER BY start_tick"
    for number, start in rows.execute(query, (session.id,)):
        watch()
        if start < 0:
            losses.add([_NOT_WHOLE])
            continue
        lost: set[str] = set()
        writer.add(_flow(recording, recording.exchange(number), keeping, lost))
        losses.add(lost)
    return losses


def _flow(recording: Recording, exchange: Exchange, keeping: Keeping, lost: set[str]) -> http.HTTPFlow:
    asked, began = exchange.request, _seconds(exchange.started)
    host, port = place(asked.authority, asked.scheme)
    client = connection.Client(peername=("0.0.0.0", 0), sockname=("0.0.0.0", 0), timestamp_start=began)
    client.id = exchange.connection or client.id
    flow = http.HTTPFlow(client, connection.Server(address=(host, port)))
    target = f"{asked.path}?{asked.query}" if asked.query else asked.path
    flow.request = http.Request(
        host=host,
        port=port,
        method=wire(asked.method),
        scheme=wire(asked.scheme),
        authority=b"" if "host" in asked.headers else wire(asked.authority),
        path=wire(target),
        http_version=wire(asked.http_version),
        headers=_fields(asked.headers, asked.body),
        content=_content(exchange, "request", keeping, lost),
        trailers=None,
        timestamp_start=began,
        timestamp_end=began,
    )
    _answer(flow, exchange, keeping, lost)
    if exchange.truncated:
        lost.add("cut")
        flow.comment = "; ".join(exchange.truncated)
    if exchange.response and exchange.response.status == 101:
        flow.websocket = _socket(recording, exchange)
    if exchange.done is None:
        lost.add(_UNFINISHED)
    return flow


def _answer(flow: http.HTTPFlow, exchange: Exchange, keeping: Keeping, lost: set[str]) -> None:
    response, answered, done = exchange.response, exchange.answered, exchange.done
    if response:
        flow.response = http.Response(
            http_version=wire(exchange.request.http_version),
            status_code=response.status,
            reason=wire(response.reason),
            headers=_fields(response.headers, response.body),
            content=_content(exchange, "response", keeping, lost),
            trailers=None,
            timestamp_start=_seconds(answered or exchange.started),
            timestamp_end=_seconds(done) if done and not exchange.error else None,
        )
    if exchange.error:
        flow.error = Error(exchange.error, _seconds(done or exchange.started))


def _content(exchange: Exchange, half: Half, keeping: Keeping, lost: set[str]) -> bytes | None:
    message = exchange.request if half == "request" else exchange.response
    assert message
    body = message.body
    if not body.size:
        return b""
    if body.original:
        lost.add("redacted")
    if body.content is None and body.source is None:
        lost.add("digest")
        return None
    understood = is_read(half, exchange.request.method, exchange.request.path, message.headers.media_type)
    unwanted = not understood and (keeping.limit == 0 or not keeping.allows(body.size))
    if unwanted or body.size > BODY_LIMIT:
        lost.add("left out")
        return None
    return b"".join(body.pieces())


def _fields(headers: Headers, body: Body) -> http.Headers:
    """As they were; but a redacted body has another coding and length than they say."""
    pairs = [(wire(name), wire(value)) for name, value in headers]
    if body.original:
        size = b"%d" % body.size
        pairs = [(name, size if name.lower() == b"content-length" else value) for name, value in pairs]
        pairs = [pair for pair in pairs if pair[0].lower() != b"content-encoding"]
    return http.Headers(pairs)


def _socket(recording: Recording, exchange: Exchange) -> WebSocketData:
    socket = WebSocketData()
    for frame in recording.frames(exchange.number):
        from_client = frame.direction == "client"
        if frame.opcode == CLOSE:
            socket.closed_by_client, socket.timestamp_end = from_client, _seconds(frame.moment)
            socket.close_code, socket.close_reason = frame.ending
        else:
            kind = Opcode.TEXT if frame.opcode == TEXT else Opcode.BINARY
            content = frame.body.content or b""
            socket.messages.append(WebSocketMessage(kind, from_client, content, _seconds(frame.moment)))
    return socket


def _seconds(instant: Instant) -> float:
    return instant.at / 1_000_000
