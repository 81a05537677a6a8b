"""Any client: httpx, requests, urllib and aiohttp by a socket, httpx without one, in threads and in event loops."""

import asyncio
import base64
import json
import threading
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http.cookiejar import CookieJar
from typing import Any

import aiohttp
import httpx
import pytest
import requests

from inspector.demo.people import AGENT
from inspector.testing.stub import GwsStub
from tests.testing.sample import CONVERSATION, PROJECT

pytestmark = pytest.mark.gws_recording(str(PROJECT / CONVERSATION))

ME, CHANNEL = "/api/v2/me?subresources=features,devices,channels", "/api/v2/notifications"
USER = (AGENT.user_name, AGENT.password)
KNOWN = {"Authorization": f"Basic {base64.b64encode(':'.join(USER).encode()).decode()}"}
START = {"operationName": "StartContactCenterSession", "channels": ["chat"]}
HELLO = {"channel": "/meta/handshake", "version": "1.0", "supportedConnectionTypes": ["long-polling"]}

Ask = Callable[[str, Any], Any]
"""Asks for a path, with a JSON body if there is one: the answer's JSON."""


@contextmanager
def by_httpx(stub: GwsStub) -> Iterator[Ask]:
    with httpx.Client(base_url=stub.url, auth=USER, trust_env=False, verify=False, timeout=None) as http:
        yield lambda path, body: http.request("POST" if body else "GET", path, json=body).json()


@contextmanager
def by_httpx_without_a_socket(stub: GwsStub) -> Iterator[Ask]:
    with httpx.Client(transport=stub.transport, base_url="https://gws.test", auth=USER, timeout=None) as http:
        yield lambda path, body: http.request("POST" if body else "GET", path, json=body).json()


@contextmanager
def by_requests(stub: GwsStub) -> Iterator[Ask]:
    with requests.Session() as http:
        http.auth, http.trust_env = USER, False
        yield lambda path, body: http.request("POST" if body else "GET", stub.url + path, json=body, timeout=30).json()


@contextmanager
def by_urllib(stub: GwsStub) -> Iterator[Ask]:
    cookies = urllib.request.HTTPCookieProcessor(CookieJar())
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), cookies)
    headers = KNOWN | {"Content-Type": "application/json"}

    def ask(path: str, body: Any) -> Any:
        content = json.dumps(body).encode() if body else None
        with opener.open(urllib.request.Request(stub.url + path, content, headers), timeout=30) as answer:
            return json.loads(answer.read())

    yield ask


def told(ask: Ask) -> list[str]:
    """What an agent is told that starts to work."""
    assert ask(ME, None)["user"]["userName"] == AGENT.user_name
    client_id = ask(CHANNEL, [HELLO | {"id": "1"}])[0]["clientId"]
    own = {"clientId": client_id, "subscription": "/v2/me/chats", "connectionType": "long-polling"}
    assert ask(CHANNEL, [own | {"id": "2", "channel": "/meta/subscribe"}])[0]["successful"]
    assert ask("/api/v2/me", START) == {"statusCode": 0}
    messages = ask(CHANNEL, [own | {"id": "3", "channel": "/meta/connect"}])
    return [message["data"]["notificationType"] for message in messages if "data" in message]


@pytest.mark.parametrize("client", [by_httpx, by_httpx_without_a_socket, by_requests, by_urllib])
def test_a_client_of_any_kind_is_told(gws_stub, client):
    with client(gws_stub) as ask:
        assert told(ask) == ["StatusChange"]
    (call,) = gws_stub.calls
    assert (call.operation, call.agent, call.body, call.accepted) == (START["operationName"], "sofia", START, True)


async def test_so_is_aiohttp(gws_stub):
    jar = aiohttp.CookieJar(unsafe=True)  # else it keeps no cookies of an IP address
    async with aiohttp.ClientSession(gws_stub.url, headers=KNOWN, cookie_jar=jar) as http:

        async def ask(path: str, body: Any) -> Any:
            async with http.request("POST" if body else "GET", path, json=body) as answer:
                return await answer.json()

        loop = asyncio.get_running_loop()
        wait = lambda path, body: asyncio.run_coroutine_threadsafe(ask(path, body), loop).result()  # noqa: E731
        assert await asyncio.to_thread(told, wait) == ["StatusChange"]


