"""HTTP/1.1 as servers and clients use it: what passes is what plain mitmproxy passes, and it is recorded so."""

import gzip
import zlib
from itertools import pairwise

import brotli
import pytest
import zstandard

from tests.live.clients import Connection, Reply, ask
from tests.live.processes import eventually
from tests.live.recorders import Recorder
from tests.live.servers import Talk, Upstream, response, says, says_and_hangs_up, says_and_resets

JSON = b"Content-Type: application/json"
TEXT = b'{"statusCode":0,"text":"' + b"so weiter " * 100 + b'"}'
CODINGS = {
    "gzip": gzip.compress(TEXT, mtime=0),
    "deflate": zlib.compress(TEXT),
    "br": brotli.compress(TEXT),
    "zstd": zstandard.compress(TEXT),
    "gzip, br": brotli.compress(gzip.compress(TEXT, mtime=0)),
}
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
HALF = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"only'
TRAILERS = {
    "after JSON": b"application/json",
    "after a file": b"image/png",
}


def ended(recorder: Recorder, path: str) -> str:
    """The error by which the one exchange of a path ended, which may be a moment after its client has left."""
    eventually(lambda: [row for row in recorder.exchanges(path) if row["done_tick"]])
    return recorder.only(path).error or ""


def test_a_connection_is_kept_on_both_sides(upstream: Upstream, recorder: Recorder, place: str) -> None:
    upstream.answers[place] = says(response(b'{"statusCode":0}', JSON))
    before = upstream.connections
    with Connection(recorder.url) as client:
        for number in range(100):
            reply = client.ask(b"POST %s?n=%d" % (place.encode(), number), JSON, body=b'{"n":%d}' % number)
            assert reply.body == b'{"statusCode":0}'
    assert upstream.connections == before + 1
    recorded = recorder.exchanges(place)
    assert [row["query"] for row in recorded] == [f"n={number}" for number in range(100)]
    assert len({row["connection"] for row in recorded}) == 1
    assert all(one["done_tick"] < other["start_tick"] for one, other in pairwise(recorded))


def test_a_client_that_does_not_wait_for_answers(upstream: Upstream, recorder: Recorder, place: str) -> None:
    """Pipelining (RFC 9112 section 9.3.2)."""

    async def answer(talk: Talk) -> None:
        await talk.send(response(talk.received.target.partition(b"?")[2]))

    upstream.answers[place] = answer
    with Connection(recorder.url) as client:
        client.send(b"".join(b"GET %s?%d HTTP/1.1\r\nHost: x\r\n\r\n" % (place.encode(), n) for n in range(10)))
        assert [client.reply().body for _ in range(10)] == [b"%d" % n for n in range(10)]
    assert [row["query"] for row in recorder.exchanges(place)] == [str(n) for n in range(10)]


@pytest.mark.parametrize("coding", CODINGS)
def test_a_coded_body_is_kept_as_it_was_sent(coding: str, upstream: Upstream, recorder: Recorder, place: str) -> None:
    packed, field = CODINGS[coding], b"Content-Encoding: " + coding.encode()
    upstream.answers[place] = says(response(packed, JSON, field))
    reply = ask(recorder.url, b"POST " + place.encode(), JSON, field, body=packed)
    [received] = upstream.requests(place)
    recorded = recorder.only(place)
    assert recorded.response
    assert reply.body == received.body == packed
    for body in (recorded.request.body, recorded.response.body):
        assert (body.content, body.coding, body.decoded()) == (packed, coding, TEXT)


