"""The notifications of one Bayeux client in a player's story: which are due, which stand in line, which went out. Pure.

The engine tells what happened to their cues; here is what that makes of their order.
"""

import heapq
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from inspector.replay.plans.plan import Told


@dataclass(slots=True)
class Notifications:
    """One Bayeux client's notifications, by their places in the recording: `due` is a heap of those whose cue has come,
    `line` those that nothing holds back, in the order in which they go; `ready` tells when (in ms) each of them may.
    """

    events: Sequence[Told]
    by_cue: dict[int | None, list[int]] = field(default_factory=dict)
    due: list[int] = field(default_factory=list)
    line: deque[int] = field(default_factory=deque)
    ready: dict[int, float] = field(default_factory=dict)
    fallen: set[int] = field(default_factory=set)
    released: set[int] = field(default_factory=set)
    forgone: set[int] = field(default_factory=set)
    """Calls that nobody is held back by any more."""
    delays: dict[int, float] = field(default_factory=dict)
    """How much longer (in ms) a fault makes them wait."""
    hastened: set[int] = field(default_factory=set)
    """Those that a fault lets overtake their reply."""
    repeated: set[int] = field(default_factory=set)
    """Those that a fault sends twice."""

    @classmethod
    def of(cls, events: Sequence[Told]) -> "Notifications":
        """A list of which nothing has happened yet."""
        notifications = cls(events)
        for place, event in enumerate(events):
            notifications.by_cue.setdefault(event.cue, []).append(place)
        return notifications

    def fall(self, place: int, when: float | None = None) -> None:
        """Its cue has come; from `when` on, as soon as that is known, it may go out. The first one counts."""
        if place not in self.fallen:
            self.fallen.add(place)
            heapq.heappush(self.due, place)
        if when is not None:
            self.ready.setdefault(place, when)

    def withdraw(self, place: int) -> None:
        """Its cue has failed before it was ready: it stands in the way of nobody."""
        self.fallen.discard(place)
        if place in self.line:
            self.line.remove(place)
        elif place in self.due:
            self.due.remove(place)
            heapq.heapify(self.due)

    def lose(self, place: int) -> None:
        """It never comes, and nobody shall wait for it."""
        self.withdraw(place)
        self.fallen.add(place)
        self.released.add(place)

    def early(self, place: int) -> bool:
        """Whether it comes before the reply of its cue."""
        return place in self.hastened or (self.events[place].lag_ms < 0 and place not in self.delays)

    def line_up(self, covered: Callable[[str], bool], held_back: Callable[[int], bool]) -> None:
        """Whoever is due, subscribed and not held back stands in line from now on; who is not subscribed any more has
        to line up again.
        """
        for place in [place for place in self.line if not covered(self.events[place].topic)]:
            self.line.remove(place)
            heapq.heappush(self.due, place)
        kept: list[int] = []
        while self.due:
            place = self.due[0]
            if not covered(self.events[place].topic):
                kept.append(heapq.heappop(self.due))  # it holds back nobody
            elif held_back(place):
                break
            else:
                self.line.append(heapq.heappop(self.due))
        for place in kept:
            heapq.heappush(self.due, place)
