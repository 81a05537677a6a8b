"""Bodies that stream: whole again when they are read, once in the file, never more of them in memory than a chunk."""

import hashlib
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from inspector.errors import BodyError
from inspector.recording.reader import reading
from inspector.recording.recorder import now
from inspector.recording.understood import CHUNK
from inspector.traffic.body import HEAD, Body
from inspector.traffic.exchange import Exchange
from tests.recording.keeping import query
from tests.recording.streaming import FORM, TAIL, Streaming, content, feed, pieces, request, response
from tests.recording.streaming import HEAD as FORM_HEAD

MIB = 1024 * 1024


def kept(file: Path, number: int) -> Exchange:
    with reading(file) as recording:
        return recording.exchange(number)


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 5 * CHUNK + 17])
def test_what_came_is_what_is_read(size: int, file: Path) -> None:
    streaming = Streaming(file)
    number, live = streaming.download(pieces(size))
    streaming.close()
    sent = content(size)
    exchange = kept(file, number)
    assert exchange.response
    body = exchange.response.body
    assert (body.size, body.sha256) == (size, hashlib.sha256(sent).hexdigest())
    assert b"".join(body.pieces()) == sent
    assert body.head == sent[:HEAD] == live.head
    assert (body.content is None) == (size > CHUNK)
    assert body == live, "the analyst must see offline what it saw live"
    assert exchange.truncated == ()
    assert query(file, "SELECT truncated FROM exchanges") == [{"truncated": None}]


def test_nothing_is_read_at_once(file: Path) -> None:
    streaming = Streaming(file)
    number, _ = streaming.download(pieces(5 * CHUNK))
    streaming.close()
    body = response_body(file, number)
    assert {len(piece) for piece in body.pieces()} == {CHUNK}
    with pytest.raises(BodyError, match="too large to be in memory"):
        body.decoded()


def response_body(file: Path, number: int) -> Body:
    found = kept(file, number).response
    assert found
    return found.body


def test_a_file_that_comes_up_and_down_again_is_stored_once(file: Path) -> None:
    size = 30 * MIB
    streaming = Streaming(file)
    up, form = streaming.upload(pieces(size))
    down, body = streaming.download(pieces(size))
    again, _ = streaming.upload(pieces(size))
    streaming.close()
    assert body.sha256 == form.parts[0].body.sha256
    assert query(file, "SELECT count(*) AS n, sum(length(content)) AS size FROM chunks") == [{"n": 30, "size": size}]
    assert {row["kept"] for row in query(file, "SELECT kept FROM bodies")} == {"chunks", "parts"}
    assert file.stat().st_size < size * 1.02, "what was deleted takes no room"
    assert [found.name for found in file.parent.iterdir()] == [file.name]
    for number in (up, again):
        request = kept(file, number).request
        assert [part.filename for part in request.parts] == ["plan.bin", None]
        assert b"".join(request.parts[0].body.pieces()) == content(size)
        digest = hashlib.sha256()
        for piece in request.body.pieces():
            digest.update(piece)
        assert digest.hexdigest() == request.body.sha256 == hashlib.sha256(FORM_HEAD + content(size) + TAIL).hexdigest()
    assert response_body(file, down).sha256 == body.sha256


def test_a_form_that_streams_is_told_live_as_later(file: Path) -> None:
    streaming = Streaming(file)
    number, form = streaming.upload(pieces(3 * MIB))
    streaming.close()
    assert kept(file, number).request == form
    assert kept(file, number).truncated == ()


def test_who_was_known_by_a_digest_has_a_body_now(file: Path) -> None:
    sent = content(3 * MIB)
    streaming = Streaming(file)
    first = streaming.recorder.number()
    streaming.recorder.started(first, "c", now(), request())
    digest = replace(Body.of(sent), content=None)
    streaming.completed(first, response(digest))
    streaming.download(pieces(3 * MIB))
    streaming.close()
    assert b"".join(response_body(file, first).pieces()) == sent
    assert len(query(file, "SELECT * FROM bodies")) == 1


def test_the_parts_of_a_form_become_the_file_that_they_are(file: Path) -> None:
    """Somebody downloads what somebody else had sent as a form, whole."""
    size = 2 * MIB
    streaming = Streaming(file)
    up, form = streaming.upload(pieces(size))
    whole = FORM_HEAD + content(size) + TAIL
    down, body = streaming.download(iter([whole]))
    streaming.close()
    assert body.sha256 == form.body.sha256
    assert b"".join(response_body(file, down).pieces()) == whole
    assert b"".join(kept(file, up).request.body.pieces()) == whole


def test_a_body_of_which_only_the_digest_is_wanted(file: Path) -> None:
    streaming = Streaming(file)
    number, _ = streaming.begin_download()
    unkept = streaming.recorder.incoming(number, "response", kept=False)
    feed(unkept, pieces(3 * MIB))
    body = unkept.end()
    streaming.completed(number, response(body))
    streaming.close()
    assert (body.content, body.start, body.sha256) == (None, b"", hashlib.sha256(content(3 * MIB)).hexdigest())
    exchange = kept(file, number)
    assert exchange.response and exchange.response.body == body
    assert exchange.truncated == (f"response: only the digest was kept ({3 * MIB} bytes)",)
    assert query(file, "SELECT count(*) AS n FROM chunks") == [{"n": 0}]


