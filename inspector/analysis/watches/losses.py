"""Bayeux sessions that the server forgot while their clients still used them (Bayeux specification, error 402)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from inspector.analysis.agents import Agent
from inspector.analysis.calls import LOGOUT
from inspector.analysis.channel import CLIENTS, Message, messages_asked
from inspector.analysis.chats import number_of
from inspector.analysis.happenings import OfExchange
from inspector.analysis.recent import Recent
from inspector.analysis.watches.watch import Seen, Watch
from inspector.traffic import bayeux
from inspector.traffic.exchange import Exchange
from inspector.webservices.routes import Resource

UNKNOWN_CLIENT = "402"


@dataclass(frozen=True, slots=True)
class SessionLost(OfExchange):
    """A Bayeux client that was known is told that it is unknown; before that it was silent for `silent_ms`."""

    message: Message
    silent_ms: float

    @property
    def place(self) -> tuple[int, int | None]:
        return self.message.exchange, self.message.position


@dataclass(slots=True)
class _Client:
    """`last`: when it last asked or was answered (µs); `silent`: for how long it had not when `exchange` began."""

    agent: Agent | None
    last: int
    exchange: int = 0
    silent: int = 0
    leaves: bool = False


class Losses(Watch):
    """Knows the clients that had a good handshake or connect in this recording.

    Who takes its leave, by a disconnect or a logout, is soon unknown, and may hear so by another connection: that is no
    loss from the moment of that request on.
    """

    def __init__(self) -> None:
        self._clients: Recent[str, _Client] = Recent(CLIENTS)
        self._logging_out: Recent[int, None] = Recent(CLIENTS)
        self._exchange: Exchange | None = None

    def started(self, seen: Seen) -> tuple[()]:
        if seen.call and seen.call.operation == LOGOUT and seen.agent:
            self._logging_out[seen.agent.number] = None
        request = seen.exchange.request
        if seen.route.resource is Resource.CHANNEL and _may_disconnect(request.body.content, request.query):
            for message in messages_asked(request):
                if message["channel"] == bayeux.DISCONNECT and (client := self._known(message.get("clientId"))):
                    client.leaves = True
        return ()

    def completed(self, seen: Seen) -> tuple[()]:
        if seen.call and seen.call.operation == LOGOUT and seen.call.refused and seen.agent:
            self._logging_out.pop(seen.agent.number, None)
        if seen.route.resource is Resource.CHANNEL:
            self._exchange = seen.exchange
            if seen.exchange.error is not None:  # until now it waited for an answer
                for message in messages_asked(seen.exchange.request):
                    if client := self._known(message.get("clientId")):
                        client.last = max(client.last, (seen.exchange.done or seen.exchange.started).mono)
        return ()

    def told(self, message: Message) -> Iterable[SessionLost]:
        if message.direction == "client":
            self._asks(message)
        elif message.channel == bayeux.DISCONNECT:
            self._clients.pop(message.client_id, None)
        elif "successful" in message.content:
            if message.content["successful"] is True:
                self._answered(message)
            elif _says_unknown(message.content) and message.channel != bayeux.HANDSHAKE:
                return self._lost(message)
        return ()

    def _lost(self, message: Message) -> Iterable[SessionLost]:
        client = self._clients.pop(message.client_id, None)
        if client and self._exchange and self._exchange.error is None and not self._leaves(client, message.agent):
            return (SessionLost(self._exchange, message, client.silent / 1000),)
        return ()

    def _asks(self, message: Message) -> None:
        client = self._clients.get(message.client_id)
        if client is None or client.exchange == message.exchange:
            return
        client.exchange, client.silent = message.exchange, max(0, message.at.mono - client.last)
        client.last = max(client.last, message.at.mono)

    def _answered(self, message: Message) -> None:
        client = self._clients.get(message.client_id)
        if client is not None and message.channel != bayeux.HANDSHAKE:
            client.last = max(client.last, message.at.mono)
            self._clients.move_to_end(message.client_id)
        elif message.client_id and message.channel in (bayeux.HANDSHAKE, bayeux.CONNECT):
            self._clients[message.client_id] = _Client(message.agent, message.at.mono)

    def _leaves(self, client: _Client, agent: Agent | None) -> bool:
        whose = client.agent or agent
        return client.leaves or number_of(whose) in self._logging_out or bool(whose and whose.over)

    def _known(self, client_id: Any) -> _Client | None:
        return self._clients.get(client_id) if isinstance(client_id, str) else None


def _may_disconnect(body: bytes | None, query: str) -> bool:
    """Whether it is worth reading: most requests are polls."""
    return b"disconnect" in (body or b"") or "disconnect" in query


def _says_unknown(content: dict[str, Any]) -> bool:
    """Any other failure (a refusal, a second tab that shall wait) leaves the session as it is."""
    if content.get("successful") is not False:
        return False
    error, advice = content.get("error"), content.get("advice")
    if isinstance(error, str) and error.startswith(UNKNOWN_CLIENT):
        return True
    return isinstance(advice, dict) and advice.get("reconnect") == "handshake"
