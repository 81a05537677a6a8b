"""What rules judge: each kind of happening is a class, and a rule is a function of one of them.

A happening knows where it belongs (`place`: the exchange, and the message in its response if it is about one), and
which documents and chats a breach of it concerns (`about`), which one case can be excused by.
"""

import re
from dataclasses import dataclass
from typing import Protocol

from inspector.analysis.calls import Call
from inspector.analysis.causes import FileTold
from inspector.analysis.channel import Message
from inspector.analysis.chats import Ended
from inspector.analysis.finding import named
from inspector.traffic.exchange import Exchange
from inspector.webservices.notifications import ChatMessage, ChatStateChange, MessageLogUpdated

_LINE = re.compile(r"/data/messages/(\d+)(/|$)")


class Happening(Protocol):
    """Something that rules judge."""

    @property
    def place(self) -> tuple[int, int | None]:
        """The exchange, and the message in its response if it is about one."""

    def about(self, pointer: str) -> tuple[str, ...]:
        """The ids that a breach at `pointer` concerns, as far as they are known."""


@dataclass(frozen=True, slots=True)
class OfCall:
    """Something about one call; of a place in it if `pointer` names one."""

    call: Call

    @property
    def place(self) -> tuple[int, int | None]:
        return self.call.number, None

    def about(self, pointer: str) -> tuple[str, ...]:
        return named(self.call.document_id, self.call.chat_id)


@dataclass(frozen=True, slots=True)
class OfMessage:
    """Something about one message that was delivered."""

    message: Message

    @property
    def place(self) -> tuple[int, int | None]:
        return self.message.exchange, self.message.position

    def about(self, pointer: str) -> tuple[str, ...]:
        """The ids that a breach at `pointer` concerns: of the line that it leads to, or of all lines if of none."""
        return named(*_documents(self.message, pointer), self.message.chat_id)


@dataclass(frozen=True, slots=True)
class OfExchange:
    """Something about one exchange, be it a call or not; over or still under way."""

    exchange: Exchange

    @property
    def place(self) -> tuple[int, int | None]:
        return self.exchange.number, None

    def about(self, pointer: str) -> tuple[str, ...]:
        """It concerns no document and no chat."""
        return ()


@dataclass(frozen=True, slots=True)
class Asked(OfCall):
    """An operation was asked for; nothing is known but the request."""


@dataclass(frozen=True, slots=True)
class Answered(OfCall):
    """An operation's exchange is over."""


@dataclass(frozen=True, slots=True)
class Refused(OfCall):
    """It was replied to with another `statusCode` than 0."""


@dataclass(frozen=True, slots=True)
class Misshapen(OfMessage):
    """An event on the chats topic was delivered that does not have its shape."""


@dataclass(frozen=True, slots=True)
class Told(OfMessage):
    """An event on the chats topic was delivered."""


@dataclass(frozen=True, slots=True)
class FilesTold(OfMessage):
    """Such an event has lines that say a file was sent: those, with their positions. Few have."""

    files: list[tuple[int, ChatMessage]]


@dataclass(frozen=True, slots=True)
class OperationFailed(OfMessage):
    """An `Error` was told after accepted calls that it may be about: `call`, or None if there are several."""

    change: ChatStateChange
    call: Call | None


@dataclass(frozen=True, slots=True)
class UploadAsked(OfCall):
    """An UploadFile, with what was known of the document: `linked` to the chat, or perhaps, and watched `from_start` or
    not; and of the chat, if it was over for the agent.
    """

    linked: bool
    from_start: bool
    ended: Ended | None = None


@dataclass(frozen=True, slots=True)
class UploadRepeated(OfCall):
    """An UploadFile of a document that this agent's side sent into this chat `before`, or is about to."""

    before: int | None
    sent: bool


@dataclass(frozen=True, slots=True)
class UploadUnanswered(OfCall):
    """An accepted UploadFile whose notification did not come within `window_ms`, although its agent listened."""

    window_ms: int


@dataclass(frozen=True, slots=True)
class LinkedInVain(OfCall):
    """A call linked a document to a chat that was completed without the document being asked for."""

    document_id: str

    def about(self, pointer: str) -> tuple[str, ...]:
        return named(self.document_id, self.call.chat_id)


@dataclass(frozen=True, slots=True)
class OfFile(OfMessage):
    """A line that says a file was sent."""

    told: FileTold

    def about(self, pointer: str) -> tuple[str, ...]:
        return named(self.told.line.attachment.id if self.told.line.attachment else "", self.message.chat_id)

    def pointer(self, member: str) -> str:
        """To a member of the line's attachment."""
        return f"/data/messages/{self.told.position}/attachment/{member}"


@dataclass(frozen=True, slots=True)
class FileUnasked(OfFile):
    """The recorded user sent a file, and no request of this recording asked for it, but one that was `refused`."""

    refused: Call | None = None


@dataclass(frozen=True, slots=True)
class SentThoughRefused(OfFile):
    """An UploadFile was refused, and nevertheless told of, before its reply or after."""

    call: Call

    def about(self, pointer: str) -> tuple[str, ...]:
        return named(self.call.document_id, self.message.chat_id)


@dataclass(frozen=True, slots=True)
class FileToldAgain(OfFile):
    """The recorded user sent a file once more than it was asked for: another line told of `upload` already."""

    upload: Call


@dataclass(frozen=True, slots=True)
class FileElsewhere(OfFile):
    """The recorded user sent a file into this chat, and has asked for it in another: by `upload`."""

    upload: Call


@dataclass(frozen=True, slots=True)
class FileChanged(OfFile):
    """A file that was linked as `name`, with `size` (bytes) and `mime`, as far as they are known, was sent."""

    name: str
    size: int | None
    mime: str


def _documents(message: Message, pointer: str) -> list[str]:
    """The document of the line that the pointer leads to, or of all lines that it does not tell apart."""
    told = message.notification
    lines = told.messages if isinstance(told, MessageLogUpdated) else []
    if found := _LINE.match(pointer):
        lines = lines[int(found[1]) : int(found[1]) + 1]
    return [line.attachment.id for line in lines if line.attachment]
