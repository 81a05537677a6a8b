"""Several servers behind one recorder: a listener each, one session, and a replay that answers for all."""

import shlex
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from mitmproxy import version

from inspector.recording.reader import reading
from tests.live.authority import Authority, trusting
from tests.live.clients import ask
from tests.live.commands import run
from tests.live.processes import COMMAND, MITMDUMP, Process, eventually, running
from tests.live.recorders import READY, rows
from tests.live.servers import Upstream, response, says

JSON = b"Content-Type: application/json"


@pytest.fixture
def two() -> Iterator[tuple[Upstream, Upstream]]:
    with Upstream() as one, Upstream() as other:
        for name, server in (("one", one), ("other", other)):
            uri = f"{server.url}/api/v2/me".encode()
            server.answers[f"/api/v2/{name}"] = says(response(b'{"statusCode":0,"uri":"%s"}' % uri, JSON))
            server.answers["/page"] = says(response(name.encode()))
        yield one, other


def urls(process: Process, number: int) -> list[str]:
    """The places where the process says that it is ready, as soon as there are so many."""

    def ready() -> list[str]:
        return [line.removeprefix("ready ") for line in process.out.splitlines() if line.startswith("ready ")]

    eventually(lambda: len(ready()) == number)
    return ready()


def test_each_has_a_listener_and_all_are_one_session(two: tuple[Upstream, Upstream], file: Path) -> None:
    upstreams = [server.url for server in two]
    with running(*COMMAND, "record", *upstreams, file, "--listen", "127.0.0.1:0") as process:
        first, second = urls(process, 2)
        assert ask(first, b"GET /page").body == b"one"
        assert ask(second, b"GET /page").body == b"other"
        assert ask(first, b"GET /api/v2/one").status == 200
        assert ask(second, b"GET /api/v2/other").status == 200
        assert ask(second, b"GET /api/v2/one").status == 404
        assert process.end().code == 0
    for server in two:
        assert {dict(one.fields())[b"Host"] for one in server.received} == {server.url[len("http://") :].encode()}
    with reading(file) as recording:
        [session] = recording.sessions()
        assert (session.upstream, session.state) == (upstreams[0], "complete")
        assert set(session.origins) == set(upstreams)
    recorded = rows(file, "SELECT authority, path FROM exchanges ORDER BY id")
    assert [(f"http://{row['authority']}", row["path"]) for row in recorded] == [
        (first, "/api/v2/one"),
        (second, "/api/v2/other"),
        (second, "/api/v2/one"),
    ]
    with running(*COMMAND, "replay", file, "--listen", "127.0.0.1:0") as stub:
        for name in ("one", "other"):
            reply = ask(stub.url(), f"GET /api/v2/{name}".encode())
            assert reply.body == b'{"statusCode":0,"uri":"%s/api/v2/me"}' % stub.url().encode()


