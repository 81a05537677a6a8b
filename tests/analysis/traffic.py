"""Traffic for these tests: desks that ask, a server that answers, and a clock that only the test turns.

All of it goes to an Analyst at once, in tick order, and the Wire keeps what the Analyst makes of it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

import orjson

from inspector.analysis.agents import Agent
from inspector.analysis.analyst import AnalysisSettings, Analyst, Derived
from inspector.analysis.calls import Call
from inspector.analysis.causes import Cause
from inspector.analysis.channel import Message
from inspector.analysis.finding import Finding, Severity
from inspector.analysis.policy import Policy
from inspector.analysis.transfers import Transfer
from inspector.traffic.body import EMPTY, Body
from inspector.traffic.exchange import Completed, Event, Exchange, Instant, Request, Response, Started
from inspector.traffic.headers import Headers
from inspector.traffic.multipart import split
from tests.analysis.shapes import CHAT, DOCUMENT, HELLO, USERS, Json, chat_has, chat_is, log_has

T = TypeVar("T")
Field = tuple[str, str]
Content = bytes | Body | Json | list[Any]

ME = "/api/v2/me"
CHANNEL = "/api/v2/notifications"
TOPIC = "/v2/me/chats"
JSON: Field = ("Content-Type", "application/json;charset=UTF-8")
OK: Json = {"statusCode": 0}


class Verdict(NamedTuple):
    """A finding without its words."""

    rule: str
    severity: Severity
    exchange: int
    message: int | None
    pointer: str
    actual: Any


class Wire:
    """One session. `loosen` is how this server's notifications differ from the documented ones."""

    def __init__(
        self,
        window_ms: int = 30_000,
        loosen: Callable[[Json], Json] = lambda data: data,
        policy: Policy | None = None,
    ) -> None:
        self.now = Instant(mono=7_000_000, at=1_469_111_000_000_000)
        self.events: list[Event] = []
        self.derived: list[Derived] = []
        self._analyst = Analyst(AnalysisSettings(window_ms, policy))
        self._exchanges = 0
        self._loosen = loosen
        self.scheme, self.authority = "https", "gws.example"

    # what happens

    def wait(self, ms: float) -> None:
        self.now = Instant(self.now.mono + round(ms * 1000), self.now.at + round(ms * 1000))

    @contextmanager
    def over(self, origin: str) -> Iterator[None]:
        """What is asked meanwhile goes to another address."""
        usual = self.scheme, self.authority
        self.scheme, _, self.authority = origin.partition("://")
        yield
        self.scheme, self.authority = usual

    def ask(self, method: str, target: str, body: Content = b"", *fields: Field) -> Exchange:
        """A request is complete."""
        path, _, query = target.partition("?")
        headers = Headers(fields if any(name == "Content-Type" for name, _ in fields) else (*fields, JSON))
        content = _body(body, headers)
        parts = split(content.content or b"", headers.get("content-type"))
        request = Request(method, self.scheme, self.authority, path, query, "HTTP/1.1", headers, content, parts)
        self._exchanges += 1
        exchange = Exchange(self._exchanges, "connection", self.now, request)
        self._feed(Started(len(self.events) + 1, exchange))
        return exchange

    def answer(
        self, asked: Exchange, body: Content = OK, *fields: Field, status: int = 200, error: str | None = None
    ) -> Exchange:
        """Its response is complete; with an `error`, its head came and its body was cut."""
        headers = Headers(fields if any(name == "Content-Type" for name, _ in fields) else (*fields, JSON))
        response = Response(status, "", headers, _body(body, headers))
        exchange = replace(asked, answered=self.now, done=self.now, response=response, error=error)
        self._feed(Completed(len(self.events) + 1, exchange))
        return exchange

    def refuse(self, asked: Exchange, code: int = 2, why: str = "not now") -> None:
        self.answer(asked, {"statusCode": code, "statusMessage": why})

    def fail(self, asked: Exchange, error: str = "connection reset") -> None:
        """It ended without a response."""
        self._feed(Completed(len(self.events) + 1, replace(asked, done=self.now, error=error)))

    def tell(self, poll: Exchange, *data: Any) -> int:
        """A long poll is answered, with these events in front; the number of its exchange."""
        events = [{"channel": TOPIC, "data": self._loosen(one) if isinstance(one, dict) else one} for one in data]
        self.deliver(poll, [*events, {"channel": "/meta/connect", "successful": True, "id": "5"}])
        return poll.number

    def deliver(self, poll: Exchange, messages: list[Json]) -> None:
        """How messages travel; other servers do it otherwise."""
        self.answer(poll, messages)

    def close(self) -> None:
        self.derived += self._analyst.close(self.now)

    def _feed(self, event: Event) -> None:
        self.events.append(event)
        self.derived += self._analyst.feed(event)

    # who is there

    def log_in(self, user: str = "sofia") -> "Desk":
        """Asks who it is, without a cookie, and gets one."""
        desk = Desk(self, ("Authorization", f"Basic {user}:~secret:0123456789ab~"))
        known = OK | {"user": {"id": USERS[user], "userName": user, "uri": f"http://gws.example{ME}"}}
        cookie = f"{user}-{len(self.events)}"
        self.answer(desk.ask("GET", ME), known, ("Set-Cookie", f"JSESSIONID={cookie}; Path=/; HttpOnly"))
        desk.fields = (("Cookie", f"JSESSIONID={cookie}"),)
        return desk

    def at_work(self, user: str = "sofia", chat: str = CHAT) -> "Desk":
        """Has logged in, listens, and has accepted a chat."""
        desk = self.log_in(user)
        desk.listen()
        desk.accept(chat)
        return desk

    # what it means

    @property
    def verdicts(self) -> list[Verdict]:
        return [Verdict(f.rule, f.severity, f.exchange, f.message, f.pointer, f.actual) for f in self._all(Finding)]

    @property
    def findings(self) -> list[Finding]:
        return self._all(Finding)

    @property
    def all_causes(self) -> list[Cause]:
        return self._all(Cause)

    @property
    def causes(self) -> list[Cause]:
        """Those of files: linked, and sent."""
        return [cause for cause in self.all_causes if cause.kind in ("linked", "uploaded")]

    @property
    def edges(self) -> list[tuple[int, int, int]]:
        """The causes of files, without their times: call, exchange, position."""
        return [(cause.call, cause.exchange, cause.position) for cause in self.causes]

    @property
    def calls(self) -> list[Call]:
        return self._all(Call)

    @property
    def messages(self) -> list[Message]:
        return self._all(Message)

    @property
    def agents(self) -> list[Agent]:
        """Each agent, as it was told last."""
        return list({agent.number: agent for agent in self._all(Agent)}.values())

    def life(self, document: str = DOCUMENT, chat: str = CHAT) -> list[str]:
        """The states that the only transfer of a document into a chat went through."""
        [life] = self.lives(document, chat) or [[]]
        return life

    def lives(self, document: str = DOCUMENT, chat: str = CHAT) -> list[list[str]]:
        """The states that each sending of a document into a chat went through."""
        transfers = self._transfers(document, chat)
        numbers = dict.fromkeys(transfer.number for transfer in transfers)
        return [_changes([str(one.state) for one in transfers if one.number == number]) for number in numbers]

    def transfer(self, document: str = DOCUMENT, chat: str = CHAT) -> Transfer:
        """A transfer, as it was told last."""
        return self._transfers(document, chat)[-1]

    def _transfers(self, document: str, chat: str) -> list[Transfer]:
        return [one for one in self._all(Transfer) if (one.document_id, one.chat_id) == (document, chat)]

    def _all(self, kind: type[T]) -> list[T]:
        return [thing for thing in self.derived if isinstance(thing, kind)]


