"""One exchange whole, or one transfer with all that belongs to it, for a terminal."""

from collections.abc import Iterator, Sequence

import orjson
from rich.console import RenderableType
from rich.syntax import Syntax
from rich.text import Text

from inspector.analysis.causes import Cause
from inspector.analysis.finding import Finding
from inspector.analysis.transfers import Transfer
from inspector.errors import BodyError
from inspector.render.escape import plain
from inspector.render.line import finding_line
from inspector.render.table import clock, moment
from inspector.traffic.body import Body
from inspector.traffic.exchange import BINARY, CLOSE, Exchange, Frame
from inspector.traffic.headers import Headers
from inspector.traffic.multipart import Part

_PREVIEW = 256
"""Bytes of a binary body that are shown."""


def exchange_page(
    exchange: Exchange, findings: Sequence[Finding], causes: Sequence[Cause], frames: Sequence[Frame] = ()
) -> Iterator[RenderableType]:
    """The exchange as it crossed the wire, then what was found about it and what belongs to it."""
    request, response = exchange.request, exchange.response
    query = f"?{request.query}" if request.query else ""
    yield Text(f"#{exchange.number}  {moment(exchange.started)}  {plain(exchange.connection)}", "dim")
    yield Text(f"{plain(request.method)} {plain(request.path + query, 1000)} {plain(request.http_version)}", "bold")
    yield from _message(request.headers, request.body, request.parts)
    yield Text()
    if response is not None:
        taken = f"  after {(exchange.done.mono - exchange.started.mono) / 1000:.0f} ms" if exchange.done else ""
        yield Text.assemble((f"{response.status} {plain(response.reason)}", "bold"), (taken, "dim"))
        yield from _message(response.headers, response.body, ())
    yield from (_frame(frame) for frame in frames)
    if exchange.error:
        yield Text(f"ended by: {plain(exchange.error)}", "bold red")
    elif exchange.done is None:
        yield Text("unfinished: the recording ended first", "bold magenta")
    yield from (Text(f"not as it crossed the wire: {plain(one, 400)}", "bold magenta") for one in exchange.truncated)
    for cause in causes:
        lag = "" if cause.lag_ms is None else f", {cause.lag_ms:+.1f} ms from its reply"
        yield Text(f"⤷ #{cause.call} {cause.kind} → notification in #{cause.exchange}:{cause.position}{lag}", "green")
    yield from (finding_line(finding) for finding in findings)


def transfer_page(transfer: Transfer, findings: Sequence[Finding], causes: Sequence[Cause]) -> Iterator[RenderableType]:
    """The life of one file, in the order in which it goes."""
    yield Text.assemble((plain(transfer.name or transfer.document_id), "bold"), f"  {transfer.state}")
    for label, value in (
        ("document", transfer.document_id),
        ("file", transfer.file_id),
        ("chat", transfer.chat_id),
        ("from", transfer.direction),
        ("type", transfer.mime),
        ("size", "" if transfer.size is None else f"{transfer.size} bytes declared"),
        ("seen", "" if transfer.seen_size is None else f"{transfer.seen_size} bytes"),
        ("sha256", transfer.sha256),
        ("linked by", _exchange(transfer.linked_by)),
        ("uploaded by", _exchange(transfer.uploaded_by)),
        ("notified by", _exchange(transfer.notified_by[0] if transfer.notified_by else None)),
        ("downloads", str(transfer.downloads)),
    ):
        if value:
            yield Text.assemble((f"{label:>12}  ", "dim"), plain(value))
    for cause in causes:
        lag = "" if cause.lag_ms is None else f", {cause.lag_ms:+.1f} ms from its reply"
        yield Text(f"⤷ #{cause.call} {cause.kind} → notification in #{cause.exchange}:{cause.position}{lag}", "green")
    yield from (finding_line(finding) for finding in findings)


def _frame(frame: Frame) -> Text:
    """`19:56:44.123 → {"a":1}`: a message on a WebSocket, or its end."""
    when = (f"{clock(frame.moment)} {'→' if frame.direction == 'client' else '←'} ", "dim")
    if frame.opcode == CLOSE:
        code, reason = frame.ending
        return Text.assemble(when, (f"closed: {code} {plain(reason)}".rstrip(), "bold"))
    if frame.opcode == BINARY or frame.body.content is None:
        return Text.assemble(when, f"{frame.body.size} bytes, sha256 {frame.body.sha256}")
    return Text.assemble(when, plain(frame.body.content.decode("utf-8", "replace"), 2000))


def _message(headers: Headers, body: Body, parts: Sequence[Part]) -> Iterator[RenderableType]:
    for name, value in headers:
        yield Text.assemble((plain(name), "cyan"), ": ", plain(value, 1000))
    if not body.size:
        return
    yield Text()
    if body.original:
        was = f"{body.original.length} bytes{f' of {plain(body.original.coding)}' if body.original.coding else ''}"
        yield Text(f"(redacted; {was} on the wire)", "dim")
    if parts:
        for part in parts[:-1]:
            name = plain(part.filename if part.filename is not None else part.name or "")
            yield Text(
                f"part {name}  {plain(part.media_type)}  {part.body.size} bytes  sha256 {part.body.sha256}", "green"
            )
        return
    yield _body(body, headers.media_type)


def _body(body: Body, media_type: str) -> RenderableType:
    try:
        content = body.decoded()
    except BodyError as error:
        if body.head and not body.coding:
            return _preview(body.head, body, media_type)
        return Text(f"({error}; sha256 {body.sha256})", "yellow")
    try:
        pretty = orjson.dumps(orjson.loads(content), option=orjson.OPT_INDENT_2).decode()
        return Syntax(_lines(pretty), "json", background_color="default", word_wrap=True)
    except orjson.JSONDecodeError:
        pass
    if media_type.startswith("text/") or "json" in media_type or "form-urlencoded" in media_type:
        return Text(_lines(content.decode("utf-8", "replace")))
    return _preview(content, body, media_type, len(content))


def _preview(begin: bytes, body: Body, media_type: str, size: int | None = None) -> Text:
    size = body.size if size is None else size
    preview = begin[:_PREVIEW].hex(" ")
    rows = [preview[start : start + 48] for start in range(0, len(preview), 48)]
    rest = f"\n… {size - _PREVIEW} bytes more" if size > _PREVIEW else ""
    digest = f"sha256 {body.sha256}" if body.sha256 else "cut"
    return Text(f"{plain(media_type) or 'no type'}, {size} bytes, {digest}\n" + "\n".join(rows) + rest, "dim")


def _lines(text: str) -> str:
    return "\n".join(plain(line, 2000) for line in text.split("\n"))


def _exchange(number: int | None) -> str:
    return "" if number is None else f"#{number}"
