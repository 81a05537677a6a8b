"""What two sessions are made of when they are compared: items by agent and chat, each small, however large it was."""

from dataclasses import dataclass, field
from typing import Any

from inspector.audit.diff.renaming import Named


@dataclass(frozen=True, slots=True)
class Item:
    """An exchange (`position` is None) or a notification; `what` names its operation or kind.

    `exact`, `near` and `what` tell how much it is like another: but for names all of it; what was asked, or which files
    it tells of; its kind. `names` are the ids in it, in an order that is the same for equal `exact`. `ms` is how long
    the reply took; of a notification the time from the reply of the exchange that was its `cause`, if there is one.
    """

    number: int
    position: int | None
    tick: int
    what: str
    exact: bytes
    near: bytes
    names: tuple[Named, ...]
    ms: float | None = None
    cause: int | None = None

    @property
    def place(self) -> str:
        """`#12`, or `#12:1` for the message at position 1 of its response."""
        return f"#{self.number}" + ("" if self.position is None else f":{self.position}")


TRANSFER = "transfer"
"""What a file's life is called among all that differs."""


@dataclass(frozen=True, slots=True)
class Life:
    """A transfer: its document and file name, and as JSON what else is compared of it."""

    document: str
    name: str
    upload: int | None
    value: dict[str, Any]


@dataclass(slots=True)
class Chat:
    """What an agent did and heard in one chat; with an empty id, outside of all."""

    id: str
    calls: list[Item] = field(default_factory=list)
    heard: dict[str, list[Item]] = field(default_factory=dict)
    lives: list[Life] = field(default_factory=list)

    @property
    def size(self) -> int:
        return len(self.calls) + sum(map(len, self.heard.values()))


@dataclass(slots=True)
class Desk:
    """One login: `login` names the user, `nth` counts the logins of the same name."""

    login: str
    nth: int
    chats: dict[str, Chat] = field(default_factory=dict)

    def chat(self, chat_id: str) -> Chat:
        return self.chats.setdefault(chat_id, Chat(chat_id))
