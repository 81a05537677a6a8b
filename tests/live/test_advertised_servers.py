"""`--advertise` whoever runs the proxy, whoever is behind it and however clients come: over TLS, to one of several."""

import json
from pathlib import Path

import mitmproxy.version
import pytest

from tests.live.clients import Connection, ask
from tests.live.processes import CHECKOUT, COMMAND, running
from tests.live.recorders import Recorder, in_front_of, mitmdump, recording, rows
from tests.live.secured import secured
from tests.live.servers import Upstream, response, says
from tests.live.sockets import BytesMessage, Chat, Socket, TextMessage

ADDON = CHECKOUT / "addons" / "record.py"
JSON = b"Content-Type: application/json"
PATH = "/api/v2/me"
PUBLIC = "https://gws.example.com"


def named(upstream: Upstream, origin: str = PUBLIC) -> None:
    """The server names itself by this origin."""
    cookie = b"Set-Cookie: J=1; Domain=example.com; Secure; SameSite=None"
    upstream.answers[PATH] = says(response(b'{"uri":"%s/api/v2/users/U"}' % origin.encode(), JSON, cookie))


def uri(url: str) -> str:
    told: str = json.loads(ask(url, b"GET " + PATH.encode()).body)["uri"]
    return told


def test_plain_mitmdump_does_the_same(upstream: Upstream, file: Path, tmp_path: Path) -> None:
    named(upstream)
    chosen = ("-s", ADDON, "--set", f"inspector_recording={file}", "--set", "inspector_advertise=true")
    with mitmdump(tmp_path, *in_front_of(upstream.url), *chosen) as process:
        assert uri(process.url()) == f"{process.url()}/api/v2/users/U"
        process.end()
    [session] = rows(file, "SELECT * FROM sessions")
    assert json.loads(session["origins"]) == [upstream.url, PUBLIC]


@pytest.mark.skipif(mitmproxy.version.VERSION.startswith("11."), reason="there it is refused")
def test_mitmweb_does_the_same(upstream: Upstream, file: Path) -> None:
    named(upstream)
    with recording(upstream.url, file, "--advertise", "--web") as recorder:
        assert uri(recorder.url) == f"{recorder.url}/api/v2/users/U"
        assert recorder.process.end().code == 0


def test_over_tls_the_addresses_are_https_and_cookies_stay_secure(upstream: Upstream, file: Path) -> None:
    named(upstream, upstream.url)
    with secured(upstream.url, file, "--advertise") as recorder:
        with Connection(recorder.secure, context=recorder.context("http/1.1")) as client:
            reply = client.ask(b"GET " + PATH.encode())
        assert json.loads(reply.body) == {"uri": f"{recorder.secure}/api/v2/users/U"}
        assert dict(reply.fields())[b"Set-Cookie"] == b"J=1; Secure; SameSite=None"
        plain = ask(recorder.url, b"GET " + PATH.encode())
        assert json.loads(plain.body) == {"uri": f"{recorder.url}/api/v2/users/U"}
        assert dict(plain.fields())[b"Set-Cookie"] == b"J=1"
        recorder.process.end()


def test_each_of_several_servers_is_advertised_where_clients_find_it(file: Path) -> None:
    elsewhere = "/api/v2/elsewhere"
    with Upstream() as one, Upstream() as two:
        named(one, "https://one.example.com")
        named(two, "https://two.example.com")
        one.answers[elsewhere] = says(response(b'{"uris":["https://two.example.com/api/v2/x"]}', JSON))
        listening = ("--listen", "127.0.0.1:0", "--listen", "127.0.0.2:0")
        with running(*COMMAND, "record", one.url, two.url, file, *listening, "--advertise") as process:
            first, second = (process.line(f"ready http://127.0.0.{n}:").split(" ")[1] for n in (1, 2))
            assert uri(first) == f"{first}/api/v2/users/U"
            assert uri(second) == f"{second}/api/v2/users/U"
            reply = ask(first, b"GET " + elsewhere.encode())
            assert json.loads(reply.body) == {"uris": [f"{second}/api/v2/x"]}
            body = b'{"targetUri":"%s/api/v2/users/U","userUri":"%s/api/v2/users/U"}' % (
                second.encode(),
                first.encode(),
            )
            ask(first, b"POST " + PATH.encode(), JSON, body=body)
            assert json.loads(one.requests(PATH)[-1].body) == {
                "targetUri": "https://two.example.com/api/v2/users/U",
                "userUri": "https://one.example.com/api/v2/users/U",
            }
            assert process.end().code == 0


def test_a_forward_proxy_changes_nothing(upstream: Upstream, file: Path, tmp_path: Path) -> None:
    """There clients come by whatever address they follow."""
    named(upstream)
    chosen = ("-s", ADDON, "--set", f"inspector_recording={file}", "--set", "inspector_advertise=true")
    with mitmdump(tmp_path, "-q", "--mode=regular@127.0.0.1:0", *chosen) as process:
        with Connection(process.url()) as client:
            authority = upstream.url.partition("://")[2].encode()
            client.send(b"GET %s%s HTTP/1.1\r\nHost: %s\r\n\r\n" % (upstream.url.encode(), PATH.encode(), authority))
            reply = client.reply()
        process.end()
    assert json.loads(reply.body) == {"uri": f"{PUBLIC}/api/v2/users/U"}
    assert b"Domain=example.com" in dict(reply.fields())[b"Set-Cookie"]


def test_a_websocket_s_frames_are_as_they_were(upstream: Upstream, file: Path) -> None:
    text = json.dumps({"uri": f"{PUBLIC}/api/v2/users/U"})
    chat = Chat(lambda event: [event] if isinstance(event, (TextMessage, BytesMessage)) else [])
    upstream.answers["/api/v2/notifications"] = chat
    with recording(upstream.url, file, "--advertise") as recorder:
        origin = b"Origin: " + recorder.url.encode()
        with Socket(recorder.url, "/api/v2/notifications", origin) as socket:
            socket.send(TextMessage(data=text))
            assert socket.message() == text
        asked = dict(upstream.requests("/api/v2/notifications")[-1].fields())
        assert asked[b"Origin"] == upstream.url.encode()
        recorder.process.end()


def test_the_recorder_s_own_name_is_told_to_nobody(upstream: Upstream, file: Path) -> None:
    """What is in the recording is what passed without us: a client's whole visit names the server alone."""
    named(upstream)
    with recording(upstream.url, file, "--advertise") as recorder:
        told = uri(recorder.url).encode()
        for line, fields, body in (
            (b"POST " + PATH.encode(), (JSON,), b'{"targetUri":"%s"}' % told),
            (b"GET " + PATH.encode() + b"?redirect_uri=" + told, (b"Referer: " + told,), b""),
        ):
            ask(recorder.url, line, *fields, body=body)
        ours = recorder.url.removeprefix("http://")
        assert recorder.process.end().code == 0
    visible = Recorder(recorder.process, "", file).rows(
        "SELECT query, request_headers FROM exchanges UNION ALL SELECT '', content FROM bodies"
    )
    named_us = [row for row in visible if ours in str(row)]
    assert named_us == []
    received = [one.head + one.body for one in upstream.requests(PATH)]
    assert not any(ours.encode() in one for one in received)
