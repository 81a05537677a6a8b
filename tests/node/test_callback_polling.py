"""A stub in front of the official CometD client with callback polling: in pages of Chromium, from another origin."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from inspector.replay.stub import Stub
from tests.node.desks import CALLBACK_POLLING, CHANNEL, Desk, at_desk
from tests.node.shifts import NASTY, STEPS, Shift, replaying, work

pytestmark = [pytest.mark.node, pytest.mark.stub_alone, pytest.mark.xdist_group("chromium")]

ACKS = pytest.mark.parametrize("ack", [False, True], ids=["plain", "acknowledged"])
# the newest client, and the one of the API's time
LIBRARIES = pytest.mark.parametrize("library", ["cometd", "cometd-3"])


@asynccontextmanager
async def browsing(node: str, chromium: str, shift: Shift, library: str = "cometd") -> AsyncIterator[tuple[Stub, Desk]]:
    """A stub, and an agent who has logged in there; at the end nothing in the pages may have gone wrong."""
    async with (
        replaying(shift.recording) as (stub, origin),
        at_desk(node, "browser.js", "--library", library, chromium, origin=origin, transport=CALLBACK_POLLING) as desk,
    ):
        await desk.log_in()
        yield stub, desk
    assert [line for line in desk.lines if "complaint" in line] == []


@ACKS
@LIBRARIES
async def test_a_page_of_another_origin_sees_what_was_recorded(
    node: str, chromium: str, shift: Shift, library: str, ack: bool
) -> None:
    async with browsing(node, chromium, shift, library) as (stub, desk):
        await desk.open(ack=ack)
        await work(desk, stub=stub)
        asked = [entry.method for entry in stub.journal.entries if entry.path.startswith(CHANNEL)]
    assert desk.notifications() == shift.notifications
    assert any(line.get("text") == NASTY for data in desk.notifications() for line in data.get("messages", ()))
    assert set(asked) == {"GET"}
    assert not stub.verify().failed(strict=True)


@LIBRARIES
async def test_a_page_whose_session_has_ended_shakes_hands_again_and_misses_nothing(
    node: str, chromium: str, shift: Shift, library: str
) -> None:
    async with browsing(node, chromium, shift, library) as (stub, desk):
        await desk.open()
        for step in STEPS:
            since = len(desk.lines)
            stub.faults.expire_session()
            await step.act(desk)
            await desk.subscribed(since=since)
    assert desk.notifications() == shift.notifications
    assert not stub.verify().undelivered


async def test_a_page_that_is_loaded_again_sees_the_rest(node: str, chromium: str, shift: Shift) -> None:
    async with browsing(node, chromium, shift) as (_, desk):
        await desk.open()
        await work(desk, steps=STEPS[:4])
        await desk.open()
        await work(desk, steps=STEPS[4:])
    assert desk.notifications() == shift.notifications


async def test_two_pages_of_an_agent_both_see_everything(node: str, chromium: str, shift_at_two_tabs: Shift) -> None:
    async with browsing(node, chromium, shift_at_two_tabs) as (_, desk):
        await desk.open(tab="first")
        await desk.open(tab="second")
        await work(desk, "first", "second")
    assert desk.notifications("first") == desk.notifications("second") == shift_at_two_tabs.notifications
