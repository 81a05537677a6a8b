"""What clients are told and answered while it is open whom they play; with a stub, but without sockets."""

import asyncio

import orjson
import pytest

from inspector.replay.matching import Matcher
from inspector.replay.plans.loading import load
from inspector.replay.stub import Stub
from tests.analysis.shapes import USERS
from tests.analysis.traffic import CHANNEL, ME, OK, TOPIC, Desk, Wire
from tests.replay.test_loading import done, says
from tests.traffic.exchanges import request

NOBODY = ("Authorization", "Basic nobody:~secret:0123456789ab~")


class Visitor:
    """A live client of a stub, which looks for notifications with polls that are not held."""

    def __init__(self, stub, *fields):
        self.stub, self.fields, self.client_id = stub, fields, ""

    async def begin(self, path, body=None, method="POST"):
        """An answer that is still to be handed over."""
        told = request(method, path, headers=self.fields, body=orjson.dumps(body) if body else b"")
        return await self.stub.answer(told)

    async def ask(self, path, body=None, method="POST"):
        with self.stub.handover(await self.begin(path, body, method)) as served:
            return served.answer

    async def log_in(self):
        answer = await self.ask(ME, method="GET")
        [cookie] = [value.decode().partition(";")[0] for name, value in answer.headers if name == b"Set-Cookie"]
        self.fields = (("Cookie", cookie),)
        return orjson.loads(answer.body)["user"]["userName"]

    async def listen(self):
        [shaken] = await self.send({"channel": "/meta/handshake", "version": "1.0"})
        self.client_id = shaken["clientId"]
        await self.send({"channel": "/meta/subscribe", "subscription": TOPIC})

    async def send(self, message):
        named = {"clientId": self.client_id} if self.client_id else {}
        return orjson.loads((await self.ask(CHANNEL, [message | named])).body)

    async def hear(self, held=False):
        poll = {"channel": "/meta/connect", "connectionType": "long-polling"}
        told = await self.send(poll if held else poll | {"advice": {"timeout": 0}})
        return [line["text"] for one in told if "data" in one for line in one["data"]["messages"]]

    async def do(self, operation, **members):
        return (await self.ask(f"{ME}/chats/1", {"operationName": operation} | members)).status


def stub_of(wire, settings=None, **more):
    wire.close()
    causes = {(cause.exchange, cause.position): cause.call for cause in wire.causes}
    return Stub(load(wire.events, causes, Matcher()), Matcher(), ["http://gws.example"], settings, **more)


def two_agents():
    """Both accept the same chat, and are told so; then only the second one transfers it."""
    wire = Wire()
    for user in ("sofia", "toni"):
        desk = wire.log_in(user)
        desk.listen()
        done(desk, "Accept", chat="1")
        desk.hear(says(f"{user} has accepted"))
        if user == "toni":
            done(desk, "Transfer", chat="1")
            desk.hear(says("toni has transferred"))
    return stub_of(wire)


async def test_who_turns_out_to_play_another_agent_is_told_all_that_was_due_to_that_one():
    visitor = Visitor(two_agents(), NOBODY)
    await visitor.log_in()
    assert [await visitor.do("Accept"), await visitor.do("Transfer")] == [200, 200]
    await visitor.listen()
    assert await visitor.hear() == ["toni has accepted", "toni has transferred"]


async def test_a_reply_belongs_to_whom_it_was_asked_of_even_if_the_client_is_recast_meanwhile():
    stub = two_agents()
    visitor = Visitor(stub, NOBODY)
    await visitor.log_in()
    with stub.handover(await visitor.begin(f"{ME}/chats/1", {"operationName": "Accept"})):
        await visitor.do("Transfer")
    await visitor.listen()
    assert await visitor.hear() == ["toni has accepted", "toni has transferred"]


