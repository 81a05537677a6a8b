"""One live client playing one recorded agent: which recorded answer it gets, and which notifications fall due. Pure.

No clock and no socket: what happened comes in, with the time where it matters, decisions go out.

An exchange of the plan, for this client:

    state    its request comes            a later call comes         its notifications
    -------  ---------------------------  -------------------------  --------------------------------------------
    waiting  answered: asked              passed, if it was over     wait, and hold back those of overlapping calls
                                          before that one began
    asked    the next of its key, or miss -                          early ones (lag below 0) fall due
    played   likewise                     -                          all fall due, each after its lag
    passed   answered after all: asked    -                          hold back nothing; unasked ones fall due
    failed   likewise                     -                          never come (a fault); unasked ones fall due

An event that is due goes out when its topic is subscribed, behind every earlier one that is due and subscribed. Whoever
waits for a call that overlapped and does not come is let go when its poll would end empty (`let_go`): nobody waits for
ever.
"""

import heapq
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from inspector.replay.plan import Kind, Plan, Told


class Fate(Enum):
    """What became of an operation of the plan, for one client."""

    ASKED = "asked"
    PLAYED = "played"
    FAILED = "failed"


@dataclass(slots=True)
class _List:
    """One Bayeux client's notifications: `due` is a heap of (place, when in ms), in the order of the recording."""

    events: list[Told]
    by_cue: dict[int | None, list[int]] = field(default_factory=dict)
    due: list[tuple[int, float]] = field(default_factory=list)
    fallen: set[int] = field(default_factory=set)
    released: set[int] = field(default_factory=set)
    forgone: set[int] = field(default_factory=set)
    """Calls that nobody is held back by any more."""

    def fall(self, place: int, when: float) -> None:
        """From `when` on the notification may go out; the first cue that falls counts."""
        if place not in self.fallen:
            self.fallen.add(place)
            heapq.heappush(self.due, (place, when))


