"""`--spy` when the server fails, or is not what it was."""

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from mitmproxy.certs import CertStore

from inspector.analysis.agents import SESSION_COOKIE
from inspector.demo.people import AGENT
from inspector.demo.server import LookAlike
from inspector.replay.fronts.listening import Certificate, listening
from inspector.replay.spy import wire
from inspector.replay.spy.spying import Patience
from inspector.replay.stub import Stub
from tests.replay.fronts import Ear
from tests.replay.spied import AUTH, ME, PATIENCE, UNRECORDED, second_chat, spying_on, stub_with

Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
SHORT = Patience(connect=5, read=0.3, whole=10)


def said(answer: bytes) -> Peer:
    """A server that answers every request of a connection so, and hangs up after the first."""

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    return peer


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


async def dripping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while not reader.at_eof():
        writer.write(b".")
        await asyncio.sleep(0.01)
        if writer.is_closing():
            break
    writer.close()


@asynccontextmanager
async def standing(peer: Peer) -> AsyncIterator[str]:
    server = await asyncio.start_server(peer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        server.close()


@asynccontextmanager
async def asking(
    path: Path, upstream: str, patience: Patience | None = None
) -> AsyncIterator[tuple[Stub, httpx.AsyncClient]]:
    """A stub that asks this server, and its client."""
    async with (
        stub_with(path, upstream, patience) as (stub, _, url, _),
        httpx.AsyncClient(base_url=url, timeout=PATIENCE, trust_env=False, verify=False) as client,
    ):
        yield stub, client


@pytest.mark.parametrize(
    ("peer", "patience", "told"),
    [
        (said(b""), None, "disconnected"),
        (said(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"), None, "peer closed"),
        (said(b"no HTTP at all\r\n\r\n"), None, "illegal status line"),
        (said(b"HTTP/1.1 200 OK\r\nBad Name: x\r\n\r\n"), None, "illegal header"),
        (said(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), None, "chunk"),
        (said(b"HTTP/1.1 601 Odd\r\nContent-Length: 0\r\n\r\n"), None, "601"),
        (silent, SHORT, "ReadTimeout"),
        (dripping, Patience(whole=0.3), "TimeoutError"),
    ],
    ids=["hangs up", "cut", "no HTTP", "illegal field", "broken chunks", "no status", "silent", "drips"],
)
async def test_a_server_that_fails_leaves_a_miss_and_a_line(tale, caplog, peer, patience, told):
    async with standing(peer) as upstream, asking(tale.path, upstream, patience) as (stub, client):
        answer = await client.get(UNRECORDED)
        verification = stub.verify()
    assert answer.status_code == 501 and answer.json()["nearest"]
    assert (verification.missed, verification.forwarded) == (1, 0)
    lines = [record.getMessage() for record in caplog.records if "was not forwarded" in record.getMessage()]
    assert len(lines) == 1 and told.lower() in lines[0].lower()


@pytest.mark.parametrize("upstream", ["nobody there", "http://no-such-host.invalid"])
async def test_a_server_that_cannot_be_reached_leaves_a_miss(tale, caplog, upstream):
    with socket.socket() as taken:  # bound, but nobody listens
        taken.bind(("127.0.0.1", 0))
        if upstream == "nobody there":
            upstream = f"http://127.0.0.1:{taken.getsockname()[1]}"
        async with asking(tale.path, upstream, Patience(connect=2)) as (_, client):
            await client.get(ME, auth=AUTH)
            assert (await client.get(UNRECORDED)).status_code == 501
            assert (await client.get(ME)).status_code == 200
    assert caplog.text.count("was not forwarded") == 1


async def test_a_certificate_that_nobody_vouches_for_is_refused(tale, caplog, tmp_path):
    CertStore.from_store(tmp_path, "own", 2048)
    own = tmp_path / "own-ca.pem"
    async with (
        listening(LookAlike(), certificate=Certificate(own, own)) as upstream,
        asking(tale.path, upstream) as (_, client),
    ):
        assert (await client.get(UNRECORDED)).status_code == 501
    assert "CERTIFICATE_VERIFY_FAILED" in caplog.text


async def test_an_answer_that_is_too_large_is_not_passed_on(tale, caplog, monkeypatch):
    monkeypatch.setattr(wire, "BODY_LIMIT", 1000)
    peer = said(b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + b"." * 1001)
    async with standing(peer) as upstream, asking(tale.path, upstream) as (_, client):
        assert (await client.get(UNRECORDED)).status_code == 501
    assert "more than 1000 bytes" in caplog.text


async def test_the_answer_is_made_legal_and_stays_on_the_stub(tale):
    body = gzip.compress(b'{"uri":"http://gws.inner/api/v2/me"}')
    head = (
        b"HTTP/1.1 307 Over There\r\nContent-Length: %d\r\nContent-Encoding: gzip\r\nContent-Type: application/json\r\n"
        b"Connection: X-Mine\r\nX-Mine: 1\r\nKeep-Alive: timeout=5\r\nStrict-Transport-Security: max-age=1\r\n"
        b"Set-Cookie: JSESSIONID=theirs-and-long; Path=/\r\nSet-Cookie: lb=7; Domain=gws.inner; Secure; Path=/\r\n"
        b"Location: http://gws.inner/api/v2/elsewhere;jsessionid=theirs-and-long\r\n\r\n" % len(body)
    )
    async with standing(said(head + body)) as upstream, asking(tale.path, upstream) as (_, client):
        answer = await client.get(UNRECORDED)
    assert answer.status_code == 307
    assert answer.json() == {"uri": f"{client.base_url}/api/v2/me"}
    assert answer.headers["Location"].startswith(f"{client.base_url}/api/v2/elsewhere")
    assert answer.headers.get_list("Set-Cookie") == ["lb=7; Path=/"]
    assert not {"x-mine", "keep-alive", "strict-transport-security"} & set(answer.headers)


async def test_a_server_without_sessions_is_not_told_the_stubs(tale):
    heard = bytearray()

    async def hearing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.extend(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        await writer.drain()
        writer.close()

    async with standing(hearing) as upstream, asking(tale.path, upstream) as (_, client):
        login = await client.get(ME, auth=AUTH)
        token, cookie = login.headers["X-CSRF-TOKEN"], client.cookies[SESSION_COOKIE]
        client.cookies.set("language", "de")
        answer = await client.get(f"{UNRECORDED}&token={token}", headers={"X-CSRF-TOKEN": token, "X-Echo": cookie})
    assert (answer.status_code, answer.content) == (200, b"{}")
    login_there, _, asked_there = bytes(heard).partition(b"\r\n\r\n")
    assert login_there.startswith(b"GET /api/v2/me HTTP/1.1") and b"Authorization: Basic" in login_there
    assert b"Authorization: Basic" in asked_there and b"Cookie: language=de\r\n" in asked_there
    assert b"x-csrf-token" not in heard.lower()
    assert token.encode() not in heard and cookie.encode() not in heard


async def test_a_login_that_the_server_refuses_leaves_a_miss(tale, caplog):
    async with spying_on(tale.path) as scene, scene.client() as client:
        await client.get(ME, auth=httpx.BasicAuth(AGENT.user_name, "a password of long ago"))
        answer = await client.get(UNRECORDED)
    assert answer.status_code == 501
    assert scene.server.targets == ["GET /api/v2/me"]
    assert "answered the login with 403" in caplog.text
    assert "of long ago" not in caplog.text


async def test_an_operation_is_not_forwarded_where_its_notification_could_not_be_heard(tale, caplog):
    async with spying_on(tale.path) as scene:
        chat_id = await second_chat(scene)
        answer_channel = scene.look_alike._answer_channel

        async def refuse(request, receive, send):
            await send({"type": "http.response.start", "status": 500, "headers": []})
            await send({"type": "http.response.body", "body": b"out of order"})

        scene.look_alike._answer_channel = refuse
        async with scene.client() as client:
            login = await client.get(ME, auth=AUTH)
            client.headers["X-CSRF-TOKEN"] = login.headers["X-CSRF-TOKEN"]
            await Ear(client).open()
            say = {"operationName": "SendMessage", "text": "Hello?"}
            assert (await client.post(f"/api/v2/me/chats/{chat_id}", json=say)).status_code == 501
            assert not [one for one in scene.server.targets if one.endswith(chat_id)]
            scene.look_alike._answer_channel = answer_channel
            assert (await client.post(f"/api/v2/me/chats/{chat_id}", json=say)).status_code == 200
    assert "/meta/handshake was answered with 500" in caplog.text
