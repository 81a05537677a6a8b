"""The contact centre behind the look-alike: users, agents at work, chats and documents. No I/O; the time is injected.

Everything that changes it returns an `Outcome`: what to answer, and what to tell the agent on `/v2/me/chats`. The same
calls at the same times give the same outcomes: ids come from counters.
"""

import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from inspector.demo import shapes
from inspector.demo.chat import Chat, Json, State
from inspector.demo.customer import OPENING, SCRIPT, Reaction
from inspector.demo.documents import Store, numbered
from inspector.demo.people import AGENT, Participant, User
from inspector.demo.quirks import DEFAULT, Quirks
from inspector.webservices.status_codes import MEANINGS

PUBLIC_ORIGIN = "http://gws.example.com:8090"
"""Where the server says that it is; nobody has to reach it there."""

_CHAT_STEM = "0001TaBTNRPW"
_FIRST_CHAT = int("01GV", 36)  # the chat of the AddAttachment page's sample


def wall_clock() -> int:
    """Milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a request brings about: its reply, and the notifications' `data` for the agent who asked, in order.

    A `withheld` reply waits until its notifications have been handed over.
    """

    reply: Json = field(default_factory=lambda: {"statusCode": 0})
    notifications: tuple[Json, ...] = ()
    status: int = 200
    withheld: bool = False


def refused(code: int, message: str = "", status: int = 200) -> Outcome:
    """A refusal in the API's words (Return Values); `message` says more than the code's meaning does."""
    return Outcome({"statusCode": code, "statusMessage": message or MEANINGS[code].capitalize()}, status=status)


@dataclass(slots=True)
class World:
    """The whole state. `clock` gives milliseconds since 1970."""

    public_origin: str = PUBLIC_ORIGIN
    users: Sequence[User] = (AGENT,)
    quirks: Quirks = field(default_factory=lambda: DEFAULT)
    script: Sequence[Reaction] = SCRIPT
    clock: Callable[[], int] = wall_clock
    store: Store = field(default_factory=Store)
    chats: dict[str, Chat] = field(default_factory=dict)
    at_work: dict[str, Iterator[int]] = field(default_factory=dict)
    """The agents logged in, by user id, with their `referenceId`s to come: small numbers that start anew each time."""
    _people: Iterator[int] = field(default_factory=lambda: itertools.count(0x66))
    _events: Iterator[int] = field(default_factory=itertools.count)

    def start_session(self, user: User, body: Mapping[str, object]) -> Outcome:
        """StartContactCenterSession: the agent is at work; with the channel `chat`, a customer is routed to them."""
        self.at_work.setdefault(user.id, itertools.count(1))
        channels = body.get("channels")
        if not isinstance(channels, list) or "chat" not in channels:
            return Outcome()
        chat = self._route(user)
        shown = shapes.attended(self.public_origin, chat, chat.participants)
        return Outcome(notifications=(self.change("StatusChange", shown),))

    def end_session(self, user: User) -> Outcome:
        """EndContactCenterSession: the agent goes home; their chats are completed without a word."""
        self.at_work.pop(user.id, None)
        for chat in self.chats_of(user):
            chat.state = State.COMPLETED
        return Outcome()

    def chats_of(self, user: User) -> list[Chat]:
        """The chats on a user's desk."""
        return [chat for chat in self.chats.values() if chat.owner == user and chat.state is not State.COMPLETED]

    def chat_of(self, user: User, chat_id: str) -> Chat | None:
        """The user's chat of this id, completed ones too; None if it is not theirs."""
        chat = self.chats.get(chat_id)
        return chat if chat and chat.owner == user else None

    def seat(self, chat: Chat, nickname: str) -> Participant:
        """The agent joins the chat."""
        chat.agent = Participant(self.server_id(), nickname, "Agent", chat.owner)
        chat.state = State.CHATTING
        return chat.agent

    def reference(self, chat: Chat) -> int:
        """The next `referenceId` of the agent of a chat."""
        return next(self.at_work[chat.owner.id])

    def server_id(self) -> str:
        """An id as Chat Server gives it: server, seconds, counter (read out of the samples' values)."""
        return f"009F{self.clock() // 1000:08X}{next(self._people):04X}"

    def write(self, chat: Chat, kind: str, sender: Json, **members: object) -> Json:
        """A new line in the chat's transcript."""
        line = shapes.message(kind, len(chat.transcript) + 1, self.clock(), sender, members)
        chat.transcript.append(line)
        return line

    def log(self, chat: Chat, *lines: Json) -> Json:
        """The notification of new lines; of the whole transcript if none are given."""
        return self._measured(shapes.log_updated(self.public_origin, chat, lines or chat.transcript))

    def change(self, kind: str, chat: Json, reference: int | None = None) -> Json:
        """The notification that `chat` (one of the shapes) has changed."""
        return self._measured(shapes.state_change(kind, chat, reference))

    def _measured(self, data: Json) -> Json:
        """The data of an event, with the timers that real servers add to every one."""
        number = next(self._events)
        timers = {
            "nodeProcessingTimeNanos": 100_000 + number * 104_729 % 900_000,
            "serverGenerationTimestamp": self.clock(),
            "serverProcessingTimeTotalMs": 1 + number % 5,
        }
        return data | {"metrics": {"eventProcessing": timers}}

    def _route(self, user: User) -> Chat:
        customer = Participant(self.server_id(), "Robin", "Customer")
        chat = Chat(numbered(_CHAT_STEM, _FIRST_CHAT + len(self.chats)), user, customer)
        self.chats[chat.id] = chat
        self.write(chat, "ParticipantJoined", shapes.tag(customer))
        self.write(chat, "Text", shapes.tag(customer), text=OPENING)
        return chat
