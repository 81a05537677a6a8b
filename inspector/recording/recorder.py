"""What every recorder does, wherever its exchanges come from: redact, judge, keep; in this order.

So nothing derived can hold a secret, and the findings told live are those that the recording gives later.
"""

import logging
import platform
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from inspector import __version__
from inspector.analysis.analyst import AnalysisSettings, Analyst, Derived
from inspector.recording.facts import Answering, Opened
from inspector.recording.incoming import Incoming, Place
from inspector.recording.process import WRITER, this_process
from inspector.recording.rows import DerivedRows
from inspector.recording.session import Session
from inspector.recording.stored import TODAYS
from inspector.recording.truncation import said_of
from inspector.recording.writer import Writer
from inspector.traffic.body import Body
from inspector.traffic.exchange import (
    CLOSE,
    TEXT,
    Completed,
    Event,
    Exchange,
    Frame,
    Half,
    Instant,
    Request,
    Response,
    Side,
    Started,
)
from inspector.traffic.multipart import Part
from inspector.traffic.redaction import Places, Redactor
from inspector.traffic.unredacted import KEPT, Unredacted
from inspector.webservices.routes import is_download

logger = logging.getLogger("inspector")

Listener = Callable[[Exchange, Sequence[Derived]], None]
"""Told what each event meant, at once: the exchange without its secrets, and what was derived."""


