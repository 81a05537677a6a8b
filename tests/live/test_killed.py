"""A recorder that was killed: what its clients saw is in the file, and the file says what happened to it."""

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.live.clients import ENOUGH, Busy, Connection
from tests.live.commands import run
from tests.live.processes import eventually
from tests.live.recorders import Recorder, beside, recording
from tests.live.servers import Held, Upstream, response, says

PLACE = "/killed"


@dataclass(frozen=True, slots=True)
class Killed:
    """A recorder that was killed, and the queries of the requests that its clients had the answers of."""

    recorder: Recorder
    answered: set[str]


@pytest.fixture(scope="module")
def killed(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Killed]:
    """A recorder killed in the middle of its work: some clients ask without a pause, another one waits."""
    held = upstream.answers[f"{PLACE}/held"] = Held()
    upstream.answers[PLACE] = says(response(b'{"statusCode":0}', b"Content-Type: application/json"))
    file = tmp_path_factory.mktemp("killed") / "recording.db"
    with recording(upstream.url, file) as recorder, Connection(recorder.url) as waiting:
        waiting.begin(f"GET {PLACE}/held".encode())
        held.wait()
        busy = [Busy(recorder.url, PLACE, name) for name in "abc"]
        for client in busy:
            client.start()
        for client in busy:
            client.wait()
        recorder.process.kill()
        for client in busy:
            client.join()
        yield Killed(recorder, {query for client in busy for query in client.answered})


def test_every_answer_that_a_client_had_is_in_the_file(killed: Killed) -> None:
    recorded = {row["query"] for row in killed.recorder.exchanges(PLACE) if row["done_tick"]}
    assert len(killed.answered) >= 3 * ENOUGH
    assert killed.answered <= recorded
    assert killed.recorder.exchanges(f"{PLACE}/held")[0]["done_tick"] is None
    assert killed.recorder.rows("PRAGMA integrity_check") == [{"integrity_check": "ok"}]


def test_the_file_says_what_happened_and_can_be_recorded_to_again(killed: Killed, upstream: Upstream) -> None:
    file = killed.recorder.path
    checked = run("check", file)
    assert checked.code == 3
    assert checked.err.count("\n") == 1
    assert "killed" in checked.err
    with recording(upstream.url, file) as again:
        assert again.process.end().code == 0
    states = again.rows("SELECT state, trouble FROM sessions ORDER BY id")
    assert [row["state"] for row in states] == ["incomplete", "complete"]
    assert states[0]["trouble"]
    assert beside(file) == [file.name]
    assert run("check", file).code == 3
    assert run("check", file, "--session", "2").code == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_an_end_that_is_cut_short_does_no_harm(number: signal.Signals, upstream: Upstream, file: Path) -> None:
    """What an impatient supervisor cuts short is what makes later replays start sooner: all else is there by then."""
    upstream.answers[PLACE] = says(response(b'{"statusCode":0}', b"Content-Type: application/json"))
    with recording(upstream.url, file) as recorder:
        busy = [Busy(recorder.url, PLACE, name) for name in "abc"]
        for client in busy:
            client.start()
        for client in busy:
            client.wait()
        recorder.process.send(signal.SIGTERM)
        eventually(lambda: recorder.rows("SELECT * FROM sessions WHERE state = 'complete'"))
        recorder.process.end(number)
        for client in busy:
            client.join()
    recorded = {row["query"] for row in recorder.exchanges(PLACE) if row["done_tick"]}
    assert {query for client in busy for query in client.answered} <= recorded
    assert recorder.rows("PRAGMA integrity_check") == [{"integrity_check": "ok"}]
    assert run("check", file).code == 0
    with recording(upstream.url, file) as again:
        assert again.process.end().code == 0
    assert again.rows("SELECT state FROM sessions") == [{"state": "complete"}] * 2
    assert beside(file) == [file.name]
