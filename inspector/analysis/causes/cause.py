"""The edge from a call to a notification that it brought about, and the call while such edges may still come."""

from collections.abc import Callable
from dataclasses import dataclass, field

from inspector.analysis.calls import Call
from inspector.analysis.channel import Message
from inspector.analysis.chats import number_of
from inspector.traffic.exchange import Instant
from inspector.traffic.value import value
from inspector.webservices.attachments import LinkedFile
from inspector.webservices.effects import Effect
from inspector.webservices.notifications import ChatMessage, ChatStateChange

DOCUMENT_ID = "documentId"
REFERENCE_ID = "referenceId"


@value()
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


@value()
class Claim:
    """A message that is taken for the call's doing: for one of its effects, by a line or by a file in a list."""

    message: Message
    kind: str
    evidence: str
    effect: Effect | None = None
    line: ChatMessage | None = None
    file: LinkedFile | None = None


@dataclass(slots=True, eq=False)
class Expectation:
    """A call whose effects are awaited: `left` are those that were not told yet."""

    call: Call
    left: list[Effect] = field(default_factory=list)
    reference: str = ""
    """The `referenceId` of its reply as text; empty while there is none. Few replies have one (section 4.3)."""
    _told: set[tuple[str, int]] = field(default_factory=set)
    _waiting: list[Claim] = field(default_factory=list)

    def awaits(self, at: Instant, window: int) -> bool:
        """Whether what is told then may be its doing: asked before, and answered no longer ago than the window (µs)."""
        return self.call.asked <= at and (self.call.done is None or at.mono <= self.call.done.mono + window)

    def refers(self, message: Message) -> bool:
        """Whether the message is about this very request; the numbers are those of one agent's session."""
        return bool(self.reference) and self.call.agent is message.agent and self.reference == reference_in(message)

    def contradicts(self, message: Message) -> bool:
        """Whether the message is about a request of the same agent, and that is another one."""
        told = reference_in(message) if self.reference and self.call.agent is message.agent else ""
        return bool(told) and self.reference != told

    def has_told(self, kind: str, message: Message) -> bool:
        """Whether the message's agent has an edge of this kind."""
        return (kind, number_of(message.agent)) in self._told

    def edges(self, claim: Claim) -> list[Cause]:
        """The edge to a message, once a kind for each agent that is told; kept back until the call's reply is there."""
        if self.call.refused or self.has_told(claim.kind, claim.message):
            return []
        self._told.add((claim.kind, number_of(claim.message.agent)))
        if self.call.done is None:
            self._waiting.append(claim)
            return []
        return [self._edge(claim)]

    def answered(self, call: Call) -> tuple[list[Cause], list[Claim]]:
        """The reply is there: the edges that waited for it, and what shows now to be none of its doing."""
        self.call = call
        reference = call.reply.reference_id if call.reply else None
        self.reference = "" if reference is None else str(reference)
        if not self._waiting:
            return [], []
        lost = self.give_up(
            lambda claim: call.refused or self.contradicts(claim.message) or _is_another_file(call, claim)
        )
        kept, self._waiting = self._waiting, []
        return [self._edge(claim) for claim in kept], lost

    def give_up(self, which: Callable[[Claim], bool]) -> list[Claim]:
        """The messages that wait for the reply and are not its doing; what they were taken for is awaited again."""
        lost = [claim for claim in self._waiting if which(claim)]
        for claim in lost:
            self._waiting.remove(claim)
            self._told.discard((claim.kind, number_of(claim.message.agent)))
            if claim.effect is not None:
                self.left.append(claim.effect)
        return lost

    def closed(self) -> list[Cause]:
        """The edges of a call whose reply never came."""
        return [self._edge(claim) for claim in self._waiting]

    def _edge(self, claim: Claim) -> Cause:
        call, at, evidence = self.call, claim.message.at, claim.evidence
        if evidence != DOCUMENT_ID and self.refers(claim.message):
            evidence = REFERENCE_ID
        wait_ms = (at.mono - call.asked.mono) / 1000
        lag_ms = (at.mono - call.done.mono) / 1000 if call.done and call.error is None else None
        return Cause(call.number, claim.message.exchange, claim.message.position, claim.kind, evidence, wait_ms, lag_ms)


def reference_in(message: Message) -> str:
    """The `referenceId` of a change as text; empty if there is none."""
    change = message.notification
    if not isinstance(change, ChatStateChange) or change.reference_id is None:
        return ""
    return str(change.reference_id)


def _is_another_file(call: Call, claim: Claim) -> bool:
    """Whether the reply told the id of the document, and the list shows another one."""
    return claim.file is not None and bool(call.document_id) and claim.file.id != call.document_id
