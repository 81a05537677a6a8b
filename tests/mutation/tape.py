"""A recorded session that can be altered: its events, and what a recording with another server would have instead."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import orjson

from inspector.traffic.body import Body
from inspector.traffic.exchange import Completed, Event, Exchange, Instant, Request, Response, Started
from tests.analysis.shapes import Json
from tests.analysis.traffic import CHANNEL, TOPIC

Change = Callable[[Any], Any]


class Place(NamedTuple):
    """An event of the channel, at a position in the response of an exchange; and a line of it, if one is meant."""

    exchange: int
    position: int
    line: int = 0


@dataclass(frozen=True, slots=True)
class Tape:
    """The events of one session and when it ended. Whatever alters it gives another one."""

    events: tuple[Event, ...]
    ended: Instant

    # what there is

    @property
    def exchanges(self) -> dict[int, Exchange]:
        """By number, each as it is known last."""
        return {event.exchange.number: event.exchange for event in self.events}

    def index(self, number: int, kind: type[Event] = Completed) -> int:
        """Where the exchange is told, among the events."""
        return next(n for n, one in enumerate(self.events) if isinstance(one, kind) and one.exchange.number == number)

    def told(self) -> Iterator[tuple[Place, Any]]:
        """The chat events that were delivered, with their data."""
        for event in self.events:
            if isinstance(event, Completed) and event.exchange.request.path == CHANNEL:
                for position, message in enumerate(told_in(event.exchange)):
                    if message["channel"] == TOPIC:
                        yield Place(event.exchange.number, position), message["data"]

    def data(self, place: Place) -> Any:
        return told_in(self.exchanges[place.exchange])[place.position]["data"]

    def copies(self, place: Place) -> list[Place]:
        """Where this was told, to whomever."""
        data = self.data(place)
        return [other for other, theirs in self.told() if theirs == data]

    def next_poll(self, number: int) -> int:
        """The poll by which the client of this one was answered next."""
        fields = self.exchanges[number].request.headers
        return next(
            event.exchange.number
            for event in self.events[self.index(number) + 1 :]
            if isinstance(event, Completed) and is_poll(event.exchange) and event.exchange.request.headers == fields
        )

    # what can be altered

    def altered(self, number: int, change: Callable[[Exchange], Exchange]) -> "Tape":
        """An exchange is another one, from its start."""
        events = [
            replace(event, exchange=change(event.exchange)) if event.exchange.number == number else event
            for event in self.events
        ]
        return Tape(tuple(events), self.ended)

    def asked(self, number: int, change: Callable[[Request], Request]) -> "Tape":
        return self.altered(number, lambda one: replace(one, request=change(one.request)))

    def answered(self, number: int, change: Callable[[Response], Response]) -> "Tape":
        return self.altered(number, lambda one: replace(one, response=one.response and change(one.response)))

    def asks(self, number: int, change: Change) -> "Tape":
        """The JSON of a request is another one."""
        return self.asked(number, lambda request: replace(request, body=_changed(request.body, change)))

    def answers(self, number: int, change: Change) -> "Tape":
        """The JSON of a response is another one."""
        return self.answered(number, lambda response: replace(response, body=_changed(response.body, change)))

    def tells(self, places: Iterable[Place], change: Change) -> "Tape":
        """The data of these chat events is another one."""
        tape = self
        for place in places:

            def changed(messages: Any, at: int = place.position) -> Any:
                return [
                    message | {"data": change(message["data"])} if position == at else message
                    for position, message in enumerate(messages)
                ]

            tape = tape.answers(place.exchange, changed)
        return tape

    def tells_everywhere(self, change: Callable[[list[Json]], list[Json]]) -> "Tape":
        """The messages of every answer of the channel are others."""
        tape = self
        for number, exchange in self.exchanges.items():
            if exchange.response and is_poll(exchange) and any(one["channel"] == TOPIC for one in told_in(exchange)):
                tape = tape.answers(number, change)
        return tape

    def loses(self, places: Iterable[Place]) -> "Tape":
        """These chat events are not delivered."""
        tape = self
        for place in sorted(places, reverse=True):

            def fewer(messages: Any, at: int = place.position) -> Any:
                return messages[:at] + messages[at + 1 :]

            tape = tape.answers(place.exchange, fewer)
        return tape

    def tells_more(self, number: int, *data: Any) -> "Tape":
        """A poll's answer has these chat events in front."""
        events = [{"channel": TOPIC, "data": one} for one in data]
        return self.answers(number, lambda messages: [*events, *messages])

    def without(self, *numbers: int) -> "Tape":
        """These exchanges did not happen."""
        return Tape(tuple(one for one in self.events if one.exchange.number not in numbers), self.ended)

    def unanswered(self, number: int) -> "Tape":
        """An exchange is still under way when the recording ends."""
        events = [one for one in self.events if isinstance(one, Started) or one.exchange.number != number]
        return Tape(tuple(events), self.ended)

    def cut(self, begin: int, end: int, ended: Instant | None = None) -> "Tape":
        """The recording began before the event `begin`, and ended before the event `end`; what was under way when it
        began is not in it.
        """
        events = self.events[begin:end]
        started = {event.exchange.number for event in events if isinstance(event, Started)}
        kept = tuple(event for event in events if event.exchange.number in started)
        last = self.events[min(end, len(self.events)) - 1]
        return Tape(kept, ended or when(last))

    def with_more(self, after: int, like: int, change: Callable[[Exchange], Exchange] = lambda one: one) -> "Tape":
        """Behind the event `after` an exchange happens again, at once, but for the change."""
        exchange = self.exchanges[like]
        now = when(self.events[after])
        number = max(self.exchanges) + 1
        again = change(replace(exchange, number=number, started=now, answered=now, done=now))
        begun = replace(again, answered=None, done=None, response=None, error=None)
        events = [*self.events[: after + 1], Started(0, begun), Completed(0, again), *self.events[after + 1 :]]
        return Tape(tuple(events), self.ended)

    def later(self, begin: int, ms: int) -> "Tape":
        """Time passes in front of the event `begin`."""
        late = {one.exchange.number for one in self.events[begin:] if isinstance(one, Started)}
        events = [*self.events[:begin], *(_later(one, ms, one.exchange.number in late) for one in self.events[begin:])]
        return Tape(tuple(events), _plus(self.ended, ms))

    def swapped(self, index: int) -> "Tape":
        """Two exchanges that end one after the other end the other way round."""
        first, second = self.events[index : index + 2]
        assert isinstance(first, Completed) and isinstance(second, Completed)
        pair = (_ending(second, when(first)), _ending(first, when(second)))
        return Tape((*self.events[:index], *pair, *self.events[index + 2 :]), self.ended)

    def can_be_swapped(self) -> list[int]:
        """Where two exchanges of two connections end one after the other."""
        return [
            n
            for n, (one, other) in enumerate(zip(self.events, self.events[1:], strict=False))
            if isinstance(one, Completed)
            and isinstance(other, Completed)
            and one.exchange.connection != other.exchange.connection
        ]


