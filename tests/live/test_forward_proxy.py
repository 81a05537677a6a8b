"""`record --mode regular`: a forward proxy, for clients that name their servers themselves."""

import json
import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from mitmproxy import version

from inspector.recording.reader import reading
from tests.live import h2server
from tests.live.authority import Authority
from tests.live.clients import Connection, ask
from tests.live.commands import run
from tests.live.forwarding import Forward, forward
from tests.live.h2server import Http2Upstream
from tests.live.processes import CHECKOUT, COMMAND, running
from tests.live.recorders import mitmdump
from tests.live.servers import Upstream, response, says

pytestmark = pytest.mark.xdist_group("forward")  # a worker makes its recorder only once

JSON = b"Content-Type: application/json"
OK = b'{"statusCode":0}'


@pytest.fixture(scope="module")
def proxy(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forward]:
    """A forward proxy that trusts servers of the authority."""
    with forward(tmp_path_factory.mktemp("forward"), "--upstream-ca", authority.file) as started:
        yield started
        ended = started.process.end()
    assert (ended.code, "Traceback" in ended.err) == (0, False), ended.err


@pytest.fixture(scope="module")
def server() -> Iterator[Upstream]:
    with Upstream() as upstream:
        upstream.answers["/page"] = says(response(b"page"))
        yield upstream


@pytest.fixture(scope="module")
def secure(authority: Authority) -> Iterator[Upstream]:
    with Upstream(context=authority.server()) as upstream:
        upstream.answers["/page"] = says(response(b"page"))
        yield upstream


def test_plain_http_is_recorded_as_the_server_got_it(server: Upstream, proxy: Forward, place: str) -> None:
    path = f"/api/v2{place}"
    server.answers[path] = says(response(OK, JSON))
    line = f"GET {server.url}{path}?a=1 HTTP/1.1\r\n".encode()
    named = b"Host: " + server.url[len("http://") :].encode() + b"\r\n"
    with Connection(proxy.url) as client:
        client.send(line + named + b"Proxy-Connection: keep-alive\r\nProxy-Authorization: Basic eDp5\r\nX: 1\r\n\r\n")
        assert client.reply().body == OK
        client.send(f"GET {server.url}/page HTTP/1.1\r\n".encode() + named + b"\r\n")
        assert client.reply().body == b"page"
    [received] = server.requests(path)
    assert received.target == f"{path}?a=1".encode()
    assert [name for name, _ in received.fields()] == [b"Host", b"X"]
    exchange = proxy.only(path)
    assert exchange.request.authority == server.url[len("http://") :]
    assert (exchange.request.scheme, exchange.request.query) == ("http", "a=1")
    assert [name for name, _ in exchange.request.headers] == ["Host", "X"]
    assert proxy.exchanges("/page") == []


def test_a_client_of_http_1_0_that_names_its_server_in_the_target_alone(
    server: Upstream, proxy: Forward, place: str
) -> None:
    path = f"/api/v2{place}"
    server.answers[path] = says(response(OK, JSON))
    with Connection(proxy.url) as client:
        client.send(f"GET {server.url}{path} HTTP/1.0\r\n\r\n".encode())
        assert client.reply().body == OK
    assert proxy.only(path).request.authority == server.url[len("http://") :]


def test_https_is_recorded_for_a_client_that_trusts_our_authority(secure: Upstream, proxy: Forward, place: str) -> None:
    path = f"/api/v2{place}"
    secure.answers[path] = says(response(OK, JSON))
    with proxy.client() as client:
        assert client.get(f"{secure.url}{path}").content == OK
        assert client.get(f"{secure.url}/page").content == b"page"
    request = proxy.only(path).request
    assert (request.scheme, request.authority) == ("https", secure.url[len("https://") :])
    assert proxy.exchanges("/page") == []


