"""The lines of a policy about sending, and about bytes: told live, kept with the session, and the same offline."""

import hashlib
import json
import shutil
from collections import Counter
from pathlib import Path

import pytest

from inspector.analysis import policy as policies
from inspector.demo.documents import NOTES, PHOTO
from tests.live.clients import ask
from tests.live.commands import run
from tests.live.processes import CHECKOUT, COMMAND, ended
from tests.live.recorders import recording, rows
from tests.live.servers import Upstream, response, says
from tests.live.stories import Story, told
from tests.recording.keeping import change

pytestmark = [pytest.mark.once, pytest.mark.xdist_group("policies of sendings")]

SHIPPED = CHECKOUT / "recordings" / "upload-file.db"
"""The demo's story, recorded without a policy."""
CODES = "GW509,GW510,GW511,GW512"
POLICY = """
require_description = true
windows = []
time_zone = "Europe/Berlin"
deny_digests_file = "lists/denied.sha256"
[chat.customers]
max_files = 0
[chat.agents]
max_total = 100
[day.each_agent]
max_files = 2
"""
JSON = b"Content-Type: application/json"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A policy that denies what customer and agent send in the story."""
    folder = tmp_path_factory.mktemp("policy")
    (folder / "lists").mkdir()
    (folder / "lists" / "denied.sha256").write_text(f"{sha256(PHOTO.content)}  {PHOTO.name}\n{sha256(NOTES.content)}\n")
    (folder / "policy.toml").write_text(POLICY)
    return folder


@pytest.fixture(scope="module")
def story(folder: Path) -> Story:
    """The demo's story, recorded by that policy, of which nothing is left on the disk."""
    copy = Path(shutil.copytree(folder, folder.with_name("gone")))
    tale = told(copy.with_suffix(".db"), "--policy", copy / "policy.toml", "--select", CODES, "--fail-on", "error")
    shutil.rmtree(copy)
    return tale


def judged(path: Path, *options: object, code: int = 1) -> list[tuple[str, str]]:
    """What `check` finds: rules, and the policy's lines."""
    checked = run("check", path, "--format", "json", "--select", CODES, *options)
    assert checked.code == code, checked.err
    [session] = json.loads(checked.out)
    return [(finding["rule"], finding["expected"]) for finding in session["findings"]]


def test_every_line_that_is_broken_is_told_as_it_happens(story: Story) -> None:
    found = Counter(judged(story.path))
    assert found.keys() == {
        ("GW509", "policy.chat.customers.max_files: 0"),
        ("GW509", "policy.chat.agents.max_total: 100"),
        ("GW509", "policy.day.each_agent.max_files: 2"),
        ("GW510", "policy.windows: none (Europe/Berlin)"),
        ("GW511", "policy.require_description: true"),
        ("GW512", f"policy.deny_digests: {sha256(PHOTO.content)}"),
        ("GW512", f"policy.deny_digests: {sha256(NOTES.content)}"),
    }
    lines = [line for line in story.ended.err.splitlines() if line.startswith("✗")]
    assert Counter(line.split()[1] for line in lines) == Counter(rule for rule, _ in found.elements())
    assert story.ended.code == 1, "--fail-on"


def test_it_is_the_same_offline(story: Story, folder: Path) -> None:
    """By what the session keeps, by what is stored, and where another recording is judged by the same policy."""
    found = judged(story.path)
    stored = rows(story.path, "SELECT rule, expected FROM findings ORDER BY id")
    assert [(row["rule"], row["expected"]) for row in stored if row["rule"] in CODES.split(",")] == found
    policy = folder / "policy.toml"
    assert judged(story.path, "--policy", policy) == found
    assert set(judged(SHIPPED, "--policy", policy)) == set(found)
    assert judged(SHIPPED, code=0) == []
    assert judged(story.path, "--policy", policy, "--fail-on", "never", code=0) == found


def test_a_session_keeps_digests_and_no_place(story: Story) -> None:
    [row] = rows(story.path, "SELECT settings FROM sessions")
    kept = json.loads(row["settings"])["policy"]
    assert kept["deny_digests"] == sorted([sha256(PHOTO.content), sha256(NOTES.content)])
    assert "denied.sha256" not in row["settings"]


def test_a_recording_leads_to_no_file_of_its_reader(tmp_path: Path) -> None:
    (tmp_path / "list").write_text(sha256(PHOTO.content))
    for place in (tmp_path / "list", tmp_path / "none"):
        copy = shutil.copy(SHIPPED, tmp_path / "it.db")
        settings = {"window_ms": 30_000, "policy": {"deny_digests_file": str(place), "windows": []}}
        change(copy, "UPDATE sessions SET settings = ?", json.dumps(settings))
        assert {rule for rule, _ in judged(copy)} == {"GW510"}


def test_an_upload_without_its_description_can_be_kept_from_the_server(upstream: Upstream, tmp_path: Path) -> None:
    path = "/api/v2/me/chats/described"
    upstream.answers[path] = says(response(b'{"statusCode":0}', JSON))
    (tmp_path / "policy.toml").write_text("require_description = true")
    upload = '{"operationName":"UploadFile","documentId":"0001D"%s}'
    with recording(upstream.url, tmp_path / "it.db", "--block", "--policy", tmp_path / "policy.toml") as recorder:
        refused = ask(recorder.url, f"POST {path}".encode(), JSON, body=(upload % "").encode())
        passed = ask(recorder.url, f"POST {path}".encode(), JSON, body=(upload % ',"description":"x"').encode())
        recorder.process.end()
    assert (refused.status, passed.status) == (400, 200)
    assert dict(refused.fields())[b"X-Inspector-Blocked"] == b"GW511"
    assert len(upstream.requests(path)) == 1


# the command


def test_the_command_prints_the_example_verbatim(tmp_path: Path) -> None:
    printed = ended(*COMMAND, "policy")
    assert (printed.code, printed.out, printed.err) == (0, policies.example(), "")
    assert printed.out.isascii(), "it goes through any terminal's and any shell's encoding"
    (tmp_path / "policy.toml").write_text(printed.out)
    assert run("check", SHIPPED, "--policy", tmp_path / "policy.toml", "--select", "GW5").code == 0


def test_the_command_says_what_a_file_comes_to(folder: Path, tmp_path: Path) -> None:
    read = run("policy", folder / "policy.toml")
    assert (read.code, json.loads(read.out)) == (0, policies.load(folder / "policy.toml").kept())
    (tmp_path / "wrong.toml").write_text('windows = ["Mo"]')
    for path, words in ((tmp_path / "wrong.toml", "policy.windows.0 is wrong"), (tmp_path / "none", "cannot be read")):
        refused = run("policy", path)
        assert (refused.code, refused.out, refused.err.count("\n")) == (2, "", 1)
        assert words in refused.err
