"""One live client playing one recorded agent: which recorded answer it gets, and which notifications fall due. Pure.

No clock and no socket: what happened comes in, with the time where it matters, decisions go out.

An exchange of the plan, for this client:

    state    its request comes            a later call comes         its notifications
    -------  ---------------------------  -------------------------  --------------------------------------------
    waiting  answered: asked              passed, if it was over     wait, and hold back those of overlapping calls
                                          before that one began
    asked    the next of its key, or miss -                          take their places in the line; early ones
                                                                     (lag below 0) are ready
    played   likewise                     -                          all are ready, each after its lag
    passed   answered after all: asked    -                          hold back nothing; unasked ones are ready
    failed   likewise                     -                          never come; unasked ones are ready

The order is decided when requests arrive, never by how long a reply takes: a call that is asked puts its notifications
into the line, behind all that stand there, among each other (and what was held back) in the order of the recording.
From the head of the line they go out as they are ready, while their topic is subscribed; one without a subscription
stands in no line. So `release` wants to be called after everything that happens, `ask` included. Whoever waits for a
call that overlapped and does not come is let go when its poll would end empty (`let_go`), and a call that was asked is
`played` or `failed` (its recorded answer cannot be served) in the end: nobody waits for ever.

Faults: a call that is refused stays waiting, and holds back nobody; others lose, delay, hasten or repeat what is caused
by a call that is under way.
"""

import heapq
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from inspector.replay.plans.plan import Kind, Plan, Told
from inspector.replay.story.notifications import Notifications


class Fate(Enum):
    """What became of an operation of the plan, for one client."""

    ASKED = "asked"
    PLAYED = "played"
    FAILED = "failed"


