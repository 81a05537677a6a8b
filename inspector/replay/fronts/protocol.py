"""HTTP/1.1 for a stub: what can be answered at once is answered right here, in one write, without an ASGI cycle.

uvicorn's own protocol stays in charge of the connection, and of every request that is not as simple: long polls and
whatever else waits, large bodies either way, `Expect: 100-continue`, a request behind one that is still being
answered, a client that does not read what it gets.

    head complete  ->  gathering  ->  app.begin  ->  Served: written and handed over
         |                 |              |
         v                 v              v
    uvicorn's ordinary way: the ASGI app, with what `begin` gave in its scope

What a client sends as the head of one request it sends with the next: a head that came in one piece with its whole body
is parsed once.
"""

from asyncio import TimerHandle
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol, cast, runtime_checkable

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from inspector.replay.fronts.server import BEGUN, HANG_UP, Begun, Scope, asked, with_body
from inspector.replay.stub import Served
from inspector.traffic.exchange import Request

SHORT = 64 * 1024
"""Bytes of a body, asked or answered, that take the short cut: what is larger wants flow control."""

_HEADS = 1024
_LONGEST_HEAD = 8 * 1024
"""Heads that are remembered, and bytes that one may have for that."""

_END_OF_HEAD = b"\r\n\r\n"
_LAST = b"connection: close\r\n\r\n"


@runtime_checkable
class Prompt(Protocol):
    """An ASGI app that has most of its answers at once. What is not, it is given again, as BEGUN in the scope."""

    def begin(self, request: Request) -> Begun:
        """The answer, or what has to be awaited for it. Raises nothing."""

    def handed_over(self, served: Served) -> None:
        """The answer has been written. Raises nothing."""


@dataclass(frozen=True, slots=True)
class _Head:
    """A head that was parsed before: what it asks (without a body), how many bytes of body follow."""

    request: Request
    length: int
    keep_alive: bool


