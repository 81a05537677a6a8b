"""The control address among strangers: pages, wrong tokens, names that lead to it, requests that make no sense."""

import asyncio
import logging
import random

import httpx
import orjson
import pytest

from inspector.replay.control.door import controlling
from inspector.replay.control.hosting import hosting
from inspector.replay.control.routes import BODY_AT_MOST
from tests.replay.controlled import Desk, client, code_of_start, controlled

ROUTES = [
    ("GET", "/stubs"),
    ("POST", "/stubs"),
    ("GET", "/stubs/1"),
    ("DELETE", "/stubs/1"),
    ("POST", "/stubs/1/reset"),
    ("GET", "/stubs/1/journal"),
    ("GET", "/stubs/1/faults"),
    ("POST", "/stubs/1/faults"),
    ("DELETE", "/stubs/1/faults"),
    ("OPTIONS", "/stubs"),
    ("TRACE", "/stubs"),
    ("GET", "/nowhere"),
    ("GET", "/../__inspector__/stubs"),
]


@pytest.fixture
async def desk(tale):
    async with controlled(tale.path) as desk:
        yield desk


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_no_route_is_forgotten(desk, method, path):
    for status, headers in (
        (401, {"Authorization": ""}),
        (401, {"Authorization": f"Bearer {desk.control.token}x"}),
        (403, {"Origin": "http://evil.test"}),
        (403, {"Origin": "null"}),
        (421, {"Host": "evil.test"}),
        (421, {"Host": f"evil.test:{httpx.URL(desk.control.url).port}"}),
    ):
        content = b'{"fault": "repeat"}' if method == "POST" else b""
        answer = await desk.http.request(method, f"/__inspector__{path}", headers=headers, content=content)
        assert answer.status_code == status
        assert list(answer.json()) == ["error"]
        assert ("www-authenticate" in answer.headers) == (status == 401)
        assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert len(desk.stubs.all) == 1
    assert desk.stubs.get("1").stub.faults.armed == []


async def test_the_token_may_come_in_a_field_of_its_own(desk):
    async with client(desk.control.url, headers={"X-Inspector-Token": desk.control.token}) as http:
        assert (await http.get("/__inspector__/stubs")).status_code == 200


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]"])
async def test_it_answers_to_its_own_names(desk, name):
    host = f"{name}:{httpx.URL(desk.control.url).port}"
    headers = {"Host": host, "Origin": f"http://{host}"}
    assert (await desk.http.get("/__inspector__/stubs", headers=headers)).status_code == 200


async def test_a_token_can_be_chosen():
    async with hosting() as stubs, controlling(stubs, "chosen") as control, client(control.url, "chosen") as http:
        assert (await http.get("/__inspector__/stubs")).json() == {"stubs": []}
        assert (await http.post("/__inspector__/stubs")).json() == {"error": "recording: which one is to be played?"}


async def test_the_token_is_nowhere(desk, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    token = desk.control.token
    for method, path in ROUTES:
        for headers in ({}, {"Authorization": f"Bearer {token}x"}, {"Origin": "http://evil.test"}):
            answer = await desk.http.request(method, f"/__inspector__{path}", headers=headers, content=b"{}")
            assert token not in answer.text + str(answer.headers)
    await raw(desk, f"GET / HTTP/1.1\r\nAuthorization: Bearer {token}\r\nbroken\r\n\r\n".encode())
    assert token not in repr(desk.control) + repr(desk.stubs.all)
    logged = [record for record in caplog.records if not record.name.startswith(("httpcore", "httpx"))]
    assert not [record for record in logged if token in record.getMessage() + str(record.exc_text)]
    assert token not in "".join(capfd.readouterr())


@pytest.mark.parametrize(
    ("status", "content", "headers"),
    [
        (400, b"{", {}),
        (400, b"\xff", {}),
        (400, b'{"pace": NaN}', {}),
        (400, b"[" * 100_000, {}),
        (400, b'{"recording": "\\ud800"}', {}),
        (422, b"[]", {}),
        (422, b"null", {}),
        (422, b'"x"', {}),
        (415, b"recording=x", {"Content-Type": "application/x-www-form-urlencoded"}),
        (415, b"{}", {"Content-Type": "text/plain"}),
        (415, b"{}", {"Content-Encoding": "gzip"}),
        (413, b'"' + b"x" * BODY_AT_MOST + b'"', {}),
    ],
    ids=lambda value: repr(value)[:30],
)
async def test_a_body_that_is_no_json_value_of_its_kind(desk, status, content, headers):
    await desk.refused(status, content=content, headers=headers)
    assert len(desk.stubs.all) == 1


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"recording": 1}, "recording"),
        ({"recording": ""}, "recording"),
        ({"recording": "x" * 5000}, "recording"),
        ({"recording": None}, "recording"),
        ({"pace": -1}, "pace"),
        ({"pace": "1"}, "pace"),
        ({"pace": True}, "pace"),
        ({"reuse": 1}, "reuse"),
        ({"poll_timeout_ms": 1.5}, "poll_timeout_ms"),
        ({"poll_timeout_ms": 1 << 63}, "poll_timeout_ms"),
        ({"cors": "*"}, "cors"),
        ({"cors": ["x"]}, "no origin"),
        ({"origins": ["gws.example.com"]}, "no address"),
        ({"ignore": ["x"]}, "no JSON pointer"),
        ({"faults": {"fault": "refuse"}}, "faults"),
        ({"faults": [{"fault": "nothing"}]}, "faults 1"),
        ({"faults": [1]}, "faults 1"),
        ({"faults": [{"fault": "expire_session"}]}, "expire_session"),
        ({"host": "gws.example"}, "no name is looked up"),
        ({"host": ""}, "host"),
        ({"port": 65536}, "port"),
        ({"port": -1}, "port"),
        ({"listen": "x"}, "no stub has such a setting"),
        ({"a\nb": 1}, "no stub has such a setting"),
    ],
    ids=lambda value: repr(value)[:40],
)
async def test_what_no_stub_can_be_given(desk, wanted, words):
    assert words in await desk.refused(422, json=wanted)
    assert len(desk.stubs.all) == 1


