"""What mitmproxy calls with each piece of a body that streams: the piece goes on at once, and into the recording."""

from collections.abc import Awaitable, Callable, Iterable

from inspector.proxy.pacing import Pace
from inspector.proxy.withholding import Withholding
from inspector.recording.scribe.scribe import Outgoing

Stream = Callable[[bytes], bytes | Iterable[bytes]]
"""What mitmproxy takes as `flow.request.stream` and `flow.response.stream`."""


class Tee(Withholding):
    """One body on its way, from one side to the other and into the recording.

    `length` is how many bytes are expected, None if nobody said. `pace` holds its source up while too much waits to be
    written. What another addon had set to change the body (`then`) gets the pieces that go on.
    """

    def __init__(
        self,
        outgoing: Outgoing,
        pace: Pace,
        length: int | None = None,
        then: Stream | None = None,
        *,
        at_once: bool = False,
    ) -> None:
        """`at_once`: nothing is kept back, whoever may ask for it."""
        self.outgoing = outgoing
        self._pace = pace
        self._left = length
        self._then = then
        self._at_once = at_once
        self._held = b""
        self._is_over = False

    def __call__(self, data: bytes) -> bytes | Iterable[bytes]:
        """A piece as it crossed the wire, empty at the end (or for nothing, in HTTP/2): what of it goes on."""
        if not data:
            # never an empty piece: as a chunk of HTTP/1 it would be the last
            return list(self._change(b"")) if self._then and not self._held else []
        if not self._is_over:
            self.outgoing.write(data)
            self._pace.keep(self.outgoing)
        passing = self._pass(data) if self.withholds and not self._at_once else data
        if self._then and passing:
            return list(self._change(passing))
        return passing or []

    def release(self) -> bytes:
        held, self._held = self._held, b""
        return b"".join([*self._change(held), *self._change(b"")]) if self._then and held else held

    def over(self, *, cut: bool = False) -> Awaitable[None]:
        """No more will come of it (`cut`: there should have been more); done when all of it is taken down."""
        self._pace.release()
        self._is_over = True
        return self.outgoing.over(cut=cut)

    def _pass(self, data: bytes) -> bytes:
        """What goes on of a piece, if the end of them all is kept back: the last piece, or the last byte."""
        if self._left is None:
            passing = b"".join((self._held, memoryview(data)[:-1]))
            self._held = data[-1:]
            return passing
        self._left -= len(data)
        if self._left > 0:
            return data
        passing, self._held = self._held, data
        return passing

    def _change(self, data: bytes) -> Iterable[bytes]:
        assert self._then
        changed = self._then(data)
        return [piece for piece in ([changed] if isinstance(changed, bytes) else changed) if piece]