async def test_so_is_httpx_in_a_loop_without_a_socket(gws_stub):
    async with httpx.AsyncClient(
        transport=gws_stub.async_transport, base_url="https://gws.test", auth=USER, timeout=None
    ) as http:
        assert (await http.get(ME)).json()["user"]["userName"] == AGENT.user_name
        async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
            own = await _listening(http)
            held = tasks.create_task(http.post(CHANNEL, json=[own | {"channel": "/meta/connect"}]))
            assert (await http.post("/api/v2/me", json=START)).json() == {"statusCode": 0}
            assert (await gws_stub.async_wait_for("StartContactCenterSession")).accepted
        assert [one["data"]["chat"]["state"] for one in (await held).json() if "data" in one] == ["Invited"]


async def _listening(http: httpx.AsyncClient) -> dict[str, str]:
    """A client of the channel, as its further messages name it."""
    own = {"clientId": (await http.post(CHANNEL, json=[HELLO])).json()[0]["clientId"], "connectionType": "long-polling"}
    await http.post(CHANNEL, json=[own | {"channel": "/meta/subscribe", "subscription": "/v2/me/chats"}])
    return own


@pytest.mark.parametrize("client", [by_httpx, by_httpx_without_a_socket])
def test_threads_may_share_it(gws_stub, client):
    with client(gws_stub) as ask, ThreadPoolExecutor(8) as threads:
        users = {answer["user"]["userName"] for answer in threads.map(lambda _: ask(ME, None), range(40))}
    assert users == {AGENT.user_name}
    assert len(gws_stub.journal) == 40


def test_each_address_is_asked_for_once_and_is_gone_with_the_test(gws_stub, request):
    url = gws_stub.url
    assert gws_stub.url == url
    with by_requests(gws_stub) as ask:
        assert ask(ME, None)
    gws_stub.close()
    gws_stub.close()
    assert [one.name for one in threading.enumerate()].count("gws-stubs") == 1
    _until_gone(url)


def _until_gone(url: str) -> None:
    """Returns once nobody listens there."""
    while True:
        try:
            requests.get(url + "/nix", timeout=30)
        except requests.ConnectionError:
            return


@pytest.mark.gws_recording(cors="https://desk.example.com")
def test_pages_of_other_origins_are_let_in_by_the_marker(gws_stub):
    gws_stub.allow_misses()
    headers = {"Origin": "https://desk.example.com"}
    answer = requests.get(gws_stub.url + "/nix", headers=headers, timeout=30)
    assert answer.headers["Access-Control-Allow-Origin"] == headers["Origin"]
    other = requests.get(gws_stub.url + "/nix", headers={"Origin": "https://other.example.com"}, timeout=30)
    assert "Access-Control-Allow-Origin" not in other.headers


@pytest.mark.gws_recording(poll_timeout=100_000)
@pytest.mark.parametrize("client", [by_httpx, by_httpx_without_a_socket])
def test_a_poll_that_is_held_ends_with_the_stub(gws_stub, client):
    ready = threading.Event()

    def poll() -> None:
        with client(gws_stub) as ask:
            ask(ME, None)
            client_id = ask(CHANNEL, [HELLO])[0]["clientId"]
            connect = {"channel": "/meta/connect", "clientId": client_id, "connectionType": "long-polling"}
            ask(CHANNEL, [connect])  # the first one is answered at once
            ready.set()
            with suppress(httpx.HTTPError):
                ask(CHANNEL, [connect])

    polling = threading.Thread(target=poll, daemon=True)
    polling.start()
    assert ready.wait(60)
    for _ in range(300):  # whether it is held already, nobody can see from outside
        gws_stub.close()
        polling.join(0.1)
        if not polling.is_alive():
            break
    assert not polling.is_alive()
