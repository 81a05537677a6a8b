"""Many stubs in one process: each on its own, all from one loading; begun anew under clients, and ended."""

import asyncio
import socket
import subprocess
import sys
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest
from mitmproxy import ctx

from inspector.demo import story
from inspector.demo.comparison import compare
from inspector.demo.desktop import at_desk
from inspector.demo.people import AGENT
from inspector.errors import NothingFound, UsageError
from inspector.proxy.host import Proxy, running, script
from inspector.replay.control.hosting import Hosted, Piece, Stage, Stubs, hosting
from inspector.replay.control.shelf import Source
from inspector.replay.faults import ExpireSession, LoseNotification, Refuse
from inspector.replay.fronts.listening import listening
from inspector.replay.fronts.protocol import SHORT, Prompt
from inspector.replay.fronts.server import BEGUN
from inspector.replay.stub import Served, Settings, Stub
from inspector.traffic import bayeux
from tests.replay.fronts import CHANNEL, PATIENCE, Ear, Made, make, options
from tests.traffic.exchanges import request

AUTH = httpx.BasicAuth(AGENT.user_name, AGENT.password)
ME = "/api/v2/me?subresources=features,devices,channels"
VERSION = "/api/v2/diagnostics/version"
START = {"operationName": "StartContactCenterSession", "channels": ["chat"]}
QUICK = Settings(poll_timeout_ms=1000)


async def piece(stubs: Stubs, tale, **more) -> Piece:
    source = Source(tale.path)
    return Piece(source, await stubs.prepared(source), **{"settings": QUICK} | more)


def client(hosted: Hosted) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=hosted.url, trust_env=False, verify=False, timeout=PATIENCE)


@asynccontextmanager
async def logged_in(hosted: Hosted):
    async with client(hosted) as http:
        assert (await http.get(ME, auth=AUTH)).status_code == 200
        yield http


async def start(hosted: Hosted) -> int:
    """The status of an operation that the recording has once."""
    async with logged_in(hosted) as http:
        return (await http.post("/api/v2/me", json=START)).status_code


@pytest.mark.parametrize("id", ["01", "0", "2", "-1", "1.0", "²", "", "1" * 5000])
async def test_of_what_never_was_a_stub_nobody_says_that_it_has_ended(id, tale):
    async with hosting() as stubs:
        await stubs.create(await piece(stubs, tale))
        with pytest.raises(NothingFound, match="there is no stub"):
            stubs.get(id)


async def test_a_hosted_stub_plays_the_whole_story_and_ends(tale):
    async with hosting() as stubs:
        hosted = await stubs.create(await piece(stubs, tale))
        async with at_desk(hosted.url, AGENT.user_name, AGENT.password, patience=PATIENCE, hope=0) as desktop:
            async for _ in story.play(desktop):
                pass
        verification = await stubs.end(hosted.id)
        assert compare(tale.seen, desktop.inbox) == []
        assert (verification.missed, verification.unused, verification.undelivered) == (0, (), ())
        with pytest.raises(httpx.ConnectError):
            await start(hosted)
        with pytest.raises(NothingFound, match="stub 1 has ended"):
            stubs.get("1")
    assert tale.watch.connections() == 0


async def test_stubs_of_one_recording_share_it_and_nothing_else(tale):
    async with hosting() as stubs:
        one, other = [await stubs.create(await piece(stubs, tale)) for _ in range(2)]
        assert one.piece.prepared is other.piece.prepared
        one.stub.faults.refuse("StartContactCenterSession", times=0)
        assert [await start(one), await start(other)] == [200, 200]
        assert [hosted.stub.journal.faults for hosted in (one, other)] == [1, 0]
        async with logged_in(one) as http, client(other) as stranger:
            before = other.stub.journal.asked
            assert (await http.post("/api/v2/me", json=START)).status_code == 200
            assert other.stub.journal.asked == before
            stranger.cookies = http.cookies  # the name of somebody there is nobody's here
            assert (await stranger.post("/api/v2/me", json=START)).status_code == 200


async def test_twenty_stubs_at_once_come_from_one_loading(tale):
    async with hosting() as stubs:

        async def made() -> Hosted:
            return await stubs.create(await piece(stubs, tale))

        hosted = await asyncio.gather(*(made() for _ in range(20)))
        assert await asyncio.gather(*map(start, hosted)) == [200] * 20
        assert len({id(one.piece.prepared) for one in hosted}) == 1
        assert len({one.url for one in hosted}) == 20
        assert sorted(map(int, (one.id for one in stubs.all))) == list(range(1, 21))
        verifications = await asyncio.gather(*(stubs.end(one.id) for one in hosted))
        assert {(one.asked, one.missed) for one in verifications} == {(2, 0)}
        assert stubs.all == []


async def test_a_reset_begins_anew_under_a_held_poll(tale):
    async with hosting() as stubs:
        hosted = await stubs.create(await piece(stubs, tale, settings=Settings(poll_timeout_ms=600_000)))
        async with logged_in(hosted) as http:
            await http.post("/api/v2/me", json=START)
            ear = Ear(http)
            await ear.open()
            poll = asyncio.ensure_future(ear.poll())
            await hosted.stub.delivery.channel.listening(ear.client_id)
            hosted.stub.faults.refuse()
            url, before = hosted.url, hosted.reset()
            assert await poll == []
            assert (before.answered > 0, before.missed) == (True, 0)
            assert (hosted.stub.journal.asked, hosted.stub.faults.armed) == (0, [])
            (told,) = (await http.post(CHANNEL, json=[connect(ear.client_id)])).json()
            assert told["error"].startswith("402")
        assert (hosted.url, await start(hosted)) == (url, 200)


