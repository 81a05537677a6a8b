"""What a finding is about: the ids that one case can be excused by."""

import re

from inspector.analysis.channel import Message
from inspector.analysis.happenings import (
    Answered,
    Asked,
    FileUnasked,
    Happening,
    OperationFailed,
    Told,
    UploadAsked,
    UploadUnanswered,
)
from inspector.webservices.notifications import MessageLogUpdated

_LINE = re.compile(r"/data/messages/(\d+)(/|$)")


def about(happening: Happening, pointer: str) -> tuple[str, ...]:
    """The ids of the document and of the chat that a breach at `pointer` concerns, as far as they are known."""
    match happening:
        case Told(message) | OperationFailed(message):
            named = [*_documents(message, pointer), message.chat_id]
        case FileUnasked(told):
            named = [told.line.attachment.id if told.line.attachment else "", told.message.chat_id]
        case Asked(call) | Answered(call) | UploadAsked(call) | UploadUnanswered(call):
            named = [call.document_id, call.chat_id]
    return tuple(dict.fromkeys(name for name in named if name))


def _documents(message: Message, pointer: str) -> list[str]:
    """The document of the line that the pointer leads to, or of all lines that it does not tell apart."""
    told = message.notification
    lines = told.messages if isinstance(told, MessageLogUpdated) else []
    if found := _LINE.match(pointer):
        lines = lines[int(found[1]) : int(found[1]) + 1]
    return [line.attachment.id for line in lines if line.attachment]
