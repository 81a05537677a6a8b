"""`record --block`: what breaks an error rule by itself is answered at the proxy, and the server never sees it."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from inspector.analysis.finding import Finding, Severity
from inspector.analysis.rules.selection import Selection, selection
from inspector.demo.desktop import at_desk
from inspector.demo.people import AGENT
from inspector.demo.server import LookAlike
from inspector.demo.serving import serving
from inspector.proxy.blocking import refusal
from tests.live.clients import Connection, Reply, ask
from tests.live.commands import run
from tests.live.processes import CHECKOUT
from tests.live.recorders import Recorder, in_front_of, mitmdump, recording
from tests.live.servers import Upstream, response, says

pytestmark = pytest.mark.xdist_group("blocking")  # a worker makes its recorder only once

JSON = b"Content-Type: application/json"
GOOD = b'{"operationName":"UploadFile","documentId":"0001D","uploadType":"standard-response"}'
ADDON = CHECKOUT / "addons" / "record.py"


@pytest.fixture(scope="module")
def blocking(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorder]:
    """A recorder that blocks, for many tests."""
    with recording(upstream.url, tmp_path_factory.mktemp("blocking") / "it.db", "--block") as recorder:
        yield recorder
        ended = recorder.process.end()
    assert (ended.code, "Traceback" in ended.err) == (0, False), ended.err


@pytest.fixture
def chat(upstream: Upstream, place: str) -> str:
    """The path of a chat that no other test has; the server says yes to all that is asked there."""
    path = f"/api/v2/me/chats/{place[1:]}"
    for below in ("", "/attachments"):
        upstream.answers[path + below] = says(response(b'{"statusCode":0}', JSON))
    return path


def post(url: str, path: str, body: bytes, field: bytes = JSON) -> Reply:
    return ask(url, b"POST " + path.encode(), field, body=body)


def blocked_by(reply: Reply) -> str:
    """The codes in an answer's header; empty if it came from the server."""
    return dict(reply.fields()).get(b"X-Inspector-Blocked", b"").decode()


BAD = {
    "no-document": (b'{"operationName":"UploadFile"}', "GW103", "documentId is missing"),
    "empty-document": (b'{"operationName":"UploadFile","documentId":""}', "GW103", "documentId is empty"),
    "wrong-type": (b'{"operationName":"UploadFile","documentId":["a"]}', "GW107", "documentId is ['a']"),
    "no-object": (b'["UploadFile"]', "GW101", "a JSON array"),
    "no-json": (b'{"operationName":', "GW101", "not JSON"),
}


@pytest.mark.parametrize(("body", "rule", "said"), BAD.values(), ids=BAD.keys())
def test_a_bad_request_never_reaches_the_server(
    blocking: Recorder, upstream: Upstream, chat: str, body: bytes, rule: str, said: str
) -> None:
    reply = post(blocking.url, chat, body)
    answer = json.loads(reply.body)
    assert (reply.status, answer["statusCode"], set(answer)) == (400, 10, {"statusCode", "statusMessage"})
    assert said in answer["statusMessage"]
    assert blocked_by(reply) == rule
    assert upstream.requests(chat) == []
    kept = blocking.only(chat)
    assert kept.request.body.content == body
    assert kept.response and kept.response.status == 400 and kept.error is None
    assert kept.response.headers.get("x-inspector-blocked") == rule
    assert kept.response.body.content == reply.body
    found = blocking.rows("SELECT rule, text FROM findings WHERE exchange = ?", kept.number)
    assert {"rule": rule, "text": answer["statusMessage"]} in found


def test_a_connection_goes_on_behind_a_refusal(blocking: Recorder, upstream: Upstream, chat: str) -> None:
    with Connection(blocking.url) as client:
        for body, status in ((b"{}{", 400), (GOOD, 200), (b"[]", 400), (GOOD, 200)):
            assert client.ask(b"POST " + chat.encode(), JSON, body=body).status == status
    assert [one.body for one in upstream.requests(chat)] == [GOOD, GOOD]


FORM = b'--b\r\nContent-Disposition: form-data; name="attachment"; filename="a.txt"\r\n\r\n{"x":\r\n--b--\r\n'
PASSES = {
    "good": ("", GOOD, JSON),
    "warning": ("", b'{"operationName":"UploadFile","documentId":"0001D","uploadType":"by-hand"}', JSON),
    "not-linked": ("", b'{"operationName":"UploadFile","documentId":"0001NOBODYLINKEDIT"}', JSON),
    "unknown-operation": ("", b'{"operationName":"FlyToTheMoon","documentId":7}', JSON),
    "multipart": ("/attachments", FORM, b"Content-Type: multipart/form-data; boundary=b"),
    "multipart-at-the-chat": ("", FORM, b"Content-Type: multipart/form-data; boundary=b"),
}