async def test_two_calls_under_way_are_two_even_if_they_have_the_same_place_in_two_plans():
    wire = Wire()
    for user, operations in (("sofia", ["Accept"]), ("toni", ["Transfer", "Accept"])):
        desk = wire.log_in(user)
        desk.listen()
        for index, operation in enumerate(operations, 3):
            done(desk, operation, chat="1")
            desk.hear(says(f"{user} {operation}", index))
    stub = stub_of(wire)
    visitor = Visitor(stub, NOBODY)
    await visitor.log_in()
    with stub.handover(await visitor.begin(f"{ME}/chats/1", {"operationName": "Accept"})):
        await visitor.do("Transfer")
    await visitor.listen()
    assert sorted(await visitor.hear()) == ["toni Accept", "toni Transfer"]


async def test_who_has_a_name_is_told_what_its_agent_was():
    visitor = Visitor(two_agents(), ("Authorization", "Basic toni:~secret:0123456789ab~"))
    assert await visitor.log_in() == "toni"
    await visitor.listen()
    await visitor.do("Accept")
    assert await visitor.hear() == ["toni has accepted"]


@pytest.mark.parametrize("order", [("sofia", "toni"), ("toni", "sofia")])
async def test_clients_that_keep_no_cookies_are_told_apart_by_their_names(order):
    wire = Wire()
    for user in USERS:
        desk = Desk(wire, ("Authorization", f"Basic {user}:~secret:0123456789ab~"))
        wire.answer(desk.get("/me"), OK | {"user": {"userName": user}})
        done(desk, "Accept", chat="1")
        done(desk, f"{user}s own", chat="1")
    stub = stub_of(wire)
    visitors = {user: Visitor(stub, ("Authorization", f"Basic {user}:~secret:0123456789ab~")) for user in order}
    assert [await visitors[user].do("Accept") for user in order] == [200, 200]
    assert [await visitors[user].do(f"{user}s own") for user in order] == [200, 200]


async def test_a_client_that_keeps_no_cookies_is_told_of_its_operations_even_if_it_listened_first():
    wire = Wire()
    desk = Desk(wire, ("Authorization", "Basic sofia:~secret:0123456789ab~"))
    wire.answer(desk.get("/me"), OK | {"user": {"userName": "sofia"}})
    desk.listen()
    done(desk, "Accept", chat="1")
    desk.hear(says("accepted"))
    visitor = Visitor(stub_of(wire), ("Authorization", "Basic sofia:~secret:0123456789ab~"))
    await visitor.listen()
    assert await visitor.do("Accept") == 200
    assert await visitor.hear() == ["accepted"]


async def test_who_leaves_while_its_reply_waits_for_a_notification_has_asked_all_the_same():
    wire = Wire()
    sofia = wire.log_in()
    sofia.listen()
    poll, send = sofia.poll(), sofia.do("SendMessage", chat="1")
    wire.tell(poll, says("early"))
    wire.wait(5)
    wire.answer(send)
    sofia.hear(says("late", 4))
    visitor = Visitor(stub_of(wire), NOBODY)
    await visitor.log_in()
    await visitor.listen()
    assert await visitor.hear() == []
    async with asyncio.TaskGroup() as group:
        held = {"channel": "/meta/connect", "connectionType": "long-polling", "clientId": visitor.client_id}
        poll = group.create_task(visitor.begin(CHANNEL, [held]))
        await asyncio.sleep(0)
        call = group.create_task(visitor.begin(f"{ME}/chats/1", {"operationName": "SendMessage"}))
        served = await poll
        call.cancel()
    with visitor.stub.handover(served):
        assert b"early" in served.answer.body
    assert await visitor.hear() == ["late"]


async def test_who_turns_out_to_play_an_agent_that_never_listened_can_shake_hands_again():
    wire = Wire()
    sofia, toni = wire.at_work("sofia"), wire.log_in("toni")
    for desk in (sofia, toni):
        wire.answer(desk.ask("PUT", f"{ME}/both", b"1"))
    wire.answer(toni.ask("PUT", f"{ME}/toni", b"1"))
    visitor = Visitor(stub_of(wire), ("Cookie", "JSESSIONID=any"))
    await visitor.listen()
    assert (await visitor.ask(f"{ME}/toni", 1, "PUT")).status == 200
    for _ in range(2):
        [shaken] = await visitor.send({"channel": "/meta/handshake", "version": "1.0"})
        assert shaken["successful"]
