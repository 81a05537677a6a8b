"""A recording of N exchanges of agents at work, chat after chat, without a fault: what an inspector sees all day.

python -m tests.benchmarks.working_day FILE 100000
"""

import argparse
import heapq
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path

from inspector.recording.session import Session
from inspector.recording.writer import Writer
from inspector.traffic.exchange import Completed, Event, Exchange, Instant, Request, Response, Started
from inspector.traffic.redaction import Redactor
from inspector.webservices.routes import is_download
from tests.benchmarks.conversation import Conversation
from tests.benchmarks.desk import BEGIN, ORIGIN, Desk, Moment

AGENTS = 16
_WAITING = 20_000
"""Events that may wait for the writer: all of a large day would not fit into memory."""


def recording(path: Path, exchanges: int, days: Iterable[Iterator[Moment]] | None = None) -> Path:
    """A recording of as many exchanges, made as the recorder makes one; `days` are as for `events`."""
    writer = Writer(path, Session("6f1c9c2e-0000-4000-8000-000000000001", ORIGIN, _instant(0)), _trouble)
    last = 0
    for number, event in enumerate(events(exchanges, days)):
        writer.put(event)
        last = (event.exchange.done or event.exchange.started).mono
        if number % _WAITING == 0:
            writer.commit()
    writer.close(Instant(last, last - _instant(0).mono + _instant(0).at))
    return path


def events(exchanges: int, days: Iterable[Iterator[Moment]] | None = None) -> Iterator[Event]:
    """As many exchanges of all desks at once, each finished, without their secrets. `days` is what each desk does, chat
    after chat; by default AGENTS do their work without a fault.
    """
    if days is None:
        days = map(_day, map(Desk, range(AGENTS)))
    redactor = Redactor(is_file=lambda request: is_download(request.method, request.path))
    under_way: dict[tuple[int, int], Exchange] = {}
    begun = tick = 0
    for at, desk, serial, connection, what in heapq.merge(*days, key=lambda one: one.at):
        key = (desk, serial)
        if isinstance(what, Request) and begun < exchanges:
            begun, tick = begun + 1, tick + 1
            under_way[key] = Exchange(begun, connection, _instant(at), redactor.request(what))
            yield Started(tick, under_way[key])
        elif isinstance(what, Response) and key in under_way:
            tick += 1
            asked = under_way.pop(key)
            response = redactor.response(what, asked.request)
            done = _instant(at)
            yield Completed(
                tick, Exchange(asked.number, connection, asked.started, asked.request, done, done, response)
            )
        if begun == exchanges and not under_way:
            return


def _day(desk: Desk) -> Iterator[Moment]:
    yield from desk.begin()
    for number in count(1):
        yield from Conversation(desk, number).moments()


def _instant(at: int) -> Instant:
    return Instant(1_000_000 + at, int(BEGIN.timestamp()) * 1_000_000 + at)


def _trouble(what: str) -> None:
    raise OSError(what)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("exchanges", type=int)
    given = parser.parse_args()
    recording(given.file, given.exchanges)


if __name__ == "__main__":
    main()
