"""`--spy`: what a recording does not know is asked of the real server, and may be kept (`--record-missing`).

    async with Spy("https://gws.example", recorder=make_recorder) as spy:
        stub = Stub(..., spy=spy)
        spy.attend(stub.delivery.channel)
        ...

A live client gets a session of its own there. Its operations are forwarded only once it also hears the server's
notifications: without them, the reply to an operation tells nothing but that it was taken.
"""

import asyncio
import itertools
import logging
import secrets
import ssl
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import TracebackType

import httpx
import orjson

from inspector.analysis.miss import Miss
from inspector.errors import UsageError
from inspector.recording.recorder import Recorder
from inspector.render.escape import plain
from inspector.replay.answers.legal import Answer
from inspector.replay.answers.serving import origin_of as seen_at
from inspector.replay.channel.polling import Channel
from inspector.replay.spy.visit import TROUBLE, Server, Visit, reason
from inspector.replay.spy.wire import Keeping, Unanswered, Wire
from inspector.replay.story.casting import LiveClient
from inspector.traffic.exchange import Request
from inspector.traffic.urls import without_session
from inspector.webservices.addresses import Addresses, origin_of

logger = logging.getLogger("inspector")

VISITS_AT_MOST = 1000
"""Live clients that have a session with the server at a time; beyond it the one that was idle longest loses it."""

_NEVER = ("HEAD", "OPTIONS")
"""OPTIONS is answered by the stub itself; what a HEAD asks about, a GET tells as well."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: until the server takes a connection, until its next byte, and for a request with all that it takes."""

    connect: float = 5.0
    read: float = 30.0
    whole: float = 120.0


class Spy:
    """Asks the server at an origin, and nobody else, whatever a client asks for. Belongs to one stub, in its loop."""

    def __init__(
        self,
        upstream: str,
        *,
        recorder: Callable[[], Recorder] | None = None,
        keep_origins: bool = False,
        only: Iterable[str] | None = None,
        patience: Patience | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`recorder` makes the recorder for the first exchange that is forwarded; None keeps nothing. `tls` by default
        verifies the server's certificate.

        `only`: the origins for which requests are forwarded, where clients may ask us for any host (a forward proxy):
        what is meant for another one is none of this server's business. None: whatever comes. Raises UsageError.
        """
        if not origin_of(upstream):
            raise UsageError(f"{upstream!r} is no server: give http://HOST:PORT or https://HOST:PORT")
        self._channel: Channel | None = None
        self._leaving: list[asyncio.Future[None]] = []
        self._patience = patience or Patience()
        self._name = f"gws-inspector-{secrets.token_hex(8)}"
        self._is_ourselves = False
        self._only = None if only is None else {_bare(origin) for origin in (*only, upstream)}
        self._addresses = Addresses([origin_of(upstream)])
        self._keeping = Keeping(recorder)
        timeout = httpx.Timeout(self._patience.read, connect=self._patience.connect, pool=None)
        served = None if keep_origins else self._addresses
        self._server = Server(origin_of(upstream), f"1.1 {self._name}", timeout, served)
        self._shared = httpx.AsyncHTTPTransport(
            verify=tls or True, trust_env=False, limits=httpx.Limits(max_connections=None)
        )
        self._visits: OrderedDict[str, Visit] = OrderedDict()
        self._numbers = itertools.count(1)

    @property
    def failure(self) -> str | None:
        """What could not be kept, if anything could not."""
        return self._keeping.failure

    def attend(self, channel: Channel) -> None:
        """Tells clients by this channel, the stub's, what the server tells. Whoever was told by another one until now
        is forgotten: their stub began anew.
        """
        self._channel, old = channel, self._visits
        self._visits = OrderedDict()
        self._leaving += [asyncio.ensure_future(visit.close()) for visit in old.values()]

    async def ask(self, request: Request, client: LiveClient, miss: Miss) -> Answer | None:
        """The server's answer, as our client may get it; None if it is not asked, or gives none that could be passed
        on: then the log tells why.
        """
        if request.method in _NEVER:
            return None
        self._is_ourselves = self._is_ourselves or any(self._name in value for value in request.headers.all("via"))
        try:
            if self._is_ourselves:
                raise Unanswered("it leads back to this stub")
            if self._only is not None and _bare(seen_at(request)) not in self._only:
                raise Unanswered("it is for another host")
            async with asyncio.timeout(self._patience.whole):
                answer = await self._asked(request, client)
            if self._is_ourselves:
                raise Unanswered("it leads back to this stub")
            return answer
        except TROUBLE as error:
            logger.warning(
                "%s %s was not forwarded to %s: %s",
                *(
                    plain(request.method),
                    plain(without_session(request.path)),
                    self._server.origin,
                    plain(reason(error)),
                ),
            )
            return None

    async def aclose(self) -> None:
        """Ends the sessions with the server, and that of the recording."""
        visits, self._visits = list(self._visits.values()), OrderedDict()
        await asyncio.gather(*(visit.close() for visit in visits), *self._leaving)
        await self._shared.aclose()
        self._keeping.close(list(self._addresses.origins))

    async def __aenter__(self) -> "Spy":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _asked(self, request: Request, client: LiveClient) -> Answer:
        if client.cookie:
            return await (await self._visit(client)).ask(request, self._topics(client))
        visit = self._new_visit(client)  # nobody knows whether the next one who shows nothing is the same
        try:
            return await visit.ask(request, ())
        finally:
            await visit.close()

    def _new_visit(self, client: LiveClient) -> Visit:
        wire = Wire(self._shared, self._keeping, f"live client {next(self._numbers)}")
        return Visit(self._server, client, wire, self._tell)

    async def _visit(self, client: LiveClient) -> Visit:
        visit = self._visits.get(client.cookie)
        if visit is None:
            visit = self._visits[client.cookie] = self._new_visit(client)
        self._visits.move_to_end(client.cookie)
        if len(self._visits) > VISITS_AT_MOST:
            await self._visits.pop(next(iter(self._visits))).close()
        return visit

    def _topics(self, client: LiveClient) -> list[str]:
        if self._channel is None:
            return []
        subscribed = (self._channel.comet.subscriptions(client_id) for client_id in client.bayeux)
        return list(dict.fromkeys(topic for topics in subscribed for topic in topics))

    def _tell(self, client: LiveClient, topic: str, data: bytes) -> bool:
        channel = self._channel
        if channel is None:
            return False
        told = [channel.publish(client_id, topic, orjson.Fragment(data)) for client_id in client.bayeux]
        return any(event is not None for event in told)


def _bare(origin: str) -> str:
    """The origin without the port that its scheme has anyway."""
    origin = origin_of(origin)
    return origin.removesuffix(":443" if origin.startswith("https:") else ":80")
