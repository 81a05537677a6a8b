"""Mutations of how notifications travel."""

from tests.analysis.traffic import CHANNEL
from tests.mutation.mutation import Mutation, files, idle_polls, mutation
from tests.mutation.of_transfers import told_again
from tests.mutation.tape import Place, Tape, is_poll

UNKNOWN = {
    "channel": "/meta/connect",
    "successful": False,
    "id": "5",
    "error": "402::Unknown client",
    "advice": {"reconnect": "handshake"},
}


def client_forgotten(tape: Tape, poll: int) -> Tape:
    return tape.answers(poll, lambda messages: [UNKNOWN])


def subscriptions(tape: Tape) -> list[int]:
    return [
        number
        for number, exchange in tape.exchanges.items()
        if exchange.request.path == CHANNEL and b"/meta/subscribe" in (exchange.request.body.content or b"")
    ]


def unsubscribed(tape: Tape, subscribe: int) -> Tape:
    """It never subscribed, so it is told nothing."""
    who = tape.exchanges[subscribe].request.headers
    mine = [place for place, _ in tape.told() if tape.exchanges[place.exchange].request.headers == who]
    return tape.loses(mine).without(subscribe)


def polls(tape: Tape) -> list[int]:
    """All but those that are answered by the end of their client."""
    return [number for number, exchange in tape.exchanges.items() if is_poll(exchange)][:-2]


def held(tape: Tape, poll: int) -> Tape:
    """A minute passes before it is answered."""
    return tape.later(tape.index(poll), 60_000)


def delivered_again(tape: Tape, place: Place) -> Tape:
    return tape.tells_more(tape.next_poll(place.exchange), tape.data(place))


def twice_in_one(tape: Tape, place: Place) -> Tape:
    return tape.tells_more(place.exchange, tape.data(place))


THE_CHANNEL: dict[str, Mutation] = {
    "a client that is forgotten": mutation("GW601", idle_polls, client_forgotten),
    "no subscription": mutation("GW602", subscriptions, unsubscribed, also="GW401"),
    "delivered again": mutation("GW603", files, delivered_again, hidden_by=["no index"]),
    "delivered twice at once": mutation("GW603", files, twice_in_one, hidden_by=["no index"]),
    "told everybody again": mutation("GW603", files, told_again, hidden_by=["no index"]),
    "a poll that is held too long": mutation("GW604", polls, held, also="GW402"),
}
