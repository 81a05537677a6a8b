"""An agent of a script: logs in, listens, works; what they send, and what they are told."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Unpack
from urllib.parse import urlsplit

import orjson

from inspector.demo import web
from inspector.demo.login import COOKIE
from inspector.demo.people import User
from inspector.errors import UsageError
from inspector.testing.building.centre import credentials
from inspector.testing.building.channel import Channel
from inspector.testing.building.chat import Chat
from inspector.testing.building.checks import API, check_path, check_topic, under_api
from inspector.testing.building.course import Course, How, course
from inspector.testing.building.script import Script
from inspector.traffic.exchange import Exchange
from inspector.traffic.headers import Headers, set_cookies
from inspector.webservices.notifications import CHATS_TOPIC
from inspector.webservices.routes import is_download

JSON = "application/json"

READS = ("/me", "/me?subresources=features,devices,channels", "/diagnostics/version")
"""What a client may ask first: each of them begins its session."""

_BREATH = 50_000
"""Microseconds from a reply to the next request of the same line: what it brings about comes before."""

_WINDOW = 61_000_000
"""Microseconds after which a notification is certainly lost: a window of 30 s, and the poll that it ends in."""


class Agent:
    """Made by `RecordingBuilder.agent`."""

    def __init__(self, script: Script, user: User) -> None:
        self.user = user
        self.is_home = False
        self._script = script
        self._fields: tuple[tuple[str, str], ...] = (("Authorization", credentials(user)),)
        self._channel: Channel | None = None

    @property
    def name(self) -> str:
        """Who logs in."""
        return self.user.user_name

    def log_in(self, reads: Sequence[str]) -> None:
        """Asks for these paths under `/api/v2`, each as if it was the first that a client asks for."""
        cookie, token = "", tuple[tuple[str, str], ...]()
        for path in reads:
            headers = Headers(self.send("GET", under_api(path)).headers)
            cookie = set_cookies(headers).get(COOKIE, cookie)
            if named := headers.get("X-CSRF-HEADER"):
                token = ((named, headers.get(named)),)
        if not cookie:
            raise UsageError(f"{self.name} logs in by no request: give reads=, as {READS[0]!r}")
        self._fields = (("Cookie", f"{COOKIE}={cookie}"), *token)

    def listen(self, *topics: str) -> None:
        """Opens the notification channel, or subscribes to more topics; by default to `/v2/me/chats`."""
        with self._script.line():
            self._check_here()
            wanted = topics or (CHATS_TOPIC,)
            for topic in wanted:
                check_topic(topic)
            if self._channel is not None:
                self._channel.subscribe(wanted)
                return
            wire = self._script.wire
            self._channel = Channel(self._script.comet, self._script.timeline, self._to_channel, wire.answer)
            self._script.channels.append(self._channel)
            self._channel.open(wanted)

    def chat(
        self,
        chat_id: str | None = None,
        *,
        customer: str = "Robin",
        says: str | Sequence[str] = (),
        accepted: bool = True,
        nickname: str | None = None,
    ) -> Chat:
        """A chat is offered to the agent, in which the customer has said something already; and is accepted with the
        `nickname`, if one is given. Without an id it gets the next one.
        """
        with self._script.line():
            chat = Chat.offered(self._script, self, chat_id, customer, [says] if isinstance(says, str) else says)
            if accepted:
                self._script.timeline.pass_by(_BREATH)
                chat.accept(nickname)
        return chat

    def read(self, path: str, **how: Unpack[How]) -> Any:
        """`GET` of a path under `/api/v2`, as `/me/chats?fields=*`; what the look-alike answers, or `reply=`."""
        return self.call("GET", under_api(path), **how)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        content_type: str | None = None,
        headers: Mapping[str, str] | None = None,
        **how: Unpack[How],
    ) -> Any:
        """Any request: `path` begins with a slash, `body` is JSON, text or bytes. Answered with `reply=`, or by the
        look-alike if it can. Gives the answer: JSON, else bytes.
        """
        with self._script.line():
            asked = _content(body)
            kind = content_type or _kind(body)
            answer = self.send(method, path, asked, kind, course(how), (headers or {}).items())
        is_json = dict(answer.headers).get("Content-Type", "").startswith(JSON) and answer.body
        return orjson.loads(answer.body) if is_json else answer.body

    def notify(self, topic: str, data: Any) -> None:
        """The agent is told this, whatever the reason. Raises UsageError if they do not listen to the topic."""
        with self._script.line():
            check_topic(topic, wild=False)
            if self._channel is None or not self._channel.covers(topic):
                raise UsageError(f"{self.name} does not listen to {topic}: call listen({topic!r}) before")
            self.told([orjson.Fragment(_json(data, "what an agent is told"))], topic)

    def go_home(self) -> None:
        """Waits for what is still to come, hangs up, and ends the session."""
        with self._script.line():
            self._script.timeline.settle()
            if self._channel is not None:
                self._channel.close()
            self.call("POST", f"{API}/me", {"operationName": "EndContactCenterSession"})
            self.is_home = True

    # what chats are made of

    def told(self, events: Iterable[Any], topic: str = CHATS_TOPIC) -> None:
        """Is told this now, if they listen."""
        if self._channel is not None and not self.is_home:
            self._channel.hear([(topic, data) for data in events])

    def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        content_type: str = "",
        how: Course | None = None,
        headers: Iterable[tuple[str, str]] = (),
        *,
        understood: tuple[str, bytes] | None = None,
    ) -> web.Response:
        """Sends a request and waits for its reply. The server answers as if its Content-Type and body were what is
        `understood`, if that is given.

        Raises UsageError, before anything is sent, if the server would refuse what the script does not have refused.
        """
        self._check_here()
        check_path(path)
        how = how or course({})
        request = self._request(method.upper(), path, content_type, body, headers)
        meant = self._request(request.method, path, *understood) if understood else request
        answer, events = self._answer(meant, how)
        timeline, wire = self._script.timeline, self._script.wire
        asked = wire.ask(f"{self.user.id} calls", request)
        done = timeline.now + round(how.took_ms * 1000)
        if events and how.notified:
            due = max(timeline.now + 1, done + round(how.lag_ms * 1000))
            timeline.plan(due, partial(self.told, events))
            timeline.awaits(due)
        elif events:
            timeline.awaits(done + _WINDOW)
        timeline.pass_to(done)
        wire.answer(asked, answer)
        timeline.pass_by(_BREATH)
        return answer

    def _check_here(self) -> None:
        if self.is_home:
            raise UsageError(f"{self.name} has gone home: the next line of theirs begins with another login")

    def _answer(self, request: web.Request, how: Course) -> tuple[web.Response, Sequence[Any]]:
        if how.answer is not None:
            return how.answer, ()
        answer = self._script.site.answer(request)
        reply = {} if is_download(request.method, request.path) else _object(answer.response.body)
        code = reply.get("statusCode", 0)
        if answer.response.status >= 400 or code:
            asked = _object(request.body).get("operationName") or f"{request.method} {request.path}"
            why = f"with {code} ({reply.get('statusMessage')})"
            raise UsageError(f"{asked} would be refused {why}: if that is meant, give refused={code}, else reply=")
        return answer.response, answer.outcome.notifications

    def _to_channel(self, path: str, body: bytes) -> Exchange:
        return self._script.wire.ask(f"{self.user.id} polls", self._request("POST", path, JSON, body))

    def _request(
        self, method: str, path: str, content_type: str, body: bytes, headers: Iterable[tuple[str, str]] = ()
    ) -> web.Request:
        where = urlsplit(path)
        typed = (("Content-Type", content_type),) if body else ()
        return web.Request(method, where.path, where.query, Headers((*self._fields, *typed, *headers)), body)


def _object(body: bytes) -> dict[str, Any]:
    """The JSON object that a body is; empty if it is none."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def _kind(body: Any) -> str:
    if isinstance(body, bytes):
        return "application/octet-stream"
    return "text/plain;charset=UTF-8" if isinstance(body, str) else JSON


def _content(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode()
    return _json(body, "what is neither text nor bytes")


def _json(value: Any, what: str) -> bytes:
    """As it is written now, whatever becomes of the value. Raises UsageError, which says what it is."""
    try:
        return orjson.dumps(value)
    except TypeError as error:
        raise UsageError(f"{what} has to be JSON: {error}") from None