@pytest.mark.parametrize("text", ["yes", "", "TRUE "])
async def test_strict_is_true_or_false(desk, text):
    assert await desk.refused(400, "GET", "/stubs/1", params={"strict": text}) == "strict is true or false"


@pytest.mark.parametrize("method", ["TRACE", "PUT", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("path", ["/stubs", "/stubs/1", "/stubs/1/reset"])
async def test_other_methods_are_told_which_there_are(desk, method, path):
    answer = await desk.http.request(method, f"/__inspector__{path}")
    assert answer.status_code == 405
    assert "POST" in answer.headers["allow"] or "DELETE" in answer.headers["allow"]


async def raw(desk: Desk, content: bytes) -> bytes:
    """What the control address answers to these bytes, until it or we close the connection."""
    port = httpx.URL(desk.control.url).port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(content)
    writer.write_eof()
    try:
        async with asyncio.timeout(20):
            return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


async def test_a_body_without_end_is_not_gathered(desk):
    async def endless():
        for _ in range(64):
            yield b" " * 65536

    assert "larger than" in await desk.refused(413, content=endless())
    assert await desk.ask("GET", "/stubs")


async def test_whoever_talks_nonsense_harms_nobody(desk):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    known = f"Host: 127.0.0.1:{httpx.URL(desk.control.url).port}\r\nAuthorization: Bearer {desk.control.token}\r\n"
    good = f"POST /__inspector__/stubs/1/faults HTTP/1.1\r\n{known}Content-Length: 19\r\n\r\n".encode()
    good += b'{"fault": "repeat"}'
    for _ in range(100):
        content = bytearray(good)
        for _ in range(chance.randrange(1, 4)):
            place = chance.randrange(len(content))
            content[place : place + chance.randrange(3)] = chance.randbytes(chance.randrange(3))
        await raw(desk, bytes(content[: chance.randrange(len(content))] if chance.random() < 0.3 else content))
    await raw(desk, f"CONNECT evil.test:80 HTTP/1.1\r\n{known}\r\n".encode())
    await raw(
        desk, f"GET http://evil.test/ HTTP/1.1\r\n{known}Upgrade: websocket\r\nConnection: upgrade\r\n\r\n".encode()
    )
    await desk.ask("DELETE", "/stubs/1/faults")
    assert await code_of_start(desk.url) == 0


async def test_wanted_values_of_any_kind_are_answered(desk):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    values = [None, True, -1, 0.5, 1 << 62, "", "x", "/", "*", [], [None], ["/x"], {}, {"fault": []}, [{"fault": {}}]]
    names = ["recording", "session", "agent", "pace", "reuse", "poll_timeout_ms", "cors", "origins", "ignore", "faults"]
    for _ in range(150):
        wanted = {name: chance.choice(values) for name in chance.sample(names, chance.randrange(1, 4))}
        answer = await desk.http.post("/__inspector__/stubs", content=orjson.dumps(wanted))
        assert answer.status_code in (201, 422), (wanted, answer.text)
        answer = await desk.http.post("/__inspector__/stubs/1/faults", content=orjson.dumps(chance.choice(values)))
        assert answer.status_code in (200, 422), answer.text
