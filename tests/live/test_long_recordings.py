"""Recordings of many transfers, as the benchmark of very large ones makes them: what `check` makes of their facts."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from inspector.cli import check
from tests.benchmarks import busy_day
from tests.live.commands import run
from tests.live.processes import CHECKOUT, COMMAND, environment
from tests.live.recorders import rows

EXCHANGES, TRANSFERS = 2_000, 100

pytestmark = [pytest.mark.once, pytest.mark.xdist_group("long recordings")]


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of which nothing was derived; it is not changed."""
    return busy_day.recording(tmp_path_factory.mktemp("facts") / "busy.db", EXCHANGES, TRANSFERS)


@pytest.fixture
def busy(facts: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    copy = tmp_path / facts.name
    copy.write_bytes(facts.read_bytes())
    return copy


def test_all_transfers_are_found_in_the_facts(facts: Path, busy: Path) -> None:
    assert rows(facts, "SELECT count(*) AS n FROM exchanges") == [{"n": EXCHANGES}]
    assert rows(facts, "SELECT * FROM transfers") == rows(facts, "SELECT * FROM calls") == []
    assert run("check", "--save", busy).code == 1
    states = Counter(row["state"] for row in rows(busy, "SELECT state FROM transfers"))
    assert (states.total(), {*states}) == (TRANSFERS, {"sent", "received", "refused", "lost", "linked"})
    [polls] = rows(busy, "SELECT avg(path LIKE '%/connect') AS share FROM exchanges")
    assert 0.35 < polls["share"] < 0.5
    codes = {row["rule"] for row in rows(busy, "SELECT rule FROM findings WHERE severity = 'error'")}
    assert codes == {"GW402"}  # nothing else is wrong with what the benchmark makes


def test_what_is_saved_is_what_is_told(busy: Path) -> None:
    told, saved = run("check", busy, "--format", "json"), run("check", "--save", busy, "--format", "json")
    assert (saved.code, saved.err) == (told.code, told.err) == (1, "")
    assert json.loads(saved.out) == json.loads(told.out)
    assert len(json.loads(told.out)[0]["findings"]) == len(rows(busy, "SELECT * FROM findings"))


def test_only_what_fits_into_memory_is_made_ready_for_replay(busy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "REPLAYED", EXCHANGES - 1)
    told = run("check", "--save", busy)
    assert f"session 1 has {EXCHANGES:,} exchanges, too many to be made ready for replay" in told.err
    assert rows(busy, "SELECT session FROM prepared") == []
    monkeypatch.setattr(check, "REPLAYED", EXCHANGES)
    assert run("check", "--save", busy).err == ""
    assert rows(busy, "SELECT session FROM prepared") == [{"session": 1}]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such terminals")
@pytest.mark.parametrize(
    ("name", "options", "what", "code"),
    [
        ("check", (), "judging", 1),
        ("check", ("--save",), "deriving", 1),
        ("ls", ("--filter", "~u nowhere"), "reading", 0),
    ],
    ids=["told", "saved", "sought"],
)
def test_whoever_looks_sees_how_far_it_is(
    busy: Path, name: str, options: tuple[str, ...], what: str, code: int
) -> None:
    terminal, end = os.openpty()
    command = [sys.executable, *COMMAND, name, str(busy), *options]
    settings = environment() | {"TERM": "xterm", "COLUMNS": "80"}
    with subprocess.Popen(command, env=settings, stdout=subprocess.DEVNULL, stderr=end) as process:
        os.close(end)
        shown = b""
        while some := _some(terminal):
            shown += some
    os.close(terminal)
    assert process.returncode == code
    assert what.encode() in shown
    assert b"100%" in shown


def test_the_benchmark_of_very_large_recordings_runs(busy: Path) -> None:
    sizes = ["--exchanges", str(EXCHANGES), "--transfers", str(TRANSFERS), "--rounds", "1", "--recording", str(busy)]
    command = [sys.executable, "-m", "tests.benchmarks.scale", *sizes]
    done = subprocess.run(command, cwd=CHECKOUT, env=environment(), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    table = [line for line in done.stdout.splitlines() if line.startswith("|")]
    measured = [line.split("|")[1].strip(" `") for line in table[2:]]
    assert measured[:2] == ["the analysis by itself", "check --save"]
    assert {"ls", "audit --format csv"} <= {*measured}


def _some(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the other end is closed (Linux)
        return b""
