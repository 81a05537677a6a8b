"""An agent's desktop on the wire: its session, its requests, and the long poll that what it is told travels by.

A desk has a clock of its own, in microseconds since the day began, and tells what crosses the wire in that order.
"""

import random
from base64 import b64encode
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson

from inspector.traffic.body import EMPTY, Body
from inspector.traffic.exchange import Request, Response
from inspector.traffic.headers import Headers
from inspector.traffic.multipart import split

Json = dict[str, Any]

AUTHORITY = "gws.example"
ORIGIN = f"https://{AUTHORITY}"
API = "/api/v2"
CHANNEL = f"{API}/notifications"
TOPIC = "/v2/me/chats"
BEGIN = datetime(2016, 7, 21, 6, 0, tzinfo=UTC)
POLL_ENDS = 30_000_000
"""How long a poll is held that nothing comes for, in microseconds."""

_JSON = "application/json;charset=UTF-8"
_BROWSER = (
    ("Host", AUTHORITY),
    ("Connection", "keep-alive"),
    ("Accept", "application/json, text/javascript, */*; q=0.01"),
    (
        "User-Agent",
        "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/51.0 Safari/537.36",
    ),
    ("Referer", f"{ORIGIN}/ui/ad/v1/index.html"),
    ("Accept-Encoding", "gzip, deflate, br"),
    ("Accept-Language", "en-US,en;q=0.8"),
)
_SERVER = (
    ("Pragma", "no-cache"),
    ("Cache-Control", "no-cache, no-store, max-age=0, must-revalidate"),
    ("Expires", "0"),
    ("X-Content-Type-Options", "nosniff"),
    ("Server", "Jetty(9.2.10.v20150310)"),
)


class Moment(NamedTuple):
    """What crosses the wire `at` a time: a request, or the response to the desk's request of this `serial`."""

    at: int
    desk: int
    serial: int
    connection: str
    what: Request | Response


