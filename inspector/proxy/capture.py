"""Flows into a recording: what of them is taken down when, and what each waits for."""

import logging
import sys
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass

from mitmproxy import ctx, http
from mitmproxy.connection import Client
from mitmproxy.options import Options

from inspector.analysis.analyst import Derived
from inspector.analysis.finding import Finding
from inspector.proxy.advertising import Advertising
from inspector.proxy.blocking import refusal
from inspector.proxy.choices import chosen, keeping, keeps_secrets, places, recording_file, scope, settings
from inspector.proxy.convert import authority_of, close_payload, raw_request, raw_response
from inspector.proxy.followers import is_followed, is_looked_at_later
from inspector.proxy.known import Known
from inspector.proxy.notes import note
from inspector.proxy.passing import Passing, Way, body_of, unseen
from inspector.proxy.tee import Tee
from inspector.proxy.upstream import address_of, upstreams
from inspector.proxy.withholding import Contexts, Overflow
from inspector.recording.recorder import now
from inspector.recording.scribe.scribe import Scribe
from inspector.render.line import lines
from inspector.traffic.exchange import CLOSE, Instant, Side
from inspector.traffic.raw import Fields

logger = logging.getLogger("inspector")

_MESSAGES = 100
"""Of a WebSocket that mitmproxy holds on to, where nobody asks for them any more; one may go on for days."""

STOPPED = "the recorder was stopped"

SECRETS_KEPT = "warning: nothing is redacted: this recording will hold passwords, cookies and tokens as they were sent"


@dataclass(slots=True)
class UnderWay:
    """A flow that is not over: when it began, the client's authority, its number once it is recorded.

    `request` and `response` are there if that body streams. `is_started`: the recording has its whole request;
    `is_ending`: nothing can become of it any more but its end. `head`: a streaming response's fields as they came.
    """

    flow: http.HTTPFlow
    begun: Instant
    authority: str
    number: int | None = None
    answered: Instant | None = None
    request: Tee | None = None
    response: Tee | None = None
    head: Fields | None = None
    is_started: bool = False
    is_ending: bool = False


