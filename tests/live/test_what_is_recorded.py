"""What the client has seen is in the recording: every byte of it, and before the client has it."""

import gzip
import hashlib
import threading

import pytest

from tests.live.clients import Connection, ask
from tests.live.recorders import Recorder
from tests.live.servers import Held, Upstream, response, says

JSON = b"Content-Type: application/json"
FILE = bytes(range(256)) * 40 + b"\r\n--cut\r\n-- not a boundary: --cut1"
FORM = (
    b'--cut-here\r\nContent-Disposition: form-data; name="operationName"\r\n\r\nAddAttachment\r\n'
    b'--cut-here\r\ncontent-disposition:form-data; name="attachment"; filename="Gr\xc3\xbc\xc3\x9fe \\"1\\".bin"\r\n'
    b"Content-Type: application/octet-stream\r\nX-Odd:  two  blanks \r\n\r\n" + FILE + b"\r\n"
    b'--cut-here\r\nContent-Disposition: form-data; name="empty"; filename=""\r\n\r\n\r\n--cut-here--\r\nepilogue'
)


def test_an_exchange_is_on_disk_before_its_client_has_the_answer(
    upstream: Upstream, recorder: Recorder, place: str
) -> None:
    upstream.answers[place] = says(response(b'{"statusCode":0}', JSON))
    with Connection(recorder.url) as client:
        for number in range(1, 21):
            client.ask(b"POST " + place.encode(), JSON, body=b'{"n":%d}' % number)
            rows = recorder.exchanges(place)
            assert len(rows) == number
            assert all(row["done_tick"] and row["status"] == 200 and row["done_at"] for row in rows)


def test_a_request_is_on_disk_while_it_waits(upstream: Upstream, recorder: Recorder, place: str) -> None:
    held = upstream.answers[place] = Held(response(b"late"))
    upstream.answers[place + "/other"] = says(response(b"quick"))
    with Connection(recorder.url) as client:
        client.begin(b"POST " + place.encode(), JSON, body=b'{"held":true}')
        held.wait()
        ask(recorder.url, b"GET " + place.encode() + b"/other")  # its commit takes along what came before
        waiting = recorder.only(place)
        held.release()
        assert client.reply().body == b"late"
    assert (waiting.request.body.content, waiting.done) == (b'{"held":true}', None)
    done = recorder.only(place)
    assert done.started <= waiting.started
    assert done.done and done.answered and done.answered <= done.done


def test_a_form_keeps_its_parts_and_every_byte(upstream: Upstream, recorder: Recorder, place: str) -> None:
    upstream.answers[place] = says(response(b'{"statusCode":0}', JSON))
    media_type = b"Content-Type: multipart/form-data; boundary=cut-here"
    ask(recorder.url, b"POST " + place.encode(), media_type, body=FORM)
    [received] = upstream.requests(place)
    request = recorder.only(place).request
    assert received.body == request.body.content == FORM
    assert [(part.name, part.filename) for part in request.parts[:-1]] == [
        ("operationName", None),
        ("attachment", 'Grüße "1".bin'),
        ("empty", ""),
    ]
    assert [part.body.content for part in request.parts[:-1]] == [b"AddAttachment", FILE, b""]


def test_a_file_that_goes_up_and_comes_down_is_kept_once(upstream: Upstream, recorder: Recorder, place: str) -> None:
    content = place.encode() + FILE
    form = FORM.replace(FILE, content)
    upstream.answers[place] = says(response(b'{"statusCode":0}', JSON))
    upstream.answers[place + "/down"] = says(response(content, b"Content-Type: image/png"))
    for _ in range(2):
        ask(recorder.url, b"POST " + place.encode(), b"Content-Type: multipart/form-data; boundary=cut-here", body=form)
        assert ask(recorder.url, b"GET " + place.encode() + b"/down").body == content
    digest = hashlib.sha256(content).hexdigest()
    [body] = recorder.rows("SELECT * FROM bodies WHERE sha256 = ?", digest)
    assert (body["kept"], body["content"]) == ("whole", content)
    named = recorder.rows("SELECT body FROM parts WHERE sha256 = ?", digest)
    down = [row["response_body"] for row in recorder.exchanges(place + "/down")]
    assert [row["body"] for row in named] == down == [body["id"]] * 2


