"""One pass over the traffic of a session: events in tick order come in, what they mean goes out."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from inspector.analysis import calls
from inspector.analysis.agents import Agent, Agents
from inspector.analysis.calls import Call, understand
from inspector.analysis.causes import Cause, Causes, FileTold, LinkTold
from inspector.analysis.channel import Channel, Message
from inspector.analysis.chats import COMPLETED, Chat, Chats, number_of
from inspector.analysis.finding import Finding
from inspector.analysis.happenings import (
    Answered,
    Asked,
    FileElsewhere,
    Happening,
    OfMessage,
    Told,
    UploadUnanswered,
)
from inspector.analysis.once import Once
from inspector.analysis.policy import Policy
from inspector.analysis.rules import judge
from inspector.analysis.transfers import Transfer, Transfers
from inspector.analysis.watches.contents import Contents
from inspector.analysis.watches.exposure import Exposure
from inspector.analysis.watches.failures import Failures
from inspector.analysis.watches.listening import Listening
from inspector.analysis.watches.losses import Losses
from inspector.analysis.watches.polls import Polls
from inspector.analysis.watches.redeliveries import Redeliveries
from inspector.analysis.watches.watch import Seen, Watches
from inspector.traffic.exchange import Completed, Event, Exchange, Instant, Started
from inspector.webservices.notifications import MessageLogUpdated
from inspector.webservices.routes import Resource, route

Derived = Agent | Call | Message | Cause | Transfer | Finding
"""What an event means. A Call is told when its exchange is over; an Agent or Transfer whenever it changed."""


@dataclass(frozen=True, slots=True)
class AnalysisSettings:
    """`window_ms`: how long after its reply an accepted UploadFile may wait for its notification. `policy`: what files
    may be, if somebody gave one."""

    window_ms: int = 30_000
    policy: Policy | None = None

    def kept(self) -> dict[str, Any]:
        """As JSON, for a session: what was set, so that it is judged again as it was live."""
        return {"window_ms": self.window_ms} | ({"policy": self.policy.kept()} if self.policy else {})


class Analyst:
    """Judges one session. Windows close by the events' own monotonic instants, never by a timer."""

    def __init__(self, settings: AnalysisSettings | None = None) -> None:
        self._settings = settings or AnalysisSettings()
        self.agents = Agents()
        self._channel = Channel()
        self._chats = Chats()
        self._causes = Causes(self._settings.window_ms)
        self._transfers = Transfers(self._settings.window_ms)
        self._watches = Watches(
            Contents(self._settings.policy),
            Failures(self._settings.window_ms),
            Losses(),
            Listening(self._settings.window_ms),
            Redeliveries(),
            Polls(),
            Exposure(),
        )
        self._once = Once()
        self._open: dict[int, Seen] = {}

    def feed(self, event: Event) -> list[Derived]:
        """What the event means, in order."""
        match event:
            case Started(tick, exchange):
                derived = list(self._started(tick, exchange))
            case Completed(tick, exchange):
                derived = [*self._completed(tick, exchange), *self._passed(exchange.done or exchange.started)]
        return [*self.agents.changed(), *derived]

    def close(self, ended: Instant) -> list[Derived]:
        """The session is over at `ended`: what could not be decided until then never will be."""
        agents = [replace(agent) for agent in self.agents.all]
        under_way = [seen.call for seen in self._open.values() if seen.call is not None]
        return [*agents, *self._passed(ended), *under_way, *self._causes.close(), *self._transfers.close()]

    def _started(self, tick: int, exchange: Exchange) -> Iterator[Derived]:
        where = route(exchange.request.path)
        agent = self.agents.asking(exchange.request, tick)
        if agent is None and where.resource is Resource.CHANNEL:
            agent = self._channel.asking(exchange)
        seen = Seen(exchange, where, agent, understand(exchange, where, agent))
        self._open[exchange.number] = seen
        if seen.call is not None:
            yield from self._asked(seen.call)
        for watch in self._watches.started:
            if happenings := watch(seen):
                yield from self._judged(happenings)

    def _asked(self, call: Call) -> Iterator[Derived]:
        yield from judge(Asked(call))
        if call.operation == calls.UPLOAD and call.document_id:
            yield from self._judged(self._transfers.asked(call, self._chats.of(call.chat_id)))
        self._chats.asked(call, self._channel.listens)
        self._causes.asked(call)

    def _completed(self, tick: int, exchange: Exchange) -> Iterator[Derived]:
        seen = self._open.pop(exchange.number, None) or Seen(exchange, route(exchange.request.path), None, None)
        agent = self.agents.answered(exchange, seen.route, seen.agent, tick)
        call = calls.answered(seen.call, exchange, agent) if seen.call else None
        if call is not None:
            yield from self._answered(call, exchange)
        over = Seen(exchange, seen.route, agent, call)
        for watch in self._watches.completed:
            if happenings := watch(over):
                yield from self._judged(happenings)
        if call is None and seen.route.resource is Resource.CHANNEL:
            for message in self._channel.delivered(exchange, agent):
                yield message
                yield from self._told(message)

    def _judged(self, told: Iterable[Transfer | Happening]) -> Iterator[Transfer | Finding]:
        """Happenings give way to what is found in them, unless the same event was judged before."""
        for one in told:
            if isinstance(one, Transfer):
                yield one
            elif isinstance(one, OfMessage):
                yield from self._once.fresh(one.message, judge(one))
            else:
                yield from judge(one)

    def _answered(self, call: Call, exchange: Exchange) -> Iterator[Derived]:
        yield call
        yield from judge(Answered(call))
        yield from self._causes.answered(call)
        self._chats.answered(call)
        match call.operation:
            case calls.UPLOAD if call.document_id:
                yield from self._judged(self._transfers.answered(call))
            case calls.UNLINK if call.accepted:
                yield from self._judged(self._transfers.removed(call))
            case calls.DOWNLOAD:
                yield from self._judged(self._transfers.downloaded(call))
            case calls.LOGOUT if call.accepted and exchange.response:
                self.agents.logged_out(call.agent, exchange.response)

    def _told(self, message: Message) -> Iterator[Derived]:
        for watch in self._watches.told:
            if happenings := watch(message):
                yield from self._judged(happenings)
        if message.notification is None and not message.flaws:
            return
        yield from self._judged([Told(message)])
        if message.chat_id:
            yield from self._told_of(message, self._chats.of(message.chat_id))

    def _told_of(self, message: Message, chat: Chat) -> Iterator[Derived]:
        agent = number_of(message.agent)
        listed, ended = chat.listed, chat.ended.get(agent)
        history = isinstance(message.notification, MessageLogUpdated) and agent in chat.history_due
        self._chats.told(message)
        for told in self._causes.told(message, listed, history):
            match told:
                case LinkTold():
                    yield self._transfers.linked(told)
                    for linked in self._watches.linked:
                        yield from self._judged(linked(told))
                case FileTold():
                    yield from self._judged(self._transfers.told(told, chat, history))
                    for sent in self._watches.sent:
                        yield from self._judged(sent(told))
                case Cause():
                    yield told
        if history:
            chat.history_due.discard(agent)
        if (now := chat.ended.get(agent)) and now != ended and now.how in COMPLETED:
            yield from self._judged(self._transfers.over(chat, agent))

    def _passed(self, now: Instant) -> Iterator[Derived]:
        """It is `now`: windows close, and chats that were over long ago are let go."""
        for watch in self._watches.passed:
            if happenings := watch(now):
                yield from self._judged(happenings)
        for told in self._transfers.overdue(now, self._channel):
            match told:
                case UploadUnanswered(call) | FileElsewhere(upload=call):
                    self._causes.overdue(call)
            yield from self._judged([told])
        for chat_id in self._chats.let_go():
            yield from self._transfers.forgotten(chat_id)
            self._causes.forgotten(chat_id)
            self._once.forgotten(chat_id)
            for forgotten in self._watches.forgotten:
                forgotten(chat_id)
