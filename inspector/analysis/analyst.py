"""One pass over the traffic of a session: events in tick order come in, what they mean goes out."""

from collections.abc import Iterable
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
    FilesTold,
    Happening,
    Misshapen,
    OfMessage,
    Refused,
    Told,
    UploadUnanswered,
)
from inspector.analysis.once import Once
from inspector.analysis.policy import Policy
from inspector.analysis.rules import judge
from inspector.analysis.transfers import Fetch, Transfer, Transfers
from inspector.analysis.watches.contents import Contents
from inspector.analysis.watches.exposure import Exposure
from inspector.analysis.watches.failures import Failures
from inspector.analysis.watches.listening import Listening
from inspector.analysis.watches.losses import Losses
from inspector.analysis.watches.polls import Polls
from inspector.analysis.watches.redeliveries import Redeliveries
from inspector.analysis.watches.sendings import Sendings
from inspector.analysis.watches.watch import Seen, Watches
from inspector.traffic.exchange import Event, Exchange, Instant, Started
from inspector.webservices.notifications import MessageLogUpdated
from inspector.webservices.routes import Resource, route

Derived = Agent | Call | Message | Cause | Transfer | Fetch | Finding
"""What an event means. A Call is told when its exchange is over; an Agent or Transfer whenever it changed."""


@dataclass(frozen=True, slots=True)
class AnalysisSettings:
    """`window_ms`: how long after its reply an accepted UploadFile may wait for its notification. `policy`: what files
    may be, if somebody gave one. `linked`: chats and documents that were linked to them by calls which are not there.
    """

    window_ms: int = 30_000
    policy: Policy | None = None
    linked: tuple[tuple[str, str], ...] = ()

    def kept(self) -> dict[str, Any]:
        """As JSON, for a session: what was set, so that it is judged again as it was live."""
        return {"window_ms": self.window_ms} | ({"policy": self.policy.kept()} if self.policy else {})


