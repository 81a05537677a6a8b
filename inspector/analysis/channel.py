"""The notification channel: the Bayeux messages of an exchange, and what is known of each Bayeux client."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from inspector.analysis.agents import Agent
from inspector.analysis.finding import shown
from inspector.analysis.recent import Recent
from inspector.errors import BodyError
from inspector.traffic import bayeux
from inspector.traffic.bayeux import BayeuxError, covers, parse, subscriptions
from inspector.traffic.body import Body
from inspector.traffic.exchange import Exchange, Instant, Request
from inspector.traffic.headers import FORM, Headers
from inspector.traffic.value import value
from inspector.webservices.model import Flaw
from inspector.webservices.notifications import CHATS_TOPIC, MessageLogUpdated, Notification
from inspector.webservices.notifications import parse as parse_notification

CLIENTS = 4096
"""Bayeux clients that are known at once, those that were answered last: few of all ever disconnect."""
FORM_HEADERS = Headers((("Content-Type", FORM),))


@value()
class Message:
    """One Bayeux message of an exchange, at a position in its request ("client") or response ("server").

    For an event on the chats topic, `notification` is its data parsed, or None with the `flaws` that its shape has;
    `at` is when it was delivered.
    """

    exchange: int
    position: int
    direction: Literal["client", "server"]
    channel: str
    client_id: str
    bayeux_id: str
    content: dict[str, Any]
    at: Instant
    agent: Agent | None = None
    notification: Notification | None = None
    flaws: list[Flaw] = field(default_factory=list)
    chat_id: str = ""
    """The chat that it tells of; a field, since whoever is told asks for it."""

    @property
    def is_event(self) -> bool:
        return self.direction == "server" and not self.channel.startswith("/meta/") and "data" in self.content

    @property
    def kind(self) -> str:
        return self.notification.kind if self.notification else ""

    @property
    def document_id(self) -> str:
        """The document of a message that tells of one file."""
        if not isinstance(self.notification, MessageLogUpdated):
            return ""
        sent = [line.attachment.id for line in self.notification.messages if line.is_file and line.attachment]
        return sent[0] if len(sent) == 1 else ""


@dataclass(slots=True)
class Client:
    """A Bayeux client: whose it is, what it subscribed to and when, and its last good answer to a connect.

    `deaf`: when an answer to it was last cut, or came from somebody else; it may have held events.
    """

    agent: Agent | None
    subscribed: dict[str, Instant] = field(default_factory=dict)
    connected: Instant | None = None
    deaf: Instant | None = None

    def heard(self, channel: str, since: Instant, until_mono: int) -> bool:
        """Whether an event on `channel` between `since` and `until_mono` (µs) must have been delivered to it."""
        return (
            self.connected is not None
            and self.connected.mono >= until_mono
            and (self.deaf is None or self.deaf <= since)
            and any(covers(name, channel) and at <= since for name, at in self.subscribed.items())
        )


class Channel:
    """Follows the Bayeux clients of one session."""

    def __init__(self) -> None:
        self.clients: Recent[str, Client] = Recent(CLIENTS)
        self.answers = 0

    def asking(self, exchange: Exchange) -> Agent | None:
        """Whose client sends this, by its clientId alone: for clients that send neither cookies nor names."""
        client_id = _client_id(messages_asked(exchange.request))
        return self.clients[client_id].agent if client_id in self.clients else None

    def delivered(self, exchange: Exchange, agent: Agent | None) -> list[Message]:
        """The messages of a finished exchange, the client's first; learns from them."""
        asked = messages_asked(exchange.request)
        told = _messages(exchange.response.body, exchange.response.headers) if exchange.response else []
        at = exchange.done or exchange.started
        shaken = [message for message in told if message["channel"] == bayeux.HANDSHAKE]
        client_id = _client_id(shaken) or _client_id((*asked, *told))
        for message in told:
            if message["channel"].startswith("/meta/"):
                self._learn(message, client_id, agent, at)
        if (exchange.error is not None or not told) and (client := self.clients.get(client_id)):
            client.deaf = at
        return [
            *_read(asked, "client", exchange, client_id, agent, exchange.started),
            *_read(told, "server", exchange, client_id, agent, at),
        ]

    def heard(self, agent: Agent | None, since: Instant, until_mono: int) -> bool:
        """Whether the agent would have been told of a chat event between `since` and `until_mono` (µs)."""
        return any(
            client.agent is agent and client.heard(CHATS_TOPIC, since, until_mono) for client in self.clients.values()
        )

    def listens(self, agent: Agent | None) -> bool:
        """Whether the agent has a client that chat events go to."""
        return any(
            client.agent is agent and any(covers(name, CHATS_TOPIC) for name in client.subscribed)
            for client in self.clients.values()
        )

    def _learn(self, message: dict[str, Any], client_id: str, agent: Agent | None, at: Instant) -> None:
        match message["channel"], message.get("successful"):
            case bayeux.HANDSHAKE, True if client_id:
                self.clients[client_id] = Client(agent)
            case bayeux.SUBSCRIBE, True if client := self._client(client_id, agent):
                for name in subscriptions(message):
                    client.subscribed.setdefault(name, at)
            case bayeux.UNSUBSCRIBE, True if client := self._client(client_id, agent):
                for name in subscriptions(message):
                    client.subscribed.pop(name, None)
            case bayeux.CONNECT, True if client := self._client(client_id, agent):
                client.connected = at
                self.clients.move_to_end(client_id)
                self.answers += 1
            case bayeux.DISCONNECT | bayeux.CONNECT, _:
                self.clients.pop(client_id, None)

    def _client(self, client_id: str, agent: Agent | None) -> Client | None:
        """The client; one that shook hands before the recording began is met here first."""
        return self.clients.setdefault(client_id, Client(agent)) if client_id else None


def _client_id(messages: Iterable[dict[str, Any]]) -> str:
    """The first clientId that messages name; empty if they name none that could be one."""
    return next((name for message in messages if isinstance(name := message.get("clientId"), str)), "")


def _id_of(message: dict[str, Any]) -> str:
    """Its id as text; a value that is none may be nested too deeply for `str`."""
    named = message.get("id", "")
    return str(named) if isinstance(named, (str, int)) else shown(named)


def messages_asked(request: Request) -> list[dict[str, Any]]:
    """The messages of a request; callback-polling sends them in the query of a GET (Bayeux specification 6.4.3)."""
    if request.method == "GET":
        return _messages(Body.of(request.query.encode("latin-1", "replace")), FORM_HEADERS)
    return _messages(request.body, request.headers)


def _messages(body: Body, headers: Headers) -> list[dict[str, Any]]:
    """The Bayeux messages of a body; none if it holds something else (a refusal in HTML, an answer cut short)."""
    try:
        return parse(body.decoded(), headers.media_type)
    except (BodyError, BayeuxError):
        return []


def _read(
    messages: list[dict[str, Any]],
    direction: Literal["client", "server"],
    exchange: Exchange,
    client_id: str,
    agent: Agent | None,
    at: Instant,
) -> Iterator[Message]:
    for position, content in enumerate(messages):
        notification: Notification | None = None
        flaws: list[Flaw] = []
        if direction == "server" and content["channel"] == CHATS_TOPIC and "data" in content:
            notification, flaws = parse_notification(content["data"])
        yield Message(
            exchange.number,
            position,
            direction,
            content["channel"],
            client_id,
            _id_of(content),
            content,
            at,
            agent,
            notification,
            flaws,
            notification.chat_id if notification else "",
        )
