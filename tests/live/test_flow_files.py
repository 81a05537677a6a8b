"""Files of flows that mitmproxy has written, or that only look so."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mitmproxy import http
from mitmproxy.flow import Error
from mitmproxy.io import FlowWriter, tnetstring
from mitmproxy.test import tflow
from mitmproxy.websocket import WebSocketMessage
from wsproto.frame_protocol import Opcode

from tests.live.commands import run
from tests.recording.har.hars import exchanges
from tests.recording.keeping import query

AT = 1_772_355_600.25


def flow(path: str = "/api/v2/me", *, back: bytes | None = b'{"statusCode":0}', **changed: Any) -> http.HTTPFlow:
    made = tflow.tflow(resp=back is not None)
    made.request = http.Request.make(
        "POST",
        f"https://gws.example{path}",
        b'{"password":"swordfish"}',
        {"Content-Type": "application/json"},
    )
    made.request.timestamp_start = made.request.timestamp_end = AT
    if back is not None:
        made.response = http.Response.make(200, back, {"Content-Type": "application/json"})
        made.response.timestamp_start, made.response.timestamp_end = AT + 1, AT + 2
    for name, value in changed.items():
        setattr(made, name, value)
    return made


def saved(path: Path, *flows: Any) -> Path:
    with path.open("wb") as file:
        writer = FlowWriter(file)
        for one in flows:
            writer.add(one)
    return path


def test_a_flow_becomes_an_exchange_of_a_session_from_flows(tmp_path: Path) -> None:
    file = saved(tmp_path / "it", flow(), flow("/elsewhere"), tflow.ttcpflow(), tflow.tdnsflow())
    ended = run("import", file, tmp_path / "it.db")
    assert ended.code == 0, ended.err
    assert "1 request led elsewhere" in ended.err and "2 flows of TCP, UDP or DNS" in ended.err
    assert query(tmp_path / "it.db", "SELECT source, state FROM sessions") == [{"source": "flow", "state": "complete"}]
    [row] = exchanges(tmp_path / "it.db")
    at = round(AT * 1e6)
    assert (row["started_at"], row["answered_at"], row["done_at"]) == (at, at + 1_000_000, at + 2_000_000)
    assert (row["authority"], row["path"], row["got"]) == ("gws.example", "/api/v2/me", b'{"statusCode":0}')
    assert b"swordfish" not in (tmp_path / "it.db").read_bytes()


def test_what_mitmproxy_does_not_know_is_marked(tmp_path: Path) -> None:
    streamed = flow()
    assert streamed.response
    streamed.request.raw_content = streamed.response.raw_content = None
    broken = flow("/api/v2/broken", back=None, error=Error("connection reset", AT + 3))
    under_way = flow("/api/v2/held", back=None)
    ended = run("import", saved(tmp_path / "it", streamed, broken, under_way), tmp_path / "it.db")
    assert ended.code == 0, ended.err
    first, second, third = exchanges(tmp_path / "it.db")
    assert first["truncated"].count("cut after 0 bytes: mitmproxy let it stream, and kept nothing") == 2
    assert (second["error"], second["status"]) == ("connection reset", None)
    assert (third["done_tick"], third["status"]) == (None, None)
    for line in ("without the body that was sent", "without the body that came back", "1 exchange had not ended"):
        assert line in ended.err


@pytest.mark.parametrize("format", ["har", "flow"])
def test_a_websocket_comes_over_and_goes_out_and_comes_back(format: str, tmp_path: Path) -> None:
    socket = tflow.twebsocketflow()
    socket.request.path = "/api/v2/socket"
    socket.request.timestamp_start = AT
    assert socket.response and socket.websocket
    socket.response.timestamp_start = socket.response.timestamp_end = AT
    socket.websocket.messages = [
        WebSocketMessage(Opcode.TEXT, True, '{"token":"xyzzy","text":"é"}'.encode(), AT + 1),
        WebSocketMessage(Opcode.BINARY, False, b"\x00\xff", AT + 2),
        WebSocketMessage(Opcode.TEXT, False, b"caf\xe9", AT + 2.5),
    ]
    socket.websocket.timestamp_end, socket.websocket.closed_by_client = AT + 3, False
    socket.websocket.close_code, socket.websocket.close_reason = 4000, "enough"
    first, second = tmp_path / "first.db", tmp_path / "second.db"
    assert run("import", saved(tmp_path / "it", socket), first).code == 0
    assert run("export", first, tmp_path / "out", "--format", format).code == 0
    assert run("import", tmp_path / "out", second).code == 0
    frames = "SELECT f.tick, f.at, f.direction, f.opcode, b.content FROM frames f JOIN bodies b ON b.id = f.body"
    assert query(first, frames) == query(second, frames)
    rows = query(second, frames)
    assert [(row["direction"], row["opcode"]) for row in rows] == [
        *(("client", 1), ("server", 2), ("server", 1), ("server", 8))
    ]
    assert b"xyzzy" not in rows[0]["content"] and "é".encode() in rows[0]["content"]
    assert [row["content"] for row in rows[1:]] == [b"\x00\xff", b"caf\xe9", b"\x0f\xa0enough"]


def written(told: Any) -> bytes:
    return tnetstring.dumps(told)


def state(**changed: Any) -> bytes:
    return written(flow().get_state() | changed)


GOOD = state()
DAMAGED: dict[str, Callable[[], bytes]] = {
    "cut": lambda: GOOD + GOOD[:-50],
    "longer than the file": lambda: b"999999999999:x,",
    "no length": lambda: GOOD + b"hello",
    "a number": lambda: written(1),
    "a list": lambda: written([1, 2]),
    "an empty object": lambda: written({}),
    "another kind": lambda: state(type="smtp"),
    "a version of the future": lambda: state(version=10_000),
    "a request that is none": lambda: state(request={"method": 1}),
    "a time that is none": lambda: state(request=flow().request.get_state() | {"timestamp_start": 1e300}),
    "a time of words": lambda: state(request=flow().request.get_state() | {"timestamp_start": "now"}),
    "a status of words": lambda: state(response=flow().get_state()["response"] | {"status_code": "OK"}),
    "nested without end": lambda: nested(20_000),
    "bytes that are no flow": lambda: b"12:" + os.urandom(200),
}


def nested(depth: int) -> bytes:
    text = b"0:]"
    for _ in range(depth):
        text = b"%d:%s]" % (len(text), text)
    return text


@pytest.mark.parametrize("make", DAMAGED.values(), ids=DAMAGED)
def test_what_is_damaged_is_refused_in_one_line(make: Callable[[], bytes], tmp_path: Path) -> None:
    file, path = tmp_path / "it", tmp_path / "it.db"
    file.write_bytes(make())
    ended = run("import", file, path)
    assert (ended.code, ended.out) == (2, "")
    assert f"error: {file} is damaged: flow " in ended.err and ended.err.count("\n") == 1, ended.err
    assert not path.exists()


def test_a_length_is_looked_at_before_anybody_reads_that_much(tmp_path: Path) -> None:
    file = tmp_path / "it"
    file.write_bytes(b"999999999999:x,")
    assert "flow 1, at byte 0: it does not begin with a length, or with that of more" in run("import", file, file).err


def test_hostile_texts_of_a_capture_are_told_harmlessly(tmp_path: Path) -> None:
    name = "../../x\x1b[2J\u202e\0" + "y" * 10_000
    hostile = flow(error=Error(f"gone {name}", AT + 3))
    hostile.request.data.path = f"/api/v2/{name}#?{name}".encode()
    hostile.request.content = b"{}"
    hostile.client_conn.id = name
    hostile.request.headers["X-Name"] = name.replace("\0", "")
    file, path = saved(tmp_path / "it", hostile), tmp_path / "it.db"
    ended = run("import", file, path)
    assert ended.code == 0, ended.err
    for format in ("har", "flow"):
        told = run("export", path, tmp_path / format, "--format", format)
        assert told.code == 0, told.err
        again = run("import", tmp_path / format, tmp_path / f"{format}.db")
        assert again.code == 0, again.err
        heads = "SELECT method, path, query, request_headers, error FROM exchanges"
        assert query(tmp_path / f"{format}.db", heads) == query(path, heads)
        assert "\x1b[2J" not in ended.err + told.err + again.err
    assert sorted(one.name for one in tmp_path.iterdir()) == ["flow", "flow.db", "har", "har.db", "it", "it.db"]
