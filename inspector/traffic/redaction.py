"""Secrets out of an exchange, before anything is derived from it or touches the disk; user names and files stay.

What is secret is told by places: header fields, cookies, the CSRF header that the server announced, and members of
JSON, forms, queries and markup by name (`places.py`). What was a secret in such a place is one everywhere else, too
(`learned.py`). What nobody can read, nobody can take a secret out of: of that only the digest is kept.
"""

import re
from collections.abc import Callable
from dataclasses import replace

from inspector.errors import BodyError
from inspector.traffic import urls
from inspector.traffic.body import DECODE_LIMIT, Body, Original
from inspector.traffic.exchange import Exchange, Half, Request, Response, cut_after, only_digest
from inspector.traffic.fields import Fields
from inspector.traffic.headers import Headers
from inspector.traffic.multipart import Part, join, split
from inspector.traffic.placeholders import Placeholders
from inspector.traffic.places import Names, Places
from inspector.traffic.texts import Texts, is_text

__all__ = ["Places", "Redactor"]

_ANNOUNCES_CSRF = "x-csrf-header"
_NAMED = re.compile(rb'(?i)name\s*=\s*"?([^";\r\n]{1,256})|"([\w .-]{1,64})"\s*:')
_QUOTED = re.compile(r"""\bb'(?:[^'\\]|\\.)*'|\bb"(?:[^"\\]|\\.)*\"""")
"""Bytes in an error of mitmproxy's: a line that it could not read, whatever was in it."""

_UTF8 = ("utf-8", "surrogateescape")