def now() -> Instant:
    """The present, on both clocks."""
    return Instant(time.monotonic_ns() // 1000, time.time_ns() // 1000)


class Recorder:
    """Records one session of traffic in front of `upstream` into the file at `path`.

    Belongs to one thread. What it is told is on disk after the next `commit`, at the latest. Raises what Writer raises.
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
        keep_secrets: bool = False,
        process: str = "",
        source: str = "proxy",
        started: Instant | None = None,
        versions: Mapping[str, str] | None = None,
        name: str = "",
    ) -> None:
        """`parent` is the UUID of the session that this one adds to, `name` what it is called. With `keep_secrets`
        nothing is redacted. `process` is the one that records, if it is not this one (`process.py`). What is imported
        has another `source`, began some time ago, and names more `versions`.
        """
        settings, places = settings or AnalysisSettings(), places or Places()
        self.path = path
        self.session = Session(
            str(uuid.uuid4()),
            upstream,
            started or now(),
            source=source,
            parent=parent,
            redacted={
                "headers": sorted(places.headers),
                "members": sorted(places.members),
                **(KEPT if keep_secrets else {}),
            },
            versions=_versions() | dict(versions or {}),
            settings=settings.kept(),
            recorder=f"{process} {WRITER} {this_process()}" if process else this_process(),
            name=name,
        )
        redactor = Unredacted if keep_secrets else Redactor
        self._redactor = redactor(places, is_file=lambda asked: is_download(asked.method, asked.path), learns=True)
        self._analyst = Analyst(settings)
        self._writer = Writer(path, self.session, trouble)
        self._rows = DerivedRows(self._writer.session_id, self._writer.first_agent, self._writer.first_transfer)
        self._listener = listener
        self._judged = TODAYS  # by which rules all was judged; empty once something was not
        self._next = self._writer.next_exchange
        self._tick = 0
        self._open: dict[int, Exchange] = {}
        self._incoming: dict[int, list[Incoming]] = {}

    @property
    def failure(self) -> str | None:
        """What was lost, if anything was."""
        return self._writer.failure

    @property
    def redactor(self) -> Redactor:
        """Takes the secrets out: for what must not be `incoming` before they are."""
        return self._redactor

    def commit(self) -> None:
        """All that was told until now is on disk when this returns, or known to be lost (then there is a `failure`)."""
        self._writer.commit()

    def rest(self) -> bool:
        """To be called now and then: writes what nobody waits for. Whether there is more to do soon."""
        return self._writer.rest()

    def number(self) -> int:
        """The number of the next exchange."""
        self._next += 1
        return self._next - 1

    def opened(self, number: int, connection: str, begun: Instant, request: Request) -> None:
        """A request whose body streams begins. It is no event before it is `started`."""
        exchange = self._open[number] = Exchange(number, connection, begun, self._redactor.request(request))
        self._writer.put(Opened(exchange))

    def incoming(
        self,
        number: int,
        half: Half,
        position: int | None = None,
        kept: bool = True,
        *,
        coding: str = "",
        part: Part | None = None,
    ) -> Incoming:
        """A body of an exchange that was `opened`, or `started`, begins to stream; or that of the part at `position`,
        of which `part` has what is known. If it is not `kept`, it is only hashed. `coding` is the Body's.
        """
        incoming = Incoming(Place(number, half, position, part), kept, coding, self._writer.streams)
        self._incoming.setdefault(number, []).append(incoming)
        return incoming

    def answering(self, number: int, answered: Instant, response: Response) -> None:
        """A response whose body streams begins."""
        exchange = self._open[number]
        response = self._redactor.response(response, exchange.request)
        self._writer.put(Answering(replace(exchange, answered=answered, response=response)))

    def started(self, number: int, connection: str, begun: Instant, request: Request, truncated: str = "") -> None:
        """A request is complete.

        `truncated` says why its body is not what crossed the wire, if it can be said better than from the body.
        """
        said = said_of("request", request.body, request.parts, self._incoming.get(number, ()), truncated)
        request = self._redactor.request(request)
        said += self._redactor.lost()
        exchange = self._open[number] = Exchange(number, connection, begun, request, truncated=said)
        self._feed(Started(self._count(), exchange))

    def completed(
        self,
        number: int,
        answered: Instant | None,
        response: Response | None,
        error: str | None,
        truncated: str = "",
        *,
        done: Instant | None = None,
    ) -> None:
        """The exchange ended now (or was `done` a little ago), with a response or an error or both. As `started`."""
        exchange, bodies = self._open.pop(number), self._incoming.pop(number, ())
        said = said_of("response", response.body, (), bodies, truncated) if response else ()
        response = response and self._redactor.response(response, exchange.request)
        exchange = replace(
            exchange,
            answered=answered,
            done=done or now(),
            response=response,
            error=error and self._redactor.error(error),
            truncated=exchange.truncated + said + self._redactor.lost(),
        )
        self._feed(Completed(self._count(), exchange))

    def frame(self, number: int, direction: Side, opcode: int, content: bytes, *, sent: Instant | None = None) -> None:
        """A frame on the WebSocket that the exchange opened, `sent` now or a little ago."""
        if opcode == TEXT:
            content = self._redactor.text(content, "")
        elif opcode == CLOSE:  # two bytes of code, then a reason for people (RFC 6455 section 5.5.1)
            content = content[:2] + self._redactor.text(content[2:], "")
        self._writer.put(Frame(self._count(), number, sent or now(), direction, opcode, Body.of(content)))

    def origins(self, origins: Sequence[str]) -> None:
        """Under which addresses the servers are known by now."""
        self._writer.origins(origins)

    def abandon(self, why: str, *, ended: Instant | None = None) -> None:
        """Ends a session of which nobody knows any more what it lacks; what came of it is kept. Else as `close`."""
        self._writer.failure = self._writer.failure or why
        self.close(ended=ended)

    def close(self, *, ended: Instant | None = None) -> None:
        """Ends the session; exchanges that are still under way stay unfinished in it."""
        ended = ended or now()
        try:
            self._keep(self._analyst.close(ended))
        except Exception:  # as in _feed
            self._judged = ""
            logger.exception("the session is recorded, but could not be judged to its end: please report this")
        self._writer.close(ended, self._judged)

    def _feed(self, event: Event) -> None:
        self._writer.put(event)
        try:
            derived = self._analyst.feed(event)
            self._keep(derived)
        except Exception:  # a mistake of ours must cost neither the traffic nor the facts, which are kept already
            self._judged = ""
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


def _versions() -> dict[str, str]:
    return {"gws-inspector": __version__, "mitmproxy": version("mitmproxy"), "python": platform.python_version()}
