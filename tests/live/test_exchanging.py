"""A recording that goes out, as a HAR or as flows, and comes back: what is judged, and what replays, is the same."""

import asyncio
import json
import os
import random
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest

from inspector.demo import story
from inspector.demo.desktop import at_desk
from inspector.demo.inbox import Notification
from inspector.demo.people import AGENT
from tests.live.commands import run
from tests.live.processes import COMMAND, MITMDUMP, ended, running
from tests.live.recorders import exchange as recorded
from tests.live.recorders import recording, rows
from tests.live.secrets import Driven, Secrets
from tests.live.servers import Upstream
from tests.live.stories import Story
from tests.live.test_no_secret_stays import files, found, unpacked, written
from tests.recording.keeping import change

DERIVED = ("agents", "calls", "messages", "causes", "transfers", "fetches", "findings")
HEADS = "start_tick, done_tick, started_at, started_mono, answered_at, done_at, done_mono, connection, method, scheme, "
HEADS += "authority, path, query, http_version, request_headers, status, reason, response_headers, error, truncated"


def derived(path: Path, table: str) -> list[dict[str, Any]]:
    return rows(path, f"SELECT * FROM {table} ORDER BY 1, 2")


def there_and_back(path: Path, folder: Path, format: str, *options: object) -> Path:
    out, back = folder / f"it.{format}", folder / "back.db"
    assert run("export", path, out, "--format", format).code == 0
    assert out.stat().st_mode & 0o777 == 0o600
    ended = run("import", out, back, *options)
    assert ended.code == 0, ended.err
    return back


@pytest.mark.parametrize("format", ["har", "flow"])
def test_what_comes_back_is_judged_alike(format: str, story: Story, tmp_path: Path) -> None:
    back = there_and_back(story.path, tmp_path, format)
    [session] = rows(back, "SELECT state, source, upstream, judged FROM sessions")
    assert (session["state"], session["source"], session["judged"] != "") == ("complete", format, True)
    for table in DERIVED:
        was, is_ = derived(story.path, table), derived(back, table)
        if table == "causes" and format == "flow":  # flows have no clock but that of the day
            was, is_ = ([{**row, "lag_ms": 0, "wait_ms": 0} for row in of] for of in (was, is_))
        assert was == is_, table


def test_a_har_brings_every_head_and_instant_back_and_every_body_decoded(story: Story, tmp_path: Path) -> None:
    back = there_and_back(story.path, tmp_path, "har")
    query = f"SELECT {HEADS} FROM exchanges ORDER BY id"
    assert rows(story.path, query) == rows(back, query)
    session = "SELECT started_at, started_mono, ended_at, ended_mono, upstream, origins, settings FROM sessions"
    assert rows(story.path, session) == rows(back, session)
    numbers = [row["id"] for row in rows(back, "SELECT id FROM exchanges")]
    assert [bodies(story.path, number) for number in numbers] == [bodies(back, number) for number in numbers]


def bodies(path: Path, number: int) -> list[bytes]:
    exchange = recorded(path, number)
    return [exchange.request.body.decoded(), exchange.response.body.decoded() if exchange.response else b""]


def test_a_har_that_was_exported_twice_is_the_same(story: Story, tmp_path: Path) -> None:
    back = there_and_back(story.path, tmp_path, "har")
    first, second = (orjson.loads((tmp_path / "it.har").read_bytes()), orjson.loads(run("export", back, "-").out))
    for one in (first, second):
        del one["log"]["_gws"]["session"]
        for entry in one["log"]["entries"]:
            for half in ("request", "response"):  # what was compressed is not any more, and its digest another
                entry["_gws"].pop(half)
            entry["response"]["content"].pop("comment", None)
    assert first == second


@pytest.mark.parametrize("format", ["har", "flow"])
def test_what_comes_back_replays(format: str, story: Story, tmp_path: Path) -> None:
    back = there_and_back(story.path, tmp_path, format)
    with running(*COMMAND, "replay", back, "--listen", "127.0.0.1:0", "--keep-origins") as process:
        seen = asyncio.run(played(process.url()))
        ended = process.end()
    assert ended.code == 0, ended.err
    assert " 0 missed" in ended.err and "0 notifications undelivered" in ended.err, ended.err
    assert seen == [one.data for one in story.seen if isinstance(one, Notification)]


async def played(url: str) -> list[Any]:
    async with at_desk(url, AGENT.user_name, AGENT.password) as desktop:
        async for _ in story.play(desktop):
            pass
        return [one.data for one in desktop.inbox.seen if isinstance(one, Notification)]


