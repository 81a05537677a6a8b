"""Two agents in one chat, at random: the generator knows which call brought each notification about."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from inspector.traffic.exchange import Exchange
from tests.analysis.operations import OK, data, says
from tests.analysis.shapes import CUSTOMER, Json
from tests.analysis.traffic import Desk, Wire

USERS = ("sofia", "toni")
SAID = {
    "SendMessage": ("Text", "text", "All"),
    "SendToAgents": ("Text", "text", "Agents"),
    "SendUrl": ("PushUrl", "url", "All"),
    "SendCustomNotice": ("CustomNotice", "noticeText", "All"),
}


@dataclass
class Event:
    """What an agent is still to be told, and the call that it comes from (None: somebody else's)."""

    data: Json
    call: int | None
    kind: str


@dataclass
class Asked:
    """A call under way: who asks for what, and whether the server has done it, and with which `referenceId`."""

    user: str
    exchange: Exchange
    operation: str
    value: Any
    refused: bool
    done: bool = False
    reference: int | None = None


@dataclass
class Server:
    """A chat server that does what it is asked, in any order, and tells each agent in its own."""

    wire: Wire
    desks: dict[str, Desk]
    refers: bool
    queues: dict[str, list[Event]] = field(default_factory=lambda: {user: [] for user in USERS})
    under_way: list[Asked] = field(default_factory=list)
    true: set[tuple[int, int, int, str]] = field(default_factory=set)
    kept: Json = field(default_factory=dict)
    index: int = 20
    references: Counter[str] = field(default_factory=Counter)

    def ask(self, user: str, operation: str, value: Any, refused: bool) -> None:
        member = {"userData": {value: value}} if operation == "UpdateUserData" else {SAID[operation][1]: value}
        exchange = self.desks[user].do(operation, **member)
        self.under_way.append(Asked(user, exchange, operation, value, refused))

    def do(self, asked: Asked) -> None:
        """The call takes effect; unless it is refused."""
        asked.done = True
        if asked.refused:
            return
        if asked.operation == "UpdateUserData":
            if self.refers:
                self.references[asked.user] += 1
                asked.reference = self.references[asked.user]
            self.kept = self.kept | {asked.value: asked.value}
            for user in USERS:
                own = user == asked.user
                told = data(asked.reference if own else None, **self.kept)
                self.queues[user].append(Event(told, asked.exchange.number if own else None, "data"))
            return
        kind, member, visibility = SAID[asked.operation]
        self.say(kind, asked.user, asked.exchange.number, **{member: asked.value, "visibility": visibility})

    def say(self, kind: str, by: str | Json, call: int | None, **members: Any) -> None:
        self.index += 1
        for user in USERS:
            self.queues[user].append(Event(says(kind, by, self.index, **members), call, "said"))

    def reply(self, asked: Asked) -> None:
        self.under_way.remove(asked)
        if asked.refused:
            self.wire.refuse(asked.exchange)
        else:
            self.wire.answer(asked.exchange, OK | ({"referenceId": asked.reference} if asked.reference else {}))

    def tell(self, user: str, count: int) -> None:
        told, self.queues[user] = self.queues[user][:count], self.queues[user][count:]
        poll = self.desks[user].hear(*(one.data for one in told))
        for position, one in enumerate(told):
            if one.call is not None:
                self.true.add((one.call, poll, position, one.kind))


@settings(deadline=None, print_blob=True, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_every_edge_is_the_true_one_and_none_is_missing(draws: st.DataObject) -> None:
    wire = Wire()
    server = Server(wire, {user: wire.at_work(user) for user in USERS}, refers=draws.draw(st.booleans(), "refers"))
    wire.derived.clear()
    distinct = draws.draw(st.booleans(), "all texts differ")
    for step in range(draws.draw(st.integers(1, 30), "steps")):
        wire.wait(draws.draw(st.sampled_from([1, 1, 1, 2_000])))
        _step(server, draws, str(step) if distinct else draws.draw(st.sampled_from("ab")))
    while server.under_way or any(server.queues.values()):
        wire.wait(1)
        _end(server, draws)
    wire.close()
    found = {(one.call, one.exchange, one.position, one.kind) for one in wire.all_causes}
    event(f"edges: {len(found) // 5 * 5}")
    assert len(found) == len(wire.all_causes)
    if distinct:
        assert found == server.true
    else:
        _are_of_equal_calls(wire, found, server.true)


def _step(server: Server, draws: st.DataObject, value: str) -> None:
    match draws.draw(st.sampled_from(["ask", "ask", "do", "reply", "tell", "customer"])):
        case "ask":
            operation = draws.draw(st.sampled_from([*SAID, "UpdateUserData"]))
            server.ask(draws.draw(st.sampled_from(USERS)), operation, value, draws.draw(st.integers(0, 4)) == 0)
        case "do" if left := [one for one in server.under_way if not one.done]:
            server.do(draws.draw(st.sampled_from(left)))
        case "reply" if left := [one for one in server.under_way if one.done]:
            server.reply(draws.draw(st.sampled_from(left)))
        case "tell":
            server.tell(draws.draw(st.sampled_from(USERS)), draws.draw(st.integers(0, 3)))
        case "customer":
            server.say("Text", CUSTOMER, None, text=value, visibility="All")


def _end(server: Server, draws: st.DataObject) -> None:
    """What is left to be done, in any order."""
    left: list[tuple[str, Any]] = [("tell", user) for user, queue in server.queues.items() if queue]
    left += [("reply" if one.done else "do", one) for one in server.under_way]
    what, whom = draws.draw(st.sampled_from(left))
    if what == "tell":
        server.tell(whom, 2)
    else:
        (server.reply if what == "reply" else server.do)(whom)


def _are_of_equal_calls(
    wire: Wire, found: set[tuple[int, int, int, str]], true: set[tuple[int, int, int, str]]
) -> None:
    """Of equal calls nobody knows which is whose; but what was told, and to whose call it belongs, is known."""
    asked = {call.number: (call.agent and call.agent.number, call.operation, _value(call.body)) for call in wire.calls}
    said = {edge for edge in found if edge[3] == "said"}
    assert {(asked[call], *message) for call, *message in said} <= {(asked[call], *message) for call, *message in true}
    assert not {call.number for call in wire.calls if call.refused} & {call for call, *_ in found}


def _value(body: Json | None) -> str:
    return str({name: value for name, value in (body or {}).items() if name != "operationName"})