def test_coded_and_chunked_at_once_both_ways(upstream: Upstream, recorder: Recorder, place: str) -> None:
    packed, path = CODINGS["gzip"], place.encode()
    pieces = [b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (packed[:10], packed[10:])] + [b"0\r\n\r\n"]
    upstream.answers[place] = says(CHUNKED.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n"), *pieces)
    head = b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\n" % path + JSON
    with Connection(recorder.url) as client:
        for _ in range(2):
            client.send(head + b"\r\nTransfer-Encoding: chunked\r\n\r\n" + b"".join(pieces))
            assert client.reply().body == packed
    assert [one.body for one in upstream.requests(place)] == [packed] * 2
    rows = recorder.exchanges(place)
    assert [row["request_body"] for row in rows] == [row["response_body"] for row in rows]
    assert rows[0]["request_body"] == rows[1]["request_body"]


def test_a_client_that_asks_first_whether_it_may_send(upstream: Upstream, recorder: Recorder, place: str) -> None:
    """`Expect: 100-continue` (RFC 9110 section 10.1.1): mitmproxy says so itself, at once."""
    upstream.answers[place] = says(response(b'{"statusCode":0}', JSON))
    body = b'{"operationName":"SendMessage"}'
    head = b"POST %s HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: %d\r\n" % (
        place.encode(),
        len(body),
    )
    with Connection(recorder.url) as client:
        client.send(head + JSON + b"\r\n\r\n")
        assert client.head() == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.send(body)
        assert client.reply().body == b'{"statusCode":0}'
        assert client.ask(b"GET " + place.encode()).status == 200
    sent, _ = upstream.requests(place)
    assert sent.body == body
    assert [row["status"] for row in recorder.exchanges(place)] == [200, 200]
    [first, _] = recorder.rows("SELECT content FROM exchanges LEFT JOIN bodies b ON b.id = request_body "
                               "WHERE path = ? ORDER BY exchanges.id", place)  # fmt: skip
    assert first["content"] == body


def test_a_server_that_hints_before_it_answers(upstream: Upstream, recorder: Recorder, plain: str, place: str) -> None:
    """103 (RFC 8297): mitmproxy takes it for the answer, which it says itself; the connection is not used again."""
    hint = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
    upstream.answers[place] = says_and_hangs_up(hint, response(b'{"statusCode":0}', JSON))
    seen: list[Reply] = []
    for url in (recorder.url, plain):
        with Connection(url) as client:
            client.begin(b"GET " + place.encode())
            seen.append(Reply(client.head(), b""))
    assert seen[0] == seen[1]
    assert recorder.exchanges(place)[0]["status"] == seen[0].status


@pytest.mark.parametrize("kept", [False, True], ids=["closed", "kept"])
def test_a_client_of_http_1_0(kept: bool, upstream: Upstream, recorder: Recorder, place: str) -> None:
    upstream.answers[place] = says(response(b"hello", b"Connection: keep-alive" if kept else b"Connection: close"))
    fields = b"Connection: keep-alive\r\n" if kept else b""
    with Connection(recorder.url) as client:
        for _ in range(2 if kept else 1):
            client.send(b"GET %s HTTP/1.0\r\nHost: x\r\n%s\r\n" % (place.encode(), fields))
            assert client.reply().body == b"hello"
        assert kept or client.rest() == b""
    assert {row["http_version"] for row in recorder.exchanges(place)} == {"HTTP/1.0"}


def test_a_body_that_ends_with_its_connection(upstream: Upstream, recorder: Recorder, place: str) -> None:
    upstream.answers[place] = says_and_hangs_up(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n", b"a", b"b" * 9)
    reply = ask(recorder.url, b"GET " + place.encode())
    recorded = recorder.only(place)
    assert reply.body == b"abbbbbbbbb"
    assert recorded.response and recorded.response.body.content == reply.body
    assert recorded.error is None


@pytest.mark.parametrize(
    "cut", [b"HTTP/1.1 200 OK\r\nConte", HALF, CHUNKED + b'f\r\n{"statu'], ids=["head", "body", "chunk"]
)
def test_a_server_that_resets_leaves_the_next_answer_whole(
    cut: bytes, upstream: Upstream, recorder: Recorder, place: str
) -> None:
    upstream.answers[place] = says_and_resets(cut)
    upstream.answers[place + "/next"] = says(response(b"next"))
    assert ask(recorder.url, b"GET " + place.encode()).status == 502
    assert ask(recorder.url, b"GET " + place.encode() + b"/next").body == b"next"
    assert ended(recorder, place)
    assert recorder.only(place + "/next").error is None


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_a_client_that_resets_in_the_middle_of_its_body(
    chunked: bool, upstream: Upstream, recorder: Recorder, place: str
) -> None:
    framing = b"Transfer-Encoding: chunked\r\n\r\nff\r\nhal" if chunked else b"Content-Length: 100\r\n\r\nhalf"
    with Connection(recorder.url) as client:
        client.send(b"POST %s HTTP/1.1\r\nHost: x\r\n" % place.encode() + JSON + b"\r\n" + framing)
        eventually(lambda: ask(recorder.url, b"GET " + place.encode() + b"/other").status == 404)
        client.reset()
    eventually(lambda: recorder.exchanges(place))
    assert ended(recorder, place)
    assert recorder.only(place).response is None
    assert upstream.requests(place) == []


def test_a_client_that_resets_while_the_body_comes(upstream: Upstream, recorder: Recorder, place: str) -> None:
    client = Connection(recorder.url)

    async def answer(talk: Talk) -> None:
        await talk.send(HALF)
        client.reset()
        await talk.reader.read(1)
        talk.hang_up()

    upstream.answers[place] = answer
    client.begin(b"GET " + place.encode())
    eventually(lambda: recorder.exchanges(place))
    assert ended(recorder, place)


@pytest.mark.parametrize("what", TRAILERS)
def test_trailers_of_a_server_end_the_exchange_and_nobody_hangs(
    what: str, upstream: Upstream, recorder: Recorder, place: str
) -> None:
    """mitmproxy cannot go on from them (its issue 2474)."""
    head = (
        b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n" % TRAILERS[what]
    )
    upstream.answers[place] = says(head, b"2\r\nhi\r\n0\r\nX-Sum: 1\r\n\r\n")
    upstream.answers[place + "/next"] = says(response(b"next"))
    with Connection(recorder.url) as client:
        client.begin(b"GET " + place.encode())
        assert client.rest()[:12] in (b"HTTP/1.1 502", b"HTTP/1.1 200")
    assert "trailers" in ended(recorder, place)
    assert ask(recorder.url, b"GET " + place.encode() + b"/next").body == b"next"


def test_trailers_of_a_client_end_the_exchange_and_nobody_hangs(
    upstream: Upstream, recorder: Recorder, place: str
) -> None:
    with Connection(recorder.url) as client:
        head = b"POST %s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n" % place.encode()
        client.send(head + JSON + b"\r\n\r\n2\r\n{}\r\n0\r\nX-Sum: 1\r\n\r\n")
        reply = client.reply()
        assert (reply.status, b"trailers" in reply.body) == (502, True)
        assert client.rest() == b""
    assert "trailers" in ended(recorder, place)
    assert upstream.requests(place) == []