class Desk:
    """One agent at work. What it says is told by iterators, and the clock goes on as they are walked through."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.user = f"agent{number:02}"
        self.user_id = _hex(f"user {number}", 16)
        self.random = random.Random(number)
        self.now = number * 1_000
        self._session: tuple[tuple[str, str], ...] = (
            ("Authorization", "Basic " + b64encode(f"{self.user}:rhubarb".encode()).decode()),
        )
        self._client = _hex(f"client {number}", 13)
        self._serial = self._message = self._poll = 0

    def wait(self, milliseconds: float) -> None:
        """Time passes: somewhere between half and the whole of it."""
        self.now += 1 + int(milliseconds * 1000 * self.random.uniform(0.5, 1))

    def begin(self) -> Iterator[Moment]:
        """Logs in, opens the channel, subscribes, and says that it is ready for chats."""
        cookie = _hex(f"session {self.number}", 16).upper()
        known = {"id": self.user_id, "userName": self.user, "uri": f"{ORIGIN}{API}/users/{self.user_id}"}
        told = (("Set-Cookie", f"JSESSIONID={cookie}; Path=/; Secure; HttpOnly"), ("X-CSRF-HEADER", "X-CSRF-TOKEN"))
        csrf = ("X-CSRF-TOKEN", _hex(f"csrf {self.number}", 16))
        yield from self.call("GET", f"{API}/me", answer={"statusCode": 0, "user": known}, fields=(*told, csrf))
        self._session = (csrf, ("Cookie", f"JSESSIONID={cookie}; BAYEUX_BROWSER={self._client}"))
        yield from self._shake_hands()
        for topic in ("/v2/me/channels", TOPIC):
            yield from self._meta({"channel": "/meta/subscribe", "subscription": topic}, {"subscription": topic})
        start = {"operationName": "StartContactCenterSession", "channels": ["chat"]}
        yield from self.call("POST", f"{API}/me", start)
        yield self._polls()

    def call(
        self,
        method: str,
        target: str,
        body: Json | bytes | None = None,
        media_type: str = _JSON,
        *,
        answer: Json | bytes = b'{"statusCode":0}',
        answer_type: str = _JSON,
        fields: Sequence[tuple[str, str]] = (),
    ) -> Iterator[Moment]:
        """A request, and some milliseconds later its answer; `fields` are of the answer."""
        self.wait(4)
        request = self._request(method, target, body, media_type)
        self._serial += 1
        serial = self._serial  # meanwhile the poll may be answered, and asked anew
        yield Moment(self.now, self.number, serial, f"calls of {self.user}", request)
        self.wait(30)
        response = self._response(answer, answer_type, fields)
        yield Moment(self.now, self.number, serial, f"calls of {self.user}", response)

    def told(self, *data: Json) -> Iterator[Moment]:
        """The poll is answered with these events; without any, because it was held long enough. Then comes the next."""
        self.now += POLL_ENDS if not data else 0
        self.wait(60)
        connected = {"id": str(self._message), "successful": True, "channel": "/meta/connect"}
        messages = [*({"data": one, "channel": TOPIC} for one in data), connected]
        yield self._answers(messages)
        yield self._polls()

    def _shake_hands(self) -> Iterator[Moment]:
        timing = {"interval": 0, "timeout": 30_000, "reconnect": "retry"}
        types = {"version": "1.0", "minimumVersion": "1.0", "supportedConnectionTypes": ["long-polling"]}
        hands = {"channel": "/meta/handshake", "advice": {"timeout": 60_000, "interval": 0}} | types
        yield from self._meta(hands, types | {"clientId": self._client, "advice": timing}, named={})

    def _meta(self, message: Json, answer: Json, named: Json | None = None) -> Iterator[Moment]:
        self._message += 1
        same = {"id": str(self._message), "channel": message["channel"]}
        asked = message | same | ({"clientId": self._client} if named is None else named)
        yield from self.call(
            "POST", CHANNEL, orjson.dumps([asked]), answer=orjson.dumps([answer | same | {"successful": True}])
        )

    def _polls(self) -> Moment:
        self.wait(4)
        self._message += 1
        asked = {"channel": "/meta/connect", "connectionType": "long-polling", "id": str(self._message)}
        request = self._request("POST", f"{CHANNEL}/connect", orjson.dumps([asked | {"clientId": self._client}]), _JSON)
        self._serial += 1
        self._poll = self._serial
        return Moment(self.now, self.number, self._poll, f"polls of {self.user}", request)

    def _answers(self, messages: list[Json]) -> Moment:
        response = self._response(orjson.dumps(messages), _JSON, ())
        return Moment(self.now, self.number, self._poll, f"polls of {self.user}", response)

    def _request(self, method: str, target: str, body: Json | bytes | None, media_type: str) -> Request:
        path, _, query = target.partition("?")
        content = b"" if body is None else body if isinstance(body, bytes) else orjson.dumps(body)
        sent = (("Content-Type", media_type), ("Content-Length", str(len(content)))) if content else ()
        headers = Headers((*_BROWSER, *self._session, *sent))
        parts = split(content, media_type)
        whole = Body.of(content) if content else EMPTY
        return Request(method, "https", AUTHORITY, path, query, "HTTP/1.1", headers, whole, parts)

    def _response(self, body: Json | bytes, media_type: str, fields: Sequence[tuple[str, str]]) -> Response:
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        about = (("Content-Type", media_type), ("Content-Length", str(len(content))))
        date = ("Date", format_datetime(moment(self.now), usegmt=True))
        return Response(200, "OK", Headers((date, *fields, *_SERVER, *about)), Body.of(content))


def moment(at: int) -> datetime:
    """The time of day at a desk's clock."""
    return BEGIN + timedelta(microseconds=at)


def _hex(name: str, size: int) -> str:
    return blake2b(name.encode(), digest_size=size).hexdigest()