@dataclass(slots=True)
class _Progress:
    """How far a story of the plan has come: the start of the last call that was made, how many operations are passed
    over or asked for, and how many of them reads need not wait for.
    """

    by_done: Sequence[int]
    horizon: int = -1
    passed: int = 0
    told: int = 0


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
        self.logged_out = False
        self._stories = [_Progress(by_done) for by_done in plan.stories]
        self._turns: dict[bytes, int] = {}
        self._reads: dict[bytes, tuple[int, int]] = {}
        self._lists = [Notifications.of(events) for events in plan.lists]

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
        if index is not None and self._fates.get(index) in (None, Fate.FAILED):
            self._fates[index] = Fate.ASKED
            self.logged_out = self.logged_out or recorded[index].ends
            self._pass_over(index, now_ms)
            for notifications in self._lists:
                for place in notifications.by_cue.get(index, ()):
                    notifications.fall(place)
        return index

    def early(self, index: int, now_ms: float) -> bool:
        """The request of an operation is there: its early notifications are ready. Whether there are any."""
        any_early = False
        for notifications in self._lists:
            for place in notifications.by_cue.get(index, ()):
                if notifications.early(place):
                    notifications.fall(place, now_ms)
                    any_early = True
        return any_early

    def played(self, index: int, now_ms: float) -> None:
        """The reply of an operation has been handed over: its notifications are ready, each after its lag."""
        if self._fates.get(index) is not Fate.ASKED:
            return
        self._fates[index] = Fate.PLAYED
        for notifications in self._lists:
            for place in notifications.by_cue.get(index, ()):
                lag = max(notifications.events[place].lag_ms, 0.0)
                wait = notifications.delays.get(place, 0.0) + (lag / self._pace if self._pace else 0.0)
                notifications.fall(place, now_ms + wait)

    def failed(self, index: int, now_ms: float) -> None:
        """A fault refused the operation: what it caused never comes, what only followed it is ready."""
        self._fates[index] = Fate.FAILED
        self._drop(index, now_ms)
        for notifications in self._lists:
            for place in notifications.by_cue.get(index, ()):
                if place not in notifications.ready:
                    notifications.withdraw(place)

    def refused(self, key: bytes, now_ms: float) -> int | None:
        """A fault refuses the operation that would have answered: it stays to be asked for, but nobody waits for it,
        and what only followed it is ready. Its index; None if there is none.
        """
        indices, turn = self.plan.by_key.get(key, []), self._turns.get(key, 0)
        if turn >= len(indices) or self.plan.recorded[indices[turn]].kind is not Kind.OPERATION:
            return None
        self._drop(indices[turn], now_ms)
        for notifications in self._lists:
            notifications.forgone.add(indices[turn])
        return indices[turn]

    def lose(self, index: int) -> None:
        """A fault: what an operation that is under way causes never comes."""
        for notifications, place in self._caused(index):
            notifications.lose(place)

    def delay(self, index: int, more_ms: float) -> None:
        """A fault: what an operation that is under way causes comes later, and so does what stands behind it."""
        for notifications, place in self._caused(index):
            notifications.delays[place] = more_ms

    def hasten(self, index: int) -> None:
        """A fault: what an operation that is under way causes comes before its reply."""
        for notifications, place in self._caused(index):
            notifications.hastened.add(place)

    def repeat(self, index: int) -> None:
        """A fault: what an operation that is under way causes comes twice."""
        for notifications, place in self._caused(index):
            notifications.repeated.add(place)

    def listening(self, number: int, now_ms: float) -> None:
        """The client of the list has subscribed to something: what waited for nothing else is ready."""
        notifications = self._lists[number]
        for place in notifications.by_cue.get(None, ()):
            notifications.fall(place, now_ms)

    def release(self, number: int, now_ms: float, covered: Callable[[str], bool]) -> list[Told]:
        """The notifications of a list that go out now, in order; `covered` tells whether a topic is subscribed."""
        notifications = self._lists[number]
        notifications.line_up(covered, lambda place: self._held_back(notifications, place, covered))
        out: list[Told] = []
        while notifications.line and notifications.ready.get(notifications.line[0], now_ms + 1) <= now_ms:
            place = notifications.line.popleft()
            notifications.released.add(place)
            out += [notifications.events[place]] * (2 if place in notifications.repeated else 1)
            notifications.repeated.discard(place)
        return out

    def next_due(self, number: int, now_ms: float) -> float | None:
        """When, in ms, time alone may release another notification of a list; None if it never will."""
        line, ready = self._lists[number].line, self._lists[number].ready
        return ready[line[0]] if line and ready.get(line[0], now_ms) > now_ms else None

    def let_go(self, number: int) -> None:
        """A poll would end empty: whoever is held back by an overlapping call waits for it no longer."""
        notifications = self._lists[number]
        for place in notifications.due:
            cue = notifications.events[place].cue
            if cue is not None:
                notifications.forgone.update(self.plan.overlapping(cue))

    def held_back(self, number: int, covered: Callable[[str], bool]) -> bool:
        """Whether a notification that is due waits for a call that may never come; `let_go` ends that."""
        notifications = self._lists[number]
        return any(covered(notifications.events[place].topic) for place in notifications.due)

    def put_back(self, number: int, told: Iterable[Told]) -> None:
        """These went out to a Bayeux client that has gone before they arrived: its successor is told."""
        notifications, back = self._lists[number], list(told)
        for place in [place for place in notifications.released if notifications.events[place] in back]:
            notifications.released.discard(place)
            heapq.heappush(notifications.due, place)

    def waiting(self, number: int) -> list[Told]:
        """The notifications of a list that have not gone out."""
        notifications = self._lists[number]
        return [event for place, event in enumerate(notifications.events) if place not in notifications.released]

    @property
    def over(self) -> bool:
        """Whether the agent has logged out, or the last operation of the story was asked for."""
        return self.logged_out or (bool(self.plan.by_done) and self.plan.by_done[-1] in self._fates)

    def asked_for(self, index: int) -> bool:
        """Whether an operation was asked for."""
        return index in self._fates

    def unused(self) -> list[int]:
        """The operations that were never asked for."""
        recorded = self.plan.recorded
        return [
            index
            for index in self.plan.by_done
            if index not in self._fates and recorded[index].kind is not Kind.LEFT_OUT
        ]

    def _caused(self, index: int) -> Iterator[tuple[Notifications, int]]:
        if self._fates.get(index) is not Fate.ASKED:
            return  # it answers again (`reuse`), and causes nothing
        for notifications in self._lists:
            for place in notifications.by_cue.get(index, ()):
                if notifications.events[place].asked_for:
                    yield notifications, place

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
        frontier, recorded = self._frontier(indices[0]), self.plan.recorded
        newest = bisect_right(indices, frontier, key=lambda index: recorded[index].start) - 1
        if newest < 0:
            return indices[0]
        same = self.plan.same_place(key, newest)
        known, turn = self._reads.get(key, (-1, 0))
        turn = min(turn, len(same) - 1) if known == same.start else 0
        self._reads[key] = (same.start, turn + 1)
        return indices[same[turn]]

    def _frontier(self, read: int) -> int:
        """The tick until which a read's story has been told: the end of the first operation that is still to come."""
        story, recorded = self._stories[self.plan.story_of(read)], self.plan.recorded
        while story.told < len(story.by_done):
            index = story.by_done[story.told]
            if index not in self._fates and recorded[index].done >= story.horizon:
                return recorded[index].done
            story.told += 1
        return 1 << 62

    def _pass_over(self, asked: int, now_ms: float) -> None:
        """A call was made: whatever was over when it began, and was not asked for, is passed over."""
        story, recorded = self._stories[self.plan.story_of(asked)], self.plan.recorded
        story.horizon = max(story.horizon, recorded[asked].start)
        while story.passed < len(story.by_done) and recorded[story.by_done[story.passed]].done < story.horizon:
            index = story.by_done[story.passed]
            if index not in self._fates:
                self._drop(index, now_ms)
            story.passed += 1

    def _drop(self, index: int, now_ms: float) -> None:
        for notifications in self._lists:
            for place in notifications.by_cue.get(index, ()):
                if not notifications.events[place].asked_for:
                    notifications.fall(place, now_ms)

    def _held_back(self, notifications: Notifications, place: int, covered: Callable[[str], bool]) -> bool:
        """Whether an earlier notification may still come whose call overlapped this one's."""
        cue = notifications.events[place].cue
        if cue is None:
            return False
        return any(
            other not in self._fates
            and other not in notifications.forgone
            and self.plan.recorded[other].done >= self._stories[0].horizon
            and any(
                earlier < place and covered(notifications.events[earlier].topic)
                for earlier in notifications.by_cue.get(other, ())
            )
            for other in self.plan.overlapping(cue)
        )
