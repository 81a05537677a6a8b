"""Changes of one chat that are told once more: redelivered, or by another of the same agent's subscriptions."""

from collections import Counter, deque
from dataclasses import dataclass

from inspector.analysis.agents import Agent
from inspector.analysis.causes.cause import reference_in
from inspector.analysis.channel import Message
from inspector.analysis.sameness import digest, told

RECENT = 16
"""Changes that are remembered."""
NEARBY = 10_000_000
"""Microseconds between an event and its copy on another client: one that is away for longer is dropped, with all that
was kept for it (web-services-api, section 12: `maxInterval`)."""


@dataclass(slots=True)
class _Change:
    """What is kept of a change; the messages themselves were a quarter of all objects that an analyst holds."""

    agent: Agent | None
    client_id: str
    reference: str
    mono: int
    digest: bytes | None


class Copies:
    """The changes that were told last."""

    def __init__(self) -> None:
        self._recent: deque[_Change] = deque(maxlen=RECENT)

    def has(self, message: Message) -> bool:
        """Whether this was told to the same agent before; from now on it was.

        What has the `referenceId` of a request and is told in the same words is the same. Without one, only what
        another client was told more often than this one is.
        """
        same = digest(told(message.content["data"]))
        change = _Change(message.agent, message.client_id, reference_in(message), message.at.mono, same)
        found = self._has(change)
        self._recent.append(change)
        return found

    def _has(self, change: _Change) -> bool:
        same = [
            one
            for one in self._recent
            if one.agent is change.agent
            and one.reference == change.reference
            and change.digest
            and one.digest == change.digest
        ]
        if change.reference:
            return bool(same)
        told = Counter(one.client_id for one in same if change.mono - one.mono <= NEARBY)
        here = told.pop(change.client_id, 0)
        return any(there > here for there in told.values())
