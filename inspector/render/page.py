"""One exchange whole, or one transfer with all that belongs to it, for a terminal."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from inspector.analysis.causes import Cause
from inspector.analysis.finding import Finding
from inspector.analysis.transfers import Transfer
from inspector.render.content import body_page
from inspector.render.escape import plain
from inspector.render.line import finding_line
from inspector.render.table import clock, moment
from inspector.traffic.body import Body
from inspector.traffic.exchange import BINARY, CLOSE, Exchange, Frame
from inspector.traffic.headers import Headers
from inspector.traffic.multipart import Part

_FRAMES = 100
"""Messages of a WebSocket that are shown."""


def exchange_page(
    exchange: Exchange,
    findings: Sequence[Finding],
    causes: Sequence[Cause],
    frames: Sequence[Frame] = (),
    *,
    whole: bool = False,
) -> Iterator[RenderableType]:
    """The exchange as it crossed the wire, then what was found about it and what belongs to it.

    What is long is cut, and that is said, unless it is wanted `whole`.
    """
    request, response = exchange.request, exchange.response
    query = f"?{request.query}" if request.query else ""
    yield Text(f"#{exchange.number}  {moment(exchange.started)}  {plain(exchange.connection)}", "dim")
    yield Text(f"{plain(request.method)} {plain(request.path + query, 1000)} {plain(request.http_version)}", "bold")
    yield from _message(request.headers, request.body, request.parts, whole)
    yield Text()
    if response is not None:
        taken = f"  after {(exchange.done.mono - exchange.started.mono) / 1000:.0f} ms" if exchange.done else ""
        yield Text.assemble((f"{response.status} {plain(response.reason)}", "bold"), (taken, "dim"))
        yield from _message(response.headers, response.body, (), whole)
    shown = frames if whole else frames[:_FRAMES]
    yield from (_frame(frame) for frame in shown)
    if len(shown) < len(frames):
        yield Text(f"… {len(frames) - len(shown)} messages more: --whole shows all of them", "dim")
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


def _message(headers: Headers, body: Body, parts: Sequence[Part], whole: bool) -> Iterator[RenderableType]:
    for name, value in headers:
        yield Text.assemble((plain(name), "cyan"), ": ", plain(value, 1000))
    yield from body_page(body, headers, parts, whole=whole)


def _exchange(number: int | None) -> str:
    return "" if number is None else f"#{number}"
