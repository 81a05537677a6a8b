"""The transfers of one session: each step of a file's life, and what about it a rule may mind."""

from collections.abc import Iterator
from dataclasses import replace

from inspector.analysis.calls import Call
from inspector.analysis.causes import FileTold, LinkTold
from inspector.analysis.channel import Channel
from inspector.analysis.chats import Chat, is_agents_own, is_surely, number_of
from inspector.analysis.happenings import (
    FileChanged,
    FileElsewhere,
    FileToldAgain,
    FileUnasked,
    Happening,
    LinkedInVain,
    SentThoughRefused,
    UploadAsked,
    UploadRepeated,
    UploadUnanswered,
)
from inspector.analysis.transfers.awaiting import Awaiting
from inspector.analysis.transfers.transfer import UNSENT, State, Step, Transfer, after
from inspector.traffic.exchange import Instant
from inspector.webservices.attachments import SentFile

PENDING = frozenset({State.ASKED, State.ACCEPTED})

Told = Transfer | Happening


class Transfers:
    """Follows files by chat and document; the last life of a document in a chat is the one that goes on."""

    def __init__(self, window_ms: int) -> None:
        self._window_ms = window_ms
        self._awaiting = Awaiting(window_ms)
        self._chats: dict[str, dict[str, list[Transfer]]] = {}
        self._by_document: dict[str, tuple[str, str]] = {}
        self._asked: dict[int, Transfer] = {}
        self._links: dict[int, Call] = {}
        self._count = 0

    def asked(self, call: Call, chat: Chat) -> Iterator[Told]:
        """An UploadFile is under way."""
        yield UploadAsked(call, call.document_id in chat.linked, chat.from_start, chat.ended.get(number_of(call.agent)))
        before = self._last(call.chat_id, call.document_id)
        if before is None:
            before = self._new(call.chat_id, call.document_id)
        elif before.state not in UNSENT:
            if before.direction == "agent" and before.state in PENDING | {State.SENT}:
                yield UploadRepeated(call, before.uploaded_by, before.state is State.SENT)
            before = self._once_more(before)
        yield self._asks(call, replace(before, agent=_number(call), uploaded_by=call.number))

    def answered(self, call: Call) -> Iterator[Told]:
        """The reply to an UploadFile. If its notification was first, nothing is awaited any more."""
        transfer = self._asked.pop(call.number, None)
        if transfer is None:
            return
        transfer = self._now(transfer)
        told = transfer.state is State.SENT
        if call.accepted and not told:
            self._awaiting.accepted(call)
        if call.refused and told and transfer.notified_by:
            yield SentThoughRefused(call, transfer.notified_by)
        step = Step.ACCEPT if call.accepted else Step.REFUSE if call.refused else Step.BREAK
        yield self._keep(replace(transfer, agent=_number(call), state=after(transfer.state, step)))

    def linked(self, told: LinkTold) -> Transfer:
        """A document is new in the chat's list of attachments."""
        call, file = told.call, told.file
        transfer = self._last(told.message.chat_id, file.id) or self._new(told.message.chat_id, file.id)
        if call and transfer.state not in UNSENT | PENDING:
            transfer = self._once_more(transfer)
        transfer = replace(
            transfer,
            name=file.name or transfer.name,
            mime=file.mime or transfer.mime,
            size=file.bytes if file.bytes is not None else transfer.size,
            linked_by=call.number if call else transfer.linked_by,
            agent=_number(call) if call else transfer.agent,
            state=after(transfer.state, Step.LINK),
        )
        if call and call.file:
            body = call.file.body
            transfer = replace(transfer, seen_size=body.size, sha256=body.sha256)
        if call:
            self._links[transfer.number] = call
        return self._keep(transfer)

    def removed(self, call: Call) -> Iterator[Told]:
        """A RemoveAttachment was accepted; a file that was sent already stays sent."""
        transfer = self._last(call.chat_id, call.document_id)
        if transfer and transfer.state is State.LINKED:
            yield self._keep(replace(transfer, state=after(transfer.state, Step.REMOVE)))

    def told(self, told: FileTold, chat: Chat, history: bool) -> Iterator[Told]:
        """A `file-uploaded` line, the first time it is told; in the `history` of a chat it may be of any time."""
        line, call = told.line, told.call
        if told.again or (line.attachment is None and call is None):
            return
        document_id = call.document_id if call else line.attachment.id if line.attachment else ""
        before = self._of_line(told, chat.id, document_id)
        if call is None and not history and line.attachment is not None:
            yield from self._unasked(told, chat)
        file = line.attachment or SentFile(id=document_id)
        if line.attachment and before.linked_by is not None and before.state is not State.SENT:
            yield FileChanged(told.message, told, before.name, before.size, before.mime)
        customer = line.sender is not None and line.sender.type == "Customer"
        if call:
            self._awaiting.told(call)
        yield self._keep(
            replace(
                before,
                direction="customer" if customer else "agent",
                file_id=file.file_id or "",
                name=file.name or before.name,
                size=file.bytes if file.bytes is not None else before.size,
                notified_by=(told.message.exchange, told.message.position),
                state=after(before.state, Step.RECEIVE if customer else Step.TELL),
            )
        )

    def downloaded(self, call: Call) -> Iterator[Told]:
        """A file's content was fetched; with a whole answer its digest is known."""
        place = (call.chat_id, call.document_id) if call.chat_id else self._by_document.get(call.document_id)
        transfer = self._last(*place) if place else None
        if transfer is None or call.status is None or call.status >= 400:
            return
        seen = {"seen_size": call.size, "sha256": call.sha256} if call.sha256 else {}
        yield self._keep(replace(transfer, downloads=transfer.downloads + 1, **seen))  # type: ignore[arg-type]

    def over(self, chat: Chat, agent: int) -> Iterator[Told]:
        """The chat is completed for an agent: what it linked and did not send, it never will."""
        for lives in self._chats.get(chat.id, {}).values():
            for transfer in lives:
                if transfer.state is State.LINKED and transfer.agent == agent and transfer.number in self._links:
                    yield LinkedInVain(self._links.pop(transfer.number), transfer.document_id)

    def overdue(self, now: Instant, channel: Channel) -> Iterator[Told]:
        """Windows that are over by `now` (asked at every event)."""
        for call in self._awaiting.overdue(now, channel):
            yield from (
                self._keep(replace(transfer, state=after(transfer.state, Step.LOSE)))
                for transfer in self._lives(call.chat_id, call.document_id)
                if transfer.uploaded_by == call.number
            )
            yield UploadUnanswered(call, self._window_ms)

    def forgotten(self, chat_id: str) -> list[Transfer]:
        """The chat was over long ago: what is still awaited there stays undecided."""
        documents = self._chats.pop(chat_id, {})
        self._awaiting.forgotten(chat_id)
        for document_id, lives in documents.items():
            for transfer in lives:
                self._links.pop(transfer.number, None)
            if self._by_document.get(document_id) == (chat_id, document_id):
                del self._by_document[document_id]
        return [one for lives in documents.values() for one in self._ended(lives)]

    def close(self) -> list[Transfer]:
        """The recording is over: what is still asked or awaited stays undecided."""
        return [one for chat in self._chats.values() for lives in chat.values() for one in self._ended(lives)]

    def _ended(self, lives: list[Transfer]) -> list[Transfer]:
        return [replace(one, state=after(one.state, Step.END)) for one in lives if one.state in PENDING]

    def _unasked(self, told: FileTold, chat: Chat) -> Iterator[Happening]:
        """A line that no upload is left for; only what the recorded user surely did can be amiss."""
        line, agent = told.line, told.message.agent
        if told.refused and told.before is None and is_agents_own(line, told.refused.agent):
            if self._is_recent(told.refused, told):
                yield SentThoughRefused(told.refused, (told.message.exchange, told.message.position))
            return
        if not is_surely(line, agent):
            return
        assert line.attachment is not None
        if told.before is not None:
            yield FileToldAgain(told.message, told, told.before)
        elif elsewhere := self._elsewhere(line.attachment.id, chat.id, number_of(agent)):
            self._awaiting.told(elsewhere)  # this is what was awaited; how it ends in its own chat stays undecided
            yield FileElsewhere(told.message, told, elsewhere)
        elif chat.from_start:
            yield FileUnasked(told.message, told)

    def _elsewhere(self, document_id: str, chat_id: str, agent: int) -> Call | None:
        """The agent's upload of the document that is awaited in another chat, if there is one."""
        calls = [call for call in self._awaiting.of(document_id) if number_of(call.agent) == agent]
        return calls[0] if len(calls) == 1 and calls[0].chat_id != chat_id else None

    def _is_recent(self, call: Call, told: FileTold) -> bool:
        """Whether the call can be what the line is about, by time alone."""
        return call.done is not None and told.message.at.mono <= call.done.mono + self._window_ms * 1000

    def _of_line(self, told: FileTold, chat_id: str, document_id: str) -> Transfer:
        """The life that a line is told of: its upload's, else one that waits for none, else a new one."""
        lives = self._lives(chat_id, document_id)
        if told.call:
            number = told.call.number
            return next((one for one in lives if one.uploaded_by == number), None) or self._new(chat_id, document_id)
        last = lives[-1] if lives else self._new(chat_id, document_id)
        return last if last.state in UNSENT else self._once_more(last)

    def _lives(self, chat_id: str, document_id: str) -> list[Transfer]:
        return self._chats.get(chat_id, {}).get(document_id, [])

    def _last(self, chat_id: str, document_id: str) -> Transfer | None:
        lives = self._lives(chat_id, document_id)
        return lives[-1] if lives else None

    def _now(self, transfer: Transfer) -> Transfer:
        """The transfer as it is now."""
        lives = self._lives(transfer.chat_id, transfer.document_id)
        return next((one for one in lives if one.number == transfer.number), transfer)

    def _asks(self, call: Call, transfer: Transfer) -> Transfer:
        transfer = self._keep(replace(transfer, state=after(transfer.state, Step.ASK)))
        self._asked[call.number] = transfer
        return transfer

    def _new(self, chat_id: str, document_id: str) -> Transfer:
        self._count += 1
        return Transfer(self._count, chat_id, document_id)

    def _once_more(self, before: Transfer) -> Transfer:
        """A new life of the same document in the same chat: what is known of the file is known."""
        new = self._new(before.chat_id, before.document_id)
        return replace(
            new,
            name=before.name,
            mime=before.mime,
            size=before.size,
            seen_size=before.seen_size,
            sha256=before.sha256,
            linked_by=before.linked_by,
        )

    def _keep(self, transfer: Transfer) -> Transfer:
        lives = self._chats.setdefault(transfer.chat_id, {}).setdefault(transfer.document_id, [])
        for place, one in enumerate(lives):
            if one.number == transfer.number:
                lives[place] = transfer
                break
        else:
            lives.append(transfer)
        self._by_document[transfer.document_id] = (transfer.chat_id, transfer.document_id)
        return transfer


def _number(call: Call) -> int | None:
    return call.agent.number if call.agent else None
