"""Changes of one chat that are told once more: redelivered, or by another of the same agent's subscriptions."""

from collections import Counter, deque
from hashlib import blake2b

import orjson

from inspector.analysis.causes.cause import reference_in
from inspector.analysis.channel import Message

RECENT = 16
"""Changes that are remembered."""
NEARBY = 10_000_000
"""Microseconds between an event and its copy on another client: one that is away for longer is dropped, with all that
was kept for it (web-services-api, section 12: `maxInterval`)."""


class Copies:
    """The changes that were told last."""

    def __init__(self) -> None:
        self._recent: deque[Message] = deque(maxlen=RECENT)

    def has(self, message: Message) -> bool:
        """Whether this was told to the same agent before; from now on it was.

        What has the `referenceId` of a request and is told in the same words is the same. Without one, only what
        another client was told more often than this one is.
        """
        reference = reference_in(message)
        others = [
            one
            for one in self._recent
            if one.agent is message.agent and (reference or one.client_id != message.client_id)
        ]
        found = bool(others) and self._is_among(message, reference)
        self._recent.append(message)
        return found

    def _is_among(self, message: Message, reference: str) -> bool:
        digest = _digest(message)
        same = [
            one
            for one in self._recent
            if one.agent is message.agent and reference_in(one) == reference and digest and _digest(one) == digest
        ]
        if reference:
            return bool(same)
        told = Counter(one.client_id for one in same if message.at.mono - one.at.mono <= NEARBY)
        here = told.pop(message.client_id, 0)
        return any(there > here for there in told.values())


def _digest(message: Message) -> bytes:
    """Equal for equal data; `metrics` differ with every delivery. Empty for what cannot be compared."""
    data = {name: value for name, value in message.content["data"].items() if name != "metrics"}
    try:
        return blake2b(orjson.dumps(data, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()
    except orjson.JSONEncodeError:
        return b""
