"""The stub without a socket: transports for httpx that answer in this process.

    with httpx.Client(transport=StubTransport(stub), base_url="http://gws.test") as client: ...
    async with httpx.AsyncClient(transport=AsyncStubTransport(stub), base_url="http://gws.test") as client: ...

A stub lives in one event loop: whoever else serves it gives that one as `loop`. Without it, an asynchronous transport
takes the loop of its caller, a synchronous one the loop that all of them share.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from functools import partial
from typing import Any, TypeVar

import httpx

from inspector.errors import RecordingError
from inspector.replay.answers.legal import Answer
from inspector.replay.fronts.server import asked, begun_of, surely
from inspector.replay.fronts.shared_loop import SharedLoop, shared_loop
from inspector.replay.stub import Served, Stub
from inspector.traffic.exchange import Request

T = TypeVar("T")


class StubTransport(httpx.BaseTransport):
    """For `httpx.Client`. Any number of threads may use it, and any number of transports the same stub."""

    def __init__(self, stub: Stub, loop: asyncio.AbstractEventLoop | SharedLoop | None = None) -> None:
        self._stub = stub
        self._loop = None if isinstance(loop, SharedLoop) else loop
        self._shared: SharedLoop = loop if isinstance(loop, SharedLoop) else shared_loop()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        wanted, patience = _asked(request, request.read()), _patience(request)
        try:
            if self._loop is None:
                begin = partial(_begun, self._stub, wanted, patience)
                return _response(self._shared.run_now(begin, self._taken))
            return _response(
                _elsewhere(asyncio.run_coroutine_threadsafe(_answer(self._stub, wanted, patience), self._loop))
            )
        except TimeoutError as error:
            raise _timed_out(request) from error

    def _taken(self, served: Served) -> None:
        with self._stub.handover(served):
            pass


class AsyncStubTransport(httpx.AsyncBaseTransport):
    """For `httpx.AsyncClient`."""

    def __init__(self, stub: Stub, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self._stub = stub
        self._loop = loop

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        wanted = _asked(request, await request.aread())
        answering = _answer(self._stub, wanted, _patience(request))
        try:
            if self._loop is None or self._loop is asyncio.get_running_loop():
                served = await answering
            else:
                served = await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(answering, self._loop))
        except TimeoutError as error:
            raise _timed_out(request) from error
        return _response(served)


async def _answer(stub: Stub, request: Request, patience: float | None) -> Served:
    """The answer, handed over; whoever is cancelled or loses patience before has taken nothing. Raises TimeoutError."""
    begun = _begun(stub, request, patience)
    with stub.handover(begun if isinstance(begun, Served) else await begun) as served:
        return served


def _begun(stub: Stub, request: Request, patience: float | None) -> Served | Coroutine[Any, Any, Served]:
    """The answer; or, where it takes time, what has to be awaited for it, which raises TimeoutError."""
    begun = begun_of(stub, request)
    return begun if isinstance(begun, Served) else _patiently(surely(begun), patience)


async def _patiently(work: Awaitable[T], patience: float | None) -> T:
    async with asyncio.timeout(patience):
        return await work


def _elsewhere(answering: "Future[Served]") -> Served:
    try:
        return answering.result()
    except BaseException:
        answering.cancel()  # the user's Ctrl-C: nobody waits for it any more
        raise


def _asked(request: httpx.Request, content: bytes) -> Request:
    path, _, query = request.url.raw_path.partition(b"?")
    return asked(request.method, request.url.scheme, path, query, "1.1", tuple(request.headers.raw), content)


def _response(served: Served) -> httpx.Response:
    answer, cut = served.answer, served.cut
    # as a stream: httpx would add a Content-Length of its own to `content`
    return httpx.Response(
        answer.status,
        headers=answer.headers,
        stream=httpx.ByteStream(answer.body) if cut is None and answer.stream is None else _Pieces(answer, cut),
        extensions={"http_version": b"HTTP/1.1", "reason_phrase": answer.reason.encode("latin-1", "replace")},
    )


class _Pieces(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that is read as it goes; or one that breaks off after `cut` bytes, as httpx tells that of a connection."""

    def __init__(self, answer: Answer, cut: int | None) -> None:
        self._answer = answer
        self._cut = cut

    def __iter__(self) -> Iterator[bytes]:
        with closing(self._answer.pieces(self._cut)) as pieces, _readable():
            yield from pieces
        self._broken()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with closing(self._answer.pieces(self._cut)) as pieces, _readable():
            while piece := await asyncio.to_thread(next, pieces, b""):
                yield piece
        self._broken()

    def _broken(self) -> None:
        if self._cut is not None:
            raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")


@contextmanager
def _readable() -> Iterator[None]:
    """What cannot be read from the recording any more is told as httpx tells it of a connection."""
    try:
        yield
    except RecordingError as error:
        raise httpx.ReadError(str(error)) from error


def _patience(request: httpx.Request) -> float | None:
    """httpx's own read timeout: seconds without a byte. A stub's answer comes whole, so it is the wait for it."""
    patience: float | None = request.extensions.get("timeout", {}).get("read")
    return patience


def _timed_out(request: httpx.Request) -> httpx.ReadTimeout:
    return httpx.ReadTimeout(f"no answer within {_patience(request):g} s", request=request)
