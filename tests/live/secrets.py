"""A session with a secret of its own in every place where one can be, on both sides, and how it may be spelt."""

import base64
import gzip
import html
import json
import random
import string
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus

import brotli
import zstandard

from tests.live.clients import Connection
from tests.live.servers import Answer, Upstream, response, says
from tests.live.sockets import Chat, Event, Socket, TextMessage

JSON = b"Content-Type: application/json;charset=UTF-8"
FORM = b"Content-Type: application/x-www-form-urlencoded"
MULTIPART = b"Content-Type: multipart/form-data; boundary=cut"
HTML = b"Content-Type: text/html;charset=UTF-8"

CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.compress,
    "gzip, br": lambda text: brotli.compress(gzip.compress(text)),
}


@dataclass
class Secrets:
    """Makes secrets, and remembers them by the place that each is put in. Each has a core of letters and digits that
    nothing escapes; an odd one has much around it that has to be.
    """

    random: random.Random
    cores: dict[str, str] = field(default_factory=dict)
    whole: dict[str, str] = field(default_factory=dict)

    def plain(self, place: str) -> str:
        assert place not in self.cores, place
        core = "".join(self.random.choices(string.ascii_letters + string.digits, k=20))
        self.cores[place] = self.whole[place] = f"9{core}z"
        return self.whole[place]

    def odd(self, place: str) -> str:
        self.whole[place] = f'p/&%+=ä"<{self.plain(place)}>\\ \U0001d11e'
        return self.whole[place]


