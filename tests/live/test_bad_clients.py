"""Clients that do not do what they should: what they did is recorded, and nobody else notices."""

from pathlib import Path

import pytest

from tests.live.clients import Connection, ask
from tests.live.processes import eventually
from tests.live.recorders import Recorder, recording
from tests.live.servers import Held, Upstream, response, says

JSON = b"Content-Type: application/json"
BROKEN_JSON = {
    "half": b'{"operationName": "UploadFile", "documentId": ',
    "no UTF-8": b'{"operationName":"UploadFile","documentId":"\xff\xfe"}',
    "byte order mark": b'\xef\xbb\xbf{"operationName":"UploadFile"}',
    "twice the same": b'{"operationName":"Accept",  "operationName":"UploadFile" }\r\n',
    "trailing comma": b'{"operationName":"UploadFile","documentId":"0001",}',
    "half a surrogate": b'{"operationName":"UploadFile","documentId":"\\ud800"}',
    "zero bytes": b"\x00\x00\x00",
    "deep": b"[" * 100_000,
}
BAD_MULTIPART = {
    "no parts": b"",
    "other boundary": b"--other\r\n\r\nx\r\n--other--\r\n",
    "cut": b'--cut\r\nContent-Disposition: form-data; name="attachment"; filename="a.txt"\r\n\r\nhel',
    "cut in the headers": b"--cut\r\nContent-Disposition: form-data; name\r\n--cut--\r\n",
}
STRANGE_REQUESTS = {
    "Host in latin-1": b"GET %s HTTP/1.1\r\nHost: caf\xe9.example\r\n\r\n",
    "method in latin-1": b"G\xc9T %s HTTP/1.1\r\nHost: example.com\r\n\r\n",
    "HTTP/1.0 without Host": b"GET %s HTTP/1.0\r\n\r\n",
    "field in latin-1": b"GET %s HTTP/1.1\r\nHost: example.com\r\nCookie: JSESSIONID=\xe9\xff; \xe9\r\n\r\n",
    "unknown method": b"BREW %s HTTP/1.1\r\nHost: example.com\r\n\r\n",
}


@pytest.mark.parametrize("how", BROKEN_JSON)
def test_broken_json_reaches_the_server_byte_for_byte(
    how: str, upstream: Upstream, recorder: Recorder, place: str
) -> None:
    body = BROKEN_JSON[how]
    path = f"{place}/api/v2/me/chats/0001"
    upstream.answers[path] = says(response(b'{"statusCode":10,"statusMessage":"no JSON"}', JSON))
    ask(recorder.url, b"POST " + path.encode(), JSON, body=body)
    [received] = upstream.requests(path)
    assert received.body == body
    assert recorder.only(path).request.body.content == body


@pytest.mark.parametrize("how", BAD_MULTIPART)
def test_a_broken_form_reaches_the_server_byte_for_byte(
    how: str, upstream: Upstream, recorder: Recorder, place: str
) -> None:
    body = BAD_MULTIPART[how]
    upstream.answers[place] = says(response(b'{"statusCode":1}', JSON))
    media_type = b"Content-Type: multipart/form-data; boundary=cut"
    ask(recorder.url, b"POST " + place.encode(), media_type, body=body)
    [received] = upstream.requests(place)
    assert received.body == body
    assert (recorder.only(place).request.body.content or b"") == body


def test_a_client_that_leaves_while_it_waits(upstream: Upstream, recorder: Recorder, place: str) -> None:
    held = upstream.answers[place] = Held()
    with Connection(recorder.url) as client:
        client.begin(b"GET " + place.encode())
        held.wait()
        client.reset()
    eventually(lambda: [row for row in recorder.exchanges(place) if row["done_tick"]])
    recorded = recorder.only(place)
    assert recorded.error
    assert recorded.response is None


