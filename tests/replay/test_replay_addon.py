"""What is particular about replaying through mitmproxy: no server is ever asked, whatever goes wrong."""

import asyncio
import json

import httpx
import pytest
from mitmproxy import ctx

from inspector.demo.people import AGENT
from inspector.errors import UsageError
from inspector.proxy import host
from inspector.proxy.host import Proxy, script
from tests.replay.fronts import PATIENCE, Ear

AUTH = httpx.BasicAuth(AGENT.user_name, AGENT.password)
ME = "/api/v2/me?subresources=features,devices,channels"
START = {"operationName": "StartContactCenterSession", "channels": ["chat"]}


@pytest.fixture
def running(tale):
    """Runs a proxy that replays the story; afterwards nobody may have asked the server that was recorded."""

    def run(mode: str = "", scripts: tuple = (), **options):
        chosen = {"inspector_replay": str(tale.path), "inspector_poll_timeout": 600_000} | options
        return host.running(
            Proxy(mode or f"reverse:{tale.upstream}", "127.0.0.1", 0, [script("replay"), *scripts], chosen)
        )

    yield run
    assert tale.watch.connections() == 0


def addon():
    return ctx.master.addons.get("inspector-replay")


def client(url: str, **options) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, trust_env=False, verify=False, timeout=PATIENCE, **options)


def forward(proxy: str, base: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=base, proxy=proxy, verify=False, trust_env=False, timeout=PATIENCE)


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_forward_proxy_asks_nobody_for_any_host(running, tale, scheme):
    async with running("regular") as proxy:
        for host_ in ("unknown.test", tale.upstream.partition("//")[2]):
            async with forward(proxy, f"{scheme}://{host_}") as http:
                answer = await http.get(ME, auth=AUTH)
                missed = await http.get("/api/v2/nowhere")
            assert (answer.status_code, missed.status_code) == (200, 501)
            assert answer.json()["user"]["uri"].startswith(f"{scheme}://{host_}/api/v2/")


async def test_tls_clients_of_a_reverse_proxy_see_https(running):
    async with running() as url, client(url.replace("http", "https")) as http:
        answer = await http.get(ME, auth=AUTH)
    assert answer.json()["user"]["uri"].startswith(url.replace("http", "https"))


async def test_what_is_no_http_reaches_no_server(running, tale):
    async with running(f"reverse:tcp://{tale.upstream.partition('//')[2]}") as url:
        where = httpx.URL(url)
        reader, writer = await asyncio.open_connection(where.host, where.port)
        writer.write(b"anybody there?")
        assert await reader.read() == b""
        writer.close()


async def test_a_tunnel_of_unknown_bytes_reaches_no_server(running, tale):
    async with running("regular") as url:
        where = httpx.URL(url)
        reader, writer = await asyncio.open_connection(where.host, where.port)
        there = tale.upstream.partition("//")[2].encode()
        writer.write(b"CONNECT " + there + b" HTTP/1.1\r\nHost: " + there + b"\r\n\r\n")
        assert b" 200 " in await reader.readline()
        writer.write(b"\x00\x01\x02\x03")
        await reader.read()
        writer.close()


async def test_without_a_recording_every_request_is_refused(running):
    async with running(inspector_replay="") as url, client(url) as http:
        answer = await http.get(ME, auth=AUTH)
    assert answer.status_code == 500
    assert "inspector_replay" in answer.json()["statusMessage"]


@pytest.mark.parametrize("where", ["asked", "answered", "_answer"])
async def test_any_exception_is_answered_by_us(running, monkeypatch, where):
    def fail(*_):
        raise RuntimeError("a defect")

    async with running() as url, client(url) as http:
        with monkeypatch.context() as patch:
            names = type(addon()).request.__globals__
            answer_ = names["_answer"]
            patch.setitem(names, where, fail if where != "_answer" else once(fail, answer_))
            answer = await http.post("/api/v2/me", json=START)
        assert (await http.get(ME, auth=AUTH)).status_code == 200
    assert (answer.status_code, answer.json()["statusCode"]) == (500, 4)
    assert "a defect" in answer.json()["statusMessage"]


