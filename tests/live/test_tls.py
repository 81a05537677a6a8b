"""TLS on both sides: what clients must trust, and what the recorder does."""

import ssl
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.live.authority import Authority
from tests.live.clients import Connection
from tests.live.processes import eventually
from tests.live.recorders import recording
from tests.live.secured import Secured, secured
from tests.live.servers import Held, Upstream, response, says, says_and_hangs_up, says_and_resets
from tests.live.sockets import Chat, Socket, TextMessage

pytestmark = pytest.mark.xdist_group("tls")  # a worker makes its recorder only once

JSON = b"Content-Type: application/json"
BODY = b'{"statusCode":0}'


@pytest.fixture(scope="module")
def server(authority: Authority) -> Iterator[Upstream]:
    with Upstream(context=authority.server()) as started:
        yield started


@pytest.fixture(scope="module")
def recorder(server: Upstream, authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    path = tmp_path_factory.mktemp("tls") / "recording.db"
    with secured(server.url, path, authority=authority.file) as started:
        yield started
        assert started.process.end().code == 0


@pytest.fixture
def client(recorder: Secured) -> Iterator[Connection]:
    with Connection(recorder.secure, context=recorder.context()) as connected:
        yield connected


def test_an_exchange_with_tls_on_both_sides(
    server: Upstream, recorder: Secured, client: Connection, place: str
) -> None:
    server.answers[place] = says(response(BODY, JSON))
    for number in range(1, 21):
        assert client.ask(b"POST " + place.encode(), JSON, body=b'{"n":%d}' % number).body == BODY
        rows = recorder.exchanges(place)
        assert len(rows) == number
        assert all(row["done_tick"] and row["status"] == 200 for row in rows)
    assert {(row["scheme"], row["authority"]) for row in rows} == {("https", recorder.secure.removeprefix("https://"))}
    host = {dict(one.fields())[b"Host"].decode() for one in server.requests(place)}
    assert host == {server.url.removeprefix("https://")}
    assert recorder.rows("SELECT upstream FROM sessions") == [{"upstream": server.url}]


def test_a_client_without_tls_in_front_of_a_server_with_it(server: Upstream, recorder: Secured, place: str) -> None:
    server.answers[place] = says(response(BODY, JSON))
    with Connection(recorder.url) as client:
        assert client.ask(b"GET " + place.encode()).body == BODY
    assert recorder.only(place).error is None


def test_a_client_that_does_not_trust_the_recorder(
    server: Upstream, recorder: Secured, authority: Authority, place: str
) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        Connection(recorder.secure, context=ssl.create_default_context(cafile=authority.file))
    server.answers[place] = says(response(BODY, JSON))
    with Connection(recorder.secure, context=recorder.context()) as other:
        assert other.ask(b"GET " + place.encode()).body == BODY


BAD = ("signed by nobody known", "for another name", "expired")


@pytest.mark.parametrize("how", BAD)
def test_a_server_whose_certificate_is_not_good(how: str, authority: Authority, tmp_path: Path, place: str) -> None:
    context = authority.server(*["example.com"] if how == BAD[1] else [], expired=how == BAD[2])
    trusted = None if how == BAD[0] else authority.file
    with Upstream({place: says(response(BODY, JSON))}, context=context) as server:
        with secured(server.url, tmp_path / "recording.db", authority=trusted) as recorder:
            for url, client in ((recorder.secure, recorder.context()), (recorder.url, None)):
                with Connection(url, context=client) as connection:
                    assert connection.ask(b"POST " + place.encode(), JSON, body=BODY).status == 502
            rows = recorder.exchanges(place)
        assert server.received == [], "nothing is told to a server that may be anybody"
    assert [row["status"] for row in rows] == [None, None]
    assert all("ertificate" in row["error"] for row in rows), rows
    assert all(row["request_body"] for row in rows), "what was not sent is recorded"


@pytest.mark.parametrize("resets", [False, True], ids=["closes", "resets"])
def test_a_server_that_stops_in_its_body(
    resets: bool, server: Upstream, recorder: Secured, client: Connection, place: str
) -> None:
    half = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    server.answers[place] = (says_and_resets if resets else says_and_hangs_up)(half)
    assert client.ask(b"GET " + place.encode()).status == 502
    recorded = recorder.only(place)
    assert recorded.error and recorded.done


def test_trailers_end_the_connection_and_nobody_hangs(
    server: Upstream, recorder: Secured, client: Connection, place: str
) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    server.answers[place] = says(head, b"2\r\n{}\r\n0\r\nX-Sum: 1\r\n\r\n")
    client.begin(b"GET " + place.encode())
    with suppress(ssl.SSLEOFError):  # what is encrypted only mitmproxy could end in order
        assert client.rest() == b""
    eventually(lambda: [row for row in recorder.exchanges(place) if row["done_tick"]])
    assert "trailers" in (recorder.only(place).error or "")


def test_a_held_poll(server: Upstream, recorder: Secured, client: Connection, place: str) -> None:
    held = server.answers[place] = Held(response(b"[]", JSON))
    server.answers[place + "/quick"] = says(response(BODY, JSON))
    client.begin(b"POST " + place.encode())
    held.wait()
    with Connection(recorder.secure, context=recorder.context()) as other:
        assert other.ask(b"GET " + place.encode() + b"/quick").body == BODY
    assert recorder.only(place).done is None
    held.release()
    assert client.reply().body == b"[]"


def test_a_websocket(server: Upstream, recorder: Secured, place: str) -> None:
    server.answers[place] = Chat(lambda event: [event] if isinstance(event, TextMessage) else [])
    with Socket(recorder.secure, place, context=recorder.context()) as socket:
        socket.send(TextMessage("over TLS"))
        assert socket.message() == "over TLS"
        kept = recorder.rows("SELECT direction FROM frames JOIN exchanges ON id = exchange WHERE path = ?", place)
    assert [row["direction"] for row in kept] == ["client", "server"]


def test_the_command_refuses_a_server_that_it_cannot_verify(server: Upstream, file: Path, place: str) -> None:
    with recording(server.url, file) as recorder:
        with Connection(recorder.url) as client:
            assert client.ask(b"GET " + place.encode()).status == 502
        assert "ertificate" in (recorder.only(place).error or "")
