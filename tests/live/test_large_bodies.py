"""Bodies that stream, whole: both sides get what was sent, the recording has it, and has it once."""

import json

import pytest

from inspector.traffic.body import Original
from tests.live.clients import Connection, ask
from tests.live.commands import run
from tests.live.large import (
    BINARY,
    END,
    FORM,
    MIB,
    bytes_of,
    field,
    file_part,
    head,
    holds,
    noise,
    post,
    sha256,
    streamed,
    truncated,
)
from tests.live.recorders import Recorder
from tests.live.servers import Upstream, response, says

CONTENT = noise(3 * MIB + 17)
SMALL = noise(1000)

DOWN = {
    "of known length": response(CONTENT, BINARY),
    "in chunks": streamed(CONTENT, BINARY),
    "in a coding": response(CONTENT, BINARY, b"Content-Encoding: gzip"),
    "a file that says it is JSON": streamed(CONTENT, b"Content-Type: application/json"),
}


@pytest.mark.parametrize("how", DOWN)
def test_a_download(how: str, upstream: Upstream, recorder: Recorder, place: str) -> None:
    path = f"/api/v2/me/chats/c/attachments{place}" if "JSON" in how else place
    upstream.answers[path] = says(DOWN[how])
    reply = ask(recorder.url, b"GET " + path.encode())
    assert reply.body == CONTENT
    recorded = recorder.only(path)
    assert recorded.response and not recorded.truncated and not recorded.error
    assert bytes_of(recorded.response.body) == CONTENT
    assert recorded.response.body.sha256 == sha256(CONTENT)
    assert recorded.response.body.head == CONTENT[:4096]


def test_one_that_ends_with_the_connection(upstream: Upstream, recorder: Recorder, place: str) -> None:
    async def answer(talk):  # type: ignore[no-untyped-def]
        await talk.send(head(BINARY, b"Connection: close") + CONTENT)
        talk.hang_up()

    upstream.answers[place] = answer
    assert ask(recorder.url, b"GET " + place.encode()).body == CONTENT
    recorded = recorder.only(place)
    assert recorded.response and bytes_of(recorded.response.body) == CONTENT


@pytest.mark.parametrize("content", [SMALL, b"", noise(MIB)], ids=["small", "empty", "a chunk"])
def test_one_in_chunks_that_is_small_is_like_any_other(
    content: bytes, upstream: Upstream, recorder: Recorder, place: str
) -> None:
    upstream.answers[place] = says(streamed(content, BINARY))
    assert ask(recorder.url, b"GET " + place.encode()).body == content
    recorded = recorder.only(place)
    assert recorded.response and recorded.response.body.content == content


@pytest.mark.parametrize("how", ["known", "chunked"])
def test_an_upload(how: str, upstream: Upstream, recorder: Recorder, place: str) -> None:
    upstream.answers[place] = says(response(b"fine", b"Content-Type: text/plain"))
    with Connection(recorder.url) as connection:
        if how == "known":
            connection.begin(b"POST " + place.encode(), BINARY, body=CONTENT)
        else:
            post(connection, place, CONTENT, BINARY)
        assert connection.reply().body == b"fine"
        [received] = upstream.requests(place)
        assert received.body == CONTENT
        recorded = recorder.only(place)
        assert (recorded.request.body.sha256, recorded.truncated) == (sha256(CONTENT), ())
        assert bytes_of(recorded.request.body) == CONTENT
        assert connection.ask(b"POST " + place.encode(), BINARY, body=SMALL).status == 200  # it is kept alive


TOKEN = b"s3cr3t-t0k3n-in-a-form"
JSON = json.dumps({"password": "s3cr3t-in-json", "name": "a"}).encode()
FILES = noise(2 * MIB, 2), noise(MIB + 5, 3)


def a_form(*more: bytes) -> bytes:
    first, second = FILES
    parts = (field(b"operationName", b"UploadFile"), file_part(b"a.png", first), field(b"token", TOKEN), *more)
    return b"".join((*parts, field(b"about", JSON), file_part(b"b.png", second)))[:-2] + END


@pytest.mark.parametrize("how", ["known", "chunked"])
def test_a_form(how: str, upstream: Upstream, recorder: Recorder, place: str) -> None:
    """Its files are kept as they are, and once; its fields without their secrets; the server gets all of it."""
    sent = a_form()
    upstream.answers[place] = says(response())
    with Connection(recorder.url) as connection:
        if how == "known":
            connection.begin(b"POST " + place.encode(), FORM, body=sent)
        else:
            post(connection, place, sent, FORM)
        assert connection.reply().status == 200
    [received] = upstream.requests(place)
    assert received.body == sent
    recorded = recorder.only(place).request
    contents = [bytes_of(part.body) for part in recorded.parts]
    assert (contents[0], contents[1], contents[4]) == (b"UploadFile", *FILES)
    assert [part.filename for part in recorded.parts] == [None, "a.png", None, None, "b.png", None]
    assert [part.body.sha256 for part in recorded.parts if part.filename] == [sha256(one) for one in FILES]
    kept = b"".join(part.head + content for part, content in zip(recorded.parts, contents, strict=True))
    assert b"~secret:" in contents[2] and b"~secret:" in contents[3]
    assert (recorded.body.sha256, recorded.body.size) == (sha256(kept), len(kept))
    assert recorded.body.original and recorded.body.original.length == len(sent)
    assert not recorder.only(place).truncated
    assert not holds(recorder.path, TOKEN) and not holds(recorder.path, b"s3cr3t-in-json")
    assert len(recorder.rows("SELECT 1 FROM bodies WHERE sha256 = ?", sha256(FILES[0]))) == 1


