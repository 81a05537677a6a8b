"""What is particular about answering in this process: threads, loops, httpx's timeouts."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from inspector.demo.documents import document
from inspector.demo.people import AGENT
from inspector.replay.fronts.transport import AsyncStubTransport, SharedLoop, StubTransport, _asked
from inspector.replay.plans.opening import prepare
from inspector.replay.story.engine import Fate
from inspector.replay.stub import Settings
from inspector.traffic import bayeux
from tests.replay.fronts import CHANNEL, CHATS, CUT_S, NOWHERE, PATIENCE, Ear

AUTH = httpx.BasicAuth(AGENT.user_name, AGENT.password)
ME = "/api/v2/me?subresources=features,devices,channels"
VERSION = "/api/v2/diagnostics/version"
START = {"operationName": "StartContactCenterSession", "channels": ["chat"]}
CHAT = "/api/v2/me/chats/0001TaBTNRPW01GV"
OVERTAKEN = {
    "operationName": "UploadFile",
    "documentId": document("price-list.pdf").id,
    "uploadType": "standard-response",
}
CONNECT = {"channel": bayeux.CONNECT, "connectionType": "long-polling"}


@pytest.fixture
def stub(tale):
    return prepare(tale.path).stub(Settings(poll_timeout_ms=600_000))


@pytest.fixture
def client(stub):
    with httpx.Client(transport=StubTransport(stub), base_url=NOWHERE, timeout=PATIENCE) as client:
        yield client


def listen(client: httpx.Client) -> str:
    """A Bayeux client that has subscribed and made its first connect; its id."""
    hello = {"channel": bayeux.HANDSHAKE, "version": "1.0", "supportedConnectionTypes": ["long-polling"]}
    client_id = client.post(CHANNEL, json=[hello]).json()[-1]["clientId"]
    client.post(CHANNEL, json=[{"channel": bayeux.SUBSCRIBE, "subscription": CHATS, "clientId": client_id}])
    assert poll(client, client_id, advice={"timeout": 0}) == []
    return client_id


def poll(client: httpx.Client, client_id: str, timeout: float = PATIENCE, **members: object) -> list[object]:
    connect = CONNECT | {"clientId": client_id} | members
    return [message["data"] for message in client.post(CHANNEL, json=[connect], timeout=timeout).json()[:-1]]


def test_who_asks_alone_needs_no_other_thread(client):
    before = threading.active_count()
    assert client.get(ME, auth=AUTH).status_code == 200
    assert threading.active_count() == before


def test_an_answer_that_is_there_at_once_needs_no_turn_of_the_loop(client, monkeypatch):
    client.get(ME, auth=AUTH)
    monkeypatch.setattr(SharedLoop, "_until_done", lambda self, work: pytest.fail("the loop runs"))
    assert client.post("/api/v2/me", json=START).json()["statusCode"] == 0
    assert client.get(VERSION).status_code == 200


def test_a_poll_in_one_thread_hears_of_an_operation_in_another(client, stub):
    client.get(ME, auth=AUTH)
    client_id = listen(client)
    with ThreadPoolExecutor(1) as other:
        told = other.submit(poll, client, client_id)
        StubTransport(stub)._shared.run(stub.delivery.channel.listening(client_id))
        assert client.post("/api/v2/me", json=START).json()["statusCode"] == 0
        assert len(told.result(PATIENCE)) == 1
    assert stub.verify().missed == 0


def test_what_was_told_counts_as_told_as_soon_as_it_is_there(client, stub):
    client.get(ME, auth=AUTH)
    client_id = listen(client)
    before = len(stub.verify().undelivered)
    client.post("/api/v2/me", json=START)
    assert len(poll(client, client_id)) == 1
    assert len(stub.verify().undelivered) == before - 1


def test_a_read_timeout_ends_a_held_poll_and_loses_nothing(client):
    client.get(ME, auth=AUTH)
    client_id = listen(client)
    for _ in range(3):
        with pytest.raises(httpx.ReadTimeout, match=r"no answer within 0\.05 s"):
            poll(client, client_id, timeout=CUT_S)
    client.post("/api/v2/me", json=START)
    assert len(poll(client, client_id)) == 1


def test_many_threads_at_once_are_all_answered(client):
    client.get(ME, auth=AUTH)
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda _: client.get(VERSION), range(200)))
    assert {answer.status_code for answer in answers} == {200}


async def test_a_synchronous_client_works_where_a_loop_runs(client):
    assert client.get(ME, auth=AUTH).status_code == 200
    assert client.get(VERSION).status_code == 200


async def test_a_cancelled_poll_loses_nothing(stub):
    async with httpx.AsyncClient(transport=AsyncStubTransport(stub), base_url=NOWHERE, timeout=PATIENCE) as client:
        await client.get(ME, auth=AUTH)
        ear = Ear(client)
        await ear.open()
        held = asyncio.ensure_future(ear.poll())
        await stub.delivery.channel.listening(ear.client_id)
        held.cancel()
        await asyncio.wait({held})
        await client.post("/api/v2/me", json=START)
        assert len(await ear.poll()) == 1


async def test_a_poll_that_is_cancelled_when_its_answer_is_there_loses_nothing(stub):
    async with httpx.AsyncClient(transport=AsyncStubTransport(stub), base_url=NOWHERE, timeout=PATIENCE) as client:
        await client.get(ME, auth=AUTH)
        ear = Ear(client)
        await ear.open()
        held = asyncio.ensure_future(ear.poll())
        await stub.delivery.channel.listening(ear.client_id)
        await client.post("/api/v2/me", json=START)
        held.cancel()
        await asyncio.wait({held})
        told = [] if held.cancelled() else held.result()
        assert len(told or await ear.poll()) == 1


async def test_an_operation_whose_client_leaves_was_made_all_the_same(stub):
    async with httpx.AsyncClient(transport=AsyncStubTransport(stub), base_url=NOWHERE, timeout=PATIENCE) as client:
        await client.get(ME, auth=AUTH)
        ear = Ear(client)
        await ear.open()
        connect = client.build_request("POST", CHANNEL, json=[CONNECT | {"clientId": ear.client_id}])
        poll = asyncio.ensure_future(stub.answer(_asked(connect, connect.read())))
        await stub.delivery.channel.listening(ear.client_id)
        upload = client.build_request("POST", CHAT, json=OVERTAKEN)
        waits = asyncio.ensure_future(stub.answer(_asked(upload, upload.read())))
        served = await poll  # taken, and not handed over: the reply waits for that
        waits.cancel()
        await asyncio.wait({waits})
        stub.put_back(served)
        assert len(await ear.poll()) == len(served.channel.reply.events)
        assert Fate.ASKED not in stub._cast.clients[0].player._fates.values()


def test_transports_reach_a_stub_that_lives_in_another_loop(stub):
    home = asyncio.new_event_loop()
    thread = threading.Thread(target=home.run_forever)
    thread.start()
    try:
        with httpx.Client(transport=StubTransport(stub, home), base_url=NOWHERE, timeout=PATIENCE) as client:
            assert client.get(ME, auth=AUTH).status_code == 200
            client_id = listen(client)
            with pytest.raises(httpx.ReadTimeout):
                poll(client, client_id, timeout=CUT_S)
        asyncio.run(_cancel_elsewhere(stub, home))
    finally:
        home.call_soon_threadsafe(home.stop)
        thread.join()
        home.close()


async def _cancel_elsewhere(stub, home):
    async with httpx.AsyncClient(
        transport=AsyncStubTransport(stub, home), base_url=NOWHERE, timeout=PATIENCE
    ) as client:
        await client.get(ME, auth=AUTH)
        ear = Ear(client)
        await ear.open()
        held = asyncio.ensure_future(ear.poll())
        await asyncio.wrap_future(
            asyncio.run_coroutine_threadsafe(stub.delivery.channel.listening(ear.client_id), home)
        )
        held.cancel()
        await asyncio.wait({held})
        await client.post("/api/v2/me", json=START)
        assert len(await ear.poll()) == 1


def test_who_runs_the_loop_hands_it_on():
    shared, number = SharedLoop(), 20
    everybody = threading.Barrier(number)

    async def wait(turn: int) -> int:
        for _ in range(turn):
            await asyncio.sleep(0)
        return turn

    def ride(turn: int) -> int:
        everybody.wait(PATIENCE)
        return shared.run(wait(turn * 7 % number))

    with ThreadPoolExecutor(number) as threads:
        assert sorted(threads.map(ride, range(number))) == list(range(number))
    shared.close()


def test_errors_come_to_whom_they_belong():
    async def fail() -> None:
        raise LookupError

    def fail_at_once() -> None:
        raise LookupError

    shared = SharedLoop()
    with pytest.raises(LookupError):
        shared.run(fail())
    for begin in (fail_at_once, fail):
        with pytest.raises(LookupError):
            shared.run_now(begin)
        assert not shared._runs  # or the next one would wait for ever
    shared.close()
