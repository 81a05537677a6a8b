"""A session of a recording as items: one pass over its events, of which only digests are kept."""

import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson

from inspector.analysis.agents import SESSION_COOKIE, basic_user
from inspector.audit.diff import content
from inspector.audit.diff.items import TRANSFER, Desk, Item, Life
from inspector.audit.diff.printing import Printer
from inspector.errors import RecordingError
from inspector.recording.reader import Recording
from inspector.recording.session import Session
from inspector.traffic.exchange import Completed, Exchange, Started
from inspector.traffic.headers import cookies, set_cookies
from inspector.traffic.pointers import leads_to
from inspector.webservices.routes import Resource, route

_CALL = "SELECT agent, operation FROM calls WHERE exchange = ?"
_TOLD = """
SELECT position, agent, channel, kind, chat_id, data FROM messages
WHERE exchange = ? AND direction = 'server' AND data IS NOT NULL AND channel NOT LIKE '/meta/%' ORDER BY position"""
_ONE = "SELECT channel, data FROM messages WHERE exchange = ? AND direction = 'server' AND position = ?"
_CAUSES = """
SELECT c.exchange, c.position, c.call, c.lag_ms FROM causes c JOIN exchanges e ON e.id = c.call
WHERE e.session = ? ORDER BY c.call DESC"""
_TRANSFERS = """
SELECT t.agent, t.chat_id, t.document_id, t.name, t.uploaded_by, t.direction, t.mime, t.size, t.seen_size, t.sha256,
  t.downloads, t.state FROM transfers t WHERE t.session = ? ORDER BY t.id"""
_LIFE = ("direction", "mime", "size", "seen_size", "sha256", "downloads", "state")

Watch = Callable[[], None]


def labels(recording: Recording, session: Session) -> dict[str, str]:
    """What is known of the session's documents: their files' names."""
    query = "SELECT document_id, name FROM transfers WHERE session = ? AND name <> '' ORDER BY id DESC"
    return dict(_rows(recording.db, query, session.id))


