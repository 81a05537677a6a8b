"""The proxy's end: asked like a Recorder, it hands everything over as it came, and tells when it is on disk."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from inspector.analysis.analyst import AnalysisSettings, Derived
from inspector.recording.giving_up import give_up
from inspector.recording.process import this_process
from inspector.recording.recorder import now
from inspector.recording.scribe.line import Line
from inspector.recording.scribe.starting import Start, ended, started
from inspector.recording.scribe.wire import Message
from inspector.recording.taking.plan import Plan
from inspector.traffic.exchange import Half, Instant, Request, Response, Side
from inspector.traffic.raw import RawRequest, RawResponse
from inspector.traffic.redaction import Places

logger = logging.getLogger("inspector")

_FULL = 16 * 1024 * 1024
"""Bytes on their way to the scribe from which on nothing new is begun: it has enough to do, or its disk has."""


Asked = RawRequest | Request
Answer = RawResponse | Response
"""What is not raw was changed on its way."""


class Scribe:
    """One session's recorder in a process of its own. Belongs to the loop in which it is made.

    `listener` hears what the traffic means, if it `listens`; `trouble` is called once if anything is lost, with what
    went wrong; `log` gets what else the scribe has to tell, and how grave it is (levels of `logging`). Raises what a
    Recorder raises.
    """

    def __init__(
        self,
        path: Path,
        upstream: str,
        *,
        places: Places,
        settings: AnalysisSettings,
        keep_secrets: bool = False,
        name: str = "",
        listener: Callable[[Sequence[Derived]], None] = lambda derived: None,
        listens: bool = True,
        trouble: Callable[[str], None] = lambda what: None,
        log: Callable[[int, str], None] = lambda level, text: None,
    ) -> None:
        self.path = path
        self.failure: str | None = None
        """What was lost, if anything was."""
        self._listener, self._trouble, self._log = listener, trouble, log
        self._loop = asyncio.get_running_loop()
        begun = started(Start(path, upstream, places, settings, keep_secrets, listens, this_process(), name))
        self.session, self._next, self._process = begun.session, begun.first, begun.process
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._asked = self._bodies = 0
        self._line = Line(begun.end, self._hear, self._lost, begun.frames)
        self.is_gone = False
        """Whether its process has ended without having been told to."""
        self._is_closed = self._is_ended = False

    def room(self) -> Awaitable[None] | None:
        """None if there is room for another exchange; else done when there is. Those that have begun need not ask."""
        if self._line.unsent < _FULL:
            return None
        room: asyncio.Future[None] = self._loop.create_future()
        self._line.when_below(_FULL // 2, partial(_tell, room))
        return room

    def number(self) -> int:
        """The number of the next exchange."""
        self._next += 1
        return self._next - 1

    def opened(self, number: int, connection: str, begun: Instant, request: Asked) -> None:
        """A request whose body streams begins: its row, without the body, is part of the next commit."""
        self._say("opened", number, connection, _pair(begun), request)

    def body(self, number: int, half: Half, plan: Plan) -> "Outgoing":
        """A body of an exchange that was `opened`, or `started`, begins to stream."""
        self._bodies += 1
        self._say("body", number, half, self._bodies, plan)
        return Outgoing(self, self._line, self._bodies)

    def started(
        self, number: int, connection: str, begun: Instant, request: Asked, body: int = 0, truncated: str = ""
    ) -> None:
        """A request is complete; its body is that of the number `body`, if that was one that streamed.

        `truncated` says why its body is not what crossed the wire, if that is known.
        """
        self._say("started", number, connection, _pair(begun), request, body, truncated)

    def answering(self, number: int, answered: Instant, response: Answer) -> Awaitable[None]:
        """A response whose body streams begins; done when its head is on disk."""
        return self.ask("answering", number, _pair(answered), response)

    def completed(
        self,
        number: int,
        answered: Instant | None,
        response: Answer | None,
        error: str | None,
        body: int = 0,
        truncated: str = "",
    ) -> Awaitable[None]:
        """The exchange ended now, with a response or an error or both; done when that is on disk. Else as `started`."""
        pair = _pair(answered) if answered else None
        return self.ask("completed", number, pair, response, error, body, truncated, _pair(now()))

    def frame(self, number: int, direction: Side, opcode: int, content: bytes) -> Awaitable[None]:
        """A frame on the WebSocket that the exchange opened, sent now; done when it is on disk."""
        return self.ask("frame", number, direction, opcode, content, _pair(now()))

    def listen(self) -> None:
        """From now on the listener wants to hear."""
        self._say("listen")

    def heard(self) -> Awaitable[None]:
        """Done when the listener has heard what all until now means."""
        return self.ask("heard")

    def ask(self, name: str, *what: object) -> Awaitable[None]:
        """Done when the scribe has done that, or knows that it cannot (then it is told as `trouble`); at once, if there
        is no scribe any more.
        """
        future: asyncio.Future[None] = self._loop.create_future()
        if self._line.is_over:
            future.set_result(None)
            return future
        self._asked += 1
        self._waiting[self._asked] = future
        self._line.say((name, self._asked, *what))
        return future

    def origins(self, origins: Sequence[str]) -> None:
        """Under which addresses the servers are known by now."""
        self._say("origins", list(origins))

    def close(self) -> None:
        """Ends the session; exchanges that are still under way stay unfinished in it. Blocks until that is done."""
        if self._is_closed:
            return
        self._is_closed = True
        if not self.is_gone:
            self._say("close", _pair(now()))
            self._line.finish()
            code = ended(self._process)
            if not self._is_ended:
                self._lost(code)
        if self.is_gone:
            give_up(self.path, self.session.uuid, self.failure or "")
        self._settle()

    def _say(self, name: str, *what: object) -> None:
        self._line.say((name, 0, *what))

    def _hear(self, body: int, messages: list[Message]) -> None:
        for message in messages:
            try:
                self._heard(*message)
            except Exception:  # of whoever listens: it must cost neither the traffic nor what is said behind it
                logger.exception(
                    "what the scribe has told (%s) could not be dealt with: please report this", message[0]
                )

    def _heard(self, name: str, *what: Any) -> None:
        match name:
            case "done":
                self._done(*what)
            case "meant":
                self._listener(*what)
            case "trouble":
                self._fail(*what)
            case "log":
                self._log(*what)
            case "closed":
                self._is_ended = True

    def _done(self, asked: list[int]) -> None:
        for number in asked:
            future = self._waiting.pop(number, None)
            if future:
                _tell(future)

    def _lost(self, code: int | None = None) -> None:
        """The other process is gone, without having been told to go."""
        self.is_gone = True
        self._fail(f"the process that writes {self.path} {_told(ended(self._process) if code is None else code)}")
        self._settle()

    def _settle(self) -> None:
        """Nobody waits any more: what was not done will not be."""
        self._done(list(self._waiting))

    def _fail(self, what: str) -> None:
        if self.failure is None:
            self.failure = what
            self._trouble(what)


class Outgoing:
    """A body that streams, and goes to the scribe with each piece."""

    def __init__(self, scribe: Scribe, line: Line, number: int) -> None:
        self.number = number
        self._scribe, self._line = scribe, line
        self._over: Awaitable[None] | None = None

    def write(self, data: bytes) -> None:
        """The next bytes as they crossed the wire; never blocks."""
        if self._over is None:
            self._line.piece(self.number, data)

    @property
    def waiting(self) -> int:
        """Bytes that are on their way to the scribe; which takes no more than it can write."""
        return self._line.unsent

    def when_below(self, limit: int, call: Callable[[], None]) -> None:
        """Calls back once, as soon as no more than `limit` bytes wait."""
        self._line.when_below(limit, call)

    def over(self, *, cut: bool = False) -> Awaitable[None]:
        """No more will come (`cut`: there should have been more); done when all that came is on disk."""
        if self._over is None:
            self._over = self._scribe.ask("over", self.number, cut)
        return self._over


def _tell(future: "asyncio.Future[None]") -> None:
    if not future.done():  # whoever waited may have been cancelled
        future.set_result(None)


def _pair(instant: Instant) -> tuple[int, int]:
    return instant.mono, instant.at


def _told(code: int) -> str:
    """How a process ended, for people."""
    names = {-number: number.name for number in signal.Signals}
    return f"was ended by {names.get(code, f'signal {-code}')}" if code < 0 else f"has ended by itself ({code})"
