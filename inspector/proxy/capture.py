"""Flows into a recording: what of them is taken down when, and what each waits for."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from mitmproxy import ctx, http
from mitmproxy.options import Options

from inspector.analysis.analyst import Derived
from inspector.analysis.finding import Finding
from inspector.proxy.advertising import Advertising
from inspector.proxy.blocking import refusal
from inspector.proxy.choices import chosen, places, recording_file, settings
from inspector.proxy.convert import authority_of, request_of, response_of
from inspector.proxy.known import Known
from inspector.proxy.notes import note
from inspector.proxy.upstream import address_of
from inspector.recording.recorder import Recorder, now
from inspector.render.line import lines
from inspector.traffic.exchange import Exchange, Instant

logger = logging.getLogger("inspector")


@dataclass(slots=True)
class UnderWay:
    """A flow that is not over: when it began, the client's authority, its number once it is recorded."""

    begun: Instant
    authority: str
    number: int | None = None
    answered: Instant | None = None


class Capture:
    """One session's flows, from their first hook to their last; `known` hears what they mean.

    Raises InspectorError where the options, or the file, are not what they should be.
    """

    def __init__(self, options: Options, known: Known) -> None:
        self._known = known
        self._chosen = chosen(options)
        self.path = recording_file(options)
        self._recorder = Recorder(
            self.path,
            address_of(options.mode),
            places=places(options),
            settings=settings(options),
            listener=self._heard,
            trouble=lambda what: logger.error("recording incomplete, the traffic goes on: %s", what),
        )
        self._advertising = Advertising(self._recorder.session.upstream, options.inspector_advertise)
        self._blocks: bool = options.inspector_block
        self._under_way: dict[str, UnderWay] = {}
        self._closed = False

    @property
    def session(self) -> str:
        """The UUID of the session."""
        return self._recorder.session.uuid

    def begun(self, flow: http.HTTPFlow) -> None:
        """The flow's request begins; nothing but its head is there."""
        self._under_way[flow.id] = UnderWay(now(), authority_of(flow))

    def asked(self, flow: http.HTTPFlow) -> None:
        """The flow's request is complete. If it is refused, it ends like any other, but the server does not see it."""
        if state := self._under_way.get(flow.id):
            number = self._started(flow, state)
            if self._blocks:
                flow.response = refusal(self._known.findings_in([number]), self._chosen)

    def answering(self, flow: http.HTTPFlow) -> None:
        """The head of the response is there."""
        if state := self._under_way.get(flow.id):
            state.answered = now()

    async def ended(self, flow: http.HTTPFlow, error: str | None = None) -> None:
        """The flow is over; what a client has seen is in the recording when this is done."""
        state = self._under_way.pop(flow.id, None)
        if state is None:
            return
        if self._closed:
            if state.number is not None and flow.killable:
                flow.kill()  # what is not in the recording, no client shall see
            return
        number = state.number or self._started(flow, state)  # it may fail before its request is complete
        response = response_of(flow)
        await asyncio.wrap_future(self._recorder.completed(number, state.answered, response, error))
        if response:
            self._advertising.outward(flow, response, state.authority)

    def close(self) -> None:
        """Ends the session; flows that are still under way stay unfinished in it."""
        if not self._closed:
            self._closed = True
            self._recorder.close(self._advertising.origins)

    def _started(self, flow: http.HTTPFlow, state: UnderWay) -> int:
        request = self._advertising.inward(flow, request_of(flow, state.authority))
        state.number = number = self._recorder.number()
        self._known.met(flow, number)
        self._recorder.started(number, flow.client_conn.id, state.begun, request)
        return number

    def _heard(self, exchange: Exchange, derived: Sequence[Derived]) -> None:
        derived = self._chosen.tell(derived)
        for line in lines(derived):
            logger.info("%s", line.plain, extra={"line": line})
        self._known.hear(derived)
        for finding in derived:
            if isinstance(finding, Finding) and (flow := self._known.flow(finding.exchange)):
                note(flow, [finding], ctx.master)
