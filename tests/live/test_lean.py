"""The same requests through a lean proxy and a stock one, with an addon of a user's: both trace the same."""

import asyncio
from pathlib import Path

import pytest

from inspector.proxy.host import Proxy, running
from tests.live.clients import Connection
from tests.live.servers import Upstream, response, says, says_and_hangs_up

SCRIPT = Path(__file__).with_name("trace_hooks.py")

ANSWERS = {
    "/ok": says(response(b"fine")),
    "/fails": says(response(b"fine as well")),
    "/chunked": says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nmore\r\n0\r\n\r\n"),
    "/wrong": says_and_hangs_up(response(status=b"500 Oh")),
    "/cut": says_and_hangs_up(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"),
    "/garbage": says_and_hangs_up(b"what?\r\n\r\n"),
}


def _asked(url: str) -> None:
    for path in ANSWERS:
        for line, body in ((b"GET " + path.encode(), b""), (b"POST " + path.encode(), b"x" * 1000)):
            with Connection(url) as connection:
                connection.ask(line, body=body)


async def _trace(upstream: str, path: Path, *, stock: bool) -> list[str]:
    options = {"trace_file": str(path), "connection_strategy": "lazy"}
    async with running(Proxy(f"reverse:{upstream}", "127.0.0.1", 0, [SCRIPT], options, stock=stock)) as url:
        await asyncio.to_thread(_asked, url)
    return path.read_text().splitlines()


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_the_same_hooks_in_the_same_order(tmp_path: Path) -> None:
    with Upstream(dict(ANSWERS)) as upstream:
        stock = asyncio.run(_trace(upstream.url, tmp_path / "stock", stock=True))
        lean = asyncio.run(_trace(upstream.url, tmp_path / "lean", stock=False))
    assert lean == stock
    assert {line.split()[1] for line in stock} >= {"requestheaders", "request", "response", "error", "update"}
    assert "second request GET /fails -" in stock and "tracing error GET /cut 200" in stock
