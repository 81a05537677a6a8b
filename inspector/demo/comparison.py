"""Whether an agent saw the same twice: its replies in order, its notifications in order, each line as text."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from inspector.demo.inbox import Inbox, Seen


@dataclass(frozen=True, slots=True)
class Difference:
    """One line, as it was before and as it is now; `nothing` where there is none."""

    before: str
    now: str


def compare(before: Inbox, now: Inbox) -> list[Difference]:
    """The lines that differ. How replies and notifications interleave is a race, so each list is held for itself."""
    return [*_differences(before.replies, now.replies), *_differences(before.notifications, now.notifications)]


def _differences(before: Sequence[Seen], now: Sequence[Seen]) -> list[Difference]:
    lines = zip_longest(map(str, before), map(str, now), fillvalue="nothing")
    return [Difference(*pair) for pair in lines if pair[0] != pair[1]]
