"""A chat as the server keeps it: its state, who is in it, what is linked to it, and everything that was said."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from inspector.demo.people import Participant, User

Json = dict[str, Any]
"""A JSON object, never changed once it has been made."""


class State(StrEnum):
    """Chat API, enumerations; `Invited` is what v3 calls a chat that waits to be accepted."""

    INVITED = "Invited"
    CHATTING = "Chatting"
    LEFT = "LeftChat"
    COMPLETED = "Completed"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A document as it is linked to a chat: what the client claims about it goes before what the store knows."""

    id: str
    name: str
    mime: str
    size: int


@dataclass(slots=True)
class Chat:
    """`owner` is the user it was routed to, `agent` their participant once they accepted.

    `transcript` holds messages in the API's shape; `index` counts from 1, also for typing notices (Chat API).
    `heard` are the places in the customer's script that have been played.
    """

    id: str
    owner: User
    customer: Participant
    state: State = State.INVITED
    agent: Participant | None = None
    attachments: dict[str, Attachment] = field(default_factory=dict)
    transcript: list[Json] = field(default_factory=list)
    heard: set[int] = field(default_factory=set)

    @property
    def path(self) -> str:
        return f"/chats/{self.id}"

    @property
    def participants(self) -> tuple[Participant, ...]:
        return (self.customer,) if self.agent is None else (self.customer, self.agent)