def test_a_form_that_comes_back_as_it_is_keeps_its_bytes_both_ways(
    upstream: Upstream, recorder: Recorder, place: str
) -> None:
    form = FORM.replace(b"AddAttachment", place.encode())
    upstream.answers[place] = says(response(form, b"Content-Type: application/octet-stream"))
    reply = ask(
        recorder.url, b"POST " + place.encode(), b"Content-Type: multipart/form-data; boundary=cut-here", body=form
    )
    recorded = recorder.only(place)
    assert reply.body == recorded.request.body.content == form
    assert recorded.response and recorded.response.body.content == form


@pytest.mark.parametrize("size", [0, 1, 1024 * 1024, 1024 * 1024 + 1, 3_000_000])
def test_a_download_of_any_size(size: int, upstream: Upstream, recorder: Recorder, place: str) -> None:
    content = (b"\x89PNG\r\n\x1a\n\x00" * (size // 9 + 1))[:size]
    upstream.answers[place] = says(response(content, b"Content-Type: image/png"))
    assert ask(recorder.url, b"GET " + place.encode()).body == content
    recorded = recorder.only(place).response
    assert recorded and b"".join(recorded.body.pieces()) == content
    assert recorded.body.sha256 == hashlib.sha256(content).hexdigest()


def test_a_compressed_body_is_kept_as_it_was_sent(upstream: Upstream, recorder: Recorder, place: str) -> None:
    packed = gzip.compress(b'{"statusCode":0}', mtime=0)
    upstream.answers[place] = says(response(packed, JSON, b"Content-Encoding: gzip"))
    reply = ask(recorder.url, b"POST " + place.encode(), JSON, b"Content-Encoding: gzip", body=packed)
    recorded = recorder.only(place)
    [received] = upstream.requests(place)
    assert recorded.response
    assert reply.body == received.body == packed
    for body in (recorded.request.body, recorded.response.body):
        assert (body.content, body.decoded(), body.coding) == (packed, b'{"statusCode":0}', "gzip")


def test_chunked_both_ways(upstream: Upstream, recorder: Recorder, place: str) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/plain\r\n\r\n"
    upstream.answers[place] = says(head, b"5\r\nhello\r\n", b"1;x=y\r\n,\r\n", b"6\r\n world\r\n0\r\n\r\n")
    with Connection(recorder.url) as client:
        client.send(
            b"POST %s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
            % place.encode()
        )
        assert client.reply().body == b"hello, world"
    recorded = recorder.only(place)
    assert recorded.response
    assert (recorded.request.body.content, recorded.response.body.content) == (b"abcde", b"hello, world")
    assert recorded.response.headers.get("transfer-encoding") == "chunked"


def test_answers_without_a_body_on_one_connection(upstream: Upstream, recorder: Recorder, place: str) -> None:
    upstream.answers[place] = says(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1234\r\n\r\n")
    upstream.answers[place + "/204"] = says(b"HTTP/1.1 204 No Content\r\nX-It: is\r\n\r\n")
    upstream.answers[place + "/304"] = says(b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\nContent-Length: 9\r\n\r\n')
    upstream.answers[place + "/last"] = says(response(b"last"))
    path = place.encode()
    with Connection(recorder.url) as client:
        assert dict(client.ask(b"HEAD " + path).fields())[b"Content-Length"] == b"1234"
        assert client.ask(b"DELETE " + path + b"/204").status == 204
        assert client.ask(b"GET " + path + b"/304", b'If-None-Match: "1"').status == 304
        assert client.ask(b"GET " + path + b"/last").body == b"last"
    head = recorder.only(place)
    assert head.request.method == "HEAD"
    assert head.response and head.response.headers.get("content-length") == "1234"
    assert [recorder.exchanges(place + end)[0]["status"] for end in ("", "/204", "/304")] == [200, 204, 304]
    assert len({recorder.exchanges(place + end)[0]["connection"] for end in ("", "/204", "/304", "/last")}) == 1
    assert [recorder.exchanges(place + end)[0]["response_body"] for end in ("", "/204", "/304")] == [None] * 3


def test_header_fields_keep_their_order_case_and_duplicates(upstream: Upstream, recorder: Recorder, place: str) -> None:
    sent = [(b"X-oDD", b"1"), (b"accept", b"a"), (b"Accept", b"b"), (b"x-Odd", b"\xe9\xff"), (b"X-Empty", b"")]
    back = [(b"via", b"1"), (b"X-B", b"2"), (b"VIA", b"3"), (b"x-b", b"\xfc"), (b"Set-Cookie", b"a=; Path=/")]
    upstream.answers[place] = says(response(b"ok", *(name + b": " + value for name, value in back)))
    reply = ask(recorder.url, b"GET " + place.encode(), *(name + b": " + value for name, value in sent))
    [received] = upstream.requests(place)
    recorded = recorder.only(place)
    assert recorded.response
    assert received.fields()[1:] == sent
    assert reply.fields()[:-1] == back
    for headers, fields in ((recorded.request.headers, sent), (recorded.response.headers, back)):
        kept = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        assert [field for field in kept if field[0] not in (b"Host", b"Content-Length")] == fields


@pytest.mark.parametrize(
    "query", [b"", b"?", b"?a=1&a=2", b"?%ff%00=%zz&;x", b"?q=caf\xe9", b"?a?b=c#d", b"?" + b"x" * 5000]
)
def test_a_query_with_odd_bytes(query: bytes, upstream: Upstream, recorder: Recorder, place: str) -> None:
    upstream.answers[place] = says(response(b"ok"))
    assert ask(recorder.url, b"GET " + place.encode() + query).body == b"ok"
    [received] = upstream.requests(place)
    assert received.target == place.encode() + query
    assert recorder.only(place).request.query.encode("latin-1") == query[1:]


def test_who_asked_which_server(upstream: Upstream, recorder: Recorder, place: str) -> None:
    upstream.answers[place] = says(response(b"ok"))
    ask(recorder.url, b"GET " + place.encode())
    [received] = upstream.requests(place)
    server = upstream.url.removeprefix("http://")
    request = recorder.only(place).request
    assert dict(received.fields())[b"Host"].decode() == request.headers.get("host") == server
    assert (request.scheme, request.authority) == ("http", recorder.url.removeprefix("http://"))
    assert recorder.rows("SELECT upstream FROM sessions") == [{"upstream": upstream.url}]


def test_fifty_held_polls_delay_nobody(upstream: Upstream, recorder: Recorder, place: str) -> None:
    held = upstream.answers[place] = Held(response(b"[]", JSON))
    upstream.answers[place + "/quick"] = says(response(b"quick"))
    polls = [Connection(recorder.url) for _ in range(50)]
    threads = [threading.Thread(target=poll.begin, args=(b"POST " + place.encode(),)) for poll in polls]
    for thread in threads:
        thread.start()
    held.wait(50)
    assert ask(recorder.url, b"GET " + place.encode() + b"/quick").body == b"quick"
    assert [row["done_tick"] for row in recorder.exchanges(place)] == [None] * 50
    held.release()
    for thread, poll in zip(threads, polls, strict=True):
        thread.join()
        assert poll.reply().body == b"[]"
        poll.close()
    assert [row["status"] for row in recorder.exchanges(place)] == [200] * 50
