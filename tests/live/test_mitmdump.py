"""Those who run mitmproxy themselves: plain mitmdump with the addon records the same, and is told what is wrong."""

import json
import shlex
from pathlib import Path

import pytest

from tests.live.clients import Connection, ask
from tests.live.commands import run
from tests.live.processes import CHECKOUT, MITMDUMP, running
from tests.live.recorders import EVERYTHING, READY, Recorder, beside, in_front_of, mitmdump, recording, rows
from tests.live.servers import Upstream, response, says, says_and_hangs_up

ADDON = CHECKOUT / "addons" / "record.py"
DUMP = Path(__file__).with_name("dump_flows.py")
JSON = b"Content-Type: application/json"
CHAT = "/api/v2/me/chats/0001"
FORM = b'--b\r\nContent-Disposition: form-data; name="attachment"; filename="a.txt"\r\n\r\nhello\r\n--b--\r\n'

_OF_BODY = "(SELECT sha256 FROM bodies WHERE id = {})"
SAME = {
    "exchanges": "id, start_tick, done_tick, method, scheme, path, query, http_version, request_headers, status, "
    f"reason, response_headers, error, {_OF_BODY.format('request_body')}, {_OF_BODY.format('response_body')}",
    "bodies": "sha256, size, kept, content",
    "parts": f"exchange, position, head, name, filename, type, size, sha256, {_OF_BODY.format('body')}",
    "agents": "id, session, user, login, first_tick, last_tick",
    "calls": "*",
    "messages": "*",
    "transfers": "*",
    "findings": "*",
}
"""Table to the columns that must be the same: all but instants, ports, and the order in which bodies were written."""


@pytest.fixture
def traffic(upstream: Upstream, place: str) -> list[str]:
    """The server's answers to what `work` asks."""
    upstream.answers[CHAT] = says(response(b'{"statusCode":4}', JSON))
    upstream.answers[CHAT + "/attachments"] = says(response(b'{"statusCode":0}', JSON))
    upstream.answers["/api/v2/me"] = says(response(b'{"statusCode":0,"user":{"id":"u1","userName":"sofia"}}', JSON))
    upstream.answers["/api/v2/notifications"] = says(
        response(
            b'[{"channel":"/v2/me/chats","data":{"chat":{"id":"0001","attachments":[{"id":"D","size":5}]}}}]', JSON
        )
    )
    upstream.answers[place] = says_and_hangs_up(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\ncut")
    return [CHAT, place]


def work(url: str, paths: list[str]) -> None:
    """Something of everything, in an order that is always the same."""
    chat, broken = (path.encode() for path in paths)
    with Connection(url) as client:
        client.ask(b"GET /api/v2/me?a=1", b"Authorization: Basic c29maWE6")
        client.ask(b"POST " + chat, JSON, body=b'{"operationName":"UploadFile","documentId":"D"}')
        client.ask(b"POST " + chat + b"/attachments", b"Content-Type: multipart/form-data; boundary=b", body=FORM)
        client.ask(b"POST /api/v2/notifications", JSON, body=b'[{"channel":"/meta/connect","clientId":"c"}]')
        assert client.ask(b"GET " + broken).status == 502


def test_plain_mitmdump_records_the_same(upstream: Upstream, traffic: list[str], file: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain.db"
    dumped = tmp_path / "flows.json"
    with recording(upstream.url, file) as recorder:
        work(recorder.url, traffic)
        assert recorder.process.end().code == 0
    scripts = ("-s", ADDON, "--set", f"inspector_recording={plain}", "-s", DUMP)
    with mitmdump(tmp_path / "confdir", *in_front_of(upstream.url), *scripts, env={"DUMPED": str(dumped)}) as process:
        work(process.url(), traffic)
        process.end()
    for table, columns in SAME.items():
        query = f"SELECT {columns} FROM {table} ORDER BY 1, 2, 3"
        assert rows(file, query) == rows(plain, query), table
    [session] = rows(plain, "SELECT * FROM sessions")
    assert (session["state"], session["upstream"]) == ("complete", upstream.url)
    assert beside(plain) == [plain.name]
    assert_noted(json.loads(dumped.read_text("utf-8")), rows(plain, "SELECT * FROM findings"))


def assert_noted(flows: list[dict[str, object]], findings: list[dict[str, object]]) -> None:
    """The finding is on its flow, where mitmweb shows it, and on no other."""
    assert findings
    assert [(flow["path"], flow["comment"], flow["marked"]) for flow in flows if flow["comment"] or flow["marked"]] == [
        (CHAT, "; ".join(f"{one['rule']} {one['text']}" for one in findings), ":large_orange_diamond:")
    ]
    [metadata] = [flow["metadata"] for flow in flows if flow["path"] == CHAT]
    assert metadata == {
        "inspector": [{name: one[name] for name in ("rule", "severity", "pointer", "text")} for one in findings]
    }


def test_a_misspelt_option_is_named(upstream: Upstream, file: Path, tmp_path: Path) -> None:
    loud = in_front_of(upstream.url)[1:]
    with mitmdump(tmp_path, *loud, "-s", ADDON, "--set", f"inspector_recordin={file}") as process:
        ended = process.end()
    assert "no option inspector_recordin" in ended.out + ended.err
    assert "nothing is recorded" in ended.out + ended.err
    assert not file.exists()


def test_the_printed_command_runs_and_records(
    upstream: Upstream, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "two words, and 'quotes'.db"
    monkeypatch.chdir(tmp_path)
    Path("gws-inspector.toml").write_text("[redaction]\nheaders = ['X-Mine', 'X-Yours']\nmembers = ['pin']\n", "utf-8")
    printed = run(
        *("record", upstream.url, tmp_path / name, "--listen", "127.0.0.1:0", *EVERYTHING),
        *("--window", "5", "--print-command"),
    )
    assert (printed.code, printed.err, printed.out.count("\n")) == (0, "", 1)
    program, *arguments = shlex.split(printed.out)
    assert program == "mitmdump"
    assert not (tmp_path / name).exists()
    upstream.answers[place] = says(response(b'{"pin":"1234"}', JSON))
    with running(*MITMDUMP, *arguments, "-q", "-s", READY, "--set", f"confdir={tmp_path}/confdir") as process:
        recorder = Recorder(process, process.url(), tmp_path / name)
        ask(recorder.url, b"GET " + place.encode(), b"X-Mine: 1234", b"X-Yours: 1234")
        exchange = recorder.only(place)
        process.end()
    [session] = recorder.rows("SELECT * FROM sessions")
    assert (session["state"], json.loads(session["settings"])["window_ms"]) == ("complete", 5000)
    assert json.loads(session["redacted"]) == {"headers": ["X-Mine", "X-Yours"], "members": ["pin"]}
    assert "1234" not in str(exchange)


def test_the_addon_s_file_is_there() -> None:
    printed = run("addon", "record")
    assert (printed.code, Path(printed.out.rstrip("\n")).read_text("utf-8")) == (0, ADDON.read_text("utf-8"))
    missing = run("addon", "nonesuch")
    assert (missing.code, missing.out, missing.err.count("\n")) == (2, "", 1)