def test_a_body_that_ended_early_is_flagged(file: Path) -> None:
    streaming = Streaming(file)
    number, incoming = streaming.begin_download()
    feed(incoming, pieces(3 * MIB + 5))
    body = incoming.cut()
    streaming.completed(number, response(body), "server disconnected")
    streaming.close()
    exchange = kept(file, number)
    assert exchange.truncated == (f"response: cut after {3 * MIB + 5} bytes",)
    assert exchange.is_cut("response") and not exchange.is_cut("request")
    assert exchange.response and b"".join(exchange.response.body.pieces()) == content(3 * MIB + 5)


def test_what_is_forgotten_on_its_way_leaves_nothing(file: Path) -> None:
    streaming = Streaming(file)
    number, incoming = streaming.begin_download()
    feed(incoming, pieces(3 * MIB))
    streaming.rest()
    assert query(file, "SELECT count(*) AS n FROM chunks") == [{"n": 3}]
    incoming.forget()
    feed(incoming, pieces(2 * MIB, seed=2))
    body = incoming.end()
    streaming.completed(number, response(body), truncated="only the digest was kept: because")
    streaming.close()
    assert body.sha256 == hashlib.sha256(content(3 * MIB) + content(2 * MIB, seed=2)).hexdigest()
    assert kept(file, number).truncated == ("response: only the digest was kept: because",)
    assert query(file, "SELECT count(*) AS n FROM chunks") == [{"n": 0}]
    assert file.stat().st_size < MIB


def test_a_slow_stream_is_on_disk_as_it_comes(file: Path) -> None:
    """A few bytes that nobody follows are not kept back until there is a chunk of them."""
    streaming = Streaming(file)
    number, incoming = streaming.begin_download()
    for n in range(3):
        incoming.write(b"%d" % n * 100)
        streaming.rest()
        [row] = query(file, "SELECT total(length(content)) AS size FROM chunks")
        assert row["size"] == 100 * (n + 1)
    body = incoming.end()
    streaming.completed(number, response(body))
    streaming.close()
    assert body.content == b"0" * 100 + b"1" * 100 + b"2" * 100
    assert query(file, "SELECT kept, size, (SELECT count(*) FROM chunks) AS chunks FROM bodies") == [
        {"kept": "whole", "size": 300, "chunks": 0}
    ]


def test_many_streams_at_once_keep_apart(file: Path) -> None:
    streaming = Streaming(file)
    begun = [streaming.begin_download() for _ in range(5)]
    for piece in zip(*(pieces(3 * MIB, seed) for seed in range(5)), strict=True):
        for (_, incoming), data in zip(begun, piece, strict=True):
            incoming.write(data)
    for number, incoming in begun:
        streaming.completed(number, response(incoming.end()))
    streaming.close()
    for seed, (number, _) in enumerate(begun):
        assert b"".join(response_body(file, number).pieces()) == content(3 * MIB, seed)


def test_what_is_under_way_when_a_session_ends_is_there_as_far_as_it_came(file: Path) -> None:
    streaming = Streaming(file)
    number, incoming = streaming.begin_download()
    feed(incoming, pieces(2 * MIB + 300))
    streaming.close()
    incoming.write(b"too late")
    assert incoming.end().size >= 2 * MIB, "nobody waits for a writer that is gone"
    exchange = kept(file, number)
    assert exchange.response and exchange.done is None
    body = exchange.response.body
    assert (body.sha256, body.size) == ("", 2 * MIB + 300)
    assert b"".join(body.pieces()) == content(2 * MIB + 300)
    assert exchange.truncated == (
        f"response: cut after {2 * MIB + 300} bytes: it was still coming when the recording ended",
    )


def test_secrets_in_a_head_are_not_written_before_the_body(file: Path) -> None:
    streaming = Streaming(file)
    streaming.begin_download((("Content-Type", "image/png"), ("Set-Cookie", "GWS=tell-nobody; Path=/")))
    number = streaming.recorder.number()
    streaming.recorder.opened(number, "c", now(), request("POST", fields=(*FORM, ("Authorization", "Basic dGVsbA=="))))
    streaming.recorder.answering(number, now(), response())
    streaming.recorder.commit()
    assert [b"tell-nobody" in found.read_bytes() for found in file.parent.iterdir()] == [False] * 3
    assert b"dGVsbA" not in file.with_name(file.name + "-wal").read_bytes()
    streaming.close()


def test_reading_while_it_comes(file: Path) -> None:
    streaming = Streaming(file)
    number, incoming = streaming.begin_download()
    feed(incoming, pieces(3 * MIB))
    streaming.rest()
    with closing(response_body(file, number).pieces()) as read:  # type: ignore[type-var]
        assert next(read) == content(MIB)
    streaming.close()


def test_of_a_body_that_is_forgotten_before_any_of_it_is_there_nothing_is_left_to_do(file: Path) -> None:
    streaming = Streaming(file)
    number, incoming = streaming.begin_download()
    incoming.write(b"a few bytes")
    incoming.forget()
    streaming.rest()
    assert not streaming.recorder.rest(), "else it is looked at for ever"
    streaming.completed(number, response(incoming.end()), truncated="only the digest was kept: because")
    streaming.close()
    assert query(file, "SELECT count(*) AS n FROM chunks") == [{"n": 0}]
