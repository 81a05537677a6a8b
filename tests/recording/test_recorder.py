"""What every recorder does: redact, judge, keep, in this order; the same live as later; whatever the traffic is."""

import sqlite3
import tempfile
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from inspector.analysis.analyst import AnalysisSettings
from inspector.analysis.finding import Finding
from inspector.recording.derivation import derive, save
from inspector.recording.reader import reading
from inspector.recording.recorder import now
from inspector.recording.rows import DerivedRows
from inspector.traffic.body import Body
from inspector.traffic.exchange import Request
from inspector.traffic.headers import Headers
from inspector.traffic.redaction import Places
from tests.analysis.arbitrary import CONNECT, SHAKEN, TOLD, bodies
from tests.analysis.shapes import CHAT, DOCUMENT
from tests.analysis.traffic import CHANNEL, ME, OK, TOPIC
from tests.recording.keeping import query
from tests.recording.played import FORM, JSON, TABLES, Recording, derived_rows, play


def test_what_is_told_live_is_what_is_kept_and_what_is_derived_later(file: Path) -> None:
    recording = Recording(file)
    play(recording)
    recording.close()
    live = derived_rows(file)
    assert all(live.values()), live
    found = [one for one in recording.told if isinstance(one, Finding)]
    with reading(file) as opened:
        assert [one for one in derive(opened, opened.session()) if isinstance(one, Finding)] == found
    assert [row["text"] for row in live["findings"]] == [one.text for one in found]
    save(file)
    assert derived_rows(file) == live


def test_sessions_in_one_file_keep_apart(file: Path) -> None:
    for user in ("sofia", "toni"):
        recording = Recording(file)
        play(recording, user)
        recording.close()
    live = derived_rows(file)
    assert [(row["session"], row["login"]) for row in live["agents"]] == [(1, "sofia"), (2, "toni")]
    assert {row["session"] for row in live["transfers"]} == {1, 2}
    agents = {row["id"]: row["session"] for row in live["agents"]}
    half = query(file, "SELECT min(id) AS id FROM exchanges WHERE session = 2")[0]["id"]
    assert all(agents[row["agent"]] == (1 if row["exchange"] < half else 2) for row in live["calls"])
    save(file)
    assert derived_rows(file) == live


def test_no_secret_is_kept_or_derived(file: Path) -> None:
    recording = Recording(file, places=Places(frozenset({"X-Mine"}), frozenset({"pin"})))
    play(recording)
    recording.ask(
        *("POST", f"{ME}?token=s3cret-1", {"operationName": "X", "password": "s3cret-2", "PIN": 34567890123}),
        {"statusCode": 4, "statusMessage": "no", "user": {"sessionId": "s3cret-3"}},
        *(("X-Mine", "s3cret-4"), ("Cookie", "a=s3cret-5"), ("Authorization", "Bearer s3cret-6")),
    )
    recording.close()
    kept = file.read_bytes()
    for secret in (b"s3cret", b"34567890123", b"open-sesame", b"b3Blbi1zZXNhbWU", b"sofia-1"):
        assert secret not in kept
        assert secret.decode() not in repr(recording.told)
    [session] = query(file, "SELECT * FROM sessions")
    assert orjson.loads(session["redacted"]) == {"headers": ["X-Mine"], "members": ["pin"]}


def test_settings_go_with_the_session(file: Path) -> None:
    recording = Recording(file, settings=AnalysisSettings(window_ms=1234))
    recording.close()
    [session] = query(file, "SELECT * FROM sessions")
    assert orjson.loads(session["settings"]) == {"window_ms": 1234}
    assert session["recorder"].startswith("process ")
    assert set(orjson.loads(session["versions"])) == {"gws-inspector", "mitmproxy", "python"}


def test_an_exchange_under_way_stays_unfinished(file: Path) -> None:
    recording = Recording(file)
    request = Request("POST", "http", "a", ME, "", "HTTP/1.1", Headers((JSON,)), Body.of(b'{"operationName":"X"}'))
    recording.recorder.started(recording.recorder.number(), "connection", now(), request)
    recording.ask("GET", "/")
    recording.close()
    assert query(file, "SELECT id, done_tick, error FROM exchanges ORDER BY id") == [
        {"id": 1, "done_tick": None, "error": None},
        {"id": 2, "done_tick": 3, "error": None},
    ]
    assert query(file, "SELECT state FROM sessions") == [{"state": "complete"}]


