"""Which call brought a notification about: by chat, document and evidence, never by time alone.

The API gives no id to join on (`referenceId` is mostly absent), so a cause must have started before its notification
was delivered, concern the same chat, and be named by what the notification tells: the document of a file, or an
attachment that is new in the list. The notification may come before the reply (lag below zero): then the edge waits.
"""

from collections import defaultdict
from dataclasses import dataclass

from inspector.analysis.calls import LINK, UPLOAD, Call
from inspector.analysis.channel import Message
from inspector.analysis.chats import Chat, is_agents_own, known_line, number_of, remember
from inspector.webservices.attachments import LinkedFile
from inspector.webservices.notifications import ChatMessage


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


@dataclass(frozen=True, slots=True)
class FileTold:
    """A line that says a file was sent; `call` is the upload that it belongs to; `again`: the line was told before.

    `refused`: no upload is left that it could belong to, but one of this document was asked for, and refused.
    """

    message: Message
    position: int
    line: ChatMessage
    call: Call | None
    again: bool
    refused: bool


@dataclass(frozen=True, slots=True)
class LinkTold:
    """An attachment that is new in a chat's list, and the call that linked it, if it is in the recording."""

    message: Message
    file: LinkedFile
    call: Call | None


class Causes:
    """Finds the causes of one session's notifications."""

    def __init__(self) -> None:
        self._calls: dict[int, Call] = {}
        self._uploads: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        self._links: defaultdict[str, list[int]] = defaultdict(list)
        self._linked: dict[tuple[str, str], int] = {}
        self._refused: set[tuple[str, str]] = set()
        self._late: set[int] = set()
        self._told: set[tuple[int, int]] = set()
        self._waiting: defaultdict[int, list[tuple[Cause, Message]]] = defaultdict(list)

    def asked(self, call: Call) -> None:
        """From now on the call may have effects."""
        if call.operation == UPLOAD and call.document_id:
            self._uploads[call.chat_id, call.document_id].append(call.number)
        elif call.operation == LINK:
            self._links[call.chat_id].append(call.number)
        else:
            return
        self._calls[call.number] = call

    def answered(self, call: Call) -> list[Cause]:
        """The call is over: refused, it causes nothing any more; its edges that waited for the reply are complete."""
        if call.number not in self._calls:
            return []
        self._calls[call.number] = call
        if call.refused:
            if call.operation == UPLOAD:
                self._refused.add((call.chat_id, call.document_id))
            for candidates in (self._uploads[call.chat_id, call.document_id], self._links[call.chat_id]):
                if call.number in candidates:
                    candidates.remove(call.number)
        return [_edge(call, message, edge.kind, edge.evidence) for edge, message in self._waiting.pop(call.number, [])]

    def overdue(self, call: Call) -> None:
        """Its window is over: a line that names nothing is not about it any more; one that names it still is."""
        self._late.add(call.number)

    def file_told(self, message: Message, position: int, line: ChatMessage, chat: Chat) -> tuple[FileTold, list[Cause]]:
        """Which upload a `file-uploaded` line belongs to; a line told again belongs where it did."""
        known = known_line(line, chat)
        if known is None:
            call = self._take_upload(chat.id, line)
            remember(line, chat, call.number if call else None)
        else:
            call = self._calls.get(known.call or 0)
        edges = self._edges(call, message, "uploaded", "documentId" if line.attachment else "the only one under way")
        document_id = line.attachment.id if line.attachment else ""
        refused = call is None and (chat.id, document_id) in self._refused
        return FileTold(message, position, line, call, known is not None, refused), edges

    def links_told(
        self, message: Message, files: list[LinkedFile], before: set[str]
    ) -> tuple[list[LinkTold], list[Cause]]:
        """Which calls linked the attachments that were not in the list `before`."""
        told, edges = [], []
        for file in files:
            key = (message.chat_id, file.id)
            if file.id not in before:
                call, evidence = self._take_link(message.chat_id, file)
                told.append(LinkTold(message, file, call))
                if call:
                    self._linked[key] = call.number
                    edges += self._edges(call, message, "linked", evidence)
            elif key in self._linked:
                edges += self._edges(self._calls[self._linked[key]], message, "linked", "documentId")
        return told, edges

    def _take_upload(self, chat_id: str, line: ChatMessage) -> Call | None:
        """The upload that a line is about. A line that names no attachment (GW302) is about the only one there is."""
        if line.attachment is not None:
            candidates = self._uploads[chat_id, line.attachment.id]
            own = [number for number in candidates if is_agents_own(line, self._calls[number].agent)]
            return self._take(candidates, own[0] if own else None)
        open_ = [
            (key, number)
            for key, numbers in self._uploads.items()
            for number in numbers
            if key[0] == chat_id and number not in self._late
        ]
        own = [number for _, number in open_ if is_agents_own(line, self._calls[number].agent)]
        return self._take(self._uploads[open_[0][0]], own[0]) if len(open_) == len(own) == 1 else None

    def _take_link(self, chat_id: str, file: LinkedFile) -> tuple[Call | None, str]:
        candidates = self._links[chat_id]
        number = next((n for n in candidates if self._calls[n].document_id == file.id), None)
        if number is not None:
            return self._take(candidates, number), "documentId"
        number = next((n for n in candidates if _carries(self._calls[n], file)), None)
        return self._take(candidates, number), "name and size"

    def _take(self, candidates: list[int], number: int | None) -> Call | None:
        if number is None:
            return None
        candidates.remove(number)
        return self._calls[number]

    def _edges(self, call: Call | None, message: Message, kind: str, evidence: str) -> list[Cause]:
        """The edge to a message, once for each agent that is told; kept back until the call's reply is there."""
        told = (call.number if call else 0, number_of(message.agent))
        if call is None or told in self._told:
            return []
        self._told.add(told)
        edge = _edge(call, message, kind, evidence)
        if call.done is None:
            self._waiting[call.number].append((edge, message))
            return []
        return [edge]

    def close(self) -> list[Cause]:
        """The edges of calls whose reply never came."""
        return [edge for edges in self._waiting.values() for edge, _ in edges]


def _carries(call: Call, file: LinkedFile) -> bool:
    """Whether a new document's upload is this attachment: its id is not told in the reply (Chat API, AddAttachment)."""
    part = call.file
    return bool(part and not call.document_id and part.filename == file.name and part.body.size == file.bytes)


def _edge(call: Call, message: Message, kind: str, evidence: str) -> Cause:
    wait_ms = (message.at.mono - call.asked.mono) / 1000
    lag_ms = (message.at.mono - call.done.mono) / 1000 if call.done and call.error is None else None
    return Cause(call.number, message.exchange, message.position, kind, evidence, wait_ms, lag_ms)
