"""A plan with its own clients, channel, faults and journal: a request in, an answer out, whatever the front.

A front does, in one task that it cancels when its client leaves:

    with stub.handover(await stub.answer(request)) as served:
        await send(served.answer)
"""

import asyncio
import secrets
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from inspector.analysis.agents import SESSION_COOKIE, basic_user
from inspector.errors import BodyError, RecordingError, UsageError
from inspector.replay.answers import cors
from inspector.replay.answers.legal import Answer, misfit
from inspector.replay.answers.serving import Serving
from inspector.replay.channel import polling as bayeux
from inspector.replay.channel.delivery import Delivery, Out, now_ms
from inspector.replay.faults import Faults
from inspector.replay.faults.faulty import Faulty
from inspector.replay.journal import Journal, Verification
from inspector.replay.matching import Identity, Matcher
from inspector.replay.misses.missing import Missing, Spy, Tell
from inspector.replay.plans.plan import Kind, Loaded, Plan
from inspector.replay.story.casting import Cast, LiveClient
from inspector.replay.story.engine import Player
from inspector.replay.verification import verify
from inspector.traffic.exchange import Request
from inspector.traffic.headers import cookies
from inspector.webservices.addresses import Addresses
from inspector.webservices.routes import Resource, route

_MOST = 1_000_000
"""Of seconds, and of times faster: nobody means more."""


@dataclass(frozen=True, slots=True)
class Settings:
    """`pace`: notifications at once (0), after the recorded lag (1), N times faster (N). `reuse`: operations answer
    again. `poll_timeout_ms`: how long a poll is held. `keep_origins`: recorded addresses are served as they are.
    `cors`: the origins whose pages may read answers, `*` is any. Raises UsageError for what cannot be meant.
    """

    pace: float = 0.0
    reuse: bool = False
    poll_timeout_ms: int = 30_000
    keep_origins: bool = False
    cors: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.pace <= _MOST:
            raise UsageError(f"a pace of {self.pace:g} cannot be meant: give 0 to {_MOST}")
        if not 0 <= self.poll_timeout_ms <= 1000 * _MOST:
            raise UsageError(f"a poll timeout of {self.poll_timeout_ms / 1000:g} s cannot be meant: give 0 to {_MOST}")
        object.__setattr__(self, "cors", tuple(map(cors.checked_origin, self.cors)))


@dataclass(slots=True)
class Served:
    """An answer, and what has to happen once it was handed over. `cut`: the connection ends after so many bytes of the
    body, which is a fault.
    """

    answer: Answer
    channel: bayeux.Answer | None = None
    played: tuple[LiveClient, int, int] | None = None
    expires: bool = False
    cut: int | None = None


