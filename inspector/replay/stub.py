"""A plan with its own clients, channel and journal: one request in, one answer out, whatever front they came through.

A front does, in one task that it cancels when its client leaves:

    with stub.handover(await stub.answer(request)) as served:
        await send(served.answer)
"""

import asyncio
import itertools
import secrets
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial

import orjson

from inspector.analysis.agents import SESSION_COOKIE, basic_user
from inspector.errors import BodyError, RecordingError
from inspector.replay import channel as bayeux
from inspector.replay.casting import Cast, LiveClient
from inspector.replay.channel import Channel
from inspector.replay.comet import Comet, Event
from inspector.replay.engine import Player
from inspector.replay.journal import Journal, Verification
from inspector.replay.legal import Answer, misfit
from inspector.replay.loading import Loaded
from inspector.replay.matching import Identity, Matcher
from inspector.replay.miss import body as miss_body
from inspector.replay.miss import explain
from inspector.replay.nearest import Candidate
from inspector.replay.plan import Kind, Plan, Told
from inspector.replay.serving import Serving, origin_of
from inspector.replay.verification import verify
from inspector.traffic.exchange import Request
from inspector.traffic.headers import cookies
from inspector.webservices.addresses import Addresses
from inspector.webservices.routes import Resource, route

EARLY_AT_MOST_S = 1.0
"""How long a reply waits for the notifications that came before it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """`pace`: notifications at once (0), after the recorded lag (1), N times faster (N). `reuse`: operations answer
    again. `poll_timeout_ms`: how long a poll is held. `keep_origins`: recorded addresses are served as they are.
    """

    pace: float = 0.0
    reuse: bool = False
    poll_timeout_ms: int = 30_000
    keep_origins: bool = False


@dataclass(slots=True)
class Served:
    """An answer, and what has to happen once it was handed over."""

    answer: Answer
    channel: bayeux.Answer | None = None
    played: tuple[LiveClient, int, int] | None = None


@dataclass(slots=True)
class _Out:
    """A notification on its way to a Bayeux client, and who waits until it is there."""

    told: Told
    client_id: str
    arrived: asyncio.Event = field(default_factory=asyncio.Event)


class Stub:
    """Plays what was `loaded`; `origins` are the recorded ones."""

    def __init__(
        self, loaded: Loaded, matcher: Matcher, origins: Sequence[str], settings: Settings | None = None
    ) -> None:
        self.settings = settings or Settings()
        self.journal = Journal()
        self._loaded = loaded
        self._matcher = matcher
        addresses = None if self.settings.keep_origins else Addresses(origins)
        self._serving = Serving(loaded.responses, addresses)
        comet = Comet(new_id=lambda: uuid.uuid4().hex, timeout_ms=self.settings.poll_timeout_ms)
        self._channel = Channel(comet, ending_empty=self._let_go, told=self._arrived)
        self._cast = Cast(
            loaded.plans,
            lambda plan: Player(plan, reuse=self.settings.reuse, pace=self.settings.pace),
            lambda: secrets.token_hex(16),
        )
        self._bayeux: dict[str, LiveClient] = {}
        self._origins: dict[str, str] = {}
        self._out: dict[int, _Out] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._patience: dict[str, asyncio.TimerHandle] = {}

    async def answer(self, request: Request) -> Served:
        """The answer to one request; a long poll takes its time. Cancel it when the client has gone."""
        if route(request.path).resource is Resource.CHANNEL:
            return await self._answer_channel(request)
        identity = self._matcher.again(request)
        client = self._client(request, identity.key)
        now = self._now_ms()
        index = client.ask(identity.of_head.key, now) if request.method == "HEAD" else None
        index = client.ask(identity.key, now) if index is None else index
        if index is None:
            return self._missed(request, identity, client)
        player = client.player
        recorded = player.plan.recorded[index]
        problem = misfit(self._loaded.responses[recorded.number].status, request.headers)
        if problem and (whole := self._whole(player.plan, index)) is not None:
            recorded, problem = player.plan.recorded[whole], ""
        try:
            if problem:
                raise RecordingError(problem)
            answer = self._serving.answer(recorded.number, request, client)
        except (RecordingError, BodyError) as error:
            if recorded.kind is Kind.OPERATION:
                client.failed(player.plan.agent, index, now)
                self._flush(client)
            return self._missed(request, identity, client, {recorded.number: str(error)})
        self.journal.answered(now, request.method, request.path, recorded.number)
        if recorded.kind is not Kind.OPERATION:
            return Served(answer)
        early = client.early(player.plan.agent, index, now)
        going = self._flush(client)  # also what hung on calls that this one passes over
        if early:
            try:
                await self._until_arrived(going)
            except asyncio.CancelledError:  # the client has left; the server would have acted all the same
                client.played(player.plan.agent, index, self._now_ms())
                self._flush(client)
                raise
        return Served(answer, played=(client, player.plan.agent, index))

    @contextmanager
    def handover(self, served: Served) -> Iterator[Served]:
        """Commits when the block ends. A client that left has asked all the same: the server would have acted."""
        try:
            if served.channel is not None:
                with self._channel.handover(served.channel):
                    yield served
            else:
                yield served
        finally:
            if served.played is not None:
                client, agent, index = served.played
                client.played(agent, index, self._now_ms())
                self._flush(client)

    def verify(self) -> Verification:
        """What was asked of whom, missed, never used, never delivered."""
        players = [client.player for client in self._cast.clients] or [Player(plan) for plan in self._loaded.plans]
        return verify(self.journal, players, self._loaded.identities, [out.told for out in self._out.values()])

    def close(self) -> None:
        """Ends the held polls, so that who serves the stub can stop."""
        self._channel.close()
        for timer in (*self._timers.values(), *self._patience.values()):
            timer.cancel()

    def _whole(self, plan: Plan, index: int) -> int | None:
        """The nearest read like this one that was answered with 200: for who did not ask for less."""
        like = plan.by_key[plan.recorded[index].key] if plan.recorded[index].kind is Kind.READ else []
        whole = (other for other in like if self._loaded.responses[plan.recorded[other].number].status == 200)
        return min(whole, key=lambda other: abs(other - index), default=None)

    def _client(self, request: Request, key: bytes = b"") -> LiveClient:
        cookie = cookies(request.headers).get(SESSION_COOKIE, "")
        authorization = request.headers.get("authorization")
        if key in self._loaded.logins and not self._cast.knows(cookie):
            return self._cast.begin(basic_user(request.headers), authorization)
        client = self._cast.find(cookie, (), authorization)
        if authorization and not client.cookie:  # it keeps no cookies, but says who it is
            return self._cast.begin(basic_user(request.headers), authorization)
        return client

    async def _answer_channel(self, request: Request) -> Served:
        asked = bayeux.Request(request.method, request.headers.media_type, request.query, request.body.content or b"")
        if "upgrade" in request.headers:
            # long polling is the only way in (CometD page, since October 2015): clients fall back to it
            return Served(Answer(400, "Bad Request", ((b"Content-Length", b"0"), (b"Connection", b"close")), b""))
        answer = await self._channel.answer(asked, lambda client_id: self._heard(request, client_id))
        self.journal.answered(self._now_ms(), request.method, request.path)
        headers = (
            (b"Content-Type", answer.content_type.encode()),
            (b"Cache-Control", b"no-store"),
            (b"Content-Length", b"%d" % len(answer.body)),
        )
        return Served(Answer(answer.status, "", headers, answer.body), channel=answer)

    def _heard(self, request: Request, client_id: str) -> None:
        """A Bayeux client has shaken hands, or may have subscribed to something."""
        if client_id not in self._bayeux:
            self._shook_hands(self._client(request), client_id)
        client = self._bayeux[client_id]
        self._origins[client_id] = origin_of(request)
        number = client.list_of(client_id)
        if number is None or number >= len(client.player.plan.lists):
            return
        if self._channel.comet.subscriptions(client_id):
            client.listening(number, self._now_ms())
            self._flush(client)

    def _shook_hands(self, client: LiveClient, client_id: str) -> None:
        """A new Bayeux client; what is on its way to the one that it takes over from is told to it."""
        before = list(client.bayeux)
        number = self._cast.shook_hands(client, client_id, lambda name: name in self._channel.comet.clients)
        self._bayeux[client_id] = client
        if number < len(before):
            self._channel.expire(before[number])
            lost = [event for event, out in self._out.items() if out.client_id == before[number]]
            client.player.put_back(number, [self._out.pop(event).told for event in lost])

    def _flush(self, client: LiveClient) -> list[_Out]:
        """Publishes what is due to each Bayeux client of a live one; what goes out now."""
        now, player, going = self._now_ms(), client.player, []
        for number, client_id in enumerate(client.bayeux):
            if number >= len(player.plan.lists):
                continue
            covered = partial(self._channel.comet.covers, client_id)
            for told in player.release(number, now, covered):
                data = self._serving.told(told.data, self._origins.get(client_id, ""))
                event = self._channel.publish(client_id, told.topic, orjson.Fragment(data))
                if event is not None:
                    self._out[event.number] = out = _Out(told, client_id)
                    going.append(out)
            due = player.next_due(number, now)
            if due is not None:
                self._wake_at(client, client_id, due)
            if client_id not in self._patience and player.held_back(number, covered):
                # whoever never lets a poll be held until it ends empty does not wait for ever either
                later = asyncio.get_running_loop().call_later
                self._patience[client_id] = later(self.settings.poll_timeout_ms / 1000, self._let_go, client_id)
        return going

    def _wake_at(self, client: LiveClient, client_id: str, due_ms: float) -> None:
        if timer := self._timers.get(client_id):
            timer.cancel()
        loop = asyncio.get_running_loop()
        self._timers[client_id] = loop.call_at(due_ms / 1000 + 0.001, self._flush, client)

    async def _until_arrived(self, going: Sequence[_Out]) -> None:
        """Until early notifications have been handed over; not at all if nobody polls, and not for ever."""
        awaited = [out for out in going if self._channel.comet.holding(out.client_id)]
        if not awaited:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(EARLY_AT_MOST_S):
                for out in awaited:
                    await out.arrived.wait()

    def _arrived(self, events: Sequence[Event]) -> None:
        for event in events:
            if out := self._out.pop(event.number, None):
                out.arrived.set()

    def _let_go(self, client_id: str) -> None:
        if timer := self._patience.pop(client_id, None):
            timer.cancel()
        client = self._bayeux.get(client_id)
        number = client.list_of(client_id) if client else None
        if client and number is not None and number < len(client.player.plan.lists):
            client.player.let_go(number)
            self._flush(client)

    def _missed(
        self, request: Request, identity: Identity, client: LiveClient, problems: dict[int, str] | None = None
    ) -> Served:
        miss = explain(identity, self._candidates(client, problems or {}))
        self.journal.missed(self._now_ms(), request.method, request.path, miss)
        body = miss_body(miss)
        headers = ((b"Content-Type", b"application/json;charset=UTF-8"), (b"Content-Length", b"%d" % len(body)))
        return Served(Answer(501, "Not Implemented", headers, b"" if request.method == "HEAD" else body))

    def _candidates(self, client: LiveClient, problems: dict[int, str]) -> Iterator[Candidate]:
        own = client.player.plan
        for plan in itertools.chain([own], (plan for plan in self._loaded.plans if plan is not own)):
            name = "" if plan is own else plan.user_name or f"agent {plan.agent}"
            for one in plan.recorded:
                used = self.journal.uses.get(one.number, 0)
                spent = bool(used) and one.kind is Kind.OPERATION and not self.settings.reuse
                identity = self._loaded.identities[one.number]
                yield Candidate(one.number, identity, used, spent, name, problems.get(one.number, ""))

    def _now_ms(self) -> float:
        return asyncio.get_running_loop().time() * 1000
