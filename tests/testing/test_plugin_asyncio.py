"""Tests that are coroutines: in both modes of pytest-asyncio, with fixtures that are, whatever loop they run in."""

from pathlib import Path

import pytest

from tests.testing.outcomes import outcomes, told
from tests.testing.projects import Project

pytestmark = pytest.mark.once

SHIPPED = Path(__file__).parents[2] / "recordings" / "upload-file.db"

TESTS = """
import asyncio

import pytest_asyncio

pytestmark = [pytest.mark.gws_recording("desk.db"), pytest.mark.asyncio]
ME = "/api/v2/me?subresources=features,devices,channels"

@pytest_asyncio.fixture
async def desk(gws_stub):
    user = AGENT.user_name, AGENT.password
    async with httpx.AsyncClient(transport=gws_stub.async_transport, base_url="https://gws.test", auth=user) as http:
        yield http

async def test_without_a_socket(desk):
    assert [one.status_code for one in await asyncio.gather(*(desk.get(ME) for _ in range(5)))] == [200] * 5

async def test_by_a_socket(gws_stub):
    async with httpx.AsyncClient(base_url=gws_stub.url, trust_env=False, verify=False) as http:
        assert (await http.get(ME, auth=(AGENT.user_name, AGENT.password))).status_code == 200

async def test_both_at_once(desk, gws_stub):
    async with httpx.AsyncClient(base_url=gws_stub.url, trust_env=False, verify=False) as http:
        user = AGENT.user_name, AGENT.password
        answers = await asyncio.gather(desk.get(ME), http.get(ME, auth=user), desk.get(ME))
    assert [one.status_code for one in answers] == [200] * 3
    assert len(gws_stub.journal) == 3

async def test_is_waited_for(desk, gws_stub):
    await desk.get(ME)
    start = {"operationName": "StartContactCenterSession", "channels": ["chat"]}
    asked = asyncio.ensure_future(desk.post("/api/v2/me", json=start))
    assert (await gws_stub.async_wait_for("StartContactCenterSession")).body == start
    await asked

async def test_leaves_a_poll(desk, gws_stub):
    await desk.get(ME)
    hello = {"channel": "/meta/handshake", "version": "1.0", "supportedConnectionTypes": ["long-polling"]}
    own = {"clientId": (await desk.post("/api/v2/notifications", json=[hello])).json()[0]["clientId"]}
    connect = {"channel": "/meta/connect", "connectionType": "long-polling"}
    poll = asyncio.ensure_future(desk.post("/api/v2/notifications", json=[own | connect]))
    await asyncio.sleep(0)
    assert not poll.done()

async def test_misses(desk):
    await desk.get("/api/v2/nix")

@pytest.mark.asyncio(loop_scope="module")
async def test_in_a_loop_that_others_share(gws_stub):
    async with httpx.AsyncClient(transport=gws_stub.async_transport, base_url="https://gws.test") as http:
        assert (await http.get(ME, auth=(AGENT.user_name, AGENT.password))).status_code == 200

@pytest.mark.asyncio(loop_scope="module")
async def test_in_the_same_loop_again(gws_stub):
    async with httpx.AsyncClient(transport=gws_stub.async_transport, base_url="https://gws.test") as http:
        assert (await http.get(ME, auth=(AGENT.user_name, AGENT.password))).status_code == 200
"""


@pytest.mark.parametrize("mode", ["strict", "auto"])
def test_coroutines_have_a_stub_like_everybody_else(tmp_path, mode):
    project = Project(tmp_path, "asyncio_default_fixture_loop_scope = function\nfilterwarnings = error\n")
    project.put(TESTS if mode == "strict" else TESTS.replace("pytest.mark.asyncio]", "]"), recording=SHIPPED)
    ended = project.run("-p", "pytest_asyncio.plugin", f"--asyncio-mode={mode}")
    ends = outcomes(ended.out)
    assert ends.pop("test_misses") == ["FAILED"], ended.out
    assert "✗ GET /api/v2/nix was never recorded" in told(ended.out, "test_misses")
    assert len(ends) == 7 and {*map(tuple, ends.values())} == {("PASSED",)}, ended.out