class Desk:
    """Who asks: what it sends with every request, and its Bayeux client. `fields` may change as the desktop does."""

    def __init__(self, wire: Wire, *fields: Field) -> None:
        self.wire = wire
        self.fields = fields
        self.client = ""

    def ask(self, method: str, target: str, body: Content = b"", *fields: Field) -> Exchange:
        return self.wire.ask(method, target, body, *self.fields, *fields)

    def get(self, path: str) -> Exchange:
        return self.ask("GET", f"/api/v2{path}")

    # operations: the request only

    def do(self, operation: str, *, chat: str = CHAT, **members: Any) -> Exchange:
        return self.ask("POST", f"{ME}/chats/{chat}", {"operationName": operation} | members)

    def link(self, document: str = DOCUMENT, chat: str = CHAT) -> Exchange:
        return self.do("AddAttachment", chat=chat, documentId=document)

    def unlink(self, document: str = DOCUMENT, chat: str = CHAT) -> Exchange:
        return self.do("RemoveAttachment", chat=chat, documentId=document)

    def upload(self, document: str = DOCUMENT, chat: str = CHAT) -> Exchange:
        return self.do("UploadFile", chat=chat, documentId=document)

    def attach(self, name: str, content: bytes, target: str = f"{ME}/chats/{CHAT}/attachments") -> Exchange:
        """Uploads a new document."""
        head = f'--cut\r\nContent-Disposition: form-data; name="attachment"; filename="{name}"\r\n'
        body = f"{head}Content-Type: text/plain\r\n\r\n".encode() + content + b"\r\n--cut--\r\n"
        return self.ask("POST", target, body, ("Content-Type", "multipart/form-data; boundary=cut"))

    def log_out(self) -> Exchange:
        return self.ask("POST", ME, {"operationName": "EndContactCenterSession"})

    # the channel

    def send(self, *messages: Json) -> Exchange:
        """Bayeux messages, with the clientId if there is one."""
        named = {"clientId": self.client} if self.client else {}
        return self.ask("POST", CHANNEL, [message | named for message in messages])

    def shake_hands(self) -> None:
        self.client = ""
        asked = self.send({"channel": "/meta/handshake", "version": "1.0", "id": "1"})
        self.client = f"client{asked.number}"
        shaken = {"channel": "/meta/handshake", "successful": True, "clientId": self.client, "id": "1"}
        self.wire.answer(asked, [shaken])

    def subscribe(self, topic: str = TOPIC) -> None:
        asked = self.send({"channel": "/meta/subscribe", "subscription": topic})
        self.wire.answer(asked, [{"channel": "/meta/subscribe", "subscription": topic, "successful": True}])

    def poll(self) -> Exchange:
        return self.send({"channel": "/meta/connect", "connectionType": "long-polling", "id": "5"})

    # whole conversations

    def listen(self) -> None:
        self.shake_hands()
        self.subscribe()

    def hear(self, *data: Any) -> int:
        """Polls, and is told at once; the number of the exchange."""
        return self.wire.tell(self.poll(), *data)

    def accept(self, chat: str = CHAT, *history: Json) -> None:
        """Takes a chat; then its transcript so far is told."""
        self.wire.answer(self.do("Accept", chat=chat, nickname="Agent"))
        self.hear(chat_is(of=chat), log_has(*(history or (HELLO,)), of=chat))

    def has_linked(self, document: str = DOCUMENT, chat: str = CHAT) -> int:
        """Links a document, and is told so; the number of the AddAttachment."""
        call = self.link(document, chat)
        self.wire.answer(call)
        self.hear(chat_has(document, of=chat))
        return call.number


def _changes(states: list[str]) -> list[str]:
    return [state for state, before in zip(states, ["", *states], strict=False) if state != before]


def _body(content: Content, headers: Headers) -> Body:
    if isinstance(content, Body):
        return content
    raw = content if isinstance(content, bytes) else orjson.dumps(content)
    return Body.of(raw, headers.coding) if raw else EMPTY
