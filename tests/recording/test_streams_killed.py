"""A recorder is killed while bodies stream: what was on disk is there, marked, and nothing takes it for the whole."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from inspector.cli.main import main
from inspector.recording.derivation import summarise
from inspector.recording.reader import reading
from tests.recording.keeping import events, exchange, keep, query, session
from tests.recording.streaming import Streaming, content, pieces
from tests.recording.test_writer import environment

MIB = 1024 * 1024

_CODE = """
import sys
from pathlib import Path
from tests.recording.streaming import *
from inspector.recording.recorder import now
from inspector.recording.understood import CHUNK
streaming = Streaming(Path(sys.argv[1]))
whole, _ = streaming.download(pieces(2 * CHUNK))
down, response_ = streaming.begin_download()
up, _, file = streaming.begin_upload()
for incoming, size in ((response_, 3 * CHUNK + 77), (file, 2 * CHUNK + 33)):
    feed(incoming, pieces(size, seed=size))
bare = streaming.recorder.number()
streaming.recorder.opened(bare, "c", now(), request("POST", fields=FORM))
streaming.recorder.answering(bare, now(), response())
streaming.rest()
print(whole, down, up, bare, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def killed(file: Path) -> tuple[Path, list[int]]:
    """A recording, and its exchanges: complete, a download under way, an upload, one that was answered too early."""
    command = [sys.executable, "-c", _CODE, str(file)]
    recorder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment())
    assert recorder.stdout
    numbers = [int(number) for number in recorder.stdout.readline().split()]
    recorder.kill()
    recorder.communicate()
    return file, numbers


def test_it_is_there_as_far_as_it_came(killed: tuple[Path, list[int]]) -> None:
    file, (whole, down, up, bare) = killed
    with reading(file) as recording:
        complete, coming, sending, answered = (recording.exchange(number) for number in (whole, down, up, bare))
        assert complete.truncated == ()
        assert coming.response and complete.response
        assert b"".join(complete.response.body.pieces()) == content(2 * MIB)

        size = 3 * MIB + 77
        body = coming.response.body
        assert (coming.done, body.size, body.sha256, body.content) == (None, size, "", None)
        assert b"".join(body.pieces()) == content(size, seed=size)
        assert coming.truncated == (f"response: cut after {size} bytes: it was still coming when the recording ended",)

        size = 2 * MIB + 33
        [part] = sending.request.parts
        assert (part.filename, part.body.size, part.body.sha256) == ("plan.bin", size, "")
        assert b"".join(part.body.pieces()) == content(size, seed=size)
        assert sending.truncated == (f"request: cut after {size} bytes: it was still coming when the recording ended",)

        assert answered.response and answered.response.status == 200
        assert answered.truncated == (
            "request: it was still coming when the recording ended",
            "response: it was still coming when the recording ended",
        )


def test_what_was_not_all_asked_is_no_event(killed: tuple[Path, list[int]]) -> None:
    file, (whole, down, _, _) = killed
    with reading(file) as recording:
        chosen = recording.session()
        told = [(type(event).__name__, event.exchange.number) for event in recording.events(chosen)]
        assert told == [("Started", whole), ("Completed", whole), ("Started", down)]
        assert (recording.count(chosen), recording.unfinished(chosen)) == (4, 3)
        summarise(recording, chosen)


def test_check_says_so(killed: tuple[Path, list[int]]) -> None:
    file, (_, down, up, _) = killed
    told = CliRunner().invoke(main, ["check", str(file), "--fail-on", "never"])
    assert told.exit_code == 3
    assert "3 unfinished" in told.output
    for number, half in ((down, "response"), (up, "request")):
        [line] = [line for line in told.output.splitlines() if line.startswith(f"#{number} ")]
        assert f"unfinished, not as it crossed the wire: {half}: cut after" in line
    for command in (["ls", str(file)], ["show", str(file), str(down)]):
        told = CliRunner().invoke(main, command)
        assert (told.exit_code, "cut after" in told.output) == (0, True)


def test_the_next_recorder_goes_on_behind_it(killed: tuple[Path, list[int]]) -> None:
    file, (_, down, _, bare) = killed
    streaming = Streaming(file)
    number, _ = streaming.download(pieces(3 * MIB + 77, seed=3 * MIB + 77))
    streaming.close()
    assert number > bare
    with reading(file) as recording:
        before, after = recording.exchange(down).response, recording.exchange(number).response
        assert before and after
        assert (before.body.sha256, before.body.start) == ("", after.body.start)
    assert [row["state"] for row in query(file, "SELECT state FROM sessions")] == ["incomplete", "complete"]


def test_what_it_was_about_to_delete_is_deleted_by_the_next(killed: tuple[Path, list[int]]) -> None:
    file, _ = killed
    keep(file, [], of=session("2"))
    chunks = query(file, "SELECT count(*) AS n FROM chunks")
    streaming = Streaming(file)
    streaming.recorder._writer.put(
        [("INSERT INTO bodies (id, sha256, size, kept) VALUES (999, 'dropped:1', 0, 'chunks')", ())]
    )
    streaming.recorder._writer.put([("INSERT INTO chunks (body, n, content) VALUES (999, 0, x'00')", ())])
    streaming.close()
    keep(file, events(exchange(90)), of=session("3"))
    assert query(file, "SELECT count(*) AS n FROM chunks") == chunks
    assert query(file, "SELECT * FROM bodies WHERE id = 999") == []