class Player:
    """The place of one live client in the story of its plan.

    `pace` 0 releases notifications at once, 1 after the recorded lag, N that much faster. With `reuse` operations
    answer again: the next of the same key, then the last one for ever. Times are in ms, on any clock.
    """

    def __init__(self, plan: Plan, *, reuse: bool = False, pace: float = 0.0) -> None:
        self.plan = plan
        self._reuse = reuse
        self._pace = pace
        self._fates: dict[int, Fate] = {}
        self._horizon = -1
        self._passed = 0
        self._story = 0
        self._turns: dict[bytes, int] = {}
        self._reads: dict[bytes, tuple[int, int]] = {}
        self._lists = [_list(list(events)) for events in plan.lists]

    def ask(self, key: bytes, now_ms: float) -> int | None:
        """The index of the exchange that answers a request; None is a miss. An operation is under way from now on."""
        indices = self.plan.by_key.get(key)
        if indices is None:
            return None
        recorded = self.plan.recorded
        match recorded[indices[0]].kind:
            case Kind.READ:
                return self._read(key, indices)
            case Kind.NOTICE:
                return indices[self._turn(key, len(indices))]
        index = self._next_operation(key, indices)
        if index is not None and self._fates.get(index) is None:
            self._fates[index] = Fate.ASKED
            self._pass_over(recorded[index].start, now_ms)
        return index

    def early(self, index: int, now_ms: float) -> bool:
        """The request of an operation is there: its early notifications fall due. Whether there are any."""
        return self._fall(index, now_ms, early=True)

    def played(self, index: int, now_ms: float) -> None:
        """The reply of an operation has been handed over: its notifications fall due, each after its lag."""
        if self._fates.get(index) is Fate.ASKED:
            self._fates[index] = Fate.PLAYED
            self._fall(index, now_ms, early=False)

    def failed(self, index: int, now_ms: float) -> None:
        """A fault refused the operation: what it caused never comes, what only followed it falls due."""
        self._fates[index] = Fate.FAILED
        self._drop(index, now_ms)

    def listening(self, number: int, now_ms: float) -> None:
        """The client of the list has subscribed to something: what waited for nothing else is due."""
        notifications = self._lists[number]
        for place in notifications.by_cue.pop(None, ()):
            notifications.fall(place, now_ms)

    def release(self, number: int, now_ms: float, covered: Callable[[str], bool]) -> list[Told]:
        """The notifications of a list that go out now, in order; `covered` tells whether a topic is subscribed."""
        notifications = self._lists[number]
        out: list[Told] = []
        kept: list[tuple[int, float]] = []
        while notifications.due:
            place, when = notifications.due[0]
            event = notifications.events[place]
            if not covered(event.topic):
                kept.append(heapq.heappop(notifications.due))  # it holds back nobody
                continue
            if when > now_ms or self._held_back(notifications, place):
                break
            heapq.heappop(notifications.due)
            notifications.released.add(place)
            out.append(event)
        for one in kept:
            heapq.heappush(notifications.due, one)
        return out

    def next_due(self, number: int, now_ms: float) -> float | None:
        """When, in ms, time alone may release another notification of a list; None if it never will."""
        return min((when for _, when in self._lists[number].due if when > now_ms), default=None)

    def let_go(self, number: int) -> None:
        """A poll would end empty: whoever is held back by an overlapping call waits for it no longer."""
        notifications = self._lists[number]
        for place, _ in notifications.due:
            cue = notifications.events[place].cue
            if cue is not None:
                notifications.forgone.update(self.plan.overlapping(cue))

    def waiting(self, number: int) -> list[Told]:
        """The notifications of a list that have not gone out."""
        notifications = self._lists[number]
        return [event for place, event in enumerate(notifications.events) if place not in notifications.released]

    def unused(self) -> list[int]:
        """The operations that were never asked for."""
        return [index for index in self.plan.by_done if index not in self._fates]

    def _next_operation(self, key: bytes, indices: list[int]) -> int | None:
        turn = self._turns.get(key, 0)
        if turn < len(indices):
            self._turns[key] = turn + 1
            return indices[turn]
        return indices[-1] if self._reuse else None

    def _turn(self, key: bytes, count: int) -> int:
        turn = self._turns.get(key, 0)
        self._turns[key] = min(turn + 1, count - 1)
        return turn

    def _read(self, key: bytes, indices: list[int]) -> int:
        """The newest answer whose preceding operations have been played or passed over; none yet: the first."""
        frontier, recorded = self._frontier(), self.plan.recorded
        newest = bisect_right(indices, frontier, key=lambda index: recorded[index].start) - 1
        same = self.plan.same_place(key, max(newest, 0))
        known, turn = self._reads.get(key, (-1, 0))
        turn = min(turn, len(same) - 1) if known == same.start else 0
        self._reads[key] = (same.start, turn + 1)
        return indices[same[turn]]

    def _frontier(self) -> int:
        """The tick until which the story has been told: the end of the first operation that is still to come."""
        by_done, recorded = self.plan.by_done, self.plan.recorded
        while self._story < len(by_done):
            index = by_done[self._story]
            if index not in self._fates and recorded[index].done >= self._horizon:
                return recorded[index].done
            self._story += 1
        return 1 << 62

    def _pass_over(self, start: int, now_ms: float) -> None:
        """A call that began at this tick was made: whatever was over by then and was not asked for is passed over."""
        self._horizon = max(self._horizon, start)
        by_done, recorded = self.plan.by_done, self.plan.recorded
        while self._passed < len(by_done) and recorded[by_done[self._passed]].done < self._horizon:
            index = by_done[self._passed]
            if index not in self._fates:
                self._drop(index, now_ms)
            self._passed += 1

    def _fall(self, index: int, now_ms: float, *, early: bool) -> bool:
        any_early = False
        for notifications in self._lists:
            for place in notifications.by_cue.get(index, ()):
                lag = notifications.events[place].lag_ms
                if (lag < 0) == early:
                    any_early = early
                    delay = max(lag, 0.0) / self._pace if self._pace else 0.0
                    notifications.fall(place, now_ms + delay)
        return any_early

    def _drop(self, index: int, now_ms: float) -> None:
        for notifications in self._lists:
            for place in notifications.by_cue.get(index, ()):
                if not notifications.events[place].asked_for:
                    notifications.fall(place, now_ms)

    def _held_back(self, notifications: _List, place: int) -> bool:
        """Whether an earlier notification may still come whose call overlapped this one's."""
        cue = notifications.events[place].cue
        if cue is None:
            return False
        return any(
            other not in self._fates
            and other not in notifications.forgone
            and self.plan.recorded[other].done >= self._horizon
            and any(earlier < place for earlier in notifications.by_cue.get(other, ()))
            for other in self.plan.overlapping(cue)
        )


def _list(events: list[Told]) -> _List:
    notifications = _List(events)
    for place, event in enumerate(events):
        notifications.by_cue.setdefault(event.cue, []).append(place)
    return notifications
