"""Long polls that the server holds for longer than it said (Bayeux specification, advice: timeout)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import Any

from inspector.analysis.channel import CLIENTS, Message, messages_asked
from inspector.analysis.happenings import OfExchange
from inspector.analysis.recent import Recent
from inspector.analysis.watches.watch import Seen, Watch
from inspector.traffic import bayeux
from inspector.traffic.exchange import Exchange, Instant
from inspector.webservices.routes import Resource

ASSUMED_MS = 60_000
"""Where nobody told a timeout: with it the CometD client begins. A server's default, 30 s, may have been raised."""
DELAY_MS = 10_000
"""What the network may take: then the CometD client gives a poll up (`maxNetworkDelay`)."""
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class PollUnanswered(OfExchange):
    """A long poll is held although `timeout_ms` and what the network may take have passed; `told` by whom."""

    timeout_ms: int
    told: str


class Polls(Watch):
    """Follows each poll from its request to its answer; it is judged once, by the events' own instants.

    What a request asks is not read before it has taken longer than the shortest poll may; hardly any does.
    """

    def __init__(self) -> None:
        self._advised: Recent[str, int] = Recent(CLIENTS)
        self._open: dict[int, Exchange] = {}
        self._looks: list[tuple[int, int]] = []
        """A heap of when to look at which exchange (µs on the monotonic clock)."""

    def started(self, seen: Seen) -> Iterable[PollUnanswered]:
        if seen.route.resource is Resource.CHANNEL:
            exchange = seen.exchange
            self._open[exchange.number] = exchange
            heappush(self._looks, (exchange.started.mono + DELAY_MS * 1000, exchange.number))
        return ()

    def completed(self, seen: Seen) -> Iterable[PollUnanswered]:
        """An answer that came too late, with nothing in between that told the time, is as bad as none."""
        if seen.route.resource is not Resource.CHANNEL:
            return ()
        exchange = self._open.pop(seen.exchange.number, None)
        if len(self._looks) > 64 + 2 * len(self._open):
            self._looks = [look for look in self._looks if look[1] in self._open]
            heapify(self._looks)
        done = seen.exchange.done
        if exchange is None or done is None or done.mono <= exchange.started.mono + DELAY_MS * 1000:
            return ()
        limit, poll = self._limit(exchange)
        return (poll,) if poll and limit < done.mono else ()

    def told(self, message: Message) -> Iterable[PollUnanswered]:
        """The newest advice replaces the former."""
        if "advice" in message.content and message.direction == "server" and message.client_id:
            timeout_ms = _timeout(message.content)
            if timeout_ms is not None:
                self._advised[message.client_id] = timeout_ms
        return ()

    def passed(self, now: Instant) -> Iterable[PollUnanswered]:
        return self._due(now.mono) if self._looks and self._looks[0][0] < now.mono else ()

    def _due(self, mono: int) -> Iterator[PollUnanswered]:
        while self._looks and self._looks[0][0] < mono:
            _, number = heappop(self._looks)
            exchange = self._open.get(number)
            limit, poll = self._limit(exchange) if exchange else (0, None)
            if poll and limit >= mono:
                heappush(self._looks, (limit, number))
                continue
            self._open.pop(number, None)
            if poll:
                yield poll

    def _limit(self, exchange: Exchange) -> tuple[int, PollUnanswered | None]:
        """Until when it may be held, and what it is if it is held longer; None if it is no poll."""
        asked = messages_asked(exchange.request)
        connect = next((message for message in asked if message["channel"] == bayeux.CONNECT), None)
        if connect is None:
            return 0, None
        timeout_ms, told = _timeout(connect), "the client"
        if timeout_ms is None:
            client_id = connect.get("clientId")
            timeout_ms, told = self._advised.get(client_id) if isinstance(client_id, str) else None, "the server"
        if timeout_ms is None:
            timeout_ms, told = ASSUMED_MS, ""
        limit = exchange.started.mono + (timeout_ms + DELAY_MS) * 1000
        return limit, PollUnanswered(exchange, timeout_ms, told)


def _timeout(message: dict[str, Any]) -> int | None:
    """The `timeout` of its advice in milliseconds; None if it has none that makes sense."""
    advice = message.get("advice")
    timeout = advice.get("timeout") if isinstance(advice, dict) else None
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 <= timeout <= DAY_MS:
        return None
    return round(timeout)
