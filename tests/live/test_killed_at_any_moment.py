"""A loaded recorder, killed at any moment: of what its clients were answered nothing is missing, whatever it was."""

import json
import os
import random
import threading
from pathlib import Path

import pytest

from inspector.recording.reader import reading
from inspector.recording.recorder import Recorder
from inspector.traffic.exchange import Exchange
from tests.live import load
from tests.live.commands import run
from tests.live.processes import PATIENCE
from tests.live.recorders import recording, rows
from tests.live.servers import Upstream

LAG = 4 * 1024 * 1024
"""Bytes of a body that may be on their way from the client to the disk."""


@pytest.mark.parametrize("moment", range(20))
def test_killed(moment: int, upstream: Upstream, file: Path) -> None:
    """`GWS_TEST_SEED=N` draws the same moment again."""
    seed = int(os.environ.get("GWS_TEST_SEED") or random.randrange(2**32))
    print(f"GWS_TEST_SEED={seed}")
    upstream.answers |= load.answers()
    after_s, alone = random.Random(seed).uniform(0.05, 0.4), moment % 2 == 1
    clients = killed_under(upstream, file, f"{seed}-{moment}", after_s, alone)

    with reading(file) as opened:
        numbers = [row["id"] for row in rows(file, "SELECT id FROM exchanges")]
        recorded = {one.request.query: one for one in map(opened.exchange, numbers)}
        holds_all_that_was_answered(clients, recorded)
        holds_no_more_than_there_was(clients, recorded)
    says_what_happened(file, sum(one.done is None for one in recorded.values()))
    can_be_recorded_to_again(file)


def killed_under(upstream: Upstream, file: Path, name: str, after_s: float, alone: bool) -> list[load.Client]:
    """The clients of a recorder that is killed when all of them have been at work for a while: its proxy `alone`, or
    all of it.
    """
    clients = load.clients(name)
    with recording(upstream.url, file, "-q") as recorder:
        threads = [threading.Thread(target=client.run, args=(recorder.url,), daemon=True) for client in clients]
        for thread in threads:
            thread.start()
        for client in clients:
            assert client.at_work.wait(PATIENCE), client.name
        threading.Event().wait(after_s)  # the moment: what is tested is that it does not matter
        recorder.process.kill(alone=alone)
        for thread in threads:
            thread.join(PATIENCE)
    return clients


def holds_all_that_was_answered(clients: list[load.Client], recorded: dict[str, Exchange]) -> None:
    answered = {query: answer for client in clients for query, answer in client.answered.items()}
    sent = {query: body for client in clients for query, body in client.sent.items() if query in client.answered}
    missing = [query for query in answered if query not in recorded or recorded[query].done is None]
    assert not missing
    kept = {query: recorded[query].response for query in answered}
    assert {query: one and (one.status, one.body.sha256) for query, one in kept.items()} == answered
    assert {query: recorded[query].request.body.sha256 for query in sent} == sent
    assert all(client.answered for client in clients if client.way in (load.Client.call, load.Client.poll))


def holds_no_more_than_there_was(clients: list[load.Client], recorded: dict[str, Exchange]) -> None:
    """Of what was under way there is what had come of it, and it says so."""
    assert recorded.keys() <= {query for client in clients for query in client.asked}
    [held] = [client for client in clients if client.way is load.Client.hold]
    assert recorded[held.asked[0]].done is None
    for client in clients:
        last = client.asked[-1]
        one = recorded.get(last)
        if client.way is load.Client.download and last not in client.answered and one and one.response:
            kept = b"".join(one.response.body.pieces())
            assert load.file(last).startswith(kept)
            assert len(kept) >= client.came - LAG
            assert one.truncated or len(kept) == len(load.file(last))
        if client.way is load.Client.upload and one and one.done is None:
            pieces = [b"".join(part.body.pieces()) for part in one.request.parts if part.body.size]
            assert all(load.file(last).startswith(piece) for piece in pieces)


def says_what_happened(file: Path, unfinished: int) -> None:
    assert rows(file, "PRAGMA integrity_check") == [{"integrity_check": "ok"}]
    checked = run("check", "--format", "json", file)
    assert checked.code == 3
    assert "killed" in checked.err
    [judged] = json.loads(checked.out)
    assert judged["unfinished"] == unfinished > 0
    assert f"{unfinished} unfinished" in run("check", file).out


def can_be_recorded_to_again(file: Path) -> None:
    Recorder(file, "http://gws.example").close()
    states = rows(file, "SELECT state, trouble FROM sessions ORDER BY id")
    assert [row["state"] for row in states] == ["incomplete", "complete"]
    assert states[0]["trouble"]
    assert rows(file, "PRAGMA integrity_check") == [{"integrity_check": "ok"}]
