"""Which call a line or a change is the effect of, for all operations but those of files (`files.py`, `links.py`).

Joined in the order of the Chat API's own means (web-services-api, section 4.3): `referenceId` where both sides have
one, else what the operation's page says of its notification (`webservices.effects`).
"""

from collections import deque
from hashlib import blake2b

import orjson

from inspector.analysis.causes.cause import Cause, Expectation, contradicts, reference_in
from inspector.analysis.causes.lines import Lines
from inspector.analysis.channel import Message
from inspector.analysis.chats import is_agents_own, is_customers
from inspector.webservices.effects import Effect
from inspector.webservices.notifications import ChatMessage, ChatStateChange

REMEMBERED = 64
"""Calls whose effects are awaited in one chat; of more than that nobody would know whose an effect is."""
RECENT = 16
"""Changes that may be told once more by an overlapping subscription, or before the reply that refers to them."""
CHANGED = "changed"
"""The kind of an edge that rests on a `referenceId` alone."""


class Effects:
    """The calls of one chat that have effects still to be told; each effect is told once."""

    def __init__(self, lines: Lines, window_ms: int) -> None:
        self._lines = lines
        self._window = window_ms * 1000
        self._expected: deque[Expectation] = deque(maxlen=REMEMBERED)
        self._told: deque[tuple[bytes, Message]] = deque(maxlen=RECENT)
        self._unclaimed: deque[Message] = deque(maxlen=RECENT)

    def asked(self, expected: Expectation) -> None:
        self._expected.append(expected)

    def refused(self, expected: Expectation) -> None:
        """It causes nothing any more."""
        if expected in self._expected:
            self._expected.remove(expected)

    def answered(self, expected: Expectation) -> list[Cause]:
        """The changes that came before the reply which they refer to."""
        if not expected.reference:
            return []
        referring = [
            message
            for message in self._unclaimed
            if reference_in(message) == expected.reference
            and expected.call.agent is message.agent
            and expected.call.asked <= message.at
        ]
        for message in referring:
            self._unclaimed.remove(message)
        return [edge for message in referring for edge in expected.edges(message, CHANGED, "referenceId")]

    def line_told(self, message: Message, line: ChatMessage) -> list[Cause]:
        """A line that tells of no file."""
        known = self._lines.known(line)
        if known:
            return known.cause.edges(message, known.kind, "index") if known.cause else []
        if found := self._effect(message, line):
            expected, effect, evidence = found
            self._lines.remember(line, expected, effect.kind)
            return self._take(expected, effect, message, evidence)
        self._lines.remember(line)
        return []

    def history_told(self, message: Message, lines: list[ChatMessage]) -> list[Cause]:
        """A transcript from its begin: its lines are no new events; that it is told is an effect of Accept.

        Unless another agent's call has just made one of them: whose it is shows when that agent is told.
        """
        for line in lines:
            if not line.is_file and self._lines.known(line) is None and self._effect(message, line) is None:
                self._lines.remember(line)
        for expected in self._awaited(message):
            if expected.call.agent is message.agent:
                for effect in expected.left:
                    if effect.in_history():
                        return self._take(expected, effect, message, "first lines after it")
        return []

    def change_told(self, message: Message, change: ChatStateChange) -> list[Cause]:
        """A change is told to each agent by itself: another agent's call is not its cause."""
        awaited = [
            one
            for one in self._awaited(message)
            if one.call.agent is message.agent and not contradicts(one.reference, message)
        ]
        reference = reference_in(message)
        awaited.sort(key=lambda one: not (reference and one.reference == reference))  # stable: those come first
        for expected in awaited:
            for effect in expected.left:
                if evidence := effect.in_change(expected.call.body or {}, change):
                    if self._is_told_again(message):
                        return []
                    referred = bool(reference) and expected.reference == reference
                    return self._take(expected, effect, message, "referenceId" if referred else evidence)
            if reference and expected.reference == reference:
                return expected.edges(message, CHANGED, "referenceId")
        if reference:
            self._unclaimed.append(message)
        return []

    def _effect(self, message: Message, line: ChatMessage) -> tuple[Expectation, Effect, str] | None:
        """What a new line is the effect of, and the evidence."""
        for expected in self._awaited(message):
            asked = expected.call.body or {}
            for effect in expected.left:
                if (evidence := effect.in_line(asked, line)) and _by_the_right_one(effect, expected, line):
                    return expected, effect, evidence
        return None

    def _awaited(self, message: Message) -> list[Expectation]:
        """Those whose window is open."""
        if not self._expected:
            return []
        self._expected = deque(
            (
                one
                for one in self._expected
                if one.left and (one.call.done is None or message.at.mono <= one.call.done.mono + self._window)
            ),
            REMEMBERED,
        )
        return list(self._expected)

    def _take(self, expected: Expectation, effect: Effect, message: Message, evidence: str) -> list[Cause]:
        expected.left.remove(effect)
        return expected.edges(message, effect.kind, evidence)

    def _is_told_again(self, message: Message) -> bool:
        """Whether the same agent was told the same by another of its subscriptions; else it is remembered."""
        digest = _digest(message)
        if any(
            digest == before and other.agent is message.agent and other.client_id != message.client_id
            for before, other in self._told
        ):
            return True
        self._told.append((digest, message))
        return False


def _by_the_right_one(effect: Effect, expected: Expectation, line: ChatMessage) -> bool:
    """Whether the line comes from whom the effect demands: the agent itself, or the customer if that is who asked."""
    if not effect.by_caller:
        return True
    return is_customers(line) if expected.call.by_customer else is_agents_own(line, expected.call.agent)


def _digest(message: Message) -> bytes:
    """Equal for equal data; `metrics` differ with every delivery."""
    data = {name: value for name, value in message.content["data"].items() if name != "metrics"}
    try:
        return blake2b(orjson.dumps(data, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()
    except orjson.JSONEncodeError:
        return b""
