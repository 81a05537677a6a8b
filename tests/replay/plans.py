"""Plans made by hand and at random, and a live client with all that a stub does to its player, but for the sockets."""

from collections.abc import Callable, Iterable
from typing import Any

from hypothesis import strategies as st

from inspector.replay.plans.plan import Kind, Plan, Recorded, Told
from inspector.replay.story.engine import Player

CHATS = "/v2/me/chats"
DEVICES = "/v2/me/devices"
TOPICS = (CHATS, DEVICES)
DELAY_MS = 400


class Script:
    """A recorded agent, exchange by exchange. A number (from 1) names an exchange; its key is what it asked."""

    def __init__(self) -> None:
        self.recorded: list[Recorded] = []
        self.lists: list[list[Told]] = [[]]

    def operation(self, key: str, start: int, done: int, *, anchors: bool = True) -> int:
        return self._add(key, Kind.OPERATION, start, done, anchors)

    def read(self, key: str, start: int, done: int | None = None) -> int:
        return self._add(key, Kind.READ, start, start + 1 if done is None else done, False)

    def notice(self, key: str, start: int) -> int:
        return self._add(key, Kind.NOTICE, start, start + 1, False)

    def told(
        self, name: str, cue: int | None = None, *, lag: float = 5, asked: bool = True, topic: str = CHATS, to: int = 0
    ) -> None:
        """A notification whose data is `name`; `to` is the number of its list."""
        while len(self.lists) <= to:
            self.lists.append([])
        place = len(self.lists[to])
        index = None if cue is None else cue - 1
        self.lists[to].append(Told(100 + to, place, topic, name.encode(), index, lag, asked and cue is not None))

    def plan(self, agent: int = 1, user_name: str = "sofia") -> Plan:
        return Plan.of(agent, user_name, self.recorded, self.lists)

    def _add(self, key: str, kind: Kind, start: int, done: int, anchors: bool) -> int:
        assert not self.recorded or self.recorded[-1].start < start < done
        self.recorded.append(Recorded(len(self.recorded) + 1, key.encode(), kind, start, done, anchors))
        return len(self.recorded)


class Live:
    """A live client of one player; it is asked what goes out after everything that happens, as a stub does."""

    def __init__(self, plan: Plan, **settings: Any) -> None:
        self.plan = plan
        self.player = Player(plan, **settings)
        self.now = 0.0
        self.topics: list[set[str]] = [set() for _ in plan.lists]
        self.heard: list[list[str]] = [[] for _ in plan.lists]
        self.on_release: Callable[[int, Told], None] = lambda number, told: None

    def subscribe(self, *topics: str, number: int = 0) -> list[str]:
        self.topics[number].update(topics or TOPICS)
        self.player.listening(number, self.now)
        return self.flush()

    def unsubscribe(self, topic: str, number: int = 0) -> None:
        self.topics[number].discard(topic)
        self.flush()

    def ask(self, key: str | bytes, fault: str = "") -> int | None:
        """The number of the exchange that answers; None is a miss. Only the request: the reply is still to go.

        A `fault` meets what it causes: lose, delay (by DELAY_MS), hasten, repeat.
        """
        index = self.player.ask(_bytes(key), self.now)
        if index is not None and fault == "delay":
            self.player.delay(index, DELAY_MS)
        elif index is not None and fault:
            getattr(self.player, fault)(index)
        if index is not None and self.plan.recorded[index].kind is Kind.OPERATION:
            self.player.early(index, self.now)
        self.flush()
        return None if index is None else self.plan.recorded[index].number

    def reply(self, number: int) -> list[str]:
        """The reply has been handed over; what is told thereupon."""
        self.player.played(number - 1, self.now)
        return self.flush()

    def call(self, key: str) -> list[str]:
        """An operation from its request to the end of its reply; all that is told meanwhile."""
        before = len(self.heard[0])
        number = self.ask(key)
        assert number is not None
        self.reply(number)
        return self.heard[0][before:]

    def refuse(self, key: str | bytes) -> int | None:
        """A fault refuses the operation, which stays to be asked for; its number."""
        index = self.player.refused(_bytes(key), self.now)
        self.flush()
        return None if index is None else self.plan.recorded[index].number

    def fail(self, key: str) -> int:
        """The operation has no answer that can be served: it has no effects, early ones neither."""
        index = self.player.ask(key.encode(), self.now)
        assert index is not None
        self.player.failed(index, self.now)
        self.flush()
        return self.plan.recorded[index].number

    def let_go(self, number: int = 0) -> list[str]:
        """A poll is about to end empty."""
        self.player.let_go(number)
        return self.flush()

    def wait(self, ms: float) -> list[str]:
        self.now += ms
        return self.flush()

    def flush(self) -> list[str]:
        """What goes out; of several lists, one after the other."""
        out = []
        for number, topics in enumerate(self.topics):
            for told in self.player.release(number, self.now, topics.__contains__):
                self.on_release(number, told)
                self.heard[number].append(told.data.decode())
                out.append(told.data.decode())
        return out

    @property
    def waiting(self) -> list[str]:
        return [told.data.decode() for told in self.player.waiting(0)]


def _bytes(key: str | bytes) -> bytes:
    return key.encode() if isinstance(key, str) else key


@st.composite
def plans(draw: st.DrawFn, lists: int = 2) -> Plan:
    """Operations, reads and notices, under way at the same time or one after the other, and what was told meanwhile.

    A notification names an own call that began before it was delivered; or it hangs on the last one that anchors.
    """
    recorded: list[Recorded] = []
    for index in range(draw(st.integers(1, 9))):
        kind = draw(st.sampled_from([Kind.OPERATION, Kind.OPERATION, Kind.OPERATION, Kind.READ, Kind.NOTICE]))
        key = f"{kind.value} {draw(st.integers(1, 4))}".encode()
        done = 100 * (index + draw(st.sampled_from([0, 0, 1, 2, 3]))) + 50 + index
        recorded.append(Recorded(index + 1, key, kind, 100 * index, done, draw(st.booleans())))
    told = [[*_told(draw, recorded, number)] for number in range(draw(st.integers(1, lists)))]
    return Plan.of(1, "sofia", recorded, told)


def _told(draw: st.DrawFn, recorded: list[Recorded], number: int) -> Iterable[Told]:
    ticks = draw(st.lists(st.integers(0, 100 * len(recorded) + 300), max_size=8))
    for place, tick in enumerate(sorted(ticks)):
        begun = [one.number - 1 for one in recorded if one.kind is Kind.OPERATION and one.start < tick]
        anchors = [index for index in begun if recorded[index].anchors]
        asked = bool(begun) and draw(st.booleans())
        cue = draw(st.sampled_from(begun)) if asked else anchors[-1] if anchors else None
        lag = 0.0 if cue is None else float(tick - recorded[cue].done)
        yield Told(200 + number, place, draw(st.sampled_from(TOPICS)), f"{number}.{place}".encode(), cue, lag, asked)
