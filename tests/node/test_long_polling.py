"""A stub in front of the official CometD client with long polling, in Node.js."""

import asyncio

import pytest

from inspector.replay.stub import Stub
from tests.node.desks import CHANNEL, CHATS, LONG_POLLING, WEBSOCKET, Desk, at_desk
from tests.node.relay import relaying
from tests.node.shifts import STEPS, Shift, polled, replaying, work

pytestmark = [pytest.mark.node, pytest.mark.stub_alone]

ACKS = pytest.mark.parametrize("ack", [False, True], ids=["plain", "acknowledged"])


def paths(stub: Stub) -> list[str]:
    """Where the channel was asked, in order."""
    return [entry.path for entry in stub.journal.entries if entry.path.startswith(CHANNEL)]


def empty_connects(desk: Desk) -> int:
    """How many polls have ended without an event."""
    told = desk.only("told")
    pairs = zip([{}, *told], told, strict=False)
    return sum(one["channel"] == "/meta/connect" and "data" not in before for before, one in pairs)


@pytest.mark.parametrize("topics", [[CHATS], ["/v2/me/*"], ["/**"], [CHATS, "/v2/me/*", "/**"]], ids=" ".join)
async def test_replies_and_notifications_are_seen_in_the_order_of_the_recording(
    node: str, shift: Shift, topics: list[str]
) -> None:
    """What came early before its reply, the others after; once, however many subscriptions cover it."""
    async with replaying(shift.recording) as (stub, origin), at_desk(node, "desk.js", origin=origin) as desk:
        await desk.log_in()
        await desk.open(*topics)
        await work(desk, stub=stub)
    assert desk.seen() == shift.seen
    assert not stub.verify().failed(strict=True)


@ACKS
@pytest.mark.parametrize("suffixed", [False, True], ids=["bare", "suffixed"])
async def test_a_batch_is_one_request_at_bare_and_at_suffixed_addresses(
    node: str, shift: Shift, suffixed: bool, ack: bool
) -> None:
    async with replaying(shift.recording) as (stub, origin), at_desk(node, "desk.js", origin=origin) as desk:
        await desk.log_in()
        await desk.open(CHATS, "/v2/me/calls", "/v2/me/devices", appendMessageTypeToURL=suffixed, ack=ack)
        await work(desk)
        asked = paths(stub)
    # the subscriptions together, and a connect beside them: who comes first is the network's business
    suffixes = ["/handshake", "/", "/connect"] if suffixed else ["", "", ""]
    assert [asked[0], *sorted(asked[1:3])] == [CHANNEL + suffix for suffix in suffixes]
    assert set(asked[3:]) == {CHANNEL + suffixes[-1]}
    assert desk.notifications() == shift.notifications


@ACKS
async def test_a_poll_ends_when_the_stub_said_so_and_the_client_polls_again(node: str, shift: Shift, ack: bool) -> None:
    async with (
        replaying(shift.recording, poll_timeout_ms=100) as (_, origin),
        at_desk(node, "desk.js", origin=origin) as desk,
    ):
        await desk.log_in()
        await desk.open(ack=ack)
        while empty_connects(desk) < 4:
            await desk.until(lambda line: "told" in line, len(desk.lines))
        await work(desk)
    [first] = [one["advice"] for one in desk.only("told") if one["channel"] == "/meta/connect" and "advice" in one]
    assert first == {"reconnect": "retry", "interval": 0, "timeout": 100}
    assert all(one["successful"] for one in desk.only("told") if one["channel"].startswith("/meta/"))
    assert desk.notifications() == shift.notifications


@ACKS
@pytest.mark.parametrize("when", ["while polling", "before polling", "with the reply"])
async def test_a_client_whose_session_has_ended_shakes_hands_again_and_misses_nothing(
    node: str, shift: Shift, ack: bool, when: str
) -> None:
    async with replaying(shift.recording) as (stub, origin), at_desk(node, "desk.js", origin=origin) as desk:
        await desk.log_in()
        await desk.open(ack=ack)
        for step in STEPS:
            since = len(desk.lines)
            if when == "while polling":
                await polled(stub)
            stub.faults.expire_session(step.body["operationName"] if when == "with the reply" else "")
            # beside its new handshake, the agent goes on working
            await step.act(desk)
            await desk.subscribed(since=since)
    assert desk.notifications() == shift.notifications
    refusals = [one for one in desk.only("told") if one["channel"] == "/meta/connect" and not one["successful"]]
    assert {(one["error"][:4], one["advice"]["reconnect"]) for one in refusals} == {("402:", "handshake")}
    assert len(refusals) == len(STEPS)
    assert not stub.verify().undelivered


