"""The bodies that stream to the scribe, by the numbers that the proxy gave them."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from inspector.recording.taking.taking import Taken, Taking
from inspector.traffic.body import EMPTY

_LOST = Taken(EMPTY, why="nothing was kept: it could not be taken down")


@dataclass(slots=True)
class Begun:
    """A body of an exchange; `taking` is None if that went wrong."""

    exchange: int
    taking: Taking | None
    is_over: bool = False


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

    def write(self, body: int, data: bytes) -> None:
        """Its next bytes."""
        begun = self._begun.get(body)
        if begun is None or begun.taking is None:
            return
        try:
            begun.taking.write(data)
        except Exception:
            self._lose(begun)
            raise

    def over(self, body: int, cut: bool) -> None:
        """No more of it will come; what came is written when this returns."""
        begun = self._begun.get(body)
        if begun is None or begun.taking is None or begun.is_over:
            return
        begun.is_over = True
        try:
            begun.taking.over(cut)
        except Exception:
            self._lose(begun)
            raise

    def taken(self, body: int) -> Taken | None:
        """What came of it, which nobody asks for again; None if there is none of this number."""
        if body not in self._begun:
            return None
        try:
            self.over(body, cut=True)  # it is over, but where the proxy had no time to say so
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
        if taking and not begun.is_over:
            with suppress(Exception):
                taking.over(cut=True)
