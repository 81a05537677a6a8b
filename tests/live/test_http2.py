"""HTTP/2 on both sides with mitmproxy 12; with mitmproxy 11 clients of the same server get HTTP/1.1."""

import hashlib
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from mitmproxy import version

from tests.live import servers
from tests.live.authority import Authority
from tests.live.clients import Connection
from tests.live.h2client import Http2
from tests.live.h2server import Http2Upstream, Stream, says
from tests.live.processes import eventually
from tests.live.secured import Secured, secured
from tests.live.servers import Gate

pytestmark = pytest.mark.xdist_group("http2")  # a worker makes its recorder only once

TWELVE = not version.VERSION.startswith("11.")
only_12 = pytest.mark.skipif(not TWELVE, reason="mitmproxy 11 offers HTTP/1.1 only")
JSON = (b"content-type", b"application/json")


class Http2First(ssl.SSLContext):
    """mitmproxy takes the first of a client's protocols that it knows; httpx names HTTP/1.1 first."""

    def set_alpn_protocols(self, alpn_protocols: object) -> None:
        super().set_alpn_protocols(["h2", "http/1.1"])


@pytest.fixture(scope="module")
def server(authority: Authority) -> Iterator[Http2Upstream]:
    """A server that speaks HTTP/2, and HTTP/1.1 to those who do not."""
    with Http2Upstream(context=authority.server(protocols=["h2", "http/1.1"])) as started:
        yield started


@pytest.fixture(scope="module")
def recorder(
    server: Http2Upstream, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Secured]:
    path = tmp_path_factory.mktemp("http2") / "recording.db"
    with secured(server.url, path, authority=authority.file) as started:
        yield started
        assert started.process.end().code == 0


@pytest.fixture
def client(recorder: Secured) -> Iterator[Http2]:
    """A connection of a client that speaks HTTP/2."""
    with Http2(recorder.secure, recorder.context("h2", "http/1.1")) as connected:
        yield connected


