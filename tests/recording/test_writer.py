"""What writes: in order, in batches, and whatever cannot be written costs only itself."""

import os
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

import inspector
from inspector.errors import UsageError
from inspector.recording.writer import Writer
from inspector.traffic.body import Body
from inspector.traffic.exchange import Started
from tests.recording.keeping import BEGIN, change, events, exchange, keep, loud, query, session

BAD = Started(1_000, replace(exchange(500), request=replace(exchange().request, path="/\ud800")))
"""An event that SQLite does not take: half a surrogate has no bytes."""


@pytest.fixture
def troubles() -> list[str]:
    return []


def dead_process() -> int:
    """The id of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_committed_means_that_others_can_see_it(file: Path) -> None:
    writer = Writer(file, session(), loud)
    for number in range(1, 6):
        for event in events(exchange(number))[:1]:
            writer.put(replace(event, tick=number))
        writer.commit()
        assert [row["id"] for row in query(file, "SELECT id FROM exchanges")] == list(range(1, number + 1))
    writer.close(BEGIN)


def test_what_was_put_is_written_before_it_closes(file: Path) -> None:
    keep(file, events(*(exchange(number, sent=b"%d" % number) for number in range(1, 1001))))
    assert query(file, "SELECT count(*) AS n FROM exchanges WHERE done_tick IS NOT NULL") == [{"n": 1000}]
    assert [found.name for found in file.parent.iterdir()] == [file.name]


def test_what_cannot_be_written_costs_only_itself(file: Path, troubles: list[str]) -> None:
    writer = Writer(file, session(), troubles.append)
    for event in (*events(exchange(1)), BAD, *events(exchange(2))):  # one batch
        writer.put(replace(event, tick=event.tick + 10 * event.exchange.number))
    writer.commit()
    writer.put(replace(events(exchange(3))[0], tick=99))
    writer.close(BEGIN)
    assert [row["id"] for row in query(file, "SELECT id FROM exchanges ORDER BY id")] == [1, 2, 3]
    [kept] = query(file, "SELECT * FROM sessions")
    assert kept["state"] == "incomplete"
    assert [kept["trouble"]] == troubles == [writer.failure]
    assert "surrogates" in kept["trouble"]


def test_numbers_that_sqlite_has_no_room_for(file: Path, troubles: list[str]) -> None:
    writer = Writer(file, session(), troubles.append)
    writer.put([("INSERT INTO bodies (sha256, size, kept) VALUES ('', ?, 'digest')", (2**63,))])
    for event in events(exchange(1)):
        writer.put(event)
    writer.commit()
    writer.close(BEGIN)
    assert query(file, "SELECT done_tick FROM exchanges") == [{"done_tick": 2}]
    assert len(troubles) == 1


def test_trouble_is_told_once(file: Path, troubles: list[str]) -> None:
    writer = Writer(file, session(), troubles.append)
    for _ in range(5):
        writer.put(BAD)
        writer.commit()
    writer.close(BEGIN)
    assert len(troubles) == 1


def hold(path: Path) -> sqlite3.Connection:
    """Keeps the writer from its next commit, until it is closed; SQLite waits for it for some seconds."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return other


def test_batches_make_no_difference(tmp_path: Path) -> None:
    """What begins and ends in one commit is written at once; the rows are the same."""
    several = exchange(1, sent=b"1", back=b"one"), exchange(2, back=None, error="gone"), exchange(3, back=b"1")
    tables = ("exchanges", "bodies", "parts")
    dumps = []
    for name in ("apart", "together"):
        file = tmp_path / name
        writer = Writer(file, session(), loud)
        for event in events(*several):
            writer.put(event)
            if name == "apart":
                writer.commit()
        writer.close(BEGIN)
        dumps.append([query(file, f"SELECT * FROM {table} ORDER BY 1") for table in tables])
    assert dumps[0] == dumps[1]
    assert [row["done_tick"] for row in dumps[0][0]] == [2, 4, 6]


def test_a_body_is_kept_once(file: Path, tmp_path: Path) -> None:
    content = b"the same"
    keep(file, events(exchange(1, sent=content, back=content), exchange(2, back=content)))
    keep(file, [], of=session("2"))
    writer = Writer(file, session("3"), loud)
    for event in events(exchange(7, sent=content)):
        writer.put(event)
    writer.close(BEGIN)
    assert query(file, "SELECT size, kept, content FROM bodies") == [{"size": 8, "kept": "whole", "content": content}]
    assert query(file, "SELECT count(*) AS n FROM exchanges WHERE request_body IS NOT NULL") == [{"n": 2}]