class Redactor:
    """Redacts the exchanges of one session, in their order: it learns the CSRF header's name from the server's replies.

    `is_file` tells the requests whose response is a file's content, which is evidence and never altered. With `learns`
    secrets are hidden wherever they come again, so that what is made of a request depends on those before it.
    """

    def __init__(
        self,
        places: Places | None = None,
        placeholders: Placeholders | None = None,
        is_file: Callable[[Request], bool] = lambda request: False,
        *,
        learns: bool = False,
    ) -> None:
        self._names = Names(places or Places())
        self._secret = (placeholders or Placeholders()).of
        self._texts = Texts(self._names, self._secret, learns=learns)
        self._fields = Fields(self._names, self._secret, self._texts)
        self._is_file = is_file
        self._lost: list[str] = []

    def exchange(self, exchange: Exchange) -> Exchange:
        """The exchange without its secrets: an equal one where there was none."""
        request = self.request(exchange.request)
        response = exchange.response and self.response(exchange.response, request)
        error = exchange.error and self.error(exchange.error)
        return replace(
            exchange,
            request=request,
            response=response,
            error=error,
            truncated=(*exchange.truncated, *self.lost()),
        )

    def text(self, content: bytes, media_type: str) -> bytes:
        """The text of a WebSocket message, of a field, or of an event, without its secrets: the same object where there
        were none. `media_type` is empty where nobody tells it.
        """
        return self._texts.text(content, media_type)

    def error(self, text: str) -> str:
        """What an error says, without what it quotes of the wire, and without the secrets that it repeats."""
        return self._texts.short(_QUOTED.sub(lambda found: self._secret(found[0]), text))

    def lost(self) -> tuple[str, ...]:
        """What was not kept of what was redacted since this was last asked, in sentences (`Exchange.truncated`)."""
        if not self._lost:
            return ()
        lost, self._lost = tuple(self._lost), []
        return lost

    def request(self, request: Request) -> Request:
        headers = self._fields.of(request.headers)  # first: what is a secret here is one in the body, too
        request = self.content(request)
        return request if headers is request.headers else replace(request, headers=headers)

    def content(self, request: Request) -> Request:
        """The request without the secrets that are not in its headers."""
        body, parts = request.body, request.parts
        query = self._texts.pairs(request.query) if request.query else ""
        if parts:
            parts = self._parts(parts)
            if parts is not request.parts and (content := join(parts)) is not None:
                body = _altered(body, content)
        elif body.content:
            body = self._body("request", body, request.headers)
        path = urls.path(request.path, self._texts.hide)
        if self._texts.learned is not None:
            path, query = self._texts.learned.hide_in(path), self._texts.learned.hide_in(query)
        if path == request.path and query == request.query and body is request.body and parts is request.parts:
            return request
        return replace(request, path=path, query=query, body=body, parts=parts)

    def response(self, response: Response, request: Request) -> Response:
        """The response without its secrets; `request` is the one that it answers."""
        announced = response.headers.get(_ANNOUNCES_CSRF)
        if announced:
            self._fields.announced(announced)
        headers, body = self._fields.of(response.headers), response.body
        if body.content and not self._is_file(request):
            body = self._body("response", body, response.headers)
        reason = self._texts.short(response.reason)
        if headers is response.headers and body is response.body and reason == response.reason:
            return response
        return replace(response, headers=headers, body=body, reason=reason)

    def _parts(self, parts: tuple[Part, ...]) -> tuple[Part, ...]:
        new = tuple([self.part(part) for part in parts])
        return parts if all(one is other for one, other in zip(new, parts, strict=True)) else new

    def part(self, part: Part) -> Part:
        """A part without its secrets; a file's content stays."""
        content = part.body.content
        if part.filename is not None or not content:
            return part
        if part.name is not None and self._names.is_field(part.name):
            redacted = self._texts.hide(part.name, content.decode(*_UTF8)).encode(*_UTF8)
        else:
            redacted = self._texts.text(content, part.media_type)
        return part if redacted == content else replace(part, body=Body.of(redacted))

    def _body(self, half: Half, body: Body, headers: Headers) -> Body:
        """A body that has content."""
        assert body.content
        media_type = headers.media_type
        if not body.coding:
            text = body.content
        else:
            try:
                text = body.decoded()
            except BodyError as error:
                return self._undecodable(half, body, media_type, error)
        if media_type.startswith("multipart/"):
            return self._multipart(half, body, text, headers.get("content-type"))
        if not is_text(media_type) and text[:64].lstrip()[:1] not in (b"{", b"["):
            return body
        redacted = self._texts.text(text, media_type)
        return body if redacted is text or redacted == text else _altered(body, redacted)

    def _undecodable(self, half: Half, body: Body, media_type: str, error: BodyError) -> Body:
        """What can be read of a body; what cannot is not kept, if it is one that may hold a secret."""
        if not is_text(media_type) and not media_type.startswith("multipart/"):
            return body
        text = body.readable()
        if text is body.content and _is_plain(text):  # the coding is only said: anybody can read it
            redacted = self._texts.text(text, media_type)
            return body if redacted == text else _altered(body, redacted)
        if text is body.content or len(text) > DECODE_LIMIT or media_type.startswith("multipart/"):
            return self._withheld(half, body, str(error))
        self._lost.append(f"{half}: {cut_after(len(text), str(error))}")
        return _altered(body, self._texts.text(text, media_type))

    def _multipart(self, half: Half, body: Body, text: bytes, content_type: str) -> Body:
        """A body of parts that came in a coding, or that cannot be split."""
        if parts := split(text, content_type):
            new = join(self._parts(parts))
            return body if new is None or new == text else _altered(body, new)
        if any(self._names.is_field((one or other).decode(*_UTF8)) for one, other in _NAMED.findall(text)):
            return self._withheld(half, body, "it cannot be split into its parts")
        return body

    def _withheld(self, half: Half, body: Body, why: str) -> Body:
        self._lost.append(f"{half}: {only_digest(body.size, why)}")
        return replace(body, content=None)


def _is_plain(text: bytes) -> bool:
    """Whether the bytes are characters, and no coding of them."""
    try:
        return "\0" not in text.decode()
    except UnicodeDecodeError:
        return False


def _altered(body: Body, content: bytes) -> Body:
    """The new content, with what the body was before anything was altered."""
    return replace(Body.of(content), original=body.original or Original(body.coding, body.size))
