"""Ended by a signal: the recording is one closed file with everything in it, and the exit code says so."""

import json
import signal
import stat
from pathlib import Path

import pytest

from tests.live.clients import Busy, Connection, ask
from tests.live.commands import run
from tests.live.processes import command
from tests.live.recorders import Recorder, beside, recording
from tests.live.servers import Held, Upstream, response, says

COOKIE = b"Cookie: JSESSIONID=1"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_poll_that_never_ends_does_not_keep_the_recorder(
    number: signal.Signals, upstream: Upstream, file: Path, place: str
) -> None:
    """It stays unfinished: its client did not go away, and who reads that it did looks for a mistake that is none."""
    held = upstream.answers[place] = Held()
    upstream.answers[place + "/quick"] = says(response(b"quick"))
    with recording(upstream.url, file) as recorder, Connection(recorder.url) as client:
        client.begin(b"GET " + place.encode())
        held.wait()
        assert ask(recorder.url, b"GET " + place.encode() + b"/quick").body == b"quick"
        ended = recorder.process.end(number)
        assert client.rest() == b""
    [session] = recorder.rows("SELECT * FROM sessions")
    [poll] = recorder.exchanges(place)
    assert (ended.code, session["state"], session["trouble"]) == (0, "complete", None)
    assert session["ended_at"] >= session["started_at"]
    assert (poll["status"], poll["error"], poll["done_tick"]) == (None, None, None)
    assert beside(file) == [file.name]
    assert "2 exchanges" in ended.err
    assert str(file) in ended.err
    [judged] = json.loads(run("check", "--format", "json", file).out)
    assert judged["unfinished"] == 1


def test_what_clients_saw_until_the_end_is_recorded(upstream: Upstream, file: Path, place: str) -> None:
    upstream.answers[place] = says(response(b"good"))
    with recording(upstream.url, file) as recorder:
        busy = [Busy(recorder.url, place, name) for name in "abc"]
        for client in busy:
            client.start()
        for client in busy:
            client.wait()
        assert recorder.process.end().code == 0
        for client in busy:
            client.join()
    recorded = {row["query"] for row in recorder.exchanges(place) if row["done_tick"]}
    assert {query for client in busy for query in client.answered} <= recorded
    assert recorder.rows("SELECT state FROM sessions") == [{"state": "complete"}]


def test_another_run_adds_a_session_to_the_file(upstream: Upstream, file: Path, place: str) -> None:
    file.touch(mode=0o600)  # an empty one becomes a recording
    upstream.answers[place] = says(response(b'{"statusCode":0}', b"Content-Type: application/json"))
    upstream.answers["/api/v2/me/chats/1"] = upstream.answers[place]
    for _ in range(2):
        with recording(upstream.url, file, "-q") as recorder:
            ask(recorder.url, b"GET " + place.encode())
            ask(recorder.url, b"POST /api/v2/me/chats/1", COOKIE, body=b'{"operationName":"Accept"}')
            ended = recorder.process.end()
        assert (ended.code, ended.out, ended.err) == (0, f"ready {recorder.url}\n", "")
    sessions = recorder.rows("SELECT * FROM sessions ORDER BY id")
    exchanges = recorder.rows("SELECT id, session, start_tick FROM exchanges ORDER BY id")
    agents = recorder.rows("SELECT id, session FROM agents ORDER BY id")
    assert [session["state"] for session in sessions] == ["complete", "complete"]
    assert len({session["uuid"] for session in sessions}) == 2
    assert [tuple(row.values()) for row in exchanges] == [(1, 1, 1), (2, 1, 3), (3, 2, 1), (4, 2, 3)]
    assert [agent["session"] for agent in agents] == [1, 2]
    assert [call["agent"] for call in recorder.rows("SELECT agent FROM calls ORDER BY exchange")] == [
        agent["id"] for agent in agents
    ]


def test_a_recording_is_for_nobody_elses_eyes(recorder: Recorder, upstream: Upstream, place: str) -> None:
    upstream.answers[place] = says(response(b"good"))
    ask(recorder.url, b"GET " + place.encode())
    files = list(recorder.path.parent.glob("shared.db*"))
    assert len(files) > 1
    assert {stat.S_IMODE(found.stat().st_mode) for found in files} == {0o600}


def test_a_second_recorder_on_the_same_file_refuses(recorder: Recorder, upstream: Upstream, place: str) -> None:
    upstream.answers[place] = says(response(b"good"))
    second = command("record", upstream.url, recorder.path, "--listen", "127.0.0.1:0")
    assert (second.code, second.out) == (2, "")
    assert second.err.count("\n") == 1
    assert f"process {recorder.process.id}" in second.err
    assert ask(recorder.url, b"GET " + place.encode()).body == b"good"
    assert recorder.only(place).done
    assert len(recorder.rows("SELECT * FROM sessions")) == 1


def test_what_others_save_does_not_disturb_a_recorder(recorder: Recorder, upstream: Upstream) -> None:
    """`check --save` rewrites what was derived: not under a recorder that is still writing it."""
    refused = response(b'{"statusCode":3,"statusMessage":"no"}', b"Content-Type: application/json")
    upstream.answers["/api/v2/me/chats/1"] = says(refused)
    count = "SELECT count(*) AS n FROM findings"
    [before] = recorder.rows(count)
    for _ in range(2):
        saved = run("check", "--save", recorder.path)
        assert (saved.code, saved.out, saved.err.count("\n")) == (2, "", 1)
        assert f"process {recorder.process.id}" in saved.err
        ask(recorder.url, b"POST /api/v2/me/chats/1", body=b'{"operationName":"Accept"}')
    [after] = recorder.rows(count)
    assert after["n"] == before["n"] + 2
