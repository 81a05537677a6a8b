"""A Bayeux server without I/O: batches of messages and the time go in, replies and held polls come out.

No clock, no socket, no task; ids come from the injected `new_id`. A client's life:

    state         its connect              an event       its other requests  cut or deadline  hand-over ends
    ------------  -----------------------  -------------  ------------------  ---------------  --------------
    fresh         answered at once: idle   queued         take the events b)  -                -
    idle          takes the events b)      queued         take the events b)  -                -
                  or is held: holding
    holding       ends the older poll      poll is ready  take the events b)  idle             -
                  empty; then as idle      to be taken
    handing over  held behind it           queued         carry no events     poll ends empty  a)
    forgotten     402, or 402 for good c)  refused        402                 -                nothing

    a) delivered: the events are forgotten, with acknowledgements kept until the client names them; lost: they go back
       in front; a poll that is held behind becomes ready.  b) Now they are handing over. One hand-over of events at a
       time for a client: what came back after a later event had arrived would be out of order.

Sources: Bayeux specification 1.0, and CometD's server, read from 2.9 to 8.0:
- events precede the replies in their array (issue 473 asks for the reverse), a handshake's reply brings none (529), the
  other messages of a connect's batch are handled at once (559) and answered with it;
- 402 brings advice with a connect only: in another reply `handshake` would meet a successful connect, which stops the
  JavaScript client (2057);
- acknowledge extension: events ride with connects only, each has a batch number, the next connect names the last one
  processed, later ones are sent again. A poll that a newer one has ended has no number: arriving after the newer one's
  reply, it must not acknowledge that (511).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from inspector.traffic import bayeux
from inspector.traffic.bayeux import Message

CONNECTION_TYPES = ("long-polling", "callback-polling")


@dataclass(frozen=True, slots=True)
class Event:
    """Something to tell one client; numbers grow in the order of publishing."""

    number: int
    message: Message


@dataclass(frozen=True, slots=True)
class Reply:
    """One request's answer, ready to be handed over; afterwards say `delivered` or `lost`."""

    number: int
    client_id: str | None
    messages: tuple[Message, ...]
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """A request that waits because its connect does; to be taken when it is ready, at the latest at its deadline."""

    poll: int
    client_id: str
    deadline_ms: int


@dataclass(slots=True)
class _Client:
    id: str
    acks: bool
    last_ack: int = 0
    connected: bool = False
    disconnected: bool = False
    subscriptions: list[str] = field(default_factory=list)
    queue: list[Event] = field(default_factory=list)
    sent: tuple[Event, ...] = ()
    handing_over: int | None = None
    poll: "_Poll | None" = None

    @property
    def deliverable(self) -> bool:
        return bool(self.queue) and self.handing_over is None

    def settle(self, *, arrived: bool) -> None:
        if not arrived:
            self.queue = [*self.sent, *self.queue]
        self.sent, self.handing_over = (), None


@dataclass(slots=True)
class _Poll:
    number: int
    client: _Client
    replies: list[Message]
    superseded: bool = False


