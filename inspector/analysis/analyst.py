"""One pass over the traffic of a session: events in tick order come in, what they mean goes out."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from inspector.analysis import calls
from inspector.analysis.agents import Agent, Agents
from inspector.analysis.calls import Call, understand
from inspector.analysis.causes import Cause, Causes
from inspector.analysis.channel import Channel, Message
from inspector.analysis.chats import Chat, Chats, is_surely, number_of
from inspector.analysis.failures import Failures
from inspector.analysis.finding import Finding
from inspector.analysis.happenings import (
    Answered,
    Asked,
    FileUnasked,
    Happening,
    OfMessage,
    Told,
    UploadAsked,
    UploadUnanswered,
)
from inspector.analysis.once import Once
from inspector.analysis.rules import judge
from inspector.analysis.transfers import Transfer, Transfers
from inspector.analysis.watch import Seen, Watch
from inspector.traffic.exchange import Completed, Event, Exchange, Instant, Started
from inspector.webservices.notifications import ChatMessage, MessageLogUpdated
from inspector.webservices.routes import Resource, route

Derived = Agent | Call | Message | Cause | Transfer | Finding
"""What an event means. A Call is told when its exchange is over; an Agent or Transfer whenever it changed."""


@dataclass(frozen=True, slots=True)
class AnalysisSettings:
    """`window_ms`: how long after its reply an accepted UploadFile may wait for its notification."""

    window_ms: int = 30_000


class Analyst:
    """Judges one session. Windows close by the events' own monotonic instants, never by a timer."""

    def __init__(self, settings: AnalysisSettings | None = None) -> None:
        self._settings = settings or AnalysisSettings()
        self.agents = Agents()
        self._channel = Channel()
        self._chats = Chats()
        self._causes = Causes()
        self._transfers = Transfers(self._settings.window_ms)
        self._watches: list[Watch] = [Failures(self._settings.window_ms)]
        self._once = Once()
        self._open: dict[int, Seen] = {}

    def feed(self, event: Event) -> list[Derived]:
        """What the event means, in order."""
        match event:
            case Started(tick, exchange):
                derived = list(self._started(tick, exchange))
            case Completed(tick, exchange):
                derived = [*self._completed(tick, exchange), *self._overdue(exchange.done or exchange.started)]
        return [*self.agents.changed(), *derived]

    def close(self, ended: Instant) -> list[Derived]:
        """The session is over at `ended`: what could not be decided until then never will be."""
        agents = [replace(agent) for agent in self.agents.all]
        under_way = [seen.call for seen in self._open.values() if seen.call is not None]
        return [*agents, *self._overdue(ended), *under_way, *self._causes.close(), *self._transfers.close()]

    def _started(self, tick: int, exchange: Exchange) -> Iterator[Derived]:
        where = route(exchange.request.path)
        agent = self.agents.asking(exchange.request, tick)
        if agent is None and where.resource is Resource.CHANNEL:
            agent = self._channel.asking(exchange)
        seen = Seen(exchange, where, agent, understand(exchange, where, agent))
        self._open[exchange.number] = seen
        if seen.call is not None:
            yield from self._asked(seen.call)
        for watch in self._watches:
            yield from self._judged(watch.started(seen))

    def _asked(self, call: Call) -> Iterator[Derived]:
        yield from judge(Asked(call))
        if call.operation == calls.UPLOAD and call.document_id:
            chat = self._chats.of(call.chat_id)
            yield from judge(UploadAsked(call, call.document_id in chat.linked, chat.from_start))
            yield self._transfers.uploading(call)
        self._chats.asked(call, self._channel.listens(call.agent))
        self._causes.asked(call)

    def _completed(self, tick: int, exchange: Exchange) -> Iterator[Derived]:
        seen = self._open.pop(exchange.number, None) or Seen(exchange, route(exchange.request.path), None, None)
        agent = self.agents.answered(exchange, seen.route, seen.agent, tick)
        call = calls.answered(seen.call, exchange, agent) if seen.call else None
        if call is not None:
            yield from self._answered(call, exchange)
        for watch in self._watches:
            yield from self._judged(watch.completed(Seen(exchange, seen.route, agent, call)))
        if call is None and seen.route.resource is Resource.CHANNEL:
            for message in self._channel.delivered(exchange, agent):
                yield message
                yield from self._told(message)

    def _judged(self, happenings: Iterable[Happening]) -> Iterator[Finding]:
        for happening in happenings:
            found = judge(happening)
            yield from self._once.fresh(happening.message, found) if isinstance(happening, OfMessage) else found

    def _answered(self, call: Call, exchange: Exchange) -> Iterator[Derived]:
        yield call
        yield from judge(Answered(call))
        yield from self._causes.answered(call)
        self._chats.answered(call)
        transfer: Transfer | None = None
        match call.operation:
            case calls.UPLOAD if call.document_id:
                transfer = self._transfers.upload_answered(call)
            case calls.UNLINK if call.accepted:
                transfer = self._transfers.removed(call)
            case calls.DOWNLOAD:
                transfer = self._transfers.downloaded(call)
            case calls.LOGOUT if call.accepted and exchange.response:
                self.agents.logged_out(call.agent, exchange.response)
        if transfer:
            yield transfer

    def _told(self, message: Message) -> Iterator[Derived]:
        for watch in self._watches:
            yield from self._judged(watch.told(message))
        if message.notification is None and not message.flaws:
            return
        yield from self._judged([Told(message)])
        if not message.chat_id:
            return
        chat = self._chats.of(message.chat_id)
        before = chat.listed
        links, edges = self._causes.links_told(message, self._chats.told(message), before)
        yield from edges
        for link in links:
            yield self._transfers.linked(link)
        if isinstance(message.notification, MessageLogUpdated):
            history = number_of(message.agent) in chat.history_due
            chat.history_due.discard(number_of(message.agent))
            yield from self._files_told(message, message.notification.messages, chat, history)

    def _files_told(self, message: Message, lines: list[ChatMessage], chat: Chat, history: bool) -> Iterator[Derived]:
        for position, line in enumerate(lines):
            if not line.is_file:
                continue
            told, edges = self._causes.file_told(message, position, line, chat)
            yield from edges
            if told.again:
                continue
            if line.attachment or told.call:
                yield self._transfers.told(told)
            unasked = line.attachment is not None and told.call is None and not told.refused
            if unasked and chat.from_start and not history and is_surely(line, message.agent):
                yield from self._judged([FileUnasked(message, told)])

    def _overdue(self, now: Instant) -> Iterator[Derived]:
        for watch in self._watches:
            yield from self._judged(watch.passed(now))
        for transfer, upload in self._transfers.overdue(now, self._channel):
            self._causes.overdue(upload.call)
            yield transfer
            yield from judge(UploadUnanswered(upload.call, self._settings.window_ms))
