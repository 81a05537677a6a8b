"""Two sessions, agent by agent and chat by chat: first all that was asked, then what was told, then what came of files.

What was asked comes first for it says which chat, document or file of one session is which of the other.
"""

from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b

from inspector.audit.diff.aligning import Pair, align
from inspector.audit.diff.comparing import Comparison
from inspector.audit.diff.delays import Delays
from inspector.audit.diff.items import TRANSFER, Chat, Desk, Item, Life
from inspector.audit.diff.lives import beside
from inspector.audit.diff.reading import Side
from inspector.audit.diff.renaming import EVERYWHERE, Renaming
from inspector.audit.diff.result import Difference, Kind, LeftOut, Result
from inspector.traffic.difference import in_json

Watch = Callable[[], None]
Both = tuple[Desk, Desk, Chat, Chat]


def compare(before: Side, after: Side, delays: Delays, watch: Watch = lambda: None) -> Result:
    """All that differs. `watch` is told after each message. Raises RecordingError."""
    sessions = _Sessions(before, after, delays, watch)
    differences = sorted(sessions.differences(), key=_order)
    were, are = before.passed, after.passed
    left_out = [LeftOut(*key, were[key], are[key]) for key in sorted(were.keys() | are.keys())]
    sizes = (before.size, after.size)
    return Result(differences, left_out, list(sessions.renaming), sizes, (before.polls, after.polls))


class _Sessions:
    """The two sessions, and what is known of which is which; `calls` are numbers before and after."""

    def __init__(self, before: Side, after: Side, delays: Delays, watch: Watch) -> None:
        self.renaming = Renaming()
        self._before, self._after = before, after
        self._comparison = Comparison(before.printer, after.printer, self.renaming)
        self._delays = delays
        self._watch = watch
        self._calls: dict[int, int] = {}
        self._paired: set[int] = set()

    def differences(self) -> Iterator[Difference]:
        both: list[Both] = []
        for desk, other in _desks(self._before.desks, self._after.desks):
            if desk is None or other is None:
                yield _whole_desk(desk, other)
                continue
            if desk.login != other.login:
                yield Difference(Kind.CHANGED, desk.login, "", "agent", before=desk.login, after=other.login)
            for chat, its in _chats(desk, other):
                if chat is None or its is None:
                    yield _whole_chat(desk, chat, its)
                else:
                    both.append((desk, other, chat, its))
        for one in both:
            yield from self._asked(*one)
        for one in both:
            yield from self._told(*one)
        for one in both:
            yield from self._came_of(*one)

    def _asked(self, desk: Desk, other: Desk, chat: Chat, its: Chat) -> Iterator[Difference]:
        self.renaming.leave_chat()
        if chat.id and its.id:
            self.renaming.learn([(EVERYWHERE, chat.id)], [(EVERYWHERE, its.id)])
        yield from self._beside(desk, chat, chat.calls, its.calls)

    def _told(self, desk: Desk, other: Desk, chat: Chat, its: Chat) -> Iterator[Difference]:
        self.renaming.leave_chat()
        for kind in sorted(chat.heard.keys() | its.heard.keys()):
            yield from self._beside(desk, chat, chat.heard.get(kind, ()), its.heard.get(kind, ()))

    def _beside(self, desk: Desk, chat: Chat, were: Sequence[Item], are: Sequence[Item]) -> Iterator[Difference]:
        """Two lists of messages of one kind."""
        gone: list[Item] = []
        new: list[Item] = []
        for was, now in align(were, are, (_exact, _near, _what)):
            if was is not None and now is not None:
                yield from self._pair(desk, chat, was, now)
            elif was is not None:
                gone.append(was)
            elif now is not None:
                new.append(now)
        for was, now in _same(gone, new):
            if was is not None and now is not None:
                yield Difference(Kind.MOVED, desk.login, chat.id, was.what, was.place, now.place)
                yield from self._pair(desk, chat, was, now)
            elif was is not None:
                self._watch()
                yield Difference(Kind.MISSING, desk.login, chat.id, was.what, at_before=was.place)
            elif now is not None:
                self._watch()
                yield Difference(Kind.ADDED, desk.login, chat.id, now.what, at_after=now.place)

    def _pair(self, desk: Desk, chat: Chat, was: Item, now: Item) -> Iterator[Difference]:
        self._watch()
        self._watch()
        where = desk.login, chat.id, was.what, was.place, now.place
        if was.position is None:
            self._calls[was.number] = now.number
            self._paired.add(now.number)
        if was.exact != now.exact or not self.renaming.learn(was.names, now.names):
            values = self._before.value(was), self._after.value(now)
            for one, note in self._comparison.of(*values, was.what):
                yield Difference(Kind(one.kind), *where, one.place, one.expected, one.actual, note)
        if was.position is not None and not self._is_of_same(was, now):
            yield Difference(Kind.CAUSE, *where, before=_caused(was), after=_caused(now))
        elif delay := self._delays.between(was, now):
            yield Difference(delay.kind, *where, before=delay.before, after=delay.after)

    def _is_of_same(self, was: Item, now: Item) -> bool:
        """Whether the calls that brought two notifications about are each other's; or if one is not there any more,
        which is told of as such, whether the other notification has none.
        """
        if was.cause in self._calls:
            return self._calls[was.cause] == now.cause
        return now.cause not in self._paired

    def _came_of(self, desk: Desk, other: Desk, chat: Chat, its: Chat) -> Iterator[Difference]:
        for was, now in beside(chat.lives, its.lives, self.renaming):
            where = desk.login, chat.id, TRANSFER, _uploaded(was), _uploaded(now)
            if was is None or now is None:
                one = was or now
                kind = Kind.ADDED if was is None else Kind.MISSING
                yield Difference(kind, *where, note=one.name if one else "")
                continue
            for place in in_json("", was.value, now.value):
                yield Difference(Kind(place.kind), *where, place.place, place.expected, place.actual, was.name)