@pytest.fixture(scope="module")
def driven() -> Driven:
    seed = int(os.environ.get("SEED", random.SystemRandom().getrandbits(32)))
    print(f"SEED={seed}")
    return Driven(Secrets(random.Random(seed)))


@pytest.fixture(scope="module")
def kept(driven: Driven, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording that has every secret, and what was exported of it."""
    path: Path = tmp_path_factory.mktemp("kept") / "kept.db"
    with Upstream() as upstream:
        driven.ready(upstream)
        with recording(upstream.url, path, "--keep-secrets", "-q") as recorder:
            driven.play(recorder.url)
            recorder.process.end()
    for format in ("har", "flow"):
        assert (
            "they are in the export, too" in run("export", path, path.with_suffix(f".{format}"), "--format", format).err
        )
    return path


@pytest.mark.once
@pytest.mark.parametrize("format", ["har", "flow"])
def test_no_secret_of_a_capture_is_in_what_is_imported(format: str, kept: Path, driven: Driven, tmp_path: Path) -> None:
    capture, path = kept.with_suffix(f".{format}"), tmp_path / "it.db"
    with_secrets = run("import", capture, tmp_path / "kept.db", "--also", ".", "--keep-secrets")
    assert with_secrets.err.startswith("warning: nothing is redacted")
    assert found(driven, list(unpacked(tmp_path / "kept.db"))) == set(driven.secrets.cores), "else nothing is shown"
    (tmp_path / "kept.db").unlink()
    ended = run("import", capture, path, "--also", ".")
    assert ended.code == 0, ended.err
    assert found(driven, [*written(ended), *files(tmp_path), *unpacked(path)]) == set()


@pytest.mark.once
def test_what_mitmproxy_does_with_an_export_is_what_it_does_with_its_own(story: Story, tmp_path: Path) -> None:
    """mitmdump reads it, and writes it again: as flows, and as a HAR of its own making; both can be imported."""
    out, again, har = (tmp_path / name for name in ("it.flow", "again.flow", "mitmproxy.har"))
    assert run("export", story.path, out, "--format", "flow").code == 0
    options = ("-q", "-n", "-r", out, "--set", f"confdir={tmp_path / 'conf'}", "-w", again, "--set", f"hardump={har}")
    read = ended(*MITMDUMP, *options)
    assert (read.code, read.err) == (0, ""), read.err
    for number, file in enumerate((again, har)):
        back = tmp_path / f"{number}.db"
        assert run("import", file, back).code == 0
        assert [row["operation"] for row in derived(back, "calls")] == [
            row["operation"] for row in derived(story.path, "calls")
        ]
        kept = "SELECT document_id, name, size, sha256, state FROM transfers ORDER BY id"
        assert rows(back, kept) == rows(story.path, kept)


FILES = "SELECT b.size, b.sha256 FROM exchanges e JOIN bodies b ON b.id = e.response_body "
FILES += "WHERE e.path LIKE '%/attachments/%'"


@pytest.mark.parametrize("bodies", ["digest", "limit=10"])
def test_what_is_left_out_is_known_by_its_digest_and_told(bodies: str, story: Story, tmp_path: Path) -> None:
    out, back = tmp_path / "it.har", tmp_path / "back.db"
    ended = run("export", story.path, out, "--bodies", bodies)
    assert ended.code == 0
    assert "exchanges with a body that was left out: the export has its digest" in ended.err
    assert "exchanges with a body that came compressed: HAR has it without that" in ended.err
    told = [one["response"]["content"].get("comment") for one in json.loads(out.read_text())["log"]["entries"]]
    assert f"left out: --bodies {bodies}" in told
    assert "without the body, or all of it, that came back" in run("import", out, back).err
    assert rows(back, FILES) == rows(story.path, FILES) != []
    again = run("export", back, "-", "--bodies", bodies)
    assert "with a body of which the recording has only the digest, and so has the export" in again.err


def test_one_of_several_sessions_is_exported(story: Story, tmp_path: Path) -> None:
    out, path = tmp_path / "it.har", tmp_path / "both.db"
    run("export", story.path, out)
    assert [run("import", out, path, *options).code for options in ((), ("--window", "9"))] == [0, 0]
    windows = [json.loads(run("export", path, "-", *which).out)["log"]["_gws"]["window_ms"] for which in SESSIONS]
    assert windows == [30_000, 9_000, 9_000]
    assert run("export", path, "-", "--session", "none").code == 2


SESSIONS = (("--session", "1"), ("--session", "2"), ())


def test_a_session_that_is_incomplete_is_exported_and_told_of(story: Story, tmp_path: Path) -> None:
    path = tmp_path / "it.db"
    with closing(sqlite3.connect(story.path)) as db, closing(sqlite3.connect(path)) as copy:
        db.backup(copy)
    change(path, "UPDATE sessions SET state = 'incomplete', trouble = 'the disk was full'")
    change(path, "UPDATE exchanges SET done_tick = NULL, done_at = NULL, done_mono = NULL, status = NULL WHERE id = 3")
    ended = run("export", path, tmp_path / "it.har")
    assert ended.code == 3 and "the disk was full" in ended.err
    assert "1 exchange had not ended" in ended.err
    ended = run("import", tmp_path / "it.har", tmp_path / "back.db")
    assert ended.code == 0 and "1 exchange had not ended" in ended.err
    assert [row["id"] for row in rows(tmp_path / "back.db", "SELECT id FROM exchanges WHERE done_tick IS NULL")] == [3]


def test_a_har_brings_back_what_a_session_was_judged_and_redacted_by_and_its_name(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else files would pass that did not, and a replay would want the very secrets that nobody knows."""
    monkeypatch.chdir(tmp_path)
    first, settings = tmp_path / "first.db", tmp_path / "gws-inspector.toml"
    settings.write_text(
        '[redaction]\nmembers = ["comment"]\nheaders = ["X-Tenant"]\n'
        '[policy]\ndeny_extensions = ["txt"]\n[policy.chat]\nmax_files = 2\n'
    )
    run("export", story.path, tmp_path / "first.har")
    assert run("import", tmp_path / "first.har", first).code == 0
    change(first, "UPDATE sessions SET name = 'after the upgrade'")
    settings.unlink()
    back = there_and_back(first, tmp_path, "har")
    kept = "SELECT redacted, settings, name FROM sessions"
    assert rows(back, kept) == rows(first, kept)
    assert "deny_extensions" in rows(back, kept)[0]["settings"] and "comment" in rows(back, kept)[0]["redacted"]
    assert derived(back, "findings") == derived(first, "findings")
    settings.write_text("[policy]\nmax_bytes = 5\n")
    assert run("import", tmp_path / "it.har", tmp_path / "other.db").code == 0
    assert json.loads(rows(tmp_path / "other.db", kept)[0]["settings"])["policy"] == {"max_bytes": 5}


@pytest.mark.parametrize(
    "own", [{"policy": {"max_bytes": "x"}}, {"policy": []}, {"redacted": {"members": [1]}}], ids=str
)
def test_what_no_export_says_of_a_session_is_damage(own: Any, story: Story, tmp_path: Path) -> None:
    har = json.loads(run("export", story.path, "-").out)
    har["log"]["_gws"] |= own
    (tmp_path / "it.har").write_text(json.dumps(har))
    ended = run("import", tmp_path / "it.har", tmp_path / "it.db")
    assert (ended.code, ended.err.count("\n")) == (2, 1) and "log._gws" in ended.err
    assert not (tmp_path / "it.db").exists()


@pytest.mark.parametrize("format", ["har", "flow"])
def test_texts_that_never_crossed_a_wire_go_out_all_the_same(format: str, story: Story, tmp_path: Path) -> None:
    """A recording from a stranger may hold anything."""
    path = tmp_path / "bent.db"
    path.write_bytes(story.path.read_bytes())
    names = ("method", "scheme", "authority", "path", "query", "http_version", "reason")
    bent = ", ".join(f"{name} = '\u202e\u4e2d'" for name in names)
    change(path, f"UPDATE exchanges SET {bent}")
    ended = run("export", path, tmp_path / "out", "--format", format, "-q")
    assert (ended.code, ended.err) == (0, "")


def test_another_recording_is_not_written_over(story: Story, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    other.write_bytes(story.path.read_bytes())
    ended = run("export", story.path, other)
    assert ended.code == 2 and "is a recording" in ended.err
    assert other.read_bytes() == story.path.read_bytes()


def test_a_pipe_gets_the_export_and_stays_a_pipe(story: Story, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as pool:
        came = pool.submit(pipe.read_bytes)
        assert run("export", story.path, pipe, "-q").code == 0
        assert pipe.is_fifo()
    assert json.loads(came.result(0))["log"]["entries"]


@pytest.mark.parametrize("target", ["folder", "it.db", "missing/it.har"])
def test_an_export_overwrites_nothing_that_is_no_export(target: str, story: Story, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "it.db").symlink_to(story.path)
    before = story.path.read_bytes()
    ended = run("export", story.path, tmp_path / target)
    assert (ended.code, ended.err.count("\n")) == (2, 1), ended.err
    assert story.path.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "it.db"]
