"""The stub without a socket: transports for httpx that answer in this process.

    with httpx.Client(transport=StubTransport(stub), base_url="http://gws.test") as client: ...
    async with httpx.AsyncClient(transport=AsyncStubTransport(stub), base_url="http://gws.test") as client: ...

A stub lives in one event loop: whoever else serves it gives that one as `loop`. Without it, an asynchronous transport
takes the loop of its caller, a synchronous one the loop that all of them share.
"""

import asyncio
import atexit
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from typing import Any, TypeVar

import httpx

from inspector.replay.legal import Answer
from inspector.replay.server import answered
from inspector.replay.stub import Served, Stub
from inspector.traffic.body import EMPTY, Body
from inspector.traffic.exchange import Request
from inspector.traffic.headers import Headers
from inspector.traffic.multipart import split

T = TypeVar("T")


class StubTransport(httpx.BaseTransport):
    """For `httpx.Client`. Any number of threads may use it, and any number of transports the same stub."""

    def __init__(self, stub: Stub, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self._stub = stub
        self._loop = loop
        self._shared = shared_loop()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        asked, patience = _asked(request, request.read()), _patience(request)
        try:
            if self._loop is None:
                work = _patiently(answered(self._stub, asked), patience)
                return _response(self._shared.run(work, self._taken).answer)
            return _response(
                _elsewhere(asyncio.run_coroutine_threadsafe(_answer(self._stub, asked, patience), self._loop))
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
        asked = _asked(request, await request.aread())
        answering = _answer(self._stub, asked, _patience(request))
        try:
            if self._loop is None or self._loop is asyncio.get_running_loop():
                answer = await answering
            else:
                answer = await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(answering, self._loop))
        except TimeoutError as error:
            raise _timed_out(request) from error
        return _response(answer)


async def _answer(stub: Stub, request: Request, patience: float | None) -> Answer:
    """The answer, handed over; whoever is cancelled or loses patience before has taken nothing. Raises TimeoutError."""
    with stub.handover(await _patiently(answered(stub, request), patience)) as served:
        return served.answer


async def _patiently(work: Awaitable[T], patience: float | None) -> T:
    async with asyncio.timeout(patience):
        return await work


def _elsewhere(answering: "Future[Answer]") -> Answer:
    try:
        return answering.result()
    except BaseException:
        answering.cancel()  # the user's Ctrl-C: nobody waits for it any more
        raise


def _asked(request: httpx.Request, content: bytes) -> Request:
    headers = Headers.of(request.headers.raw)
    path, _, query = request.url.raw_path.decode("latin-1").partition("?")
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


def _response(answer: Answer) -> httpx.Response:
    # as a stream: httpx would add a Content-Length of its own to `content`
    return httpx.Response(
        answer.status,
        headers=list(answer.headers),
        stream=httpx.ByteStream(answer.body),
        extensions={"http_version": b"HTTP/1.1", "reason_phrase": answer.reason.encode("latin-1", "replace")},
    )


def _patience(request: httpx.Request) -> float | None:
    """httpx's own read timeout: seconds without a byte. A stub's answer comes whole, so it is the wait for it."""
    patience: float | None = request.extensions.get("timeout", {}).get("read")
    return patience


def _timed_out(request: httpx.Request) -> httpx.ReadTimeout:
    return httpx.ReadTimeout(f"no answer within {_patience(request):g} s", request=request)


class SharedLoop:
    """An event loop without a thread: who waits for a result runs it, whoever else waits meanwhile rides along.

    So nobody who asks alone changes threads. When the one who runs it has his result, one of the others takes over;
    when nobody waits it stands still, and nothing that would happen then could be seen.
    """

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._changed = threading.Condition()
        self._runs = False
        self._riders = 0
        self._untold = 0

    def run(self, work: Coroutine[Any, Any, T], taken: Callable[[T], None] = lambda result: None) -> T:
        """What the work comes to, in the shared loop; in it, too, `taken` is called once the calling thread has it."""
        result, told = self._result(work, taken)
        if not told:
            self._tell_soon(taken, result)
        return result

    def close(self) -> None:
        """Nobody waits any more."""
        if not self._loop.is_running():
            self._loop.close()

    async def _alone(self, work: Awaitable[T], taken: Callable[[T], None]) -> tuple[T, bool]:
        """The result, and whether `taken` has been called: before the thread has it, where no other could be faster."""
        result = await work
        if self._riders:
            return result, False
        taken(result)
        return result, True

    def _tell_soon(self, taken: Callable[[T], None], result: T) -> None:
        """Does not wait for it: what it sets free may reach another thread, but not before this one goes on."""

        def tell() -> None:
            self._untold -= 1
            taken(result)

        with self._changed:
            first, self._runs = not self._runs, True
            self._untold += 1
            self._loop.call_soon_threadsafe(tell)
        if first:
            self._drive(asyncio.sleep(0))

    def _ride(self, work: Coroutine[Any, Any, T]) -> T:
        riding = asyncio.run_coroutine_threadsafe(work, self._loop)
        riding.add_done_callback(self._tell)
        try:
            while self._takes_over(riding):
                with suppress(Exception):  # `riding` tells
                    self._drive(_end_of(riding))
        except BaseException:
            riding.cancel()
            raise
        return riding.result()

    def _result(self, work: Coroutine[Any, Any, T], taken: Callable[[T], None]) -> tuple[T, bool]:
        with self._changed:
            first, self._runs = not self._runs, True
            self._riders += not first
        if first:
            return self._drive(self._alone(work, taken))
        try:
            return self._ride(work), False
        finally:
            with self._changed:
                self._riders -= 1

    def _drive(self, work: Coroutine[Any, Any, T]) -> T:
        """Runs the loop until the work is done; `_runs` was set by the caller."""
        try:
            return self._here(work)
        finally:
            self._leave()

    def _leave(self) -> None:
        """What other threads have left to be told is told first, or it would have to wait for the next request."""
        while True:
            with self._changed:
                if not self._untold:
                    self._runs = False
                    self._changed.notify_all()
                    return
            self._here(asyncio.sleep(0))

    def _here(self, work: Coroutine[Any, Any, T]) -> T:
        if not _in_a_loop():
            return self._until_done(work)
        with ThreadPoolExecutor(1) as elsewhere:  # a thread runs one loop at a time
            return elsewhere.submit(self._until_done, work).result()

    def _until_done(self, work: Coroutine[Any, Any, T]) -> T:
        task = self._loop.create_task(work)
        try:
            return self._loop.run_until_complete(task)
        finally:
            if not task.done():  # the user's Ctrl-C
                task.cancel()
                with suppress(asyncio.CancelledError):
                    self._loop.run_until_complete(task)

    def _takes_over(self, riding: "Future[T]") -> bool:
        """Waits; True if somebody else's end has left the loop to us, False if our answer is there."""
        with self._changed:
            self._changed.wait_for(lambda: riding.done() or not self._runs)
            if riding.done():
                return False
            self._runs = True
            return True

    def _tell(self, _: "Future[T]") -> None:
        with self._changed:
            self._changed.notify_all()


@cache
def shared_loop() -> SharedLoop:
    """The one of this process, in which all stubs live that only synchronous transports serve."""
    loop = SharedLoop()
    atexit.register(loop.close)
    return loop


async def _end_of(riding: "Future[T]") -> T:
    return await asyncio.wrap_future(riding)


def _in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
