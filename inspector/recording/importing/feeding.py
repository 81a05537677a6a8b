"""A capture into a recording, event by event, as if it passed a recorder now: redacted, judged, kept."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from inspector.analysis.analyst import AnalysisSettings
from inspector.errors import NothingFound, RecordingIncomplete
from inspector.recording.importing.capture import Capture, frame_of
from inspector.recording.importing.order import FRAMED, STARTED, Happening
from inspector.recording.importing.told import Content, Told
from inspector.recording.recorder import Recorder
from inspector.recording.taking.choosing import taking
from inspector.recording.taking.plan import Keeping, Plan
from inspector.recording.taking.taking import Taken
from inspector.recording.understood import CHUNK, READ_LIMIT, is_read
from inspector.traffic.body import EMPTY, Body, Original
from inspector.traffic.exchange import Half, Instant, Request
from inspector.traffic.headers import Headers
from inspector.traffic.multipart import split
from inspector.traffic.redaction import Places

_EVENTS = 256
_BYTES = 4 * 1024 * 1024
"""How much waits for a commit, at the most: nobody else waits for it."""

_ORIGINS = 1000
"""Servers that a session names: pages of advertisements lead to more than anybody wants to know."""


def record(
    capture: Capture,
    path: Path,
    *,
    places: Places | None = None,
    settings: AnalysisSettings | None = None,
    keeping: Keeping | None = None,
    keep_secrets: bool = False,
    watch: Callable[[], None] = lambda: None,
) -> None:
    """Appends the capture to the recording at `path` as one session; `watch` is told of each event.

    If it is interrupted, the session is incomplete, and says so. Raises NothingFound if there is nothing to record (and
    then nothing is written), RecordingIncomplete if something could not be kept, and what Recorder raises.
    """
    first = next(capture.order.happenings(), None)
    if first is None:
        raise NothingFound("nothing in it is to be recorded: no request to /api/v2 (--also PATTERN takes others, too)")
    about = capture.about
    recorder = Recorder(
        path,
        about.upstream or _origin(capture.told(first.told).request),
        places=places,
        settings=settings,
        keep_secrets=keep_secrets,
        source=about.source,
        name=about.name,
        started=min(about.started, first.moment) if about.started and capture.order.has_ticks else first.moment,
        versions={"made by": about.made_by[:200]} if about.made_by else {},
    )
    feeding = Feeding(recorder, capture, keeping or Keeping())
    try:
        for happening in capture.order.happenings():
            feeding.feed(happening)
            watch()
        recorder.origins(about.origins or list(feeding.origins))
    except BaseException as error:
        recorder.abandon(f"its import was interrupted: {type(error).__name__}", ended=feeding.last)
        raise
    ended = about.ended if about.ended and capture.order.has_ticks else feeding.last
    recorder.close(ended=max(ended, feeding.last))
    if recorder.failure:
        raise RecordingIncomplete(recorder.failure)


class Feeding:
    """Feeds a recorder. `last` is when the last thing happened, `origins` are the servers that were asked."""

    def __init__(self, recorder: Recorder, capture: Capture, keeping: Keeping) -> None:
        self.origins: dict[str, None] = {}
        self._recorder = recorder
        self._capture = capture
        self._keeping = keeping
        self._numbers: dict[int, int] = {}
        self._sockets: dict[int, int] = {}
        self._events = self._bytes = 0
        self.last = recorder.session.started

    def feed(self, happening: Happening) -> None:
        """The next thing that happened."""
        self.last = max(self.last, happening.moment)
        if happening.what == FRAMED:
            self._framed(happening)
        else:
            told = self._capture.told(happening.told)
            if happening.what == STARTED:
                self._started(happening.told, replace(told, begun=happening.moment))
            else:
                self._completed(happening.told, told, happening.moment)
        self._events += 1
        if self._events >= _EVENTS or self._bytes >= _BYTES:
            self._events = self._bytes = 0
            self._recorder.commit()
            self._recorder.rest()

    def _framed(self, happening: Happening) -> None:
        frame = frame_of(self._capture.order, happening)
        self._bytes += len(frame.content)
        number = self._sockets[happening.told]
        self._recorder.frame(number, frame.direction, frame.opcode, frame.content, sent=frame.sent)

    def _started(self, told_number: int, told: Told) -> None:
        number = self._numbers[told_number] = self._recorder.number()
        if told.is_socket:
            self._sockets[told_number] = number
        request, content = told.request, told.sent
        if len(self.origins) < _ORIGINS:
            self.origins[_origin(request)] = None
        if self._is_held("request", request, request.headers, content):
            body = self._held(content)
            is_form = body.content and request.headers.media_type.startswith("multipart/") and not body.coding
            parts = split(body.content or b"", request.headers.get("content-type")) if is_form else ()
            taken = Taken(body, parts, content.why)
        else:
            self._recorder.opened(number, told.connection, told.begun, request)
            taken = self._streamed(number, "request", request, request.headers, content)
        request = replace(request, body=taken.body, parts=taken.parts)
        self._recorder.started(number, told.connection, told.begun, request, taken.why)

    def _completed(self, told_number: int, told: Told, done: Instant) -> None:
        number = self._numbers.pop(told_number)
        response, content, why = told.response, told.received, ""
        answered = told.answered and min(told.answered, done)
        if response and answered:
            if self._is_held("response", told.request, response.headers, content):
                taken = Taken(self._held(content), why=content.why)
            else:
                self._recorder.answering(number, answered, response)
                taken = self._streamed(number, "response", told.request, response.headers, content)
            response, why = replace(response, body=taken.body), taken.why
        self._recorder.completed(number, answered, response, told.error, why, done=done)

    def _is_held(self, half: Half, request: Request, headers: Headers, content: Content) -> bool:
        """Whether a recorder would have had the body in memory, too, or there is nothing to stream."""
        if content.digest or not content.size:
            return True
        limit = READ_LIMIT if is_read(half, request.method, request.path, headers.media_type) else CHUNK
        return content.size <= (limit if self._keeping.is_all else 0) or (
            limit == READ_LIMIT and content.size <= READ_LIMIT
        )

    def _held(self, content: Content) -> Body:
        self._bytes += content.size
        was = Original(*content.was) if content.was else None
        if content.digest:
            return Body(None, content.size, content.digest, content.coding, was)
        body = Body.of(b"".join(content.pieces()), content.coding) if content.size else EMPTY
        return replace(body, original=was) if was and body.size else body

    def _streamed(self, number: int, half: Half, request: Request, headers: Headers, content: Content) -> Taken:
        reads = is_read(half, request.method, request.path, headers.media_type)
        what = headers.media_type or "a body without a type"
        plan = Plan(
            headers.get("content-type"),
            content.coding,
            content.size,
            self._keeping,
            is_form=half == "request" and headers.media_type == "multipart/form-data" and not content.coding,
            is_events=half == "response" and headers.media_type == "text/event-stream",
            too_large=f"{what} of more than {READ_LIMIT} bytes" if reads else "",
        )
        taking_ = taking(plan, partial(self._recorder.incoming, number, half), self._recorder.redactor)
        for piece in content.pieces():
            taking_.write(piece)
        taking_.over(bool(content.why))
        taken = taking_.taken()
        body = replace(taken.body, original=Original(*content.was)) if content.was else taken.body
        return Taken(body, taken.parts, content.why or taken.why)


def _origin(request: Request) -> str:
    return f"{request.scheme}://{request.authority}".lower()
