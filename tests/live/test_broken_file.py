"""A recording that is deleted, replaced or spoilt under its recorder: as if the disk were full."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.live.clients import Connection
from tests.live.recorders import recording, rows
from tests.live.servers import Upstream, response, says


def delete(file: Path) -> None:
    file.unlink()


def rotate(file: Path) -> None:
    file.rename(file.with_suffix(".1"))
    file.touch()


def empty(file: Path) -> None:
    os.truncate(file, 0)


@pytest.mark.parametrize("harm", [delete, rotate, empty])
def test_the_traffic_goes_on_and_the_operator_is_told(
    harm: Callable[[Path], None], upstream: Upstream, file: Path, place: str
) -> None:
    seen = []
    with recording(upstream.url, file) as recorder, Connection(recorder.url) as client:
        for number in range(20):
            if number == 10:
                harm(file)
            body = b"%d" % number * 10_000
            upstream.answers[place] = says(response(body, b"Content-Type: image/png"))
            seen.append(client.ask(b"GET " + place.encode()).body == body)
        recorder.process.line("recording incomplete", "err")
        ended = recorder.process.end()
    assert seen == [True] * 20
    assert ended.code == 3
    assert "Traceback" not in ended.err
    assert ended.err.splitlines()[-1].startswith("error: recording incomplete")


def test_pages_that_were_written_over(upstream: Upstream, file: Path, place: str) -> None:
    """Perhaps nobody reads them before the end, but then it is told."""
    body = b"%d" * 100_000
    upstream.answers[place] = says(response(body, b"Content-Type: image/png"))
    with recording(upstream.url, file) as recorder, Connection(recorder.url) as client:
        for number in range(100):
            assert client.ask(b"GET %s?n=%d" % (place.encode(), number)).body == body
        for name, kept in ((file, 8192), (Path(f"{file}-wal"), 32)):
            with name.open("r+b") as spoilt:
                size = spoilt.seek(0, os.SEEK_END)
                spoilt.seek(kept)
                spoilt.write(b"\xa5" * (size - kept))
        assert client.ask(b"GET " + place.encode()).body == body
        ended = recorder.process.end()
    assert ended.code == 3
    assert "Traceback" not in ended.err
    assert ended.err.splitlines()[-1].startswith("error: ")


def test_what_was_recorded_until_its_name_was_taken_away_is_still_there(
    upstream: Upstream, file: Path, place: str
) -> None:
    """Whoever renames a recording has it; its session says that it was not closed."""
    upstream.answers[place] = says(response(b"good"))
    with recording(upstream.url, file) as recorder, Connection(recorder.url) as client:
        for _ in range(5):
            client.ask(b"GET " + place.encode())
        moved = file.with_name("moved.db")
        file.rename(moved)
        Path(f"{file}-wal").rename(f"{moved}-wal")
        client.ask(b"GET " + place.encode())
        assert recorder.process.end().code == 3
    assert rows(moved, "SELECT count(*) AS n FROM exchanges WHERE done_tick") == [{"n": 6}]
