"""What a test holds of its stub: where it is, what its clients did there, and what is to go wrong."""

import asyncio
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from inspector.analysis.finding import Finding
from inspector.replay.faults import Arming
from inspector.replay.journal import Entry
from inspector.testing.expecting import Expectation, Wanted
from inspector.traffic.exchange import Event, Instant

if TYPE_CHECKING:
    import httpx

    from inspector.testing.calls import Call, Understood

PATIENCE_S = 5.0
"""Seconds that something is waited for."""

_LOOK_S = 0.1
"""Seconds after which who waits looks whether anybody still wants to know."""


class GwsStub(ABC):
    """A server of the Web Services API for one test: a played recording, or a recorder in front of the real one."""

    def __init__(self) -> None:
        self._expected: list[Expectation] = []
        self._misses_allowed = False
        self._understood: tuple[int, Understood] | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """The origin that clients are given, `http://127.0.0.1:PORT`; it listens from now on."""

    @property
    @abstractmethod
    def transport(self) -> "httpx.BaseTransport":
        """For `httpx.Client(transport=…)`, without a socket."""

    @property
    @abstractmethod
    def async_transport(self) -> "httpx.AsyncBaseTransport":
        """For `httpx.AsyncClient(transport=…)`, without a socket."""

    @property
    @abstractmethod
    def faults(self) -> Arming:
        """What is to go wrong: `faults.refuse("UploadFile", status_code=3)` and so on. Raises UsageError where no
        recording is played.
        """

    @property
    @abstractmethod
    def journal(self) -> Sequence[Entry]:
        """The last requests, oldest first, with the recorded exchange or the miss that each of them met."""

    @abstractmethod
    def close(self) -> None:
        """It answers nobody any more."""

    @abstractmethod
    def _events(self) -> Sequence[Event]:
        """What crossed between it and its clients."""

    @abstractmethod
    def _count(self) -> int:
        """Counts how often something crossed."""

    @abstractmethod
    def _wait(self, count: int, seconds: float) -> None:
        """Until more has crossed than this count, at most so many seconds."""

    @abstractmethod
    def _disagreements(self, strict: bool) -> Iterator[str]:
        """How its run and its recording disagree, in words."""

    @property
    def calls(self) -> "list[Call]":
        """The calls that clients made until now, in their order."""
        return self._told().calls

    @property
    def findings(self) -> list[Finding]:
        """The rules that clients have broken until now (`calls.OF_CLIENTS`)."""
        return self._told().findings

    def allow_misses(self) -> None:
        """The test does not fail because of misses."""
        self._misses_allowed = True

    def expect(self, operation: str, *, times: int | None = None, **values: Any) -> None:
        """The test fails at its end if there was no call of this operation with these values: `document_id`, `chat_id`,
        `agent`, `status_code`, or any member of its body (`upload_type`, `uploadType`). `times`: exactly so many.
        """
        self._expected.append(Expectation(Wanted(operation, values), times))

    def wait_for(self, operation: str, *, timeout: float = PATIENCE_S, notified: bool = False, **values: Any) -> "Call":
        """The first such call (as in `expect`), once it is answered; `notified`: once its client also knows what it
        brought about. Raises AssertionError after `timeout` seconds. An event loop of this thread stands still
        meanwhile: where the client runs in it, await `async_wait_for`.
        """
        return self._waited_for(Wanted(operation, values), timeout, notified, threading.Event())

    async def async_wait_for(
        self, operation: str, *, timeout: float = PATIENCE_S, notified: bool = False, **values: Any
    ) -> "Call":
        """As `wait_for`, while the event loop goes on."""
        over = threading.Event()
        try:
            return await asyncio.to_thread(self._waited_for, Wanted(operation, values), timeout, notified, over)
        finally:
            over.set()  # also if nobody waits any more: an event loop does not end before its threads

    def problems(self, *, strict: bool = False) -> list[str]:
        """Why the test has failed: misses, if strict operations that were never used, expectations that are not met."""
        unmet = [one.unmet(self.calls) for one in self._expected]
        return [*self._disagreements(strict), *filter(None, unmet)]

    def happened(self) -> list[str]:
        """What happened, in lines for who has to find out why a test has failed."""
        from inspector.testing.account import happened  # and rich with it, for which only a failure waits

        return [*happened(self._told().derived)]

    def _waited_for(self, wanted: Wanted, timeout: float, notified: bool, over: threading.Event) -> "Call":
        until = time.monotonic() + timeout
        while True:
            count, calls = self._count(), self.calls
            met = [call for call in calls if wanted.meets(call) and call.status is not None]
            if found := next((call for call in met if call.notifications or not notified), None):
                return found
            left = until - time.monotonic()
            if left <= 0 or over.is_set():
                raise AssertionError(_in_vain(wanted, timeout, calls, met))
            self._wait(count, min(left, _LOOK_S))

    def _told(self) -> "Understood":
        count = self._count()
        if self._understood is None or self._understood[0] != count:
            from inspector.testing.calls import understand  # and pydantic with it: a first answer does not wait for it

            now = Instant(time.monotonic_ns() // 1000, time.time_ns() // 1000)
            self._understood = count, understand(self._events(), now)
        return self._understood[1]


def _in_vain(wanted: Wanted, timeout: float, calls: "Sequence[Call]", met: "Sequence[Call]") -> str:
    waited = f"waited {timeout:g} s for {wanted}"
    if met:
        return f"{waited}: #{met[0].number} was answered, but its client was told of nothing that it brought about"
    return "\n".join((f"{waited}, which was not called", *wanted.nearest(calls)))
