"""The edge from a call to a notification that it brought about, and the call while such edges may still come."""

from dataclasses import dataclass, field

from inspector.analysis.calls import Call
from inspector.analysis.channel import Message
from inspector.analysis.chats import number_of
from inspector.webservices.effects import Effect
from inspector.webservices.notifications import ChatStateChange


@dataclass(frozen=True, slots=True)
class Cause:
    """The edge from a call to a message (exchange, position). Milliseconds: `lag_ms` from the reply's end (below zero:
    the notification was first; None: there was no reply), `wait_ms` from the request's start."""

    call: int
    exchange: int
    position: int
    kind: str
    evidence: str
    wait_ms: float
    lag_ms: float | None = None


@dataclass(slots=True, eq=False)
class Expectation:
    """A call whose effects are awaited: `left` are those that were not told yet."""

    call: Call
    left: list[Effect] = field(default_factory=list)
    _told: set[tuple[str, int]] = field(default_factory=set)
    _waiting: list[tuple[Cause, Message]] = field(default_factory=list)

    @property
    def reference(self) -> str:
        """The `referenceId` of its reply as text; empty while there is none. Few replies have one (section 4.3)."""
        reference = self.call.reply.reference_id if self.call.reply else None
        return "" if reference is None else str(reference)

    def edges(self, message: Message, kind: str, evidence: str) -> list[Cause]:
        """The edge to a message, once a kind for each agent that is told; kept back until the call's reply is there."""
        told = (kind, number_of(message.agent))
        if told in self._told:
            return []
        self._told.add(told)
        edge = _edge(self.call, message, kind, evidence)
        if self.call.done is None:
            self._waiting.append((edge, message))
            return []
        return [edge]

    def answered(self, call: Call) -> list[Cause]:
        """The reply is there, and the edges that waited for it are complete; but for those to another request's."""
        self.call = call
        waiting, self._waiting = self._waiting, []
        return [
            _edge(call, message, edge.kind, edge.evidence)
            for edge, message in waiting
            if not contradicts(self.reference, message)
        ]

    def closed(self) -> list[Cause]:
        """The edges of a call whose reply never came."""
        return [edge for edge, _ in self._waiting]


def reference_in(message: Message) -> str:
    """The `referenceId` of a change as text; empty if there is none."""
    change = message.notification
    if not isinstance(change, ChatStateChange) or change.reference_id is None:
        return ""
    return str(change.reference_id)


def contradicts(reference: str, message: Message) -> bool:
    """Whether the message is about a request, and that is another one."""
    told = reference_in(message)
    return bool(reference and told and reference != told)


def _edge(call: Call, message: Message, kind: str, evidence: str) -> Cause:
    wait_ms = (message.at.mono - call.asked.mono) / 1000
    lag_ms = (message.at.mono - call.done.mono) / 1000 if call.done and call.error is None else None
    return Cause(call.number, message.exchange, message.position, kind, evidence, wait_ms, lag_ms)
