"""Agents that ask for what only notifications tell, while none of their Bayeux clients would be told."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from inspector.analysis.agents import Agent
from inspector.analysis.calls import Call
from inspector.analysis.channel import CLIENTS, Message
from inspector.analysis.happenings import OfCall
from inspector.analysis.recent import Recent
from inspector.analysis.watches.watch import Seen, Watch
from inspector.traffic import bayeux
from inspector.traffic.bayeux import covers, subscriptions
from inspector.traffic.exchange import Instant
from inspector.webservices.notifications import CHATS_TOPIC

SWITCHED_PROTOCOLS = 101


@dataclass(frozen=True, slots=True)
class Unheard(OfCall):
    """An accepted call, `window_ms` after which its agent's only client, `client_id`, does not listen to chats."""

    client_id: str
    subscribed: tuple[str, ...]
    window_ms: int


@dataclass(slots=True)
class _Client:
    """`subscribed`: what it asked for and was not refused, even if it took it back: who does that is about to leave.

    `shaken`: its handshake is in the recording, so nothing of it is unknown.
    """

    agent: Agent | None
    shaken: bool = False
    connected: bool = False
    subscribed: dict[str, None] = field(default_factory=dict)

    def may_hear(self) -> bool:
        return any(covers(name, CHATS_TOPIC) for name in self.subscribed)


class Listening(Watch):
    """Looks, `window_ms` after a call was accepted, who would be told of it: clients subscribe in any order.

    Nothing is said if there may be a client of whom the messages do not tell: another tab's, one of a user without a
    name, one that shook hands before the recording began, or one on a WebSocket.
    """

    def __init__(self, window_ms: int) -> None:
        self._window_ms = window_ms
        self._clients: Recent[str, _Client] = Recent(CLIENTS)
        self._waiting: deque[Call] = deque()
        self._agents: set[int] = set()
        """Of whom a call waits, or something was said."""
        self._sees_all = True

    def completed(self, seen: Seen) -> tuple[()]:
        call, response = seen.call, seen.exchange.response
        if response and response.status == SWITCHED_PROTOCOLS:
            self._sees_all = False
        if call and call.agent and call.chat_id and call.accepted and call.agent.number not in self._agents:
            self._agents.add(call.agent.number)
            self._waiting.append(call)
        return ()

    def told(self, message: Message) -> tuple[()]:
        if message.channel == CHATS_TOPIC:
            client = self._clients.get(message.client_id)
            if (client is None or CHATS_TOPIC not in client.subscribed) and message.is_event:
                self._of(message).subscribed[CHATS_TOPIC] = None  # whatever it asked for, it is told
        elif message.channel.startswith("/meta/") and message.client_id:
            self._learn(message)
        return ()

    def passed(self, now: Instant) -> Iterable[Unheard]:
        due = now.mono - self._window_ms * 1000
        return self._due(due) if self._waiting and _done(self._waiting[0]) <= due else ()

    def _due(self, mono: int) -> Iterator[Unheard]:
        while self._waiting and _done(self._waiting[0]) <= mono:
            call = self._waiting.popleft()
            assert call.agent
            if self._sees_all and (found := self._deaf(call.agent)):
                yield Unheard(call, found, tuple(self._clients[found].subscribed), self._window_ms)
            else:
                self._agents.discard(call.agent.number)

    def _deaf(self, agent: Agent) -> str:
        """The agent's only client, if it surely is told nothing of chats; else empty."""
        mine = [name for name, client in self._clients.items() if _may_be(client.agent, agent)]
        if len(mine) != 1:
            return ""
        client = self._clients[mine[0]]
        sure = client.agent is agent and client.shaken and client.connected
        return mine[0] if sure and not client.may_hear() else ""

    def _learn(self, message: Message) -> None:
        if message.direction == "client":
            if message.channel == bayeux.SUBSCRIBE:
                self._of(message).subscribed.update(dict.fromkeys(subscriptions(message.content)))
            return
        match message.channel, message.content.get("successful"):
            case bayeux.CONNECT, True:
                self._of(message).connected = True
                self._clients.move_to_end(message.client_id)
            case bayeux.CONNECT | bayeux.DISCONNECT, _:
                self._clients.pop(message.client_id, None)
            case bayeux.SUBSCRIBE, False:
                for name in subscriptions(message.content):
                    self._of(message).subscribed.pop(name, None)
            case bayeux.SUBSCRIBE, True:
                self._of(message).subscribed.update(dict.fromkeys(subscriptions(message.content)))
            case bayeux.HANDSHAKE, True:
                self._clients[message.client_id] = _Client(message.agent, shaken=True)

    def _of(self, message: Message) -> _Client:
        client = self._clients.get(message.client_id)
        if client is None:
            client = self._clients[message.client_id] = _Client(message.agent)
        return client


def _done(call: Call) -> int:
    return (call.done or call.asked).mono


def _may_be(one: Agent | None, other: Agent) -> bool:
    """Whether both may be the same user: its events are told to all of its clients."""
    if one is None or one is other:
        return True
    if one.user_id and other.user_id:
        return one.user_id == other.user_id
    return not (one.user_name and other.user_name) or one.user_name == other.user_name
