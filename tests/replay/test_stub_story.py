"""Several live clients of several recorded agents, with all that clients do to a stub, but for the sockets.

Each client has a shadow: the engine alone, given the same. What the client is told is what its shadow lets go, in that
order: nothing lost on the way, nothing twice, whoever cuts polls, loses answers, shakes hands anew, or meets faults.
(That the engine lets go what it should, and when, is proven in test_engine_story.py.)
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import orjson
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from inspector.replay import faults
from inspector.replay.plans.plan import Kind, Plan, Told
from inspector.replay.stub import Served, Settings, Stub
from tests.replay.plans import TOPICS, Live, plans
from tests.replay.staged import CHANNEL, LOGIN, asking, staged
from tests.traffic.exchanges import request

pytestmark = pytest.mark.once

T = TypeVar("T")
USERS = ("sofia", "toni")
FOR_EVER_MS = 3_600_000


class Tab:
    """One Bayeux client, which plays a list; `alive` until the stub has forgotten it."""

    def __init__(self, client_id: str) -> None:
        self.client_id, self.alive = client_id, True
        self.held: asyncio.Task[Served] | None = None


class Client:
    """A live client, what it was told on each of its lists, and its shadow."""

    def __init__(self, plan: Plan, cookie: str) -> None:
        self.plan, self.cookie = plan, cookie
        self.shadow = Live(plan)
        self.let_go: list[list[Told]] = [[] for _ in plan.lists]
        self.shadow.on_release = lambda number, told: self.let_go[number].append(told)
        self.told: list[list[str]] = [[] for _ in plan.lists]
        self.tabs: list[Tab] = []
        self.open: list[tuple[Served, int]] = []

    def replied(self, number: int) -> None:
        """The answer that was recorded as this exchange has been handed over."""
        self.shadow.reply(number - self.plan.recorded[0].number + 1)

    def takes_over(self, number: int) -> None:
        """Another tab plays the list from now on: what has not arrived is told to that one."""
        arrived = len(self.told[number])
        lost, self.let_go[number][arrived:] = self.let_go[number][arrived:], []
        self.shadow.topics[number].clear()
        self.shadow.player.put_back(number, lost)

    def check(self) -> None:
        """It was told what its shadow let go so far, as far as it came."""
        for told, let_go in zip(self.told, self.let_go, strict=True):
            assert told == [orjson.loads(one.data) for one in let_go[: len(told)]]


class Stage(RuleBasedStateMachine):
    @initialize(first=plans(), second=plans())
    def begin(self, first: Plan, second: Plan) -> None:
        self.loop = asyncio.new_event_loop()
        self.loaded, self.matcher = staged(zip(USERS, (first, second), strict=True))
        self.stub = Stub(self.loaded, self.matcher, [], Settings(poll_timeout_ms=FOR_EVER_MS))
        self.clients: list[Client] = []

    # what clients do

    @rule(user=st.sampled_from(USERS))
    def logs_in(self, user: str) -> None:
        served = self.run(self.stub.answer(request(*LOGIN, headers=(asking(user),))))
        self.ends(served, True)
        [cookie] = [value.decode() for name, value in served.answer.headers if name == b"Set-Cookie"]
        plan = next(plan for plan in self.loaded.plans if plan.user_name == user)
        self.clients.append(Client(plan, cookie.partition(";")[0]))

    @precondition(lambda self: self.clients)
    @rule(data=st.data(), topics=st.lists(st.sampled_from(TOPICS), min_size=1, unique=True))
    def opens_a_tab(self, data: st.DataObject, topics: list[str]) -> None:
        """Or opens again the one that was forgotten; or, when all are open, loads the last page again."""
        client = self.any(data)
        [hello] = self.send(client, {"channel": "/meta/handshake", "version": "1.0"})
        number = next((place for place, tab in enumerate(client.tabs) if not tab.alive), len(client.tabs))
        number = min(number, len(client.plan.lists) - 1)
        if number < len(client.tabs):
            client.tabs[number].alive = False
            client.takes_over(number)
        client.tabs[number:] = [Tab(hello["clientId"]), *client.tabs[number + 1 :]]
        self.subscribes(client, number, topics)

    @precondition(lambda self: self.clients)
    @rule(data=st.data(), topics=st.lists(st.sampled_from(TOPICS), min_size=1, unique=True))
    def subscribes_to_more(self, data: st.DataObject, topics: list[str]) -> None:
        client, number = self.any_tab(data)
        if client is not None:
            self.subscribes(client, number, topics)

    @precondition(lambda self: self.clients)
    @rule(data=st.data(), how=st.sampled_from(["", "", "refuse", "lose_notification", "repeat", "before_reply"]))
    def asks(self, data: st.DataObject, how: str) -> None:
        """The request; its answer is handed over some time later. Whoever holds a poll takes it meanwhile."""
        client = self.any(data)
        operations = [one for one in client.plan.recorded if one.kind is Kind.OPERATION]
        if not operations:
            return
        key = data.draw(st.sampled_from(sorted({one.key for one in operations})))
        identity = self.loaded.identities[next(one.number for one in operations if one.key == key)]
        body = orjson.loads(identity.body)
        if how:
            self.stub.faults.add(faults.parse({"fault": how, "operation": body["operationName"]}))
        number = self.shadow_asks(client, key, how)
        answering = self.loop.create_task(
            self.stub.answer(request("POST", identity.path, headers=self.fields(client), body=identity.body))
        )
        self.settle()
        served = self.run(answering)
        self.stub.faults.clear()
        assert served.answer.status == (501 if number is None and how != "refuse" else 200)
        if how == "refuse" or number is None:
            self.ends(served, True)
        else:
            client.open.append((served, number))

    @precondition(lambda self: any(client.open for client in self.clients))
    @rule(data=st.data(), arrives=st.booleans())
    def gets_a_reply(self, data: st.DataObject, arrives: bool) -> None:
        """Or has left: the server would have acted all the same."""
        client = data.draw(st.sampled_from([client for client in self.clients if client.open]), label="client")
        served, number = client.open.pop(data.draw(st.integers(0, len(client.open) - 1)))
        self.ends(served, arrives)
        client.replied(number)
        self.settle()

    @precondition(lambda self: self.clients)
    @rule(data=st.data(), arrives=st.booleans())
    def polls(self, data: st.DataObject, arrives: bool) -> None:
        """For a moment; the answer arrives, or is lost on the way."""
        client, number = self.any_tab(data)
        if client is not None and client.tabs[number].held is None:
            self.take(client, number, self.run(self.connect(client, number, timeout=0)), arrives)

    @precondition(lambda self: self.clients)
    @rule(data=st.data())
    def holds_a_poll(self, data: st.DataObject) -> None:
        client, number = self.any_tab(data)
        if client is not None and client.tabs[number].held is None:
            client.tabs[number].held = self.loop.create_task(self.connect(client, number))
            self.settle()

    @precondition(lambda self: self.clients)
    @rule(data=st.data())
    def cuts_a_poll(self, data: st.DataObject) -> None:
        client, number = self.any_tab(data)
        if client is not None and (held := client.tabs[number].held) is not None:
            client.tabs[number].held = None
            held.cancel()
            self.run(asyncio.wait({held}))

    @rule()
    def the_sessions_expire(self) -> None:
        self.run(self.expire())
        for client in self.clients:
            for number, tab in enumerate(client.tabs):
                tab.alive = False
                client.shadow.topics[number].clear()
        self.settle()

    # what must hold

    def teardown(self) -> None:
        """Every reply arrives, and everybody polls until there is nothing left: nobody waits for ever."""
        if not hasattr(self, "loop"):
            return
        try:
            for client in self.clients:
                while client.open:
                    served, number = client.open.pop()
                    self.ends(served, True)
                    client.replied(number)
                for number, tab in enumerate(client.tabs):
                    self.settle()
                    if tab.alive and tab.held is None:
                        while self.take(client, number, self.run(self.connect(client, number, timeout=0)), True):
                            pass
                    if tab.alive:
                        assert len(client.told[number]) == len(client.let_go[number]), "something is still on its way"
                client.check()
        finally:
            self.stub.close()
            for client in self.clients:
                for tab in client.tabs:
                    if tab.held is not None:
                        tab.held.cancel()
                        self.run(asyncio.wait({tab.held}))
            self.loop.close()

    # how it is done

    def shadow_asks(self, client: Client, key: bytes, how: str) -> int | None:
        met = {"lose_notification": "lose", "repeat": "repeat", "before_reply": "hasten"}.get(how, "")
        return client.shadow.refuse(key) if how == "refuse" else client.shadow.ask(key, met)

    def subscribes(self, client: Client, number: int, topics: list[str]) -> None:
        for topic in topics:
            tab = client.tabs[number]
            [answer] = self.send(client, {"channel": "/meta/subscribe", "subscription": topic}, tab)[-1:]
            assert answer["successful"]
            client.shadow.subscribe(topic, number=number)
        self.settle()

    def send(self, client: Client, message: dict[str, Any], tab: Tab | None = None) -> list[dict[str, Any]]:
        """One message; events may ride in any reply but the handshake's."""
        served = self.run(self.stub.answer(self.channel(client, message, tab)))
        told = orjson.loads(served.answer.body)
        self.ends(served, True)
        if tab is not None:
            client.told[client.tabs.index(tab)] += [one["data"] for one in told if "data" in one]
        client.check()
        return [one for one in told if "data" not in one]

    async def connect(self, client: Client, number: int, **advice: int) -> Served:
        message = {"channel": "/meta/connect", "connectionType": "long-polling", "advice": advice}
        return await self.stub.answer(self.channel(client, message, client.tabs[number]))

    def take(self, client: Client, number: int, served: Served, arrives: bool) -> bool:
        """An answer of the channel arrives, or is lost; whether it held events."""
        told = [one["data"] for one in orjson.loads(served.answer.body) if "data" in one]
        self.ends(served, arrives)
        client.told[number] += told if arrives else []
        client.check()
        return bool(told)

    def settle(self) -> None:
        """Held polls that are answered arrive, until nothing moves any more."""
        moved = True
        while moved:
            moved = False
            for _ in range(5):
                self.run(asyncio.sleep(0))
            for client in self.clients:
                for number, tab in enumerate(client.tabs):
                    if tab.held is not None and tab.held.done():
                        held, tab.held, moved = tab.held, None, True
                        self.take(client, number, held.result(), True)

    def channel(self, client: Client, message: dict[str, Any], tab: Tab | None) -> Any:
        named = message | ({"clientId": tab.client_id} if tab else {})
        return request("POST", CHANNEL, headers=self.fields(client), body=orjson.dumps([named]))

    def fields(self, client: Client) -> tuple[tuple[str, str], ...]:
        return (("Cookie", client.cookie),)

    def any(self, data: st.DataObject) -> Client:
        return data.draw(st.sampled_from(self.clients), label="client")

    def any_tab(self, data: st.DataObject) -> tuple[Client | None, int]:
        """A client and one of its tabs that is alive; None if it has none."""
        client = self.any(data)
        alive = [number for number, tab in enumerate(client.tabs) if tab.alive]
        return (client, data.draw(st.sampled_from(alive), label="tab")) if alive else (None, 0)

    def ends(self, served: Served, arrives: bool) -> None:
        """An answer has been handed over; or its client had left."""

        async def end() -> None:
            (self.stub.handed_over if arrives else self.stub.put_back)(served)

        self.run(end())

    async def expire(self) -> None:
        self.stub.faults.expire_session()

    def run(self, work: Coroutine[Any, Any, T] | asyncio.Task[T]) -> T:
        return self.loop.run_until_complete(asyncio.wait_for(work, 20))


def test_everybody_is_told_what_the_engine_lets_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspector.replay.channel.delivery.EARLY_AT_MOST_S", 0.001)
    run_state_machine_as_test(
        Stage, settings=settings(max_examples=150, stateful_step_count=40, deadline=None, print_blob=True)
    )
