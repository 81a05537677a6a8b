"""Records what passes: `mitmdump -s addons/record.py --set inspector_recording=FILE --mode reverse:http://HOST:PORT`."""

import logging

from mitmproxy import ctx, exceptions, http
from mitmproxy.addonmanager import Loader
from mitmproxy.proxy.mode_specs import ReverseMode
from mitmproxy.proxy.server_hooks import ServerConnectionHookData

from inspector.errors import InspectorError
from inspector.proxy.capture import Capture
from inspector.proxy.choices import add_options, misspelt
from inspector.proxy.known import Known
from inspector.proxy.looking import Looking
from inspector.proxy.upstream import address_of, offers_http2
from inspector.replay.plans.keeping import make_ready

logger = logging.getLogger("inspector")


class Record:
    name = "inspector-record"

    def __init__(self) -> None:
        self._capture: Capture | None = None
        self._known = Known()
        self.addons = [Looking(self._known)]  # mitmproxy's name for addons that belong to this one

    def load(self, loader: Loader) -> None:
        add_options(loader)
        # eager: an upstream that is down would give no flow at all, so nothing could be recorded
        ctx.options.update(connection_strategy="lazy", keep_host_header=True, http2=False)

    def configure(self, updated: set[str]) -> None:
        if "inspector_recording" in updated and ctx.options.inspector_recording:
            self.done()
            try:
                self._capture = Capture(ctx.options, self._known)
            except InspectorError as error:
                raise exceptions.OptionsError(str(error)) from error

    async def running(self) -> None:
        ctx.options.update(http2=await offers_http2(address_of(ctx.options.mode)))
        for name in misspelt(ctx.options):
            logger.warning("there is no option %s: is it misspelt?", name)
        if self._capture is None:
            logger.warning("nothing is recorded: set inspector_recording=FILE")

    def server_connect(self, data: ServerConnectionHookData) -> None:
        if data.server.tls and not data.server.sni and data.server.address:
            data.server.sni = data.server.address[0]  # keep_host_header would leave the client's, or none

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        if self._capture:
            self._capture.begun(flow)
        if isinstance(flow.client_conn.proxy_mode, ReverseMode):
            flow.request.host_header = address_of([flow.client_conn.proxy_mode.full_spec]).partition("://")[2]

    def request(self, flow: http.HTTPFlow) -> None:
        if self._capture:
            self._capture.asked(flow)

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        if self._capture:
            self._capture.answering(flow)

    async def response(self, flow: http.HTTPFlow) -> None:
        if self._capture:
            await self._capture.ended(flow)

    async def error(self, flow: http.HTTPFlow) -> None:
        if self._capture:
            error = flow.error.msg if flow.error else "unknown error"
            await self._capture.ended(flow, error.encode("utf-8", "backslashreplace").decode())

    def done(self) -> None:
        if self._capture:
            self._capture.close()
            make_ready(self._capture.path, self._capture.session)


addons = [Record()]