class Stub:
    """Plays what was `loaded`; `origins` are the recorded ones.

    `tell` is told at once of every miss, and of the notification that a client waited for in vain.
    """

    def __init__(
        self,
        loaded: Loaded,
        matcher: Matcher,
        origins: Sequence[str],
        settings: Settings | None = None,
        spy: Spy | None = None,
        tell: Tell = lambda what: None,
    ) -> None:
        self.settings = settings or Settings()
        self.journal = Journal()
        self._loaded = loaded
        self._matcher = matcher
        addresses = None if self.settings.keep_origins else Addresses(origins)
        self._serving = Serving(loaded.responses, addresses)
        self._statuses: dict[int, int] = {}
        self._cast = Cast(
            loaded.plans,
            lambda plan: Player(plan, reuse=self.settings.reuse, pace=self.settings.pace),
            lambda: secrets.token_hex(16),
        )
        self.delivery = Delivery(self._cast, self._serving, self._client, self.settings.poll_timeout_ms, tell)
        if spy is not None:
            spy.attend(self.delivery.channel)
        self.faults = Faults(self.delivery.expire)
        self._missing = Missing(loaded, self.journal, reuse=self.settings.reuse, spy=spy, tell=tell)
        self._faulty = Faulty(self.faults, self.journal)

    async def answer(self, request: Request) -> Served:
        """The answer to one request; a long poll takes its time. Cancel it when the client has gone."""
        begun = self.begin(request)
        return begun if isinstance(begun, Served) else await begun

    def begin(self, request: Request) -> Served | Coroutine[Any, Any, Served]:
        """The answer; or, where it takes time, what has to be awaited for it."""
        if request.method == "OPTIONS":
            return self._options(request)
        begun = self._begin(request)
        if not self.settings.cors:
            return begun
        return self._opened(begun, request) if isinstance(begun, Served) else self._opened_later(begun, request)

    def handed_over(self, served: Served) -> None:
        """The client has the answer."""
        if served.channel is not None:
            self.delivery.channel.delivered(served.channel)
        self._asked(served)

    def put_back(self, served: Served) -> None:
        """The client has left. It has asked all the same: the server would have acted; but it was told nothing."""
        if served.channel is not None:
            self.delivery.channel.lost(served.channel)
        self._asked(served)

    @contextmanager
    def handover(self, served: Served) -> Iterator[Served]:
        """Commits when the block ends, puts back when it is left by an exception or a cancellation."""
        try:
            yield served
        except BaseException:
            self.put_back(served)
            raise
        self.handed_over(served)

    def verify(self) -> Verification:
        """What was asked of whom, missed, never used, never delivered."""
        players = [client.player for client in self._cast.clients] or [Player(plan) for plan in self._loaded.plans]
        return verify(self.journal, players, self._loaded.identities, self.delivery.on_their_way)

    def close(self) -> None:
        """Ends the held polls, so that who serves the stub can stop."""
        self.delivery.close()

    def _begin(self, request: Request) -> Served | Coroutine[Any, Any, Served]:
        if route(request.path).resource is Resource.CHANNEL:
            return self._answer_channel(request)
        identity = self._matcher.again(request)
        client = self._client(request, identity.key)
        now = now_ms()
        if self.faults:
            refusal = self._faulty.refused(request, identity, client, now)
            if refusal is not None:
                self.delivery.flush(client)
                return Served(refusal)
        index = client.ask(identity.of_head.key, now) if request.method == "HEAD" else None
        index = client.ask(identity.key, now) if index is None else index
        if index is None:
            return self._missed(request, identity, client)
        return self._recorded(request, identity, client, index, now)

    def _recorded(
        self, request: Request, identity: Identity, client: LiveClient, index: int, now: float
    ) -> Served | Coroutine[Any, Any, Served]:
        plan = client.player.plan
        recorded = plan.recorded[index]
        problem = misfit(self._status(recorded.number), request.headers)
        if problem and (whole := self._whole(plan, index)) is not None:
            recorded, problem = plan.recorded[whole], ""
        try:
            if problem:
                raise RecordingError(problem)
            answer = self._serving.answer(recorded.number, request, client)
        except (RecordingError, BodyError) as error:
            if recorded.kind is Kind.OPERATION:
                client.failed(plan.agent, index, now)
                self.delivery.flush(client)
            return self._missed(request, identity, client, {recorded.number: str(error)})
        served, met = Served(answer), False
        if self.faults:
            met, served.expires, cut = self._faulty.spoiled(request, identity, client, index, now)
            served.cut = None if cut is None else _before_the_end(cut, answer.length)
        if not met:
            self.journal.answered(now, request.method, request.path, recorded.number)
        if recorded.kind is not Kind.OPERATION:
            return served
        served.played = client, plan.agent, index
        early = client.early(plan.agent, index, now)
        if not client.bayeux:  # nobody listens
            return served
        going = self.delivery.flush(client)  # also what hung on calls that this one passes over
        return self._after_early(served, going) if early else served

    async def _after_early(self, served: Served, going: Sequence[Out]) -> Served:
        """The reply, once the notifications that overtake it have arrived."""
        try:
            await self.delivery.until_arrived(going)
        except asyncio.CancelledError:  # the client has left; the server would have acted all the same
            self._asked(served)
            raise
        return served

    def _asked(self, served: Served) -> None:
        if served.played is not None:
            client, agent, index = served.played
            client.played(agent, index, now_ms())
            if client.bayeux:
                self.delivery.flush(client)
        if served.expires:
            self.delivery.expire()

    def _whole(self, plan: Plan, index: int) -> int | None:
        """The nearest read like this one that was answered with 200: for who did not ask for less."""
        like = plan.by_key[plan.recorded[index].key] if plan.recorded[index].kind is Kind.READ else []
        whole = (other for other in like if self._status(plan.recorded[other].number) == 200)
        return min(whole, key=lambda other: abs(other - index), default=None)

    def _status(self, number: int) -> int:
        """The recorded status; 0 where the file does not hold it any more, which whoever serves it will tell."""
        status = self._statuses.get(number)
        if status is None:
            with suppress(RecordingError):
                status = self._statuses[number] = self._loaded.responses[number].status
        return status or 0

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
        if "upgrade" in request.headers:
            # long polling is the only way in (CometD page, since October 2015): clients fall back to it
            return Served(Answer(400, "Bad Request", ((b"Content-Length", b"0"), (b"Connection", b"close")), b""))
        answer = await self.delivery.answer(request)
        self.journal.answered(now_ms(), request.method, request.path)
        headers = (
            (b"Content-Type", answer.content_type.encode()),
            (b"Cache-Control", b"no-store"),
            (b"Content-Length", b"%d" % len(answer.body)),
        )
        return Served(Answer(answer.status, "", headers, answer.body), channel=answer)

    def _options(self, request: Request) -> Served:
        self.journal.answered(now_ms(), request.method, request.path)
        return Served(cors.preflight(request, self.settings.cors))

    def _opened(self, served: Served, request: Request) -> Served:
        served.answer = cors.opened(served.answer, request, self.settings.cors)
        return served

    async def _opened_later(self, begun: Coroutine[Any, Any, Served], request: Request) -> Served:
        return self._opened(await begun, request)

    def _missed(
        self, request: Request, identity: Identity, client: LiveClient, problems: dict[int, str] | None = None
    ) -> Served | Coroutine[Any, Any, Served]:
        answer = self._missing.answer(request, identity, client, problems or {})
        return Served(answer) if isinstance(answer, Answer) else _served_later(answer)


async def _served_later(answering: Coroutine[Any, Any, Answer]) -> Served:
    return Served(await answering)


def _before_the_end(at: int, size: int) -> int:
    """Where a body of this size is cut: in the middle (-1), at the latest before its last byte."""
    return size // 2 if at < 0 else min(at, max(size - 1, 0))