class Analyst:
    """Judges one session. Windows close by the events' own monotonic instants, never by a timer."""

    def __init__(self, settings: AnalysisSettings | None = None) -> None:
        self._settings = settings or AnalysisSettings()
        self.agents = Agents()
        self._channel = Channel()
        self._chats = Chats(self._settings.linked)
        self._causes = Causes(self._settings.window_ms)
        self._transfers = Transfers(self._settings.window_ms)
        policy = self._settings.policy
        self._watches = Watches(
            Contents(policy),
            Failures(self._settings.window_ms),
            Losses(),
            Listening(self._settings.window_ms),
            Redeliveries(),
            Polls(),
            Exposure(),
            *([Sendings(policy)] if policy and Sendings.minds(policy) else ()),
        )
        self._once = Once()
        self._open: dict[int, Seen] = {}

    def feed(self, event: Event) -> list[Derived]:
        """What the event means, in order."""
        exchange = event.exchange
        if isinstance(event, Started):
            derived = self._started(event.tick, exchange)
        else:
            derived = self._completed(event.tick, exchange)
            derived += self._passed(exchange.done or exchange.started)
        return [*self.agents.changed(), *derived]

    def close(self, ended: Instant) -> list[Derived]:
        """The session is over at `ended`: what could not be decided until then never will be."""
        agents = [replace(agent) for agent in self.agents.all]
        under_way = [seen.call for seen in self._open.values() if seen.call is not None]
        return [*agents, *self._passed(ended), *under_way, *self._causes.close(), *self._transfers.close()]

    def _started(self, tick: int, exchange: Exchange) -> list[Derived]:
        where = route(exchange.request.path)
        agent = self.agents.asking(exchange.request, tick)
        if agent is None and where.resource is Resource.CHANNEL:
            agent = self._channel.asking(exchange)
        seen = Seen(exchange, where, agent, understand(exchange, where, agent))
        self._open[exchange.number] = seen
        derived = self._asked(seen.call) if seen.call else []
        for watch in self._watches.started:
            if happenings := watch(seen):
                derived += self._judged(happenings)
        return derived

    def _asked(self, call: Call) -> list[Derived]:
        derived: list[Derived] = [*judge(Asked(call))]
        if call.operation == calls.UPLOAD and call.document_id:
            derived += self._judged(self._transfers.asked(call, self._chats.of(call.chat_id)))
        self._chats.asked(call, self._channel.listens)
        self._causes.asked(call)
        return derived

    def _completed(self, tick: int, exchange: Exchange) -> list[Derived]:
        seen = self._open.pop(exchange.number, None) or Seen(exchange, route(exchange.request.path), None, None)
        agent = self.agents.answered(exchange, seen.route, seen.agent, tick)
        call = calls.answered(seen.call, exchange, agent) if seen.call else None
        derived = self._answered(call, exchange) if call else []
        over = Seen(exchange, seen.route, agent, call)
        for watch in self._watches.completed:
            if happenings := watch(over):
                derived += self._judged(happenings)
        if call is None and seen.route.resource is Resource.CHANNEL:
            for message in self._channel.delivered(exchange, agent):
                derived.append(message)
                derived += self._told(message)
        return derived

    def _judged(self, told: Iterable[Transfer | Fetch | Happening]) -> list[Derived]:
        """Happenings give way to what is found in them, unless the same event was judged before. Each is judged as soon
        as it is told: what it is about goes on.
        """
        derived: list[Derived] = []
        for one in told:
            if isinstance(one, Transfer | Fetch):
                derived.append(one)
            elif found := judge(one):
                derived += self._once.fresh(one.message, found) if isinstance(one, OfMessage) else found
        return derived

    def _answered(self, call: Call, exchange: Exchange) -> list[Derived]:
        derived: list[Derived] = [call, *judge(Answered(call))]
        if call.reply and not call.accepted:
            derived += judge(Refused(call))
        derived += self._causes.answered(call)
        self._chats.answered(call)
        match call.operation:
            case calls.UPLOAD if call.document_id:
                derived += self._judged(self._transfers.answered(call))
            case calls.UNLINK if not call.refused:
                derived += self._judged(self._transfers.removed(call))
            case calls.DOWNLOAD:
                derived += self._judged(self._transfers.downloaded(call))
            case calls.LOGOUT if call.accepted and exchange.response:
                self.agents.logged_out(call.agent, exchange.response)
        return derived

    def _told(self, message: Message) -> list[Derived]:
        derived: list[Derived] = []
        for watch in self._watches.told:
            if happenings := watch(message):
                derived += self._judged(happenings)
        if message.notification is None:
            return derived + self._judged([Misshapen(message)]) if message.flaws else derived
        derived += self._judged([*_files(message), Told(message)])
        if message.chat_id:
            derived += self._told_of(message, self._chats.of(message.chat_id))
        return derived

    def _told_of(self, message: Message, chat: Chat) -> list[Derived]:
        derived: list[Derived] = []
        agent = number_of(message.agent)
        listed, ended = chat.listed, chat.ended.get(agent)
        due = agent in chat.history_due and isinstance(message.notification, MessageLogUpdated)
        history = due and not self._causes.is_news(message)
        self._chats.told(message)
        for told in self._causes.told(message, listed, history):
            match told:
                case Cause():
                    derived.append(told)
                case LinkTold():
                    derived.append(self._transfers.linked(told))
                    for linked in self._watches.linked:
                        derived += self._judged(linked(told))
                case FileTold():
                    derived += self._judged(self._transfers.told(told, chat, history))
                    for sent in self._watches.sent:
                        derived += self._judged(sent(told))
        if due:
            chat.history_due.discard(agent)
        if (now := chat.ended.get(agent)) and now != ended and now.how in COMPLETED:
            derived += self._judged(self._transfers.over(chat, agent))
        return derived

    def _passed(self, now: Instant) -> list[Derived]:
        """It is `now`: windows close, and chats that were over long ago are let go."""
        derived: list[Derived] = []
        for watch in self._watches.passed:
            if happenings := watch(now):
                derived += self._judged(happenings)
        for told in self._transfers.overdue(now, self._channel):
            match told:
                case UploadUnanswered(call) | FileElsewhere(upload=call):
                    self._causes.overdue(call)
            derived += self._judged([told])
        for chat_id in self._chats.let_go():
            self._transfers.forgotten(chat_id)
            self._causes.forgotten(chat_id)
            self._once.forgotten(chat_id)
            for forgotten in self._watches.forgotten:
                forgotten(chat_id)
        return derived + self._transfers.ending()


def _files(message: Message) -> list[FilesTold]:
    lines = message.notification.messages if isinstance(message.notification, MessageLogUpdated) else ()
    files = [(position, line) for position, line in enumerate(lines) if line.is_file]
    return [FilesTold(message, files)] if files else []
