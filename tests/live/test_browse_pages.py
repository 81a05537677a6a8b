"""`ls` and `show` in parts: filters, pages, selections, bodies; on the recording that is shipped, and on long ones."""

import json
import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from inspector.cli import standing
from inspector.cli.ls import PAGE
from inspector.recording.derivation import save
from inspector.recording.reader import reading
from inspector.traffic.body import Body
from tests.analysis.shapes import sent
from tests.analysis.traffic import ME, OK, Wire
from tests.live.commands import run
from tests.live.processes import CHECKOUT, COMMAND, environment
from tests.live.recorders import rows
from tests.recording.keeping import change
from tests.replay.recordings import written

pytestmark = pytest.mark.once

SHIPPED = CHECKOUT / "recordings" / "upload-file.db"


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy, judged by today's rules."""
    copy = Path(shutil.copy(SHIPPED, tmp_path_factory.mktemp("shipped")))
    save(copy)
    return copy


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More calls and transfers than a page has room for."""
    wire = Wire()
    sofia = wire.at_work()
    for number in range(PAGE + 20):
        wire.answer(sofia.upload(f"0001document{number:04}"))
        sofia.hear(sent(f"0001document{number:04}", index=10 + number, fileId=f"file {number}"))
    path = written(wire, tmp_path_factory.mktemp("long") / "long.db")
    save(path)
    return path


def given(*arguments: object) -> Any:
    ended = run(*arguments)
    assert (ended.code, ended.err) == (0, "")
    return json.loads(ended.out)


def numbers(path: Path, *options: object, table: str = "calls") -> list[int]:
    return [row["exchange"] for row in given("ls", path, "--json", *options)[table]]


@pytest.mark.parametrize(
    ("options", "where"),
    [
        (("--chat", "THE CHAT"), "c.chat_id <> ''"),
        (("--operation", "uploadfile"), "c.operation = 'UploadFile'"),
        (("--operation", "UploadFile", "--chat", "nonesuch"), "0"),
        (("--agent", "sofia", "--operation", "Accept"), "c.operation = 'Accept'"),
        (("--after", 30), "c.exchange > 30"),
    ],
    ids=["chat", "operation", "both", "agent", "after"],
)
def test_filters_fit_all_at_once(options: Sequence[object], where: str, shipped: Path) -> None:
    [chat] = [row["chat_id"] for row in rows(shipped, "SELECT DISTINCT chat_id FROM transfers")]
    wanted = rows(shipped, f"SELECT c.exchange FROM calls c WHERE {where} ORDER BY 1")
    asked = [chat if option == "THE CHAT" else option for option in options]
    assert numbers(shipped, *asked) == [row["exchange"] for row in wanted]


def test_a_rule_lists_exchanges_that_broke_it_calls_or_not(shipped: Path) -> None:
    found = rows(shipped, "SELECT DISTINCT exchange FROM findings WHERE rule LIKE 'GW3%' ORDER BY 1")
    listed = given("ls", shipped, "--json", "--rule", "gw3")
    assert [row["exchange"] for row in listed["exchanges"]] == [row["exchange"] for row in found] != []
    assert any(not row["is_call"] for row in listed["exchanges"])
    assert all(any(code.startswith("GW3") for code in row["rules"]) for row in listed["exchanges"])
    assert "calls" not in listed and listed["transfers"]


def test_findings_that_are_ignored_are_not_told(shipped: Path, tmp_path: Path) -> None:
    [lost] = rows(shipped, "SELECT exchange FROM findings WHERE rule = 'GW402'")
    number = lost["exchange"]
    assert "GW402" in run("ls", shipped).out and "GW402" in run("show", shipped, number).out
    settings = tmp_path / "settings.toml"
    settings.write_text('[rules]\nignore = ["GW402"]\n')
    for before, after in (((), ("--ignore", "GW402")), ((), ("--select", "GW1")), (("--config", settings), ())):
        assert "GW402" not in run(*before, "ls", shipped, *after).out
        assert "GW402" not in run(*before, "show", shipped, number, *after).out
    excused = ("--ignore", f"GW402:#{number}")
    assert given("ls", shipped, "--json", "--rule", "GW402", *excused)["exchanges"] == []
    assert given("ls", shipped, "--json", "--rule", "GW402", *excused)["transfers"] == []
    assert given("show", shipped, number, "--json", *excused)["findings"] == []
    for rule in ("GW303", "GW401", "GW402"):
        listed = given("ls", shipped, "--json", "--rule", rule)["transfers"]
        assert given("ls", shipped, "--json", "--rule", rule, "--ignore", "GW7")["transfers"] == listed != []


def test_a_filter_of_mitmproxy_lists_exchanges(shipped: Path) -> None:
    refused = rows(shipped, "SELECT id FROM exchanges WHERE status BETWEEN 400 AND 499")
    assert numbers(shipped, "--filter", "~c 4xx", table="exchanges") == [row["id"] for row in refused] != []
    both = ("--filter", "~bq UploadFile", "--operation", "UploadFile", "--after", 20)
    assert numbers(shipped, *both, table="exchanges") == numbers(shipped, "--operation", "UploadFile", "--after", 20)


@pytest.mark.parametrize(
    "options",
    [
        ("--filter", "~u ("),
        ("--operation", "UplodFile"),
        ("--agent", "sofya"),
        ("--rule", "GW9"),
        ("--after", "3", "--table", "calls", "--table", "agents"),
        ("--limit", "0"),
        ("--limit", "99999999999999999999"),
        ("--after", "99999999999999999999"),
    ],
    ids=["filter", "operation", "agent", "rule", "after", "limit", "too many", "too far"],
)
@pytest.mark.parametrize("machine", [(), ("--json",)], ids=["people", "machine"])
def test_what_cannot_be_listed_is_said_and_nothing_is(
    options: Sequence[str], machine: Sequence[str], shipped: Path
) -> None:
    ended = run("ls", shipped, *options, *machine)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.strip().splitlines()[-1].lower().startswith("error:")


def test_a_page_says_how_to_go_on(long: Path) -> None:
    every = numbers(long)
    assert len(every) > PAGE
    first = run("ls", long).out
    assert f"… more calls: --table calls --after {every[PAGE - 1]}" in first
    assert f"… more transfers: --table transfers --after {PAGE}" in first
    assert f"document{PAGE - 3:04}" in first and f"document{PAGE + 10:04}" not in first
    second = run("ls", long, "--table", "calls", "--after", every[PAGE - 1]).out
    assert f"document{PAGE + 10:04}" in second and "… more" not in second and "Sessions" not in second
    assert "truncated" in given("ls", long, "--json")
    assert "truncated" not in given("ls", long, "--json", "--limit", 7)
    paged = [numbers(long, "--limit", 7, "--after", after) for after in (0, *every[6::7])]
    assert [number for page in paged for number in page] == every


def test_a_table_alone(long: Path) -> None:
    listed = given("ls", long, "--json", "--table", "transfers", "--table", "agents", "--limit", 3)
    assert list(listed) == ["agents", "transfers"] and len(listed["transfers"]) == 3
    assert [row["number"] for row in listed["transfers"]] == [1, 2, 3]


def test_a_narrow_terminal_wraps_and_loses_nothing(shipped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "70")
    out = run("ls", shipped, "--table", "transfers").out
    assert "0001PaBMYY3600RC" in out and "…" not in out


def test_a_terminal_has_a_pager(shipped: Path) -> None:
    ours, theirs = pty.openpty()
    env = {**environment(), "PAGER": "sed s/^/paged:/", "TERM": "xterm"}
    with subprocess.Popen(
        [sys.executable, *COMMAND, "ls", str(shipped)], stdin=theirs, stdout=theirs, stderr=theirs, env=env
    ):
        os.close(theirs)
        told = b""
        try:
            while piece := os.read(ours, 65536):
                told += piece
        except OSError:  # its end of the terminal is closed
            pass
    os.close(ours)
    assert b"paged:" in told and b"0001PaBMYY3600RC" in told


def test_long_recordings_of_older_rules_are_shown_as_they_are(
    shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = Path(shutil.copy(shipped, tmp_path / "old.db"))
    change(old, "UPDATE sessions SET judged = 'long ago'")
    change(old, "UPDATE calls SET operation = 'AsItWas' WHERE operation = 'Accept'")
    assert "AsItWas" not in run("ls", old).out
    monkeypatch.setattr(standing, "AT_ONCE", 5)
    for arguments in (("ls", old, "--operation", "asitwas"), ("show", old, 1)):
        ended = run(*arguments)
        assert ended.code == 0 and ended.err.count("\n") == 1
        assert "long ago" in ended.err and "check --save" in ended.err
    assert "AsItWas" in run("ls", old).out
    change(old, "UPDATE sessions SET state = 'open', judged = ''")
    assert "as far as its recorder has judged it" in run("ls", old).err


def test_bodies_are_shown_as_what_they_are(tmp_path: Path) -> None:
    wire = Wire()
    sofia = wire.at_work()
    png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(400)
    asked = [sofia.get("/attachments/a"), sofia.get("/attachments/b"), sofia.ask("POST", f"{ME}/f", b"a=1&b=%1b[2J")]
    wire.answer(asked[0], png, ("Content-Type", "text/plain"))
    wire.answer(asked[1], b"\0\1", ("Content-Type", ""))
    wire.answer(asked[2], OK)
    form = sofia.ask("POST", f"{ME}/f", b"a=1&b=%1b[2J", ("Content-Type", "application/x-www-form-urlencoded"))
    wire.answer(form, {"rows": list(range(1000)), "bad": "\x1b[2J"})
    long = sofia.get("/text")
    wire.answer(long, b"x" * 5000, ("Content-Type", "text/plain"))
    path = written(wire, tmp_path / "bodies.db")
    binary = run("show", path, asked[0].number, "--whole").out
    assert "looks like image/png" in binary or "PNG" in binary
    odd = run("show", path, asked[1].number).out
    assert "00000000  00 01" in odd and "|..|" in odd and "2 bytes" in odd
    page = run("show", path, form.number).out
    assert "a = 1" in page and "b = \\x1b[2J" in page
    assert "--whole shows all of it" in page and "999" not in page
    whole = run("show", path, form.number, "--whole").out
    assert "999" in whole and "\\u001b[2J" in whole and "\x1b[2J" not in whole
    assert "cut (" not in whole
    lines = run("show", path, long.number)
    assert "cut (1 lines, 5000 characters)" in lines.out and lines.out.count("x") < 3000
    assert run("show", path, long.number, "--whole").out.count("x") > 5000


def test_a_body_alone_is_its_bytes(shipped: Path) -> None:
    [fetch] = rows(shipped, "SELECT exchange FROM calls WHERE operation = 'Download'")
    with reading(shipped) as opened:
        response = opened.exchange(fetch["exchange"]).response
    assert response is not None
    done = subprocess.run(
        [sys.executable, *COMMAND, "show", shipped, str(fetch["exchange"]), "--body", "response"],
        env=environment(),
        capture_output=True,
        check=True,
    )
    assert Body.of(done.stdout).sha256 == response.body.sha256


@pytest.mark.parametrize("what", ["0001PaBMYY3600RC", "100000"])
def test_only_exchanges_have_bodies(what: str, shipped: Path) -> None:
    ended = run("show", shipped, what, "--body", "request")
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)


def test_what_only_the_digest_is_known_of_has_no_bytes(tmp_path: Path) -> None:
    wire = Wire()
    sofia = wire.at_work()
    fetch = sofia.get("/attachments/a")
    wire.answer(fetch, Body(None, 5, "ab" * 32), ("Content-Type", "application/pdf"))
    sofia.do("NeverAnswered")
    path = written(wire, tmp_path / "digest.db")
    for number, half in ((fetch.number, "response"), (fetch.number + 1, "response")):
        ended = run("show", path, number, "--body", half)
        assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert run("show", path, fetch.number, "--body", "request").code == 0


def test_bytes_are_no_json(shipped: Path) -> None:
    ended = run("show", shipped, 13, "--body", "request", "--json")
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