def _desks(before: Sequence[Desk], after: Sequence[Desk]) -> Iterator[Pair[Desk]]:
    """Agents of the same name and login; if then each side has but one left, it plays the same part."""
    were = {(desk.login, desk.nth): desk for desk in before}
    are = {(desk.login, desk.nth): desk for desk in after}
    gone, new = sorted(were.keys() - are.keys()), sorted(are.keys() - were.keys())
    for key in sorted(were.keys() & are.keys()):
        yield were[key], are[key]
    if len(gone) == len(new) == 1 and gone[0][1] and new[0][1]:
        yield were[gone[0]], are[new[0]]
        return
    yield from ((were[key], None) for key in gone)
    yield from ((None, are[key]) for key in new)


def _chats(desk: Desk, other: Desk) -> Iterator[Pair[Chat]]:
    """What was done outside of chats, then the chats in their order: those that went alike are each other's."""
    yield desk.chats.get("") or Chat(""), other.chats.get("") or Chat("")
    were = [chat for chat in desk.chats.values() if chat.id]
    are = [chat for chat in other.chats.values() if chat.id]
    yield from align(were, are, (_story, _plot, lambda chat: 0))


def _story(chat: Chat) -> bytes:
    return blake2b(b"".join(item.exact for item in chat.calls), digest_size=16).digest()


def _plot(chat: Chat) -> bytes:
    return blake2b("\n".join(item.what for item in chat.calls).encode(), digest_size=16).digest()


def _same(gone: Sequence[Item], new: Sequence[Item]) -> Iterator[Pair[Item]]:
    """Messages that are the same although they are at other places; then those that are not."""
    left: dict[bytes, list[Item]] = {}
    for item in reversed(new):
        left.setdefault(item.exact, []).append(item)
    taken = set()
    for item in gone:
        found = left.get(item.exact)
        if found:
            taken.add(id(found[-1]))
            yield item, found.pop()
        else:
            yield item, None
    yield from ((None, item) for item in new if id(item) not in taken)


def _exact(item: Item) -> bytes:
    return item.exact


def _near(item: Item) -> bytes:
    return item.near + item.what.encode()


def _what(item: Item) -> str:
    return item.what


def _caused(item: Item) -> str | None:
    return None if item.cause is None else f"#{item.cause}"


def _uploaded(life: Life | None) -> str:
    return "" if life is None or life.upload is None else f"#{life.upload}"


def _whole_desk(desk: Desk | None, other: Desk | None) -> Difference:
    one = desk or other
    assert one
    kind = Kind.ADDED if desk is None else Kind.MISSING
    return Difference(kind, one.login, "", "agent", note=_told_of(sum(chat.size for chat in one.chats.values())))


def _whole_chat(desk: Desk, chat: Chat | None, its: Chat | None) -> Difference:
    one = chat or its
    assert one
    places = _first(chat), _first(its)
    kind = Kind.ADDED if chat is None else Kind.MISSING
    return Difference(kind, desk.login, one.id, "chat", *places, note=_told_of(one.size))


def _first(chat: Chat | None) -> str:
    items = [] if chat is None else [*chat.calls[:1], *(heard[0] for heard in chat.heard.values())]
    return min(items, key=lambda item: item.tick).place if items else ""


def _told_of(messages: int) -> str:
    return f"{messages} message{'' if messages == 1 else 's'}"


def _order(difference: Difference) -> tuple[str, str, int, int, int]:
    """By agent and chat, then as it happened."""
    place = difference.at_before or difference.at_after or "#0"
    number, _, position = place[1:].partition(":")
    first = 1 if difference.what == TRANSFER else 0
    return difference.agent, difference.chat, first, int(number), int(position or -1)
