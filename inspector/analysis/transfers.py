"""The life of one file in one chat: linked, uploaded, notified, downloaded; and what about it is worth judging.

asked ── refused
  │
accepted ── (window over, and the agent would have been told) ── lost
  │   └──── (recording over, or nobody listened) ── undecided
sent ── downloads          received (a customer's) ── downloads
"""

from collections import deque
from dataclasses import dataclass, replace
from enum import StrEnum

from inspector.analysis.calls import Call
from inspector.analysis.causes import FileTold, LinkTold
from inspector.analysis.channel import Channel
from inspector.traffic.exchange import Instant
from inspector.webservices.attachments import SentFile


class State(StrEnum):
    """Where a transfer stands."""

    LINKED = "linked"
    REMOVED = "removed"
    ASKED = "asked"
    REFUSED = "refused"
    ACCEPTED = "accepted"
    SENT = "sent"
    RECEIVED = "received"
    LOST = "lost"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Transfer:
    """One document in one chat. `linked_by` and `uploaded_by` are calls; `notified_by` is a message.

    `size` is in bytes, as the API declares it; `seen_size` and `sha256` are of the bytes that crossed the wire.
    """

    number: int
    chat_id: str
    document_id: str
    direction: str = "agent"
    agent: int | None = None
    file_id: str = ""
    name: str = ""
    mime: str = ""
    size: int | None = None
    seen_size: int | None = None
    sha256: str = ""
    linked_by: int | None = None
    uploaded_by: int | None = None
    notified_by: tuple[int, int] | None = None
    downloads: int = 0
    state: State = State.LINKED


@dataclass(frozen=True, slots=True)
class Upload:
    """An accepted UploadFile that its notification is awaited for until `deadline` (µs, monotonic)."""

    call: Call
    deadline: int


class Transfers:
    """The transfers of one session."""

    def __init__(self, window_ms: int) -> None:
        self._window = window_ms * 1000
        self._transfers: dict[tuple[str, str], Transfer] = {}
        self._by_document: dict[str, Transfer] = {}
        self._awaited: dict[int, Call] = {}
        self._queue: deque[Upload] = deque()
        self._silent: list[Upload] = []
        self._judged = 0
        self._notified: set[int] = set()

    def uploading(self, call: Call) -> Transfer:
        """An UploadFile is under way."""
        before = self._of(call.chat_id, call.document_id)
        state = before.state if before.state is State.SENT else State.ASKED
        return self._keep(replace(before, agent=_number(call), uploaded_by=call.number, state=state))

    def upload_answered(self, call: Call) -> Transfer:
        """Its reply is there. If its notification was first, nothing is awaited any more."""
        transfer = self._of(call.chat_id, call.document_id)
        state = transfer.state
        if call.accepted and call.number not in self._notified:
            assert call.done is not None
            self._awaited[call.number] = call
            self._queue.append(Upload(call, call.done.mono + self._window))
        if state is not State.SENT and (call.accepted or call.refused):
            state = State.REFUSED if call.refused else State.ACCEPTED
        return self._keep(replace(transfer, agent=_number(call), state=state))

    def linked(self, told: LinkTold) -> Transfer:
        """A document is in the chat's list of attachments."""
        transfer = self._of(told.message.chat_id, told.file.id)
        call, file = told.call, told.file
        transfer = replace(
            transfer,
            name=file.name or transfer.name,
            mime=file.mime or transfer.mime,
            size=file.bytes if file.bytes is not None else transfer.size,
            linked_by=call.number if call else transfer.linked_by,
            agent=_number(call) if call else transfer.agent,
            state=State.LINKED if transfer.state is State.REMOVED else transfer.state,
        )
        if call and call.file:
            body = call.file.body
            transfer = replace(transfer, seen_size=body.size, sha256=body.sha256)
        return self._keep(transfer)

    def removed(self, call: Call) -> Transfer | None:
        """A RemoveAttachment was accepted; a file that was sent already stays sent."""
        transfer = self._transfers.get((call.chat_id, call.document_id))
        if transfer is None or transfer.state is not State.LINKED:
            return None
        return self._keep(replace(transfer, state=State.REMOVED))

    def told(self, told: FileTold) -> Transfer:
        """A `file-uploaded` line, the first time it is told."""
        line = told.line
        document_id = told.call.document_id if told.call else line.attachment.id if line.attachment else ""
        file = line.attachment or SentFile(id=document_id)
        transfer = self._of(told.message.chat_id, document_id)
        customer = line.sender is not None and line.sender.type == "Customer"
        if told.call:
            self._notified.add(told.call.number)
            self._awaited.pop(told.call.number, None)
        return self._keep(
            replace(
                transfer,
                direction="customer" if customer else "agent",
                file_id=file.file_id or "",
                name=file.name or transfer.name,
                size=file.bytes if file.bytes is not None else transfer.size,
                notified_by=(told.message.exchange, told.message.position),
                state=State.RECEIVED if customer else State.SENT,
            )
        )

    def downloaded(self, call: Call) -> Transfer | None:
        """A file's content was fetched; with a whole answer its digest is known."""
        key = (call.chat_id, call.document_id)
        transfer = self._transfers.get(key) if call.chat_id else self._by_document.get(call.document_id)
        if transfer is None or call.status is None or call.status >= 400:
            return None
        seen = {"seen_size": call.size, "sha256": call.sha256} if call.sha256 else {}
        return self._keep(replace(transfer, downloads=transfer.downloads + 1, **seen))  # type: ignore[arg-type]

    def overdue(self, now: Instant, channel: Channel) -> list[tuple[Transfer, Upload]]:
        """The uploads whose window is over although their agent would have been told (asked at every event)."""
        due: list[Upload] = []
        if channel.answers != self._judged:  # only a good answer to a connect can tell more than was known
            due, self._silent, self._judged = self._silent, [], channel.answers
        while self._queue and self._queue[0].deadline <= now.mono:
            due.append(self._queue.popleft())
        over: list[Upload] = []
        for upload in due:
            if upload.call.number in self._awaited:
                (over if _would_have_heard(upload, channel) else self._silent).append(upload)
        for upload in over:
            del self._awaited[upload.call.number]
        return [
            (self._end(self._of(upload.call.chat_id, upload.call.document_id), State.LOST), upload) for upload in over
        ]

    def close(self) -> list[Transfer]:
        """The recording is over: what is still asked or awaited stays undecided."""
        open_ = [one for one in self._transfers.values() if one.state in (State.ASKED, State.ACCEPTED)]
        return [self._end(transfer, State.UNDECIDED) for transfer in open_]

    def _end(self, transfer: Transfer, state: State) -> Transfer:
        return self._keep(replace(transfer, state=transfer.state if transfer.state is State.SENT else state))

    def _of(self, chat_id: str, document_id: str) -> Transfer:
        found = self._transfers.get((chat_id, document_id))
        return found or Transfer(len(self._transfers) + 1, chat_id, document_id)

    def _keep(self, transfer: Transfer) -> Transfer:
        self._transfers[transfer.chat_id, transfer.document_id] = transfer
        self._by_document[transfer.document_id] = transfer
        return transfer


def _would_have_heard(upload: Upload, channel: Channel) -> bool:
    assert upload.call.done is not None
    return channel.heard(upload.call.agent, upload.call.done, upload.deadline)


def _number(call: Call) -> int | None:
    return call.agent.number if call.agent else None
