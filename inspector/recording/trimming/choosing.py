"""Which exchanges of a session are kept, by whose they are and which chat they are of; and what is of others."""

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from inspector.analysis.agents import basic_user
from inspector.analysis.channel import messages_asked
from inspector.analysis.whose import Owned, Whose
from inspector.errors import NothingFound
from inspector.recording.reader import Recording
from inspector.recording.session import Session
from inspector.recording.trimming.foreign import Foreign
from inspector.recording.trimming.leaving import Leaving, leave
from inspector.traffic.bayeux import CONNECT
from inspector.traffic.exchange import Exchange
from inspector.webservices.routes import Resource, route

AROUND_S = 60
"""Seconds before a chat and, beside the window for notifications, after it, in which polls are kept though they tell of
nothing that is: they show that somebody listened, which findings rest on.
"""

_SOME_AGENTS = """
SELECT agent FROM calls WHERE chat_id = ?1 AND agent IS NOT NULL
UNION SELECT agent FROM messages WHERE chat_id = ?1 AND agent IS NOT NULL"""
_SOME_CHATS = """
SELECT chat_id FROM calls WHERE agent = ?1 AND chat_id <> '' UNION
SELECT chat_id FROM messages WHERE agent = ?1 AND chat_id <> ''"""
_ALL_CHATS = """
SELECT c.chat_id FROM calls c JOIN exchanges e ON e.id = c.exchange WHERE e.session = ?1 UNION
SELECT m.chat_id FROM messages m JOIN exchanges e ON e.id = m.exchange WHERE e.session = ?1"""
_IDS = """
SELECT chat_id, document_id FROM calls WHERE document_id <> '' UNION
SELECT chat_id, document_id FROM messages WHERE document_id <> '' UNION
SELECT chat_id, document_id FROM transfers UNION SELECT chat_id, file_id FROM transfers"""
_SPAN = """
SELECT min(e.started_mono), max(coalesce(e.done_mono, e.started_mono)) FROM exchanges e
WHERE e.session = ?2 AND
  e.id IN (SELECT exchange FROM calls WHERE chat_id = ?1 UNION SELECT exchange FROM messages WHERE chat_id = ?1)"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Agents by login, user id or number; chats by their ids; both empty: all. Whoseever they are, not the operations
    `without` (exchanges).
    """

    agents: tuple[str, ...] = ()
    chats: tuple[str, ...] = ()
    without: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.agents or self.chats)


@dataclass(slots=True)
class Choice:
    """What is kept of one session: `agents` are their numbers in it."""

    wanted: Wanted
    leaving: Leaving = field(default_factory=Leaving)
    agents: set[int] = field(default_factory=set)
    chats: set[str] = field(default_factory=set)
    logins: set[str] = field(default_factory=set)
    foreign: Foreign = field(default_factory=lambda: Foreign(()))
    begin_mono: int = 0
    end_mono: int = 0
    owners: dict[int, int] = field(default_factory=dict)
    """The number of the agent of each exchange that has one."""
    told: dict[int, dict[int, str]] = field(default_factory=dict)
    """Which messages of the responses of those agents tell of which chat: by exchange and position."""

    def keeps(self, exchange: Exchange) -> bool:
        """Whether the exchange is kept."""
        if exchange.number in self.leaving.numbers:
            return False
        if not self.wanted:
            return True
        where, owner = route(exchange.request.path), self.owners.get(exchange.number)
        if owner is not None and owner not in self.agents:
            return False
        if where.resource is Resource.CHANNEL:
            return owner is not None and self._keeps_channel(exchange)
        if where.chat_id:
            return where.chat_id in self.chats
        if owner is None and basic_user(exchange.request.headers) not in ("", *self.logins):
            return False
        return not self._is_foreign(exchange)

    def leaves(self, number: int) -> bool:
        """Whether the exchange is known not to be kept before anybody has read it."""
        if number in self.leaving.numbers:
            return True
        owner = self.owners.get(number)
        return bool(self.wanted) and owner is not None and owner not in self.agents

    def others(self, number: int) -> Collection[int]:
        """The positions of messages in the response of an exchange that are not kept: they tell of chats that are not,
        or of what was left out.
        """
        gone = self.leaving.told.get(number, set())
        if not self.wanted:
            return gone
        return gone | {place for place, chat in self.told.get(number, {}).items() if chat not in self.chats}

    def _is_foreign(self, exchange: Exchange) -> bool:
        """Whether what is asked for is of a chat that is not kept: a list in a reply is only made shorter."""
        request = exchange.request
        if self.foreign.mentions(request.path) or self.foreign.mentions(request.query):
            return True
        content = request.body.readable() if request.body.size < 1 << 20 else b""
        return self.foreign.mentions(content.decode("utf-8", "replace"))

    def _keeps_channel(self, exchange: Exchange) -> bool:
        if not self.wanted.chats:
            return True
        told = self.told.get(exchange.number, {})
        if any(not chat or chat in self.chats for chat in told.values()):
            return True
        if any(message.get("channel") != CONNECT for message in messages_asked(exchange.request)):
            return True
        ended = exchange.done or exchange.started
        return ended.mono >= self.begin_mono and exchange.started.mono <= self.end_mono


