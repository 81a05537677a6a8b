"""A recording played for one test, in this process: by a socket, or without."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from inspector.replay.control.hosting import Stage
from inspector.replay.control.shelf import Source
from inspector.replay.faults import Arming, Fault, Faults
from inspector.replay.journal import Entry, Verification
from inspector.replay.misses.miss import advice
from inspector.replay.plans.opening import Prepared
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
        self._source = source
        prepared = self._home.prepared(source)
        self._plans = prepared.loaded.plans
        self._stub = self._home.do(lambda: self._on_stage(prepared, settings))
        self._address: Address | None = None

    @property
    def url(self) -> str:
        if self._address is None:
            self._address = self._home.serve(Stage(self._stub))
        return self._address.url

    @property
    def transport(self) -> "httpx.BaseTransport":
        from inspector.replay.fronts.transport import StubTransport  # and httpx with it, which not everybody uses

        return StubTransport(self._stub, self._home.shared)

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

    def happened(self) -> list[str]:
        from inspector.testing.account import never_happened

        return [*super().happened(), *never_happened(self.verification, self._plans)]

    def close(self) -> None:
        if self._address is not None:
            self._address.close()
            self._address = None
        self._home.do(self._stub.close)

    def _on_stage(self, prepared: Prepared, settings: Settings | None) -> Overhearing:
        """Who plays it; called in the loop."""
        return Overhearing(prepared.loaded, prepared.matcher, prepared.origins, settings)

    def _events(self) -> Sequence[Event]:
        return self._home.do(self._stub.heard)  # there, whatever its client has is known to be handed over

    def _count(self) -> int:
        return self._home.do(lambda: self._stub.count)

    def _wait(self, count: int, seconds: float) -> None:
        with self._stub.changed:
            self._stub.changed.wait_for(lambda: self._stub.count > count, seconds)

    def _disagreements(self, strict: bool) -> Iterator[str]:
        verification = self.verification
        if verification.misses and not self._misses_allowed:
            from inspector.render.miss import miss_lines  # and rich with it, for which only a failure waits
            from inspector.testing.account import IN_TESTS

            for miss, times in verification.misses:
                advised = replace(miss, advice=advice(miss, IN_TESTS))
                first, *rest = (line.plain for line in miss_lines(advised))
                yield "\n".join((first if times == 1 else f"{first} ({times} times)", *rest))
        if strict and verification.unused:
            from inspector.testing.account import unused

            yield from (f"✗ never used: {unused(one)}" for one in verification.unused)


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
