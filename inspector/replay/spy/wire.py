"""The way to a real server: a transport for httpx that takes every answer whole, and may keep the exchange.

What is kept is what crossed that wire: the server's cookies and addresses, not those that a stub's client sees.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

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
    """The recorder of a run, made when there is something to record: a run without a miss leaves no session.

    It has a thread of its own: it waits for the disk, and nothing else shall.
    """

    def __init__(self, recorder: Callable[[], Recorder] | None) -> None:
        """`recorder` makes it; None: nothing is kept."""
        self._make = recorder
        self._recorder: Recorder | None = None
        self._thread = ThreadPoolExecutor(1, "keeping")

    @property
    def failure(self) -> str | None:
        """What was lost, if anything was."""
        return self._recorder.failure if self._recorder else None

    def started(self, connection: str, request: Request) -> "Future[int] | None":
        """A request is about to go out; done when the recorder knows of it, or with what Recorder raises. None if
        nothing is kept.
        """
        return self._thread.submit(self._started, self._make, connection, now(), request) if self._make else None

    def completed(self, begun: "Future[int] | None", answered: Instant, response: Response) -> "Future[None] | None":
        """Its answer is there; done when that is on disk."""
        return self._completed(begun, answered, response, None)

    def failed(self, begun: "Future[int] | None", error: BaseException) -> None:
        """It ended without a whole answer; nobody waits until that is on disk."""
        told = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        self._completed(begun, None, None, told)

    def close(self, origins: list[str]) -> None:
        """Ends the session, if one was begun; what comes after that is not kept."""
        make, self._make = self._make, None
        if make:
            with self._thread:
                self._thread.submit(self._close, origins).result()

    def _started(self, make: Callable[[], Recorder], connection: str, begun: Instant, request: Request) -> int:
        recorder = self._recorder = self._recorder or make()
        number = recorder.number()
        recorder.started(number, connection, begun, request)
        return number

    def _completed(
        self, begun: "Future[int] | None", answered: Instant | None, response: Response | None, error: str | None
    ) -> "Future[None] | None":
        def complete(number: "Future[int]") -> None:
            if self._recorder and not number.exception():
                self._recorder.completed(number.result(), answered, response, error)
                self._recorder.commit()

        return self._thread.submit(complete, begun) if begun and self._make else None

    def _close(self, origins: list[str]) -> None:
        if self._recorder:
            self._recorder.origins(origins)
            self._recorder.close()
            make_ready(self._recorder.path, self._recorder.session.uuid)


class Wire(httpx.AsyncBaseTransport):
    """One client's way; the connections are those of `shared`, which whoever made it closes.

    `name` stands in the recording for the client's connection.
    """

    def __init__(self, shared: httpx.AsyncBaseTransport, keeping: Keeping, name: str) -> None:
        self._shared = shared
        self._keeping = keeping
        self._name = name

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        begun = self._keeping.started(self._name, _sent(request, await request.aread()))
        try:
            await _done(begun)
            response = await self._shared.handle_async_request(request)
            answered = now()
            content = await _whole(response)
        except BaseException as error:
            self._keeping.failed(begun, error)
            raise
        await _done(self._keeping.completed(begun, answered, kept(response, content)))
        return httpx.Response(
            response.status_code,
            headers=response.headers,
            stream=httpx.ByteStream(content),
            extensions={name: response.extensions[name] for name in _TOLD if name in response.extensions},
        )


def kept(response: httpx.Response, content: bytes) -> Response:
    """The response as it came, with these bytes of its body."""
    headers = Headers.of(response.headers.raw)
    reason: bytes = response.extensions.get("reason_phrase", b"")
    body = Body.of(content, headers.coding) if content else EMPTY
    return Response(response.status_code, reason.decode("latin-1"), headers, body)


async def _done(work: "Future[Any] | None") -> None:
    """Waits for it, and goes away without stopping it. Raises what it raises."""
    if work:
        await asyncio.shield(asyncio.wrap_future(work))


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
