"""A page of another origin that polls by XMLHttpRequest, in Chromium: let in by `--cors`, and by nothing else."""

import pytest

from tests.node.desks import LONG_POLLING, at_desk
from tests.node.shifts import Shift, replaying, work

pytestmark = [pytest.mark.node, pytest.mark.stub_alone, pytest.mark.xdist_group("chromium")]


async def test_a_page_that_is_let_in_sees_what_was_recorded(node: str, chromium: str, shift: Shift) -> None:
    async with (
        replaying(shift.recording, cors=("*",)) as (stub, origin),
        at_desk(node, "browser.js", chromium, origin=origin, transport=LONG_POLLING) as desk,
    ):
        await desk.log_in()
        await desk.open()
        await work(desk, stub=stub)
        assert desk.notifications() == shift.notifications
        assert desk.only("complaint") == []


async def test_a_page_that_is_not_let_in_reads_nothing(node: str, chromium: str, shift: Shift) -> None:
    async with (
        replaying(shift.recording, cors=("https://desk.example.com",)) as (_, origin),
        at_desk(node, "browser.js", chromium, origin=origin, transport=LONG_POLLING) as desk,
    ):
        await desk.log_in()
        await desk.do(
            "open",
            {"name": "first", "url": f"{origin}/api/v2/notifications", "topics": [], "transports": [LONG_POLLING]},
        )
        complaint = await desk.until(lambda line: "complaint" in line)
        assert "CORS policy" in complaint["complaint"]
        assert [told for told in desk.only("told") if told.get("successful")] == []