@pytest.mark.parametrize(("below", "body", "field"), PASSES.values(), ids=PASSES.keys())
def test_what_may_turn_out_well_passes_untouched(
    blocking: Recorder, upstream: Upstream, chat: str, below: str, body: bytes, field: bytes
) -> None:
    reply = post(blocking.url, chat + below, body, field)
    assert (reply.status, reply.body, blocked_by(reply)) == (200, b'{"statusCode":0}', "")
    [seen] = upstream.requests(chat + below)
    assert seen.body == body
    assert field in [b": ".join(pair) for pair in seen.fields()]


@pytest.mark.parametrize("body", [b"", b"[]", b"no json", b'[{"channel":"/meta/connect","clientId":7}]'])
def test_the_channel_is_never_blocked(blocking: Recorder, upstream: Upstream, body: bytes) -> None:
    upstream.answers["/api/v2/notifications"] = says(response(b"[]", JSON))
    before = len(upstream.requests("/api/v2/notifications"))
    assert post(blocking.url, "/api/v2/notifications", body).status == 200
    assert len(upstream.requests("/api/v2/notifications")) == before + 1


def test_without_the_option_everything_passes(recorder: Recorder, upstream: Upstream, chat: str) -> None:
    for body, _, _ in BAD.values():
        assert post(recorder.url, chat, body).status == 200
    assert len(upstream.requests(chat)) == len(BAD)


def test_plain_mitmdump_blocks_too(upstream: Upstream, chat: str, file: Path, tmp_path: Path) -> None:
    chosen = ("--set", f"inspector_recording={file}", "--set", "inspector_block=true")
    with mitmdump(tmp_path / "confdir", *in_front_of(upstream.url), "-s", ADDON, *chosen) as process:
        assert blocked_by(post(process.url(), chat, b"[]")) == "GW101"
        assert post(process.url(), chat, GOOD).status == 200
        assert process.end().code == 0
    assert [one.body for one in upstream.requests(chat)] == [GOOD]
    with closing(sqlite3.connect(file)) as db:
        assert [status for (status,) in db.execute("SELECT status FROM exchanges ORDER BY id")] == [400, 200]


def test_the_printed_command_blocks(file: Path) -> None:
    assert "inspector_block=true" in run("record", "http://127.0.0.1:1", file, "--block", "--print-command").out


@pytest.mark.once
@pytest.mark.parametrize(
    ("options", "statuses"),
    [
        (("--ignore", "GW107"), {"GW103": 400, "GW107": 200, "GW104": 200}),
        (("--select", "GW104,GW107"), {"GW103": 200, "GW107": 400, "GW104": 200}),
        (("--ignore", "GW103:CHAT"), {"GW103": 200, "GW107": 400, "GW104": 200}),
        (("--config", "GW104=error,GW107=info"), {"GW103": 400, "GW107": 200, "GW104": 400}),
    ],
    ids=["ignored", "selected", "excused", "severity"],
)
def test_what_the_user_does_not_hold_for_an_error_blocks_nothing(
    upstream: Upstream, chat: str, file: Path, options: tuple[str, str], statuses: dict[str, int]
) -> None:
    settings = file.with_name("gws-inspector.toml")
    settings.write_text("", "utf-8")
    if options[0] == "--config":
        pairs = [pair.split("=") for pair in options[1].split(",")]
        settings.write_text("[rules.severity]\n" + "".join(f"{rule} = '{name}'\n" for rule, name in pairs), "utf-8")
        options = ("--ignore", "GW2")
    bodies = {
        "GW103": b'{"operationName":"UploadFile"}',
        "GW107": b'{"operationName":"UploadFile","documentId":["a"]}',
        "GW104": b'{"operationName":"UploadFile","documentId":"0001D","uploadType":"by-hand"}',
    }
    excusing = [option.replace("CHAT", chat.rpartition("/")[2]) for option in options]
    with recording(upstream.url, file, "--block", *excusing, cwd=file.parent) as recorder:
        assert {rule: post(recorder.url, chat, body).status for rule, body in bodies.items()} == statuses
        assert recorder.process.end().code == 0


@pytest.mark.parametrize(
    ("rule", "blocks"), [("GW103", True), ("GW401", False), ("GW202", False), ("GW402", False)], ids=str
)
def test_only_what_the_request_itself_decides_can_block(rule: str, blocks: bool) -> None:
    finding = Finding(rule, Severity.ERROR, 1, None, "it is \ud800 so")
    answer = refusal([finding], Selection())
    assert (answer is not None) == blocks
    assert refusal([replace(finding, severity=Severity.WARNING)], Selection()) is None
    excused = replace(finding, about=("1",))
    assert refusal([excused], selection(ignore=[f"{rule}:1"])) is None


async def test_an_agent_at_work_is_not_disturbed(file: Path) -> None:
    async with serving(LookAlike(poll_timeout=0.5)) as origin:
        with recording(origin, file, "--block") as recorder:
            async with at_desk(recorder.url, AGENT.user_name, AGENT.password):
                pass
            assert recorder.process.end().code == 0
            statuses = {row["status"] for row in recorder.rows("SELECT status FROM exchanges WHERE status >= 400")}
    assert 400 not in statuses
