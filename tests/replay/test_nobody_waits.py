"""Clients that come and go, or look in only for a moment: what was recorded for them reaches them all the same."""

from inspector.replay.stub import Stub
from tests.analysis.traffic import ME, OK, Wire
from tests.replay.test_casting_late import NOBODY, Visitor, stub_of


def recorded():
    wire = Wire()
    sofia = wire.log_in()
    sofia.listen()
    return wire, sofia


async def listening(stub: Stub) -> Visitor:
    visitor = Visitor(stub, NOBODY)
    await visitor.log_in()
    await visitor.listen()
    await visitor.hear()
    return visitor


async def test_the_answer_of_a_head_is_not_served_to_a_get():
    wire, sofia = recorded()
    wire.answer(sofia.ask("HEAD", f"{ME}/chats/1"), b"")
    wire.answer(sofia.ask("GET", f"{ME}/chats/1"), OK | {"chat": {"id": "1"}})
    visitor = await listening(stub_of(wire))
    assert b'"chat"' in (await visitor.ask(f"{ME}/chats/1", method="GET")).body
    assert (await visitor.ask(f"{ME}/chats/1", method="HEAD")).body == b""