def test_curl_through_the_proxy(secure: Upstream, proxy: Forward, place: str) -> None:
    path = f"/api/v2{place}"
    secure.answers[path] = says(response(OK, JSON))
    curl = ("curl", "-sS", "-m", "20", "-x", proxy.url, "--cacert", proxy.ca / "mitmproxy-ca-cert.pem")
    try:
        ended = subprocess.run((*curl, secure.url + path), capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("no curl")
    assert (ended.returncode, ended.stdout) == (0, OK), ended.stderr
    assert proxy.only(path).response


def test_a_client_that_does_not_trust_us_fails_and_all_goes_on(secure: Upstream, proxy: Forward, place: str) -> None:
    path = f"/api/v2{place}"
    secure.answers[path] = says(response(OK, JSON))
    with proxy.client(verify=True) as stranger, pytest.raises(httpx.ConnectError, match="certificate verify failed"):
        stranger.get(f"{secure.url}{path}")
    assert secure.requests(path) == [] and proxy.exchanges(path) == []
    with proxy.client() as client:
        assert client.get(f"{secure.url}{path}").content == OK


def test_a_server_whose_certificate_is_not_trusted_is_refused(secure: Upstream, tmp_path: Path) -> None:
    secure.answers["/api/v2/me"] = says(response(OK, JSON))
    with forward(tmp_path) as strict:
        with strict.client() as client:
            for path in ("/api/v2/me", "/page"):
                reply = client.get(f"{secure.url}{path}")
                assert reply.status_code == 502 and "certificate verify failed" in reply.text.lower()
        assert strict.process.end().code == 0
    exchange = strict.only("/api/v2/me")
    assert exchange.response is None and "certificate verify failed" in (exchange.error or "").lower()


def test_a_server_that_is_down_is_told_and_recorded(nobody: str, proxy: Forward, place: str) -> None:
    for origin in (nobody, nobody.replace("http:", "https:")):
        with proxy.client() as client:
            assert client.get(f"{origin}/api/v2{place}").status_code == 502
    assert [row["error"] is not None for row in proxy.exchanges(f"/api/v2{place}")] == [True, True]


def test_what_is_no_http_passes_through_a_tunnel(proxy: Forward) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server, Connection(proxy.url) as client:
        server.settimeout(20)
        place = f"127.0.0.1:{server.getsockname()[1]}"
        client.send(f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n\r\n".encode())
        assert b" 200 " in client.head()
        client.send(b"\x00\x01\xff none")
        accepted, _ = server.accept()
        with accepted:
            accepted.settimeout(20)
            assert accepted.recv(100) == b"\x00\x01\xff none"
            accepted.sendall(b"\xff\x00 indeed")
            assert client.some() == b"\xff\x00 indeed"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0"])
def test_it_does_not_ask_itself(host: str, proxy: Forward) -> None:
    port = proxy.url.rpartition(":")[2]
    with proxy.client() as client:
        for scheme in ("http", "https"):
            reply = client.get(f"{scheme}://{host}:{port}/api/v2/me")
            assert reply.status_code == 502 and "this recorder itself" in reply.text
    reply = ask(proxy.url, b"GET /api/v2/me")
    assert reply.status == 502 and b"this recorder itself" in reply.body and b"as its proxy" in reply.body


def test_it_answers_for_no_host_of_its_own(tmp_path: Path) -> None:
    # mitmproxy's page for its certificates; by itself it is at mitm.it
    options = ("-q", "--mode=regular@127.0.0.1:0", "--set=onboarding_host=here.invalid")
    with mitmdump(tmp_path / "confdir", *options, "-s", CHECKOUT / "addons" / "record.py") as process:
        reply = httpx.get("http://here.invalid/", proxy=process.url(), trust_env=False, timeout=20)
    assert reply.status_code == 502


@pytest.mark.skipif(version.VERSION.startswith("11."), reason="there is no page with mitmproxy 11")
def test_it_leads_nobody_to_its_page(tmp_path: Path) -> None:
    with forward(tmp_path, "--web") as proxy:
        page = re.sub(r"/\?.*", "", proxy.process.line("web ").removeprefix("web "))
        with proxy.client() as client:
            reply = client.get(f"{page}/flows")
        assert reply.status_code == 502 and "this recorder itself" in reply.text


@pytest.mark.parametrize(
    ("protocols", "spoken"),
    [(["h2", "http/1.1"], "h2"), (["http/1.1"], "http/1.1"), ([], None)],
    ids=["h2", "http/1.1", "none"],
)
def test_a_client_is_offered_what_its_server_speaks(
    protocols: list[str], spoken: str | None, authority: Authority, proxy: Forward
) -> None:
    if version.VERSION.startswith("11.") and spoken == "h2":
        spoken = "http/1.1"
    context = proxy.trusted
    context.set_alpn_protocols(["h2", "http/1.1"])
    with Upstream(context=authority.server(protocols=protocols)) as server, Connection(proxy.url) as client:
        place = server.url[len("https://") :]
        client.send(f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n\r\n".encode())
        assert b" 200 " in client.head()
        with context.wrap_socket(client._socket, server_hostname="127.0.0.1") as secured:
            assert secured.selected_alpn_protocol() == spoken


@pytest.mark.skipif(version.VERSION.startswith("11."), reason="HTTP/2 is never offered with mitmproxy 11")
def test_http2_on_both_sides(authority: Authority, proxy: Forward, place: str) -> None:
    path = f"/api/v2{place}"
    streams = {path: h2server.says(OK), "/page": h2server.says(b"page")}
    with Http2Upstream(context=authority.server(protocols=["h2"]), streams=streams) as server:
        with proxy.client(http2=True) as client:
            assert client.get(f"{server.url}/page").content == b"page"
            reply = client.get(server.url + path)
        assert (reply.http_version, reply.content) == ("HTTP/2", OK)
        assert [stream.path for stream in server.seen] == ["/page", path]
    request = proxy.only(path).request
    assert (request.http_version, request.authority) == ("HTTP/2.0", server.url[len("https://") :])
    assert proxy.exchanges("/page") == []


@pytest.mark.parametrize("killed", [False, True], ids=["ended", "killed"])
def test_all_servers_of_a_recording_are_known_and_replayed(
    killed: bool, server: Upstream, secure: Upstream, authority: Authority, tmp_path: Path
) -> None:
    paths = {"/api/v2/at-one": server, "/api/v2/at-other": secure}
    for path, one in paths.items():
        elsewhere = (secure if one is server else server).url
        said = {"statusCode": 0, "uri": f"{elsewhere}/api/v2/me", "homeUri": f"{elsewhere}/home"}
        one.answers[path] = says(response(json.dumps(said).encode(), JSON))
    with forward(tmp_path, "--upstream-ca", authority.file) as proxy:
        with proxy.client() as client:
            for path, one in paths.items():
                client.get(one.url + path)
        if killed:
            proxy.process.kill()
        else:
            assert proxy.process.end().code == 0
    with reading(proxy.path) as recording:
        [session] = recording.sessions()
    assert (session.upstream, session.origins) == ("", [server.url, secure.url])
    [listed] = json.loads(run("ls", proxy.path, "--json").out)["sessions"]
    assert (listed["upstream"], listed["origins"]) == ("", session.origins)
    assert f"{server.url} {secure.url}" in run("ls", proxy.path).out
    with running(*COMMAND, "replay", proxy.path, "--listen", "127.0.0.1:0") as stub:
        for path in paths:
            said = json.loads(ask(stub.url(), f"GET {path}".encode()).body)
            assert (said["uri"], said["homeUri"]) == (f"{stub.url()}/api/v2/me", f"{stub.url()}/home")
