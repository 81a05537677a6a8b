"""No secret of a session is in any file that came of recording it, however it is spelt; unless that was typed out."""

import json
import os
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from inspector.proxy.host import script
from inspector.traffic.body import Body
from tests.live.clients import ask
from tests.live.commands import run
from tests.live.processes import COMMAND, Ended, Process, running
from tests.live.recorders import in_front_of, mitmdump, recording
from tests.live.secrets import CODINGS, Driven, Secrets, spellings
from tests.live.servers import Upstream

FORMATS = ("table", "json", "junit", "sarif", "github")


@pytest.fixture(scope="module")
def driven() -> Driven:
    seed = int(os.environ.get("SEED", random.SystemRandom().getrandbits(32)))
    print(f"SEED={seed}")
    return Driven(Secrets(random.Random(seed)))


@pytest.fixture(scope="module")
def server(driven: Driven) -> Iterator[Upstream]:
    with Upstream() as upstream:
        driven.ready(upstream)
        yield upstream


def unpacked(path: Path) -> Iterator[bytes]:
    """Everything that the tables hold, and whatever can be made of it: one coding after another, in any order."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for row in db.execute(f"SELECT * FROM {table}"):
                for value in row:
                    if isinstance(value, bytes):
                        yield from layers(value)
                    elif isinstance(value, str):
                        yield value.encode("utf-8", "surrogateescape")


def layers(content: bytes, depth: int = 3) -> Iterator[bytes]:
    yield content
    for coding in CODINGS if depth else ():
        text = Body.of(content, coding).readable()
        if text and text != content:
            yield from layers(text, depth - 1)


def found(driven: Driven, haystack: list[bytes]) -> set[str]:
    """The places whose secret is in there, in any spelling."""
    everything = b"\0\0".join(haystack)
    of = driven.secrets
    return {
        place
        for place, core in of.cores.items()
        if any(text in everything for text in spellings(core) | spellings(of.whole[place]))
    }


def looks(path: Path) -> list[bytes]:
    """What the commands that read a recording print of it, and write."""
    printed = [run("check", path, "--format", format, "--fail-on", "never") for format in FORMATS]
    printed += [run("ls", path), run("ls", path, "--json")]
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db:
        numbers = [number for (number,) in db.execute("SELECT id FROM exchanges")]
    assert len(numbers) > 15
    printed += [run("show", path, number, *options) for number in numbers for options in ((), ("--json",))]
    return [text for one in printed for text in written(one)]


def written(ended: Ended) -> list[bytes]:
    assert "Traceback" not in ended.err, ended.err
    return [ended.out.encode(), ended.err.encode()]


def files(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()]


def replayed(path: Path, driven: Driven, folder: Path) -> list[bytes]:
    """What a replay tells of the session, played against its recording with the same secrets, and of misses of it."""
    report = folder / "report.xml"
    options = ("--listen", "127.0.0.1:0", "--report", report, "--control", "127.0.0.1:0", "--token", "a-token")
    with running(*COMMAND, "replay", path, *options) as process:
        play_loosely(driven, process)
        told = control(process)
        ended = process.end()
    return [*written(ended), report.read_bytes(), *told]


def play_loosely(driven: Driven, process: Process) -> None:
    """As a client that does not mind what it is answered: once as recorded, once each a little different."""
    for step in driven.known:
        ask(process.url(), step.line.encode(), *step.fields, body=step.body)
        ask(process.url(), b"PUT " + step.line.split(" ")[1].encode(), *step.fields, body=step.body)


def control(process: Process) -> list[bytes]:
    _, url, _, token = process.line("control ").split(" ")
    bearer = b"Authorization: Bearer " + token.encode()
    places = ("", "/journal", "/misses", "/verification", "/near-misses", "/faults")
    return [ask(url, f"GET /__inspector__/stubs/1{place}".encode(), bearer).body for place in places]


def test_the_recorder_that_ended_cleanly_left_no_secret(driven: Driven, server: Upstream, tmp_path: Path) -> None:
    path = tmp_path / "recording.db"
    with recording(server.url, path) as recorder:
        driven.play(recorder.url)
        while_at_work = files(tmp_path)
        ended = recorder.process.end()
    assert ended.code == 0
    haystack = [*written(ended), *while_at_work, *files(tmp_path), *unpacked(path), *looks(path)]
    assert found(driven, haystack) == set()


@pytest.mark.once
def test_the_recorder_that_was_killed_left_no_secret(driven: Driven, server: Upstream, tmp_path: Path) -> None:
    path = tmp_path / "recording.db"
    with recording(server.url, path) as recorder:
        driven.play(recorder.url)
        ended = recorder.process.kill()
    assert (tmp_path / "recording.db-wal").stat().st_size
    haystack = [*written(ended), *files(tmp_path), *unpacked(path), *looks(path)]
    assert found(driven, haystack) == set()


def test_the_addon_in_mitmdump_left_no_secret(driven: Driven, server: Upstream, tmp_path: Path) -> None:
    """With all that mitmproxy logs, but for the lines of its dumper: they show what passed, and are its own."""
    path, export = tmp_path / "recording.db", tmp_path / "export.json"
    options = ("-s", script("record"), "-s", _exporting(tmp_path, export), f"--set=inspector_recording={path}")
    verbose = ("--set=termlog_verbosity=debug", "--set=flow_detail=0")
    where = in_front_of(server.url)[1:]
    with mitmdump(tmp_path / "confdir", *options, *verbose, *where) as process:
        driven.play(process.url())
        ended = process.end()
    assert path.exists() and json.loads(export.read_text()) is not None
    assert found(driven, [*written(ended), *files(tmp_path), *unpacked(path), *looks(path)]) == set()


def _exporting(folder: Path, export: Path) -> Path:
    """A mitmproxy script that exports the findings when it ends, and prints what is noted on flows."""
    path = folder / "exporting.py"
    path.write_text(
        "from mitmproxy import ctx\n"
        "def response(flow):\n    print('noted', flow.comment, flow.marked, flow.metadata, flush=True)\n"
        f"def done():\n    ctx.master.commands.execute('inspector.export {export}')\n"
    )
    return path


@pytest.mark.once
def test_a_replay_of_it_tells_no_secret(driven: Driven, server: Upstream, tmp_path: Path) -> None:
    path = tmp_path / "recording.db"
    with recording(server.url, path) as recorder:
        driven.play(recorder.url)
        recorder.process.end()
    assert found(driven, [*replayed(path, driven, tmp_path), *files(tmp_path)]) == set()


@pytest.mark.once
def test_the_search_finds_every_secret_where_they_are_kept(driven: Driven, server: Upstream, tmp_path: Path) -> None:
    path = tmp_path / "recording.db"
    with recording(server.url, path, "--keep-secrets", "-q") as recorder:
        driven.play(recorder.url)
        ended = recorder.process.end()
    assert ended.err.startswith("warning: nothing is redacted"), ended.err
    assert found(driven, list(unpacked(path))) == set(driven.secrets.cores)
