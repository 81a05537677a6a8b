"""What is known of a chat at a moment: since when it is watched, which documents are linked, which lines were told."""

from dataclasses import dataclass, field

from inspector.analysis import calls
from inspector.analysis.agents import Agent
from inspector.analysis.calls import Call
from inspector.analysis.channel import Message
from inspector.webservices.attachments import LinkedFile
from inspector.webservices.notifications import ChatMessage, ChatStateChange


@dataclass(slots=True)
class Chat:
    """`from_start`: it was accepted before our eyes, while its agent listened; so nothing about it can be unknown."""

    id: str
    from_start: bool = False
    history_due: bool = False
    """The next lines are the transcript until now: it is repeated to whoever accepts (Chat API, Accept)."""
    linked: set[str] = field(default_factory=set)
    listed: set[str] = field(default_factory=set)
    lines: set[str] = field(default_factory=set)
    """The files told of, by their lines' identity."""


class Chats:
    """The chats of one session."""

    def __init__(self) -> None:
        self._chats: dict[str, Chat] = {}

    def of(self, chat_id: str) -> Chat:
        return self._chats.setdefault(chat_id, Chat(chat_id))

    def asked(self, call: Call, listens: bool) -> None:
        """An operation is under way. A link counts from its request on: its reply may be late, or never come."""
        if not call.chat_id:
            return
        chat = self.of(call.chat_id)
        match call.operation:
            case calls.ACCEPT:
                chat.from_start = chat.from_start or listens
                chat.history_due = True
            case calls.LINK if call.document_id:
                chat.linked.add(call.document_id)

    def answered(self, call: Call) -> None:
        if not call.chat_id or not call.document_id:
            return
        chat = self.of(call.chat_id)
        if (call.operation == calls.LINK and call.refused and call.document_id not in chat.listed) or (
            call.operation == calls.UNLINK and call.accepted
        ):
            chat.linked.discard(call.document_id)
        elif call.operation == calls.LINK and call.accepted:
            chat.linked.add(call.document_id)

    def told(self, message: Message) -> list[LinkedFile]:
        """A state notification's attachments: the complete list, or (missing) none (Chat API, RemoveAttachment)."""
        change = message.notification
        if not isinstance(change, ChatStateChange) or change.chat is None or not message.chat_id:
            return []
        chat = self.of(message.chat_id)
        files = change.chat.attachments or []
        chat.listed = {file.id for file in files}
        chat.linked |= chat.listed
        return files


def identity(line: ChatMessage) -> str:
    """What makes a line of a transcript the same line, however often and to whomever it is told."""
    if line.attachment is not None and line.attachment.file_id:
        return f"file {line.attachment.file_id}"
    return f"index {line.index}" if line.index is not None else f"text {line.model_dump_json()}"


def is_surely(line: ChatMessage, agent: Agent | None) -> bool:
    """Whether the line is known to come from the agent's user."""
    user_id = line.sender.user_id if line.sender and line.sender.type == "Agent" else ""
    return bool(agent and user_id and agent.user_id == user_id)


def is_agents_own(line: ChatMessage, agent: Agent | None) -> bool:
    """Whether the line may come from the agent: not from a customer, and from nobody known to be somebody else."""
    sender = line.sender
    if sender is None:
        return True
    if sender.type is not None and sender.type != "Agent":
        return False
    return not (agent and agent.user_id and sender.user_id) or agent.user_id == sender.user_id
