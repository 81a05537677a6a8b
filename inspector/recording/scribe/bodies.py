"""The bodies that stream to the scribe, by the numbers that the proxy gave them."""

from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from inspector.recording.taking.taking import Taken, Taking
from inspector.traffic.body import EMPTY

_AHEAD = 4 * 1024 * 1024
"""Bytes of a body that may wait to be written; until they are, nothing more is heard."""

_LOST = Taken(EMPTY, why="nothing was kept: it could not be taken down")


@dataclass(slots=True)
class Begun:
    """A body of an exchange; `taking` is None if that went wrong. `ended`: what to wait for once it is over."""

    exchange: int
    taking: Taking | None
    ended: list[Future[Any]] | None = field(default=None)


class Bodies:
    """Those that have begun and are not `taken`; what is said of others is ignored: their exchanges are lost already.

    What a Taking raises is raised here, once for each body.
    """

    def __init__(self) -> None:
        self._begun: dict[int, Begun] = {}

    def begin(self, body: int, exchange: int, make: Callable[[], Taking]) -> None:
        """It begins to stream, and is taken down as the one does that is made here."""
        begun = self._begun[body] = Begun(exchange, None)
        begun.taking = make()

    def write(self, body: int, data: bytes, pause: Callable[[], None], resume: Callable[[], None]) -> None:
        """Its next bytes. Calls `pause` if nothing more should come, and then `resume`, from any thread."""
        begun = self._begun.get(body)
        if begun is None or begun.taking is None:
            return
        try:
            begun.taking.write(data)
        except Exception:
            self._lose(begun)
            raise
        if begun.taking.waiting > _AHEAD:
            pause()
            begun.taking.when_below(_AHEAD // 2, resume)

    def over(self, body: int, cut: bool) -> list[Future[Any]]:
        """No more of it will come; what to wait for until all that came is written."""
        begun = self._begun.get(body)
        if begun is None or begun.taking is None:
            return []
        if begun.ended is None:
            try:
                begun.ended = begun.taking.over(cut)
            except Exception:
                self._lose(begun)
                raise
        return begun.ended

    def taken(self, body: int) -> Taken | None:
        """What came of it, which nobody asks for again; None if there is none of this number."""
        if body not in self._begun:
            return None
        try:
            wait(self.over(body, cut=True))  # it is over, but where the proxy had no time to wait for that
            taking = self._begun[body].taking
            return taking.taken() if taking else _LOST
        finally:
            del self._begun[body]

    def forget(self, exchange: int) -> None:
        """The exchange is over: of its bodies that nobody asked for, nobody will."""
        for body in [number for number, begun in self._begun.items() if begun.exchange == exchange]:
            self._lose(self._begun.pop(body))

    def _lose(self, begun: Begun) -> None:
        taking, begun.taking = begun.taking, None
        if taking and begun.ended is None:
            with suppress(Exception):
                taking.over(cut=True)


def when_all(futures: list[Future[Any]], call: Callable[[], None], soon: Callable[..., object]) -> None:
    """Calls back once, by `soon` (which takes a call from any thread to ours), when all of them are done."""
    left = len(futures)

    def one_less() -> None:
        nonlocal left
        left -= 1
        if left <= 0:
            call()

    for future in futures:
        future.add_done_callback(lambda _: soon(one_less))
    if not futures:
        call()
