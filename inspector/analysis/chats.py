"""What is known of a chat at a moment: since when it is watched, which documents are linked, for whom it is over."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from inspector.analysis import calls
from inspector.analysis.agents import Agent
from inspector.analysis.calls import Call
from inspector.analysis.channel import Message
from inspector.webservices.notifications import ChatMessage, ChatStateChange

LEAVING = frozenset({"Leave", "Complete", "LeaveAndComplete"})
GOES_ON = frozenset({"Leave", "Transfer"})
"""Of a chat that ends for an agent by one of these, others may go on: Leave in a conference is told as Completed."""
ERROR = "Error"
OVER = frozenset({"LeftChat", "Completed", "Revoked"})
COMPLETED = frozenset({"Completed", "Revoked"})
"""States of a chat in which its agent does not take part; in the second ones nothing can be asked any more."""

OVER_KEPT = 64
"""Chats that are over and still known: stragglers come (a download, the end of a window); memory stays flat."""
KEPT = 5_000
"""Chats known at once, over or not: those that nobody completes are let go in the end, too."""
LONGEST = 2_048
"""Calls of one chat, after which all of it is let go, and what comes is of a chat that nobody saw begin."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a chat is over for an agent: by the `state` that it was `told`, or by its own call that was accepted."""

    how: str
    told: bool


@dataclass(slots=True)
class Chat:
    """`from_start`: it was accepted before our eyes, while its agent listened; so nothing about it can be unknown."""

    id: str
    calls: int = 0
    from_start: bool = False
    history_due: set[int] = field(default_factory=set)
    """The agents whose next lines are the transcript so far: it is told to whoever accepts (Chat API, Accept)."""
    linked: set[str] = field(default_factory=set)
    listed: set[str] = field(default_factory=set)
    hoped: dict[str, int] = field(default_factory=dict)
    """Documents that are linked only if this call is accepted."""
    unnamed: dict[int, None] = field(default_factory=dict)
    """Calls that bring a new document, whose id nobody was told yet."""
    begun: int | None = None
    """The Accept that `from_start` rests on."""
    ended: dict[int, Ended] = field(default_factory=dict)
    """How it is over for agents, by their numbers."""
    present: set[int] = field(default_factory=set)
    """The agents who were told that they take part, and not yet that it is completed."""
    leaving: dict[int, str] = field(default_factory=dict)
    """What agents asked for last to end it for them."""

    def may_have(self, document_id: str) -> bool:
        """Whether the document is linked, or may be a new one whose list of attachments never came."""
        return document_id in self.linked or bool(self.unnamed)

    def is_completed_by(self, agent: int) -> bool:
        """Whether the chat is over for all, as far as can be known, now that it is for this agent."""
        ended = self.ended.get(agent)
        completed = ended is not None and ended.told and ended.how == "Completed"
        return completed and not self.present and self.leaving.get(agent) not in GOES_ON


