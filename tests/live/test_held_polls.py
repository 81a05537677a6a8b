"""Fifty agents wait for notifications at once: nobody is held up by another, and each gets what is for him."""

import pytest
from mitmproxy import version

from tests.live.authority import Authority
from tests.live.clients import Connection
from tests.live.h2client import Http2
from tests.live.h2server import Http2Upstream, Stream
from tests.live.h2server import says as says_h2
from tests.live.recorders import Recorder
from tests.live.secured import secured
from tests.live.servers import Gate, Talk, Upstream, response, says

AGENTS = 50
CONNECT = "/api/v2/notifications/connect"
JSON = b"Content-Type: application/json"
POLL = b'[{"channel":"/meta/connect","clientId":"%d","connectionType":"long-polling","id":"7"}]'


def notified(agent: int) -> bytes:
    return (
        b'[{"channel":"/v2/me/chats","data":{"n":%d}},{"channel":"/meta/connect","successful":true,"id":"7"}]' % agent
    )


def test_fifty_agents_each_on_a_connection(upstream: Upstream, recorder: Recorder, place: str) -> None:
    path, gate = place + CONNECT, Gate()

    async def held(talk: Talk) -> None:
        agent = int(talk.received.target.partition(b"=")[2])
        await gate.passed(agent)
        await talk.send(response(notified(agent), JSON))

    upstream.answers[path], upstream.answers[place + "/quick"] = held, says(response(b"{}", JSON))
    polls = [Connection(recorder.url) for _ in range(AGENTS)]
    for agent, poll in enumerate(polls):
        poll.begin(f"POST {path}?agent={agent}".encode(), JSON, body=POLL % agent)
    gate.wait(AGENTS)
    with Connection(recorder.url) as quick:
        for _ in range(AGENTS):
            assert quick.ask(b"GET " + place.encode() + b"/quick").body == b"{}"
    assert [row["done_tick"] for row in recorder.exchanges(path)] == [None] * AGENTS
    for agent in reversed(range(AGENTS)):
        gate.release(agent)
        assert polls[agent].reply().body == notified(agent)
        polls[agent].close()
    rows = recorder.exchanges(path)
    ended = sorted(rows, key=lambda row: int(row["done_tick"]))
    assert [row["query"] for row in ended] == [f"agent={agent}" for agent in reversed(range(AGENTS))]
    assert max(row["done_tick"] for row in recorder.exchanges(place + "/quick")) < ended[0]["done_tick"]
    kept = recorder.rows("SELECT content FROM exchanges e JOIN bodies b ON b.id = response_body WHERE path = ? "
                         "ORDER BY done_tick", path)  # fmt: skip
    assert [row["content"] for row in kept] == [notified(agent) for agent in reversed(range(AGENTS))]


@pytest.mark.skipif(version.VERSION.startswith("11."), reason="mitmproxy 11 offers HTTP/1.1 only")
def test_fifty_agents_on_one_connection_of_http2(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Where the server speaks HTTP/2 itself, one connection holds as many polls as there are."""
    folder, gate = tmp_path_factory.mktemp("polls"), Gate()
    authority = Authority(folder)

    async def held(stream: Stream) -> None:
        agent = int(stream.path.partition("=")[2])
        await gate.passed(agent)
        await says_h2(notified(agent), (b"content-type", b"application/json"))(stream)

    streams = {CONNECT: held, "/api/v2/me": says_h2(b"{}", (b"content-type", b"application/json"))}
    context = authority.server(protocols=["h2", "http/1.1"])
    with (
        Http2Upstream(streams=streams, context=context) as server,
        secured(server.url, folder / "recording.db", authority=authority.file) as recorder,
        Http2(recorder.secure, recorder.context("h2", "http/1.1")) as client,
    ):
        polls = [client.begin(b"POST", f"{CONNECT}?agent={agent}", body=POLL % agent) for agent in range(AGENTS)]
        gate.wait(AGENTS)
        for _ in range(AGENTS):
            assert client.ask(b"GET", "/api/v2/me").body == b"{}"
        assert server.connections <= 2, "one that was asked what it speaks, and one for all"
        for agent in reversed(range(AGENTS)):
            gate.release(agent)
            assert client.response(polls[agent]).body == notified(agent)
        assert len({row["connection"] for row in recorder.exchanges(CONNECT)}) == 1
        ended = recorder.rows("SELECT query FROM exchanges WHERE path = ? ORDER BY done_tick", CONNECT)
    assert [row["query"] for row in ended] == [f"agent={agent}" for agent in reversed(range(AGENTS))]
