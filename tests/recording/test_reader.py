"""Reading back: what was kept comes as it was, in order; what a stranger has bent is refused, not believed."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from inspector.errors import NothingFound, RecordingError
from inspector.recording.derivation import summarise
from inspector.recording.facts import CHUNK
from inspector.recording.reader import reading
from inspector.recording.session import Session
from inspector.render.machine import exchange_value
from inspector.render.page import exchange_page
from inspector.traffic.body import Body, Original
from inspector.traffic.exchange import Exchange, Instant, Started
from inspector.traffic.multipart import split
from tests.recording.keeping import BEGIN, change, events, exchange, keep, query, session

FORM = b'--b\r\nContent-Disposition: form-data; name="a"; filename="x.txt"\r\n\r\nhello\r\n--b--\r\n'
FORM_TYPE = "multipart/form-data; boundary=b"
ODD = (("X-a", "1"), ("x-A", "\xff\xe9"), ("", ""), ("Set-Cookie", "a=b"), ("Set-Cookie", "c=d"))

EXCHANGES = {
    "bare": exchange(),
    "bodies": exchange(sent=b'{"a": 1}', back=b"\x00\xff"),
    "header fields": exchange(fields=ODD, sent=b"1"),
    "compressed": exchange(sent=b"\x1f\x8b", back=b"x", fields=(("Content-Encoding", "GZIP"),)),
    "no response": exchange(back=None, error="connection reset"),
    "cut response": exchange(back=b"", error="closed early"),
    "form": exchange(sent=FORM, parts=split(FORM, FORM_TYPE), fields=(("Content-Type", FORM_TYPE),)),
    "form that comes back": exchange(sent=FORM, parts=split(FORM, FORM_TYPE), back=FORM),
    "redacted": exchange(
        back=replace(Body.of(b"clean"), original=Original("gzip", 99)), fields=(("Content-Encoding", "gzip"),)
    ),
    "digest only": exchange(back=replace(Body.of(b"gone"), content=None)),
    "large": exchange(back=bytes(range(256)) * 4096 * 3 + b"end"),
    "exactly one chunk": exchange(back=b"x" * CHUNK),
    "NUL in texts": replace(
        exchange(), error="a\x00b", request=replace(exchange().request, path="/\x00", query="\x00")
    ),
    "latin-1": replace(
        exchange(), request=replace(exchange().request, path="/\xe9", query="\xff=\xfe", authority="\xe9")
    ),
}


@pytest.mark.parametrize("what", EXCHANGES)
def test_an_exchange_comes_back_as_it_was(what: str, file: Path) -> None:
    told = events(EXCHANGES[what])
    keep(file, told)
    with reading(file) as recording:
        assert recording.exchange(1) == EXCHANGES[what]
        assert list(recording.events(recording.session())) == told


def test_all_of_them_in_one_file_keep_apart(file: Path) -> None:
    """Bodies are shared: who writes first must not decide how the others come back."""
    numbered = [replace(one, number=number) for number, one in enumerate(EXCHANGES.values(), 1)]
    told = events(*numbered, *(replace(one, number=one.number + 100) for one in reversed(numbered)))
    keep(file, told)
    with reading(file) as recording:
        assert list(recording.events(recording.session())) == told


def test_a_large_body_lies_in_chunks(file: Path) -> None:
    keep(file, events(exchange(1, back=b"x" * (2 * CHUNK + 5)), exchange(2, sent=b"x" * (2 * CHUNK + 5))))
    assert query(file, "SELECT kept, content, size FROM bodies") == [
        {"kept": "chunks", "content": None, "size": 2 * CHUNK + 5}
    ]
    assert query(file, "SELECT n, length(content) AS size FROM chunks ORDER BY n") == [
        {"n": 0, "size": CHUNK},
        {"n": 1, "size": CHUNK},
        {"n": 2, "size": 5},
    ]


def test_a_form_is_kept_by_its_parts_alone(file: Path) -> None:
    keep(file, events(EXCHANGES["form"], exchange(2, back=b"hello")))
    bodies = query(file, "SELECT kept, content FROM bodies ORDER BY id")
    assert bodies == [{"kept": "parts", "content": None}, {"kept": "whole", "content": b"hello"}]


def test_events_come_in_tick_order(file: Path) -> None:
    """Two exchanges that overlap, and one that never ends."""
    one, two, three = (exchange(number) for number in (1, 2, 3))
    told = [replace(event, tick=tick) for event, tick in zip(events(one, two, three), (1, 5, 2, 4, 3, 6), strict=True)]
    told = sorted(told[:-1], key=lambda event: event.tick)
    keep(file, told)
    with reading(file) as recording:
        assert list(recording.events(recording.session())) == told
        assert (recording.count(recording.session()), recording.unfinished(recording.session())) == (3, 1)
        assert recording.exchange(3) == Exchange(3, three.connection, three.started, three.request)


def two_sessions(file: Path, *uuids: str) -> None:
    for number, uuid in enumerate(uuids, 1):
        keep(file, events(exchange(number)), of=session(uuid))


def test_a_session_is_found_by_its_number_or_the_begin_of_its_uuid(file: Path) -> None:
    two_sessions(file, "aaaa", "bbbb")
    with reading(file) as recording:
        found = [recording.session(name).uuid for name in (None, "1", "2", "a", "bbbb")]
        assert found == ["bbbb", "aaaa", "bbbb", "aaaa", "bbbb"]
        assert [one.uuid for one in recording.sessions()] == ["aaaa", "bbbb"]
        for name in ("3", "c", "0"):
            with pytest.raises(NothingFound, match="`ls` lists"):
                recording.session(name)


def test_a_uuid_that_begins_with_a_sessions_number_hides_no_session(file: Path) -> None:
    """One in sixteen does."""
    two_sessions(file, "aaaa", "1bbb")
    with reading(file) as recording:
        assert recording.session("1").uuid == "aaaa"
        assert recording.session_of(1).uuid == "aaaa"
        assert recording.session_of(2).uuid == "1bbb"
        assert recording.session("1b").uuid == "1bbb"


def test_a_session_comes_back_as_it_was(file: Path) -> None:
    written = Session(
        *("u", "https://gws.example", Instant(5, 6)),
        parent="p",
        redacted={"headers": ["x"], "members": []},
        versions={"gws-inspector": "1"},
        settings={"window_ms": 7},
        recorder="process 1",
    )
    keep(file, [], of=written)
    with reading(file) as recording:
        assert recording.session() == replace(written, id=1, state="complete", ended=BEGIN)


def test_a_session_that_was_killed_ended_with_its_last_sign_of_life(file: Path) -> None:
    keep(file, events(exchange(1, after_ms=9000), exchange(2)))
    change(file, "UPDATE sessions SET ended_at = NULL, ended_mono = NULL, state = 'open'")
    with reading(file) as recording:
        last = exchange(1, after_ms=9000).done
        assert recording.ended(recording.session()) == last
    change(file, "DELETE FROM exchanges")
    with reading(file) as recording:
        assert recording.ended(recording.session()) == BEGIN


def test_what_is_not_there(file: Path) -> None:
    keep(file, events(exchange(1)))
    with reading(file) as recording:
        assert (recording.has(1), recording.has(2)) == (True, False)
        for missing in (0, -1, 2, 2**70):
            with pytest.raises(NothingFound):
                recording.exchange(missing)


BENT = {
    "headers are no JSON": ("UPDATE exchanges SET request_headers = ?", "oops"),
    "headers are no pairs": ("UPDATE exchanges SET response_headers = ?", "[1]"),
    "headers are an object": ("UPDATE exchanges SET response_headers = ?", '{"a":"b"}'),
    "headers are numbers": ("UPDATE exchanges SET response_headers = ?", "[[1, 2]]"),
    "a body is missing": ("UPDATE exchanges SET response_body = ?", 4711),
    "a body has lost its content": ("UPDATE bodies SET content = ?", None),
    "a body's size is a lie": ("UPDATE bodies SET size = ?", 2**62),
    "an original is no object": ("UPDATE exchanges SET response_original = ?", "[]"),
    "an original has other members": ("UPDATE exchanges SET response_original = ?", '{"a":1}'),
    "origins are no JSON": ("UPDATE sessions SET origins = ?", "oops"),
    "settings are no object": ("UPDATE sessions SET settings = ?", "[]"),
    "settings have the wrong type": ("UPDATE sessions SET settings = ?", '{"window_ms": "soon"}'),
    "an instant is far away": ("UPDATE exchanges SET started_at = ?", 2**62),
    "a table is gone": ("DROP TABLE parts", None),
}


@pytest.mark.parametrize("how", BENT)
def test_a_recording_that_somebody_has_bent_is_read_or_refused_in_our_own_words(how: str, file: Path) -> None:
    """It may come from a stranger: no error but ours comes out, whatever is in it."""
    upload = b'{"operationName": "UploadFile", "documentId": "D"}'
    one = exchange(1, sent=upload, back=b'{"statusCode": 0}')
    keep(file, events(replace(one, request=replace(one.request, path="/api/v2/me/chats/1"))))
    sql, value = BENT[how]
    change(file, sql, *([value] if "?" in sql else []))
    with suppress(RecordingError), reading(file) as recording:
        of = recording.session()
        summarise(recording, of)
        exchange_value(recording.exchange(1))
        list(exchange_page(recording.exchange(1), [], []))
        recording.ended(of)


def test_started_is_all_there_is_of_a_request_under_way(file: Path) -> None:
    keep(file, events(exchange(1, sent=b"asked"))[:1])
    with reading(file) as recording:
        [event] = recording.events(recording.session())
        assert isinstance(event, Started)
        assert event.exchange == recording.exchange(1)
        assert recording.exchange(1).done is None
