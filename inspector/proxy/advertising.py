"""`--advertise`: clients see the proxy's address in the API's URIs; the server, and the recording, see the server's."""

import logging
import re

from mitmproxy import http

from inspector.proxy.convert import put_request, put_response
from inspector.traffic.exchange import Request, Response
from inspector.webservices.addresses import Addresses
from inspector.webservices.routes import is_download

logger = logging.getLogger("inspector")

_ATTACHMENT = re.compile(rb'"uri"\s*:\s*"(https?:[^"]*?)(?:\\?/)+api\\?/v2\\?/[^"]*attachments', re.IGNORECASE)


class Advertising:
    """Changes addresses on their way through, if it is `on`; else warns once when clients would walk past the proxy."""

    def __init__(self, upstream: str, on: bool) -> None:
        self._addresses = Addresses([upstream] if upstream else [])
        self._on = on
        self._warned = False

    @property
    def origins(self) -> list[str]:
        """The origins under which the server named itself."""
        return list(self._addresses.origins)

    def inward(self, flow: http.HTTPFlow, request: Request) -> Request:
        """What the server gets of the request; changes the flow where that differs."""
        if not self._on or not request.authority:
            return request
        changed = self._addresses.inward(request, _seen_by_client(flow, request.authority))
        if changed.body is not request.body:
            put_request(flow, changed)
        return changed

    def outward(self, flow: http.HTTPFlow, response: Response, authority: str) -> None:
        """Changes what the client gets of the response; never a file's content."""
        origin = _seen_by_client(flow, authority)
        if not authority or is_download(flow.request.method, flow.request.path.partition("?")[0]):
            return
        if self._on:
            put_response(flow, self._addresses.outward(response, origin))
        elif not self._warned and (found := _ATTACHMENT.search(_json_text(response))):
            named = found[1].decode("latin-1").replace("\\/", "/")
            if not f"{named}/".lower().startswith(f"{origin}/"):
                self._warned = True
                logger.warning("attachments have addresses at %s, past this proxy: use --advertise", named)


def _json_text(response: Response) -> bytes:
    return response.body.readable() if "json" in response.headers.media_type else b""


def _seen_by_client(flow: http.HTTPFlow, authority: str) -> str:
    return f"{'https' if flow.client_conn.tls_established else 'http'}://{authority}".lower()
