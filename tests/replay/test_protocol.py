"""HTTP/1.1 by hand: in whatever pieces a request comes, it is answered, in its turn, on the way meant for it."""

import logging

import httpx
import orjson
import pytest

from inspector.replay.fronts.protocol import StubProtocol
from inspector.traffic import bayeux
from tests.replay.fronts import CHANNEL
from tests.replay.wire import on_the_wire, recorded, request, turns, wire

VERSION = "/api/v2/diagnostics/version"
FILE = "/api/v2/me/chats/1/attachments/2"
CHAT = "/api/v2/me/chats/1"
LARGE = bytes(range(256)) * 1200
MEDIUM = b"m" * 60_000
UPLOADS = [b'{"operationName":"UploadFile","documentId":"%d"}' % number for number in range(10)]
PASTED = b'{"operationName":"Paste","text":"%s"}' % (b"x" * 300_000)
POST = ["Content-Type: application/json"]
HELLO = {"channel": bayeux.HANDSHAKE, "version": "1.0", "supportedConnectionTypes": ["long-polling"]}


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    return recorded(
        tmp_path_factory.mktemp("protocol") / "made.db",
        (VERSION, b"", 200, b"8.5"),
        (FILE, b"", 200, LARGE),
        ("/medium", b"", 200, MEDIUM),
        ("/nothing", b"", 204, b""),
        *((CHAT, body, 200, b'{"statusCode":0,"told":%d}' % number) for number, body in enumerate(UPLOADS)),
        (CHAT, PASTED, 200, b'{"statusCode":0,"told":"large"}'),
    )


@pytest.fixture
async def served(recording):
    async with on_the_wire(recording, reuse=True) as (app, url):
        yield app, url


async def poll(url: str) -> bytes:
    """A connect that will be held, of a new Bayeux client."""

    async def ask(message: dict[str, object]) -> bytes:
        async with wire(url) as line:
            await line.send(request(CHANNEL, orjson.dumps([message]), fields=POST))
            return (await line.answer())[2]

    client_id = orjson.loads(await ask(HELLO))[-1]["clientId"]
    connect = {"channel": bayeux.CONNECT, "connectionType": "long-polling", "clientId": client_id}
    await ask({"channel": bayeux.SUBSCRIBE, "subscription": "/**", "clientId": client_id})
    await ask(connect | {"advice": {"timeout": 0}})
    return request(CHANNEL, orjson.dumps([connect]), fields=POST)


def split(how: str, message: bytes) -> list[bytes]:
    end = message.index(b"\r\n\r\n") + 4
    match how:
        case "one piece":
            return [message]
        case "head and body":
            return [message[:end], message[end:]]
        case "every byte":
            return [message[at : at + 1] for at in range(len(message))]
    return [message[: end - 2], message[end - 2 :]]


@pytest.mark.parametrize("how", ["one piece", "head and body", "every byte", "in the end of the head"])
async def test_what_is_there_at_once_takes_the_short_cut_in_whatever_pieces_it_comes(served, how):
    app, url = served
    async with wire(url) as line:
        for number, body in enumerate([*UPLOADS, *UPLOADS]):
            await line.send(*split(how if number % 4 != 3 else "one piece", request(CHAT, body, fields=POST)))
            status, _, told = await line.answer()
            assert (status, told) == (200, b'{"statusCode":0,"told":%d}' % (number % len(UPLOADS)))
        assert (app.cycles, app.answered) == (0, 2 * len(UPLOADS))


async def test_a_head_that_is_known_is_not_parsed_again(served, monkeypatch):
    app, url = served
    parsed = []
    begins = StubProtocol.on_message_begin
    monkeypatch.setattr(StubProtocol, "on_message_begin", lambda self: (parsed.append(1), begins(self)))
    async with wire(url) as line, wire(url) as other:
        for body in UPLOADS:
            for client in (line, other):
                await client.send(request(CHAT, body, fields=[*POST, "X-Known: no"]))
                await client.answer()
    assert (len(parsed), app.answered) == (1, 2 * len(UPLOADS))


async def test_what_takes_longer_is_asked_once_also_if_its_head_is_known(tmp_path):
    path = recorded(tmp_path / "made.db", (CHAT, UPLOADS[0], 200, b"small"), (CHAT, UPLOADS[1], 200, LARGE))
    async with on_the_wire(path) as (app, url), wire(url) as line:
        for number, told in enumerate((b"small", LARGE)):
            await line.send(request(CHAT, UPLOADS[number], fields=POST))
            status, _, body = await line.answer()
            assert (status, body) == (200, told)
    assert (app.cycles, app._stub.journal.asked) == (1, 2)


async def test_an_ordinary_client_takes_the_short_cut(served):
    app, url = served
    async with httpx.AsyncClient(base_url=url, trust_env=False, verify=False) as client:
        for _ in range(3):
            assert (await client.get(VERSION)).content == b"8.5"
            assert (await client.post(CHAT, content=UPLOADS[0])).json() == {"statusCode": 0, "told": 0}
            assert (await client.get("/nothing")).status_code == 204
            assert (await client.get("/unknown")).status_code == 501
    assert (app.cycles, app.answered) == (0, 12)


async def test_requests_in_one_packet_are_answered_in_their_order(served):
    app, url = served
    async with wire(url) as line:
        await line.send(b"".join(request(CHAT, body, fields=POST) for body in UPLOADS))
        for number in range(len(UPLOADS)):
            assert (await line.answer())[2] == b'{"statusCode":0,"told":%d}' % number
        assert app.cycles == 0


