"""What a comparison comes to: differences, and what was not compared."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How two sessions differ in one place, in the order in which a summary tells of it."""

    ADDED = "added"
    MISSING = "missing"
    CHANGED = "changed"
    MOVED = "moved"
    """The same message, at another place among its like."""
    CAUSE = "cause"
    """The same notification, brought about by another call, or by none."""
    ORDER = "order"
    """A notification overtakes its call's reply in one session, and follows it in the other."""
    SLOWER = "slower"
    FASTER = "faster"


@dataclass(frozen=True, slots=True)
class Difference:
    """One place. `what` is the operation, the notification's kind, `transfer`, `chat` or `agent`.

    `chat` is the id before; of a chat that was added, the one after. `at_before` and `at_after` are `#12` for an
    exchange and `#12:1` for a message in its reply, empty where there is none. `pointer` leads into what `content.py`
    describes. `before` and `after` are JSON texts, cut where they are long, or words for times; None for nothing.
    """

    kind: Kind
    agent: str
    chat: str
    what: str
    at_before: str = ""
    at_after: str = ""
    pointer: str = ""
    before: str | None = None
    after: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A member of which the value was not compared, why, and how often it was there before and after."""

    member: str
    why: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Result:
    """`messages` are how many there were before and after; `polls` those that were not compared. `renamed` are names
    of the same thing before and after, where they differ.
    """

    differences: Sequence[Difference]
    left_out: Sequence[LeftOut]
    renamed: Sequence[tuple[str, str]]
    messages: tuple[int, int]
    polls: tuple[int, int]

    @property
    def counts(self) -> Counter[Kind]:
        return Counter(one.kind for one in self.differences)
