"""What caused what: which call a notification came from, with the evidence and the time in between.

A call's request starts before its notification is delivered (that is given: events come in tick order). Only what is
new is evidence. The notification may come before the reply (lag below zero): then the edge waits.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from inspector.analysis.calls import DOWNLOAD, LINK, UNLINK, UPLOAD, Call
from inspector.analysis.causes.cause import Cause, Expectation
from inspector.analysis.causes.effects import Effects
from inspector.analysis.causes.files import Files, FileTold
from inspector.analysis.causes.lines import Lines
from inspector.analysis.causes.links import Links, LinkTold
from inspector.analysis.channel import Message
from inspector.analysis.chats import number_of
from inspector.webservices.notifications import ChatStateChange, MessageLogUpdated
from inspector.webservices.operations import operation_class

ANYWHERE = ""
"""The chat of calls that name none: a supervisor's."""


@dataclass(slots=True)
class _Chat:
    """What is awaited in one chat. `told`: the agents, by their numbers, for whom it has appeared."""

    files: Files
    links: Links
    effects: Effects
    told: set[int] = field(default_factory=set)


class Causes:
    """Finds the causes of one session's notifications."""

    def __init__(self, window_ms: int) -> None:
        self._window_ms = window_ms
        self._chats: dict[str, _Chat] = {}
        self._open: dict[int, Expectation] = {}

    def asked(self, call: Call) -> None:
        """From now on the call may have effects."""
        if not call.operation or call.operation == DOWNLOAD:
            return
        model = operation_class(call.operation)
        expected = Expectation(call, list(model.effects) if model else [])
        match call.operation:
            case _ if call.chat_id == ANYWHERE and not expected.left:
                return
            case operation if operation == UPLOAD:
                if not call.document_id:
                    return
                self._of(call.chat_id).files.asked(expected)
            case operation if operation == LINK:
                self._of(call.chat_id).links.linking(expected)
            case operation if operation == UNLINK:
                if not call.document_id:
                    return
                self._of(call.chat_id).links.unlinking(expected)
            case _:  # of some nothing is known, but that a `referenceId` may join them
                self._of(call.chat_id).effects.asked(expected)
        self._open[call.number] = expected

    def answered(self, call: Call) -> list[Cause]:
        """The call is over: its edges that waited for the reply are complete, but for those that it shows to be none.

        Refused, it causes nothing any more.
        """
        expected = self._open.pop(call.number, None)
        if expected is None:
            return []
        edges, lost = expected.answered(call)
        chat = self._chats.get(call.chat_id)
        if chat is None:
            return edges
        match call.operation:
            case operation if operation == UPLOAD:
                return edges + chat.files.answered(expected, lost)
            case operation if operation in (LINK, UNLINK):
                return edges + chat.links.answered(expected, lost)
        return edges + chat.effects.answered(expected, lost)

    def overdue(self, call: Call) -> None:
        """An upload's window is over: a line that names nothing is not about it any more."""
        if call.chat_id in self._chats:
            self._chats[call.chat_id].files.overdue(call)

    def told(self, message: Message, listed: set[str], history: bool) -> Iterator[Cause | LinkTold | FileTold]:
        """What a message of a chat tells: of links, of files, of causes. `listed` are the attachments before it;
        `history`: its lines are the transcript so far, told to whoever accepts.
        """
        chat = self._of(message.chat_id)
        match message.notification:
            case ChatStateChange() as change:
                list_told = chat.links.told(message, change, listed)
                yield from list_told.edges
                yield from list_told.links
                yield from chat.effects.change_told(message, list_told.explained)
                yield from self._appeared(message, chat)
            case MessageLogUpdated() as log:
                yield from chat.effects.history_told(message, log.messages) if history else ()
                for position, line in enumerate(log.messages):
                    if line.is_file:
                        told, edges = chat.files.told(message, position, line, history)
                        yield from edges
                        yield told
                    elif not history:
                        yield from chat.effects.line_told(message, line)

    def is_news(self, message: Message) -> bool:
        """Whether a log tells only of files that this agent has asked for: then it is no transcript so far, even where
        one is due (some servers tell none). A text may well have been said before, in the same words.
        """
        log, chat = message.notification, self._chats.get(message.chat_id)
        if chat is None or not isinstance(log, MessageLogUpdated) or not log.messages:
            return False
        uploads = (chat.files.expected(line) if line.is_file else None for line in log.messages)
        return all(upload is not None and upload.call.agent is message.agent for upload in uploads)

    def forgotten(self, chat_id: str) -> None:
        """The chat was over long ago."""
        self._chats.pop(chat_id, None)

    def close(self) -> list[Cause]:
        """The edges of calls whose reply never came."""
        return [edge for expected in self._open.values() for edge in expected.closed()]

    def _appeared(self, message: Message, chat: _Chat) -> list[Cause]:
        """A chat appears for an agent once: maybe because a supervisor asked for chats, and named none."""
        agent = number_of(message.agent)
        if agent in chat.told:
            return []
        chat.told.add(agent)
        return self._chats[ANYWHERE].effects.change_told(message) if ANYWHERE in self._chats else []

    def _of(self, chat_id: str) -> _Chat:
        chat = self._chats.get(chat_id)
        if chat is None:
            lines = Lines()
            chat = self._chats[chat_id] = _Chat(Files(lines), Links(self._window_ms), Effects(lines, self._window_ms))
        return chat