@pytest.mark.skipif(version.VERSION.startswith("11."), reason="HTTP/2 is never offered with mitmproxy 11")
def test_clients_of_each_are_offered_what_it_speaks(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    spoken = (["h2", "http/1.1"], ["http/1.1"])
    one, other = (Upstream(context=authority.server(protocols=protocols)) for protocols in spoken)
    options = ("--listen", "127.0.0.1:0", "--ca-dir", tmp_path / "ca", "--upstream-ca", authority.file)
    with one, other, running(*COMMAND, "record", one.url, other.url, tmp_path / "it.db", *options) as process:
        addresses = urls(process, 2)
        context = trusting(tmp_path / "ca" / "mitmproxy-ca-cert.pem", ["h2", "http/1.1"])
        agreed = []
        for url in addresses:
            place = ("127.0.0.1", int(url.rpartition(":")[2]))
            with context.wrap_socket(socket.create_connection(place), server_hostname=place[0]) as client:
                agreed.append(client.selected_alpn_protocol())
    assert agreed == ["h2", "http/1.1"]


def test_addresses_are_given_in_turn_and_then_follow(tmp_path: Path) -> None:
    def modes(*options: str) -> list[str]:
        printed = run(
            "record", "http://a:1", "http://b:2", "https://c", tmp_path / "it.db", *options, "--print-command"
        )
        assert (printed.code, printed.err) == (0, "")
        words = shlex.split(printed.out)
        return [words[place + 1] for place, word in enumerate(words) if word == "--mode"]

    with socket.create_server(("127.0.0.1", 0)) as taken:  # who asks for the command only need not have it free
        port = min(taken.getsockname()[1], 65000)
        assert modes("--listen", f"127.0.0.1:{port}") == [
            f"reverse:http://a:1@127.0.0.1:{port}",
            f"reverse:http://b:2@127.0.0.1:{port + 1}",
            f"reverse:https://c@127.0.0.1:{port + 2}",
        ]
        given = [f"--listen=127.0.0.1:{port + number}" for number in (2, 0)]
        assert [mode.rpartition(":")[2] for mode in modes(*given)] == [str(port + number) for number in (2, 0, 1)]
    free = {mode.rpartition(":")[2] for mode in modes("--listen", "127.0.0.1:0")}
    assert len(free) == 3 and "0" not in free


def test_the_settings_give_addresses_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("gws-inspector.toml").write_text('[record]\nlisten = ["127.0.0.1:0", "localhost:0"]\n', "utf-8")
    printed = run("record", "http://a:1", "http://b:2", "it.db", "--print-command")
    assert "http://a:1@127.0.0.1:" in printed.out and "http://b:2@localhost:" in printed.out
    Path("gws-inspector.toml").write_text('[record]\nlisten = "localhost:0"\n', "utf-8")
    assert "http://a:1@localhost:0 " in run("record", "http://a:1", "it.db", "--print-command").out


def test_the_printed_command_does_the_same(two: tuple[Upstream, Upstream], file: Path, tmp_path: Path) -> None:
    upstreams = [server.url for server in two]
    options = ("--listen", "127.0.0.1:0", "--also", "^/page$", "--ca-dir", tmp_path / "ca", "--print-command")
    printed = run("record", *upstreams, file, *options)
    _, *arguments = shlex.split(printed.out)
    with running(*MITMDUMP, *arguments, "-q", "-s", READY) as process:
        first, second = process.line("ready ").split(" ")[1:]
        assert ask(first, b"GET /page").body == b"one"
        assert ask(second, b"GET /api/v2/other").status == 200
        process.end()
    assert [row["path"] for row in rows(file, "SELECT path FROM exchanges ORDER BY id")] == ["/page", "/api/v2/other"]
    assert (tmp_path / "ca" / "mitmproxy-ca.pem").exists()


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["it.db"], "UPSTREAM"),
        (["http://a:1"], "RECORDING"),
        (["http://a:1", "http://b:2"], "RECORDING"),
        (["http://a:1", "b", "it.db"], "'b'"),
        (["http://a:1", "it.db", "--listen", ":1", "--listen", ":2"], "--listen"),
        (["http://a:1", "http://b:1", "it.db", "--listen", ":65535"], "65535"),
        (["http://127.0.0.1:4711", "it.db", "--listen", ":4711"], "listens"),
        (["http://a:1", "http://localhost:4712", "it.db", "--listen", ":4711"], "listens"),
        (["--mode", "regular", "http://a:1", "it.db"], "UPSTREAM"),
        (["--mode", "regular", "http://a:1"], "RECORDING"),
        (["--mode", "regular", "it.db", "--listen", ":1", "--listen", ":2"], "--listen"),
        (["--mode", "regular", "--advertise", "it.db"], "--advertise"),
        (["--upstream-ca", "none.pem", "https://a", "it.db"], "none.pem"),
        (["--upstream-ca", "empty.pem", "https://a", "it.db"], "empty.pem"),
        (["--ca-dir", "empty.pem", "http://a", "it.db", "--listen", ":0"], "empty.pem"),
        (["--ca-dir", "broken", "http://a", "it.db", "--listen", ":0"], "mitmproxy-ca.pem"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_meant_is_told_in_one_line(
    arguments: list[str], word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty.pem").touch()
    Path("broken").mkdir()
    Path("broken/mitmproxy-ca.pem").write_text("no key", "utf-8")
    ended = run("record", *arguments)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1), ended.err
    assert word in ended.err
    assert not Path("it.db").exists()


def test_a_port_in_use_is_told_whichever_it_is(file: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        listen = ("--listen", "127.0.0.1:0", "--listen", f"127.0.0.1:{port}")
        ended = run("record", "http://a:1", "http://b:1", file, *listen)
    assert (ended.code, ended.err.count("\n")) == (2, 1) and str(port) in ended.err
    assert not file.exists()