def test_a_form_without_secrets_has_the_digest_of_what_was_sent(
    upstream: Upstream, recorder: Recorder, place: str
) -> None:
    sent = field(b"operationName", b"UploadFile") + file_part(b"a.png", FILES[0])[:-2] + END
    upstream.answers[place] = says(response())
    ask(recorder.url, b"POST " + place.encode(), FORM, body=sent)
    body = recorder.only(place).request.body
    assert (body.sha256, body.original, bytes_of(body)) == (sha256(sent), None, sent)


def test_of_a_field_that_is_too_long_only_the_digest_is_kept(
    upstream: Upstream, recorder: Recorder, place: str
) -> None:
    long = b"token=" + TOKEN[::-1] + noise(MIB, 4).replace(b"\r", b"r")
    sent = field(b"long", long) + file_part(b"a.png", FILES[1])[:-2] + END
    upstream.answers[place] = says(response())
    ask(recorder.url, b"POST " + place.encode(), FORM, body=sent)
    assert [one.body for one in upstream.requests(place)] == [sent]
    recorded = recorder.only(place)
    field_, file, _ = recorded.request.parts
    assert (field_.body.content, field_.body.sha256) == (None, sha256(long))
    assert bytes_of(file.body) == FILES[1]
    [said] = recorded.truncated
    assert said.startswith(f"request: only the digest was kept ({len(long)} bytes")
    assert not holds(recorder.path, TOKEN[::-1])


def test_of_a_form_that_is_broken_only_the_digest_is_kept(upstream: Upstream, recorder: Recorder, place: str) -> None:
    sent = field(b"token", b"br0ken-s3cret") + file_part(b"a.png", FILES[0]) + b"--edge\r\n no: field\r\n\r\n" + SMALL
    upstream.answers[place] = says(response())
    ask(recorder.url, b"POST " + place.encode(), FORM, body=sent)
    assert [one.body for one in upstream.requests(place)] == [sent]
    recorded = recorder.only(place)
    body = recorded.request.body
    assert (recorded.request.parts, body.content, body.original) == ((), None, Original("", len(sent)))
    assert recorded.truncated == (
        f"request: only the digest was kept ({len(sent)} bytes, multipart that cannot be split)",
    )
    assert not holds(recorder.path, b"br0ken-s3cret")


LARGE_JSON = b'{"token":"l4rge-s3cret","x":"' + b"x" * (17 * MIB) + b'"}'


@pytest.mark.parametrize("how", ["known", "chunked"])
def test_of_json_that_is_too_large_only_the_digest_is_kept(
    how: str, upstream: Upstream, recorder: Recorder, place: str
) -> None:
    media = b"Content-Type: application/json"
    upstream.answers[place] = says(response(LARGE_JSON, media) if how == "known" else streamed(LARGE_JSON, media))
    with Connection(recorder.url) as connection:
        if how == "known":
            connection.begin(b"POST " + place.encode(), media, body=LARGE_JSON)
        else:
            post(connection, place, LARGE_JSON, media)
        assert connection.reply().body == LARGE_JSON
    assert [one.body for one in upstream.requests(place)] == [LARGE_JSON]
    recorded = recorder.only(place)
    assert recorded.response
    for body in (recorded.request.body, recorded.response.body):
        assert (body.content, body.head, body.sha256) == (None, b"", sha256(LARGE_JSON))
    why = f"only the digest was kept ({len(LARGE_JSON)} bytes, application/json of more than {16 * MIB} bytes)"
    assert recorded.truncated == (f"request: {why}", f"response: {why}")
    assert not holds(recorder.path, b"l4rge-s3cret")


def test_json_in_chunks_is_held_and_read(upstream: Upstream, recorder: Recorder, place: str) -> None:
    content = json.dumps({"token": "ch0nked-s3cret", "x": "x" * 2 * MIB}).encode()
    upstream.answers[place] = says(streamed(content, b"Content-Type: application/json"))
    assert ask(recorder.url, b"GET " + place.encode()).body == content
    recorded = recorder.only(place)
    assert recorded.response and recorded.response.body.json()["token"].startswith("~secret:")
    assert not recorded.truncated


def test_what_goes_up_and_comes_down_again_is_stored_once(upstream: Upstream, recorder: Recorder, place: str) -> None:
    content = noise(30 * MIB, 5)
    sent = field(b"operationName", b"UploadFile") + file_part(b"a.png", content)[:-2] + END
    upstream.answers[place] = says(response(content, BINARY))
    assert ask(recorder.url, b"POST " + place.encode(), FORM, body=sent).body == content
    recorded = recorder.only(place)
    assert recorded.response and bytes_of(recorded.response.body) == content == bytes_of(recorded.request.parts[1].body)
    rows = recorder.rows("SELECT id FROM bodies WHERE sha256 = ?", sha256(content))
    assert len(rows) == 1
    refers = (
        "SELECT (SELECT body FROM parts WHERE exchange = e.id AND position = 1) AS part, response_body FROM exchanges e"
    )
    [row] = recorder.rows(f"{refers} WHERE path = ?", place)
    assert row == {"part": rows[0]["id"], "response_body": rows[0]["id"]}


def test_the_command_tells_of_what_is_not_kept(upstream: Upstream, recorder: Recorder, place: str) -> None:
    sent = b"--edge\r\n no: field\r\n" + noise(2 * MIB)
    upstream.answers[place] = says(response())
    ask(recorder.url, b"POST " + place.encode(), FORM, body=sent)
    number = recorder.exchanges(place)[0]["id"]
    assert truncated(recorder.path, number)
    assert "only the digest was kept" in run("show", recorder.path, str(number)).out
