"""The pure Bayeux server under random interleavings: no event lost, doubled or out of order, no poll forgotten."""

from itertools import count, islice
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from inspector.replay.channel.comet import Comet, Held, Reply

CHATS = "/v2/me/chats"


def told(reply: Reply) -> list[int]:
    return [message["data"] for message in reply.messages if "data" in message]


class Network(RuleBasedStateMachine):
    """One agent behind a bad network: polls are cut and overlap, replies vanish or come late, sessions expire.

    The agent must be told what was published, all of it and in order; twice only where acknowledgements redeliver.
    """

    def __init__(self) -> None:
        super().__init__()
        ids = count(1)
        self.comet = Comet(new_id=lambda: f"client{next(ids)}")
        self.numbers = count()
        self.published: list[int] = []
        self.received: list[int] = []
        self.redeliverable: set[int] = set()
        self.vanished: set[int] = set()
        self.held: list[Held] = []
        self.woken: set[int] = set()
        self.on_the_way: list[Reply] = []

    @initialize(acks=st.booleans())
    def enter(self, acks: bool) -> None:
        offer = {"channel": "/meta/handshake", "ext": {"ack": acks}}
        shaken = self.comet.receive([offer], now_ms=0)
        assert isinstance(shaken, Reply) and shaken.client_id
        self.client, self.acks, self.ack = shaken.client_id, acks, 0
        self.comet.receive([self.message("subscribe", subscription="/v2/**"), self.message("connect")], now_ms=0)

    def message(self, channel: str, **members: Any) -> dict[str, Any]:
        common = {"channel": f"/meta/{channel}", "clientId": self.client}
        return common | {"connectionType": "long-polling", "ext": {"ack": self.ack}} | members

    def see(self, reply: Reply) -> None:
        """The agent processes a reply."""
        for data in told(reply):
            if data in self.received:
                assert data in self.redeliverable
            else:
                assert data == self.published[len(self.received)]
                self.received.append(data)
        for message in reply.messages:
            self.ack = message.get("ext", {}).get("ack", self.ack)

    def send(self, *messages: dict[str, Any]) -> None:
        outcome = self.comet.receive(messages, now_ms=0)
        if isinstance(outcome, Held):
            self.held.append(outcome)
        else:
            self.leave(outcome)

    def leave(self, reply: Reply) -> None:
        self.on_the_way.append(reply)
        if self.acks:
            self.redeliverable.update(told(reply))

    @rule(burst=st.integers(1, 3))
    def publish(self, burst: int) -> None:
        for number in islice(self.numbers, burst):
            assert self.comet.publish(self.client, CHATS, number)
            self.published.append(number)

    @rule(commands=st.integers(0, 1), connects=st.integers(0, 1), advice=st.sampled_from([{}, {}, {"timeout": 0}]))
    def request(self, commands: int, connects: int, advice: dict[str, int]) -> None:
        command = self.message("subscribe", subscription="/x")
        self.send(*[command] * commands, *[self.message("connect", advice=advice)] * connects)

    @precondition(lambda self: self.held)
    @rule(which=st.integers(0, 9))
    def end_poll(self, which: int) -> None:
        """It is ready, or its deadline has come."""
        held = self.held.pop(which % len(self.held))
        reply = self.comet.take(held.poll)
        assert reply.messages[-1]["channel"] == "/meta/connect"
        self.leave(reply)

    @precondition(lambda self: self.held)
    @rule(which=st.integers(0, 9))
    def cut_poll(self, which: int) -> None:
        self.comet.gone(self.held.pop(which % len(self.held)).poll)

    @precondition(lambda self: self.on_the_way)
    @rule(which=st.integers(0, 9), handed_over=st.booleans(), seen=st.booleans())
    def settle(self, which: int, handed_over: bool, seen: bool) -> None:
        """Only acknowledgements stand a front that is wrong about what the agent has seen."""
        reply = self.on_the_way.pop(which % len(self.on_the_way))
        (self.comet.delivered if handed_over else self.comet.lost)(reply)
        if seen if self.acks else handed_over:
            self.see(reply)
        elif handed_over:
            self.vanished.update(told(reply))

    @precondition(lambda self: len(self.published) % 5 == 4)  # a short life hides what only a long one meets
    @rule(acks=st.booleans(), handed_over=st.booleans())
    def shake_hands_again(self, acks: bool, handed_over: bool) -> None:
        """What the old session was not given goes to the new one, as the engine does it."""
        while self.on_the_way:
            self.settle(0, handed_over, handed_over)
        left = [event.message["data"] for event in self.comet.expire(self.client)]
        self.no_ready_poll_sleeps()
        assert all(self.comet.ready(held.poll) for held in self.held)
        while self.held:
            assert not told(self.comet.take(self.held.pop().poll))
        # With its session goes what acknowledgements would have brought again.
        forfeited = self.vanished - {*self.received, *left}
        self.published = [data for data in self.published if data not in forfeited]
        self.enter(acks)
        for data in left:
            assert self.comet.publish(self.client, CHATS, data)

    @invariant()
    def no_ready_poll_sleeps(self) -> None:
        self.woken.update(self.comet.wakes())
        self.woken = {held.poll for held in self.held if held.poll in self.woken and self.comet.ready(held.poll)}
        assert all(held.poll in self.woken for held in self.held if self.comet.ready(held.poll))

    @invariant()
    def one_poll_waits(self) -> None:
        assert sum(not self.comet.ready(held.poll) for held in self.held) <= 1

    def teardown(self) -> None:
        """The network recovers: everything arrives."""
        while self.held:
            self.end_poll(0)
        while self.on_the_way:
            self.settle(0, False, False)
        for _ in range(2):
            self.request(0, 1, {"timeout": 0})
            self.settle(0, True, True)
        assert self.received == self.published


pytestmark = pytest.mark.once

TestNetwork = Network.TestCase
TestNetwork.settings = settings(max_examples=400, stateful_step_count=50, deadline=None, print_blob=True)
