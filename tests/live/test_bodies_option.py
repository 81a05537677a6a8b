"""`--bodies`: whose content is kept. What is not is hashed, and never left out in silence."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.clients import Connection, ask
from tests.live.commands import run
from tests.live.large import BINARY, END, FORM, MIB, bytes_of, field, file_part, holds, noise, post, sha256, streamed
from tests.live.processes import eventually
from tests.live.recorders import Recorder, recording
from tests.live.servers import Upstream, response, says

pytestmark = pytest.mark.xdist_group("bodies")  # a worker makes its recorder only once

SMALL, LARGE = noise(10_000), noise(3 * MIB, 2)
JSON = b"Content-Type: application/json"
TEXT = b'{"operationName":"' + b"x" * 5000 + b'"}'


@pytest.fixture(scope="module", params=["digest", "limit=1m", "limit=2000"])
def some(
    request: pytest.FixtureRequest, upstream: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Recorder]:
    path = tmp_path_factory.mktemp("bodies") / f"{request.param}.db"
    with recording(upstream.url, path, "--bodies", request.param) as recorder:
        yield recorder
        assert recorder.process.end().code == 0


def kept(recorder: Recorder, size: int) -> bool:
    return {"digest": 0, "limit=1m": MIB, "limit=2000": 2000}[recorder.path.stem] >= size


def why(recorder: Recorder, size: int) -> str:
    return f"only the digest was kept ({size} bytes, --bodies {recorder.path.stem})"


@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("how", ["known", "chunked"])
def test_a_file_up_and_down(content: bytes, how: str, upstream: Upstream, some: Recorder, place: str) -> None:
    known = how == "known"
    upstream.answers[place] = says(response(content, BINARY) if known else streamed(content, BINARY))
    with Connection(some.url) as connection:
        if known:
            connection.begin(b"POST " + place.encode(), BINARY, body=content)
        else:
            post(connection, place, content, BINARY)
        assert connection.reply().body == content
    recorded = some.only(place)
    assert recorded.response
    for half, body in (("request", recorded.request.body), ("response", recorded.response.body)):
        assert (body.sha256, body.size) == (sha256(content), len(content))
        assert (f"{half}: {why(some, len(content))}" in recorded.truncated) is not kept(some, len(content))
        if kept(some, len(content)):
            assert bytes_of(body) == content
        else:
            assert (body.content, body.head) == (None, b"")
    # SQLite does not wipe what it deletes: what was there before the limit was passed may still be in the file
    assert known is False or holds(some.path, content[5000:6000]) is kept(some, len(content))
    eventually(lambda: not some.rows("SELECT 1 FROM chunks"))


@pytest.mark.parametrize("how", ["known", "chunked"])
def test_a_form_s_fields_are_kept_and_its_files_are_not(
    how: str, upstream: Upstream, some: Recorder, place: str
) -> None:
    content = noise(3000, 7)
    sent = (
        field(b"operationName", b"UploadFile") + field(b"token", b"a-s3cret") + file_part(b"a.png", content)[:-2] + END
    )
    upstream.answers[place] = says(response())
    with Connection(some.url) as connection:
        if how == "known":
            connection.begin(b"POST " + place.encode(), FORM, body=sent)
        else:
            post(connection, place, sent, FORM)
        assert connection.reply().status == 200
    recorded = some.only(place)
    name, token, file, _ = recorded.request.parts
    assert name.body.content == b"UploadFile" and b"~secret:" in (token.body.content or b"")
    assert (file.filename, file.body.sha256) == ("a.png", sha256(content))
    assert (file.body.content == content) is kept(some, len(content))
    assert recorded.truncated == (() if kept(some, len(content)) else (f"request: {why(some, len(content))}",))
    assert not holds(some.path, b"a-s3cret")


def test_what_is_read_is_kept(upstream: Upstream, some: Recorder, place: str) -> None:
    upstream.answers[place] = says(response(TEXT, JSON))
    ask(some.url, b"POST " + place.encode(), JSON, body=TEXT)
    recorded = some.only(place)
    assert recorded.response and recorded.response.body.content == TEXT == recorded.request.body.content
    assert not recorded.truncated


@pytest.mark.parametrize("given", ["", "limit", "limit=", "limit=x", "limit=-1", "full=1", "none"])
def test_what_is_none_of_them_is_told(given: str, file: Path) -> None:
    told = run("record", "http://127.0.0.1:1", file, "--bodies", given)
    assert (told.code, told.err.count("\n")) == (2, 1)
    assert "full, digest, or limit=SIZE" in told.err
    assert not file.exists()


def test_mitmdump_is_told_too(file: Path) -> None:
    line = run("record", "http://127.0.0.1:1", file, "--bodies", "limit=1m", "--print-command").out
    assert "inspector_bodies=limit=1m" in line
