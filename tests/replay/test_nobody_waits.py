"""Clients that come and go, or look in only for a moment: what was recorded for them reaches them all the same."""

import asyncio

import pytest

from inspector.replay.stub import Settings, Stub
from tests.analysis.traffic import ME, OK, Wire
from tests.replay.test_casting_late import NOBODY, Visitor, stub_of
from tests.replay.test_loading import done, says


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


async def test_what_waited_for_a_page_that_was_loaded_again_is_told_to_the_new_one():
    wire, sofia = recorded()
    done(sofia, "Accept", chat="1")
    sofia.hear(says("one"), says("two", 4))
    visitor = await listening(stub_of(wire))
    await visitor.do("Accept")
    visitor.client_id = ""
    await visitor.listen()
    assert await visitor.hear() == ["one", "two"]


async def test_who_never_lets_a_poll_be_held_is_let_go_all_the_same():
    wire, sofia = recorded()
    poll, first = sofia.poll(), sofia.do("First", chat="1")
    wire.tell(poll, says("of the first"))
    second = sofia.do("Second", chat="1")
    wire.answer(first)
    wire.answer(second)
    sofia.hear(says("of the second", 4))
    visitor = await listening(stub_of(wire, Settings(poll_timeout_ms=20)))
    await visitor.do("Second")
    assert await visitor.hear() == []
    for _ in range(100):
        if heard := await visitor.hear():
            assert heard == ["of the second"]
            return
        await asyncio.sleep(0.01)
    pytest.fail("it waits for ever")


async def test_the_answer_of_a_head_is_not_served_to_a_get():
    wire, sofia = recorded()
    wire.answer(sofia.ask("HEAD", f"{ME}/chats/1"), b"")
    wire.answer(sofia.ask("GET", f"{ME}/chats/1"), OK | {"chat": {"id": "1"}})
    visitor = await listening(stub_of(wire))
    assert b'"chat"' in (await visitor.ask(f"{ME}/chats/1", method="GET")).body
    assert (await visitor.ask(f"{ME}/chats/1", method="HEAD")).body == b""
