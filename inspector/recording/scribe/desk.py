"""The scribe's end: does what the proxy says, message by message, and tells what became of it."""

import asyncio
import logging
import signal
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import wait
from dataclasses import replace
from functools import partial
from typing import Any

from inspector.analysis.analyst import Derived
from inspector.analysis.calls import Call
from inspector.errors import InspectorError
from inspector.recording.backlog import Commit
from inspector.recording.recorder import Recorder
from inspector.recording.scribe.line import Line
from inspector.recording.scribe.scribe import Answer, Asked, Start
from inspector.recording.scribe.wire import Frames, Message
from inspector.recording.taking.choosing import taking
from inspector.recording.taking.plan import Plan
from inspector.recording.taking.taking import Taken, Taking
from inspector.traffic.exchange import Half, Instant, Request, Response, Side
from inspector.traffic.raw import request_from, response_from

_AHEAD = 4 * 1024 * 1024
"""Bytes of a body that may wait to be written; until they are, nothing more is heard."""

Pair = tuple[int, int]
"""An instant: `mono` and `at`."""


class Desk:
    """Works until the proxy has closed the session, or is gone."""

    def __init__(self, end: socket.socket) -> None:
        self._loop = asyncio.get_running_loop()
        self._line = Line(end, self._hear, self._alone, Frames())
        self._recorder: Recorder | None = None
        self._bodies: dict[int, Taking] = {}
        self._commits: dict[Commit, list[int]] = {}
        self.over = self._loop.create_future()

    @property
    def recorder(self) -> Recorder:
        assert self._recorder, "it starts with `start`"
        return self._recorder

    def _hear(self, body: int, content: Any) -> None:
        if body:
            self._bodies[body].write(content)
            if self._bodies[body].waiting > _AHEAD:
                self._line.pause()
                self._bodies[body].when_below(_AHEAD // 2, self._resume)
            return
        for name, *what in content:
            getattr(self, f"do_{name}")(*what)
        if self._recorder and (room := self._recorder.room()):
            self._line.pause()
            room.add_done_callback(lambda _: self._resume())

    def _resume(self) -> None:
        self._loop.call_soon_threadsafe(self._line.resume)

    def do_start(self, start: Start) -> None:
        try:
            self._recorder = Recorder(
                start.path,
                start.upstream,
                places=start.places,
                settings=start.settings,
                keep_secrets=start.keep_secrets,
                listener=self._meant if start.listens else lambda exchange, derived: None,
                trouble=partial(self._from_elsewhere, "trouble"),
                process=start.proxy,
            )
        except InspectorError as error:
            self._line.say(("refused", type(error).__name__, str(error)))
        else:
            logging.getLogger("inspector").addHandler(_Forward(self._from_elsewhere))
            self._line.say(("begun", self._recorder.session, self._recorder.number()))

    def do_opened(self, number: int, connection: str, begun: Pair, request: Asked) -> None:
        self.recorder.opened(number, connection, Instant(*begun), _request(request))

    def do_body(self, body: int, number: int, half: Half, plan: Plan) -> None:
        self._bodies[body] = taking(plan, partial(self.recorder.incoming, number, half), self.recorder.redactor)

    def do_over(self, asked: int, body: int, cut: bool) -> None:
        ended = self._bodies[body].over(cut)
        left = len(ended)

        def one_less(_: object) -> None:
            nonlocal left
            left -= 1
            if not left:
                self._line.say(("done", [asked]))

        for future in ended:
            future.add_done_callback(lambda done: self._loop.call_soon_threadsafe(one_less, done))

    def do_started(self, number: int, connection: str, begun: Pair, request: Asked, body: int, truncated: str) -> None:
        whole, taken = _request(request), self._taken(body)
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
        whole, taken = response and _response(response), self._taken(body)
        if whole and taken:
            whole, truncated = replace(whole, body=taken.body), taken.why
        instant = Instant(*answered) if answered else None
        self._after(asked, self.recorder.completed(number, instant, whole, error, truncated, done=Instant(*done)))

    def do_frame(self, asked: int, number: int, direction: Side, opcode: int, content: bytes, sent: Pair) -> None:
        self._after(asked, self.recorder.frame(number, direction, opcode, content, sent=Instant(*sent)))

    def do_heard(self, asked: int) -> None:
        self._line.say(("done", [asked]))

    def do_close(self, origins: list[str], ended: Pair) -> None:
        self.recorder.close(origins, ended=Instant(*ended))
        failure = self.recorder.failure
        self._leave([("trouble", failure)] if failure else [("done", [])])

    def _alone(self) -> None:
        """The proxy was killed: what it has told us is kept."""
        if self._recorder:
            self._recorder.abandon("its recorder was killed")
        self._leave()

    def _leave(self, last: Sequence[Message] = ()) -> None:
        self._line.hang_up(last=last)
        if not self.over.done():
            self.over.set_result(None)

    def _taken(self, body: int) -> Taken | None:
        if not body:
            return None
        one = self._bodies.pop(body)
        wait(one.over(cut=True))  # it is over, but where the proxy had no time to wait for that
        return one.taken()

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
        if derived:
            self._line.say(("meant", [_light(thing) for thing in derived]))

    def _from_elsewhere(self, *message: object) -> None:
        """Tells something from any thread."""
        self._loop.call_soon_threadsafe(self._line.say, message)


class _Forward(logging.Handler):
    """What we have to say, the proxy says: it knows who listens."""

    def __init__(self, tell: Callable[..., None]) -> None:
        super().__init__(logging.INFO)
        self._tell = tell
        self.setFormatter(logging.Formatter("%(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self._tell("log", record.levelno, self.format(record))


def work(descriptor: str) -> None:
    """Serves the proxy, which has the other end of the socket with this number."""

    async def serve() -> None:
        for number in (signal.SIGINT, signal.SIGTERM):  # for the proxy to act upon; a service manager tells us both
            signal.signal(number, signal.SIG_IGN)
        await Desk(socket.socket(fileno=int(descriptor))).over

    asyncio.run(serve())


def _light(thing: Derived) -> Derived:
    """Without what nobody needs who hears of it: the content of files, and of messages."""
    return replace(thing, body=None, file=None) if isinstance(thing, Call) else thing


def _request(asked: Asked) -> Request:
    return asked if isinstance(asked, Request) else request_from(asked)


def _response(answer: Answer) -> Response:
    return answer if isinstance(answer, Response) else response_from(answer)