def choose(recording: Recording, session: Session, wanted: Wanted, watch: Callable[[], None]) -> Choice:
    """What is kept of a session whose derived rows are by today's rules; `watch` is told after each event.

    Raises NothingFound: no such agent or chat in it, with the nearest that there is. Raises UsageError: what cannot be
    left out.
    """
    choice = Choice(wanted)
    own = [one for one in wanted.without if recording.has(one) and recording.session_of(one).id == session.id]
    if own:
        choice.leaving = leave(recording, session, own, watch)
    if not wanted:
        return choice
    whose, routed = Whose(), set[str]()
    for event in recording.events(session):
        if owned := whose.feed(event):
            _own(choice, routed, owned)
        watch()
    for owned in whose.unfinished():
        _own(choice, routed, owned)
    first = _first_agent(recording, session)
    names = {agent.number: {agent.user_name, agent.user_id, f"#{agent.number}"} - {""} for agent in whose.agents.all}
    known = routed | {row[0] for row in _rows(recording, _ALL_CHATS, session.id)} - {""}
    _choose_agents_and_chats(recording, session, choice, names, known, first)
    choice.logins = {agent.user_name for agent in whose.agents.all if agent.number in choice.agents}
    _note_others(recording, session, choice, known, first)
    return choice


def _own(choice: Choice, routed: set[str], owned: Owned) -> None:
    if owned.agent:
        choice.owners[owned.exchange.number] = owned.agent.number
    if owned.route.chat_id:
        routed.add(owned.route.chat_id)


def _choose_agents_and_chats(
    recording: Recording, session: Session, choice: Choice, names: dict[int, set[str]], known: set[str], first: int
) -> None:
    wanted = choice.wanted
    for chat in wanted.chats:
        if chat not in known:
            raise NothingFound(f"session {session.id} of {recording.path} knows no chat {chat!r}{_near(chat, known)}")
    for name in wanted.agents:
        found = {number for number, called in names.items() if name in called or f"#{name}" in called}
        found = found or {number for number, called in names.items() if name.casefold() in map(str.casefold, called)}
        if not found:
            near = _near(name, {one for called in names.values() for one in called if one[0] != "#"})
            raise NothingFound(f"session {session.id} of {recording.path} knows no agent {name!r}{near}")
        choice.agents |= found
    choice.chats = set(wanted.chats)
    if not wanted.agents:
        for chat in wanted.chats:
            choice.agents |= {row[0] - first for row in _rows(recording, _SOME_AGENTS, chat)}
    if not wanted.chats:
        for agent in choice.agents:
            choice.chats |= {row[0] for row in _rows(recording, _SOME_CHATS, agent + first)}


def _note_others(recording: Recording, session: Session, choice: Choice, known: set[str], first: int) -> None:
    others = known - choice.chats
    own, foreign = set[str](), set(others)
    for chat, name in _rows(recording, _IDS):
        if chat in others:
            foreign.add(name)
        elif chat in choice.chats:
            own.add(name)
    choice.foreign = Foreign(foreign - own)
    spans = [span for chat in choice.chats for span in _rows(recording, _SPAN, chat, session.id) if span[0] is not None]
    window = session.settings.get("window_ms", 30_000) * 1000
    choice.begin_mono = min((begin for begin, _ in spans), default=0) - AROUND_S * 1_000_000
    choice.end_mono = max((end for _, end in spans), default=0) + AROUND_S * 1_000_000 + window
    query = (
        "SELECT exchange, position, chat_id FROM messages WHERE direction = 'server' AND agent = ?"
        " AND channel NOT LIKE '/meta/%'"
    )
    told: dict[int, dict[int, str]] = defaultdict(dict)
    for agent in choice.agents:
        for exchange, position, chat in _rows(recording, query, agent + first):
            told[exchange][position] = chat
    choice.told = told


def _first_agent(recording: Recording, session: Session) -> int:
    """What is added to an agent's number to have the id of its row."""
    query = "SELECT id FROM agents WHERE session = ? ORDER BY id LIMIT 1"
    return next((row[0] - 1 for row in _rows(recording, query, session.id)), 0)


def _near(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, sorted(known), 1, 0)
    return f": did you mean {near[0]}?" if near else ""


def _rows(recording: Recording, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    cursor = recording.db.cursor()
    cursor.row_factory = None
    return cursor.execute(query, parameters).fetchall()
