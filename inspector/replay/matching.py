"""Which requests are the same: what tells a request, normalised first, hashed then, so that one look-up finds it.

Same are: JSON bodies of one value, whatever their spelling; multipart bodies of the same parts, whatever their
boundary; queries and forms with the same pairs; credentials, as long as both have some or neither has. Where a secret
was redacted, one constant stands on both sides; what the settings say to `ignore` is on neither.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any
from urllib.parse import parse_qsl

import orjson

from inspector.analysis.agents import SESSION_COOKIE
from inspector.errors import BodyError
from inspector.traffic.exchange import Request
from inspector.traffic.headers import FORM, Headers, cookies
from inspector.traffic.multipart import Part
from inspector.traffic.placeholders import PLACEHOLDER, Placeholders
from inspector.traffic.pointers import checked_pointer, without
from inspector.traffic.redaction import Places, Redactor
from inspector.webservices.addresses import without_origins

SECRET = "~secret~"
"""What stands for any secret when requests are compared."""

_KEPT = 4096
_KEPT_SIZE = 4096
"""Identities that are remembered, and bytes of a body that one may have for that: clients ask the same again."""

_ODD_NUMBER = re.compile(rb"(?:^|[:,\[\s])-?(?:\d{19}|\d+[.eE])")
"""A number that has another spelling (1.0, 1e2), or that orjson would round."""

_DIGITS_AT_MOST = 4000
"""Of an integer that Python turns into a number."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What is left out of the comparison, chosen after recording: JSON pointers, for all or by `operationName`.

    Raises UsageError for what is no pointer.
    """

    ignore: tuple[str, ...] = ()
    by_operation: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for pointer in chain(self.ignore, *self.by_operation.values()):
            checked_pointer(pointer)

    @property
    def ignores_nothing(self) -> bool:
        """Whether everything is compared."""
        return not self.ignore and not any(self.by_operation.values())

    def compared(self, body: Any) -> Any:
        """What counts of a JSON body, which may be changed. An operation's own pointers never take its name away: else
        it would be the same as another.
        """
        name = body.get("operationName") if isinstance(body, dict) else None
        own = self.by_operation.get(name, ()) if isinstance(name, str) else ()
        if not self.ignore and not own:
            return body
        left = without(body, (*self.ignore, *own))
        return {**(left or {}), "operationName": name} if own else left


@dataclass(frozen=True, slots=True)
class Identity:
    """What a request is told by. `kind` says how `body` is to be read: json, form, multipart, bytes or empty."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    credentials: bool
    kind: str
    body: bytes
    _key: bytes = field(default=b"", init=False, repr=False, compare=False)

    @property
    def of_head(self) -> "Identity":
        """The same, asked by HEAD: what answered that has no body, and answers nobody else."""
        return replace(self, method="HEAD")

    @property
    def key(self) -> bytes:
        """16 bytes that are equal exactly for equal identities (as far as BLAKE2b can tell)."""
        if not self._key:  # made when it is needed, and once
            told = orjson.dumps((self.method, self.path, self.query, self.credentials, self.kind))
            key = hashlib.blake2b(told + b"\0" + self.body, digest_size=16).digest()
            object.__setattr__(self, "_key", key)
        return self._key


class Matcher:
    """Tells requests apart for one recording: `places` are where its secrets were redacted."""

    def __init__(self, policy: Policy | None = None, places: Places | None = None) -> None:
        self._policy = policy or Policy()
        # any key will do: whatever it makes of a secret is replaced by the constant
        self._redactor = Redactor(places, Placeholders(b"matching"))
        self._known: dict[tuple[object, ...], Identity] = {}

    def identity(self, request: Request) -> Identity:
        """The identity of a request, live or recorded. A HEAD is told like the GET whose answer it asks about."""
        told = self._redactor.content(request)
        kind, body = self._body(told)
        return Identity(
            "GET" if told.method == "HEAD" else told.method,
            _plain(told.path),
            tuple(sorted(parse_qsl(_plain(told.query), keep_blank_values=True))) if told.query else (),
            _has_credentials(request.headers),
            kind,
            body,
        )

    def again(self, request: Request) -> Identity:
        """The same for live requests: remembered, as clients ask the same again and again."""
        headers, content = request.headers, request.body
        if content.content is None or content.size > _KEPT_SIZE:
            return self.identity(request)
        # everything that an identity depends on, as it came
        raw: tuple[object, ...] = (request.method, request.path, request.query, _has_credentials(headers))
        raw += (headers.get("content-type"), content.coding, content.content)
        identity = self._known.get(raw)
        if identity is None:
            if len(self._known) >= _KEPT:
                self._known.clear()
            identity = self._known[raw] = self.identity(request)
        return identity

    def _body(self, request: Request) -> tuple[str, bytes]:
        if request.parts:
            parts = [(part.name, part.filename, part.media_type, _plain_digest(part)) for part in request.parts[:-1]]
            return "multipart", orjson.dumps(parts)
        if not request.body.size:
            return "empty", b""
        try:
            content = request.body.decoded()
        except BodyError:
            return "bytes", request.body.sha256.encode()
        if request.headers.media_type == FORM:
            pairs = sorted(parse_qsl(_plain(content.decode("utf-8", "replace")), keep_blank_values=True))
            return "form", orjson.dumps(pairs)
        try:
            return "json", self._canonical(content)
        except (orjson.JSONDecodeError, orjson.JSONEncodeError, RecursionError):  # no JSON, or nested too deeply
            return "bytes", hashlib.sha256(content).hexdigest().encode()

    def _canonical(self, content: bytes) -> bytes:
        value = orjson.loads(content)
        if _ODD_NUMBER.search(content):
            value = json.loads(content, parse_float=_fraction, parse_int=_whole)
        if b"api/v2" in content or b"\\/" in content or b"\\u" in content:
            value = without_origins(value)  # `targetUri`: a client of ours names us, the recorded one the server
        text = orjson.dumps(self._policy.compared(value), option=orjson.OPT_SORT_KEYS)
        # a copy: orjson's own has many times the room that it needs, and recordings are large
        return _plain(text.decode()).encode() if b"~secret:" in text else bytes(memoryview(text))


def _has_credentials(headers: Headers) -> bool:
    return "authorization" in headers or SESSION_COOKIE in cookies(headers)


def _plain(text: str) -> str:
    return PLACEHOLDER.sub(SECRET, text) if "~secret:" in text else text


def _plain_digest(part: Part) -> str:
    """A part's digest, of a field without its secrets; a file has none, whatever it looks like."""
    content = part.body.content
    if part.filename is None and content is not None and b"~secret:" in content:
        return hashlib.sha256(_plain(content.decode("latin-1")).encode("latin-1")).hexdigest()
    return part.body.sha256


def _fraction(text: str) -> Any:
    """The number, the same however it is spelt; as a whole one if it is whole."""
    number = float(text)
    return _whole(str(int(number))) if number.is_integer() else number


def _whole(text: str) -> Any:
    """The integer; one that no JSON writer here could write as what it is told by."""
    if len(text) > _DIGITS_AT_MOST:
        return {"~number": text}
    number = int(text)
    return number if -(1 << 63) <= number < 1 << 64 else {"~number": str(number)}