def test_a_digest_becomes_a_body_as_soon_as_there_is_one(file: Path) -> None:
    content = b"known by its digest alone at first"
    known = replace(Body.of(content), content=None)
    keep(file, events(exchange(1, back=known), exchange(2, back=content), exchange(3, back=known)))
    assert query(file, "SELECT kept, content FROM bodies") == [{"kept": "whole", "content": content}]


def test_numbering_goes_on_from_session_to_session(file: Path) -> None:
    keep(file, events(exchange(1), exchange(2)))
    writer = Writer(file, session("2"), loud)
    assert (writer.session_id, writer.next_exchange) == (2, 3)
    writer.origins(["http://one"])
    writer.origins(["http://one", "https://two"])
    writer.close(BEGIN)
    assert query(file, "SELECT origins, ended_at FROM sessions WHERE id = 2") == [
        {"origins": '["http://one","https://two"]', "ended_at": BEGIN.at}
    ]


def test_a_file_has_one_recorder_at_a_time(file: Path) -> None:
    parent = os.getppid()
    writer = Writer(file, session(recorder=f"process {parent}"), loud)
    with pytest.raises(UsageError, match=f"process {parent}"):
        Writer(file, session("2"), loud)
    writer.put(events(exchange(1))[0])
    writer.close(BEGIN)
    assert len(query(file, "SELECT * FROM sessions")) == len(query(file, "SELECT * FROM exchanges")) == 1


@pytest.mark.parametrize("new", [False, True], ids=["file that is there", "new file"])
def test_recorders_that_start_at_once(file: Path, new: bool) -> None:
    """Whoever is not the first is refused, however close behind."""
    code = (
        "import sys; from pathlib import Path; from inspector.recording.recorder import Recorder\n"
        "from inspector.errors import UsageError\n"
        "print('there', flush=True); sys.stdin.readline()\n"
        "try:\n    Recorder(Path(sys.argv[1]), 'http://a'); print('recording', flush=True); sys.stdin.readline()\n"
        "except UsageError: print('refused', flush=True)"
    )
    if not new:
        keep(file, [])
    command = [sys.executable, "-c", code, str(file)]
    started = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment())
        for _ in range(3)
    ]
    assert [process.stdout.readline() for process in started if process.stdout] == ["there\n"] * 3
    for process in started:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.stdout.readline().strip() for process in started if process.stdout]
    for process in started:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert sorted(said) == ["recording", "refused", "refused"]


def test_a_recorder_that_starts_waits_for_who_writes_to_the_file(file: Path) -> None:
    keep(file, [])
    gate = hold(file)
    with ThreadPoolExecutor() as threads:
        opening = threads.submit(keep, file, [], of=session("2"))
        wait([opening], 0.2)  # it has time enough to give up
        gate.close()
        opening.result(20)
    assert query(file, "SELECT state FROM sessions") == [{"state": "complete"}] * 2


def environment() -> dict[str, str]:
    return dict(os.environ) | {"PYTHONPATH": str(Path(inspector.__file__).parents[1])}


def test_a_recorder_that_was_killed_leaves_the_file_to_the_next(file: Path) -> None:
    keep(file, [])
    change(file, "UPDATE sessions SET state = 'open', ended_at = NULL, recorder = ?", f"process {dead_process()}")
    keep(file, [], of=session("2"))
    assert [(row["state"], row["trouble"]) for row in query(file, "SELECT * FROM sessions ORDER BY id")] == [
        ("incomplete", "its recorder was killed"),
        ("complete", None),
    ]


def test_somebody_who_looks_on_costs_nothing(file: Path, troubles: list[str]) -> None:
    """`sqlite3` or Datasette have the file open when the recorder ends: nothing is lost, so nothing is amiss."""
    writer = Writer(file, session(), troubles.append)
    writer.put(events(exchange(1))[0])
    writer.commit()
    with closing(sqlite3.connect(file, isolation_level=None)) as looking:
        assert looking.execute("SELECT count(*) FROM exchanges").fetchone() == (1,)
        writer.close(BEGIN)
    assert (troubles, writer.failure) == ([], None)
    assert query(file, "SELECT state, trouble FROM sessions") == [{"state": "complete", "trouble": None}]
