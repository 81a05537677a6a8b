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
    history_due: set[int] = field(default_factory=set)
    """The agents whose next lines are the transcript so far: it is told to whoever accepts (Chat API, Accept)."""
    linked: set[str] = field(default_factory=set)
    listed: set[str] = field(default_factory=set)
    hoped: dict[str, int] = field(default_factory=dict)
    """Documents that are linked only if this call is accepted."""
    begun: int | None = None
    """The Accept that `from_start` rests on."""
    lines: dict[str, "Line"] = field(default_factory=dict)
    """The files told of, by each of the names that a line has."""


@dataclass(slots=True)
class Line:
    """A line of a transcript that tells of a file, and the call that it is about, if any."""

    file_id: str
    call: int | None = None


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
                chat.history_due.add(number_of(call.agent))
                if listens and not chat.from_start:
                    chat.from_start, chat.begun = True, call.number
            case calls.LINK if call.document_id and call.document_id not in chat.linked:
                chat.linked.add(call.document_id)
                chat.hoped[call.document_id] = call.number

    def answered(self, call: Call) -> None:
        """An operation is over. What was refused changes nothing; of what broke off nobody knows."""
        if not call.chat_id:
            return
        chat = self.of(call.chat_id)
        match call.operation:
            case calls.ACCEPT if call.refused and chat.begun == call.number:
                chat.from_start, chat.begun = False, None
            case calls.LINK if call.refused and chat.hoped.get(call.document_id) == call.number:
                chat.linked.discard(call.document_id)
                del chat.hoped[call.document_id]
            case calls.LINK if call.accepted and call.document_id:
                chat.linked.add(call.document_id)
                chat.hoped.pop(call.document_id, None)
            case calls.UNLINK if call.accepted:
                chat.linked.discard(call.document_id)
                chat.listed.discard(call.document_id)

    def told(self, message: Message) -> list[LinkedFile]:
        """A state notification's attachments, which are the complete list. Where it names none it may say nothing of
        them, or that none is left (Chat API, RemoveAttachment): only the call knows.
        """
        change = message.notification
        if not isinstance(change, ChatStateChange) or not message.chat_id or not change.chat:
            return []
        files = change.chat.attachments
        if files is None:
            return []
        chat = self.of(message.chat_id)
        chat.listed = {file.id for file in files}
        chat.linked |= chat.listed
        for document_id in chat.listed:
            chat.hoped.pop(document_id, None)
        return files


def known_line(line: ChatMessage, chat: Chat) -> Line | None:
    """The line if it was told before: by its file, else by its index, else by all that it says.

    One logical event has one `fileId` or `index`, however often and to whomever it is told; kinds of notification
    differ in which of them they show.
    """
    for name in _names(line):
        known = chat.lines.get(name)
        # two files of one index are two files
        if known and (not name.startswith("index") or not (known.file_id and _file_id(line))):
            return known
    return None


def remember(line: ChatMessage, chat: Chat, call: int | None) -> None:
    """From now on the line is known, by every name that it has."""
    told = Line(_file_id(line), call)
    chat.lines.update(dict.fromkeys(_names(line), told))


def _names(line: ChatMessage) -> list[str]:
    file_id = _file_id(line)
    names = [f"file {file_id}"] if file_id else []
    if line.index is not None:
        names.append(f"index {line.index}")
    if not names:
        file, sender = line.attachment, line.sender
        names.append(
            f"text {line.type} {line.text} {line.timestamp} {line.timestamp_seconds} "
            f"{sender and sender.participant_id} {file and (file.id, file.name, file.size)}"
        )
    return names


def _file_id(line: ChatMessage) -> str:
    return (line.attachment.file_id or "") if line.attachment else ""


def number_of(agent: Agent | None) -> int:
    """The agent's number; 0 for nobody known."""
    return agent.number if agent else 0


def is_surely(line: ChatMessage, agent: Agent | None) -> bool:
    """Whether the line is known to come from the agent's user."""
    user_id = line.sender.user_id if line.sender and line.sender.type == "Agent" else ""
    return bool(agent and user_id and agent.user_id == user_id)


def is_agents_own(line: ChatMessage, agent: Agent | None) -> bool:
    """Whether the line may come from the agent: not from a customer, and from nobody known to be somebody else."""
    sender = line.sender
    if sender is None:
        return True
    if sender.type in _NOT_AGENTS:
        return False
    return not (agent and agent.user_id and sender.user_id) or agent.user_id == sender.user_id


_NOT_AGENTS = {"Customer", "Client", "External", "System"}
