"""Events that a Bayeux client is told again: by a redelivery, or by two subscriptions that both cover them.

An acknowledgement that got lost makes the server repeat what it said (CometD, acknowledge extension). What merely looks
the same is no redelivery: somebody types again, a transcript is told to whoever joins, another tab is told as well.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from inspector.analysis.calls import ACCEPT
from inspector.analysis.channel import CLIENTS, Message
from inspector.analysis.chats import number_of
from inspector.analysis.happenings import OfMessage
from inspector.analysis.recent import Recent
from inspector.analysis.sameness import digest, told
from inspector.analysis.watches.watch import Seen, Watch
from inspector.webservices.notifications import ChatStateChange, MessageLogUpdated
from inspector.webservices.routes import Resource

EVENTS = 64
"""Of one client; what is repeated was told just before."""

_Name = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class ToldAgain(OfMessage):
    """An event that its client was told before, in the exchange `first`."""

    first: int


class Redeliveries(Watch):
    """Remembers of each client the last events that can be told from others that look the same."""

    def __init__(self) -> None:
        self._told: Recent[str, Recent[_Name, int]] = Recent(CLIENTS)
        self._joins: Recent[int, int] = Recent(CLIENTS)
        """By the agent's number, how often it joined chats: after that it is told what may have been told before."""

    def started(self, seen: Seen) -> tuple[()]:
        call = seen.call
        if call and (call.operation == ACCEPT or seen.route.resource is Resource.SUPERVISION):
            number = number_of(seen.agent)
            self._joins[number] = self._joins.get(number, 0) + 1
        return ()

    def told(self, message: Message) -> Iterable[ToldAgain]:
        notification = message.notification
        if notification is None or not message.client_id:
            return ()
        told, joins = self._by(message), self._joins.get(number_of(message.agent), 0)
        if joins and isinstance(notification, MessageLogUpdated):
            history = ("history", joins, message.chat_id)
            if history not in told:
                told[history] = message.exchange
                return ()
        event = _event(message)
        if event is None:
            return ()
        first = told.get((joins, event))
        if first is not None:
            return (ToldAgain(message, first),)
        told[joins, event] = message.exchange
        return ()

    def _by(self, message: Message) -> Recent[_Name, int]:
        """What the message's client was told."""
        told = self._told.get(message.client_id)
        if told is None:
            told = self._told[message.client_id] = Recent(EVENTS)
        return told


def _event(message: Message) -> bytes | None:
    """What is equal for the same event only; None if another one could look the same."""
    data = message.content["data"]
    if _is_unique(message.notification):
        return digest(told(data), in_order=True)  # what is sent again was not made again
    metrics = data.get("metrics")
    made = metrics.get("eventProcessing") if isinstance(metrics, dict) else None
    return digest(data, in_order=True) if isinstance(made, dict) and made.get("serverGenerationTimestamp") else None


def _is_unique(notification: object) -> bool:
    """Whether it bears a number that no other event of its chat has: a line's, its file's, or that of a request."""
    match notification:
        case MessageLogUpdated(messages=[line]):
            return line.index is not None or bool(line.attachment and line.attachment.file_id)
        case ChatStateChange():
            return notification.reference_id is not None
    return False
