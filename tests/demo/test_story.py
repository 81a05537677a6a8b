"""The story told from end to end: over sockets, from login to logout, with everything that goes wrong on purpose."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

from inspector.demo import story
from inspector.demo.desktop import Desktop, at_desk
from inspector.demo.documents import NOTES, PHOTO, document
from inspector.demo.inbox import Notification, Reply, Seen
from inspector.demo.people import AGENT
from inspector.demo.server import LookAlike
from inspector.demo.serving import serving
from inspector.demo.world import World

Desk = Callable[[], AbstractAsyncContextManager[Desktop]]

FILES_SEEN = [
    ("Agent", "testfileUploadAgent.txt"),
    ("Customer", PHOTO.name),
    ("Agent", NOTES.name),
    ("Agent", "price-list.pdf"),
    ("Agent", None),
    ("Agent", "invoice.txt"),
    ("Agent", "opening-hours.txt"),
]
"""Who sent which file; None where the notification does not say."""


async def told(desk: Desk) -> Desktop:
    """A desktop that has lived through the story."""
    async with desk() as desktop:
        assert [step async for step in story.play(desktop)] == list(story.STEPS)
    return desktop


def lines(seen: Sequence[Seen], kind: str) -> list[dict[str, Any]]:
    return [
        line
        for one in seen
        if isinstance(one, Notification)
        for line in one.data.get("messages", ())
        if line["type"] == kind
    ]


def answers(desktop: Desktop) -> list[tuple[int, int]]:
    """HTTP status and `statusCode` of what was not plainly accepted."""
    codes = [(one.status, one.body["statusCode"]) for one in desktop.inbox.replies if isinstance(one.body, dict)]
    return [code for code in codes if code != (200, 0)]


async def test_every_file_is_told_of_but_the_refused_and_the_lost(desk: Desk) -> None:
    desktop = await told(desk)
    files = lines(desktop.inbox.seen, "SystemCommand")
    assert [(line["from"]["type"], line.get("attachment", {}).get("name")) for line in files] == FILES_SEEN


async def test_refusals_come_in_the_reply(desk: Desk) -> None:
    desktop = await told(desk)
    assert answers(desktop) == [(200, 2), (200, 6), (200, 4), (200, 1), (400, 10)]
    [speechless] = [one.body for one in desktop.inbox.replies if one.body == {"statusCode": 4}]
    assert "statusMessage" not in speechless


async def test_the_lost_file_is_in_the_transcript_that_is_read_later(desk: Desk) -> None:
    desktop = await told(desk)
    [transcript] = [one.body for one in desktop.inbox.replies if one.path.endswith("/messages")]
    names = [line["attachment"]["name"] for line in transcript["messages"] if "attachment" in line]
    assert "delivery-note.txt" in names
    assert "delivery-note.txt" not in [name for _, name in FILES_SEEN]


async def test_the_overtaking_notification_arrives_before_the_reply(desk: Desk) -> None:
    seen: list[Seen] = []
    async with desk() as desktop:
        async for step in story.play(desktop):
            if "overtakes" in step.sentence:
                seen = desktop.inbox.seen[-2:]
    notification, reply = seen
    assert isinstance(notification, Notification) and isinstance(reply, Reply)
    assert notification.data["messages"][0]["attachment"]["id"] == document("price-list.pdf").id
    assert (reply.status, reply.body) == (200, {"statusCode": 0})


async def test_the_customer_s_file_is_downloaded_byte_for_byte(desk: Desk) -> None:
    desktop = await told(desk)
    downloads = [one for one in desktop.inbox.replies if isinstance(one.body, bytes)]
    assert [(one.status, one.body) for one in downloads] == [(200, PHOTO.content)]


async def test_the_transcript_s_lines_come_once_and_in_order(desk: Desk) -> None:
    desktop = await told(desk)
    logs = [one.data["messages"] for one in desktop.inbox.notifications if "messages" in one.data]
    indexes = [line["index"] for log in logs for line in log]
    assert indexes == sorted(set(indexes))
    assert len(indexes) == indexes[-1] - 1, "one line was lost on the way"


async def test_told_twice_it_reads_the_same(world: World) -> None:
    """Two fresh servers at the same moment: no id, number or order depends on anything else."""
    tales = []
    for _ in range(2):
        async with serving(LookAlike(World(clock=world.clock), lag=0)) as origin:
            desktop = await told(partial(at_desk, origin, AGENT.user_name, AGENT.password, hope=0))
        tales.append((desktop.inbox.replies, desktop.inbox.notifications))
    assert tales[0] == tales[1]


async def test_it_can_be_told_again_on_the_same_server(desk: Desk) -> None:
    first, second = [await told(desk) for _ in range(2)]
    assert first.chat_id != second.chat_id
    assert len(first.inbox.seen) == len(second.inbox.seen)


async def test_a_lag_between_reply_and_notification_changes_nothing_else(world: World) -> None:
    async with serving(LookAlike(world, lag=0.001)) as origin:
        desktop = await told(partial(at_desk, origin, AGENT.user_name, AGENT.password, hope=0))
    assert len(lines(desktop.inbox.seen, "SystemCommand")) == len(FILES_SEEN)
