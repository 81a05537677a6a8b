"""`replay --explain`: what would be answered, told without serving anything; a served stub then does the same."""

import asyncio
import json
import subprocess
import sys

import httpx
import pytest

from inspector.demo.documents import NOTES, document
from inspector.demo.people import AGENT
from inspector.demo.story import GREETED
from inspector.replay.fronts.transport import AsyncStubTransport
from inspector.replay.plans.opening import prepare
from tests.live.commands import run
from tests.live.processes import COMMAND, environment
from tests.replay.fronts import NOWHERE, Made, make

ME = "/api/v2/me?subresources=features,devices,channels"
CHAT = "/api/v2/me/chats/0001TaBTNRPW01GV"
ACCEPT = '{"operationName":"Accept","nickname":"Sofia"}'
OK = b'{"statusCode":0}'
BASIC = ("Authorization", "Basic c29maWE6MQ==")


def send(document_id: str) -> str:
    return json.dumps({"operationName": "UploadFile", "documentId": document_id, "uploadType": "standard-response"})


def explained(path, *words, options=()):
    """The exit code, and the JSON that it prints."""
    ended = run("replay", path, *options, "--explain", *words, "--json")
    assert ended.err == "", ended.err
    return ended.code, json.loads(ended.out)


async def served(path, method, target, body=""):
    """The exchange that answers a client that has only logged in, and the status that it gets."""
    stub = prepare(path).stub()
    async with httpx.AsyncClient(transport=AsyncStubTransport(stub), base_url=NOWHERE) as client:
        await client.get(ME, auth=(AGENT.user_name, AGENT.password))
        answer = await client.request(method, target, content=body, headers={"Content-Type": "application/json"})
    return stub.journal.entries[-1].exchange, answer.status_code


# what would be answered


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (("GET", "/api/v2/diagnostics/version"), "read"),
        (("HEAD", "/api/v2/diagnostics/version"), "read"),
        (("POST", CHAT, ACCEPT), "operation"),
        (("POST", CHAT, '{\n "nickname": "Sofi\\u0061", "operationName": "Accept"}'), "operation"),
        (("POST", CHAT, '{"operationName":"SendStartTypingNotification"}'), "notice"),
        (("POST", CHAT, '{"operationName": "UploadFile", "documentId": '), "operation"),
        (("POST", CHAT, send(GREETED.id)), "operation"),
    ],
    ids=["read", "head", "operation", "another spelling", "notice", "no JSON", "upload"],
)
def test_what_is_said_to_answer_does(tale, words, kind):
    code, told = explained(tale.path, *words)
    assert (code, told["answered"], told["kind"], told["agent"]) == (0, True, kind, AGENT.user_name)
    assert (told["exchange"], told["status"]) == asyncio.run(served(tale.path, *words))


@pytest.mark.parametrize(("name", "early"), [(GREETED.name, False), ("price-list.pdf", True)], ids=["late", "early"])
def test_what_would_be_told_is_told_with_when(tale, name, early):
    words = "POST", CHAT, send(document(name).id)
    _, told = explained(tale.path, *words)
    [notification] = [one for one in told["notifications"] if one["caused"]]
    assert (notification["topic"], notification["early"]) == ("/v2/me/chats", early)
    assert (notification["lag_ms"] < 0) == early
    assert name in json.dumps(notification["data"])
    lines = run("replay", tale.path, "--explain", *words).out.splitlines()
    [line] = [line for line in lines if f"#{notification['exchange']}:{notification['position']} " in line]
    assert line.split(",")[0].strip() == ("early" if early else "late")
    assert ("before the reply" if early else "after the reply") in line


def test_the_first_line_says_it_all(tale):
    ended = run("replay", tale.path, "--explain", "POST", CHAT, ACCEPT)
    number = explained(tale.path, "POST", CHAT, ACCEPT)[1]["exchange"]
    assert ended.out.splitlines()[0] == (
        f"✓ #{number} answers POST {CHAT} · operation · status 200 · of sofia · with credentials"
    )
    assert "asked again: a miss, unless with --reuse" in ended.out
    assert (ended.code, ended.err) == (0, "")


@pytest.fixture(scope="module")
def several(tmp_path_factory):
    """Reads and operations that were recorded several times; some with, some without credentials."""
    path = tmp_path_factory.mktemp("explain") / "several.db"
    reads = [Made("/api/v2/chats", 200, b"[%d]" % number) for number in (1, 2)]
    operations = [Made("/api/v2/go", 200, OK, method="POST") for _ in range(3)]
    known = Made("/api/v2/mine", 200, OK, asks=[BASIC]), Made("/api/v2/open", 200, OK)
    both = Made("/api/v2/both", 200, b"", ()), Made("/api/v2/both", 403, b"", asks=[BASIC])
    there = Made("/api/v2/cached", 304, b"", asks=[("If-None-Match", '"1"')])
    hostile = Made("/api/v2/odd/\x1b[31m", 200, OK)
    return make(path, reads[0], *operations, reads[1], *known, *both, there, hostile)


@pytest.mark.parametrize(
    ("words", "exchange", "later"), [(("GET", "/api/v2/chats"), 1, [5]), (("POST", "/api/v2/go"), 2, [3, 4])]
)
def test_who_answers_later_is_told_too(several, words, exchange, later):
    _, told = explained(several, *words)
    assert (told["exchange"], told["later"]) == (exchange, later)
    assert ", ".join(f"#{number}" for number in later) in run("replay", several, "--explain", *words).out


