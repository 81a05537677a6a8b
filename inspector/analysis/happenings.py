"""What rules judge: each kind of happening is a class, and a rule is a function of one of them."""

from dataclasses import dataclass

from inspector.analysis.calls import Call
from inspector.analysis.causes import FileTold
from inspector.analysis.channel import Message
from inspector.webservices.notifications import ChatStateChange


@dataclass(frozen=True, slots=True)
class Asked:
    """An operation was asked for; nothing is known but the request."""

    call: Call


@dataclass(frozen=True, slots=True)
class Answered:
    """An operation's exchange is over."""

    call: Call


@dataclass(frozen=True, slots=True)
class Told:
    """An event on the chats topic was delivered."""

    message: Message


@dataclass(frozen=True, slots=True)
class OperationFailed:
    """An `Error` was told after accepted calls that it may be about: `call`, or None if there are several."""

    message: Message
    change: ChatStateChange
    call: Call | None


@dataclass(frozen=True, slots=True)
class UploadAsked:
    """An UploadFile, with what was known of the document: `linked` to the chat, and watched `from_start` or not."""

    call: Call
    linked: bool
    from_start: bool


@dataclass(frozen=True, slots=True)
class UploadUnanswered:
    """An accepted UploadFile whose notification did not come within `window_ms`, although its agent listened."""

    call: Call
    window_ms: int


@dataclass(frozen=True, slots=True)
class FileUnasked:
    """The recorded user sent a file, and no request of this recording asked for it."""

    told: FileTold


Happening = Asked | Answered | Told | OperationFailed | UploadAsked | UploadUnanswered | FileUnasked


def place(happening: Happening) -> tuple[int, int | None]:
    """Where a finding about it belongs: the exchange, and the message in its response if it is about one."""
    match happening:
        case Told(message) | OperationFailed(message):
            return message.exchange, message.position
        case FileUnasked(told):
            return told.message.exchange, told.message.position
        case Asked(call) | Answered(call) | UploadAsked(call) | UploadUnanswered(call):
            return call.number, None
