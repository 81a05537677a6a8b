"""The content view "Web Services", for mitmproxy 11 and 12 alike: each calls methods of its own, of the same object."""

from dataclasses import replace
from typing import Any

from mitmproxy import contentviews, flow, http

from inspector.analysis import calls
from inspector.proxy.convert import authority_of, request_of, response_of
from inspector.proxy.known import Known
from inspector.render.view import READ, call_view, channel_view
from inspector.traffic.body import Body
from inspector.traffic.exchange import Exchange, Instant
from inspector.webservices.routes import Resource, Route, route

_VIEWS: Any = contentviews
"""What it offers differs between 11 and 12."""

NAME = "Web Services"
_PRIORITY = 2.0
"""Above mitmproxy's own views, which go up to 1."""


class WebServicesView:
    """Shows the channel's exchanges and the operations of chats; the text is made in `inspector.render.view`."""

    name = NAME
    syntax_highlight = "none"

    def __init__(self, known: Known) -> None:
        self._known = known

    def __lt__(self, other: Any) -> bool:
        return bool(self.name < other.name)

    def __call__(self, data: bytes, *, flow: Any = None, http_message: Any = None, **_: Any) -> tuple[str, Any]:
        """What mitmproxy 11 asks for: a description, and lines of styled pieces."""
        return NAME, _VIEWS.format_text(self._text(data, flow, http_message))

    def prettify(self, data: bytes, metadata: Any) -> str:
        """What mitmproxy 12 asks for."""
        return self._text(data, metadata.flow, metadata.http_message)

    def render_priority(self, data: bytes, metadata: Any = None, *, flow: Any = None, **_: Any) -> float:
        """Above all others for the API's own paths, below all others elsewhere (12 gives `metadata`, 11 the `flow`)."""
        of = flow if metadata is None else metadata.flow
        return _PRIORITY if data and isinstance(of, http.HTTPFlow) and _is_ours(of, _route(of)) else -1.0

    def _text(self, data: bytes, of: flow.Flow | None, message: http.Message | None) -> str:
        if not isinstance(of, http.HTTPFlow):
            return "this view shows what the Web Services API sends over HTTP"
        asked = message is of.request or of.response is None
        where, exchange = _route(of), _exchange(self._known.number(of), of, data, asked)
        findings = self._known.findings([of])
        if where.resource is Resource.CHANNEL:
            return channel_view(exchange, "client" if asked else "server", data, findings)
        call = calls.understand(exchange, where, None)
        if call is None:
            return "this is no operation of the Web Services API that concerns chats"
        if exchange.response or exchange.error:
            call = calls.answered(call, exchange, None)
        lives = self._known.lives(call.document_id, call.chat_id) if call.document_id else []
        return call_view(call, data, findings, [(life.transfer, self._known.causes(life)) for life in lives])


def add(view: WebServicesView) -> None:
    """From now on mitmproxy has the view."""
    remove()  # one that is left of a script before it was loaded again: 11 refuses a second of the name
    _VIEWS.add(view)


def remove() -> None:
    """mitmproxy has it no more. 12 has no way to take a view back, so there it is taken out of the registry's dict."""
    if hasattr(_VIEWS, "registry"):
        _VIEWS.registry._by_name.pop(NAME.lower(), None)
    elif (view := _VIEWS.get(NAME)) is not None:
        _VIEWS.remove(view)


def _route(of: http.HTTPFlow) -> Route:
    return route(of.request.data.path.decode("latin-1").partition("?")[0])


def _is_ours(of: http.HTTPFlow, where: Route) -> bool:
    if where.resource is Resource.CHANNEL:
        return True
    multipart = of.request.headers.get("content-type", "").lower().startswith("multipart/")
    return of.request.method == "POST" and where.resource in (Resource.CHAT, Resource.ME) and not multipart


def _exchange(number: int, of: http.HTTPFlow, data: bytes, asked: bool) -> Exchange:
    """The flow, with `data` for the body that is shown; the other side's only if that is cheap to read."""
    request, response = request_of(of, authority_of(of)), response_of(of)
    shown = Body.of(data) if len(data) <= READ else _unread(Body.of(data))
    request = replace(request, body=shown if asked else _cheap(request.body))
    if response is not None:
        response = replace(response, body=_cheap(response.body) if asked else shown)
    begun = _instant(of.request.timestamp_start)
    done = _instant((of.response and of.response.timestamp_end) or of.request.timestamp_start)
    error = of.error.msg if of.error else None
    return Exchange(number, of.client_conn.id, begun, request, done=done, response=response, error=error)


def _cheap(body: Body) -> Body:
    return _unread(body) if body.coding or body.size > READ else body


def _unread(body: Body) -> Body:
    return Body(None, body.size, body.sha256)


def _instant(seconds: float) -> Instant:
    return Instant(int(seconds * 1e6), int(seconds * 1e6))
