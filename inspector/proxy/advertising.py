"""`--advertise`: clients see the proxy's address wherever the server names itself; the server, and the recording, see
the server's.
"""

import logging
import re
from collections.abc import Iterator
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from mitmproxy import ctx, http
from mitmproxy.addons.proxyserver import Proxyserver

from inspector.proxy.convert import authority_of, put_request, put_response, request_of, response_of
from inspector.proxy.upstream import address_of
from inspector.traffic.exchange import Request, Response
from inspector.traffic.headers import Headers
from inspector.webservices.addresses import Addresses, Seen, place_of
from inspector.webservices.origins import origin_of
from inspector.webservices.routes import is_download

logger = logging.getLogger("inspector")

_ATTACHMENT = re.compile(rb'"uri"\s*:\s*"(https?:[^"]*?)(?:\\?/)+api\\?/v2\\?/[^"]*attachments', re.IGNORECASE)


class Advertising:
    """Changes addresses on their way through, if it is `on`; else warns once when clients would walk past the proxy.

    Each server's addresses are its own. Where clients name their servers themselves (a forward proxy), none is changed.
    """

    def __init__(self, upstream: str, on: bool) -> None:
        self._servers = {upstream: Addresses([upstream])} if upstream else {}
        self._seen: WeakKeyDictionary[http.HTTPFlow, Seen] = WeakKeyDictionary()
        self._on = on
        self._warned = False

    @property
    def origins(self) -> list[str]:
        """The origins under which the servers named themselves."""
        return list(dict.fromkeys(origin for addresses in self._servers.values() for origin in addresses.origins))

    def entering(self, flow: http.HTTPFlow) -> None:
        """What the server gets of the request's head: changes the flow, of which only that is there."""
        addresses = self._of(flow) if self._on else None
        if not addresses or not (authority := authority_of(flow)):
            return
        self._seen[flow] = seen = _seen_by_client(flow, authority)
        message = flow.request
        path, mark, query = message.data.path.decode("latin-1").partition("?")
        known = self._known_to(addresses, flow, seen.origin)
        fields, query = addresses.head_inward(Headers.of(message.headers.fields), query, seen.origin, elsewhere=known)
        message.headers.fields = tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in fields)
        message.data.path = f"{path}{mark}{query}".encode("latin-1")

    def inward(self, flow: http.HTTPFlow, authority: str) -> Request | None:
        """What the server gets of the whole request, and changes the flow where that differs; None if it gets what
        there is. `authority` is the one that the client used.
        """
        seen = self._seen.get(flow)
        addresses = self._of(flow) if seen and not flow.request.stream else None  # the head has been seen to
        if not seen or not addresses:
            return None
        request = request_of(flow, authority)
        changed = addresses.inward(request, seen.origin, elsewhere=self._known_to(addresses, flow, seen.origin))
        if changed.body is not request.body:
            put_request(flow, changed)
        return changed

    def leaving(self, flow: http.HTTPFlow) -> None:
        """Changes what the client gets of the head of a response whose body streams: that passes as it is."""
        if response := response_of(flow):
            self._put(flow, response, file=True)

    def outward(self, flow: http.HTTPFlow, authority: str) -> None:
        """Changes what the client gets of a response; never a file's content. One that streamed has left already."""
        if not self._on and (self._warned or not authority or not _may_name_attachments(flow)):
            return
        response = response_of(flow)
        if response is None:
            return
        if self._on:
            if flow.response and not flow.response.stream:
                self._put(flow, response, file=_is_file(flow))
        elif found := _ATTACHMENT.search(_json_text(response)):
            self._warn(flow, found[1].decode("latin-1").replace("\\/", "/"), _seen_by_client(flow, authority).origin)

    def _put(self, flow: http.HTTPFlow, response: Response, *, file: bool) -> None:
        addresses, seen = self._of(flow), self._seen.get(flow)
        if addresses and seen:
            elsewhere = self._seen_elsewhere(addresses, flow, seen.origin)
            put_response(flow, addresses.outward(response, seen, file=file, elsewhere=elsewhere))

    def _warn(self, flow: http.HTTPFlow, named: str, origin: str) -> None:
        if self._of(flow) and not _is_file(flow) and place_of(named) != place_of(origin):
            self._warned = True
            logger.warning("attachments have addresses at %s, past this proxy: use --advertise", origin_of(named))

    def _of(self, flow: http.HTTPFlow) -> Addresses | None:
        """The addresses of the server that the flow's client came to us for."""
        return self._server(address_of(flow.client_conn.proxy_mode))

    def _server(self, upstream: str) -> Addresses | None:
        if upstream and upstream not in self._servers:
            self._servers[upstream] = Addresses([upstream])
        return self._servers.get(upstream)

    def _seen_elsewhere(self, own: Addresses, flow: http.HTTPFlow, origin: str) -> dict[str, str]:
        """Where a client who sees us at `origin` finds the other servers, by their places."""
        beside = self._beside(own, flow, origin)
        return {place_of(named): seen for seen, addresses in beside for named in addresses.origins}

    def _known_to(self, own: Addresses, flow: http.HTTPFlow, origin: str) -> dict[str, str]:
        """The other servers' own origins, by the places where a client sees them who sees us at `origin`."""
        return {place_of(seen): addresses.public for seen, addresses in self._beside(own, flow, origin)}

    def _beside(self, own: Addresses, flow: http.HTTPFlow, origin: str) -> Iterator[tuple[str, Addresses]]:
        if len(ctx.options.mode) < 2:
            return
        try:
            parts = urlsplit(origin)
        except ValueError:  # whatever a client may name us
            return
        proxy: Proxyserver = ctx.master.addons.get("proxyserver")
        for instance in proxy.servers:
            addresses = self._server(address_of(instance.mode))
            if addresses and addresses is not own and instance.listen_addrs:
                host, port = instance.listen_addrs[0][:2]
                if host in ("0.0.0.0", "::", flow.client_conn.sockname[0]):
                    host = parts.hostname or host  # there it is reached by any name that we are reached by
                yield f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port}", addresses


def _is_file(flow: http.HTTPFlow) -> bool:
    return is_download(flow.request.method, flow.request.path.partition("?")[0])


def _may_name_attachments(flow: http.HTTPFlow) -> bool:
    """Whether the response is worth being read for a warning: most are not."""
    if flow.response is None or not (content := flow.response.data.content):
        return False
    return b"ttachments" in content or "content-encoding" in flow.response.headers


def _json_text(response: Response) -> bytes:
    return response.body.readable() if "json" in response.headers.media_type else b""


def _seen_by_client(flow: http.HTTPFlow, authority: str) -> Seen:
    scheme = "https" if flow.client_conn.tls_established else "http"
    return Seen(f"{scheme}://{authority}".lower(), flow.request.headers.get("sec-fetch-site") == "cross-site")
