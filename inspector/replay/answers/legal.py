"""Recorded responses made legal before they are served. Nothing in a recording is trusted: it may come from a stranger.

RFC 9110 is HTTP's semantics. What a wrong Content-Length, a body behind a 204 or a stray trailer does to clients was
tried: they hang, or take the rest for their next answer.
"""

import re
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus

from inspector.errors import BodyError, RecordingError
from inspector.traffic.body import DECODE_LIMIT, Body
from inspector.traffic.exchange import Response
from inspector.traffic.headers import Headers

HEADERS_LIMIT = 256 * 1024
"""Bytes that a header section may have: browsers read no more, most other clients much less."""

_CODINGS_LIMIT = 4
"""Content codings on top of each other; each may blow a body up to the limit of decoding."""

_LONGEST_REASON = 200
"""Characters of a reason phrase, which no client looks at (RFC 9112 section 4)."""

_HOP_BY_HOP = {"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
"""RFC 9110 section 7.6.1. Without Transfer-Encoding there are no trailers either (RFC 9112 section 7.1.2)."""

_LASTING = {
    *("strict-transport-security", "public-key-pins", "public-key-pins-report-only", "expect-ct", "alt-svc"),
    *("nel", "report-to", "reporting-endpoints"),
}
"""What a browser would remember of a test machine, or would report to somebody else about it."""

_OF_THE_BYTES = {"content-encoding", "content-md5", "digest", "content-digest", "repr-digest"}
"""What is no longer true once the bytes are others (RFC 9530, RFC 3230)."""

_CONDITIONS: dict[int, tuple[str, ...]] = {
    HTTPStatus.PARTIAL_CONTENT: ("Range",),
    HTTPStatus.NOT_MODIFIED: ("If-None-Match", "If-Modified-Since"),
    HTTPStatus.PRECONDITION_FAILED: ("If-Match", "If-None-Match", "If-Unmodified-Since"),
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE: ("Range",),
    HTTPStatus.EXPECTATION_FAILED: ("Expect",),
}
"""Statuses that only a request with one of these fields may get (RFC 9110 sections 13.2.1, 14.2, 15.4.5, 15.5.18)."""

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_ILLEGAL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_LENGTH = re.compile(r"[0-9]{1,15}")
_WEIGHT = re.compile(r"\s*q\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\s*")


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent: `headers` end to end, in the order of the recording, Content-Length among them where it belongs.

    A body that is not in memory is the `stream`; then `body` is empty.
    """

    status: int
    reason: str
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    stream: Body | None = None
    _head: bytes = field(default=b"", init=False, repr=False, compare=False)

    @property
    def length(self) -> int:
        """Bytes of the body."""
        return self.stream.size if self.stream is not None else len(self.body)

    def pieces(self, end: int | None = None) -> Generator[bytes]:
        """The body piece by piece, none of them empty; only what comes before `end`, if that is given. Raises
        RecordingError while it is read: the file is damaged, or another one by now.
        """
        if self.stream is None:
            if piece := self.body[:end]:
                yield piece
            return
        room = self.stream.size if end is None else end
        for piece in self.stream.pieces():
            if not room:
                return
            yield piece[:room]
            room -= len(piece[:room])

    def whole(self, end: int | None = None) -> bytes:
        """The same at once, for a front that cannot do otherwise."""
        return b"".join(self.pieces(end))

    @property
    def head(self) -> bytes:
        """The status line and the fields as HTTP/1.1 sends them (RFC 9112 sections 4 and 5), each with its line end.

        Made when it is needed, and once: most answers are sent again and again.
        """
        if not self._head:
            lines = [b"HTTP/1.1 %d %s" % (self.status, self.reason.encode("latin-1", "replace"))]
            lines += [b"%s: %s" % one for one in self.headers]
            object.__setattr__(self, "_head", b"".join(line + b"\r\n" for line in lines))
        return self._head


def in_json(status: int, reason: str, body: bytes) -> Answer:
    """An answer that the stub makes itself; `body` is JSON."""
    headers = ((b"Content-Type", b"application/json;charset=UTF-8"), (b"Content-Length", b"%d" % len(body)))
    return Answer(status, reason, headers, body)


def answer(response: Response, *, head: bool = False, accept_encoding: str | None = None) -> Answer:
    """The response as it may be sent to a request: `head` if its method is HEAD, `accept_encoding` as it says, None if
    it does not (any coding will do then, RFC 9110 section 12.5.3).

    Raises RecordingError if it cannot be made legal, BodyError if the body was not kept, or has to be decoded and
    cannot be.
    """
    status = response.status
    if not 200 <= status <= 599:
        raise RecordingError(f"the recorded status {status} ends no request: only 200 to 599 do")
    fields, reason = list(_end_to_end(response.headers)), _clean(response.reason[:_LONGEST_REASON]) or _phrase(status)
    if status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):  # sections 8.6, 15.3.5, 15.4.5
        return Answer(status, reason, _with_length(fields, None), b"")
    if status == HTTPStatus.RESET_CONTENT:  # section 15.3.6
        return Answer(status, reason, _with_length(fields, 0), b"")
    body, changed = _body(response, accept_encoding)
    if changed:
        fields = [(name, value) for name, value in fields if name.lower() not in _OF_THE_BYTES]
    if head:
        length = _length_of_get(response, body, changed)
        return Answer(status, reason, _with_length(fields, length), b"")
    if body.content is None:
        return Answer(status, reason, _with_length(fields, body.size), b"", _kept(body))
    return Answer(status, reason, _with_length(fields, len(body.content)), body.content)


def fits(status: int, request: Headers) -> bool:
    """Whether a request may be answered with this status: some answer a condition, and nothing else."""
    return not misfit(status, request)


def misfit(status: int, request: Headers) -> str:
    """Why a request may not be answered with this status; empty if it may."""
    names = _CONDITIONS.get(status, ())
    if not names or any(name in request for name in names):
        return ""
    return f"{status} answers only a request with {' or '.join(names)}"


def _end_to_end(headers: Headers) -> Iterator[tuple[str, str]]:
    """The fields that go on to the client, each a legal one (RFC 9110 sections 5.1, 5.5)."""
    size = sum(len(name) + len(value) + 4 for name, value in headers)
    if size > HEADERS_LIMIT:
        raise RecordingError(f"the recorded headers have {size} bytes: no client reads more than {HEADERS_LIMIT}")
    nominated = {name.strip().lower() for value in headers.all("connection") for name in value.split(",")}
    dropped = (nominated | _HOP_BY_HOP | _LASTING) - {"content-encoding"}  # without it nobody could read the body
    for name, value in headers:
        lower = name.lower()
        if lower not in dropped and not lower.startswith("proxy-") and _TOKEN.fullmatch(name):
            yield name, _clean(value)


def _clean(text: str) -> str:
    """A field's value or a reason phrase: what could end a line early becomes a blank, as section 5.5 says."""
    return _ILLEGAL.sub(" ", text.encode("latin-1", "replace").decode("latin-1")).strip(" \t")


def _with_length(fields: Sequence[tuple[str, str]], length: int | None) -> tuple[tuple[bytes, bytes], ...]:
    """The fields as bytes, with this Content-Length in place of the recorded ones; None: without."""
    made: list[tuple[bytes, bytes]] = []
    for name, value in fields:
        if name.lower() != "content-length":
            made.append((name.encode("latin-1"), value.encode("latin-1")))
        elif length is not None:
            made.append((name.encode("latin-1"), b"%d" % length))
            length = None
    return (*made, (b"Content-Length", b"%d" % length)) if length is not None else tuple(made)


def _body(response: Response, accept_encoding: str | None) -> tuple[Body, bool]:
    """The body in a coding that the client accepts, and whether its bytes are others than the server's."""
    body = response.body
    if body.original:
        return body, True
    codings = _codings(response.headers)
    # a part of a coded body cannot be decoded; the client asked for it by its place in the coded one (section 14.1.2)
    if not codings or response.status == HTTPStatus.PARTIAL_CONTENT or _accepts(accept_encoding, codings):
        return body, False
    if not body.content and body.source is None:
        return body, True
    if len(codings) > _CODINGS_LIMIT:
        raise BodyError(f"the recorded body has {len(codings)} content codings, more than {_CODINGS_LIMIT}")
    if body.content is None:
        body = _in_memory(body)
    content = replace(body, coding=",".join(codings)).decoded()
    return replace(body, content=content, size=len(content), coding=""), True


def _kept(body: Body) -> Body:
    """A body that can be streamed. Raises BodyError if it was not kept, or not all of it."""
    if body.source is None:
        raise BodyError(f"only the digest of this body was kept ({body.size} bytes)")
    if not body.sha256:
        raise BodyError(f"only the first {body.size} bytes of this body were kept")
    return body


def _in_memory(body: Body) -> Body:
    if body.size > DECODE_LIMIT:
        raise BodyError(f"the recorded body is coded, and too large to be decoded ({body.size} bytes)")
    return replace(body, content=b"".join(_kept(body).pieces()))


def _codings(headers: Headers) -> list[str]:
    """The content codings in the order in which they were applied (section 8.4)."""
    names = (name.strip().lower() for value in headers.all("content-encoding") for name in value.split(","))
    return [name for name in names if name not in ("", "identity")]


def _accepts(accept_encoding: str | None, codings: Sequence[str]) -> bool:
    """Whether a client takes these codings, or takes nothing that we have (section 12.5.3: then anything will do)."""
    if accept_encoding is None:
        return True
    weights: dict[str, bool] = {}
    for item in accept_encoding.lower().split(","):
        name, semicolon, parameter = item.partition(";")
        weight = _WEIGHT.fullmatch(parameter) if semicolon else None
        weights[_known_as(name.strip())] = not semicolon or (weight is not None and float(weight[1]) > 0)
    others = weights.get("*")
    if not weights.get("identity", others is not False):
        return True
    return all(weights.get(_known_as(coding), bool(others)) for coding in codings)


def _known_as(coding: str) -> str:
    """`x-gzip` and `x-compress` are other names (section 8.4.1)."""
    return coding.removeprefix("x-")


def _length_of_get(response: Response, body: Body, changed: bool) -> int | None:
    """The Content-Length that a GET would be answered with (section 8.6); None if that is not known."""
    if body.content:
        return len(body.content)
    if changed:
        return None
    if body.content is None:
        return body.size if body.size >= 0 else None
    declared = response.headers.get("content-length").strip()
    return int(declared) if _LENGTH.fullmatch(declared) else None


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
