"""Records what passes: `mitmdump -s addons/record.py --set inspector_recording=FILE --mode reverse:http://HOST:PORT`."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mitmproxy import ctx, exceptions, http
from mitmproxy.addonmanager import Loader
from mitmproxy.proxy.mode_specs import ReverseMode
from mitmproxy.proxy.server_hooks import ServerConnectionHookData

from inspector.analysis.analyst import Derived
from inspector.analysis.finding import Finding
from inspector.errors import InspectorError
from inspector.proxy.advertising import Advertising
from inspector.proxy.blocking import refusal
from inspector.proxy.choices import add_options, chosen, misspelt, places, settings
from inspector.proxy.convert import authority_of, request_of, response_of
from inspector.proxy.known import Known
from inspector.proxy.looking import Looking
from inspector.proxy.notes import note
from inspector.proxy.upstream import address_of, offers_http2
from inspector.recording.recorder import Recorder, now
from inspector.render.line import lines
from inspector.replay.plans.keeping import make_ready
from inspector.traffic.exchange import Exchange, Instant

logger = logging.getLogger("inspector")


@dataclass(slots=True)
class UnderWay:
    """A flow that is not over: when it began, the client's authority, its number once it is recorded."""

    begun: Instant
    authority: str
    number: int | None = None
    answered: Instant | None = None


class Record:
    name = "inspector-record"

    def __init__(self) -> None:
        self.recorder: Recorder | None = None
        self._under_way: dict[str, UnderWay] = {}
        self._known = Known()
        self.addons = [Looking(self._known)]  # mitmproxy's name for addons that belong to this one
        self._advertising: Advertising | None = None

    def load(self, loader: Loader) -> None:
        add_options(loader)
        # eager: an upstream that is down would give no flow at all, so nothing could be recorded
        ctx.options.update(connection_strategy="lazy", keep_host_header=True, http2=False)

    def configure(self, updated: set[str]) -> None:
        if "inspector_recording" in updated and ctx.options.inspector_recording:
            self._close()
            try:
                self._chosen = chosen(ctx.options)
                self.recorder = Recorder(
                    Path(ctx.options.inspector_recording).expanduser(),
                    address_of(ctx.options.mode),
                    places=places(ctx.options),
                    settings=settings(ctx.options),
                    listener=self._heard,
                    trouble=lambda what: logger.error("recording incomplete, the traffic goes on: %s", what),
                )
            except InspectorError as error:
                raise exceptions.OptionsError(str(error)) from error
            self._advertising = Advertising(self.recorder.session.upstream, ctx.options.inspector_advertise)

    async def running(self) -> None:
        ctx.options.update(http2=await offers_http2(address_of(ctx.options.mode)))
        for name in misspelt(ctx.options):
            logger.warning("there is no option %s: is it misspelt?", name)
        if self.recorder is None:
            logger.warning("nothing is recorded: set inspector_recording=FILE")

    def server_connect(self, data: ServerConnectionHookData) -> None:
        if data.server.tls and not data.server.sni and data.server.address:
            data.server.sni = data.server.address[0]  # keep_host_header would leave the client's, or none

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        self._under_way[flow.id] = UnderWay(now(), authority_of(flow))
        if isinstance(flow.client_conn.proxy_mode, ReverseMode):
            flow.request.host_header = address_of([flow.client_conn.proxy_mode.full_spec]).partition("://")[2]

    def request(self, flow: http.HTTPFlow) -> None:
        if self.recorder and (state := self._under_way.get(flow.id)):
            number = self._started(flow, state)
            if ctx.options.inspector_block:  # refused, it ends like any other, but the server does not see it
                flow.response = refusal(self._known.findings_in([number]), self._chosen)

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        if state := self._under_way.get(flow.id):
            state.answered = now()

    async def response(self, flow: http.HTTPFlow) -> None:
        await self._ended(flow, None)

    async def error(self, flow: http.HTTPFlow) -> None:
        error = flow.error.msg if flow.error else "unknown error"
        await self._ended(flow, error.encode("utf-8", "backslashreplace").decode())

    def done(self) -> None:
        self._close()

    def _started(self, flow: http.HTTPFlow, state: UnderWay) -> int:
        assert self.recorder and self._advertising
        request = self._advertising.inward(flow, request_of(flow, state.authority))
        state.number = number = self.recorder.number()
        self._known.met(flow, number)
        self.recorder.started(number, flow.client_conn.id, state.begun, request)
        return number

    async def _ended(self, flow: http.HTTPFlow, error: str | None) -> None:
        state = self._under_way.pop(flow.id, None)
        if state is None:
            return
        if self.recorder is None or self._advertising is None:
            if state.number is not None and flow.killable:
                flow.kill()  # the recording is closed: what is not in it, no client shall see
            return
        number = state.number or self._started(flow, state)  # it may fail before its request is complete
        response = response_of(flow)
        committed = self.recorder.completed(number, state.answered, response, error)
        await asyncio.wrap_future(committed)  # what a client has seen is in the recording
        if response:
            self._advertising.outward(flow, response, state.authority)

    def _heard(self, exchange: Exchange, derived: Sequence[Derived]) -> None:
        derived = self._chosen.tell(derived)
        for line in lines(derived):
            logger.info("%s", line.plain, extra={"line": line})
        self._known.hear(derived)
        for finding in derived:
            if isinstance(finding, Finding) and (flow := self._known.flow(finding.exchange)):
                note(flow, [finding], ctx.master)

    def _close(self) -> None:
        if self.recorder:
            self.recorder.close(self._advertising.origins if self._advertising else ())
            make_ready(self.recorder.path, self.recorder.session.uuid)
            self.recorder = None


addons = [Record()]
