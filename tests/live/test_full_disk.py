"""A disk that takes no more: the traffic goes on, the operator is told, the session says that something is missing."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.live.clients import ask
from tests.live.commands import run
from tests.live.processes import Ended, running
from tests.live.recorders import EVERYTHING, Recorder
from tests.live.servers import Upstream, response, says

pytestmark = pytest.mark.xdist_group("full disk")  # a worker makes its recorder only once

LIMIT = 1_000_000
"""Bytes that a file of the recorder's may have (RLIMIT_FSIZE): the honest way to a disk that is full for it alone."""

COMMAND = f"""
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, ({LIMIT}, {LIMIT}))
from inspector.cli import main
main(prog_name="gws-inspector")
"""
SIZE = 100_000


@dataclass(frozen=True, slots=True)
class Full:
    recorder: Recorder
    ended: Ended
    lengths: list[int]
    told_at_once: bool


@pytest.fixture(scope="module")
def full(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Full]:
    """A recorder that had a place for some of what passed."""
    file = tmp_path_factory.mktemp("full") / "recording.db"
    lengths = []
    with running("-c", COMMAND, "record", upstream.url, file, "--listen", "127.0.0.1:0", *EVERYTHING) as process:
        recorder = Recorder(process, process.url(), file)
        for number in range(12):
            upstream.answers["/full"] = says(response(b"%d" % number * SIZE))
            lengths.append(len(ask(recorder.url, b"GET /full").body))
        told = "incomplete" in process.err
        yield Full(recorder, process.end(), lengths, told)


def test_the_traffic_goes_on(full: Full) -> None:
    assert full.lengths == [SIZE] * 10 + [2 * SIZE] * 2


def test_the_operator_is_told_at_once_and_at_the_end(full: Full) -> None:
    assert full.told_at_once
    assert full.ended.code == 3
    assert "Traceback" not in full.ended.err
    assert full.ended.err.splitlines()[-1].startswith("error: recording incomplete")


def test_the_session_says_so(full: Full) -> None:
    path = full.recorder.path
    recorded = full.recorder.exchanges("/full")
    assert 1 < len(recorded) < 12
    assert all(row["done_tick"] for row in recorded[:-1])
    [session] = full.recorder.rows("SELECT * FROM sessions")
    assert (session["state"], bool(session["trouble"])) == ("incomplete", True)
    checked = run("check", path)
    assert (checked.code, checked.err.count("\n")) == (3, 1)
    assert full.recorder.rows("PRAGMA integrity_check") == [{"integrity_check": "ok"}]