def connect(client_id: str) -> dict[str, str]:
    return {"channel": bayeux.CONNECT, "clientId": client_id, "connectionType": "long-polling"}


async def test_a_reset_leaves_what_the_stub_was_made_with(tale):
    own = Refuse(operation="StartContactCenterSession", status_code=3)
    async with hosting() as stubs:
        hosted = await stubs.create(await piece(stubs, tale, faults=(own,), settings=replace(QUICK, reuse=True)))
        hosted.stub.faults.add(LoseNotification())
        for _ in range(2):
            async with logged_in(hosted) as http:
                codes = [(await http.post("/api/v2/me", json=START)).json()["statusCode"] for _ in range(3)]
            assert codes == [3, 0, 0]
            hosted.reset()
        assert hosted.stub.faults.armed == [own]


async def test_a_fault_that_would_meet_nobody_is_refused(tale):
    async with hosting() as stubs:
        with pytest.raises(UsageError, match="expire_session needs the operation"):
            await piece(stubs, tale, faults=(ExpireSession(),))


async def test_the_stub_of_the_proxy_is_hosted_as_well(tale):
    chosen = options(tale.path, QUICK)
    async with (
        running(Proxy(f"reverse:{tale.upstream}", "127.0.0.1", 0, [script("replay")], chosen)) as url,
        hosting() as stubs,
    ):
        front, played = ctx.master.addons.get("inspector-replay"), await piece(stubs, tale)
        hosted = stubs.adopt(front, url, played)
        async with logged_in(hosted) as http:
            ear = Ear(http)
            await ear.open()
            poll = asyncio.ensure_future(ear.poll())
            await hosted.stub.delivery.channel.listening(ear.client_id)
            assert hosted.reset().asked > 0
            assert await poll == []
        assert await start(hosted) == 200
        assert front.stub.journal.asked == hosted.stub.journal.asked == 2
        with pytest.raises(UsageError, match="stub 1 ends with the command"):
            await stubs.end("1")
        assert await start(hosted) == 200, "it goes on"
    assert tale.watch.connections() == 0


async def test_a_port_in_use_harms_nobody(tale):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with hosting() as stubs:
            played = await piece(stubs, tale)
            hosted = await stubs.create(played)
            with pytest.raises(UsageError, match=f"cannot listen on 127.0.0.1:{port}"):
                await stubs.create(played, port=port)
            assert await start(hosted) == 200
            assert (await stubs.create(played)).id == "2"


async def test_of_two_who_want_one_port_one_gets_it(tale):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    async with hosting() as stubs:
        played = await piece(stubs, tale)
        both = await asyncio.gather(*(stubs.create(played, port=port) for _ in range(2)), return_exceptions=True)
        assert sorted(type(one).__name__ for one in both) == ["Hosted", "UsageError"]
        assert await start(stubs.get("1")) == 200


@pytest.mark.parametrize("error", [ZeroDivisionError, asyncio.CancelledError])
async def test_what_ends_the_block_comes_out_as_it_was_and_ends_all(tale, error):
    with pytest.raises(error):
        async with hosting() as stubs:
            hosted = [await stubs.create(await piece(stubs, tale)) for _ in range(2)]
            raise error
    for one in hosted:
        with pytest.raises(httpx.ConnectError):
            await start(one)


async def test_a_stage_serves_who_stands_on_it(tale):
    async with hosting() as stubs:
        played = await piece(stubs, tale)
        stage = Stage(played.stub())
        async with listening(stage) as url:
            hosted = stubs.adopt(stage, url, played)
            assert [await start(hosted), await start(hosted)] == [200, 200]
            assert hosted.reset().asked == 4
            assert await start(hosted) == 200
            assert stage.stub.journal.asked == 2


class Noting(Stub):
    """Notes what it was told to have been handed over."""

    def __init__(self, played: Piece) -> None:
        prepared = played.prepared
        super().__init__(prepared.loaded, prepared.matcher, prepared.origins, QUICK)
        self.over: list[Served] = []

    def handed_over(self, served: Served) -> None:
        self.over.append(served)
        super().handed_over(served)


@pytest.mark.parametrize(
    "asked",
    [
        request("GET", "/large"),
        request("POST", CHANNEL, body=b'{"channel":"/meta/handshake"}', content_type="application/json"),
    ],
    ids=["large", "later"],
)
async def test_an_answer_that_was_begun_is_its_stubs_whoever_stands_there_now(tmp_path, asked):
    source = Source(make(tmp_path / "large.db", Made("/large", body=b"x" * 2 * SHORT)))
    async with hosting() as stubs:
        played = Piece(source, await stubs.prepared(source))
        first, second = Noting(played), Noting(played)
        stage = Stage(first)
        assert isinstance(stage, Prompt), "it is served as promptly as a StubApp"
        begun = stage.begin(asked)
        stage.stub = second
        first.close()
        sent = []

        async def send(message) -> None:
            sent.append(message)

        async def receive():
            await asyncio.Event().wait()

        await stage({"type": "http", BEGUN: begun}, receive, send)
        assert sent[0]["status"] == 200
        assert (len(first.over), second.over) == (1, [])


@pytest.mark.parametrize("id", ["", "0", "2", "-1", "x", "1" * 5000, "²"], ids=range(7))
async def test_an_id_that_nobody_has_is_told_so(tale, id):
    async with hosting() as stubs:
        await stubs.create(await piece(stubs, tale))
        with pytest.raises(NothingFound, match="there is no stub"):
            stubs.get(id)


def test_hosting_waits_for_no_library_of_the_control_address():
    told = "import sys, inspector.replay.control.hosting; print({'starlette', 'anyio'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True).stdout == "set()\n"
