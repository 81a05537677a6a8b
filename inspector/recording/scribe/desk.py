"""The scribe's end: does what the proxy says, message by message, and tells what became of it."""

import asyncio
import logging
import queue
import socket
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from inspector.analysis.analyst import Derived
from inspector.analysis.calls import Call
from inspector.errors import InspectorError
from inspector.recording.backlog import Commit
from inspector.recording.recorder import Recorder
from inspector.recording.scribe.bodies import Bodies, when_all
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
        self._commits: dict[Commit, list[int]] = {}
        self._told: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._is_ending = False
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
                self._bodies.write(body, content, self._line.pause, self._resume)
            except Exception:
                self._mistaken("a body that streams could not be taken down")
            return
        for name, asked, *what in content:
            self._do(name, asked, what)
        if self._recorder and (room := self._recorder.room()):
            self._line.pause()
            room.add_done_callback(lambda _: self._resume())

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
            self._from_elsewhere("trouble", self._lacks)

    def _resume(self) -> None:
        self._loop.call_soon_threadsafe(self._line.resume)

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
                trouble=partial(self._from_elsewhere, "trouble"),
                process=start.proxy,
            )
        except InspectorError as error:
            self._line.say(("refused", type(error).__name__, str(error)))
        except Exception as error:
            self._line.say(("broken", f"{type(error).__name__}: {error}"))
        else:
            self._line.say(("begun", self._recorder.session, self._recorder.number()))
            logger.addHandler(_Forward(self._from_elsewhere))

    def do_opened(self, number: int, connection: str, begun: Pair, request: Asked) -> None:
        self.recorder.opened(number, connection, Instant(*begun), _request(request))

    def do_body(self, number: int, half: Half, body: int, plan: Plan) -> None:
        open_ = partial(self.recorder.incoming, number, half)
        self._bodies.begin(body, number, lambda: taking(plan, open_, self.recorder.redactor))

    def do_over(self, asked: int, body: int, cut: bool) -> None:
        tell = partial(self._line.say, ("done", [asked]))
        when_all(self._bodies.over(body, cut), tell, self._loop.call_soon_threadsafe)

    def do_listen(self) -> None:
        self._is_heard = True

    def do_started(self, number: int, connection: str, begun: Pair, request: Asked, body: int, truncated: str) -> None:
        whole, taken = _request(request), self._bodies.taken(body)
        if taken:
            whole, truncated = replace(whole, body=taken.body, parts=taken.parts), taken.why
        self.recorder.started(number, connection, Instant(*begun), whole, truncated)

    def do_answering(self, asked: int, number: int, answered: Pair, response: Answer) -> None:
        self._after(asked, self.recorder.answering(number, Instant(*answered), _response(response)))

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
        self._after(asked, self.recorder.completed(number, instant, whole, error, truncated, done=Instant(*done)))

    def do_frame(self, asked: int, number: int, direction: Side, opcode: int, content: bytes, sent: Pair) -> None:
        self._after(asked, self.recorder.frame(number, direction, opcode, content, sent=Instant(*sent)))

    def do_heard(self, asked: int) -> None:
        self._line.say(("done", [asked]))

    def do_close(self, origins: list[str], ended: Pair) -> None:
        self._leave_loop()
        if self._lacks:
            self.recorder.abandon(self._lacks, origins, ended=Instant(*ended))
        else:
            self.recorder.close(origins, ended=Instant(*ended))
        self._leave([("closed",)])

    def _alone(self) -> None:
        """The proxy was killed: what it has told us is kept."""
        self._abandon("its recorder was killed")

    def _abandon(self, why: str) -> None:
        self._leave_loop()
        try:
            if self._recorder:
                self._recorder.abandon(why)
        finally:
            self._leave()

    def _leave_loop(self) -> None:
        """From now on the loop has no turns, and what has to be told is told at once."""
        self._line.leave_loop()
        self._is_ending = True
        self._pass_on()

    def _leave(self, last: Sequence[Message] = ()) -> None:
        self._line.hang_up(last)
        if not self.over.done():
            self.over.set_result(None)

    def _after(self, asked: int, commit: Commit) -> None:
        """Those who wait for one commit are told together."""
        waiting = self._commits.get(commit)
        if waiting is None:
            waiting = self._commits[commit] = []
            commit.add_done_callback(lambda _: self._loop.call_soon_threadsafe(self._committed, commit))
        waiting.append(asked)

    def _committed(self, commit: Commit) -> None:
        self._line.say(("done", self._commits.pop(commit)))

    def _meant(self, _: object, derived: Sequence[Derived]) -> None:
        if derived and self._is_heard:
            self._line.say(("meant", [_light(thing) for thing in derived]))

    def _from_elsewhere(self, *message: object) -> None:
        """Tells something from any thread, in order."""
        self._told.put(message)
        if self._is_ending:
            self._pass_on()  # there are no turns of the loop any more
        else:
            self._loop.call_soon_threadsafe(self._pass_on)

    def _pass_on(self) -> None:
        with suppress(queue.Empty):
            while True:
                message = self._told.get_nowait()
                (self._line.say_now if self._is_ending else self._line.say)(message)


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
