"""An event loop without a thread, for synchronous code: whoever waits for a result runs it."""

import asyncio
import atexit
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from types import CoroutineType
from typing import Any, TypeVar, cast

T = TypeVar("T")


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

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """It runs only while somebody waits."""
        return self._loop

    def run(self, work: Coroutine[Any, Any, T], taken: Callable[[T], None] = lambda result: None) -> T:
        """What the work comes to, in the shared loop; in it, too, `taken` is called once the calling thread has it."""
        result, told = self._result(work, taken)
        if not told:
            self._tell_soon(taken, result)
        return result

    def run_now(
        self, begin: Callable[[], T | Coroutine[Any, Any, T]], taken: Callable[[T], None] = lambda result: None
    ) -> T:
        """As `run` for what `begin` gives, which may be a result already: who asks alone has it without a task."""
        with self._changed:
            alone = not self._runs and not self._riders
            self._runs |= alone
        if not alone:
            return self.run(_begun_there(begin), taken)
        around = asyncio._get_running_loop()
        try:
            asyncio._set_running_loop(
                self._loop
            )  # nobody else runs it; what is done needs its clock, and sets its timers
            try:
                begun = begin()
                if not isinstance(begun, CoroutineType):
                    taken(cast(T, begun))
            finally:
                asyncio._set_running_loop(around)
        except BaseException:
            self._leave()
            raise
        if isinstance(begun, CoroutineType):
            result, told = self._drive(self._alone(begun, taken))
            if not told:
                self._tell_soon(taken, result)
            return cast(T, result)
        self._leave()
        return cast(T, begun)

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


async def _begun_there(begin: Callable[[], T | Coroutine[Any, Any, T]]) -> T:
    begun = begin()
    return cast(T, await begun if isinstance(begun, CoroutineType) else begun)


async def _end_of(riding: "Future[T]") -> T:
    return await asyncio.wrap_future(riding)


def _in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
