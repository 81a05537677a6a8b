"""The way to a real server: a transport for httpx that takes every answer whole, and may keep the exchange.

What is kept is what crossed that wire: the server's cookies and addresses, not those that a stub's client sees.
"""

from collections.abc import Callable
from dataclasses import dataclass

import httpx

from inspector.errors import InspectorError
from inspector.recording.recorder import Recorder, now
from inspector.replay.plans.keeping import make_ready
from inspector.traffic.body import EMPTY, Body
from inspector.traffic.exchange import Instant, Request, Response
from inspector.traffic.headers import Headers
from inspector.traffic.multipart import split

BODY_LIMIT = 64 * 1024 * 1024
"""Bytes that an answer's body may have: it is held in memory, once for each request under way."""

_TOLD = ("http_version", "reason_phrase")


class Unanswered(InspectorError):
    """The server gave no answer that could be passed on; the text says why."""


class Keeping:
    """The recorder of a run, made when there is something to record: a run without a miss leaves no session."""

    def __init__(self, recorder: Callable[[], Recorder] | None) -> None:
        """`recorder` makes it; None: nothing is kept."""
        self._make = recorder
        self._recorder: Recorder | None = None
        self._closed = False

    @property
    def recorder(self) -> Recorder | None:
        """Where exchanges go now; None if nothing is kept. Raises what Recorder raises."""
        if self._recorder is None and self._make is not None and not self._closed:
            self._recorder = self._make()
        return None if self._closed else self._recorder

    @property
    def failure(self) -> str | None:
        """What was lost, if anything was."""
        return self._recorder.failure if self._recorder else None

    def close(self, origins: list[str]) -> None:
        """Ends the session, if one was begun."""
        if self._recorder is not None and not self._closed:
            self._recorder.close(origins)
            make_ready(self._recorder.path, self._recorder.session.uuid)
        self._closed = True


@dataclass(slots=True)
class _UnderWay:
    recorder: Recorder
    number: int

    def failed(self, error: BaseException) -> None:
        """It ended without a whole answer; nobody waits until that is on disk."""
        told = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        self.recorder.completed(self.number, None, None, told)

    async def completed(self, answered: Instant, response: Response) -> None:
        await self.recorder.completed(self.number, answered, response, None)


class Wire(httpx.AsyncBaseTransport):
    """One client's way; the connections are those of `shared`, which whoever made it closes.

    `name` stands in the recording for the client's connection.
    """

    def __init__(self, shared: httpx.AsyncBaseTransport, keeping: Keeping, name: str) -> None:
        self._shared = shared
        self._keeping = keeping
        self._name = name

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        under_way = self._begun(request, await request.aread())
        try:
            response = await self._shared.handle_async_request(request)
            answered = now()
            content = await _whole(response)
        except BaseException as error:
            if under_way:
                under_way.failed(error)
            raise
        if under_way:
            await under_way.completed(answered, kept(response, content))
        return httpx.Response(
            response.status_code,
            headers=response.headers,
            stream=httpx.ByteStream(content),
            extensions={name: response.extensions[name] for name in _TOLD if name in response.extensions},
        )

    def _begun(self, request: httpx.Request, content: bytes) -> _UnderWay | None:
        recorder = self._keeping.recorder
        if recorder is None:
            return None
        number = recorder.number()
        recorder.started(number, self._name, now(), _sent(request, content))
        return _UnderWay(recorder, number)


def kept(response: httpx.Response, content: bytes) -> Response:
    """The response as it came, with these bytes of its body."""
    headers = Headers.of(response.headers.raw)
    reason: bytes = response.extensions.get("reason_phrase", b"")
    body = Body.of(content, headers.coding) if content else EMPTY
    return Response(response.status_code, reason.decode("latin-1"), headers, body)


async def _whole(response: httpx.Response) -> bytes:
    """The body's bytes as they came. Raises Unanswered if there are too many, httpx.HTTPError if they end early."""
    pieces, size = list[bytes](), 0
    try:
        async for piece in response.aiter_raw():
            pieces.append(piece)
            size += len(piece)
            if size > BODY_LIMIT:
                raise Unanswered(f"its answer has more than {BODY_LIMIT} bytes")
    finally:
        await response.aclose()
    return b"".join(pieces)


def _sent(request: httpx.Request, content: bytes) -> Request:
    headers = Headers.of(request.headers.raw)
    target: bytes = request.extensions.get("target", request.url.raw_path)
    path, _, query = target.decode("latin-1").partition("?")
    return Request(
        request.method,
        request.url.scheme,
        headers.get("host"),
        path,
        query,
        "HTTP/1.1",
        headers,
        Body.of(content, headers.coding) if content else EMPTY,
        split(content, headers.get("content-type")) if headers.media_type.startswith("multipart/") else (),
    )
