"""What traffic shows to those whom it does not concern: credentials on the wire, files that ask for no session, and
addresses that lead elsewhere.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, ip_address

from inspector.analysis.agents import SESSION_COOKIE
from inspector.analysis.channel import Message
from inspector.analysis.finding import named
from inspector.analysis.happenings import Happening, OfCall, OfExchange, OfMessage
from inspector.analysis.recent import Recent
from inspector.analysis.watches.watch import Seen, Watch
from inspector.errors import BodyError
from inspector.traffic.exchange import Exchange, Request, Response
from inspector.traffic.headers import FORM, cookies
from inspector.webservices.attachments import Attachment
from inspector.webservices.notifications import ChatStateChange, MessageLogUpdated
from inspector.webservices.routes import Resource

HOSTS = 1024
READ = 65_536
"""Bytes of a body in which a login is looked for."""

_END_OF_AUTHORITY = re.compile(r"[/?#]")
_SESSION_COOKIE = re.compile(r"sess|sid\Z|token|auth", re.IGNORECASE)
_PASSWORD_FIELD = re.compile(rb"(?:\A|&)[\w.-]*passw(?:or)?d=", re.IGNORECASE)
_PASSWORD_MEMBER = re.compile(rb'"[\w.-]*passw(?:or)?d"\s*:', re.IGNORECASE)
_SINGLE_SIGN_ON = ("ssid", "surl", "rnsid", "rnurl")
"""Headers by which Salesforce and Oracle Service Cloud vouch for an agent (Secured Connections, order of schemes)."""
_NO_CREDENTIAL = re.compile(
    r"accept(-.*)?|access-control-.*|alt-used|baggage|cache-control|connection|content-(length|type)|dnt|forwarded|host"
    r"|if-.*|keep-alive|origin|pragma|priority|proxy-connection|range|referer|save-data|sec-.*|te|trace(parent|state)"
    r"|upgrade-insecure-requests|user-agent|via|x-forwarded-(for|host|port|proto)|x-real-ip|x-requested-with"
)
"""Request headers that nobody is known by; any other may be a deployment's own way to show who asks."""


@dataclass(frozen=True, slots=True)
class SentInTheClear(OfExchange):
    """Credentials (`what` kind) were sent by plain HTTP to `host`, which is another machine."""

    what: str
    host: str


@dataclass(frozen=True, slots=True)
class ServedToAnybody(OfCall):
    """A file came, of so many bytes, although the request showed nothing of who asks."""

    size: int


@dataclass(frozen=True, slots=True)
class LeadsElsewhere(OfMessage):
    """An attachment's `uri`, at `pointer`, names a `host` that no request of this recording was for, so far."""

    document_id: str
    uri: str
    host: str
    pointer: str
    used: tuple[str, ...]

    def about(self, pointer: str) -> tuple[str, ...]:
        return named(self.document_id, self.message.chat_id)


class Exposure(Watch):
    """Tells of each host once."""

    def __init__(self) -> None:
        self._used: Recent[str, str] = Recent(HOSTS)
        """The hosts that requests were for, by the authorities that name them."""
        self._plain: Recent[str, None] = Recent(HOSTS)
        self._elsewhere: Recent[str, None] = Recent(HOSTS)
        """Authorities that addresses named, whose hosts are used or were told."""

    def started(self, seen: Seen) -> Iterable[Happening]:
        request = seen.exchange.request
        for authority in (request.authority, request.headers.get("host")):
            if authority and authority not in self._used:
                self._used[authority] = host_of(authority)
        return self._in_the_clear(seen.exchange) if request.scheme == "http" else ()

    def completed(self, seen: Seen) -> Iterable[Happening]:
        if seen.route.resource is not Resource.FILE or seen.call is None or seen.exchange.error is not None:
            return ()
        request, response = seen.exchange.request, seen.exchange.response
        if request.method == "GET" and response and _is_file(response) and not _may_show_who_asks(request):
            return (ServedToAnybody(seen.call, response.body.size),)
        return ()

    def told(self, message: Message) -> Iterable[Happening]:
        if message.notification is None:
            return ()
        match message.notification:
            case MessageLogUpdated(messages=lines):
                files = [(n, line.attachment) for n, line in enumerate(lines) if line.attachment]
                return [found for n, file in files if (found := self._leads(message, f"messages/{n}/attachment", file))]
            case ChatStateChange(chat=chat) if chat and chat.attachments:
                linked = enumerate(chat.attachments)
                return [found for n, file in linked if (found := self._leads(message, f"chat/attachments/{n}", file))]
        return ()

    def _leads(self, message: Message, at: str, file: Attachment) -> LeadsElsewhere | None:
        """What is to be told of an attachment's address, which stands in the object `at` of the message's data."""
        authority = _authority(file.uri or "")
        if not authority or authority in self._used or authority in self._elsewhere:
            return None
        self._elsewhere[authority] = None
        host, used = host_of(authority), tuple(dict.fromkeys(self._used.values()))
        if host in used or any(host_of(other) == host for other in self._elsewhere if other != authority):
            return None
        return LeadsElsewhere(message, file.id, file.uri or "", host, f"/data/{at}/uri", used)

    def _in_the_clear(self, exchange: Exchange) -> Iterable[SentInTheClear]:
        host = _server(exchange.request)
        if not host or host in self._plain or is_this_machine(host):
            return ()
        what = _credentials(exchange.request)
        if not what:
            return ()
        self._plain[host] = None
        return (SentInTheClear(exchange, what, host),)