class Chats:
    """The chats of one session; those that were over long ago are let go."""

    def __init__(self, linked: Iterable[tuple[str, str]] = ()) -> None:
        """`linked`: chats and documents that were linked to them, which nobody will tell of."""
        self._linked: dict[str, set[str]] = {}
        for chat_id, document_id in linked:
            self._linked.setdefault(chat_id, set()).add(document_id)
        self._chats: OrderedDict[str, Chat] = OrderedDict()
        self._over: OrderedDict[str, None] = OrderedDict()
        self._long: list[str] = []

    def of(self, chat_id: str) -> Chat:
        chat = self._chats.get(chat_id)
        if chat is None:
            chat = self._chats[chat_id] = Chat(chat_id)
            chat.linked |= self._linked.get(chat_id, set())
        else:
            self._chats.move_to_end(chat_id)
        return chat

    def let_go(self) -> list[str]:
        """The chats that need not be known any more: the first of those that are over, else the longest silent; and one
        that goes on and on.
        """
        gone, self._long = self._long, []
        for chat_id in gone:
            self._over.pop(chat_id, None)
        while len(self._over) > OVER_KEPT:
            gone.append(self._over.popitem(last=False)[0])
        for chat_id in gone:
            del self._chats[chat_id]
        while len(self._chats) > KEPT:
            chat_id, _ = self._chats.popitem(last=False)
            self._over.pop(chat_id, None)
            gone.append(chat_id)
        return gone

    def asked(self, call: Call, listens: Callable[[Agent | None], bool]) -> None:
        """An operation is under way; `listens` knows whether an agent would be told of a chat.

        A link counts from its request on: its reply may be late, or never come.
        """
        if not call.chat_id:
            return
        chat = self.of(call.chat_id)
        chat.calls += 1
        if chat.calls == LONGEST:
            self._long.append(chat.id)
        match call.operation:
            case calls.ACCEPT:
                self._begins(chat, number_of(call.agent))
                chat.history_due.add(number_of(call.agent))
                if not chat.from_start and listens(call.agent):
                    chat.from_start, chat.begun = True, call.number
            case operation if operation in LEAVING | GOES_ON:
                chat.leaving[number_of(call.agent)] = operation
            case calls.LINK if call.document_id and call.document_id not in chat.linked:
                chat.linked.add(call.document_id)
                chat.hoped[call.document_id] = call.number
            case calls.LINK if call.file:
                chat.unnamed[call.number] = None

    def answered(self, call: Call) -> None:
        """An operation is over. What was refused changes nothing; of what broke off nobody knows."""
        if not call.chat_id:
            return
        chat = self.of(call.chat_id)
        if call.refused or call.document_id:
            chat.unnamed.pop(call.number, None)
        match call.operation:
            case calls.ACCEPT if call.refused:
                chat.history_due.discard(number_of(call.agent))
                if chat.begun == call.number:
                    chat.from_start, chat.begun = False, None
            case calls.LINK if call.refused and chat.hoped.get(call.document_id) == call.number:
                chat.linked.discard(call.document_id)
                del chat.hoped[call.document_id]
            case calls.LINK if call.accepted and call.document_id:
                chat.linked.add(call.document_id)
                chat.hoped.pop(call.document_id, None)
            case operation if operation in LEAVING and call.accepted:
                chat.ended.setdefault(number_of(call.agent), Ended(call.operation, told=False))
            case operation if operation in LEAVING | GOES_ON and call.refused:
                chat.leaving.pop(number_of(call.agent), None)
            case calls.UNLINK if call.accepted:
                chat.linked.discard(call.document_id)
                chat.listed.discard(call.document_id)

    def told(self, message: Message) -> Chat:
        """A message tells of a chat; a change's attachments are the complete list. Where it names none it may say
        nothing of them, or that none is left (Chat API, RemoveAttachment): only the call knows.
        """
        chat = self.of(message.chat_id)
        change = message.notification
        if not isinstance(change, ChatStateChange) or not change.chat:
            return chat
        agent = number_of(message.agent)
        if change.chat.state in COMPLETED:
            self._ends(chat, agent, change.chat.state)
        elif change.chat.state in OVER:
            chat.ended[agent] = Ended(change.chat.state, told=True)
        elif change.notification_type == ERROR:
            if (ended := chat.ended.get(agent)) and not ended.told:
                del chat.ended[agent]  # it may be the leaving that failed
        elif change.chat.state and (change.chat.state == "Chatting" or change.notification_type == "StatusChange"):
            self._begins(chat, agent)
        if change.chat.attachments is not None:
            chat.listed = {file.id for file in change.chat.attachments}
            for number in list(chat.unnamed)[: len(chat.listed - chat.linked)]:
                del chat.unnamed[number]
            chat.linked |= chat.listed
            for document_id in chat.listed:
                chat.hoped.pop(document_id, None)
        return chat

    def _begins(self, chat: Chat, agent: int) -> None:
        chat.present.add(agent)
        chat.ended.pop(agent, None)
        chat.leaving.pop(agent, None)
        self._over.pop(chat.id, None)

    def _ends(self, chat: Chat, agent: int, state: str) -> None:
        chat.ended[agent] = Ended(state, told=True)
        chat.present.discard(agent)
        if not chat.present:
            self._over[chat.id] = None


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


def is_customers(line: ChatMessage) -> bool:
    """Whether the line may come from the customer."""
    return line.sender is None or line.sender.type in (None, "Customer", "Client")


_NOT_AGENTS = {"Customer", "Client", "External", "System"}
