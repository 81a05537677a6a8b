"""A stub in front of the official CometD client in all versions that agents' desktops are made with."""

import pytest

from tests.node.desks import at_desk
from tests.node.shifts import STEPS, Shift, replaying, work

pytestmark = [pytest.mark.node, pytest.mark.stub_alone]


@pytest.mark.parametrize("ack", [False, True], ids=["plain", "acknowledged"])
@pytest.mark.parametrize("library", ["cometd-3", "cometd-5", "cometd-7", "cometd-8", "cometd"])
async def test_a_visit(node: str, shift: Shift, library: str, ack: bool) -> None:
    """Handshake, subscription, polls, events, a forgotten session, a goodbye."""
    async with (
        replaying(shift.recording) as (stub, origin),
        at_desk(node, "desk.js", "--library", library, origin=origin) as desk,
    ):
        await desk.log_in()
        await desk.open(ack=ack)
        await work(desk, steps=STEPS[:3], stub=stub)
        since = len(desk.lines)
        stub.faults.expire_session()
        await desk.subscribed(since=since)
        await work(desk, steps=STEPS[3:], stub=stub)
        await desk.do("disconnect", "first")
        goodbye = await desk.told(lambda message: message["channel"] == "/meta/disconnect")
    assert desk.seen() == shift.seen
    assert goodbye["successful"]
