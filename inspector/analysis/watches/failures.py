"""Operations that were accepted and then failed: a notification of the kind `Error` tells it (Asynchronous Events)."""

from collections import deque

from inspector.analysis.calls import Call
from inspector.analysis.channel import Message
from inspector.analysis.chats import ERROR
from inspector.analysis.happenings import OperationFailed
from inspector.analysis.watches.watch import Seen, Watch
from inspector.webservices.notifications import ChatStateChange

REMEMBERED = 64
"""Calls, and Errors; more are not under discussion at a time."""


class Failures(Watch):
    """Finds the calls that an Error may be about: of the same agent and chat, accepted within `window_ms` before it.

    An Error that no call of this recording goes before is another tab's: nothing is said of it. One that comes before
    the reply (they travel by two connections) waits for it.
    """

    def __init__(self, window_ms: int) -> None:
        self._window_ms = window_ms
        self._accepted: deque[Call] = deque(maxlen=REMEMBERED)
        self._under_way: dict[int, Call] = {}
        self._early: deque[Message] = deque(maxlen=REMEMBERED)

    def started(self, seen: Seen) -> list[OperationFailed]:
        if seen.call:
            self._under_way[seen.call.number] = seen.call
        return []

    def completed(self, seen: Seen) -> list[OperationFailed]:
        """The Errors that waited for this reply."""
        call = seen.call
        if call is None:
            return []
        self._under_way.pop(call.number, None)
        if call.accepted:
            self._accepted.append(call)
        if not self._early:
            return []
        failed = [
            OperationFailed(message, change, call)
            for message in self._early
            if (change := _error(message)) and call.accepted and self._may_be_about(message, change, call)
        ]
        told = {id(one.message) for one in failed}
        waiting = [one for one in self._early if id(one) not in told and self._waits(one)]
        self._early = deque(waiting, REMEMBERED)
        return failed

    def told(self, message: Message) -> list[OperationFailed]:
        """What the message says to have failed; with the call only if there is no other that it could be about."""
        change = _error(message)
        if change is None:
            return []
        calls = [call for call in self._accepted if self._may_be_about(message, change, call)]
        calls = [call for call in calls if _refers(change, call)] or calls
        if calls:
            return [OperationFailed(message, change, calls[0] if len(calls) == 1 else None)]
        if self._waits(message):
            self._early.append(message)
        return []

    def _waits(self, message: Message) -> bool:
        change = _error(message)
        return change is not None and any(
            self._may_be_about(message, change, call) for call in self._under_way.values()
        )

    def _may_be_about(self, message: Message, change: ChatStateChange, call: Call) -> bool:
        if call.agent is not message.agent or (change.chat_id and change.chat_id != call.chat_id):
            return False
        since = (call.done or call.asked).mono
        return call.asked.mono <= message.at.mono <= since + self._window_ms * 1000


def _error(message: Message) -> ChatStateChange | None:
    change = message.notification
    return change if isinstance(change, ChatStateChange) and change.notification_type == ERROR else None


def _refers(change: ChatStateChange, call: Call) -> bool:
    reference = call.reply.reference_id if call.reply else None
    return reference is not None and change.reference_id is not None and str(reference) == str(change.reference_id)
