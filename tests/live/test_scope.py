"""Only the API is recorded, and what `--also` names; everything else passes at once, as if nobody stood between."""

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import IO

import pytest

from inspector.errors import UsageError
from inspector.recording.scope import Scope
from tests.live.clients import Connection, ask
from tests.live.commands import run
from tests.live.processes import COMMAND, running
from tests.live.recorders import Recorder
from tests.live.servers import Held, Talk, Upstream, response, says
from tests.live.sockets import Chat, Event, Socket, TextMessage

pytestmark = pytest.mark.xdist_group("scope")  # a worker makes its recorder only once

LARGE = bytes(range(256)) * 4096 * 20
"""More than is held for any reader."""

BROKEN = b'{"operationName": "UploadFile"}'
"""A request that breaks a rule of errors: no document is named."""


@pytest.mark.parametrize(
    "path",
    [
        "/api/v2", "/api/v2/", "/api/v2/me", "/genesys/api/v2/me/chats/1", "/a/b/c/api/v2/notifications/connect",
        "/api/v2/me?fields=*", "/api/v2?x=/", "/api/v2;jsessionid=1", "/api;v=1/v2/me", "/API/v2/me", "/api%2Fv2/me",
        "/%61pi/v2/me", "/api//v2/me", "/ui/../api/v2/me", "/ui/..%2fapi/v2/me",
        "/api/v2/../v3/me",
    ],
)  # fmt: skip
def test_a_path_to_the_api_is_recorded(path: str) -> None:
    assert Scope().takes(path)


@pytest.mark.parametrize(
    "path",
    [
        "", "*", "/", "/api", "/api/v1/me", "/api/v20/me", "/myapi/v2/me", "/v2/me", "/ui?next=/api/v2/me",
        "/workspace/v3/login", "/genesys/cometd", "/api/v2x", "/a/%",
    ],
)  # fmt: skip
def test_another_path_is_not(path: str) -> None:
    assert not Scope().takes(path)


@pytest.mark.parametrize(
    ("also", "taken", "passed"),
    [
        (["^/ui/"], "/ui/login", "/x/ui/login"),
        ([r"\.json$"], "/a/b.JSON?x=1", "/a/b?c.json"),
        (["/cometd", "^/gms$"], "/gms", "/gms/"),
        (["."], "/", ""),
    ],
)
def test_what_patterns_name_is_recorded_too(also: list[str], taken: str, passed: str) -> None:
    scope = Scope(also)
    assert scope.takes(taken) and not scope.takes(passed) and scope.takes("/api/v2/me")


@pytest.mark.parametrize("pattern", ["(", "*", "[a", "(?P<x", "\\"])
def test_what_is_no_pattern(pattern: str) -> None:
    with pytest.raises(UsageError, match="no regular expression"):
        Scope([pattern])


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with Upstream() as server:
        yield server


@pytest.fixture(scope="module")
def only_api(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorder]:
    """A recorder as it is by default, but for what it refuses."""
    file = tmp_path_factory.mktemp("api") / "it.db"
    with running(*COMMAND, "record", upstream.url, file, "--listen", "127.0.0.1:0", "--block") as process:
        yield Recorder(process, process.url(), file)
        ended = process.end()
    assert (ended.code, "Traceback" in ended.err) == (0, False), ended.err


def test_nothing_else_is_recorded_numbered_or_refused(upstream: Upstream, only_api: Recorder) -> None:
    for path in ("/first", "/genesys/api/v2/me", "/api/v2/me"):
        upstream.answers[path] = says(response(path.encode()))
    assert ask(only_api.url, b"POST /first", b"X-Mine: 1", body=BROKEN).body == b"/first"
    assert ask(only_api.url, b"GET /genesys/api/v2/me").body == b"/genesys/api/v2/me"
    assert ask(only_api.url, b"GET /first").body == b"/first"
    assert ask(only_api.url, b"GET /api/v2/me").body == b"/api/v2/me"
    recorded = only_api.rows("SELECT id, path FROM exchanges WHERE path LIKE '%/me' ORDER BY id")
    numbers = [row["id"] for row in recorded]
    assert [row["path"] for row in recorded] == ["/genesys/api/v2/me", "/api/v2/me"]
    assert numbers[1] == numbers[0] + 1
    assert only_api.exchanges("/first") == []
    [seen, _] = upstream.requests("/first")
    assert (b"Host", upstream.url.removeprefix("http://").encode()) in seen.fields()
    assert (b"X-Mine", b"1") in seen.fields() and seen.body == BROKEN


def test_the_same_request_to_the_api_is_refused(upstream: Upstream, only_api: Recorder) -> None:
    reply = ask(only_api.url, b"POST /api/v2/me/chats/1", b"Content-Type: application/json", body=BROKEN)
    assert reply.status == 400 and upstream.requests("/api/v2/me/chats/1") == []


