"""A recording played for one test, in this process: by a socket, or without."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from inspector.render.escape import plain
from inspector.replay.control.hosting import Stage
from inspector.replay.control.shelf import Source
from inspector.replay.faults import Arming, Fault, Faults
from inspector.replay.journal import Entry, Verification
from inspector.replay.stub import Settings
from inspector.testing.home import Address, home
from inspector.testing.overhearing import Overhearing
from inspector.testing.stub import GwsStub
from inspector.traffic.exchange import Event

if TYPE_CHECKING:
    import httpx


class PlayedStub(GwsStub):
    """Plays a recorded session. Raises what `prepare` raises."""

    def __init__(self, source: Source, settings: Settings | None = None) -> None:
        super().__init__()
        self._home = home()
        prepared = self._home.prepared(source)
        self._stub = self._home.do(lambda: Overhearing(prepared.loaded, prepared.matcher, prepared.origins, settings))
        self._address: Address | None = None

    @property
    def url(self) -> str:
        if self._address is None:
            self._address = self._home.serve(Stage(self._stub))
        return self._address.url

    @property
    def transport(self) -> "httpx.BaseTransport":
        from inspector.replay.fronts.transport import StubTransport  # and httpx with it, which not everybody uses

        return StubTransport(self._stub)

    @property
    def async_transport(self) -> "httpx.AsyncBaseTransport":
        from inspector.replay.fronts.transport import AsyncStubTransport

        return AsyncStubTransport(self._stub, self._home.loop)

    @cached_property
    def faults(self) -> Arming:
        return _AtHome(self._stub.faults)

    @property
    def journal(self) -> Sequence[Entry]:
        return self._home.do(lambda: self._stub.journal.entries)

    @property
    def verification(self) -> Verification:
        """How the run and its recording agree until now."""
        return self._home.do(self._stub.verify)

    def close(self) -> None:
        if self._address is not None:
            self._address.close()
            self._address = None
        self._home.do(self._stub.close)

    def _events(self) -> Sequence[Event]:
        return self._stub.heard()

    def _count(self) -> int:
        return self._stub.count

    def _wait(self, count: int, seconds: float) -> None:
        with self._stub.changed:
            self._stub.changed.wait_for(lambda: self._stub.count > count, seconds)

    def _disagreements(self, strict: bool) -> Iterator[str]:
        verification = self.verification
        if verification.misses and not self._misses_allowed:
            from inspector.render.miss import miss_lines  # and rich with it, for which only a failure waits

            for miss, times in verification.misses:
                first, *rest = (line.plain for line in miss_lines(miss))
                yield "\n".join((first if times == 1 else f"{first} ({times} times)", *rest))
        for one in verification.unused if strict else ():
            yield f"✗ never used: #{one.number} {plain(f'{one.name} {one.method} {one.path}')}"


class _AtHome(Arming):
    """A stub's faults, armed from another thread than its own."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    @property
    def armed(self) -> list[Fault]:
        return home().do(lambda: self._faults.armed)

    def add(self, fault: Fault) -> None:
        home().do(lambda: self._faults.add(fault))

    def clear(self) -> None:
        home().do(self._faults.clear)
