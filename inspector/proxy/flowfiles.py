"""Files of flows, as `mitmdump -w` and mitmweb write them, read: first from end to end, then flow by flow.

One flow is in memory at a time, as it was in mitmproxy. What is read is numbers, texts and lists (a tnetstring), and
nothing that runs; mitmproxy brings flows of its older versions to today's.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from mitmproxy import http
from mitmproxy.flow import Flow
from mitmproxy.io import FlowReader

from inspector.errors import UsageError
from inspector.proxy.convert import authority_of, close_payload, raw_request, raw_response
from inspector.recording.importing.capture import About, put_in_order
from inspector.recording.importing.losses import Losses
from inspector.recording.importing.order import Order, ordering
from inspector.recording.importing.told import NONE, Content, Told, ToldFrame
from inspector.recording.scope import Scope
from inspector.traffic.exchange import CLOSE, Instant, Side, cut_after
from inspector.traffic.raw import request_from, response_from

FLOW_LIMIT = 1 << 30
"""Bytes of a flow; mitmproxy itself holds it in memory several times."""

_ELSEWHERE, _OTHER, _UNFINISHED, _SENT_LOST, _GOT_LOST = "elsewhere", "other", "unfinished", "sent", "got"
_TOLD = {
    _ELSEWHERE: "{n} request(s) led elsewhere than to /api/v2: not recorded (--also PATTERN does)",
    _OTHER: "{n} flow(s) of TCP, UDP or DNS: not recorded",
    _UNFINISHED: "{n} exchange(s) had not ended",
    _SENT_LOST: "{n} exchange(s) without the body that was sent: mitmproxy let it stream",
    _GOT_LOST: "{n} exchange(s) without the body that came back: mitmproxy let it stream",
}
_STREAMED = "mitmproxy let it stream, and kept nothing"
_MICRO = 1_000_000
_DEFAULT_PORTS = {"http": 80, "https": 443}


class FlowCapture:
    """What a file of flows tells, of the requests that the scope takes."""

    def __init__(self, file: BinaryIO, order: Order, path: Path) -> None:
        self.about = About("flow", "mitmproxy")
        self.order = order
        self.losses = Losses(_TOLD)
        self._file = file
        self._path = path
        self._size = os.fstat(file.fileno()).st_size

    def told(self, number: int) -> Told:
        flow = self._flow(int(self.order.told(number)))
        assert isinstance(flow, http.HTTPFlow)
        return _told(flow)[0]

    def take_all(self, scope: Scope, watch: Callable[[int], None]) -> None:
        """Reads the file. Raises UsageError, with the flow where it is broken."""
        offset, number = 0, 0
        while True:
            number += 1
            try:
                flow = self._flow(offset)
                if flow is None:
                    return
                self._take(flow, offset, scope)
            except UsageError as error:
                raise UsageError(f"{self._path} is damaged: flow {number}, at byte {offset}: {error}") from None
            watch(self._file.tell() - offset)
            offset = self._file.tell()

    def _take(self, flow: Flow, offset: int, scope: Scope) -> None:
        if not isinstance(flow, http.HTTPFlow):
            self.losses.add([_OTHER])
        elif not scope.takes(flow.request.path):
            self.losses.add([_ELSEWHERE])
        else:
            try:
                told, lost = _told(flow)
                put_in_order(self.order, b"%d" % offset, told, _frames(flow))
            except (ValueError, TypeError, AttributeError, OverflowError) as error:
                raise UsageError(f"it is no flow: {error}") from None
            self.losses.add(lost)

    def _flow(self, offset: int) -> Flow | None:
        """The flow that begins there; None at the end of the file."""
        self._file.seek(offset)
        digits = self._file.read(13).partition(b":")[0]
        if not digits:
            return None
        if not digits.isdigit() or int(digits) > min(FLOW_LIMIT, self._size - offset):
            raise UsageError("it does not begin with a length, or with that of more than there is")
        self._file.seek(offset)
        try:
            return next(iter(FlowReader(self._file).stream()))
        except Exception as error:  # whatever mitmproxy makes of what no mitmproxy has written
            raise UsageError(f"mitmproxy cannot read it: {error or type(error).__name__}") from None


@contextmanager
def read(path: Path, scope: Scope, watch: Callable[[int], None] = lambda done: None) -> Iterator[FlowCapture]:
    """The flows at `path`, as long as the block runs. Raises UsageError for what is no such file."""
    with path.open("rb") as file, ordering() as order:
        capture = FlowCapture(file, order, path)
        capture.take_all(scope, watch)
        yield capture


def _told(flow: http.HTTPFlow) -> tuple[Told, set[str]]:
    """The exchange, and what was lost of it."""
    asked, lost = flow.request, set[str]()
    port = "" if asked.port == _DEFAULT_PORTS.get(asked.scheme) else f":{asked.port}"
    raw = raw_request(flow, authority_of(flow) or f"{asked.host}{port}")
    request = request_from((*raw[:-1], b""))
    sent = Content(len(raw[-1]), lambda: iter((raw[-1],)), request.headers.coding) if raw[-1] else NONE
    if asked.raw_content is None:
        sent = Content(why=cut_after(0, _STREAMED))
        lost.add(_SENT_LOST)
    response, received = None, NONE
    back = raw_response(flow)
    if flow.response and back:
        if not isinstance(flow.response.status_code, int):  # mitmproxy 11 takes anything
            raise ValueError(f"{flow.response.status_code!r:.40} is no status")
        response = response_from((*back[:-1], b""))
        received = Content(len(back[-1]), lambda: iter((back[-1],)), response.headers.coding) if back[-1] else NONE
        if flow.response.raw_content is None:
            received = Content(why=cut_after(0, _STREAMED))
            lost.add(_GOT_LOST)
    begun, answered, done = _instants(flow)
    error = flow.error.msg.encode("utf-8", "backslashreplace").decode() if flow.error else None
    if done is None:
        lost.add(_UNFINISHED)
    name, is_socket = flow.client_conn.id[:100], flow.websocket is not None
    return Told(name, begun, request, sent, answered, response, received, done, error, is_socket), lost


def _instants(flow: http.HTTPFlow) -> tuple[Instant, Instant | None, Instant | None]:
    """When it began, was answered, and was done; a flow without an end was under way, or was taken away."""
    begun, answered, done = _instant(flow.request.timestamp_start), None, None
    if flow.response:
        answered = _instant(max(flow.response.timestamp_start or 0, flow.request.timestamp_start))
        if flow.response.timestamp_end:
            done = _instant(flow.response.timestamp_end)
        elif flow.websocket:
            done = answered
    if done is None and flow.error:
        done = _instant(flow.error.timestamp)
    return begun, answered, done and max(done, answered or begun)


def _frames(flow: http.HTTPFlow) -> Iterator[ToldFrame]:
    socket = flow.websocket
    if socket is None:
        return
    for message in socket.messages:
        side = _side(message.from_client)
        yield ToldFrame(_instant(message.timestamp), side, int(message.type), message.content)
    if socket.timestamp_end:
        payload = close_payload(socket.close_code, socket.close_reason)
        yield ToldFrame(_instant(socket.timestamp_end), _side(socket.closed_by_client), CLOSE, payload)


def _side(is_client: bool | None) -> Side:
    return "client" if is_client else "server"


def _instant(seconds: float) -> Instant:
    at = round(seconds * _MICRO)
    if not 0 <= at < 1 << 62:
        raise ValueError(f"{seconds} is no time")
    return Instant(at, at)
