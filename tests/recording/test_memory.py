"""A recorder at work all day: when an exchange is on disk, nothing of it is left in memory."""

import asyncio
import gc
import tracemalloc
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from inspector.analysis.analyst import Derived
from inspector.recording.recorder import Recorder, now
from inspector.traffic.body import Body
from inspector.traffic.exchange import Completed, Exchange, Request, Response, Started
from inspector.traffic.headers import Headers
from tests.recording.keeping import loud, query

CLIENTS = 8
WARM, MORE = 4_000, 4_000
GROWTH = 50
"""Bytes for an exchange that would be found: the least of an exchange's parts takes more."""

JSON = Headers((("Content-Type", "application/json"), ("Cookie", "JSESSIONID=1")))
HELD = (Exchange, Request, Response, Body, Headers, Started, Completed)


async def traffic(recorder: Recorder, exchanges: int) -> None:
    """As of a proxy's clients: calls, polls and files; 500 different bodies, and few chats (some calls of each are
    remembered, and the memory is full of those when it is looked at first).
    """
    numbers = iter(range(exchanges))

    async def client() -> None:
        for turn in numbers:
            number = recorder.number()
            chat = f"/api/v2/me/chats/{turn // 4 % 10:04}"
            paths = ("/api/v2/contacts", chat, "/api/v2/notifications/", f"{chat}/attachments/{turn % 7}/download")
            body = Body.of(b'{"operationName":"SendMessage","text":"%d"}' % (turn % 500))
            request = Request("POST", "http", "a", paths[turn % 4], "", "HTTP/1.1", JSON, body)
            recorder.started(number, "connection", now(), request)
            await asyncio.sleep(0)
            answer = Body.of(b'{"statusCode":0,"n":%d,"rest":"%s"}' % (turn % 500, b"x" * (turn % 500)))
            recorder.completed(number, now(), Response(200, "OK", JSON, answer), None)
            recorder.commit()

    await asyncio.gather(*(client() for _ in range(CLIENTS)))


def held() -> Counter[str]:
    gc.collect()
    return Counter(type(one).__name__ for one in gc.get_objects() if isinstance(one, HELD))


def test_memory_is_flat(file: Path) -> None:
    heard = Counter[str]()

    def listen(exchange: Exchange, derived: Sequence[Derived]) -> None:
        heard["events"] += 1

    async def day() -> tuple[Counter[str], int]:
        await traffic(recorder, WARM)
        before, bytes_before = held(), tracemalloc.get_traced_memory()[0]
        await traffic(recorder, MORE)
        return held() - before, tracemalloc.get_traced_memory()[0] - bytes_before

    recorder = Recorder(file, "http://gws.example", listener=listen, trouble=loud)
    tracemalloc.start()
    try:
        more, growth = asyncio.run(day())
    finally:
        tracemalloc.stop()
    recorder.close()
    assert heard["events"] == 2 * (WARM + MORE)
    assert query(file, "SELECT count(*) AS n FROM exchanges WHERE done_tick") == [{"n": WARM + MORE}]
    assert sum(more.values()) < 100, more
    assert growth < GROWTH * MORE