async def test_with_acknowledgements_an_answer_that_was_cut_off_comes_again_and_is_seen_once(
    node: str, shift: Shift
) -> None:
    async with (
        replaying(shift.recording) as (stub, upstream),
        relaying(upstream) as (relay, origin),
        at_desk(node, "desk.js", origin=origin) as desk,
    ):
        await desk.log_in()
        await desk.open(ack=True, backoffIncrement=1)
        for step in STEPS:
            relay.cut_at = b'"data"'
            await step.act(desk)
            assert not relay.cut_at
    assert desk.notifications() == shift.notifications
    assert not stub.verify().undelivered


async def test_an_unsubscribed_client_that_disconnects_is_let_go_and_may_come_back(node: str, shift: Shift) -> None:
    async with replaying(shift.recording) as (stub, origin), at_desk(node, "desk.js", origin=origin) as desk:
        await desk.log_in()
        await desk.open()
        await work(desk, steps=STEPS[:3])
        await polled(stub)
        await desk.do("disconnect", "first")
        ended = await desk.told(lambda one: one["channel"] == "/meta/disconnect")
        last = [one for one in desk.only("sent") if one["channel"] == "/meta/connect"][-1]
        connect = await desk.told(lambda one: one["channel"] == "/meta/connect" and one["id"] == last["id"])
        since = len(desk.lines)
        await desk.do("handshake", "first")
        await desk.subscribed(since=since)
        await work(desk, steps=STEPS[3:])
    assert (ended["successful"], connect["successful"], connect["advice"]) == (True, True, {"reconnect": "none"})
    assert desk.notifications() == shift.notifications


async def test_two_tabs_of_an_agent_both_see_everything(node: str, shift_at_two_tabs: Shift) -> None:
    async with (
        replaying(shift_at_two_tabs.recording) as (stub, origin),
        at_desk(node, "desk.js", origin=origin) as desk,
    ):
        await desk.log_in()
        for tab in ("first", "second"):
            await desk.open(tab=tab)
        await work(desk, "first", "second", stub=stub)
    assert desk.notifications("first") == desk.notifications("second") == shift_at_two_tabs.notifications
    assert desk.seen("first") == shift_at_two_tabs.seen


async def test_a_tab_more_than_were_recorded_takes_over_from_the_last_one_for_good(node: str, shift: Shift) -> None:
    """Two tabs that came back again and again would take it from each other for ever."""
    async with replaying(shift.recording) as (stub, origin), at_desk(node, "desk.js", origin=origin) as desk:
        await desk.log_in()
        await desk.open(tab="first")
        await work(desk, steps=STEPS[:4])
        await desk.open(tab="second")
        refusal = await desk.told(lambda one: one["channel"] == "/meta/connect" and not one["successful"], tab="first")
        await work(desk, "second", steps=STEPS[4:], stub=stub)
    assert (refusal["error"][:4], refusal["advice"]["reconnect"]) == ("402:", "none")
    assert desk.notifications("first") + desk.notifications("second") == shift.notifications
    for tab in ("first", "second"):
        assert [one["channel"] for one in desk.only("sent", tab)].count("/meta/handshake") == 1


async def test_two_agents_do_not_see_each_other(node: str, shift: Shift) -> None:
    async with (
        replaying(shift.recording) as (_, origin),
        at_desk(node, "desk.js", origin=origin) as one,
        at_desk(node, "desk.js", origin=origin) as other,
    ):
        for desk in (one, other):
            await desk.log_in()
            await desk.open()
        await asyncio.gather(work(one), work(other))
    assert one.notifications() == other.notifications() == shift.notifications


async def test_a_client_that_tries_a_websocket_first_falls_back_to_long_polling(node: str, shift: Shift) -> None:
    async with replaying(shift.recording) as (_, origin), at_desk(node, "desk.js", origin=origin) as desk:
        await desk.log_in()
        await desk.open(transports=[WEBSOCKET, LONG_POLLING])
        await work(desk)
    assert desk.only("transport") == [{"from": WEBSOCKET, "to": LONG_POLLING}]
    assert desk.notifications() == shift.notifications