class Comet:
    """The server's side of all Bayeux sessions at one address. They never expire by time."""

    def __init__(self, *, new_id: Callable[[], str], timeout_ms: int = 30_000, interval_ms: int = 0) -> None:
        self._new_id = new_id
        self._advice: Message = {"reconnect": "retry", "interval": interval_ms, "timeout": timeout_ms}
        self._clients: dict[str, _Client] = {}
        self._replaced: set[str] = set()
        self._polls: dict[int, _Poll] = {}
        self._wakes: list[int] = []
        self._numbers = count(1)

    @property
    def clients(self) -> tuple[str, ...]:
        """Who shook hands and is not forgotten, oldest first."""
        return tuple(self._clients)

    def subscriptions(self, client_id: str) -> tuple[str, ...]:
        """What the client is subscribed to, wildcards as it named them."""
        client = self._clients.get(client_id)
        return tuple(client.subscriptions) if client else ()

    def covers(self, client_id: str, channel: str) -> bool:
        """Whether one of the client's subscriptions delivers the channel."""
        return any(bayeux.covers(subscription, channel) for subscription in self.subscriptions(client_id))

    def holding(self, client_id: str) -> bool:
        """Whether a poll of the client is held."""
        client = self._clients.get(client_id)
        return client is not None and client.poll is not None

    def receive(self, messages: Sequence[Message], now_ms: int) -> Reply | Held:
        """One request's batch: answered, or held whole because its connect must wait. It speaks for one client."""
        for message in messages:
            if message["channel"] == bayeux.HANDSHAKE:
                return self._handshake(message)  # "MUST ignore any other message sent in the same request"
        client = next((sender for message in messages if (sender := self._sender(message))), None)
        replies: list[Message] = []
        patience: list[int] = []
        for message in messages:
            sender = self._sender(message)
            if sender is None:
                replies.append(self._unknown(message))
            elif sender is not client:
                replies.append(_answer(message, "403::A request speaks for one client"))
            elif message["channel"] != bayeux.CONNECT:
                replies.append(self._command(sender, message))
            elif message.get("connectionType") not in CONNECTION_TYPES:
                replies.append(_answer(message, "400::A connect names its connectionType"))
            else:
                patience.append(self._patience(sender, message))
                replies.append(self._connect(sender, message))
        if client is None:
            return Reply(next(self._numbers), None, tuple(replies))
        if client.disconnected or client.deliverable or not min(patience, default=0):
            return self._reply(client, replies)
        poll = _Poll(next(self._numbers), client, replies)
        client.poll = self._polls[poll.number] = poll
        return Held(poll.number, client.id, now_ms + min(patience))

    def publish(self, client_id: str, channel: str, data: Any, *, id: str | None = None) -> Event | None:
        """Queue an event for one client; None if it is not known or not subscribed."""
        if not self.covers(client_id, channel):
            return None
        client = self._clients[client_id]
        message = {"channel": channel, "data": data} | ({} if id is None else {"id": id})
        event = Event(next(self._numbers), message)
        client.queue.append(event)
        self._wake(client)
        return event

    def wakes(self) -> list[int]:
        """The polls that have become ready since the last call. Some other reply may have been faster: ask `ready`."""
        wakes, self._wakes = self._wakes, []
        return wakes

    def ready(self, poll: int) -> bool:
        """Whether a held poll has a reason to end before its deadline."""
        held = self._polls[poll]
        return held.superseded or held.client.deliverable or self._clients.get(held.client.id) is not held.client

    def take(self, poll: int) -> Reply:
        """End a held poll, with what is queued or empty."""
        held = self._polls[poll]
        self.gone(poll)
        return self._reply(held.client, held.replies, superseded=held.superseded)

    def gone(self, poll: int) -> None:
        """The client has cut a held poll. Nothing was taken, so nothing is lost."""
        held = self._polls.pop(poll)
        if held.client.poll is held:
            held.client.poll = None

    def delivered(self, reply: Reply) -> None:
        """The reply was handed over: its events are forgotten, or wait for their acknowledgement."""
        client = self._clients.get(reply.client_id or "")
        if client and client.handing_over == reply.number:
            client.handing_over = None
            if not client.acks:
                client.settle(arrived=True)
            self._wake(client)

    def lost(self, reply: Reply) -> None:
        """The client was gone before the hand-over: the reply's events go back in front."""
        client = self._clients.get(reply.client_id or "")
        if client and client.handing_over == reply.number:
            client.settle(arrived=False)
            self._wake(client)

    def expire(self, client_id: str, *, replaced: bool = False) -> tuple[Event, ...]:
        """Forget a client, its poll ends empty; what is queued for it. Its messages get 402, for good if `replaced`."""
        if (client := self._clients.pop(client_id, None)) is None:
            return ()
        self._replaced.update([client_id] if replaced else [])
        queued, client.queue = tuple(client.queue), []
        self._wake(client)
        return queued

    def _handshake(self, message: Message) -> Reply:
        terms = {"version": "1.0", "minimumVersion": "1.0", "supportedConnectionTypes": list(CONNECTION_TYPES)}
        offered = message.get("supportedConnectionTypes")
        # The specification demands the member; CometD's server takes its absence for consent.
        if isinstance(offered, list) and not any(connection_type in offered for connection_type in CONNECTION_TYPES):
            refusal = _answer(message, "403::No connection type in common")
            return Reply(next(self._numbers), None, (refusal | terms | {"advice": {"reconnect": "none"}},))
        client = _Client(self._new_id(), acks=_inner(message, "ext", "ack") is True)
        self._clients[client.id] = client
        reply = _answer(message) | terms | {"clientId": client.id, "advice": dict(self._advice)}
        return Reply(next(self._numbers), client.id, (reply | ({"ext": {"ack": True}} if client.acks else {}),))

    def _connect(self, client: _Client, message: Message) -> Message:
        if client.poll:
            client.poll.superseded = True
            self._wake(client)
            client.poll = None  # it stays among the polls until the driver takes it
        if client.acks:
            # The client knows best what it has processed, even while a hand-over is open.
            ack = _inner(message, "ext", "ack")
            client.settle(arrived=isinstance(ack, int | float) and ack >= client.last_ack)
        reply = _answer(message)
        # A client that sends advice may have forgotten ours, for instance by a reload.
        if not client.connected or "advice" in message:
            reply["advice"] = dict(self._advice)
        client.connected = True
        return reply

    def _patience(self, client: _Client, message: Message) -> int:
        asked = _inner(message, "advice", "timeout")
        most: int = self._advice["timeout"] if client.connected else 0
        return max(0, min(int(asked), most)) if isinstance(asked, int | float) else most

    def _command(self, client: _Client, message: Message) -> Message:
        channel = message["channel"]
        if channel in (bayeux.SUBSCRIBE, bayeux.UNSUBSCRIBE):
            names = bayeux.subscriptions(message)
            if not names or not all(name.startswith("/") for name in names):
                return _answer(message, "403::A subscription names channels")
            others = [name for name in client.subscriptions if name not in names]
            client.subscriptions = [*others, *names] if channel == bayeux.SUBSCRIBE else others
        elif channel == bayeux.DISCONNECT:
            client.disconnected = True
            del self._clients[client.id]
            self._wake(client)
        elif channel.startswith("/meta/") or not channel.startswith("/"):
            return _answer(message, "404::Unknown channel")
        return _answer(message)

    def _reply(self, client: _Client, replies: list[Message], *, superseded: bool = False) -> Reply:
        number = next(self._numbers)
        connects = [reply for reply in replies if reply["channel"] == bayeux.CONNECT and reply["successful"]]
        if client.acks and connects and not superseded:
            client.last_ack += 1
            connects[-1]["ext"] = {"ack": client.last_ack}
        if client.disconnected and connects:
            connects[-1]["advice"] = {"reconnect": "none"}
        if superseded or not client.deliverable or (client.acks and not connects):
            return Reply(number, client.id, tuple(replies))
        events, client.queue = tuple(client.queue), []
        client.sent, client.handing_over = events, number
        return Reply(number, client.id, (*(event.message for event in events), *replies), events)

    def _sender(self, message: Message) -> _Client | None:
        return self._clients.get(str(message.get("clientId")))

    def _unknown(self, message: Message) -> Message:
        reconnect = "none" if str(message.get("clientId")) in self._replaced else "handshake"
        advice = {"advice": {"reconnect": reconnect, "interval": 0}} if message["channel"] == bayeux.CONNECT else {}
        return _answer(message, "402::Unknown client") | advice

    def _wake(self, client: _Client) -> None:
        if client.poll and self.ready(client.poll.number):
            self._wakes.append(client.poll.number)


def _answer(message: Message, error: str = "") -> Message:
    """A reply to one message: it echoes what the client knows it by."""
    echo = {name: message[name] for name in ("id", "channel", "subscription") if message.get(name) is not None}
    return echo | ({"successful": False, "error": error} if error else {"successful": True})


def _inner(message: Message, name: str, member: str) -> Any:
    value = message.get(name)
    return value.get(member) if isinstance(value, dict) else None
