"""Recordings from before bodies streamed: read, played and added to."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from inspector.recording.file import open_to_read
from inspector.recording.marks import APPLICATION_ID
from inspector.recording.reader import reading
from inspector.recording.schema import migrations
from inspector.traffic.body import Body
from tests.recording.keeping import change, query
from tests.recording.streaming import FILE, Streaming, content, pieces

MIB = 1024 * 1024


@pytest.fixture
def older(file: Path) -> Path:
    """A recording of the last schema without `m006_streams`: a download of 3 MiB and some bytes, in chunks."""
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        migrations.apply(Database(db), stop_before="m006_streams")
        assert "WITHOUT ROWID" in db.execute("SELECT sql FROM sqlite_master WHERE name = 'chunks'").fetchone()[0]
        body = Body.of(content(3 * MIB + 9))
        db.execute(
            "INSERT INTO sessions (uuid, state, source, started_at, started_mono, upstream) VALUES "
            "('u', 'complete', 'proxy', 1, 1, 'http://old')"
        )
        db.execute("INSERT INTO bodies VALUES (1, ?, ?, 'chunks', NULL)", (body.sha256, body.size))
        for n in range(4):
            db.execute("INSERT INTO chunks VALUES (1, ?, ?)", (n, (body.content or b"")[n * MIB : (n + 1) * MIB]))
        db.execute(
            "INSERT INTO exchanges (id, session, start_tick, done_tick, started_at, started_mono, connection, method, "
            "scheme, authority, path, query, http_version, request_headers, status, reason, response_headers, "
            "response_body) VALUES (1, 1, 1, 2, 1, 1, 'c', 'GET', 'http', 'gws', ?, '', 'HTTP/1.1', '[]', 200, 'OK', "
            "'[]', 1)",
            (FILE,),
        )
    return file


def test_it_is_read_and_stays_as_it_is(older: Path) -> None:
    before = older.read_bytes()
    with reading(older) as recording:
        response = recording.exchange(1).response
    assert response
    assert response.body.head == content(4096)
    assert b"".join(response.body.pieces()) == content(3 * MIB + 9), "also when the copy is closed"
    assert older.read_bytes() == before


def test_it_is_added_to(older: Path) -> None:
    streaming = Streaming(older)
    number, _ = streaming.download(pieces(3 * MIB + 9))
    streaming.close()
    assert len(query(older, "SELECT * FROM bodies")) == 1
    with reading(older) as recording:
        for one in (1, number):
            response = recording.exchange(one).response
            assert response and b"".join(response.body.pieces()) == content(3 * MIB + 9)


def test_what_was_made_ready_outlives_streams_but_no_edit(file: Path) -> None:
    streaming = Streaming(file)
    streaming.download(pieces(2 * MIB))
    streaming.close()
    ready = "INSERT INTO prepared (session, rules, plans, identities) VALUES (1, '', x'', x'')"
    change(file, ready)
    streaming = Streaming(file)
    streaming.download(pieces(2 * MIB, seed=2))
    streaming.download(pieces(2 * MIB, seed=2))
    streaming.upload(pieces(2 * MIB, seed=2))
    streaming.close()
    assert len(query(file, "SELECT * FROM prepared")) == 1
    change(file, "UPDATE bodies SET size = size + 1 WHERE kept = 'chunks'")
    assert query(file, "SELECT * FROM prepared") == []


def test_the_file_shrinks_by_what_is_deleted(file: Path) -> None:
    streaming = Streaming(file)
    streaming.close()
    with open_to_read(file) as db:
        assert db.execute("PRAGMA auto_vacuum").fetchone()[0] == 2
