"""Bodies that stream, into the recording: each chunk is a commit, and so is what has waited for its chunk too long."""

from collections.abc import Callable

from inspector.recording.incoming import Incoming
from inspector.recording.partial import PartialBodies

Transact = Callable[[Callable[[], None]], bool]
"""Does something in a transaction of its own, after all that was put before, and says whether that is on disk."""


class Streams:
    """Where bodies that stream are kept, until this is closed: what comes then is only hashed."""

    def __init__(self, bodies: PartialBodies, transact: Transact) -> None:
        self._bodies = bodies
        self._transact = transact
        self._waiting: dict[Incoming, bool] = {}
        """Whether it did so at the last `rest` already."""
        self._is_closed = False

    def wait(self, incoming: Incoming) -> None:
        if not self._is_closed:
            self._waiting.setdefault(incoming, False)

    def append(self, incoming: Incoming, data: bytes) -> None:
        self._waiting.pop(incoming, None)
        if incoming.row is None and incoming.is_over and incoming.size <= len(data):
            return  # it is kept whole, in the row of its exchange's end
        row = incoming.row
        if not self._write(lambda: self._bodies.append(incoming, data)):
            incoming.row = row
            incoming.forget()

    def finish(self, incoming: Incoming) -> None:
        row = incoming.row
        if not self._write(lambda: self._bodies.finish(incoming)):
            incoming.row = row
            incoming.forget()

    def forget(self, incoming: Incoming) -> None:
        self._waiting.pop(incoming, None)
        if incoming.row is not None:
            self._write(lambda: self._bodies.forget(incoming))

    def rest(self) -> bool:
        """Writes what has waited since the last time, or tidies up a bit; whether there is more to do."""
        for incoming in [one for one, waited in self._waiting.items() if waited]:
            incoming.flush()
        if not self._waiting and not self._bodies.is_tidy:
            self._transact(self._bodies.tidy)
        self._waiting = dict.fromkeys(self._waiting, True)
        return bool(self._waiting) or not self._bodies.is_tidy

    def close(self) -> None:
        """Writes all that is left, whoever may still have something to add."""
        for incoming in list(self._waiting):
            incoming.flush()
        while not self._bodies.is_tidy and self._transact(self._bodies.tidy):
            pass
        self._is_closed = True

    def _write(self, work: Callable[[], None]) -> bool:
        return not self._is_closed and self._transact(work)