@pytest.mark.parametrize("head", [b"Content-Length: 12", b"Transfer-Encoding: chunked"], ids=["known", "chunked"])
def test_what_is_not_recorded_passes_while_it_comes(head: bytes, upstream: Upstream, only_api: Recorder) -> None:
    chunked = b"chunked" in head
    pieces = [b"7\r\nevent-1\r\n", b"5\r\nevent\r\n0\r\n\r\n"] if chunked else [b"event-1", b"event"]
    rest = Held(pieces[1])

    async def slowly(talk: Talk) -> None:
        await talk.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" + head + b"\r\n\r\n" + pieces[0])
        await rest(talk)

    upstream.answers["/events"] = slowly
    with Connection(only_api.url) as client:
        client.begin(b"GET /events")
        assert b"200 OK" in client.head()
        assert b"event-1" in client.some()
        rest.wait()  # the server has not said the rest, and what it did say is here
        rest.release()
        assert b"event" in client.some()
    assert only_api.exchanges("/events") == []


def test_an_upload_that_is_not_recorded_passes_while_it_comes(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        upstream = f"http://127.0.0.1:{server.getsockname()[1]}"
        server.settimeout(20)
        with running(*COMMAND, "record", upstream, tmp_path / "it.db", "--listen", "127.0.0.1:0") as process:
            with Connection(process.url()) as client:
                client.send(b"POST /upload HTTP/1.1\r\nHost: here\r\nContent-Length: 10\r\n\r\nfirst")
                accepted, _ = server.accept()
                with accepted, accepted.makefile("rb") as coming:
                    accepted.settimeout(20)
                    assert b"first" in _until(coming, b"first")
                    client.send(b"other")
                    assert _until(coming, b"other").endswith(b"other")
                    accepted.sendall(response(b"thanks"))
                    assert client.reply().body == b"thanks"
            process.end()


def _until(coming: IO[bytes], end: bytes) -> bytes:
    seen = b""
    while end not in seen:
        more = coming.read(1)
        assert more, seen
        seen += more
    return seen


def test_what_is_large_passes_whole_both_ways(upstream: Upstream, only_api: Recorder) -> None:
    upstream.answers["/large"] = says(response(LARGE, b"Content-Type: application/json"))
    reply = ask(only_api.url, b"PUT /large", b"Content-Type: multipart/form-data; boundary=x", body=LARGE)
    assert reply.body == LARGE
    assert upstream.requests("/large")[-1].body == LARGE
    assert only_api.exchanges("/large") == []


def test_answers_without_a_body_and_a_server_that_hangs_up(upstream: Upstream, only_api: Recorder) -> None:
    upstream.answers["/bare"] = says(b"HTTP/1.1 204 No Content\r\n\r\n")
    upstream.answers["/head"] = says(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n")

    async def gone(talk: Talk) -> None:
        talk.reset()

    upstream.answers["/gone"] = gone
    with Connection(only_api.url) as client:
        assert client.ask(b"GET /bare").status == 204
        assert client.ask(b"HEAD /head").status == 200
        assert client.ask(b"GET /bare").status == 204
    assert ask(only_api.url, b"GET /gone").status == 502


def test_a_websocket_that_is_not_recorded_works(upstream: Upstream, only_api: Recorder) -> None:
    def echo(event: Event) -> Iterator[Event]:
        if isinstance(event, TextMessage):
            yield event

    upstream.answers["/socket"] = Chat(echo)
    with Socket(only_api.url, "/socket") as client:
        client.send(TextMessage("hello"))
        assert client.message() == "hello"
    assert only_api.exchanges("/socket") == []


@pytest.mark.parametrize("how", ["--also", "the settings"])
def test_what_was_named_is_recorded_too(how: str, upstream: Upstream, tmp_path: Path) -> None:
    options = ["--also", "^/UI/", "--also", "cometd"]
    if how == "the settings":
        (tmp_path / "gws-inspector.toml").write_text("[record]\nalso = ['^/UI/', 'cometd']\n", "utf-8")
        options = []
    for path in ("/ui/login", "/genesys/cometd", "/gui/login"):
        upstream.answers[path] = says(response(b"{}"))
    listen = ("--listen", "127.0.0.1:0")
    with running(*COMMAND, "record", upstream.url, "it.db", *listen, *options, cwd=tmp_path) as process:
        recorder = Recorder(process, process.url(), tmp_path / "it.db")
        for path in (b"/ui/login", b"/genesys/cometd", b"/gui/login"):
            assert ask(recorder.url, b"GET " + path).body == b"{}"
        process.end()
        paths = [row["path"] for row in recorder.rows("SELECT path FROM exchanges ORDER BY id")]
    assert paths == ["/ui/login", "/genesys/cometd"]


def test_a_broken_pattern_is_told_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "it.db"
    ended = run("record", "http://127.0.0.1:1", file, "--also", "(")
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert "'('" in ended.err and not file.exists()
