"""A session as a HAR that browsers' developer tools open, written entry by entry; no body is ever whole in memory that
was not when it was recorded.

What HAR has no place for stands in members `_gws`, which others pass over: with them the same session comes back.
"""

import base64
from collections.abc import Callable
from typing import Any, BinaryIO
from urllib.parse import parse_qsl

from inspector import __version__
from inspector.recording.har.json_pieces import Items, pieces_of
from inspector.recording.har.outward import Outward, instant_text, written
from inspector.recording.importing.losses import Losses
from inspector.recording.reader import Recording
from inspector.recording.session import Session
from inspector.recording.taking.plan import Keeping
from inspector.traffic.exchange import TEXT, Exchange, Frame, Instant
from inspector.traffic.headers import Headers, cookies, set_cookies

_NEVER = -1
_UPGRADED = 101
_PAGE = "page_1"
_UNFINISHED, _NOT_WHOLE = "unfinished", "not whole"
TOLD = {
    "digest": "{n} exchange(s) with a body of which the recording has only the digest, and so has the export",
    "left out": "{n} exchange(s) with a body that was left out: the export has its digest",
    "cut": "{n} exchange(s) with a body of which not all was recorded, or not as it was sent",
    "decoded": "{n} exchange(s) with a body that came compressed: HAR has it without that",
    "raw": "{n} exchange(s) with a body whose coding is broken, or too large to be undone: its bytes are as they were",
    _UNFINISHED: "{n} exchange(s) had not ended",
    _NOT_WHOLE: "{n} request(s) of which not all came before the recording ended: left out",
}


def write(
    recording: Recording, session: Session, out: BinaryIO, keeping: Keeping, watch: Callable[[], None] = lambda: None
) -> Losses:
    """Writes the session, with the content of such files as `keeping` allows; what did not come over is returned.

    `watch` is told of each exchange. Raises RecordingError, OSError.
    """
    losses = Losses(TOLD)
    head = _log(recording, session)
    out.write(b'{"log":' + b"".join(pieces_of(head))[:-1] + b',"entries":[')
    rows = recording.db.cursor()
    rows.row_factory = None
    query = "SELECT id, start_tick, done_tick FROM exchanges WHERE session = ? ORDER BY start_tick"
    comma = b"\n"
    for number, start, done in rows.execute(query, (session.id,)):
        watch()
        if start < 0:
            losses.add([_NOT_WHOLE])
            continue
        exchange = recording.exchange(number)
        lost: set[str] = set() if done is not None else {_UNFINISHED}
        out.write(comma)
        for piece in pieces_of(_entry(recording, exchange, (start, done), keeping, lost)):
            out.write(piece)
        losses.add(lost)
        comma = b",\n"
    out.write(b"\n]}}\n")
    return losses


def _log(recording: Recording, session: Session) -> dict[str, Any]:
    ended = recording.ended(session)
    own = {
        "session": session.uuid,
        "name": session.name,
        "upstream": session.upstream,
        "origins": session.origins,
        "started": _pair(session.started),
        "ended": _pair(ended),
        "window_ms": session.settings.get("window_ms"),
        "policy": session.settings.get("policy"),
        "redacted": {name: session.redacted.get(name, []) for name in ("headers", "members")},
        "state": session.state,
    }
    page = {
        "startedDateTime": instant_text(session.started),
        "id": _PAGE,
        "title": f"session {session.id}: {session.upstream}",
        "pageTimings": {"onContentLoad": _NEVER, "onLoad": _NEVER},
    }
    creator = {"name": "gws-inspector", "version": __version__}
    return {"version": "1.2", "creator": creator, "pages": [page], "_gws": own}


