"""Accepted uploads whose notification is still to come, and when it is too late for that."""

from collections import deque
from dataclasses import dataclass

from inspector.analysis.calls import Call
from inspector.analysis.channel import Channel
from inspector.analysis.chats import number_of
from inspector.traffic.exchange import Instant

PATIENCE = 600_000_000
"""How long after its window (µs) an upload waits for a sign that its agent listened: no poll takes longer."""


@dataclass(frozen=True, slots=True)
class Upload:
    """An accepted UploadFile that its notification is awaited for until `deadline` (µs, monotonic)."""

    call: Call
    deadline: int


class Awaiting:
    """`window_ms` begins with the reply; a notification that comes later is late, but still the one."""

    def __init__(self, window_ms: int) -> None:
        self._window = window_ms * 1000
        self._awaited: dict[int, Call] = {}
        self._queue: deque[Upload] = deque()
        self._silent: list[Upload] = []
        self._judged = 0

    def accepted(self, call: Call) -> None:
        assert call.done is not None
        self._awaited[call.number] = call
        self._queue.append(Upload(call, call.done.mono + self._window))

    def told(self, number: int | None) -> None:
        """Nothing is awaited of this upload any more."""
        if number is not None:
            self._awaited.pop(number, None)

    def overdue(self, now: Instant, channel: Channel) -> list[Call]:
        """The uploads whose window is over although their agent would have been told (asked at every event)."""
        due: list[Upload] = []
        if channel.answers != self._judged:  # only a good answer to a connect can tell more than was known
            due, self._silent, self._judged = self._silent, [], channel.answers
        while self._queue and self._queue[0].deadline <= now.mono:
            due.append(self._queue.popleft())
        over: list[Call] = []
        listen: dict[int, bool] = {}  # of many uploads of one agent it is asked once
        for upload in due:
            if upload.call.number not in self._awaited:
                continue
            agent = upload.call.agent
            if number_of(agent) not in listen:
                listen[number_of(agent)] = channel.listens(agent)
            if listen[number_of(agent)] and _would_have_heard(upload, channel):
                over.append(self._awaited.pop(upload.call.number))
            elif now.mono <= upload.deadline + PATIENCE:
                self._silent.append(upload)
        return over

    def of(self, document_id: str) -> list[Call]:
        """The uploads of a document that are awaited, in whatever chat."""
        return [call for call in self._awaited.values() if call.document_id == document_id]

    def forgotten(self, numbers: set[int]) -> None:
        """Nobody will know of what is still awaited of these uploads."""
        if self._awaited.keys() & numbers:
            self._awaited = {number: call for number, call in self._awaited.items() if number not in numbers}
            self._silent = [upload for upload in self._silent if upload.call.number in self._awaited]


def _would_have_heard(upload: Upload, channel: Channel) -> bool:
    assert upload.call.done is not None
    return channel.heard(upload.call.agent, upload.call.done, upload.deadline)
