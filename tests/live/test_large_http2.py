"""Bodies that stream over HTTP/2, where frames need no length."""

import ssl
from collections.abc import Iterator

import pytest
from mitmproxy import version

from tests.live.authority import Authority
from tests.live.h2client import Http2
from tests.live.h2server import Http2Upstream, says
from tests.live.large import END, FORM, MIB, bytes_of, field, file_part, holds, noise
from tests.live.secured import Secured, secured

BINARY = (b"content-type", b"application/octet-stream")
CONTENT = noise(3 * MIB)
LENGTH = (b"content-length", b"%d" % len(CONTENT))

pytestmark = [
    pytest.mark.skipif(version.VERSION.startswith("11."), reason="mitmproxy 11 offers HTTP/1.1 only"),
    pytest.mark.xdist_group("large http2"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Http2Upstream, Authority]]:
    authority = Authority(tmp_path_factory.mktemp("authority"))
    with Http2Upstream(context=authority.server(protocols=["h2", "http/1.1"])) as started:
        yield started, authority


@pytest.fixture(scope="module")
def recorder(server: tuple[Http2Upstream, Authority], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    upstream, authority = server
    path = tmp_path_factory.mktemp("http2") / "recording.db"
    with secured(upstream.url, path, authority=authority.file) as started:
        yield started
        ended = started.process.end()
    assert (ended.code, "Traceback" in ended.err) == (0, False), ended.err


@pytest.fixture
def client(recorder: Secured) -> Iterator[Http2]:
    context: ssl.SSLContext = recorder.context("h2", "http/1.1")
    with Http2(recorder.secure, context) as connected:
        yield connected


@pytest.mark.parametrize("fields", [(BINARY, LENGTH), (BINARY,)], ids=["of known length", "of unknown length"])
def test_up_and_down(
    fields: tuple[tuple[bytes, bytes], ...],
    client: Http2,
    server: tuple[Http2Upstream, Authority],
    recorder: Secured,
    place: str,
) -> None:
    upstream, _ = server
    upstream.streams[place] = says(CONTENT, *fields)
    answered = client.ask(b"POST", place, *fields, body=CONTENT)
    assert (answered.status, answered.body) == (200, CONTENT)
    [seen] = [stream for stream in upstream.seen if stream.path == place]
    assert seen.body == CONTENT
    recorded = recorder.only(place)
    assert recorded.response
    assert bytes_of(recorded.request.body) == CONTENT == bytes_of(recorded.response.body)
    assert not recorded.truncated and not recorded.error


def test_a_form(client: Http2, server: tuple[Http2Upstream, Authority], recorder: Secured, place: str) -> None:
    upstream, _ = server
    upstream.streams[place] = says(b"{}", (b"content-type", b"application/json"))
    sent = field(b"token", b"h2-s3cret") + file_part(b"a.png", CONTENT)[:-2] + END
    name, _, value = FORM.partition(b": ")
    assert client.ask(b"POST", place, (name.lower(), value), body=sent).body == b"{}"
    recorded = recorder.only(place)
    assert [part.filename for part in recorded.request.parts] == [None, "a.png", None]
    assert bytes_of(recorded.request.parts[1].body) == CONTENT
    assert not holds(recorder.path, b"h2-s3cret")


def test_a_stream_that_is_reset_in_mid_body(
    client: Http2, server: tuple[Http2Upstream, Authority], recorder: Secured, place: str
) -> None:
    upstream, _ = server

    async def answer(stream):  # type: ignore[no-untyped-def]
        await stream.head(200, BINARY, LENGTH)
        await stream.data(CONTENT[:MIB])
        await stream.cut()

    upstream.streams[place] = answer
    answered = client.ask(b"GET", place)
    assert answered.reset and CONTENT.startswith(answered.body)
    recorded = recorder.only(place)
    assert recorded.error and recorded.response
    assert bytes_of(recorded.response.body) == CONTENT[:MIB]
    assert recorded.truncated == (f"response: cut after {MIB} bytes",)
