"""Recorded responses as this run's clients get them: legal, under the live origin, with the values that are theirs.

What was recorded is never changed; what is made of it is kept, because most requests ask for the same again.
"""

from collections.abc import Mapping
from dataclasses import replace

from inspector.analysis.agents import SESSION_COOKIE
from inspector.replay.answers.legal import Answer, answer
from inspector.replay.story.casting import LiveClient
from inspector.traffic.exchange import Request, Response
from inspector.webservices.address_fields import cookie
from inspector.webservices.addresses import Addresses, Seen
from inspector.webservices.routes import is_download

_ANNOUNCES_CSRF = "x-csrf-header"

_OF_THE_BODY = {b"content-length", b"content-encoding", b"content-type"}
"""What says how to read the body: whatever a recording calls the field of its token, it is none of these."""

_KEPT = 100_000


class Serving:
    """`addresses` are the recorded origins; None serves them as they were (`--keep-origins`)."""

    def __init__(self, responses: Mapping[int, Response], addresses: Addresses | None) -> None:
        self._responses = responses
        self._addresses = addresses
        self._made: dict[tuple[int, str, str, bool, str | None], tuple[Answer, bool]] = {}
        self._told: dict[tuple[bytes, str], bytes] = {}

    def answer(self, number: int, request: Request, client: LiveClient) -> Answer:
        """The recorded response of an exchange, for this request. Raises RecordingError, BodyError."""
        head, accepts = request.method == "HEAD", request.headers.get("accept-encoding") or None
        key = (number, request.scheme, request.authority, head, accepts)
        made = self._made.get(key)
        if made is None:
            made = self._make(number, request, head, accepts)
            if len(self._made) < _KEPT:
                self._made[key] = made
        whole, personal = made
        return replace(whole, headers=tuple(_personal(whole.headers, client))) if personal else whole

    def told(self, data: bytes, origin: str) -> bytes:
        """A notification's data under the live origin: every other byte as it was."""
        if self._addresses is None or not origin:
            return data
        key = (data, origin)
        if key not in self._told:
            if len(self._told) >= _KEPT:
                self._told.clear()
            self._told[key] = self._addresses.exchanged(data, origin)
        return self._told[key]

    def _make(self, number: int, request: Request, head: bool, accepts: str | None) -> tuple[Answer, bool]:
        response, origin = self._responses[number], origin_of(request)
        if self._addresses is not None and origin:
            response = self._addresses.outward(response, origin, file=is_download(request.method, request.path))
        personal = "set-cookie" in response.headers or _ANNOUNCES_CSRF in response.headers
        return answer(response, head=head, accept_encoding=accepts), personal


def origin_of(request: Request) -> str:
    """Where the client sees us."""
    return f"{request.scheme}://{request.authority}".lower() if request.authority else ""


def _personal(fields: tuple[tuple[bytes, bytes], ...], client: LiveClient) -> list[tuple[bytes, bytes]]:
    """The session cookie and the CSRF token are this client's own; a cookie comes back to whatever host we are."""
    csrf = next((value.lower() for name, value in fields if name.lower() == _ANNOUNCES_CSRF.encode()), b"")
    made = []
    for name, value in fields:
        match name.lower():
            case b"set-cookie":
                value = _cookie(value.decode("latin-1"), client).encode("latin-1")
            case lower if csrf and lower == csrf and lower not in _OF_THE_BODY:
                value = client.csrf.encode()
        made.append((name, value))
    return made


def _cookie(value: str, client: LiveClient) -> str:
    pair, *attributes = value.split(";")
    name, equals, old = pair.partition("=")
    if name.strip() == SESSION_COOKIE and client.cookie:
        pair = f"{name}{equals}{client.cookie if old else ''}"
    kept = (text for text in attributes if text.partition("=")[0].strip().lower() not in ("expires", "max-age"))
    return cookie(";".join([pair, *kept]), Seen("http:"))  # without TLS, as most stubs are
