"""Somebody else holds a lock on the recording: they are waited for, the operator hears of it, and nothing hangs."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest

from inspector.recording.writer import Writer
from tests.live.processes import eventually
from tests.recording.keeping import BEGIN, events, exchange, loud, query, session


def hold(path: Path) -> sqlite3.Connection:
    """As a transaction in `sqlite3` does, until this connection is closed, in whichever thread."""
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    return other


def test_a_lock_is_waited_for_and_told_of(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    with ThreadPoolExecutor(1) as thread:
        writer = thread.submit(Writer, file, session(), loud).result()
        gate = hold(file)
        for event in events(exchange(1, sent=b"1"), exchange(2, back=b"2")):
            writer.put(event)
        waiting = thread.submit(writer.commit)
        eventually(lambda: "locked by another program" in caplog.text)
        assert not waiting.done()
        assert str(file) in caplog.text
        gate.close()
        waiting.result(20)
        assert "goes on" in caplog.text
        assert {record.levelname for record in caplog.records} == {"WARNING"}  # nothing is lost, else it were an error
        thread.submit(writer.close, BEGIN).result()
    assert query(file, "SELECT id FROM exchanges WHERE done_tick IS NOT NULL") == [{"id": 1}, {"id": 2}]
    assert query(file, "SELECT state FROM sessions") == [{"state": "complete"}]


def test_a_lock_that_does_not_end_costs_what_could_not_be_written(file: Path) -> None:
    troubles: list[str] = []
    writer = Writer(file, session(), troubles.append, patience_s=0.1)
    first, second = events(exchange(1))[:1], events(exchange(1), exchange(2))[2:]
    writer.put(first[0])
    writer.commit()
    gate = hold(file)
    for event in second:
        writer.put(event)
    writer.commit()
    assert "locked" in troubles[0]
    gate.close()
    writer.put(events(exchange(1), exchange(2), exchange(3))[4])
    writer.commit()
    writer.close(BEGIN)
    assert len(troubles) == 1
    assert query(file, "SELECT id FROM exchanges") == [{"id": 1}]
    assert query(file, "SELECT state, trouble FROM sessions") == [{"state": "incomplete", "trouble": troubles[0]}]


def test_it_ends_even_if_the_lock_does_not(file: Path) -> None:
    troubles: list[str] = []
    writer = Writer(file, session(), troubles.append, patience_s=0.1)
    gate = hold(file)
    writer.put(events(exchange(1))[0])
    writer.close(BEGIN)
    assert len(troubles) == 1
    gate.close()
    assert query(file, "SELECT state FROM sessions") == [{"state": "open"}]  # nobody could write that it is not


def test_an_end_waits_for_the_lock_and_loses_nothing(file: Path) -> None:
    with ThreadPoolExecutor(1) as thread:
        writer = thread.submit(Writer, file, session(), loud).result()
        gate = hold(file)
        writer.put(events(exchange(1))[0])
        ending = thread.submit(writer.close, BEGIN)
        wait([ending], 0.2)
        assert not ending.done()
        gate.close()
        ending.result(20)
    assert query(file, "SELECT id FROM exchanges") == [{"id": 1}]
    assert query(file, "SELECT state FROM sessions") == [{"state": "complete"}]