@pytest.mark.parametrize(
    ("path", "credentials", "status"), [("mine", True, 200), ("open", False, 200), ("both", True, 403)]
)
def test_it_is_asked_with_credentials_where_it_was_recorded_so(several, path, credentials, status):
    code, told = explained(several, "GET", f"/api/v2/{path}")
    assert (code, told["request"]["credentials"], told["status"]) == (0, credentials, status)


@pytest.mark.parametrize("words", [("POST", "/api/v2/notifications", "[]"), ("OPTIONS", "/api/v2/me")])
def test_what_the_stub_answers_by_itself_is_said_to_be_so(several, words):
    code, told = explained(several, *words)
    assert (code, told["answered"], told["exchange"], told["kind"]) == (0, True, None, None)
    assert "the stub itself" in run("replay", several, "--explain", *words).out


# what would be missed


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("POST", CHAT, '{"operationName":"Accept","nickname":"Nobody"}'), "different"),
        (("GET", "/nowhere/at/all"), "never recorded"),
        (("POST", CHAT), "different"),
    ],
    ids=["different", "unknown", "no body"],
)
def test_a_miss_is_told_as_a_served_stub_tells_it(tale, words, why):
    code, told = explained(tale.path, *words)
    ended = run("replay", tale.path, "--explain", *words)
    assert (code, told["answered"], told["why"], told["status"]) == (1, False, why, 501)
    assert (ended.code, ended.err) == (1, "")
    first, *others = ended.out.splitlines()
    assert first == f"✗ {told['text']}"
    assert all(any(advice in line for line in others) for advice in told["advice"])


@pytest.mark.parametrize("path", ["mine", "open"])
def test_a_miss_is_not_blamed_on_credentials_that_nobody_gave(several, path):
    code, told = explained(several, "GET", f"/api/v2/{path}?x=1")
    assert (code, [one["part"] for one in told["nearest"][0]["differences"]]) == (1, ["query"])


def test_an_answer_that_nobody_may_get_is_a_miss(several):
    code, told = explained(several, "GET", "/api/v2/cached")
    assert (code, told["why"]) == (1, "unusable")
    assert "If-None-Match" in told["text"]


def test_settings_and_options_of_the_stub_hold(tale):
    words = "POST", CHAT, '{"operationName":"Accept","nickname":"Nobody"}'
    assert explained(tale.path, *words, options=("--ignore", "/nickname"))[0] == 0
    assert "asked again: the same" in run("replay", tale.path, "--reuse", "--explain", "POST", CHAT, ACCEPT).out
    refused = run("replay", tale.path, "--agent", "nobody", "--explain", *words)
    assert (refused.code, refused.err.count("\n")) == (2, 1)


def test_what_is_in_a_recording_does_nothing_to_a_terminal(several):
    ended = run("replay", several, "--explain", "GET", "/api/v2/odd/other")
    assert "\x1b" not in ended.out and r"/api/v2/odd/\x1b[31m" in ended.out


# how it is said what is asked


def asked_by_stdin(path, *words, content=b""):
    """As a shell would: in a process of its own."""
    command = [sys.executable, *COMMAND, "replay", path, "--explain", *words]
    return subprocess.run(command, input=content, capture_output=True, env=environment(), timeout=60)


@pytest.mark.parametrize("body", ["-", "@-"])
def test_the_body_may_come_from_stdin(tale, body):
    ended = asked_by_stdin(tale.path, "POST", CHAT, body, content=ACCEPT.encode())
    assert (ended.returncode, b"operation" in ended.stdout) == (0, True), ended.stderr


def test_the_body_may_come_from_a_file(tale, tmp_path):
    (tmp_path / "body.json").write_text(ACCEPT)
    assert explained(tale.path, "POST", CHAT, f"@{tmp_path / 'body.json'}")[0] == 0


@pytest.mark.parametrize("changed", [b"", b"!"], ids=["the same", "another"])
def test_a_multipart_body_counts_by_its_parts(tale, tmp_path, changed):
    files = {"attachment": (NOTES.name, NOTES.content + changed, NOTES.mime)}
    form = httpx.Request("POST", NOWHERE, files=files, headers={"Content-Type": "multipart/form-data; boundary=x-1"})
    (tmp_path / "body").write_bytes(form.read())
    code, told = explained(tale.path, "POST", f"{CHAT}/attachments", f"@{tmp_path / 'body'}")
    assert (code, told["status"]) == ((1, 501) if changed else (0, 200))


@pytest.mark.parametrize(
    "words", [("get", ME), ("GET", f"{ME}#top"), ("GET", "/api/v2/me?subresources=%66eatures,devices,channels")]
)
def test_a_request_may_be_spelt_as_a_person_does(tale, words):
    assert explained(tale.path, *words)[1]["exchange"] == 1


@pytest.mark.parametrize(
    ("words", "telling"),
    [
        ((), "METHOD PATH"),
        (("GET",), "METHOD PATH"),
        (("GET", "/a", "b", "c"), "METHOD PATH"),
        (("GET", "api/v2/me"), "slash"),
        (("GET", "http://gws/api/v2/me"), "slash"),
        (("{}", "/api/v2/me"), "no method"),
        (("GET /api/v2/me", "/api/v2/me"), "no method"),
        (("POST", "/api/v2/me", "@/no/such/file"), "No such file"),
        (("POST", "/api/v2/me", "@/"), "directory"),
    ],
)
def test_nonsense_is_refused_in_one_line(several, words, telling):
    ended = run("replay", several, "--explain", *words)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert telling in ended.err
