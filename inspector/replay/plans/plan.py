"""A recorded agent made ready for replay: what it asked, what it was answered, what it was told and when.

Built once from a recording and shared by everybody who plays it; nothing here changes while it is played.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import pairwise
from typing import NamedTuple

from inspector.replay.matching import Identity
from inspector.traffic.exchange import Response


class Kind(Enum):
    """How often an exchange may answer (design, lifetimes)."""

    READ = "read"
    """GET and HEAD: as often as asked, by how far the story has come."""
    OPERATION = "operation"
    """Once, in order."""
    NOTICE = "notice"
    """Typing and SetInFocus: in order, then the last one again and again; the story does not depend on them."""
    LEFT_OUT = "left out"
    """An operation that `trim` left out: never, but the others keep their places before and after it."""


class Recorded(NamedTuple):
    """A recorded exchange (`number`) that answers requests of its `key`; ticks say when it began and was over.

    `anchors`: notifications without a cause of their own may hang on it (it changed something, and was accepted).
    `ends`: it was the logout.
    """

    number: int
    key: bytes
    kind: Kind
    start: int
    done: int
    anchors: bool = False
    ends: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """A notification in one of the agent's lists. `exchange` and `position` name it in the recording.

    `cue` is the index of the exchange that it waits for, None the subscription. `lag_ms` counts from the reply's end of
    the cue; below zero it came before. `asked_for`: the cue caused it, so without the cue it never comes.
    """

    exchange: int
    position: int
    topic: str
    data: bytes
    cue: int | None
    lag_ms: float
    asked_for: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """One agent of one session. `recorded` is in the order of start; `lists` has one list of notifications for each of
    its Bayeux clients, in the order of their handshakes.

    Beside its own story there may be others, of what was asked for later, and added: `begins` are the indices at which
    each of them begins. Each goes its own way: what is asked for in one passes over nothing in another.
    """

    agent: int
    user_name: str
    recorded: Sequence[Recorded]
    lists: Sequence[Sequence[Told]]
    by_key: dict[bytes, list[int]] = field(default_factory=dict)
    by_done: list[int] = field(default_factory=list)
    """The operations of its own story alone, in the order in which they were over."""
    by_start: list[int] = field(default_factory=list)
    """The same in the order in which they began."""
    begins: Sequence[int] = (0,)
    stories: Sequence[Sequence[int]] = ((),)
    """As `by_done`, for each story; the first one is that."""
    _bounds: dict[bytes, list[int]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        agent: int,
        user_name: str,
        recorded: Sequence[Recorded],
        lists: Sequence[Sequence[Told]] = (),
        begins: Sequence[int] = (0,),
    ) -> "Plan":
        """The plan with its look-ups."""
        by_key: dict[bytes, list[int]] = {}
        for index, one in enumerate(recorded):
            if one.key in by_key:
                by_key[one.key].append(index)
            else:
                by_key[one.key] = [index]
        operations = [index for index, one in enumerate(recorded) if one.kind in (Kind.OPERATION, Kind.LEFT_OUT)]
        done = [one.done for one in recorded]
        cuts = [bisect_left(operations, begin) for begin in (*begins, len(recorded))]
        by_start = operations[: cuts[1]]
        stories = [sorted(operations[a:b], key=done.__getitem__) for a, b in pairwise(cuts)]
        return cls(agent, user_name, recorded, lists, by_key, stories[0], by_start, begins, stories)

    def story_of(self, index: int) -> int:
        """The number of the story that an exchange belongs to."""
        return bisect_right(self.begins, index) - 1 if len(self.begins) > 1 else 0

    def same_place(self, key: bytes, turn: int) -> range:
        """Of the reads with this key, the ones that are at the same place in the story as the one at `turn`."""
        bounds = self._bounds.get(key)
        if bounds is None:
            bounds = self._bounds[key] = self._places(self.by_key[key])
        after = bisect_right(bounds, turn)
        return range(bounds[after - 1], bounds[after])

    def _places(self, indices: Sequence[int]) -> list[int]:
        """Where, among reads in order, another place in the story begins; a place is how many operations were over."""
        by_done = self.stories[self.story_of(indices[0])]
        places = [
            bisect_left(by_done, self.recorded[index].start, key=lambda one: self.recorded[one].done)
            for index in indices
        ]
        changes = [turn for turn in range(1, len(places)) if places[turn] != places[turn - 1]]
        return [0, *changes, len(places)]

    def overlapping(self, index: int) -> list[int]:
        """The operations that were under way while this one was."""
        own, own_turn = self.recorded[index], bisect_left(self.by_start, index)
        before = self.by_start[max(0, own_turn - _OVERLAP_SPAN) : own_turn]
        found = [other for other in before if self.recorded[other].done > own.start]
        for turn in range(own_turn + 1, len(self.by_start)):
            if self.recorded[self.by_start[turn]].start > own.done:
                break
            found.append(self.by_start[turn])
        return found


@dataclass(frozen=True, slots=True)
class Loaded:
    """The plans of a session, in the order in which their agents came; responses and identities by exchange number."""

    plans: Sequence[Plan]
    responses: Mapping[int, Response]
    identities: Mapping[int, Identity]
    logins: frozenset[bytes]
    """The keys of requests whose answer begins a session: it sets the session cookie."""


_OVERLAP_SPAN = 256
"""How many operations back one is looked for that was still under way: nobody has more in flight at once."""
