"""The scribe's end: does what the proxy says, message by message, and tells what became of it."""

import asyncio
import gc
import logging
import socket
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from inspector.analysis.analyst import Derived
from inspector.analysis.calls import Call
from inspector.errors import InspectorError
from inspector.recording.recorder import Recorder
from inspector.recording.scribe.bodies import Bodies
from inspector.recording.scribe.line import Line
from inspector.recording.scribe.scribe import Answer, Asked
from inspector.recording.scribe.starting import Start
from inspector.recording.scribe.wire import Frames, Message
from inspector.recording.taking.choosing import taking
from inspector.recording.taking.plan import Plan
from inspector.traffic.exchange import Half, Instant, Request, Response, Side
from inspector.traffic.raw import request_from, response_from

logger = logging.getLogger("inspector")

Pair = tuple[int, int]
"""An instant: `mono` and `at`."""

_TOGETHER = 4
"""Exchanges of one commit: of more the first would wait for the last, and so would the proxy (a fifth fewer of them a
second where 16 connections are busy, measured).
"""

_REST_S = 0.05
"""Seconds until what nobody waits for is written."""

_OF_EXCHANGES = frozenset(("opened", "body", "started", "answering", "completed", "frame"))
"""Messages that begin with the number of an exchange."""


class Desk:
    """Works until the proxy has closed the session, or is gone.

    A message that cannot be dealt with is a mistake of ours. It costs its exchange, of which nothing more is heard, and
    the session is incomplete; the proxy is told, nobody waits, and all else goes on.
    """

    def __init__(self, end: socket.socket) -> None:
        self._loop = asyncio.get_running_loop()
        self._line = Line(end, self._hear, self._alone, Frames())
        self._recorder: Recorder | None = None
        self._bodies = Bodies()
        self._waiting: list[int] = []
        """The messages of which the proxy wants to know when they are on disk."""
        self._rests: asyncio.TimerHandle | None = None
        self._lacks = ""
        self._is_heard = False
        self._lost: set[int] = set()
        self.over = self._loop.create_future()

    @property
    def recorder(self) -> Recorder:
        assert self._recorder, "it starts with `start`"
        return self._recorder

    def _hear(self, body: int, content: Any) -> None:
        if body:
            try:
                self._bodies.write(body, content)
            except Exception:
                self._mistaken("a body that streams could not be taken down")
        else:
            for name, asked, *what in content:
                self._do(name, asked, what)
                if len(self._waiting) >= _TOGETHER:
                    self._commit()
            if self._waiting:
                self._commit()
        if self._rests is None and self._recorder and not self._line.is_over:
            self._rests = self._loop.call_later(_REST_S, self._rest)

    def _commit(self) -> None:
        waiting, self._waiting = self._waiting, []
        try:
            self.recorder.commit()
        except Exception:
            self._mistaken("what was to be written is lost")
        self._tell("done", waiting)

    def _rest(self) -> None:
        self._rests = None
        try:
            more = not self._line.is_over and self.recorder.rest()
        except Exception:
            self._mistaken("what was to be written is lost")
            return
        if more:
            self._rests = self._loop.call_later(_REST_S, self._rest)

    def _do(self, name: str, asked: int, what: Sequence[Any]) -> None:
        exchange = what[0] if name in _OF_EXCHANGES else 0
        try:
            if exchange not in self._lost:
                getattr(self, f"do_{name}")(*((asked,) if asked else ()), *what)
                return
        except Exception:
            if exchange:
                self._lost.add(exchange)
            self._mistaken(f"exchange {exchange} is lost" if exchange else f"what the proxy said ({name}) is lost")
            if name == "close":
                self._abandon(self._lacks)
        if asked:
            self._line.say(("done", [asked]))

    def _mistaken(self, what: str) -> None:
        logger.exception("%s: please report this", what)
        if not self._lacks:
            self._lacks = f"{what}, by a mistake of ours: please report it"
            self._tell("trouble", self._lacks)

    def do_start(self, start: Start) -> None:
        self._is_heard = start.listens
        try:
            self._recorder = Recorder(
                start.path,
                start.upstream,
                places=start.places,
                settings=start.settings,
                keep_secrets=start.keep_secrets,
                listener=self._meant,
                trouble=partial(self._tell, "trouble"),
                process=start.proxy,
                name=start.name,
            )
        except InspectorError as error:
            self._line.say(("refused", type(error).__name__, str(error)))
        except Exception as error:
            self._line.say(("broken", f"{type(error).__name__}: {error}"))
        else:
            self._line.say(("begun", self._recorder.session, self._recorder.number()))
            logger.addHandler(_Forward(self._tell))
            gc.freeze()  # what is there stays: looking through it for garbage would hold up whoever waits

    def do_opened(self, number: int, connection: str, begun: Pair, request: Asked) -> None:
        self.recorder.opened(number, connection, Instant(*begun), _request(request))

    def do_body(self, number: int, half: Half, body: int, plan: Plan) -> None:
        open_ = partial(self.recorder.incoming, number, half)
        self._bodies.begin(body, number, lambda: taking(plan, open_, self.recorder.redactor))

    def do_over(self, asked: int, body: int, cut: bool) -> None:
        self._bodies.over(body, cut)
        self._line.say(("done", [asked]))

    def do_listen(self) -> None:
        self._is_heard = True

    def do_started(self, number: int, connection: str, begun: Pair, request: Asked, body: int, truncated: str) -> None:
        whole, taken = _request(request), self._bodies.taken(body)
        if taken:
            whole, truncated = replace(whole, body=taken.body, parts=taken.parts), taken.why
        self.recorder.started(number, connection, Instant(*begun), whole, truncated)

    def do_answering(self, asked: int, number: int, answered: Pair, response: Answer) -> None:
        self.recorder.answering(number, Instant(*answered), _response(response))
        self._waiting.append(asked)

    def do_completed(
        self,
        asked: int,
        number: int,
        answered: Pair | None,
        response: Answer | None,
        error: str | None,
        body: int,
        truncated: str,
        done: Pair,
    ) -> None:
        whole, taken = response and _response(response), self._bodies.taken(body)
        self._bodies.forget(number)
        if whole and taken:
            whole, truncated = replace(whole, body=taken.body), taken.why
        instant = Instant(*answered) if answered else None
        self.recorder.completed(number, instant, whole, error, truncated, done=Instant(*done))
        self._waiting.append(asked)

    def do_frame(self, asked: int, number: int, direction: Side, opcode: int, content: bytes, sent: Pair) -> None:
        self.recorder.frame(number, direction, opcode, content, sent=Instant(*sent))
        self._waiting.append(asked)

    def do_heard(self, asked: int) -> None:
        self._line.say(("done", [asked]))

    def do_origins(self, origins: list[str]) -> None:
        self.recorder.origins(origins)

    def do_close(self, ended: Pair) -> None:
        self._line.leave_loop()
        if self._lacks:
            self.recorder.abandon(self._lacks, ended=Instant(*ended))
        else:
            self.recorder.close(ended=Instant(*ended))
        self._leave([("closed",)])

    def _alone(self) -> None:
        """The proxy was killed: what it has told us is kept."""
        self._abandon("its recorder was killed")

    def _abandon(self, why: str) -> None:
        self._line.leave_loop()
        try:
            if self._recorder:
                self._recorder.abandon(why)
        finally:
            self._leave()

    def _leave(self, last: Sequence[Message] = ()) -> None:
        self._line.hang_up(last)
        if not self.over.done():
            self.over.set_result(None)

    def _meant(self, _: object, derived: Sequence[Derived]) -> None:
        if derived and self._is_heard:
            self._line.say(("meant", [_light(thing) for thing in derived]))

    def _tell(self, *message: object) -> None:
        """Says something at once: what comes next may wait for the disk."""
        self._line.say(message)
        self._line.flush()


class _Forward(logging.Handler):
    """What we have to say, the proxy says: it knows who listens. Of an error first where it came from, line by line,
    and last what it means.
    """

    def __init__(self, tell: Callable[..., None]) -> None:
        super().__init__(logging.INFO)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        trace = "".join(traceback.format_exception(record.exc_info[1])) if record.exc_info else ""
        for line in (*trace.splitlines(), record.getMessage()):
            self._tell("log", record.levelno, line)


def work(end: socket.socket) -> None:
    """Serves the proxy, which has the other end."""

    async def serve() -> None:
        await Desk(end).over

    asyncio.run(serve())


def _light(thing: Derived) -> Derived:
    """Without what nobody needs who hears of it: the content of files, and of messages."""
    return replace(thing, body=None, file=None) if isinstance(thing, Call) else thing


def _request(asked: Asked) -> Request:
    return asked if isinstance(asked, Request) else request_from(asked)


def _response(answer: Answer) -> Response:
    return answer if isinstance(answer, Response) else response_from(answer)
