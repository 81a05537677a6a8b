"""When connections end: nobody uses them, their client leaves, or the server is told to stop."""

import asyncio
from contextlib import asynccontextmanager

import httpx
import orjson
import pytest
import uvicorn

from inspector.replay.fronts.background import beside
from inspector.replay.fronts.protocol import StubProtocol
from inspector.replay.plans.opening import prepare
from inspector.replay.stub import Settings
from inspector.traffic import bayeux
from tests.replay.fronts import CHANNEL, Ear
from tests.replay.test_protocol import CHAT, FILE, POST, UPLOADS, VERSION, poll
from tests.replay.wire import Counting, on_the_wire, recorded, request, turns, wire


@pytest.fixture
def recording(tmp_path):
    return recorded(tmp_path / "made.db", (VERSION, b"", 200, b"8.5"), (CHAT, UPLOADS[0], 200, b"8.5"))


@pytest.fixture
async def impatient(recording):
    """A server that keeps no idle connection."""
    app = Counting(prepare(recording).stub(Settings(poll_timeout_ms=50)))
    config = uvicorn.Config(
        app,
        port=0,
        http=StubProtocol,
        interface="asgi3",
        proxy_headers=False,
        lifespan="off",
        log_config=None,
        timeout_keep_alive=0,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    async with beside(server._serve()) as task:
        while not server.started:
            await asyncio.sleep(0)
        yield app, f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        server.should_exit = True
        await asyncio.wait([task])


@asynccontextmanager
async def ending(recording):
    """A connection with a request but for its last byte, to a server that has been told to stop; and that byte."""
    serving = on_the_wire(recording)
    _, url = await serving.__aenter__()
    async with wire(url) as line:
        asked = request(CHAT, UPLOADS[0], fields=POST)
        await line.send(asked[:-1])
        end = asyncio.ensure_future(serving.__aexit__(None, None, None))
        await turns(50)
        yield line, asked[-1:]
        await end


async def test_an_idle_connection_ends(impatient):
    _, url = impatient
    async with wire(url) as line:
        await line.send(request(VERSION))
        assert (await line.answer())[2] == b"8.5"
        assert await line.rest() == b""


async def test_a_connection_is_not_idle_while_a_request_arrives_or_is_answered(impatient):
    app, url = impatient
    async with wire(url) as line:
        asked = request(VERSION)
        held = await poll(url)
        before = app._stub.journal.asked
        await line.send(asked + asked[:10], asked[10:20], asked[20:] + held)
        for _ in range(3):
            assert (await line.answer())[0] == 200
        assert await line.rest() == b""
    assert app._stub.journal.asked == before + 3


async def test_a_request_that_is_under_way_at_the_end_is_answered(recording):
    async with ending(recording) as (line, last):
        await line.send(last)
        status, _, body = await line.answer()
        assert (status, body) == (200, b"8.5")
        assert await line.rest() == b""


async def test_an_idle_connection_does_not_keep_the_server(recording):
    serving = on_the_wire(recording)
    _, url = await serving.__aenter__()
    async with wire(url) as line:
        await line.send(request(VERSION))
        await line.answer()
        await serving.__aexit__(None, None, None)
        assert await line.rest() == b""


async def test_a_held_poll_does_not_keep_the_server(recording):
    serving = on_the_wire(recording, poll_timeout_ms=600_000)
    _, url = await serving.__aenter__()
    async with wire(url) as line:
        await line.send(await poll(url))
        await serving.__aexit__(None, None, None)
        assert b"/meta/connect" in (await line.answer())[2]


@pytest.mark.parametrize("part", [20, -1, -5], ids=["in the head", "before the last byte", "in the body"])
async def test_a_client_that_leaves_half_way_has_asked_nothing(recording, part):
    async with on_the_wire(recording) as (app, url):
        async with wire(url) as line:
            await line.send(request(CHAT, UPLOADS[0], fields=POST)[:part])
        async with wire(url) as line:
            await line.send(request(VERSION))
            assert (await line.answer())[2] == b"8.5"
        assert app.answered == app._stub.journal.asked == 1


async def test_who_leaves_with_requests_behind_a_held_poll_loses_no_notification(tale):
    async with on_the_wire(tale.path, poll_timeout_ms=600_000) as (app, url):
        channel = app._stub.delivery.channel
        async with httpx.AsyncClient(base_url=url, auth=("ines", "rhubarb"), trust_env=False, verify=False) as client:
            await client.get("/api/v2/me?subresources=features,devices,channels")
            ear = Ear(client)
            await ear.open()
            connect = {"channel": bayeux.CONNECT, "connectionType": "long-polling", "clientId": ear.client_id}
            async with wire(url) as line:
                held = request(CHANNEL, orjson.dumps([connect]), fields=POST)
                await line.send(held + request(VERSION))
                await channel.listening(ear.client_id)
            while channel.comet.holding(ear.client_id):
                await asyncio.sleep(0)
            start = {"operationName": "StartContactCenterSession", "channels": ["chat"]}
            assert (await client.post("/api/v2/me", json=start)).status_code == 200
            assert len(await ear.poll()) == 1


async def test_nobody_acts_on_what_comes_behind_the_end_of_a_connection(tmp_path):
    path = recorded(tmp_path / "file.db", (FILE, b"", 200, b"content"), (VERSION, b"", 200, b"8.5"))
    async with on_the_wire(path) as (app, url), wire(url) as line:
        app._stub.faults.cut_download()
        await line.send(request(FILE) + request(VERSION))
        assert (await line.rest()).endswith(b"\r\n\r\ncon")
        assert app._stub.journal.asked == 1
