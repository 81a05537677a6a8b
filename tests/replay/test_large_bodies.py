"""Files too large for memory, played by every front: byte for byte, one piece at a time."""

import asyncio
import gzip
import hashlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from inspector.recording.reader import reading
from inspector.recording.recorder import now
from inspector.replay.matching import Matcher
from inspector.replay.plans.keeping import keep
from inspector.traffic.body import Body
from inspector.traffic.exchange import Request
from inspector.traffic.headers import Headers
from inspector.traffic.multipart import split
from tests.recording.keeping import change
from tests.recording.streaming import FILE, FORM, HEAD, PNG, TAIL, Streaming, content, pieces, request, response
from tests.recording.test_writer import environment
from tests.replay.test_lost_file import overwritten

MIB = 1024 * 1024
SIZE = 24 * MIB + 11


FILE_IS = content(SIZE)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A large file, down and up again."""
    path = tmp_path_factory.mktemp("large") / "recording.db"
    streaming = Streaming(path)
    streaming.download(iter([FILE_IS]))
    streaming.upload(iter([FILE_IS]))
    streaming.close()
    return path


@pytest.fixture(scope="module")
def made_ready(made: Path) -> Path:
    path = made.with_name("ready.db")
    shutil.copy(made, path)
    keep(path)
    return path


@pytest.fixture
def recording(made: Path, tmp_path: Path) -> Path:
    """One to be changed."""
    return Path(shutil.copy(made, tmp_path / "recording.db"))


@pytest.fixture
def ready(made_ready: Path, tmp_path: Path) -> Path:
    """The same, made ready."""
    return Path(shutil.copy(made_ready, tmp_path / "recording.db"))


@pytest.mark.parametrize("how", ["made", "made_ready"])
async def test_a_large_file_comes_as_it_was(play, made, made_ready, how):
    async with play({"made": made, "made_ready": made_ready}[how]) as front, front.client() as client:
        got = await client.get(FILE)
        assert (got.status_code, got.headers["content-type"]) == (200, "image/png")
        assert got.headers["content-length"] == str(SIZE)
        assert hashlib.sha256(got.content).digest() == hashlib.sha256(FILE_IS).digest()
        head = await client.head(FILE)
        assert (head.content, head.headers["content-length"]) == (b"", str(SIZE))
        assert front.stub.verify().misses == ()


async def test_a_large_file_goes_up_as_it_did(play, made):
    """The request is known by the digests of its parts."""
    form = HEAD + FILE_IS + TAIL
    async with play(made) as front, front.client() as client:
        got = await client.post(FILE, content=form, headers=dict(FORM))
        assert (got.status_code, front.stub.verify().misses) == (200, ())


async def test_a_large_file_breaks_off_where_a_fault_wants_it(play, made):
    async with play(made) as front, front.client() as client:
        front.stub.faults.cut_download(at=5 * MIB + 3)
        got = b""
        with pytest.raises(httpx.RemoteProtocolError):
            async with client.stream("GET", FILE) as answer:
                async for piece in answer.aiter_raw():
                    got += piece
        assert got == FILE_IS[: 5 * MIB + 3]


async def test_a_client_that_leaves_leaves_nothing_behind(play, made):
    async with play(made) as front, front.client() as client:
        for _ in range(3):
            async with client.stream("GET", FILE) as answer:
                await anext(answer.aiter_raw())
        assert (await client.get(FILE)).content == FILE_IS


def coded_file(path: Path) -> Path:
    """A download that the server compressed."""
    coded = gzip.compress(content(3 * MIB), 1, mtime=0)
    fields = (*PNG, ("Content-Encoding", "gzip"))
    streaming = Streaming(path)
    number = streaming.recorder.number()
    streaming.recorder.started(number, "c", now(), request())
    incoming = streaming.recorder.incoming(number, "response", coding="gzip")
    incoming.write(coded)
    body = incoming.end()
    streaming.completed(number, response(body, fields))
    streaming.close()
    return path


def digest_only(path: Path) -> Path:
    """One that was not kept."""
    streaming = Streaming(path)
    number = streaming.recorder.number()
    streaming.recorder.started(number, "c", now(), request())
    unkept = replace(Body.of(content(2 * MIB)), content=None)
    streaming.completed(number, response(unkept))
    streaming.close()
    return path


@pytest.mark.parametrize("accepts", ["gzip", "identity"])
async def test_a_large_coded_file_comes_in_a_coding_that_is_accepted(play, tmp_path, accepts):
    path = await asyncio.to_thread(coded_file, tmp_path / "coded.db")
    plain = content(3 * MIB)
    async with play(path) as front, front.client() as client:
        got = b""
        async with client.stream("GET", FILE, headers={"Accept-Encoding": accepts}) as answer:
            async for piece in answer.aiter_raw():
                got += piece
    assert got == (gzip.compress(plain, 1, mtime=0) if accepts == "gzip" else plain)


async def test_a_file_of_which_only_the_digest_was_kept_is_missed_with_the_reason(play, tmp_path):
    path = await asyncio.to_thread(digest_only, tmp_path / "digest.db")
    async with play(path) as front, front.client() as client:
        got = await client.get(FILE)
        assert got.status_code == 501
        assert f"only the digest of this body was kept ({2 * MIB} bytes)" in got.text


async def test_a_body_that_is_not_all_there_is_not_served(play, recording):
    change(recording, "UPDATE bodies SET sha256 = 'partial:1' WHERE kept = 'chunks'")
    async with play(recording) as front, front.client() as client:
        got = await client.get(FILE)
        assert got.status_code == 501
        assert f"only the first {SIZE} bytes of this body were kept" in got.text


async def test_a_file_that_is_written_over_between_two_pieces_is_not_mixed_with_another(play, ready):
    async with play(ready) as front, front.client() as client:
        assert (await client.get(FILE)).status_code == 200
        overwritten(ready)
        try:
            answer = await client.get(FILE)
            assert answer.status_code in (500, 501, 502)
        except httpx.HTTPError:
            pass  # or the connection ends: what is there must not look whole


def most_memory(process: int) -> int:
    """The most bytes that were resident at once (Linux)."""
    status = Path(f"/proc/{process}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found
    return int(found[1]) * 1024


@pytest.mark.once
@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="asks Linux for the memory")
def test_the_memory_of_a_replay_does_not_know_how_large_its_files_are(tmp_path: Path) -> None:
    path = tmp_path / "recording.db"
    size = 200 * MIB
    streaming = Streaming(path)
    streaming.recorder.started(number := streaming.recorder.number(), "c", now(), request(path="/small"))
    streaming.completed(number, response(Body.of(b"small")))
    streaming.download(pieces(size))
    streaming.close()
    command = [
        sys.executable,
        "-c",
        "from inspector.cli import main; main()",
        "replay",
        str(path),
        "--listen",
        "127.0.0.1:0",
    ]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment())
    try:
        assert server.stdout
        url = server.stdout.readline().split()[-1]
        with httpx.Client(base_url=url, trust_env=False, timeout=60) as client:
            assert client.get("/small").content == b"small"
            before, digest = most_memory(server.pid), hashlib.sha256()
            with client.stream("GET", FILE) as answer:
                for piece in answer.iter_raw():
                    digest.update(piece)
            after = most_memory(server.pid)
    finally:
        server.terminate()
        server.communicate()
    expected = hashlib.sha256()
    for piece in pieces(size):
        expected.update(piece)
    assert digest.digest() == expected.digest()
    assert after - before < 40 * MIB


def test_making_ready_does_not_read_files(recording: Path) -> None:
    """What a session comes to needs digests, and the first bytes at most."""
    change(recording, "DELETE FROM chunks WHERE n > 0")
    keep(recording)


def test_a_form_that_streamed_is_the_request_that_it_was(made: Path) -> None:
    form = HEAD + FILE_IS + TAIL
    with reading(made) as opened:
        kept = opened.exchange(2).request
    fields = Headers(FORM)
    live = Request("POST", "http", "gws", FILE, "", "HTTP/1.1", fields, Body.of(form), split(form, FORM[0][1]))
    assert Matcher().identity(kept) == Matcher().identity(live)
