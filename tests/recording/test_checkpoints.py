"""The log (`-wal`): as small as SQLite keeps it in ordinary traffic, and no longer than it has to be."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.recording import checkpoints
from inspector.recording.file import PAGE
from inspector.recording.writer import Writer
from tests.recording.keeping import BEGIN, events, exchange, loud, query, session
from tests.recording.streaming import Streaming, pieces

MIB = 1024 * 1024


def log(file: Path) -> int:
    return file.with_name(file.name + "-wal").stat().st_size


def until(happened: Callable[[], bool]) -> None:
    """Waits for it, but not for ever."""
    deadline = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def some_exchanges(file: Path, streaming: Streaming | None = None, count: int = 6000) -> int:
    """The log's largest size while so many small exchanges come, one commit each."""
    writer = streaming.recorder._writer if streaming else Writer(file, session(), loud)
    largest = 0
    first = len(query(file, "SELECT id FROM exchanges")) + 1000
    for number in range(first, first + count):
        for event in events(exchange(number, back=b"%d" % number * 2000)):
            event.tick += 2 * number
            writer.put(event)
        writer.commit()
        largest = max(largest, log(file))
    if streaming is None:
        writer.close(BEGIN)
    return largest


def test_the_log_does_not_grow_with_ordinary_traffic(file: Path) -> None:
    assert some_exchanges(file) < 40 * MIB
    assert file.stat().st_size > 20 * MIB, "else it had no reason to"


def test_a_long_log_is_copied_when_the_stream_is_over(file: Path) -> None:
    streaming = Streaming(file)
    streaming.download(pieces(60 * MIB))
    assert log(file) > 60 * MIB, "a stream does not wait for it"
    until(lambda: streaming.recorder.rest() and file.stat().st_size > 60 * MIB)  # nobody asks for anything meanwhile

    def is_small() -> bool:
        streaming.recorder.rest()  # once more, if it is needed
        return some_exchanges(file, streaming, 10) < 40 * MIB

    until(is_small)
    assert some_exchanges(file, streaming) < 40 * MIB
    streaming.close()


def test_a_log_over_its_limit_is_copied_beside_the_stream(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "_LIMIT", 40 * MIB)
    monkeypatch.setattr(checkpoints, "_LARGE", 8 * MIB)
    monkeypatch.setattr(checkpoints, "_HARD_LIMIT_PAGES", 80 * MIB // PAGE)
    streaming = Streaming(file)
    streaming.download(pieces(300 * MIB))
    assert log(file) < 200 * MIB
    streaming.close()
    assert file.stat().st_size > 300 * MIB
