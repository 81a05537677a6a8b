"""Where the stubs of a process of tests live: one event loop, with a thread once clients come by a socket."""

import asyncio
import atexit
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from inspector.replay.control.shelf import Shelf, Source
from inspector.replay.fronts.listening import App, listening
from inspector.replay.fronts.shared_loop import SharedLoop
from inspector.replay.plans.opening import Prepared

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Address:
    """Where an app listens, on a port of its own, until it is closed: soon, and nobody has to wait for that."""

    url: str
    close: Callable[[], object]


class Home:
    """Every stub is touched in this loop only: by `do` and `run`, from any thread but the loop's own."""

    def __init__(self) -> None:
        self.shared = SharedLoop()
        """In which the synchronous transports of these stubs answer."""
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._over: asyncio.Event | None = None
        self._shelf: Shelf | None = None
        self._serving: list[tuple[Address, Future[None]]] = []

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """Runs by itself from now on, in a thread."""
        with self._starting:
            if self._thread is None:
                self._over = asyncio.Event()
                self._thread = threading.Thread(target=self.shared.run, args=[self._over.wait()], name="gws-stubs")
                self._thread.daemon = True
                self._thread.start()
        return self.shared.loop

    def do(self, what: Callable[[], T]) -> T:
        """What a function that does not wait gives, in the loop."""
        return self.shared.run_now(what)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What the work comes to, in the loop."""
        return self.shared.run(work)

    def prepared(self, source: Source) -> Prepared:
        """A recording ready to be played; it is loaded once for all stubs that play it. Raises as `prepare` does."""
        return self.run(self._kept(source))

    def serve(self, app: App, host: str = "127.0.0.1") -> Address:
        """Serves the app beside everything else, on a free port. Raises UsageError if it cannot listen there."""
        listens: Future[str] = Future()
        ended = asyncio.Event()
        loop = self.loop
        serving = asyncio.run_coroutine_threadsafe(_serve(app, host, listens, ended), loop)
        address = Address(listens.result(), lambda: loop.call_soon_threadsafe(ended.set))
        self._serving.append((address, serving))
        return address

    def close(self) -> None:
        """Closes all addresses and ends the thread; who comes later begins anew."""
        for address, serving in self._serving:
            address.close()  # also that of a stub which was asked for it when its test was over
            serving.result()
        self._serving.clear()
        with self._starting:
            thread, self._thread = self._thread, None
            if thread is not None and self._over is not None:
                self.shared.loop.call_soon_threadsafe(self._over.set)
                thread.join()
            if self._shelf is not None:
                self.do(self._shelf.close)
                self._shelf = None

    async def _kept(self, source: Source) -> Prepared:
        self._shelf = self._shelf or Shelf()
        return await self._shelf.get(source)


@cache
def home() -> Home:
    """The one of this process."""
    made = Home()
    atexit.register(made.shared.close)
    return made


async def _serve(app: App, host: str, listens: "Future[str]", ended: asyncio.Event) -> None:
    try:
        async with listening(app, host) as url:
            listens.set_result(url)
            await ended.wait()
    except Exception as error:
        if listens.done():
            raise
        listens.set_exception(error)
