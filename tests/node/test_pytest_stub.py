"""A page of another origin in Chromium, in front of a test's own stub: `gws_stub` for whoever tests pages."""

import pytest

from inspector.testing.stub import GwsStub
from tests.node.desks import LONG_POLLING, at_desk
from tests.node.shifts import Shift, work

pytestmark = [pytest.mark.node, pytest.mark.stub_alone, pytest.mark.xdist_group("chromium")]


@pytest.fixture
def stub(request: pytest.FixtureRequest, shift: Shift) -> GwsStub:
    """Of a recording that is made when the tests run; polls are held for a second."""
    request.node.add_marker(pytest.mark.gws_recording(str(shift.recording), cors="*", poll_timeout=1))
    found: GwsStub = request.getfixturevalue("gws_stub")
    return found


async def test_a_page_is_told_what_was_recorded(node: str, chromium: str, shift: Shift, stub: GwsStub) -> None:
    async with at_desk(node, "browser.js", chromium, origin=stub.url, transport=LONG_POLLING) as desk:
        await desk.log_in()
        await desk.open()
        await work(desk)
        assert desk.notifications() == shift.notifications
        assert desk.only("complaint") == []
    assert [call.operation for call in stub.calls].count("UploadFile") == 2
    assert [one.kind for call in stub.calls if call.operation == "UploadFile" for one in call.notifications] == [
        "file-uploaded",
        "file-uploaded",
    ]
    assert stub.findings == []