class StubProtocol(HttpToolsProtocol):
    """One connection of a client to a `Prompt` app."""

    def __init__(self, config: Config, server_state: ServerState, app_state: dict[str, Any], **options: Any) -> None:
        super().__init__(config, server_state, app_state, **options)
        self._prompt: Prompt = config.app  # type: ignore[assignment]  # `listening` has looked
        self._at_rest = True
        self._deaf = False
        self._gathered: bytes | None = None
        self._begun: Begun | None = None
        self._whole: _Head | None = None
        self._idle_since = 0.0
        self._watch: TimerHandle | None = None
        self._cycles: list[RequestResponseCycle] = []

    # what asyncio calls

    def data_received(self, data: bytes) -> None:
        if not self._at_rest:
            super().data_received(data)
            return
        end = data.find(_END_OF_HEAD) + len(_END_OF_HEAD)
        head = _known.get((self.scheme, data[:end]))
        if head is not None and len(data) - end == head.length and self._is_free():
            request = with_body(head.request, data[end:]) if head.length else head.request
            if self.timeout_keep_alive_task is not None:
                self._unset_keepalive_if_required()
            self._begun = self._prompt.begin(request)
            if self._shortly(self._begun, request.method, head.keep_alive):
                return
        self._whole = None
        super().data_received(data)
        if self._whole is not None and self._at_rest and len(data) - end == self._whole.length:
            _remember((self.scheme, data[:end]), self._whole)

    def connection_lost(self, exc: Exception | None) -> None:
        self._gathered = None
        if self._watch is not None:
            self._watch.cancel()
        super().connection_lost(exc)
        for cycle in self._cycles:  # uvicorn tells the last one, but it may be an earlier one that runs
            cycle.disconnected = True
            cycle.message_event.set()

    # what uvicorn's server calls

    def shutdown(self) -> None:
        if self._gathered is not None:  # it may still become whole, and is answered then
            self._ordinarily()
        super().shutdown()

    # what the parser calls

    def on_message_begin(self) -> None:
        self._at_rest = False
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def on_headers_complete(self) -> None:
        self._deaf = self.transport.is_closing()  # this request came behind the last one of the connection
        if self._deaf:
            return
        if self._is_free() and not self.expect_100_continue:
            self._gathered = b""
        else:
            self._ordinarily()

    def on_body(self, body: bytes) -> None:
        if self._deaf:
            return
        if self._gathered is None:
            super().on_body(body)
            return
        self._gathered += body
        if len(self._gathered) > SHORT:
            self._ordinarily()

    def on_message_complete(self) -> None:
        self._at_rest = True
        if self._deaf:
            return
        if self._gathered is not None and not self._answered(self._gathered):
            self._ordinarily()
        if self._gathered is None:
            super().on_message_complete()
        self._gathered = None

    # the two ways

    def _is_free(self) -> bool:
        """Whether an answer may be written now: no other is on its way, and the client reads."""
        cycle = self.cycle
        return (
            (cycle is None or cycle.response_complete)
            and not self.flow.write_paused
            and not self.transport.is_closing()
        )

    def _answered(self, body: bytes) -> bool:
        """Asks for the answer to the request that the parser has seen, and gives it; False if that takes longer."""
        if self._begun is not None:  # it was asked for already
            return False
        method, version = self.parser.get_method().decode("ascii"), self.parser.get_http_version()
        url = httptools.parse_url(self.url)
        request = asked(method, self.scheme or "", url.path, url.query or b"", version, tuple(self.headers), body)
        keep_alive = version != "1.0" and self.parser.should_keep_alive()
        self._begun = self._prompt.begin(request)
        if not self._shortly(self._begun, method, keep_alive):
            return False
        self._whole = _Head(request, len(body), keep_alive)
        return True

    def _shortly(self, begun: Begun, method: str, keep_alive: bool) -> bool:
        """Gives the answer, head and body at once; False if it has to be waited for, or is large."""
        if not isinstance(begun, Served) or begun.answer.length > SHORT:
            return False
        self._begun = None
        body = b"" if method == "HEAD" else begun.answer.body
        if begun.cut is not None:
            body, keep_alive = body[: begun.cut], False
        self.transport.write(begun.answer.head + (b"\r\n" if keep_alive else _LAST) + body)
        if not keep_alive:
            self.transport.close()
        self._prompt.handed_over(begun)
        self.server_state.total_requests += 1
        self._idle_since = self.loop.time()
        if self._watch is None:
            self._watch = self.loop.call_later(self.timeout_keep_alive, self._look_for_idleness)
        return True

    def _ordinarily(self) -> None:
        """The request under way goes on as uvicorn would have it; what of its body was gathered goes with it."""
        url, headers, expects, body = self.url, self.headers, self.expect_100_continue, self._gathered
        self._gathered = None
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers += headers  # the list that the scope has
        super().on_headers_complete()
        scope = cast(Scope, self.scope)
        if self._begun is not None:
            scope[BEGUN], self._begun = self._begun, None
        scope[HANG_UP] = partial(self._hang_up, self.cycle)
        self._cycles = [cycle for cycle in self._cycles if not cycle.response_complete] + [self.cycle]
        if body:
            super().on_body(body)

    def _look_for_idleness(self) -> None:
        """Ends a connection that nobody uses: one timer for many requests, where uvicorn has one for each."""
        self._watch = None
        uvicorns = self.timeout_keep_alive_task is not None or (self.cycle and not self.cycle.response_complete)
        if uvicorns or not self._at_rest:
            return
        rest = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if rest > 0:
            self._watch = self.loop.call_later(rest, self._look_for_idleness)
        else:
            self.timeout_keep_alive_handler()

    def _hang_up(self, cycle: RequestResponseCycle) -> None:
        """Ends the connection in the middle of an answer, and means it."""
        cycle.disconnected = True
        self.transport.close()


_known: dict[tuple[str | None, bytes], _Head] = {}


def _remember(key: tuple[str | None, bytes], head: _Head) -> None:
    if len(key[1]) <= _LONGEST_HEAD:
        if len(_known) >= _HEADS:
            _known.clear()
        _known[key] = replace(head, request=with_body(head.request, b""))
