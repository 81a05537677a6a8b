"""Operations that are left out: what goes with them, and what has to be remembered of them.

With an operation goes whatever only it brought about: the notifications to its own agent that a replay would not tell
without it. What others were told stays; to them it came by itself.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from inspector.analysis.whose import Whose
from inspector.errors import BodyError, NothingFound, UsageError
from inspector.recording.reader import Recording
from inspector.recording.session import Session
from inspector.recording.trimming.left_out import LeftOut, left_out
from inspector.traffic.bayeux import BayeuxError, dumps, parse
from inspector.traffic.exchange import Completed, Event, Exchange
from inspector.webservices.routes import Resource, route

Place = tuple[int, int]
"""A message: the exchange, and its position in the response."""

_CALLS = "SELECT c.exchange, c.operation, e.session FROM calls c JOIN exchanges e ON e.id = c.exchange"
_CAUSED = "SELECT exchange, position, max(call) FROM causes GROUP BY exchange, position"
_LINKED = "SELECT linked_by, chat_id, document_id FROM transfers WHERE session = ? AND linked_by IS NOT NULL"
_EVENTS = """
SELECT m.exchange, m.position, m.client_id, m.agent, m.channel, m.kind, m.chat_id, m.document_id
FROM messages m JOIN exchanges e ON e.id = m.exchange
WHERE e.session = ? AND m.direction = 'server' AND m.channel NOT LIKE '/meta/%' ORDER BY m.exchange, m.position"""


@dataclass(slots=True)
class Leaving:
    """The exchanges that go, the messages (by exchange, their positions) that go with them, and what is remembered."""

    numbers: Collection[int] = ()
    told: dict[int, set[int]] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)


def numbers_of(recording: Recording, sessions: Sequence[Session], names: Iterable[str]) -> tuple[int, ...]:
    """The exchanges that are named: by a number, or by an operation for all of its calls. Needs derived rows by today's
    rules. Raises NothingFound.
    """
    known = {session.id for session in sessions}
    calls = [(number, operation) for number, operation, session in _rows(recording, _CALLS) if session in known]
    found = dict[int, None]()
    for name in names:
        if name.isascii() and name.isdecimal() and len(name) < 19:
            number = int(name)
            if not recording.has(number) or recording.session_of(number).id not in known:
                raise NothingFound(f"{recording.path} holds no exchange {number}; `ls` lists what it holds")
            found[number] = None
        elif own := [number for number, operation in calls if operation == name]:
            found |= dict.fromkeys(own)
        else:
            near = get_close_matches(name, sorted({operation for _, operation in calls} - {""}), 1)
            hint = f": did you mean {near[0]}?" if near else ""
            raise NothingFound(f"{recording.path} holds no operation {name!r}{hint}")
    return tuple(sorted(found))


def leave(recording: Recording, session: Session, numbers: Collection[int], watch: Callable[[], None]) -> Leaving:
    """What goes with these operations of the session, whose derived rows are by today's rules. `watch` is told after
    each event. Raises UsageError: one is no operation, or tells whose other exchanges are.
    """
    following = _Following(frozenset(numbers))
    for event in recording.events(session):
        following.feed(event)
        watch()
    following.check()
    told = defaultdict[int, set[int]](set)
    for exchange, position in _told_by(recording, session, following):
        told[exchange].add(position)
    linked = {number: (chat, document) for number, chat, document in _rows(recording, _LINKED, session.id)}
    gone = [
        one._replace(chat_id=chat, document_id=document)
        for one in following.gone.values()
        for chat, document in [linked.get(one.number, ("", ""))]
    ]
    return Leaving(following.numbers, dict(told), following.remembered([*left_out(session), *gone]))


class _Following:
    """One session, with these operations and without them."""

    def __init__(self, numbers: frozenset[int]) -> None:
        self.numbers = numbers
        self.owners: dict[int, int] = {}
        self.gone: dict[int, LeftOut] = {}
        self._with, self._without = Whose(), Whose()
        self._same: dict[int, int] = {}
        self._other: list[int] = []
        self._beside: dict[int, int] = {}
        self._starts: dict[int, int] = {}

    def feed(self, event: Event) -> None:
        """Raises UsageError for one of them that is no operation."""
        number, leaves = event.exchange.number, event.exchange.number in self.numbers
        owned = self._with.feed(event)
        rest = None if leaves else self._without.feed(event)
        if leaves:
            _check_operation(event.exchange)
            self._starts.setdefault(number, event.tick)
        if owned is None:
            return
        owner = self.owners[number] = owned.agent.number if owned.agent else 0
        if not leaves:
            own = rest.agent.number if rest and rest.agent else 0
            if self._same.setdefault(owner, own) != own:
                self._other.append(number)
            self._beside.setdefault(owner, number)
        elif isinstance(event, Completed) and _answered(event.exchange):
            exchange = event.exchange
            operation, accepted = _operation(exchange), _accepted(exchange)
            self.gone[number] = LeftOut(number, number, self._starts[number], event.tick, operation, accepted)

    def check(self) -> None:
        """Raises UsageError if others are somebody else's without them."""
        names = {agent.number: agent.user_name for agent in self._with.agents.all}
        others = {agent.number: agent.user_name for agent in self._without.agents.all}
        doubled = len(set(self._same.values())) < len(self._same)
        renamed = any(names.get(old) != others.get(new) for old, new in self._same.items())
        if self._other or doubled or renamed:
            shown = ", ".join(f"#{number}" for number in sorted(self.numbers))
            raise UsageError(f"{shown} cannot be left out: a login or a logout that tells whose other exchanges are")

    def remembered(self, gone: Iterable[LeftOut]) -> list[LeftOut]:
        """The operations, each beside an exchange of its agent that stays; not those of whom nothing stays."""
        homes = [(self._beside.get(self.owners.get(one.beside, -1)), one) for one in gone]
        found = [one._replace(beside=beside) for beside, one in homes if beside is not None]
        return sorted(found, key=lambda one: one.start)