def test_clients_get_http2_only_from_mitmproxy_12(server: Http2Upstream, recorder: Secured, place: str) -> None:
    server.streams[place] = says(b"{}", JSON)
    server.answers[place] = servers.says(servers.response(b"{}"))
    context = Http2First(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(recorder.trusted)
    with httpx.Client(http2=True, verify=context, trust_env=False) as client:
        answered = client.get(recorder.secure + place)
    expected = "HTTP/2" if TWELVE else "HTTP/1.1"
    assert (answered.http_version, answered.content) == (expected, b"{}")
    assert [stream.path for stream in server.seen if stream.path == place] == ([place] if TWELVE else [])
    assert recorder.only(place).request.http_version.startswith(expected)


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not there")
def test_curl(server: Http2Upstream, recorder: Secured, place: str) -> None:
    server.streams[place] = says(b"hello", JSON)
    server.answers[place] = servers.says(servers.response(b"hello"))
    command = [
        "curl",
        "-q",
        "-sS",
        "--noproxy",
        "*",
        "--http2",
        "--cacert",
        str(recorder.trusted),
        "-w",
        " %{http_version}",
    ]
    told = subprocess.run([*command, recorder.secure + place], capture_output=True, text=True, timeout=30, check=False)
    if "not support" in told.stderr:
        pytest.skip("this curl has no HTTP/2")
    assert told.stdout == ("hello 2" if TWELVE else "hello 1.1"), told.stderr


def test_a_client_of_http1_gets_http1_from_the_same_server(
    server: Http2Upstream, recorder: Secured, place: str
) -> None:
    server.answers[place] = servers.says(servers.response(b"{}", b"X-Case: Kept"))
    for url, context in ((recorder.secure, recorder.context("http/1.1")), (recorder.url, None)):
        with Connection(url, context=context) as client:
            assert (b"X-Case", b"Kept") in client.ask(b"GET " + place.encode()).fields()
    assert [row["http_version"] for row in recorder.exchanges(place)] == ["HTTP/1.1"] * 2


@only_12
def test_what_is_recorded_of_an_exchange(server: Http2Upstream, recorder: Secured, client: Http2, place: str) -> None:
    server.streams[place] = says(b'{"statusCode":0}', JSON, (b"x-odd", b"1"), (b"x-odd", b"2"))
    answer = client.ask(b"POST", f"{place}?a=1", JSON, (b"cookie", b"a=1"), (b"cookie", b"b=2"), body=b'{"n":1}')
    recorded = recorder.only(place)
    [seen] = [stream for stream in server.seen if stream.path.startswith(place)]
    assert recorded.response
    assert (answer.status, answer.body, seen.body) == (200, b'{"statusCode":0}', b'{"n":1}')
    assert (recorded.request.method, recorded.request.query, recorded.request.http_version) == (
        "POST",
        "a=1",
        "HTTP/2.0",
    )
    assert recorded.request.authority == recorder.secure.removeprefix("https://")
    assert dict(seen.fields)[b":authority"].decode() == server.url.removeprefix("https://")
    assert recorded.request.body.content == b'{"n":1}'
    assert (recorded.response.status, recorded.response.body.content) == (200, b'{"statusCode":0}')
    assert [value for name, value in recorded.response.headers if name == "x-odd"] == ["1", "2"]


@only_12
def test_a_held_poll_beside_quick_exchanges_on_one_connection(
    server: Http2Upstream, recorder: Secured, client: Http2, place: str
) -> None:
    """More of them than mitmproxy opens HTTP/1.1 connections for one client (its issue 8322)."""
    gate = Gate()

    async def held(stream: Stream) -> None:
        await gate.passed(stream.path)
        await says(b"[]", JSON)(stream)

    server.streams[place], server.streams[place + "/quick"] = held, says(b"quick", JSON)
    polls = {f"{place}?n={number}": client.begin(b"POST", f"{place}?n={number}") for number in range(10)}
    gate.wait(10)
    for _ in range(20):
        assert client.ask(b"GET", place + "/quick").body == b"quick"
    assert [row["done_tick"] for row in recorder.exchanges(place)] == [None] * 10
    for path in reversed(polls):
        gate.release(path)
        assert client.response(polls[path]).body == b"[]"
    assert client.order[-10:] == list(reversed(polls.values()))
    assert len({row["connection"] for row in recorder.exchanges(place) + recorder.exchanges(place + "/quick")}) == 1
    assert all(row["status"] == 200 for row in recorder.exchanges(place))


@only_12
@pytest.mark.parametrize("media_type", [b"application/json", b"image/png"])
def test_a_server_that_resets_a_stream_in_its_body(
    media_type: bytes, server: Http2Upstream, recorder: Secured, client: Http2, place: str
) -> None:
    async def cut(stream: Stream) -> None:
        await stream.head(200, (b"content-type", media_type))
        await stream.data(b"half")
        await stream.cut()

    server.streams[place], server.streams[place + "/next"] = cut, says(b"next", JSON)
    answer = client.ask(b"GET", place)
    assert answer.reset or answer.status == 502
    assert client.ask(b"GET", place + "/next").body == b"next", "the connection goes on"
    [row] = eventually(lambda: [row for row in recorder.exchanges(place) if row["done_tick"]])
    assert row["error"]


@only_12
def test_a_client_that_resets_a_stream(server: Http2Upstream, recorder: Secured, client: Http2, place: str) -> None:
    gate = Gate()

    async def held(stream: Stream) -> None:
        await gate.passed(stream.path)

    server.streams[place], server.streams[place + "/next"] = held, says(b"next", JSON)
    number = client.begin(b"GET", place)
    gate.wait()
    client.reset(number)
    assert client.ask(b"GET", place + "/next").body == b"next"
    [row] = eventually(lambda: [row for row in recorder.exchanges(place) if row["done_tick"]])
    assert row["error"]
    eventually(lambda: [stream for stream in server.seen if stream.path == place and stream.reset])


@only_12
def test_a_server_that_goes_away(server: Http2Upstream, recorder: Secured, client: Http2, place: str) -> None:
    """GOAWAY: what it had answered is whole, what it had not is an error; the next exchange gets a new connection."""
    gate = Gate()

    async def held(stream: Stream) -> None:
        await gate.passed(stream.path)

    async def away(stream: Stream) -> None:
        await says(b"last", JSON)(stream)
        await gate.passed("away")
        await stream.go_away()

    server.streams[place], server.streams[place + "/away"] = held, away
    server.streams[place + "/next"] = says(b"next", JSON)
    waiting = client.begin(b"GET", place)
    gate.wait()
    assert client.ask(b"GET", place + "/away").body == b"last"
    before = server.connections
    gate.wait()
    gate.release("away")
    assert client.response(waiting).status == 502
    assert client.ask(b"GET", place + "/next").body == b"next"
    assert server.connections == before + 1
    assert [recorder.only(place + end).error is None for end in ("", "/away", "/next")] == [False, True, True]


@only_12
@pytest.mark.parametrize("media_type", [b"application/json", b"image/png"])
def test_trailers_pass(media_type: bytes, server: Http2Upstream, recorder: Secured, client: Http2, place: str) -> None:
    """Both ways; the recording has no place for them."""

    async def with_trailers(stream: Stream) -> None:
        await stream.head(200, (b"content-type", media_type))
        await stream.data(b"{}")
        await stream.end_with((b"x-sum", b"1"))

    server.streams[place] = with_trailers
    asked = client.begin(b"POST", place, (b"content-type", media_type), body=b"{}", trailers=[(b"x-sum", b"2")])
    answer = client.response(asked)
    [seen] = [stream for stream in server.seen if stream.path == place]
    recorded = recorder.only(place)
    assert (answer.body, answer.trailers, seen.trailers) == (b"{}", [(b"x-sum", b"1")], [(b"x-sum", b"2")])
    assert recorded.response
    assert (recorded.request.body.content, recorded.response.body.content) == (b"{}", b"{}")
    assert recorded.error is None


@only_12
def test_a_large_file_goes_up_and_comes_down(
    server: Http2Upstream, recorder: Secured, client: Http2, place: str
) -> None:
    content = hashlib.shake_256(place.encode()).digest(5_000_000)
    boundary = b'--cut\r\nContent-Disposition: form-data; name="attachment"; filename="a.bin"\r\n\r\n'
    form = boundary + content + b"\r\n--cut--\r\n"
    server.streams[place] = says(b'{"statusCode":0}', JSON)
    server.streams[place + "/down"] = says(content, (b"content-type", b"image/png"))
    up = client.ask(b"POST", place, (b"content-type", b"multipart/form-data; boundary=cut"), body=form)
    down = client.ask(b"GET", place + "/down")
    [seen] = [stream for stream in server.seen if stream.path == place]
    assert (up.status, seen.body == form, down.body == content) == (200, True, True)
    digest = hashlib.sha256(content).hexdigest()
    assert [part.body.sha256 for part in recorder.only(place).request.parts if part.filename] == [digest]
    recorded = recorder.only(place + "/down").response
    assert recorded and recorded.body.sha256 == digest
    assert len(recorder.rows("SELECT 1 FROM bodies WHERE sha256 = ?", digest)) == 1


@only_12
def test_a_server_without_http2_is_not_hidden_behind_it(authority: Authority, file: Path, place: str) -> None:
    """Each held poll of one HTTP/2 connection would need an HTTP/1.1 connection of its own, and there are five."""
    answers = {place: servers.says(servers.response(b"{}"))}
    with (
        servers.Upstream(answers, context=authority.server()) as upstream,
        secured(upstream.url, file, authority=authority.file) as recorder,
        Connection(recorder.secure, context=recorder.context("h2", "http/1.1")) as client,
    ):
        assert client.protocol() == "http/1.1"
        assert client.ask(b"GET " + place.encode()).body == b"{}"
