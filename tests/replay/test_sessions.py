"""Which session of a recording is played; or all of them, one after the other."""

import pytest

from inspector.errors import NothingFound
from inspector.replay.plans.opening import ALL, prepare
from inspector.replay.stub import Settings
from tests.analysis.traffic import Wire
from tests.replay.test_casting_late import NOBODY, Visitor
from tests.replay.test_loading import done, says
from tests.replay.test_loading_agents import log_out
from tests.replay.written import written

SOFIA = ("Authorization", "Basic c29maWE6YW55dGhpbmc=")


def shift(user, operation, *, ends=True):
    """Somebody who logs in, does one thing, is told of it, and logs out."""
    wire = Wire()
    desk = wire.log_in(user)
    desk.listen()
    done(desk, operation, chat="1")
    desk.hear(says(f"{user}: {operation}"))
    if ends:
        log_out(desk)
    wire.close()
    return wire


@pytest.fixture
def week(tmp_path):
    """Sofia on Monday, Toni on Tuesday, Sofia on Wednesday."""
    path = tmp_path / "week.db"
    for user, operation in (("sofia", "Accept"), ("toni", "Leave"), ("sofia", "Complete")):
        written(path, shift(user, operation))
    return path


async def day(stub, fields, operation):
    """Logs in, does it, and logs out; what that was answered, and what was told of it."""
    visitor = Visitor(stub, fields)
    await visitor.log_in()
    await visitor.listen()
    await visitor.hear()
    status = await visitor.do(operation)
    heard = await visitor.hear()
    await visitor.ask("/api/v2/me", {"operationName": "EndContactCenterSession"})
    return status, heard


async def test_by_default_the_newest_is_played(week):
    stub = prepare(week).stub(Settings())
    assert await day(stub, SOFIA, "Complete") == (200, ["sofia: Complete"])
    assert (await day(stub, SOFIA, "Accept"))[0] == 501


async def test_any_can_be_chosen(week):
    assert (await day(prepare(week, session="1").stub(), SOFIA, "Accept")) == (200, ["sofia: Accept"])


async def test_all_of_them_are_played_each_login_the_next(week):
    stub = prepare(week, session=ALL).stub()
    assert await day(stub, SOFIA, "Accept") == (200, ["sofia: Accept"])
    assert await day(stub, SOFIA, "Complete") == (200, ["sofia: Complete"])
    assert await day(stub, NOBODY, "Leave") == (200, ["toni: Leave"])
    verification = stub.verify()
    assert (verification.missed, verification.unused, verification.undelivered) == (0, (), ())


def test_an_agent_of_all_of_them_is_found_whenever_it_worked(week):
    assert len(prepare(week, session=ALL, agent="sofia").loaded.plans) == 2
    with pytest.raises(NothingFound, match="session all; it has sofia, toni"):
        prepare(week, session=ALL, agent="nobody")
