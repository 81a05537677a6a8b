"""mitmproxy's filter expressions (`~u chats & ~c 5xx`) over recorded exchanges."""

import re
from collections.abc import Callable, Sequence

from mitmproxy import connection, flowfilter, http, websocket
from mitmproxy.flow import Error
from mitmproxy.net.http.url import parse_authority
from wsproto.frame_protocol import Opcode

from inspector.errors import UsageError
from inspector.traffic.body import Body
from inspector.traffic.exchange import CLOSE, Exchange, Frame
from inspector.traffic.headers import Headers

_QUOTED_OR_CLASS = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|~c\s+([1-5])[xX]{2}(?![\w.])""")
_CLASS = "class of status codes"
"""Under what name a flow tells of it."""


def fitting(expression: str) -> Callable[[Exchange, Sequence[Frame]], bool]:
    """Tells whether an exchange fits, with the messages of the WebSocket that it opened.

    Beside mitmproxy's own words, `~c 5xx` is a whole class of status codes.

    Raises UsageError for what is no expression.
    """
    try:
        parsed = flowfilter.parse(_QUOTED_OR_CLASS.sub(_spelt, expression))
    except (ValueError, RecursionError):
        raise UsageError(f"{expression!r} is no filter expression of mitmproxy, such as '~u chats & ~c 5xx'") from None
    return lambda exchange, frames: bool(parsed(flow_of(exchange, frames)))


def flow_of(exchange: Exchange, frames: Sequence[Frame] = ()) -> http.HTTPFlow:
    """The flow that mitmproxy would have had. A body that is not in memory is as far as it is at hand."""
    begun = exchange.started.at / 1e6
    request, response = exchange.request, exchange.response
    host, port = place(request.authority, request.scheme)
    flow = http.HTTPFlow(
        connection.Client(peername=("127.0.0.1", 0), sockname=("127.0.0.1", 0), timestamp_start=begun),
        connection.Server(address=(host, port)),
    )
    target = f"{request.path}?{request.query}" if request.query else request.path
    flow.request = http.Request(
        host,
        port,
        wire(request.method),
        wire(request.scheme),
        b"",
        wire(target),
        wire(request.http_version),
        _fields(request.headers),
        _content(request.body),
        None,
        begun,
        begun,
    )
    if response is not None:
        ended = exchange.done or exchange.answered or exchange.started
        flow.response = http.Response(
            wire(request.http_version),
            response.status,
            wire(response.reason),
            _fields(response.headers),
            _content(response.body),
            None,
            (exchange.answered or ended).at / 1e6,
            ended.at / 1e6,
        )
        flow.metadata[_CLASS] = f"{response.status // 100}xx"
    if exchange.error:
        flow.error = Error(exchange.error, begun)
    if response is not None and response.status == 101:
        flow.websocket = websocket.WebSocketData([_message(frame) for frame in frames if frame.opcode != CLOSE])
    return flow


def _message(frame: Frame) -> websocket.WebSocketMessage:
    content, at = frame.body.content or b"", frame.moment.at / 1e6
    return websocket.WebSocketMessage(Opcode(frame.opcode), frame.direction == "client", content, at)


def wire(text: str) -> bytes:
    """The bytes that the text came from; whoever made the recording may have put anything there."""
    return text.encode("latin-1", "replace")


def _fields(headers: Headers) -> http.Headers:
    return http.Headers([(wire(name), wire(value)) for name, value in headers])


def _content(body: Body) -> bytes:
    """Without its coding: mitmproxy would take it off without a limit, and leaves what does not have it as it is."""
    return body.head if body.content is None else body.readable()


def place(authority: str, scheme: str) -> tuple[str, int]:
    """The host and port that a request went to; of what names none, all of it is the host."""
    host, port = parse_authority(authority, check=False)
    return host, port or (443 if scheme == "https" else 80)


def _spelt(found: re.Match[str]) -> str:
    """A class of status codes as mitmproxy can look for it, which knows them one by one; what is quoted stays."""
    if found[1]:
        return found[1]
    return f'~meta "{_CLASS}: {found[2]}xx"'
