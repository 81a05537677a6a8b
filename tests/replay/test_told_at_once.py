"""Whoever runs a stub is told while it happens: misses, and notifications that somebody waits for in vain."""

from inspector.analysis.miss import Miss
from inspector.replay.journal import Undelivered
from inspector.replay.stub import Settings
from tests.analysis.traffic import ME, Wire
from tests.replay.test_casting_late import NOBODY, Visitor, stub_of
from tests.replay.test_loading import done, says


async def at_work(tell):
    """Somebody who plays Sofia: she accepts a chat, is greeted, and leaves it."""
    wire = Wire()
    sofia = wire.log_in()
    sofia.listen()
    done(sofia, "Accept", chat="1")
    sofia.hear(says("hello"))
    done(sofia, "Leave", chat="1")
    sofia.hear(says("goodbye", 4))
    visitor = Visitor(stub_of(wire, Settings(poll_timeout_ms=20), tell=tell), NOBODY)
    await visitor.log_in()
    await visitor.listen()
    await visitor.hear()
    return visitor


async def test_a_poll_that_ends_empty_tells_once_which_event_waits_for_which_exchange():
    told = []
    visitor = await at_work(told.append)
    for _ in range(2):
        assert await visitor.hear(held=True) == []
    assert await visitor.do("Accept") == 200
    assert await visitor.hear(held=True) == ["hello"]
    assert await visitor.hear(held=True) == []
    assert [type(one) for one in told] == [Undelivered, Undelivered]
    plan = visitor.stub.verify()
    accept, leave = (one.number for one in plan.operations)
    assert [(one.waits_for, one.asked) for one in told] == [(accept, False), (leave, False)]
    assert told[0].happening == f"a poll ended empty: the next event on /v2/me/chats waits for #{accept}"


async def test_a_poll_that_ends_empty_at_the_end_of_the_story_tells_nothing():
    told = []
    visitor = await at_work(told.append)
    for operation in ("Accept", "Leave"):
        await visitor.do(operation)
    assert await visitor.hear(held=True) == ["hello", "goodbye"]
    assert await visitor.hear(held=True) == []
    assert told == []


async def test_a_miss_is_told_at_once():
    told = []
    visitor = await at_work(told.append)
    answer = await visitor.ask(f"{ME}/chats/1", {"operationName": "Dance"})
    assert answer.status == 501
    assert [type(one) for one in told] == [Miss] and told[0].operation == "Dance"
