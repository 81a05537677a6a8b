"""The look-alike's HTTP API: which request means what, and what it is answered. No I/O and no notification channel.

`Site.answer` is everything under `/api/v2` but `/api/v2/notifications`.
"""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import orjson

from inspector.demo import shapes
from inspector.demo.chat import Json, State
from inspector.demo.documents import File
from inspector.demo.login import COOKIE, CSRF_HEADER, Login, Logins
from inspector.demo.operations import attach_new, operate
from inspector.demo.people import User
from inspector.demo.web import Request, Response, json, text
from inspector.demo.world import Outcome, World, refused
from inspector.traffic.multipart import split
from inspector.webservices.routes import Resource, Route, route

VERSION = "8.5.202.96"
FEATURES = ("api-multimedia-chat", "api-multimedia-email", "api-multimedia-workitem")
READS = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, and what its user is told beside it; `ends` is the login that ends with it."""

    response: Response
    outcome: Outcome = field(default_factory=Outcome)
    login: Login | None = None
    ends: bool = False


@dataclass(slots=True)
class Site:
    """The API in front of a world."""

    world: World
    logins: Logins = field(init=False)

    def __post_init__(self) -> None:
        self.logins = Logins(self.world.users)

    def admit(self, request: Request, *, csrf: bool = True) -> Login | Response:
        """Who asks; or the refusal that they get: 403 in JSON without a login, in plain text without the CSRF token."""
        login = self.logins.find(request)
        if login is None:
            return json({"statusCode": 20, "statusMessage": "Access denied"}, 403)
        if csrf and request.method not in READS and request.headers.get(CSRF_HEADER) != login.csrf:
            return text(f"Invalid CSRF Token was found on the request parameter or header '{CSRF_HEADER}'.", 403)
        return login

    def answer(self, request: Request) -> Answer:
        """The response to a request, and the notifications that it causes."""
        login = self.admit(request)
        if isinstance(login, Response):
            return Answer(login)
        if request.method in ("GET", "HEAD"):
            answer = Answer(self._read(request, login.user), login=login)
        elif request.method == "POST":
            answer = self._post(request, login)
        else:
            answer = Answer(json(refused(3).reply, 405), login=login)
        return Answer(greeted(answer.response, request, login), answer.outcome, login, answer.ends)

    def _read(self, request: Request, user: User) -> Response:
        found = route(request.path)
        match found.resource:
            case Resource.ME:
                return json({"statusCode": 0, "user": self._me(user, request.query.get("subresources", ""))})
            case Resource.CHATS:
                return json({"statusCode": 0} | self._chats(user, request.query.get("fields") == "*"))
            case Resource.CHAT | Resource.MESSAGES:
                return self._chat(found, user, request)
            case Resource.FILE:
                return self._download(found)
        if request.path == "/api/v2/diagnostics/version":
            return json({"statusCode": 0, "version": VERSION})
        return _not_found()

    def _post(self, request: Request, login: Login) -> Answer:
        found = route(request.path)
        is_form = request.headers.media_type == "multipart/form-data"
        expected = (Resource.CHAT, Resource.ATTACHMENTS) if is_form else (Resource.ME, Resource.CHAT)
        if found.resource not in expected or not request.path.startswith("/api/v2/me"):
            return Answer(_not_found())
        if is_form:
            return _outcome(self._attach(request, login.user, found.chat_id))
        body = _json_object(request.body)
        if body is None:
            return _outcome(refused(10, "The body is not a JSON object", 400))
        if found.resource is Resource.CHAT:
            return _outcome(operate(self.world, login.user, found.chat_id, body))
        return self._session(body, login)

    def _session(self, body: Json, login: Login) -> Answer:
        match body.get("operationName"):
            case "StartContactCenterSession":
                return _outcome(self.world.start_session(login.user, body))
            case "EndContactCenterSession":
                self.logins.close(login)
                return Answer(json(self.world.end_session(login.user).reply), ends=True)
        return _outcome(refused(10, "There is no such operation"))

    def _attach(self, request: Request, user: User, chat_id: str) -> Outcome:
        for part in split(request.body, request.headers.get("content-type")):
            if part.name == "attachment" and part.filename is not None and part.body.content is not None:
                file = File(part.filename, part.media_type or "application/octet-stream", part.body.content)
                return attach_new(self.world, user, chat_id, file)
        return refused(1, "The form has no file named attachment")

    def _me(self, user: User, subresources: str) -> Json:
        at_work = user.id in self.world.at_work
        known: dict[str, Any] = {
            "features": list(FEATURES),
            "devices": [],
            "channels": [{"channel": "chat", "state": "Ready"}] if at_work else [],
            "chats": self._chats(user, True)["chats"],
        }
        wanted = {name: known[name] for name in subresources.split(",") if name in known}
        return shapes.user(self.world.public_origin, user) | wanted

    def _chats(self, user: User, whole: bool) -> Json:
        chats, origin = self.world.chats_of(user), self.world.public_origin
        if whole:
            return {"chats": [shapes.whole(origin, chat) for chat in chats]}
        return {"uris": [shapes.uri(origin, chat.path) for chat in chats]}

    def _chat(self, found: Route, user: User, request: Request) -> Response:
        chat = self.world.chat_of(user, found.chat_id)
        if chat is None or chat.state is State.COMPLETED:
            return _not_found(f"There is no chat {found.chat_id}")
        if found.resource is Resource.CHAT:
            return json({"statusCode": 0, "chat": shapes.whole(self.world.public_origin, chat)})
        first = _number(request.query.get("startIndex"), 1)
        count = _number(request.query.get("count"), len(chat.transcript))
        lines = [line for line in chat.transcript if line["index"] >= first]
        return json({"statusCode": 0, "messages": lines[:count]})

    def _download(self, found: Route) -> Response:
        document = self.world.store.find(found.document_id)
        if document is None:
            return _not_found(f"There is no document {found.document_id}")
        return Response(
            200,
            (("Content-Type", document.mime), ("Content-Disposition", _disposition(document.name))),
            document.file.content,
        )


def greeted(response: Response, request: Request, login: Login) -> Response:
    """The response with what a session hands out: the cookie once, the CSRF token with every GET (CSRF Protection)."""
    if login.fresh:
        response = response.plus(("Set-Cookie", f"{COOKIE}={login.cookie}; Path=/; HttpOnly"))
    if request.method == "GET":
        response = response.plus(("X-CSRF-HEADER", CSRF_HEADER), (CSRF_HEADER, login.csrf))
    return response


def _outcome(outcome: Outcome) -> Answer:
    return Answer(json(outcome.reply, outcome.status), outcome)


def _not_found(message: str = "") -> Response:
    outcome = refused(6, message, 404)
    return json(outcome.reply, outcome.status)


def _json_object(body: bytes) -> Json | None:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def _number(value: str | None, default: int) -> int:
    return int(value) if value is not None and re.fullmatch(r"[0-9]{1,9}", value) else default


def _disposition(name: str) -> str:
    """RFC 6266: the name in ASCII for old clients, and as it is."""
    plain = re.sub(r'[^ -~]|["\\]', "_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
