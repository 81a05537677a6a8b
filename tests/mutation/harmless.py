"""Differences that real servers show and that are no fault: alone they break no rule, and they hide no broken one."""

import gzip
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from inspector.traffic.body import Body
from inspector.traffic.exchange import Exchange
from inspector.traffic.headers import Headers
from tests.analysis.shapes import Json
from tests.analysis.test_clean_sessions import LOOSE, Loosen
from tests.analysis.traffic import JSON, TOPIC
from tests.mutation.tape import Tape, is_poll, told_in

LOOSE_ENOUGH = [
    "members in another order",
    "metrics",
    "unknown members everywhere",
    "null for what may be missing",
    "size as text",
    "no fileId",
    "no index",
    "agents without type",
    "participantId as number",
]


@dataclass(frozen=True, slots=True)
class Harmless:
    """What is done; of a number comes where. `infos` are the rules that say it is worth knowing."""

    do: Callable[[Tape, int], Tape]
    infos: frozenset[str] = frozenset()


def loosened(loosen: Loosen) -> Harmless:
    """All notifications are written so."""

    def change(message: Json) -> Json:
        data = message.get("data")
        return message | {"data": loosen(data)} if isinstance(data, dict) else message

    return Harmless(lambda tape, where: tape.tells_everywhere(lambda messages: [change(one) for one in messages]))


def swapped(tape: Tape, where: int) -> Tape:
    """A reply and a notification come by two connections: in any order."""
    places = tape.can_be_swapped()
    return tape.swapped(places[where % len(places)])


def redelivered(tape: Tape, where: int) -> Tape:
    """An answer got lost on its way to the client: the next one brings it again."""
    tellers = [
        number
        for number, exchange in tape.exchanges.items()
        if exchange.response and is_poll(exchange) and any(one["channel"] == TOPIC for one in told_in(exchange))
    ]
    number = tellers[where % len(tellers)]
    data = [message["data"] for message in told_in(tape.exchanges[number]) if message["channel"] == TOPIC]
    return tape.tells_more(tape.next_poll(number), *data)


def reply_in_front(messages: list[Json]) -> list[Json]:
    """As CometD puts it since 3."""
    return [messages[-1], *messages[:-1]]


def compressed(tape: Tape, where: int) -> Tape:
    """The answers of the channel are compressed."""

    def change(exchange: Exchange) -> Exchange:
        response = exchange.response
        if response is None or response.body.coding:
            return exchange
        coded = Body.of(gzip.compress(response.body.content or b"", 1, mtime=0), "gzip")
        headers = Headers((JSON, ("Content-Encoding", "gzip")))
        return replace(exchange, response=replace(response, headers=headers, body=coded))

    for number, exchange in tape.exchanges.items():
        if is_poll(exchange):
            tape = tape.altered(number, change)
    return tape


HARMLESS: dict[str, Harmless] = {
    **{name: loosened(LOOSE[name]) for name in LOOSE_ENOUGH},
    "in another order": Harmless(swapped),
    "delivered again": Harmless(redelivered, frozenset({"GW603"})),
    "the reply in front": Harmless(lambda tape, where: tape.tells_everywhere(reply_in_front)),
    "compressed": Harmless(compressed),
}
"""What is done first stands first: what is compressed is not read again."""

differences = st.dictionaries(st.sampled_from(sorted(HARMLESS)), st.integers(0, 10_000), max_size=4)
"""Harmless ones, and a number each."""


def done(tape: Tape, which: dict[str, int]) -> Tape:
    """The session with these differences, each at its place."""
    for name in [name for name in HARMLESS if name in which]:
        tape = HARMLESS[name].do(tape, which[name])
    return tape


def infos(which: dict[str, Any]) -> frozenset[str]:
    return frozenset().union(*(HARMLESS[name].infos for name in which))