def host_of(authority: str) -> str:
    """The host that an authority names, without its port, in lower case (RFC 3986 section 3.2.2)."""
    authority = authority.strip().lower()
    if authority.startswith("["):
        return authority[1:].partition("]")[0]
    return authority.partition(":")[0].rstrip(".")


@lru_cache(HOSTS)
def is_this_machine(host: str) -> bool:
    """Whether what is sent to the host stays on the machine (RFC 6761 section 6.3; loopback addresses)."""
    try:
        address = ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback or (mapped or address).is_unspecified


def _server(request: Request) -> str:
    """The host that a plain request was sent to; empty if that cannot be told.

    `scheme` is that of the last leg, to the server, and so is `Host`: in reverse mode the recorder puts the server's
    there, while `authority` remains the one that the client used. Of a client's HTTP/2 only the latter is left. Behind
    a balancer that ends TLS, clients sent it well protected.
    """
    encrypted = "https" in request.headers.get("x-forwarded-proto").lower()
    if encrypted or "proto=https" in request.headers.get("forwarded").lower():
        return ""
    if host := request.headers.get("host"):
        return host_of(host)
    return "" if request.http_version.startswith("HTTP/2") else host_of(request.authority)


def _credentials(request: Request) -> str:
    """What kind of credentials a request shows; empty if none. Their values are nobody's business here."""
    headers = request.headers
    if "authorization" in headers:
        return "Authorization"
    named = cookies(headers)
    if cookie := SESSION_COOKIE if SESSION_COOKIE in named else next(filter(_SESSION_COOKIE.search, named), ""):
        return f"the cookie {cookie}"
    if header := next((name for name in _SINGLE_SIGN_ON if name in headers), ""):
        return f"the header {header}"
    password = _PASSWORD_FIELD if headers.media_type == FORM else _PASSWORD_MEMBER
    return "a login with a password" if password.search((request.body.content or b"")[:READ]) else ""


def _is_file(response: Response) -> bool:
    """Whether a file's content came: no refusal with the status of a success, no page that asks who is there."""
    if response.status not in (200, 206) or not response.body.size:
        return False
    if response.headers.get("content-disposition"):
        return True
    if response.headers.media_type in ("text/html", "application/xhtml+xml"):
        return False
    if "json" not in response.headers.media_type:
        return True
    try:
        return "statusCode" not in response.body.json()
    except (BodyError, TypeError):
        return True


def _may_show_who_asks(request: Request) -> bool:
    """Whether anything in the request may be a session, a credential or a token under whatever name."""
    if request.query or ";" in request.path:
        return True
    return not all(_NO_CREDENTIAL.fullmatch(name.lower()) for name, _ in request.headers)


def _authority(uri: str) -> str:
    """The authority of an absolute address; empty for any other (RFC 3986 section 3.2)."""
    scheme, _, rest = uri.partition("://")
    if scheme.lower() not in ("http", "https"):
        return ""
    return _END_OF_AUTHORITY.split(rest, 1)[0].rpartition("@")[2]