class Capture:
    """One session's flows, from their first hook to their last; `known` hears what they mean.

    Raises InspectorError where the options, or the file, are not what they should be.
    """

    def __init__(self, options: Options, known: Known, contexts: Contexts) -> None:
        self._known = known
        self._chosen, self._scope = chosen(options), scope(options)
        self._blocks: bool = options.inspector_block
        self.path = recording_file(options)
        self._origins = dict.fromkeys(upstreams(options.mode))
        self._told_origins: list[str] = []
        self._scribe = Scribe(
            self.path,
            next(iter(self._origins), ""),
            places=places(options),
            keep_secrets=keeps_secrets(options),
            name=options.inspector_name,
            settings=settings(options),
            listener=self._heard,
            listens=self._blocks or is_followed(logger),
            trouble=self._troubled,
            log=lambda level, text: logger.log(level, "%s", text),
        )
        if self._scribe.session.keeps_secrets:
            print(SECRETS_KEPT, file=sys.stderr, flush=True)  # no line of a log: those can be switched off
        self._advertising = Advertising(self._scribe.session.upstream, options.inspector_advertise)
        self._passing = Passing(self._scribe, options, contexts, keeping(options.inspector_bodies))
        self._under_way: dict[str, UnderWay] = {}
        self._sockets: dict[str, int] = {}
        self._closed = False

    @property
    def session(self) -> str:
        """The UUID of the session."""
        return self._scribe.session.uuid

    def running(self) -> None:
        """All addons are there: from now on somebody may follow what happens."""
        if is_followed(logger):
            self._scribe.listen()

    def begun(self, flow: http.HTTPFlow) -> None:
        """The flow's request begins; nothing but its head is there. What is not recorded passes at once, both ways."""
        self._advertising.entering(flow)
        if not self._scope.takes(flow.request.path):
            flow.request.stream = flow.response is None  # else another addon has answered it already
            return
        state = self._under_way[flow.id] = UnderWay(flow, now(), authority_of(flow))
        if (way := self._passing.way(flow, "request")) is not Way.HELD:
            self._opened(flow, state, way)

    def room(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        """What a flow that is going to be recorded waits for while too much waits for the disk; None: for nothing."""
        return self._room() if flow.id in self._under_way and self._scribe.room() else None

    def asked(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        """The flow's request is complete. If it is refused, it ends like any other, but the server does not see it."""
        state = self._under_way.get(flow.id)
        if state is None:
            return None
        over = state.request.over() if state.request else None
        number = self._started(flow, state)  # at once: what this request brings about comes after it
        if over is None and self._blocks:
            return self._judged(flow, number)
        return over

    def answering(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        """The head of the response is there; if its body streams, it goes on when this is done."""
        if state := self._under_way.get(flow.id):
            state.answered = now()
            if (way := self._passing.way(flow, "response")) is not Way.HELD:
                return self._answering(flow, state, way)
        elif flow.response:
            flow.response.stream = True
            self._advertising.leaving(flow)
        return None

    async def overflowing(self, overflow: Overflow) -> None:
        """A body that was to be read is too large for that; it goes on as a stream when this is done."""
        flow = overflow.flow
        if state := self._under_way.get(flow.id):
            way = self._passing.overflown(flow, overflow.half)
            if overflow.half == "response":
                await self._answering(flow, state, way)
            else:
                self._opened(flow, state, way)

    async def framed(self, flow: http.HTTPFlow) -> None:
        """The WebSocket's last message is complete; what the other side sees is in the recording when this is done."""
        assert flow.websocket
        message = flow.websocket.messages[-1]
        if number := self._sockets.get(flow.id):
            if self._closed:
                message.drop()
                return
            side: Side = "client" if message.from_client else "server"
            await self._scribe.frame(number, side, int(message.type), message.content)
            if not is_looked_at_later():
                del flow.websocket.messages[:-_MESSAGES]

    async def unframed(self, flow: http.HTTPFlow) -> None:
        """The flow's WebSocket has ended."""
        number, socket = self._sockets.pop(flow.id, None), flow.websocket
        if number and socket and not self._closed:
            side: Side = "client" if socket.closed_by_client else "server"
            told = close_payload(socket.close_code, socket.close_reason)
            await self._scribe.frame(number, side, CLOSE, told)

    async def ended(self, flow: http.HTTPFlow, error: str | None = None) -> None:
        """The flow is over; what a client has seen is in the recording when this is done."""
        state = self._under_way.get(flow.id)
        if state is None or state.is_ending:
            return
        state.is_ending = True
        if not self._closed:
            if state.request and not state.is_started:  # it failed, or was answered, before its request was complete
                await state.request.over(cut=True)
            if state.response:
                await state.response.over(cut=error is not None)
        self._under_way.pop(flow.id, None)
        if self._closed:
            if state.number is not None and flow.killable:
                flow.kill()  # what is not in the recording, no client shall see
            return
        number = state.number if state.number and state.is_started else self._started(flow, state)
        if flow.websocket is not None:
            self._sockets[flow.id] = number
        if flow.response and state.authority and not address_of(flow.client_conn.proxy_mode):
            self._origins[f"{flow.request.scheme}://{state.authority}".lower()] = None  # the client named its server
        self._tell_origins()
        await self._completed(flow, state, number, error)
        if flow.response:
            self._advertising.outward(flow, state.authority)
            self._tell_origins()

    async def gave_up(self, client: Client, why: str) -> bool:
        """mitmproxy goes on with none of the client's flows; whether that client has nothing yet of a response."""
        flows = [state.flow for state in self._under_way.values() if state.flow.client_conn is client]
        for flow in flows:
            await self.ended(flow, why)
        return any(flow.response is None or not flow.response.stream for flow in flows)

    async def _room(self) -> None:
        while room := self._scribe.room():
            await room

    def close(self) -> None:
        """Ends the session; flows that are still under way stay unfinished in it, bodies that stream are cut."""
        if not self._closed:
            self._closed = True
            for state in self._under_way.values():
                self._cut_short(state)
            self._tell_origins()
            self._scribe.close()

    def _tell_origins(self) -> None:
        origins = list(self._origins | dict.fromkeys(self._advertising.origins))
        if origins != self._told_origins:
            self._told_origins = origins
            self._scribe.origins(origins)

    def _started(self, flow: http.HTTPFlow, state: UnderWay) -> int:
        request = self._advertising.inward(flow, state.authority) or raw_request(flow, state.authority)
        number = state.number = state.number or self._numbered(flow)
        state.is_started = True
        body = body_of(state.request, flow.request)
        self._scribe.started(number, flow.client_conn.id, state.begun, request, body, unseen(flow.request))
        return number

    def _completed(self, flow: http.HTTPFlow, state: UnderWay, number: int, error: str | None) -> Awaitable[None]:
        response = raw_response(flow)
        if response and state.head is not None:  # what the server sent, whatever the client was given
            response = (*response[:2], state.head, response[3])
        body = body_of(state.response, flow.response)
        return self._scribe.completed(number, state.answered, response, error, body, unseen(flow.response))

    async def _judged(self, flow: http.HTTPFlow, number: int) -> None:
        await self._scribe.heard()
        flow.response = refusal(self._known.findings_in([number]), self._chosen)

    def _numbered(self, flow: http.HTTPFlow) -> int:
        number = self._scribe.number()
        self._known.met(flow, number)
        return number

    def _opened(self, flow: http.HTTPFlow, state: UnderWay, way: Way) -> None:
        """The flow's request streams from now on."""
        number = state.number = self._numbered(flow)
        self._scribe.opened(number, flow.client_conn.id, state.begun, raw_request(flow, state.authority))
        state.request = self._passing.tee(flow, "request", number, way)
        if self._blocks:
            logger.warning("exchange %s has too large a body to be judged before the server has it", number)

    async def _answering(self, flow: http.HTTPFlow, state: UnderWay, way: Way) -> None:
        """The flow's response streams from now on, when the recording has its head."""
        response = raw_response(flow)
        if self._closed or not state.number or not state.answered or not response:
            if flow.killable:
                flow.kill()
            return
        state.response = self._passing.tee(flow, "response", state.number, way)
        state.head = response[2]
        self._advertising.leaving(flow)
        await self._scribe.answering(state.number, state.answered, response)

    def _cut_short(self, state: UnderWay) -> None:
        for tee in (state.request, state.response):
            if tee:
                tee.over(cut=True)
        if state.request and not state.is_started:
            self._started(state.flow, state)
        if state.response and state.number:
            self._completed(state.flow, state, state.number, STOPPED)

    def _troubled(self, what: str) -> None:
        unjudged = ", and nothing is refused any more" if self._blocks and self._scribe.is_gone else ""
        logger.error("recording incomplete, the traffic goes on%s: %s", unjudged, what)

    def _heard(self, derived: Sequence[Derived]) -> None:
        derived = self._chosen.tell(derived)
        for line in lines(derived):
            logger.info("%s", line)
        self._known.hear(derived)
        for finding in derived:
            if isinstance(finding, Finding) and (flow := self._known.flow(finding.exchange)):
                note(flow, [finding], ctx.master)