def spellings(secret: str) -> set[bytes]:
    """The ways in which anything that handles a secret may write it."""
    raw = secret.encode()
    found = {raw, secret.encode("utf-16-le"), html.escape(secret).encode(), secret.replace("/", "\\/").encode()}
    for url in (quote(raw, safe=""), quote(raw), quote_plus(raw)):
        found |= {url.encode(), "".join(_lower(url)).encode()}
    found |= {json.dumps(secret, ensure_ascii=ascii)[1:-1].encode() for ascii in (True, False)}
    found |= {raw.hex().encode(), raw.hex().upper().encode()}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for before in (0, 1, 2):  # what stands before it moves it within the groups of three
            coded = encode(b"\0" * before + raw)
            found.add(coded[4 if before else 0 : (before + len(raw)) // 3 * 4])
    return found


def _lower(url: str) -> Iterator[str]:
    for number, character in enumerate(url):
        escaped = "%" in url[max(0, number - 2) : number]
        yield character.lower() if escaped else character


def multipart(*fields: tuple[str, bytes]) -> bytes:
    """A form; a name may bring more header fields with it."""
    parts = [b"--cut\r\nContent-Disposition: form-data; name=%s\r\n\r\n%s\r\n" % (n.encode(), v) for n, v in fields]
    return b"".join(parts) + b"--cut--\r\n"


ACCEPTED = says(response(b'{"statusCode":0}', JSON))


@dataclass(frozen=True, slots=True)
class Step:
    """What a client sends to a path, and what it is answered."""

    line: str
    fields: tuple[bytes, ...] = ()
    body: bytes = b""
    answer: Answer = ACCEPTED

    @property
    def path(self) -> str:
        return self.line.split(" ")[1].partition("?")[0]


def _field(name: str, value: str) -> bytes:
    return f"{name}: {value}".encode("latin-1")


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def heads(of: Secrets) -> Iterator[Step]:
    """Header fields, addresses."""
    password, cookie, csrf = of.odd("Basic"), of.plain("JSESSIONID"), of.plain("CSRF")
    told = (_field("X-CSRF-HEADER", "X-Our-Check"), _field("X-Our-Check", csrf))
    told += (_field("Set-Cookie", f"JSESSIONID={cookie}; Path=/, more={of.plain('folded cookie')}; HttpOnly"),)
    told += (_field("Set-Cookie2", f"old={of.plain('Set-Cookie2')}"),)
    yield Step(
        "GET /api/v2/me",
        (_field("Authorization", _basic("agent@example.com", password)),),
        answer=says(response(b'{"statusCode":0,"user":{"userName":"agent@example.com"}}', JSON, *told)),
    )
    known = (_field("Cookie", f"JSESSIONID={cookie}; mine={of.plain('another cookie')}"), _field("X-Our-Check", csrf))
    for name in ("ssid", "surl", "RNURL", "RNSID", "RNUSERNAME", "SUSERNAME", "X-Api-Key", "X-Amz-Security-Token"):
        known += (_field(name, of.plain(f"header {name}")),)
    known += (_field("Sec-WebSocket-Protocol", f"chat, {of.plain('Sec-WebSocket-Protocol')}"),)
    known += (_field("Proxy-Authorization", f"Bearer {of.plain('Proxy-Authorization')}"),)
    known += (_field("Referer", f"http://gws/ui?access_token={of.plain('Referer')}&a=b"),)
    known += (_field("X-Forwarded-For-Url", f"http://u:{quote(of.odd('userinfo'), safe='')}@gws/"),)
    query = (
        f"access_token={of.plain('query')}&pwd={quote_plus(of.odd('query pwd'))}&code={of.plain('code')}&state=abcdefgh"
    )
    location = f"/ui?id_token={of.plain('Location')}#refresh_token={of.plain('fragment')}&x=y"
    yield Step(
        f"GET /api/v2/places;jsessionid={of.plain('path session')}?{query}",
        (*known, _field("Authorization", f"Bearer {of.plain('Bearer')}")),
        answer=says(response(b"", _field("Location", location), status=b"302 Found")),
    )
    digest = f'Digest username="agent", nonce="{of.plain("nonce")}", response="{of.plain("Digest")}"'
    negotiate = _field("WWW-Authenticate", f"Negotiate {of.plain('Negotiate')}")
    yield Step(
        "GET /api/v2/digest",
        (_field("Authorization", digest),),
        answer=says(response(b"", negotiate, status=b"401 Unauthorized")),
    )


def bodies(of: Secrets) -> Iterator[Step]:
    """Members of JSON, fields of forms, parts, pages; in every coding."""
    for coding, coder in CODINGS.items():
        sent = coder(json.dumps({"userName": "agent", "password": of.odd(f"request {coding}")}).encode())
        told = coder(json.dumps({"statusCode": 0, "accessToken": of.odd(f"response {coding}")}).encode())
        head = (JSON, _field("Content-Encoding", coding))
        yield Step(f"POST /api/v2/{coding.replace(', ', '-')}", head, sent, says(response(told, *head)))
    deep = {
        "list": [{"credentials": {"all": [of.odd("below a name")]}}],
        "text": json.dumps({"pwd": of.odd("in text")}),
    }
    deep |= {"uri": f"http://u:{of.plain('uri password')}@gws/x?a=b&token={of.plain('uri token')}"}
    deep |= {"cookie": f"a={of.plain('cookie member')}", "passw\u00f6rd": "", "clientSecret": of.odd("clientSecret")}
    uri = f"http://u:{of.plain('origin password')}@gws:8080/api/v2/me/chats/1/attachments/2"
    answer = says(response(json.dumps({"statusCode": 0, "attachment": {"uri": uri}}).encode(), JSON))
    yield Step("POST /api/v2/deep", (JSON,), json.dumps(deep).encode(), answer)
    cut = json.dumps({"a": 1, "password": of.plain("cut") + "~"}).encode()[:-3]
    wide = json.dumps({"password": of.odd("wide")}, ensure_ascii=False).encode("utf-16")
    yield Step("POST /api/v2/cut", (JSON,), cut, says(response(wide, JSON)))
    escaped = b'{"pass\\u0077ord": "%s"}' % of.plain("escaped name").encode()
    wrong = json.dumps({"token": of.odd("said coding")}).encode()
    yield Step("POST /api/v2/names", (JSON,), escaped, says(response(wrong, JSON, b"Content-Encoding: utf-8")))
    form = f"username=agent&password={quote_plus(of.odd('form'))}&SAMLResponse={of.plain('SAML')}"
    form += f"&RelayState={of.plain('RelayState')}&client_assertion={of.plain('assertion')}"
    form += f"&message={quote_plus(json.dumps([{'ext': {'password': of.odd('message')}}]))}"
    page = f'<form><input type="hidden" name="_csrf" value="{of.plain("hidden field")}">'
    page += f'<input value="{html.escape(of.odd("password field"))}" type="password" name="p"></form>'
    page += f'<meta name="csrf-token" content="{of.plain("meta")}"><a href="/x;jsessionid={of.plain("link")}?a=b">x</a>'
    page += f'<script>var apiKey = "{of.plain("script")}";</script>'
    yield Step("POST /api/v2/form", (FORM,), form.encode(), says(response(page.encode(), HTML)))
    fields = (("user", b"agent"), ("password", of.odd("part").encode()))
    fields += (('"meta"\r\nContent-Type: application/json', json.dumps({"token": of.odd("part's JSON")}).encode()),)
    jsonp = f"/**/call({json.dumps({'sessionId': of.plain('JSONP')})});"
    answer = says(response(jsonp.encode(), b"Content-Type: text/javascript"))
    yield Step("POST /api/v2/parts", (MULTIPART,), multipart(*fields), answer)
    packed = gzip.compress(multipart(("password", of.odd("gzip part").encode())))
    xml = f"<a><b:password>{of.plain('XML')}</b:password><s:Assertion>{of.plain('XML assertion')}</s:Assertion></a>"
    answer = says(response(xml.encode(), b"Content-Type: application/xml"))
    yield Step("POST /api/v2/packed", (MULTIPART, b"Content-Encoding: gzip"), packed, answer)
    broken = multipart(("password", of.plain("unsplittable").encode()))
    unknown = zlib.compress(json.dumps({"password": of.plain("unknown coding")}).encode())
    answer = says(response(unknown, JSON, b"Content-Encoding: dcz"))
    yield Step("POST /api/v2/broken", (b"Content-Type: multipart/form-data",), broken, answer)


def echoes(of: Secrets) -> Iterator[Step]:
    """What was in its place before, and comes back in another."""
    password, token = of.whole["Basic"], of.whole["query"]
    text = {"statusCode": 1, "statusMessage": f"no such user: {password}", "hint": f"({token})"}
    answer = says(response(json.dumps(text).encode(), JSON, status=b"500 Bad " + token.encode()))
    yield Step("POST /api/v2/echo", (JSON,), json.dumps({"text": f"is it {of.whole['CSRF']}?"}).encode(), answer)
    page = f"<h1>Error</h1><p>{html.escape(password)}</p>" + _basic("agent@example.com", password)
    answer = says(response(gzip.compress(page.encode()), HTML, b"Content-Encoding: gzip"))
    line = f"GET /api/v2/echo/{of.whole['JSESSIONID']}?again={quote(password, safe='')}"
    yield Step(line, (_field("X-Trace", f"of {token}"),), answer=answer)


@dataclass
class Driven:
    """The session as a client and its server play it."""

    secrets: Secrets

    def __post_init__(self) -> None:
        of = self.secrets
        self.known = [*heads(of), *bodies(of)]
        self.steps = [*self.known, *echoes(of)]
        self.asked = json.dumps({"token": of.odd("client's frame")})
        self.told = json.dumps({"n": 1, "password": of.odd("server's frame")})
        line = b"Set-Cookie JSESSIONID=" + of.plain("broken line").encode()
        self.broken = Step("GET /api/v2/malformed", answer=says(b"HTTP/1.1 200 OK\r\n" + line + b"\r\n\r\n"))
        self.event = json.dumps({"token": of.odd("event")})

    def ready(self, upstream: Upstream) -> None:
        """The server knows its answers."""
        for step in (*self.steps, self.broken):
            upstream.answers[step.path] = step.answer

        def answering(event: Event) -> Iterable[Event]:
            if isinstance(event, TextMessage):
                yield TextMessage(data=self.told)

        upstream.answers["/api/v2/socket"] = Chat(answering)
        events = f": hello\r\n\r\nevent: x\ndata: {self.event}\n\n"
        upstream.answers["/api/v2/events"] = says(response(events.encode(), b"Content-Type: text/event-stream"))

    def play(self, url: str) -> None:
        """A client asks for everything."""
        with Connection(url) as client:
            for step in self.steps:
                client.ask(step.line.encode(), *step.fields, body=step.body)
            client.ask(b"GET /api/v2/events")
            client.ask(self.broken.line.encode())
        with Socket(url, "/api/v2/socket") as socket:
            socket.send(TextMessage(data=self.asked))
            assert socket.message() == self.told