def test_a_client_that_leaves_in_the_middle_of_its_request(upstream: Upstream, recorder: Recorder, place: str) -> None:
    with Connection(recorder.url) as client:
        client.send(b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nonly this" % place.encode())
    [row] = eventually(lambda: recorder.exchanges(place))
    eventually(lambda: [row for row in recorder.exchanges(place) if row["done_tick"]])
    recorded = recorder.only(place)
    assert (recorded.request.method, recorded.number) == ("POST", row["id"])
    assert recorded.error
    assert upstream.requests(place) == []


def test_a_client_that_says_no_http(upstream: Upstream, recorder: Recorder, plain: str, place: str) -> None:
    upstream.answers[place] = says(response(b"good"))
    for hello in (b"\x00\x01 garbage\r\n\r\n", b"GET nowhere\r\n\r\n", b"GET / HTTP/1.1\r\nno colon here\r\n\r\n"):
        with Connection(recorder.url) as ours, Connection(plain) as theirs:
            ours.send(hello)
            theirs.send(hello)
            assert ours.rest() == theirs.rest()
    assert ask(recorder.url, b"GET " + place.encode()).body == b"good"
    assert recorder.only(place).error is None


STRANGE_ANSWERS = {
    "a statusCode beyond 64 bits": b'{"statusCode":18446744073709551615}',
    "a client id that is an object": b'[{"channel":"/meta/connect","successful":true,"clientId":{}}]',
    "a size beyond 64 bits": b'[{"channel":"/v2/me/chats","data":{"chat":{"id":"1","attachments":[%s]}}}]'
    % (b'{"id":"2","size":"%s"}' % (b"9" * 30)),
    "a size of 5000 digits": b'[{"channel":"/v2/me/chats","data":{"chat":{"id":"1","attachments":[%s]}}}]'
    % (b'{"id":"3","size":"%s"}' % (b"9" * 5000)),
}
UNHARMED = (0, [{"state": "complete"}], False)
"""Exit code, sessions, a traceback on stderr."""


def unharmed(recorder: Recorder) -> tuple[int, list[dict[str, str]], bool]:
    ended = recorder.process.end()
    return ended.code, recorder.rows("SELECT state FROM sessions"), "Traceback" in ended.err


def test_strange_requests_are_recorded_and_the_next_client_served(upstream: Upstream, file: Path, place: str) -> None:
    """In front of a recorder of their own: what cannot be written must not stop it."""
    seen = {}
    with recording(upstream.url, file) as recorder:
        for number, (how, request) in enumerate(STRANGE_REQUESTS.items()):
            path = f"{place}/{number}"
            upstream.answers[path] = says(response(b"good"))
            with Connection(recorder.url, patience=3) as client:
                client.send(request % path.encode())
                seen[how] = client.reply_or_none(), [row["status"] for row in recorder.exchanges(path)]
        assert {how: (reply and reply.body, rows) for how, (reply, rows) in seen.items()} == dict.fromkeys(
            STRANGE_REQUESTS, (b"good", [200])
        )
        assert unharmed(recorder) == UNHARMED


def test_strange_answers_are_recorded_and_the_next_client_served(upstream: Upstream, file: Path) -> None:
    seen = {}
    poll = b'[{"channel":"/meta/connect","clientId":"c"}]'
    with recording(upstream.url, file) as recorder:
        for path in ("/api/v2/me/chats/1", "/api/v2/notifications"):
            for how, answer in STRANGE_ANSWERS.items():
                upstream.answers[path] = says(response(answer, JSON))
                with Connection(recorder.url, patience=3) as client:
                    body = b'{"operationName":"Accept"}' if path.endswith("1") else poll
                    client.begin(b"POST " + path.encode(), JSON, body=body)
                    reply = client.reply_or_none()
                    rows = recorder.exchanges(path)
                seen[how, path] = (reply and reply.body) == answer and rows[-1]["status"] == 200
        assert [how for how, recorded in seen.items() if not recorded] == []
        assert unharmed(recorder) == UNHARMED
