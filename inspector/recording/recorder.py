"""What every recorder does, wherever its exchanges come from: redact, judge, keep; in this order.

So nothing derived can hold a secret, and the findings told live are those that the recording gives later.
"""

import logging
import os
import platform
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from inspector import __version__
from inspector.analysis.analyst import AnalysisSettings, Analyst, Derived
from inspector.recording.rows import DerivedRows
from inspector.recording.session import Session
from inspector.recording.writer import Writer
from inspector.traffic.exchange import Completed, Event, Exchange, Instant, Request, Response, Started
from inspector.traffic.redaction import Places, Redactor
from inspector.webservices.routes import is_download

logger = logging.getLogger("inspector")

Listener = Callable[[Exchange, Sequence[Derived]], None]
"""Told what each event meant, at once: the exchange without its secrets, and what was derived."""


def now() -> Instant:
    """The present, on both clocks."""
    return Instant(time.monotonic_ns() // 1000, time.time_ns() // 1000)


class Recorder:
    """Records one session of traffic in front of `upstream` into the file at `path`.

    Belongs to one thread, but for `trouble`, which the writer's thread calls. Raises what Writer raises.
    """

    def __init__(
        self,
        path: Path,
        upstream: str,
        *,
        places: Places | None = None,
        settings: AnalysisSettings | None = None,
        listener: Listener = lambda exchange, derived: None,
        trouble: Callable[[str], None] = lambda what: None,
        parent: str | None = None,
    ) -> None:
        """`parent` is the UUID of the session that this one adds to."""
        settings, places = settings or AnalysisSettings(), places or Places()
        self.path = path
        self.session = Session(
            str(uuid.uuid4()),
            upstream,
            now(),
            parent=parent,
            redacted={"headers": sorted(places.headers), "members": sorted(places.members)},
            versions={
                "gws-inspector": __version__,
                "mitmproxy": version("mitmproxy"),
                "python": platform.python_version(),
            },
            settings=settings.kept(),
            recorder=f"process {os.getpid()}",
        )
        self._redactor = Redactor(places, is_file=lambda request: is_download(request.method, request.path))
        self._analyst = Analyst(settings)
        self._writer = Writer(path, self.session, trouble)
        self._rows = DerivedRows(self._writer.session_id, self._writer.first_agent, self._writer.first_transfer)
        self._listener = listener
        self._next = self._writer.next_exchange
        self._tick = 0
        self._open: dict[int, Exchange] = {}

    @property
    def failure(self) -> str | None:
        """What was lost, if anything was."""
        return self._writer.failure

    def number(self) -> int:
        """The number of the next exchange."""
        self._next += 1
        return self._next - 1

    def started(self, number: int, connection: str, begun: Instant, request: Request) -> None:
        """A request is complete: it is part of the next commit, which nobody has to wait for."""
        exchange = self._open[number] = Exchange(number, connection, begun, self._redactor.request(request))
        self._feed(Started(self._count(), exchange))

    def completed(
        self, number: int, answered: Instant | None, response: Response | None, error: str | None
    ) -> Future[None]:
        """The exchange ended now, with a response or an error or both; the future is done when that is on disk."""
        exchange = self._open.pop(number)
        exchange = replace(
            exchange,
            answered=answered,
            done=now(),
            response=response and self._redactor.response(response, exchange.request),
            error=error,
        )
        self._feed(Completed(self._count(), exchange))
        return self._writer.committed()

    def close(self, origins: Sequence[str] = ()) -> None:
        """Ends the session; exchanges that are still under way stay unfinished in it."""
        ended = now()
        try:
            self._keep(self._analyst.close(ended))
        except Exception:  # as in _feed
            logger.exception("the session is recorded, but could not be judged to its end: please report this")
        self._writer.close(ended, origins)

    def _feed(self, event: Event) -> None:
        self._writer.put(event)
        try:
            derived = self._analyst.feed(event)
            self._keep(derived)
        except Exception:  # a mistake of ours must cost neither the traffic nor the facts, which are kept already
            logger.exception(
                "exchange %s is recorded, but could not be judged: please report this", event.exchange.number
            )
            return
        self._listener(event.exchange, derived)

    def _keep(self, derived: Sequence[Derived]) -> None:
        if derived:
            self._writer.put([self._rows.of(thing) for thing in derived])

    def _count(self) -> int:
        self._tick += 1
        return self._tick
