"""The transfers of one session: each step of a file's life, and what about it a rule may mind."""

from collections import deque
from collections.abc import Iterator
from dataclasses import replace

from inspector.analysis.calls import Call
from inspector.analysis.causes import FileTold, LinkTold
from inspector.analysis.channel import Channel
from inspector.analysis.chats import Chat, is_agents_own, is_surely, number_of
from inspector.analysis.happenings import (
    FileChanged,
    Happening,
    LinkedInVain,
    SentThoughRefused,
    UploadAsked,
    UploadRepeated,
    UploadUnanswered,
)
from inspector.analysis.transfers.awaiting import Awaiting
from inspector.analysis.transfers.lives import Lives
from inspector.analysis.transfers.transfer import PENDING, UNSENT, Fetch, State, Step, Transfer, after
from inspector.analysis.transfers.unasked import Unasked
from inspector.traffic.exchange import Instant
from inspector.webservices.attachments import SentFile

ENDED_AT_ONCE = 16
"""Transfers: of a chat that is let go there may be thousands, and somebody waits for what comes next."""

AWAITED = PENDING | {State.UNDECIDED, State.LOST}
"""States of an upload that may be told of yet."""

Told = Transfer | Fetch | Happening


class Transfers:
    """Follows files by chat and document."""

    def __init__(self, window_ms: int) -> None:
        self._window_ms = window_ms
        self._awaiting = Awaiting(window_ms)
        self._unasked = Unasked(window_ms)
        self._lives = Lives()
        self._asked: dict[int, tuple[Call, Transfer]] = {}
        self._early: dict[int, FileTold] = {}
        self._links: dict[int, Call] = {}
        self._ending: deque[Transfer] = deque()

    def asked(self, call: Call, chat: Chat) -> Iterator[Told]:
        """An UploadFile is under way."""
        ended = chat.ended.get(call.agent.number) if call.agent else None  # of nobody known, nobody knows who it was
        yield UploadAsked(call, chat.may_have(call.document_id), chat.from_start, ended)
        before = self._lives.last(call.chat_id, call.document_id)
        if before is None:
            before = self._lives.new(call.chat_id, call.document_id)
        elif before.state not in UNSENT:
            if before.state in PENDING | {State.SENT}:
                yield UploadRepeated(call, before.uploaded_by, before.state is State.SENT)
            before = self._lives.once_more(before)
        transfer = replace(before, agent=_number(call), uploaded_by=call.number, state=after(before.state, Step.ASK))
        self._asked[call.number] = call, transfer
        yield self._lives.keep(transfer)

    def answered(self, call: Call) -> Iterator[Told]:
        """The reply to an UploadFile. If its notification was first, nothing is awaited any more."""
        _, transfer = self._asked.pop(call.number, (call, None))
        if transfer is None:
            return
        transfer, told = self._lives.now(transfer), self._early.pop(call.number, None)
        if call.accepted and told is None:
            self._awaiting.accepted(call)
        elif told is None:
            yield from self._unasked.settled(call)
        step = Step.ACCEPT if call.accepted else Step.REFUSE if call.refused else Step.BREAK
        transfer = replace(transfer, agent=_number(call))
        if call.refused and told is not None:
            if other := self._other_of(transfer):
                yield self._lives.keep(
                    replace(transfer, file_id="", notified_by=None, state=after(State.ASKED, Step.REFUSE))
                )
                yield from self._sent(told, other)
                return
            if is_surely(told.line, call.agent):
                yield SentThoughRefused(told.message, told, call)
        yield self._lives.keep(replace(transfer, state=after(transfer.state, step)))

    def linked(self, told: LinkTold) -> Transfer:
        """A document is new in the chat's list of attachments."""
        call, file, chat_id = told.call, told.file, told.message.chat_id
        transfer = self._lives.last(chat_id, file.id) or self._lives.new(chat_id, file.id)
        if call and transfer.state not in UNSENT | PENDING and not _goes_before(call, transfer):
            transfer = self._lives.once_more(transfer)
        elif call is None and transfer.state is State.REMOVED:
            transfer = replace(transfer, linked_by=None, agent=None)
        transfer = replace(
            transfer,
            name=file.name or transfer.name,
            mime=file.mime or transfer.mime,
            size=file.bytes if file.bytes is not None else transfer.size,
            linked_by=call.number if call else transfer.linked_by,
            state=after(transfer.state, Step.LINK),
        )
        if call and transfer.state is State.LINKED:
            transfer = replace(transfer, agent=_number(call))
            self._links[transfer.number] = call
        if call and call.file:
            body = call.file.body
            transfer = replace(transfer, seen_size=body.size, sha256=body.sha256)
        return self._lives.keep(transfer)

    def removed(self, call: Call) -> Iterator[Told]:
        """A RemoveAttachment was accepted, or nobody knows; a file that was sent already stays sent."""
        transfer = self._lives.last(call.chat_id, call.document_id)
        if transfer is None or transfer.state is not State.LINKED:
            return
        self._links.pop(transfer.number, None)
        if call.accepted:
            yield self._lives.keep(replace(transfer, state=after(transfer.state, Step.REMOVE)))

    def told(self, told: FileTold, chat: Chat, history: bool) -> Iterator[Told]:
        """A `file-uploaded` line; in the `history` of a chat, told to whoever accepts, it may be of any time."""
        line, call = told.line, told.call
        if line.attachment is None and call is None:
            return
        if told.again:
            yield from self._unasked.heard(told, chat) if call is None and not history else ()
            return
        if call is not None:
            if not history:
                self._unasked.told(told, call)
            yield from self._unasked.settled(call)
            transfer = self._lives.uploaded_by(call.number, chat.id, call.document_id)
            yield from self._sent(told, transfer or self._lives.new(chat.id, call.document_id))
            return
        assert line.attachment is not None
        if not history:
            yield from self._unasked.judged(told, chat, self._elsewhere(line.attachment.id, chat.id))
        yield from self._sent(told, self._of_line(told, chat.id, line.attachment.id))

    def downloaded(self, call: Call) -> Iterator[Told]:
        """A file's content was fetched; with a whole answer its digest is known."""
        transfer = self._lives.fetched(call.chat_id, call.document_id)
        if transfer is None or call.status is None or call.status >= 400:
            return
        seen = {"seen_size": call.size, "sha256": call.sha256} if call.sha256 else {}
        yield self._lives.keep(replace(transfer, downloads=transfer.downloads + 1, **seen))  # type: ignore[arg-type]
        yield Fetch(transfer.number, call.number)

    def over(self, chat: Chat, agent: int) -> Iterator[Told]:
        """An agent was told that the chat is completed for it: if it is for all, what was not sent never will be."""
        if not chat.is_completed_by(agent):
            return
        for transfer in self._lives.linked(chat.id):
            if link := self._links.pop(transfer.number, None):
                yield LinkedInVain(link, transfer.document_id)

    def overdue(self, now: Instant, channel: Channel) -> Iterator[Told]:
        """Windows that are over by `now` (asked at every event)."""
        for call in self._awaiting.overdue(now, channel):
            elsewhere = self._unasked.lost(call)
            if transfer := self._lives.uploaded_by(call.number, call.chat_id, call.document_id):
                step = Step.END if elsewhere else Step.LOSE  # it was sent, though not where it should be
                yield self._lives.keep(replace(transfer, state=after(transfer.state, step)))
            yield elsewhere or UploadUnanswered(call, self._window_ms)

    def forgotten(self, chat_id: str) -> None:
        """The chat is not known any more: what is still awaited there stays undecided."""
        lives = self._lives.forgotten(chat_id)
        uploads = {one.uploaded_by for one in lives if one.uploaded_by is not None}
        self._awaiting.forgotten(uploads)
        self._unasked.forgotten(chat_id, uploads)
        for number in uploads:
            self._asked.pop(number, None)
            self._early.pop(number, None)
        for transfer in lives:
            self._links.pop(transfer.number, None)
        self._ending.extend(_ended(lives))

    def ending(self) -> list[Transfer]:
        """Those of chats that were forgotten, bit by bit."""
        return [self._ending.popleft() for _ in range(min(ENDED_AT_ONCE, len(self._ending)))]

    def close(self) -> list[Transfer]:
        """The recording is over: what is still asked or awaited stays undecided."""
        return [*self._ending, *_ended(self._lives.all())]

    def _sent(self, told: FileTold, before: Transfer) -> Iterator[Told]:
        """A life's line is told."""
        line, call = told.line, told.call
        file = line.attachment or SentFile(id=before.document_id)
        customer = line.sender is not None and line.sender.type == "Customer"
        if call and line.attachment and before.linked_by is not None and before.state is not State.SENT:
            yield FileChanged(told.message, told, before.name, before.size, before.mime)
        if before.uploaded_by in self._asked:
            self._early[before.uploaded_by] = told
        elif before.state is State.ACCEPTED or before.state is State.LOST:
            self._awaiting.told(before.uploaded_by)
        yield self._lives.keep(
            replace(
                before,
                direction="customer" if customer else "agent",
                agent=before.agent if call else _sender(told),
                file_id=file.file_id or "",
                name=file.name or before.name,
                size=file.bytes if file.bytes is not None else before.size,
                notified_by=(told.message.exchange, told.message.position),
                state=after(before.state, Step.RECEIVE if customer else Step.TELL),
            )
        )

    def _of_line(self, told: FileTold, chat_id: str, document_id: str) -> Transfer:
        """The life that a line is told of which no upload is left for: the last if it was not sent yet, else a new one.

        What was refused to one is not sent by another.
        """
        last = self._lives.last(chat_id, document_id)
        if last is None:
            return self._lives.new(chat_id, document_id)
        refused = told.refused.agent if told.refused else None
        if last.state in UNSENT and (last.state is not State.REFUSED or is_agents_own(told.line, refused)):
            return last
        return self._lives.once_more(last)

    def _other_of(self, refused: Transfer) -> Transfer | None:
        """The life that a line was of, if not of the upload which it was first taken for, but is refused.

        One that nobody is sure of may never have reached the server: those that did come first.
        """
        others = [
            one
            for one in self._lives.of(refused.chat_id, refused.document_id)
            if one.number != refused.number and one.state in AWAITED and one.agent == refused.agent
        ]
        return min(others, key=lambda one: one.state is State.UNDECIDED, default=None)

    def _elsewhere(self, document_id: str, chat_id: str) -> list[Call]:
        """The uploads of a document whose notification is still to come, in other chats."""
        under_way = [call for call, _ in self._asked.values() if call.number not in self._early]
        calls = [call for call in under_way if call.document_id == document_id] + self._awaiting.of(document_id)
        return [call for call in calls if call.chat_id != chat_id]


def _ended(lives: list[Transfer]) -> list[Transfer]:
    return [replace(one, state=after(one.state, Step.END)) for one in lives if one.state in PENDING]


def _goes_before(link: Call, transfer: Transfer) -> bool:
    """Whether the list of attachments is only late: its link was asked for before the upload."""
    return transfer.uploaded_by is not None and link.number < transfer.uploaded_by


def _sender(told: FileTold) -> int | None:
    """Whose file it is that no upload of this recording asked for: the agent's who is told, from another session."""
    return number_of(told.message.agent) if is_surely(told.line, told.message.agent) else None


def _number(call: Call) -> int | None:
    return call.agent.number if call.agent else None