def _entry(
    recording: Recording, exchange: Exchange, ticks: tuple[int, int | None], keeping: Keeping, lost: set[str]
) -> dict[str, Any]:
    began, answered, done = exchange.started, exchange.answered, exchange.done
    last = done or answered or began
    sent = written(exchange, "request", keeping, lost)
    got = written(exchange, "response", keeping, lost)
    entry: dict[str, Any] = {
        "pageref": _PAGE,
        "startedDateTime": instant_text(began),
        "time": _ms(began, last),
        "request": _request(exchange, sent),
        "response": _response(exchange, got),
        "cache": {},
        "timings": {
            **dict.fromkeys(("blocked", "dns", "connect", "ssl"), _NEVER),
            "send": 0,
            "wait": _ms(began, answered or last),
            "receive": _ms(answered or last, last),
        },
        "connection": exchange.connection,
        "_gws": _own(exchange, ticks, sent, got),
    }
    if exchange.response and (exchange.response.status == _UPGRADED or exchange.request.method == "CONNECT"):
        entry["_resourceType"] = "websocket"
        entry["_webSocketMessages"] = Items(_message(frame) for frame in recording.frames(exchange.number))
    return entry


def _own(exchange: Exchange, ticks: tuple[int, int | None], sent: Outward, got: Outward) -> dict[str, Any]:
    request = exchange.request
    own: dict[str, Any] = {
        "ticks": ticks,
        "started": _pair(exchange.started),
        "answered": exchange.answered and _pair(exchange.answered),
        "done": exchange.done and _pair(exchange.done),
        "scheme": request.scheme,
        "authority": request.authority,
        "http_version": request.http_version,
        "request": sent.own,
        "response": got.own,
    }
    target = _target(exchange)
    return own | ({"target": target} if not (target.isascii() and target.isprintable() and "#" not in target) else {})


def _request(exchange: Exchange, sent: Outward) -> dict[str, Any]:
    request = exchange.request
    told: dict[str, Any] = {
        "method": request.method,
        "url": f"{request.scheme}://{request.authority}{_target(exchange)}",
        "httpVersion": request.http_version,
        "cookies": [_named(pair) for pair in cookies(request.headers).items()],
        "headers": [_named(pair) for pair in request.headers],
        "queryString": [_named(pair) for pair in parse_qsl(request.query, keep_blank_values=True)],
        "headersSize": _NEVER,
        "bodySize": sent.on_the_wire,
    }
    if request.body.size or sent.comment:
        post: dict[str, Any] = {"mimeType": request.headers.get("content-type"), "params": [], "text": sent.text}
        post |= {"_encoding": "base64"} if sent.is_base64 else {}
        told["postData"] = post | ({"comment": sent.comment} if sent.comment else {})
    return told


def _response(exchange: Exchange, got: Outward) -> dict[str, Any]:
    response = exchange.response
    headers = response.headers if response else Headers()
    content: dict[str, Any] = {"size": got.size, "mimeType": headers.get("content-type") or "x-unknown"}
    if got.size != got.on_the_wire:
        content["compression"] = got.size - got.on_the_wire
    if got.text is not None:
        content |= {"text": got.text} | ({"encoding": "base64"} if got.is_base64 else {})
    if got.comment:
        content["comment"] = got.comment
    return {
        "status": response.status if response else 0,
        "statusText": response.reason if response else "",
        "httpVersion": exchange.request.http_version,
        "cookies": [_named(pair) for pair in set_cookies(headers).items()],
        "headers": [_named(pair) for pair in headers],
        "content": content,
        "redirectURL": headers.get("location"),
        "headersSize": _NEVER,
        "bodySize": got.on_the_wire if response else _NEVER,
        "_error": exchange.error,
    }


def _message(frame: Frame) -> dict[str, Any]:
    """As Chromium writes it; what is no text is base64."""
    content = frame.body.content or b""
    own: dict[str, Any] = {"tick": frame.tick, "at": _pair(frame.moment)}
    coded = base64.b64encode(content).decode()
    try:
        data = content.decode() if frame.opcode == TEXT else coded
    except UnicodeDecodeError:
        data, own["data"] = content.decode("utf-8", "replace"), coded
    return {
        "type": "send" if frame.direction == "client" else "receive",
        "time": frame.moment.at / 1_000_000,
        "opcode": frame.opcode,
        "data": data,
        "_gws": own,
    }


def _target(exchange: Exchange) -> str:
    request = exchange.request
    return f"{request.path}?{request.query}" if request.query else request.path


def _named(pair: tuple[str, str]) -> dict[str, str]:
    return {"name": pair[0], "value": pair[1]}


def _pair(instant: Instant) -> tuple[int, int]:
    return instant.mono, instant.at


def _ms(since: Instant, until: Instant) -> float:
    return max(0, until.mono - since.mono) / 1000