def once(first, then):
    """Calls `first` the first time, `then` from then on."""
    turns = iter([first])
    return lambda *arguments: next(turns, then)(*arguments)


async def test_streaming_is_refused(running):
    with pytest.raises(UsageError, match="stream_large_bodies"):
        async with running(stream_large_bodies="1m"):
            pass


async def test_a_script_that_streams_asks_nobody(running, tmp_path):
    path = tmp_path / "streams.py"
    path.write_text("def requestheaders(flow):\n    flow.request.stream = True\n")
    async with running(scripts=(path,)) as url, client(url) as http:
        answer = await http.post("/api/v2/me", json=START)
    assert answer.status_code == 502


async def test_a_large_upload_is_read_whole(running):
    async with running() as url, client(url) as http:
        answer = await http.post("/api/v2/nowhere", content=b"x" * 3_000_000)
    assert answer.status_code == 501


async def test_the_answer_of_another_script_stays(running, tmp_path):
    path = tmp_path / "answers.py"
    path.write_text(
        "from mitmproxy import http\n\ndef requestheaders(flow):\n    flow.response = http.Response.make(418)\n"
    )
    async with running(scripts=(path,)) as url, client(url) as http:
        answer = await http.post("/api/v2/me", json=START)
        assert addon().stub.journal.asked == 0
    assert answer.status_code == 418


async def test_what_is_chosen_after_recording_can_be_chosen_here(running, tmp_path):
    faults = tmp_path / "faults.toml"
    faults.write_text("[[faults]]\nfault = 'refuse'\noperation = 'Accept'\nstatus_code = 3\n")
    chosen = {"inspector_ignore": ["/nickname"], "inspector_cors": ["*"], "inspector_faults": str(faults)}
    async with running(**chosen) as url, client(url, headers={"Origin": "https://desk.example"}) as http:
        asked = {"operationName": "Accept", "nickname": "Somebody else"}
        chat = "/api/v2/me/chats/0001TaBTNRPW01GV"
        answers = [await http.post(chat, json=asked, auth=AUTH) for _ in range(2)]
    assert [answer.json()["statusCode"] for answer in answers] == [3, 0]
    assert {answer.headers["access-control-allow-origin"] for answer in answers} == {"https://desk.example"}


async def test_misses_are_told_in_the_log(running, caplog):
    async with running() as url, client(url) as http:
        await http.post("/api/v2/nowhere", json=START)
    assert any("was never recorded" in record.getMessage() for record in caplog.records)


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("inspector_replay", "/there/is/no/such.db", "such.db"),
        ("inspector_agent", "nobody-of-that-name", "sofia"),
        ("inspector_session", "77", "77"),
        ("inspector_pace", "quickly", "quickly"),
        ("inspector_pace", "-1", "-1"),
        ("inspector_pace", "nan", "nan"),
        ("inspector_ignore", ["nickname"], "no JSON pointer"),
        ("inspector_cors", ["desk"], "no origin"),
        ("inspector_faults", "/there/is/no/such.toml", "such.toml"),
    ],
)
async def test_options_that_make_no_sense_are_refused(running, option, value, words):
    with pytest.raises(UsageError, match=words):
        async with running(**{option: value}):
            pass


async def test_a_client_that_leaves_costs_nothing(running):
    async with running() as url, client(url) as http:
        await http.get(ME, auth=AUTH)
        ear = Ear(http)
        await ear.open()
        for _ in range(5):
            with pytest.raises(httpx.ReadTimeout):
                await ear.poll(timeout=0.02)
        await http.post("/api/v2/me", json=START)
        assert len(await ear.poll()) == 1
        assert (addon()._served, addon()._waiting._by_client) == ({}, {})


async def test_held_polls_end_when_the_proxy_does(running):
    async with client("http://gws.test") as http:
        async with running() as url:
            http.base_url = httpx.URL(url)
            await http.get(ME, auth=AUTH)
            ear = Ear(http)
            await ear.open()
            poll = asyncio.ensure_future(ear.poll())
            await addon().stub.delivery.channel.listening(ear.client_id)
        async with asyncio.timeout(PATIENCE):
            await asyncio.wait({poll})
    assert poll.exception() is None or isinstance(poll.exception(), httpx.TransportError | json.JSONDecodeError)
