"""Records what passes: `mitmdump -s addons/record.py --set inspector_recording=FILE --mode reverse:http://HOST:PORT`."""

import logging
from collections.abc import Awaitable

from mitmproxy import ctx, exceptions, http
from mitmproxy.addonmanager import Loader
from mitmproxy.connection import Client
from mitmproxy.proxy.server_hooks import ServerConnectionHookData
from mitmproxy.tls import ClientHelloData

from inspector.errors import InspectorError
from inspector.proxy.capture import Capture
from inspector.proxy.choices import add_options, misspelt
from inspector.proxy.crashes import Crashes
from inspector.proxy.forward import prepare
from inspector.proxy.known import Known
from inspector.proxy.lean import make_lean, settle
from inspector.proxy.looking import Looking
from inspector.proxy.own import own_addresses, refuse_own
from inspector.proxy.upstream import Http2, address_of
from inspector.proxy.withholding import Contexts, Overflow
from inspector.replay.plans.keeping import make_ready

logger = logging.getLogger("inspector")


class Record:
    name = "inspector-record"

    def __init__(self) -> None:
        self._capture: Capture | None = None
        self._known = Known()
        self._http2 = Http2()
        self._contexts = Contexts()
        # mitmproxy's name for addons that belong to this one
        self.addons = [Looking(self._known), Crashes(self._gave_up), self._contexts]

    def load(self, loader: Loader) -> None:
        add_options(loader)
        # eager: an upstream that is down would give no flow at all, so nothing could be recorded
        # onboarding: mitmproxy would answer for the host mitm.it itself
        ctx.options.update(connection_strategy="lazy", keep_host_header=True, http2=False)
        ctx.options.update_known(onboarding=False)

    def configure(self, updated: set[str]) -> None:
        if "inspector_recording" in updated and ctx.options.inspector_recording:
            self.done()
            try:
                self._capture = Capture(ctx.options, self._known, self._contexts)
            except InspectorError as error:
                raise exceptions.OptionsError(str(error)) from error

    async def running(self) -> None:
        if ctx.options.inspector_lean:
            make_lean(ctx.master)
            settle()
        ctx.options.update(http2=await self._http2.ask(ctx.options.mode))
        for name in misspelt(ctx.options):
            logger.warning("there is no option %s: is it misspelt?", name)
        if self._capture:
            self._capture.running()
        else:
            logger.warning("nothing is recorded: set inspector_recording=FILE")

    def tls_clienthello(self, data: ClientHelloData) -> None:
        self._http2.offer(data)

    async def server_connect(self, data: ServerConnectionHookData) -> None:
        if data.server.tls and not data.server.sni and data.server.address and address_of(data.client.proxy_mode):
            data.server.sni = data.server.address[0]  # keep_host_header would leave the client's, or none
        await refuse_own(data.server, own_addresses(ctx.master))

    def requestheaders(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        upstream = address_of(flow.client_conn.proxy_mode)
        if not upstream:
            prepare(flow)
        if self._capture:
            self._capture.begun(flow)
        if upstream:
            flow.request.host_header = upstream.partition("://")[2]
        return self._capture.room(flow) if self._capture else None

    def request(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        return self._capture.asked(flow) if self._capture else None

    def responseheaders(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        return self._capture.answering(flow) if self._capture else None

    async def inspector_overflow(self, overflow: Overflow) -> None:
        if self._capture:
            await self._capture.overflowing(overflow)

    async def response(self, flow: http.HTTPFlow) -> None:
        if self._capture:
            await self._capture.ended(flow)

    async def error(self, flow: http.HTTPFlow) -> None:
        if self._capture:
            error = flow.error.msg if flow.error else "unknown error"
            await self._capture.ended(flow, error.encode("utf-8", "backslashreplace").decode())

    async def websocket_message(self, flow: http.HTTPFlow) -> None:
        if self._capture:
            await self._capture.framed(flow)

    async def websocket_end(self, flow: http.HTTPFlow) -> None:
        if self._capture:
            await self._capture.unframed(flow)

    async def _gave_up(self, client: Client, why: str) -> bool:
        return self._capture is not None and await self._capture.gave_up(client, why)

    def done(self) -> None:
        if self._capture:
            self._capture.close()
            make_ready(self._capture.path, self._capture.session)


addons = [Record()]
