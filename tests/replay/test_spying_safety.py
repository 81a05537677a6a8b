"""`--spy` asks its server and nobody else, whatever a client or a mistake would have it ask."""

import asyncio
import socket

import httpx
import pytest

from inspector.cli.options import checked_spied, checked_upstream
from inspector.demo.server import LookAlike
from inspector.demo.serving import serving
from inspector.errors import UsageError
from inspector.replay.fronts.listening import listening
from inspector.replay.fronts.server import StubApp
from inspector.replay.spy.spying import Spy
from inspector.replay.story.casting import LiveClient
from inspector.traffic.exchange import Request
from inspector.traffic.headers import Headers
from tests.replay.spied import PATIENCE, UNRECORDED, Overheard, stub_with

HOSTILE = [
    b"GET http://evil.example/api/v2/unheard-of HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    b"GET //evil.example/api/v2/unheard-of HTTP/1.1\r\nHost: stub\r\n\r\n",
    b"GET /\\evil.example/api/v2/unheard-of HTTP/1.1\r\nHost: stub\r\n\r\n",
    b"GET /@evil.example:80/unheard-of HTTP/1.1\r\nHost: user:word@evil.example\r\n\r\n",
    b"GET /api/v2/../../unheard-of%0d%0aX-Evil:%201 HTTP/1.1\r\nHost: a\r\nX-Forwarded-Host: evil.example\r\n\r\n",
]


@pytest.mark.parametrize("request_line", HOSTILE, ids=["absolute", "two slashes", "backslash", "userinfo", "dots"])
async def test_whatever_is_asked_only_the_server_is_asked(tale, request_line):
    watched = Overheard(LookAlike())
    async with serving(watched) as upstream, stub_with(tale.path, upstream) as (_, _, url, _):
        reader, writer = await asyncio.open_connection(*_address(url))
        writer.write(request_line)
        await reader.readline()
        writer.close()
        await writer.wait_closed()
    asked = watched.asked[-1]
    assert asked.header("host") == upstream.removeprefix("http://")
    assert asked.header("x-evil") == ""
    target = request_line.split()[1].decode().removeprefix("http://evil.example")
    assert asked.target == target


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/a\r\nX-Evil: 1", ""),
        ("/a", "b\r\nX-Evil: 1"),
        ("/a b", ""),
        ("http://evil.example/", ""),
        ("*", ""),
        ("", ""),
        ("/\u00e9", ""),
    ],
    ids=["line break", "in the query", "blank", "absolute", "asterisk", "nothing", "no ASCII"],
)
async def test_a_target_that_is_no_path_is_not_forwarded(path, query):
    watched = Overheard(LookAlike())
    async with serving(watched) as upstream, Spy(upstream) as spy:
        request = Request("GET", "http", "stub", path, query, "HTTP/1.1", Headers())
        assert await spy.ask(request, LiveClient("", "", []), None) is None  # type: ignore[arg-type]
    assert watched.asked == []


async def test_a_line_break_in_a_field_is_not_forwarded():
    watched = Overheard(LookAlike())
    async with serving(watched) as upstream, Spy(upstream) as spy:
        request = Request("GET", "http", "stub", "/a", "", "HTTP/1.1", Headers((("X-A", "1\r\nX-Evil: 1"),)))
        assert await spy.ask(request, LiveClient("", "", []), None) is None  # type: ignore[arg-type]
    assert watched.asked == []


@pytest.mark.parametrize(
    ("authority", "asked"),
    [("gws.example", 1), ("GWS.example:80", 1), ("gws.example:8080", 0), ("elsewhere.example", 0), ("", 0)],
)
async def test_a_forward_proxys_spy_asks_nothing_that_is_meant_for_another_host(authority, asked):
    watched = Overheard(LookAlike())
    async with serving(watched) as upstream, Spy(upstream, only=["http://gws.example"]) as spy:
        request = Request("GET", "http", authority, "/api/v2/me", "", "HTTP/1.1", Headers())
        await spy.ask(request, LiveClient("", "", []), None)  # type: ignore[arg-type]
    assert len(watched.asked) == asked


async def test_a_stub_that_would_ask_itself_says_so(tale, caplog):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    async with stub_with(tale.path, f"http://127.0.0.1:{port}") as (stub, _, _, _):
        async with (
            listening(StubApp(stub), port=port) as url,
            httpx.AsyncClient(base_url=url, timeout=PATIENCE, trust_env=False, verify=False) as client,
        ):
            answers = [(await client.get(UNRECORDED)).status_code for _ in range(2)]
        verification = stub.verify()
    assert answers == [501, 501]
    assert "it leads back to this stub" in caplog.text
    assert (verification.missed, verification.forwarded) == (3, 0)


@pytest.mark.parametrize(
    ("upstream", "listen"),
    [
        ("http://127.0.0.1:8080", ("127.0.0.1", 8080)),
        ("http://localhost:8080/", ("127.0.0.1", 8080)),
        ("http://[::1]:8080", ("0.0.0.0", 8080)),
        ("http://localhost", ("127.0.0.1", 80)),
        ("http://gws.example:8080", ("gws.example", 8080)),
    ],
)
def test_the_stubs_own_address_is_refused(upstream, listen):
    with pytest.raises(UsageError, match="where this stub listens"):
        checked_spied(upstream, listen)


def test_another_port_is_another_server():
    assert checked_spied("http://localhost:8081", ("127.0.0.1", 8080)) == "http://localhost:8081"
    assert checked_spied("https://localhost", ("127.0.0.1", 80)) == "https://localhost"


@pytest.mark.parametrize("upstream", ["", "gws.example", "ftp://gws.example", "http://a:b", "http://u@h", "http://h/p"])
def test_what_is_no_server_is_refused(upstream):
    with pytest.raises(UsageError, match="is no server"):
        checked_upstream(upstream)


def test_a_spy_needs_a_server():
    with pytest.raises(UsageError, match="is no server"):
        Spy("gws.example")


def _address(url: str) -> tuple[str, int]:
    parsed = httpx.URL(url)
    assert parsed.port
    return parsed.host, parsed.port