@pytest.mark.parametrize(
    "body",
    [
        {"statusCode": 2**64 - 1},
        {"statusCode": -(2**63)},
        b'{"statusCode": 1e400}',
        b'{"statusCode": 0, "statusMessage": "' + b"[" * 5000 + b'"}',
        b'{"a":' * 900 + b"1" + b"}" * 900,
        b"\xff\xfe\x00",
        [{"channel": "/meta/connect", "clientId": {"a": 1}, "id": 2**64 - 1}],
        [{"channel": TOPIC, "data": {"chat": {"id": CHAT, "attachments": [{"id": DOCUMENT, "size": "9" * 30}]}}}],
        [{"channel": TOPIC, "data": {"chat": {"id": CHAT, "attachments": [{"id": DOCUMENT, "size": "9" * 5000}]}}}],
        [{"channel": TOPIC, "data": {"chat": {"id": CHAT, "attachments": [{"id": DOCUMENT, "size": 2**64 - 1}]}}}],
        [{"channel": TOPIC, "data": b"".join([b"[" * 5, b"]" * 5]).decode()}],
    ],
    ids=range(11),
)
@pytest.mark.parametrize("target", [ME, f"{ME}/chats/{CHAT}", f"{ME}/chats/{CHAT}/attachments", CHANNEL])
def test_no_body_stops_it(target: str, body: Any, file: Path) -> None:
    recording = Recording(file)
    recording.ask("POST", target, body, body)
    recording.ask("GET", target, b"", body)
    recording.ask("POST", f"{ME}/chats/{CHAT}", {"operationName": "UploadFile", "documentId": DOCUMENT}, body)
    recording.close()
    assert recording.troubles == []
    assert query(file, "SELECT count(*) AS n FROM exchanges WHERE done_tick IS NOT NULL") == [{"n": 3}]
    assert query(file, "SELECT state FROM sessions") == [{"state": "complete"}]
    live = derived_rows(file)
    save(file)
    assert derived_rows(file) == live


texts = st.text(st.characters(min_codepoint=0, max_codepoint=255), max_size=15)
fields = st.lists(
    st.tuples(st.sampled_from(["Cookie", "Set-Cookie", "Authorization", "Content-Encoding", "X-CSRF-HEADER"]), texts),
    max_size=3,
)
types = st.sampled_from(
    ["application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", ""]
)
targets = st.sampled_from([ME, f"{ME}/chats/{CHAT}", f"{ME}/chats/{CHAT}/attachments/{DOCUMENT}", CHANNEL]) | texts
asked = bodies({"operationName": "UploadFile", "documentId": DOCUMENT}) | bodies(CONNECT) | st.just(FORM)
back = bodies(OK) | bodies(TOLD) | bodies(SHAKEN) | bodies({"user": {"id": "u", "userName": "sofia"}}) | st.just(FORM)
exchanges = st.tuples(st.sampled_from(["GET", "POST", "PUT"]), targets, types, fields, asked, types, fields, back)


@settings(deadline=None, max_examples=40, database=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(exchanges, min_size=1, max_size=4))
@example([("POST", ME, "", [], FORM, "", [("Content-Encoding", "0")], b"\x80")])
def test_no_traffic_stops_it(traffic: list[tuple[Any, ...]]) -> None:
    """Everything is kept, byte for byte where nothing was secret, of what nobody can read the digest; and judged later
    as it was live.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "recording.db"
        recording = Recording(path)
        numbers = [
            recording.ask(
                *(method, target, asked, back, ("Content-Type", sent_type), *sent_fields),
                back_fields=(("Content-Type", back_type), *back_fields),
            )
            for method, target, sent_type, sent_fields, asked, back_type, back_fields, back in traffic
        ]
        recording.close()
        assert recording.troubles == []
        with reading(path) as opened:
            for number, (_, _, _, _, asked, _, _, back) in zip(numbers, traffic, strict=True):
                kept = opened.exchange(number)
                assert kept.response and kept.done
                for body, wire in ((kept.request.body, asked), (kept.response.body, back)):
                    if body.original is None:
                        assert (body.size, body.sha256) == (len(wire), sha256(wire).hexdigest())
                        assert body.content == wire or (body.content is None and (not wire or kept.truncated))
        live = derived_rows(path)
        save(path)
        assert derived_rows(path) == live


def test_rows_of_what_was_derived_fit_their_tables(file: Path) -> None:
    """DerivedRows may be given to any connection: nothing in it needs the writer."""
    recording = Recording(file)
    play(recording)
    recording.close()
    with closing(sqlite3.connect(file)) as db, db:
        for table in TABLES:
            db.execute(f"DELETE FROM {table}")
        rows = DerivedRows(1, 0, 0)
        with reading(file) as opened:
            for thing in derive(opened, opened.session()):
                db.execute(*rows.of(thing))
        assert db.execute("SELECT count(*) FROM findings").fetchone()[0] > 0