def _told_by(recording: Recording, session: Session, following: _Following) -> set[Place]:
    """The messages that a replay tells only once one of the operations was asked for; copies of them, too."""
    last = {(exchange, position): call for exchange, position, call in _rows(recording, _CAUSED)}
    owners, gone = following.owners, set[Place]()
    caused = {
        place
        for place, call in last.items()
        if call in following.numbers and owners.get(place[0], -1) == owners.get(call, -2)
    }
    for alike in _alike(recording, session, caused):
        if not any(one in last and last[one] not in following.numbers for one, _ in alike):
            gone |= {one for one, _ in alike}
            continue
        by_client = defaultdict[str, list[Place]](list)  # its agent was told the same again, by another cause
        for one, client in alike:
            by_client[client].append(one)
        turns = {turn for ones in by_client.values() for turn, one in enumerate(ones) if one in caused}
        gone |= {ones[turn] for ones in by_client.values() for turn in turns if turn < len(ones)}
    return gone


def _alike(recording: Recording, session: Session, places: Collection[Place]) -> Iterable[list[tuple[Place, str]]]:
    """For each different thing that is said at the places: all messages to the same agent that say it, in order, with
    the Bayeux clients that got them.
    """
    if not places:
        return ()
    rows = [
        ((exchange, position), client, about)
        for exchange, position, client, *about in _rows(recording, _EVENTS, session.id)
    ]
    kinds = {tuple(about) for place, _, about in rows if place in places}
    found = defaultdict[tuple[object, str, bytes], list[tuple[Place, str]]](list)
    read, said = 0, list[bytes]()
    for place, client, about in rows:  # an exchange's messages stand beside each other
        if tuple(about) in kinds:
            if place[0] != read:
                read, said = place[0], _said(recording.exchange(place[0]))
            if place[1] < len(said):
                found[about[0], about[1], said[place[1]]].append((place, client))
    return [alike for alike in found.values() if any(place in places for place, _ in alike)]


def _said(exchange: Exchange) -> list[bytes]:
    """The data of each message of a response."""
    if exchange.response is None:
        return []
    try:
        messages = parse(exchange.response.body.decoded(), exchange.response.headers.media_type)
        return [dumps(message.get("data")) for message in messages]
    except (BodyError, BayeuxError):
        return []


def _check_operation(exchange: Exchange) -> None:
    request = exchange.request
    if request.method in ("GET", "HEAD", "OPTIONS") or route(request.path).resource is Resource.CHANNEL:
        kind = "the notification channel" if request.method == "POST" else "a read"
        raise UsageError(
            f"#{exchange.number} {request.method} {request.path} is {kind}: only operations can be left out"
        )


def _answered(exchange: Exchange) -> bool:
    return exchange.response is not None and exchange.error is None


def _operation(exchange: Exchange) -> str:
    name = None if exchange.request.parts else _member(exchange.request.body, "operationName")
    return name if isinstance(name, str) else ""


def _accepted(exchange: Exchange) -> bool:
    code = _member(exchange.response.body, "statusCode") if exchange.response else None
    return type(code) in (int, float) and code == 0


def _member(body: Any, name: str) -> Any:
    try:
        value = body.json() if body.size else None
    except BodyError:
        return None
    return value.get(name) if isinstance(value, dict) else None


def _rows(recording: Recording, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    cursor = recording.db.cursor()
    cursor.row_factory = None
    return cursor.execute(query, parameters).fetchall()