async def test_requests_behind_a_held_poll_wait_for_it(served):
    _, url = served
    async with wire(url) as line:
        held = await poll(url)
        await line.send(request(VERSION) + held + request(VERSION) + request(CHAT, UPLOADS[1], fields=POST))
        await line.send(*split("every byte", request(FILE)), request(VERSION))
        assert (await line.answer())[2] == b"8.5"
        assert b"/meta/connect" in (await line.answer())[2]
        assert (await line.answer())[2] == b"8.5"
        assert (await line.answer())[2] == b'{"statusCode":0,"told":1}'
        assert (await line.answer())[2] == LARGE
        assert (await line.answer())[2] == b"8.5"


async def test_after_a_poll_the_short_cut_is_open_again(served):
    app, url = served
    async with wire(url) as line:
        await line.send(await poll(url))
        await line.answer()
        before = app.cycles
        await line.send(request(VERSION))
        assert (await line.answer())[2] == b"8.5"
        assert app.cycles == before > 0


@pytest.mark.parametrize(
    ("version", "fields"),
    [("1.0", []), ("1.0", ["Connection: keep-alive"]), ("1.1", ["Connection: close"])],
    ids=["1.0", "1.0 keep-alive", "1.1 close"],
)
@pytest.mark.parametrize("target", [VERSION, FILE], ids=["short", "large"])
async def test_the_last_request_of_a_connection(served, version, fields, target):
    app, url = served
    for _ in range(2):
        async with wire(url) as line:
            await line.send(request(target, fields=fields, version=version) + request(VERSION))
            status, got, body = await line.answer()
            assert (status, body) == (200, b"8.5" if target == VERSION else LARGE)
            assert got.get("connection", "close") == "close"  # older versions of uvicorn only do it
            assert await line.rest() == b""
    assert app._stub.journal.asked == 2  # nobody acts on what comes behind it


async def test_a_client_that_waits_for_100_continue_is_told_to_go_on(served):
    _, url = served
    asked = request(CHAT, UPLOADS[2], fields=[*POST, "Expect: 100-continue"])
    async with wire(url) as line:
        for _ in range(2):
            head, body = split("head and body", asked)
            await line.send(head)
            assert await line.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            await line.send(body)
            assert (await line.answer())[2] == b'{"statusCode":0,"told":2}'


@pytest.mark.parametrize("how", ["one piece", "head and body"])
async def test_large_bodies_both_ways(served, how):
    app, url = served
    async with wire(url) as line:
        for _ in range(2):
            await line.send(*split(how, request(CHAT, PASTED, fields=POST)))
            assert (await line.answer())[2] == b'{"statusCode":0,"told":"large"}'
            await line.send(request(FILE))
            assert (await line.answer())[2] == LARGE
            await line.send(request("/medium"))
            assert (await line.answer())[2] == MEDIUM
    assert app.cycles == 4


async def test_chunked_bodies(served):
    app, url = served
    async with wire(url) as line:
        for number, body in enumerate(UPLOADS):
            head = request(CHAT, fields=[*POST, "Transfer-Encoding: chunked"], method="POST")
            await line.send(head + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
            assert (await line.answer())[2] == b'{"statusCode":0,"told":%d}' % number
    assert app.cycles == 0


async def test_head_has_no_body(served):
    _, url = served
    async with wire(url) as line:
        for target, size in ((VERSION, 3), (VERSION, 3), (FILE, len(LARGE))):
            await line.send(request(target, method="HEAD") + request(VERSION))
            status, fields, _ = await line.answer(head=True)
            assert (status, fields["content-length"]) == (200, str(size))
            assert (await line.answer())[2] == b"8.5"


async def test_blank_lines_between_requests_answer_nothing(served):
    app, url = served
    async with wire(url) as line:
        for _ in range(3):
            await line.send(b"\r\n\r\n" + request(VERSION), b"\r\n\r\n", request(VERSION) + b"\r\n")
            assert [(await line.answer())[2] for _ in range(2)] == [b"8.5"] * 2
        await turns()
        assert app.answered == 6


async def test_what_is_no_http_is_refused_also_after_good_requests(served):
    app, url = served
    for _ in range(2):
        async with wire(url) as line:
            await line.send(request(VERSION))
            await line.answer()
            await line.send(b"GARBAGE\r\n\r\n")
            assert (await line.answer())[0] == 400
            assert await line.rest() == b""
    assert app.answered == 2


async def test_an_upgrade_that_nobody_asked_us_for_is_passed_over(served):
    _, url = served
    fields = ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABk"]
    async with wire(url) as line:
        for _ in range(2):  # as Java's client begins every connection
            await line.send(request(VERSION, fields=fields))
            assert (await line.answer())[2] == b"8.5"
            await line.send(request(CHAT, UPLOADS[3], fields=POST))
            assert (await line.answer())[2] == b'{"statusCode":0,"told":3}'


async def test_a_slow_reader_is_waited_for(served):
    """The answers are 120 MB; without flow control they would all be made at once."""
    app, url = served
    number, ahead = 2000, 0
    async with wire(url, limit=2**16) as line:
        line.writer.write(request("/medium") * number)
        await turns(100)
        for read in range(1, number + 1):
            ahead = max(ahead, app.answered - read)
            assert (await line.answer())[2] == MEDIUM
    assert app.answered == number
    assert ahead < number / 4


async def test_a_failure_of_the_stub_is_told_and_the_connection_lives_on(served, caplog):
    app, url = served
    async with wire(url) as line:
        app._stub._serving._responses = {}
        await line.send(request(VERSION))
        status, _, body = await line.answer()
        assert status == 500 and b"the stub has failed: KeyError" in body
        await line.send(request(VERSION, method="HEAD"))
        assert (await line.answer(head=True))[0] == 500
        await line.send(request("/unknown"))
        assert (await line.answer())[0] == 501
    assert [record.levelno for record in caplog.records] == [logging.ERROR] * 2
