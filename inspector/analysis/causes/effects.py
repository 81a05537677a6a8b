"""Which call a line or a change is the effect of, for all operations but those of files (`files.py`, `links.py`).

Joined in the order of the Chat API's own means (web-services-api, section 4.3): `referenceId` where both sides have
one, else what the operation's page says of its notification (`webservices.effects`), within a window.
"""

from collections import deque

from inspector.analysis.causes.cause import REFERENCE_ID, Cause, Claim, Expectation, reference_in
from inspector.analysis.causes.copies import Copies
from inspector.analysis.causes.lines import Lines
from inspector.analysis.channel import Message
from inspector.analysis.chats import is_agents_own, is_customers, is_surely, number_of
from inspector.webservices.effects import VAGUE, Effect
from inspector.webservices.notifications import ChatMessage, ChatStateChange

REMEMBERED = 64
"""Calls whose effects are awaited in one chat; of more than that nobody would know whose an effect is."""
UNCLAIMED = 16
"""Changes that were told before the reply which they refer to."""
CHANGED = "changed"
"""The kind of an edge that rests on a `referenceId` alone."""

Fit = tuple[Expectation, Effect, str]


class Effects:
    """The calls of one chat that have effects still to be told; each effect is told once."""

    def __init__(self, lines: Lines, window_ms: int) -> None:
        self._lines = lines
        self._window = window_ms * 1000
        self._expected: deque[Expectation] = deque(maxlen=REMEMBERED)
        self._referred: dict[tuple[int, str], Expectation] = {}
        self._copies = Copies()
        self._unclaimed: deque[Message] = deque(maxlen=UNCLAIMED)

    def asked(self, expected: Expectation) -> None:
        self._expected.append(expected)

    def answered(self, expected: Expectation, lost: list[Claim]) -> list[Cause]:
        """The reply is there. Refused, it causes nothing any more; what it took wrongly, and what others took that
        refers to it, is looked at again; so are the changes that came before the reply to which they refer.
        """
        if expected.call.refused:
            if expected in self._expected:
                self._expected.remove(expected)
        elif expected.reference:
            self._refer(expected)
            for other in self._expected:
                if other is not expected:
                    lost += other.give_up(lambda claim: expected.refers(claim.message))
        if not lost and not self._unclaimed:
            return []
        again = [claim.message for claim in lost if isinstance(claim.message.notification, ChatStateChange)]
        for message in [one for one in self._unclaimed if expected.refers(one)]:
            self._unclaimed.remove(message)
            again.append(message)
        edges = [edge for claim in lost for edge in self._line_again(claim, expected)]
        again.sort(key=lambda message: not expected.refers(message))
        return edges + [edge for message in again for edge in self._change(message)]

    def line_told(self, message: Message, line: ChatMessage) -> list[Cause]:
        """A line that tells of no file."""
        known = self._lines.known(line)
        if known:
            evidence = "index" if line.index is not None else "line"
            return known.cause.edges(Claim(message, known.kind, evidence, line=line)) if known.cause else []
        if found := self._of_line(message, line):
            expected, effect, evidence = found
            self._lines.remember(line, expected, effect.kind)
            return _take(expected, Claim(message, effect.kind, evidence, effect, line))
        self._lines.remember(line)
        return []

    def history_told(self, message: Message, lines: list[ChatMessage]) -> list[Cause]:
        """A transcript from its begin: its lines are no new events; that it is told is an effect of Accept.

        Unless another's call has just made one of them: whose it is shows when that agent is told.
        """
        for line in lines:
            if not line.is_file and self._lines.known(line) is None:
                found = self._of_line(message, line)
                if found is None or (found[0].call.agent is message.agent and not found[0].call.by_customer):
                    self._lines.remember(line)
        for expected in self._awaited(message):
            if expected.call.agent is message.agent:
                for effect in expected.left:
                    if effect.in_history():
                        return _take(expected, Claim(message, effect.kind, "first lines after it", effect))
        return []

    def change_told(self, message: Message, explained: bool = False) -> list[Cause]:
        """A change is told to each agent by itself: another agent's call is not its cause. `explained`: it is known
        already what it tells of; if it is about a call of these, its `referenceId` says so.
        """
        return [] if self._copies.has(message) else self._change(message, explained)

    def _change(self, message: Message, explained: bool = False) -> list[Cause]:
        change = message.notification
        assert isinstance(change, ChatStateChange)
        reference = reference_in(message)
        if reference and (expected := self._referred.get((number_of(message.agent), reference))):
            for effect in expected.left:
                if effect.in_change(expected.call.body or {}, change):
                    return _take(expected, Claim(message, effect.kind, REFERENCE_ID, effect))
            return expected.edges(Claim(message, CHANGED, REFERENCE_ID))

        if not explained and (found := self._of_change(message, change)):
            expected, effect, why = found
            return _take(expected, Claim(message, effect.kind, why, effect))
        if reference:
            self._unclaimed.append(message)
        return []

    def _of_change(self, message: Message, change: ChatStateChange) -> Fit | None:
        """What a change is the effect of, and the evidence."""
        fits = [
            (expected, effect, why)
            for expected in self._awaited(message)
            if expected.call.agent is message.agent and not expected.contradicts(message)
            for effect in expected.left
            if (why := effect.in_change(expected.call.body or {}, change))
        ]
        return _best(fits) if fits else None

    def _of_line(self, message: Message, line: ChatMessage) -> Fit | None:
        """What a new line is the effect of, and the evidence."""
        fits = [
            (expected, effect, why)
            for expected in self._awaited(message)
            for effect in expected.left
            if (why := effect.in_line(expected.call.body or {}, line)) and _by_the_right_one(effect, expected, line)
        ]
        return _best(fits, line) if fits else None

    def _awaited(self, message: Message) -> list[Expectation]:
        """Those whose window is open; of those that may still lose an effect, none is let go."""
        awaited, kept = [], []
        for one in self._expected:
            is_open = one.awaits(message.at, self._window)
            if one.call.done is None or (one.left and is_open):
                kept.append(one)
                if is_open:
                    awaited.append(one)
        if len(kept) < len(self._expected):
            self._expected = deque(kept, REMEMBERED)
        return awaited

    def _refer(self, expected: Expectation) -> None:
        key = (number_of(expected.call.agent), expected.reference)
        self._referred.pop(key, None)
        self._referred[key] = expected
        if len(self._referred) > REMEMBERED:
            del self._referred[next(iter(self._referred))]

    def _line_again(self, claim: Claim, loser: Expectation) -> list[Cause]:
        if claim.line is None:
            return []
        known = self._lines.known(claim.line)
        if known and known.cause is loser:
            self._lines.forget(claim.line)
        return self.line_told(claim.message, claim.line)


def _best(fits: list[Fit], line: ChatMessage | None = None) -> Fit:
    """The call that fits best: by what is told rather than by its kind alone, one that reached the server rather than
    one whose connection broke, one whose user the line names rather than of an unknown one; then the first."""

    def worse(fit: Fit) -> tuple[bool, bool, bool]:
        call, surely = fit[0].call, line is not None and is_surely(line, fit[0].call.agent)
        return fit[2] in VAGUE, call.error is not None, not surely

    return min(fits, key=worse) if len(fits) > 1 else fits[0]


def _take(expected: Expectation, claim: Claim) -> list[Cause]:
    if claim.effect is not None:
        expected.left.remove(claim.effect)
    return expected.edges(claim)


def _by_the_right_one(effect: Effect, expected: Expectation, line: ChatMessage) -> bool:
    """Whether the line comes from whom the effect demands: the agent itself, or the customer if that is who asked."""
    if not effect.by_caller:
        return True
    return is_customers(line) if expected.call.by_customer else is_agents_own(line, expected.call.agent)
