"""The recorder in front of the real server, for one test: what its client does is done there, and kept."""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from inspector.errors import RecordingIncomplete, UsageError
from inspector.recording.reader import reading
from inspector.render.escape import plain
from inspector.replay.faults import Arming
from inspector.replay.journal import KEPT, Entry
from inspector.testing.stub import GwsStub
from inspector.testing.upstream.recorder_process import RecorderProcess
from inspector.traffic.exchange import Completed, Event
from inspector.traffic.urls import without_session
from inspector.webservices.routes import Resource, route

if TYPE_CHECKING:
    import httpx

NO_FAULT = "a fault is played, not recorded"

_LOOK_S = 0.02
"""Seconds from one look at the recording to the next, while something is waited for."""

_CLIENT_LEFT = "Client disconnected."
"""What ended an exchange, as mitmproxy says it: nobody waits for that answer."""

_COUNT = "SELECT count(*) + count(done_tick) FROM exchanges WHERE session = ? AND start_tick >= 0"


def _no_faults() -> NoReturn:
    raise UsageError(NO_FAULT)


class RecordedStub(GwsStub):
    """Records into a file, as a session of this name; settings are those of `folder`. What is to be known of it, it
    reads there: a client sees nothing before it is.

    `no_faults` raises what who arms a fault gets. Raises UsageError where there can be no recorder.
    """

    def __init__(
        self, upstream: str, file: Path, name: str, folder: Path, no_faults: Callable[[], NoReturn] = _no_faults
    ) -> None:
        super().__init__()
        self._file = file
        self._no_faults = no_faults
        self._is_told = False
        self._recorder = RecorderProcess(upstream, file, name, folder)
        try:
            with reading(file) as recording:
                self._session = recording.sessions()[-1]
        except BaseException:
            self.close()
            raise

    @property
    def session(self) -> str:
        """The UUID of what is recorded."""
        return self._session.uuid

    @property
    def url(self) -> str:
        return self._recorder.url

    @property
    def transport(self) -> "httpx.BaseTransport":
        from inspector.testing.upstream.toward import TowardTransport  # and httpx with it, which not everybody uses

        return TowardTransport(self.url)

    @property
    def async_transport(self) -> "httpx.AsyncBaseTransport":
        from inspector.testing.upstream.toward import AsyncTowardTransport

        return AsyncTowardTransport(self.url)

    @property
    def faults(self) -> Arming:
        self._no_faults()

    @property
    def journal(self) -> Sequence[Entry]:
        ended = [event.exchange for event in self._events() if isinstance(event, Completed)]
        return [
            Entry(one.done.mono / 1000, one.request.method, without_session(one.request.path), one.number, None, "")
            for one in ended[-KEPT:]
            if one.done
        ]

    def close(self) -> None:
        """The session is complete from now on. Raises RecordingIncomplete if it is not, and nobody was told so yet."""
        try:
            self._recorder.end()
        except RecordingIncomplete:
            if not self._is_told:
                raise

    def _events(self) -> Sequence[Event]:
        with reading(self._file) as recording:
            return list(recording.events(self._session))

    def _count(self) -> int:
        with reading(self._file) as recording:
            return int(recording.db.execute(_COUNT, (self._session.id,)).fetchone()[0])

    def _wait(self, count: int, seconds: float) -> None:
        until = time.monotonic() + seconds
        while self._count() == count and (left := until - time.monotonic()) > 0:
            time.sleep(min(_LOOK_S, left))

    def _disagreements(self, strict: bool) -> Iterator[str]:
        if self._recorder.is_over():  # told now, beside what it has brought about in the test
            try:
                self._recorder.end()
            except RecordingIncomplete as error:
                self._is_told = True
                yield f"✗ {error}"
        if not self._misses_allowed:
            yield from dict.fromkeys(self._unanswered())

    def _unanswered(self) -> Iterator[str]:
        """What a replay could not answer either; polls it answers by itself."""
        for exchange in (event.exchange for event in self._events() if isinstance(event, Completed)):
            request, error = exchange.request, exchange.error
            if error and error != _CLIENT_LEFT and route(request.path).resource is not Resource.CHANNEL:
                asked = f"{request.method} {without_session(request.path)}"
                yield plain(f"✗ {asked} was not answered by {self._session.upstream}: {error}", 1000)
