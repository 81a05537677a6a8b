"""A stub that remembers what crossed between it and its clients, as events like those of a recording."""

import threading
import time
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from inspector.replay.answers.legal import Answer
from inspector.replay.stub import Served, Stub
from inspector.traffic.body import Body
from inspector.traffic.exchange import Completed, Event, Exchange, Instant, Request, Response, Started
from inspector.traffic.headers import Headers

_LEFT = "the client has left"


@dataclass(slots=True, eq=False)
class _Asked:
    """A request, and once it is over (`done`) its answer, or None if its client did not wait for it."""

    number: int
    begun: Instant
    request: Request
    done: Instant | None = None
    answer: Answer | None = None

    def exchange(self) -> Exchange:
        """As a recording would hold it, once it is over."""
        response = _response(self.answer) if self.answer else None
        error = None if response else _LEFT
        return Exchange(self.number, "", self.begun, self.request, self.done, self.done, response, error)


class Overhearing(Stub):
    """Made as any Stub. Costs a request two entries in a list: what they mean is worked out by who asks."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.changed = threading.Condition()
        """Notified whenever an exchange has ended."""
        self._heard: list[_Asked | tuple[_Asked]] = []
        self._waiting: dict[int, _Asked] = {}
        self._numbers = 0

    def begin(self, request: Request) -> Served | Coroutine[Any, Any, Served]:
        self._numbers += 1
        asked = _Asked(self._numbers, _now(), request)
        self._heard.append(asked)
        begun = super().begin(request)
        if isinstance(begun, Served):
            self._waiting[id(begun)] = asked
            return begun
        return self._later(begun, asked)

    def handed_over(self, served: Served) -> None:
        if asked := self._waiting.pop(id(served), None):  # none if the stub itself has failed
            self._over(asked, served.answer)  # before what it brings about is told
        super().handed_over(served)

    def put_back(self, served: Served) -> None:
        if asked := self._waiting.pop(id(served), None):
            self._over(asked, None)
        super().put_back(served)

    def heard(self) -> Sequence[Event]:
        """All events until now, in their order."""
        return list(_events(self._heard.copy()))

    @property
    def count(self) -> int:
        """How many events there are."""
        return len(self._heard)

    async def _later(self, begun: Coroutine[Any, Any, Served], asked: _Asked) -> Served:
        try:
            served = await begun
        except BaseException:  # its client has left
            self._over(asked, None)
            raise
        self._waiting[id(served)] = asked
        return served

    def _over(self, asked: _Asked, answer: Answer | None) -> None:
        asked.done, asked.answer = _now(), answer
        self._heard.append((asked,))
        with self.changed:
            self.changed.notify_all()


def _events(heard: Sequence[_Asked | tuple[_Asked]]) -> Iterator[Event]:
    for tick, one in enumerate(heard, 1):
        if isinstance(one, tuple):
            yield Completed(tick, one[0].exchange())
        else:
            yield Started(tick, Exchange(one.number, "", one.begun, one.request))


def _response(answer: Answer) -> Response:
    headers = Headers.of(answer.headers)
    return Response(answer.status, answer.reason, headers, answer.stream or Body.of(answer.body, headers.coding))


def _now() -> Instant:
    return Instant(time.monotonic_ns() // 1000, time.time_ns() // 1000)
