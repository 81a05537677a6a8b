"""A recording that stays open while it is played: what may happen to its file meanwhile, and who may ask."""

import gc
import os
import shutil
import threading
import warnings
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from inspector.errors import RecordingError
from inspector.recording.reader import reading
from inspector.recording.writer import Writer
from inspector.replay.plans.keeping import keep
from inspector.replay.plans.opening import prepare
from inspector.traffic.body import Body
from tests.recording.keeping import BEGIN, events, exchange, loud, query, session
from tests.recording.keeping import keep as keep_events
from tests.replay.recordings import of_everything, written

MANY = 300


@pytest.fixture
def ready(tmp_path: Path) -> Path:
    keep_events(path := tmp_path / "recording.db", events(*map(one, range(1, MANY + 1))))
    keep(path)
    return path


def one(number: int) -> object:
    return exchange(number, sent=b'{"n":%d}' % number, back=b"answer %d" % number)


def content(responses: object, number: int) -> bytes | None:
    return responses[number].body.content


def test_the_file_may_be_deleted_meanwhile(ready: Path) -> None:
    loaded = prepare(ready).loaded
    ready.unlink()
    assert [content(loaded.responses, number) for number in (1, MANY)] == [b"answer 1", b"answer %d" % MANY]
    assert loaded.identities[7].body == b'{"n":7}'


def test_another_file_may_take_its_place(ready: Path, tmp_path: Path) -> None:
    loaded = prepare(ready).loaded
    keep_events(other := tmp_path / "other.db", events(exchange(1, back=b"other")), of=session("other"))
    os.replace(other, ready)
    assert content(loaded.responses, 1) == b"answer 1"
    assert content(prepare(ready).loaded.responses, 1) == b"other"


def test_a_file_that_is_written_over_gives_no_answer_of_another_recording(ready: Path, tmp_path: Path) -> None:
    loaded = prepare(ready).loaded
    assert content(loaded.responses, 2) == b"answer 2"
    keep_events(other := tmp_path / "other.db", events(exchange(1, back=b"other")), of=session("other"))
    shutil.copyfile(other, ready)
    with pytest.raises(RecordingError, match=r"recording\.db"):
        loaded.responses[1]


def test_a_damaged_file_is_refused(ready: Path) -> None:
    loaded = prepare(ready).loaded
    with ready.open("r+b") as file:
        file.seek(8192)
        file.write(b"\xa5" * (ready.stat().st_size - 8192))
    with pytest.raises(RecordingError, match="cannot be read"):
        [loaded.responses[number] for number in loaded.responses]
    with pytest.raises(RecordingError, match="cannot be read"):
        loaded.identities[1]


def test_who_records_into_it_meanwhile_loses_nothing(ready: Path) -> None:
    loaded = prepare(ready).loaded
    assert content(loaded.responses, 1) == b"answer 1"
    writer = Writer(ready, session("2"), loud)
    for event in events(exchange(MANY + 1, back=b"new")):
        writer.put(event)
    writer.commit()
    assert content(loaded.responses, 2) == b"answer 2"
    writer.close(BEGIN)
    assert content(loaded.responses, 3) == b"answer 3"
    with reading(ready) as recording:
        assert [(one.state, recording.count(one)) for one in recording.sessions()] == [
            ("complete", MANY),
            ("complete", 1),
        ]


def test_a_read_only_file_in_a_read_only_folder_can_be_played(ready: Path) -> None:
    ready.chmod(0o400)
    ready.parent.chmod(0o500)
    try:
        assert content(prepare(ready).loaded.responses, 5) == b"answer 5"
    finally:
        ready.parent.chmod(0o700)


def test_many_threads_may_ask_at_once(ready: Path) -> None:
    loaded = prepare(ready).loaded
    together = threading.Barrier(8)

    def ask(first: int) -> list[tuple[bytes | None, bytes]]:
        together.wait(20)
        order = [*range(first, MANY + 1), *range(1, first)]
        return [(content(loaded.responses, number), loaded.identities[number].body) for number in sorted(order)]

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(ask, range(1, MANY, MANY // 8 + 1)))
    assert len(told) == 8
    assert all(each == [(b"answer %d" % n, b'{"n":%d}' % n) for n in range(1, MANY + 1)] for each in told)


def test_the_file_is_closed_when_nobody_plays_it_any_more(ready: Path) -> None:
    loaded = prepare(ready).loaded
    archive = weakref.ref(loaded.responses._archive)
    close = loaded.responses._archive.close
    assert content(loaded.responses, 1) == b"answer 1" and close.alive
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        del loaded
        gc.collect()
    assert archive() is None and not close.alive


def test_large_bodies_are_not_held_in_memory(tmp_path: Path) -> None:
    large = Body.of(bytes(1024 * 1024))
    keep_events(path := tmp_path / "recording.db", events(exchange(1, back=large), exchange(2, back=b"small")))
    keep(path)
    responses = prepare(path).loaded.responses
    assert responses[1].body == large == responses[1].body
    assert responses[1] is not responses[1] and responses[2] is responses[2]


def test_what_was_never_answered_has_no_response(tmp_path: Path) -> None:
    path = written(of_everything(), tmp_path / "recording.db")
    keep(path)
    loaded = prepare(path).loaded
    [unanswered] = query(path, "SELECT max(id) AS id FROM exchanges WHERE status IS NULL")
    assert unanswered["id"] not in loaded.responses and unanswered["id"] not in list(loaded.identities)
    with pytest.raises(RecordingError, match="holds no exchange"):
        loaded.responses[unanswered["id"]]