def told_in(exchange: Exchange) -> Sequence[Json]:
    """The messages that a response of the channel has."""
    return exchange.response.body.json() if exchange.response else ()


def is_poll(exchange: Exchange) -> bool:
    asked = exchange.request.body.json() if exchange.request.path == CHANNEL else []
    return any(message["channel"] == "/meta/connect" for message in asked)


def when(event: Event) -> Instant:
    done = event.exchange.done if isinstance(event, Completed) else None
    return done or event.exchange.started


def body(value: Any) -> Body:
    return Body.of(orjson.dumps(value))


def _changed(old: Body, change: Change) -> Body:
    return body(change(old.json()))


def _plus(instant: Instant, ms: int) -> Instant:
    return Instant(instant.mono + ms * 1000, instant.at + ms * 1000)


def _ending(event: Completed, at: Instant) -> Completed:
    return replace(event, exchange=replace(event.exchange, answered=at, done=at))


def _later(event: Event, ms: int, whole: bool) -> Event:
    exchange = event.exchange
    if whole:
        exchange = replace(exchange, started=_plus(exchange.started, ms))
    if isinstance(event, Completed) and exchange.answered and exchange.done:
        exchange = replace(exchange, answered=_plus(exchange.answered, ms), done=_plus(exchange.done, ms))
    return replace(event, exchange=exchange)