class Side:
    """One of two sessions that are compared, whose derived rows are today's (`bring_to_today`).

    `desks` are its agents. Raises RecordingError.
    """

    def __init__(self, recording: Recording, session: Session, printer: Printer, watch: Watch = lambda: None) -> None:
        self.session = session
        self.polls = 0
        self.printer = printer
        self._recording = recording
        self._cursor = recording.db.cursor()
        self._cursor.row_factory = None
        self._desks: dict[int | None, Desk] = {}
        self._of_cookies: dict[str, int] = {}
        self._of_names: dict[str, int] = {}
        self._causes = {(row[0], row[1]): row[2:] for row in _rows(recording.db, _CAUSES, session.id)}
        self._know_agents()
        self._read(watch)
        self._causes.clear()
        self.passed = Counter(printer.normal.passed)  # it is used again, for what is compared member by member
        self._read_lives()
        self.desks = [desk for desk in self._desks.values() if desk.chats]

    @property
    def size(self) -> int:
        """How many messages are compared."""
        return sum(chat.size for desk in self.desks for chat in desk.chats.values())

    def value(self, item: Item) -> content.Json:
        """All that is compared of an item, read again."""
        if item.position is not None:
            [(channel, data)] = _rows(self._recording.db, _ONE, item.number, item.position)
            return self._notification(item.number, channel, data)
        exchange = self._recording.exchange(item.number)
        found = content.of_channel(exchange) if route(exchange.request.path).resource is Resource.CHANNEL else None
        return found or content.of_exchange(exchange)

    def _know_agents(self) -> None:
        times: dict[str, int] = {}
        query = "SELECT id, user, login, cookie FROM agents WHERE session = ? ORDER BY first_tick, id"
        for number, user, login, cookie in _rows(self._recording.db, query, self.session.id):
            name = login or user
            times[name] = times.get(name, 0) + 1
            self._desks[number] = Desk(name, times[name])
            self._of_cookies[cookie] = number
            self._of_names.setdefault(login, number)
        self._desks[None] = Desk("", 0)

    def _read(self, watch: Watch) -> None:
        unfinished: dict[int, Started] = {}
        for event in self._recording.events(self.session):
            watch()
            match event:
                case Started():
                    unfinished[event.exchange.number] = event
                case Completed():
                    began = unfinished.pop(event.exchange.number)
                    self._add(event.exchange, began.tick)
        for began in unfinished.values():
            self._add(began.exchange, began.tick)
        for desk in self._desks.values():
            for chat in desk.chats.values():
                chat.calls.sort(key=lambda item: item.tick)

    def _add(self, exchange: Exchange, tick: int) -> None:
        where = route(exchange.request.path)
        call = self._cursor.execute(_CALL, (exchange.number,)).fetchone()
        if where.resource is Resource.CHANNEL:
            self._add_channel(exchange, tick)
            return
        agent = self._owner(exchange, call[0] if call else None)
        template = "/".join(
            "*" if one and one in (where.chat_id, where.document_id) else one for one in _steps(exchange)
        )
        what = sys.intern((call[1] if call else "") or f"{exchange.request.method} {template}")
        ms = (exchange.done.mono - exchange.started.mono) / 1000 if exchange.done else None
        item = self._call(exchange.number, tick, what, content.of_exchange(exchange), ms)
        self._desk(agent).chat(where.chat_id).calls.append(item)

    def _add_channel(self, exchange: Exchange, tick: int) -> None:
        agent = self._owner(exchange, None)
        for position, told_to, channel, kind, chat_id, data in self._cursor.execute(_TOLD, (exchange.number,)):
            agent = told_to if told_to is not None else agent
            chat = self._desk(agent).chat(chat_id)
            value = self._notification(exchange.number, channel, data)
            what = sys.intern(kind or channel)
            found = self.printer.of(value, what)
            cause, lag = self._causes.get((exchange.number, position), (None, None))
            item = Item(
                exchange.number, position, tick, what, found.whole, found.labels, found.names, ms=lag, cause=cause
            )
            chat.heard.setdefault(what, []).append(item)
        of_channel = content.of_channel(exchange)
        if of_channel is None:
            self.polls += 1
            return
        messages = [*of_channel["request"]["messages"], *of_channel["reply"]["messages"]]
        what = str(messages[0]["channel"]) if messages else f"{exchange.request.method} {exchange.request.path}"
        self._desk(agent).chat("").calls.append(self._call(exchange.number, tick, what, of_channel, None))

    def _call(self, number: int, tick: int, what: str, value: content.Json, ms: float | None) -> Item:
        asked = self.printer.of(value["request"], what, "/request")
        told = self.printer.of(value["reply"], what, "/reply")
        return Item(number, None, tick, what, asked.whole + told.whole, asked.whole, asked.names + told.names, ms=ms)

    def _owner(self, exchange: Exchange, agent: int | None) -> int | None:
        """Whose exchange it is: as it was derived, else by the session's cookie, else by the user's name."""
        request, response = exchange.request, exchange.response
        given = set_cookies(response.headers).get(SESSION_COOKIE, "") if response else ""
        cookie = cookies(request.headers).get(SESSION_COOKIE, "")
        if agent is None:
            agent = self._of_cookies.get(cookie) if cookie else None
        if agent is None and given:
            agent = self._of_cookies.get(given)
        if agent is None:
            agent = self._of_names.get(basic_user(request.headers))
        if agent is not None:
            for known in (cookie, given):
                if known:
                    self._of_cookies.setdefault(known, agent)
            self._of_names[self._desk(agent).login] = agent
        return agent

    def _read_lives(self) -> None:
        for agent, chat, document, name, upload, *rest in _rows(self._recording.db, _TRANSFERS, self.session.id):
            value = self._kept({"name": name} | dict(zip(_LIFE, rest, strict=True)))
            # a customer's file has no agent: it is told of where the chat is
            desks = [self._desk(agent)] if agent is not None else self._desks.values()
            desk = next((one for one in desks if chat in one.chats), self._desk(agent))
            desk.chat(chat).lives.append(Life(document, name, upload, value))

    def _kept(self, life: content.Json) -> content.Json:
        """What of a transfer is compared: all that is not ignored."""
        ignored = self.printer.ignores(TRANSFER)
        kept = {name: value for name, value in life.items() if not any(leads_to(one, f"/{name}") for one in ignored)}
        self.passed.update((name, "ignored") for name in life.keys() - kept.keys())
        return kept

    def _desk(self, agent: int | None) -> Desk:
        if agent not in self._desks:
            raise RecordingError(f"{self._recording.path} is damaged: it knows no agent {agent}")
        return self._desks[agent]

    def _notification(self, exchange: int, channel: str, data: str) -> content.Json:
        try:
            return content.of_notification(channel, data)
        except orjson.JSONDecodeError as error:
            raise RecordingError(f"{self._recording.path} is damaged: exchange {exchange}: {error}") from None


def _steps(exchange: Exchange) -> list[str]:
    return exchange.request.path.partition(";")[0].split("/")


def _rows(db: sqlite3.Connection, query: str, *values: object) -> Iterator[Any]:
    cursor = db.cursor()
    cursor.row_factory = None
    return iter(cursor.execute(query, values))


def shared_labels(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """What both sides' documents are known by: a name that only one of them has says nothing."""
    both = set(before.values()) & set(after.values())
    return (
        {document: name for document, name in before.items() if name in both},
        {document: name for document, name in after.items() if name in both},
    )
