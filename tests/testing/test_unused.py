"""What is told of operations that no test has asked for, and when it is not: of values, without a run."""

from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from inspector.pytest_plugin.leftovers.accounting import AccountedStub
from inspector.pytest_plugin.leftovers.seen import Played, Seen
from inspector.pytest_plugin.leftovers.usage import (
    doubts,
    forgotten,
    leftovers,
    lines,
    superseded,
    unplayed,
    unplayed_sessions,
)
from inspector.recording.session import Session
from inspector.replay.control.shelf import Source
from inspector.traffic.exchange import Instant
from tests.analysis.traffic import ME, Wire
from tests.replay.recordings import written

JSON = {"Content-Type": "application/json"}
ONE, OTHER = "/project/recordings/one.db", "/project/recordings/other.db"
OPERATIONS = {number: ("UploadFile", "POST", f"/api/v2/me/chats/{number}") for number in range(1, 31)}


def seen(*, used: set[int], passed: set[str], needing: dict[str, str]) -> Seen:
    told = Seen(needing=needing, passed=passed)
    for path in set(needing.values()):
        told.played[path].add(Played(dict(OPERATIONS), set(used)))
    return told


def unused(told: Seen, knows: bool = True) -> dict[str, tuple[int, ...]]:
    return {one.path: one.unused for one in leftovers(told, lambda path: knows, lambda path: [])}


def test_what_one_test_needs_another_need_not() -> None:
    told = seen(used={1, 2}, passed={"a", "b"}, needing={"a": ONE, "b": ONE})
    told.add(Seen.of(seen(used={2, 3, 77}, passed={"c"}, needing={"c": ONE}).value()))
    assert unused(told) == {ONE: tuple(range(4, 31))}


def test_nothing_is_told_where_everything_was_needed() -> None:
    assert unused(seen(used=set(OPERATIONS), passed={"a"}, needing={"a": ONE})) == {}


def test_each_recording_is_told_by_its_own_tests() -> None:
    told = seen(used={1}, passed={"a", "b"}, needing={"a": ONE, "b": OTHER, "failed": OTHER})
    assert unused(told).keys() == {ONE} and doubts(told, lambda path: True) == {OTHER}


@pytest.mark.parametrize("why", ["written", "unknown", "broken"])
def test_a_run_that_does_not_know_all_does_not_tell(why: str) -> None:
    told = seen(used={1}, passed={"a"}, needing={"a": ONE})
    told.written |= {ONE} if why == "written" else set()
    told.is_broken = why == "broken"
    assert unused(told, knows=why != "unknown") == {} and doubts(told, lambda path: why != "unknown") == {ONE}


def test_what_was_played_by_a_test_that_nobody_knew_of_is_not_told() -> None:
    told = seen(used={1}, passed={"a"}, needing={"a": ONE})
    told.needing = {"a": OTHER}
    assert unused(told) == {}


def test_ten_are_shown_and_the_rest_is_counted() -> None:
    told = seen(used={2, 4}, passed={"a"}, needing={"a": ONE})
    [found] = leftovers(told, lambda path: True, lambda path: [])
    shown = list(lines(found, lambda text: text.removeprefix("/project/")))
    assert shown[0] == "recordings/one.db: 28 of 30 operations were never asked for"
    assert shown[1:3] == ["  #1 UploadFile POST /api/v2/me/chats/1", "  #3 UploadFile POST /api/v2/me/chats/3"]
    assert len(shown) == 12 and shown[-1] == "  and 18 more"
    assert next(lines(found, str, did="dropped")) == f"{ONE}: dropped 28 of 30 operations"


def test_so_are_recordings_that_no_test_plays() -> None:
    shown = list(unplayed((f"{number:02}.db" for number in range(12)), str))
    assert shown[0] == "00.db: no test plays it" and len(shown) == 11
    assert shown[-1] == "and 2 more recordings that no test plays"


def test_whoever_a_client_may_be_playing_needs_what_it_has_asked_for(tmp_path: Path) -> None:
    wire = Wire()
    sofia, toni = wire.at_work("sofia"), wire.at_work("toni")
    both = [desk.ask("PUT", f"{ME}/both", b"1") for desk in (sofia, toni)]
    tonis, sofias = toni.ask("PUT", f"{ME}/toni", b"1"), sofia.ask("PUT", f"{ME}/sofia", b"1")
    for asked in (*both, tonis, sofias):
        wire.answer(asked)
    stub, played = AccountedStub(Source(written(wire, tmp_path / "one.db"))), Played()
    with httpx.Client(transport=stub.transport, base_url="https://gws.test", cookies={"JSESSIONID": "any"}) as http:
        for path in ("both", "toni"):
            assert http.put(f"{ME}/{path}", content=b"1", headers=JSON).status_code == 200
    stub.tell(played)
    stub.close()
    operations = {one.number for one in (*both, tonis, sofias)}
    assert operations <= played.operations.keys()
    assert operations - played.used == {sofias.number}


def session(number: int, name: str = "", **members: str) -> Session:
    one = Session(f"uuid-{number}", "http://gws", Instant(0, 0), number, state="complete", name=name)
    return replace(one, **members)  # type: ignore[arg-type]


def test_a_session_gives_way_to_a_newer_one_of_its_name() -> None:
    sessions = [
        session(1, "a"),
        session(2, "b"),
        session(3),
        session(4),
        session(5, "a"),
        session(6, "a", parent="uuid-5"),
        session(7, "b", state="incomplete"),
        session(8, "c"),
        session(9, "a"),
    ]
    assert [one.id for one in superseded(sessions, set())] == [1, 5]
    assert [one.id for one in superseded(sessions, {"uuid-1"})] == [5]


def test_who_plays_all_sessions_needs_the_older_ones_too() -> None:
    told = seen(used=set(OPERATIONS), passed={"a"}, needing={"a": ONE})
    told.played[ONE].asked.add("all")
    assert not list(leftovers(told, lambda path: True, lambda path: [session(1, "a"), session(2, "a")]))


def test_a_session_of_a_test_that_is_not_there_any_more_is_told() -> None:
    told = seen(used=set(OPERATIONS), passed={"a"}, needing={"a": ONE})
    told.played[ONE].sessions.add("uuid-1")
    names = ["t.py::a", "t.py::gone", "for people", "", "t.py::gone", "t.py::gone too"]
    sessions = [session(number, name) for number, name in enumerate(names, 1)]
    found = list(forgotten(told, lambda path: True, lambda path: sessions))
    assert found == [(ONE, ["t.py::gone", "t.py::gone too"])]
    assert list(unplayed_sessions(found, str)) == [f"{ONE}: no test plays session t.py::gone, t.py::gone too"]
    told.played[ONE].asked.add("all")
    assert not list(forgotten(told, lambda path: True, lambda path: sessions))
    assert not list(forgotten(told, lambda path: False, lambda path: sessions))


def test_that_is_told_though_everything_was_needed() -> None:
    told = seen(used=set(OPERATIONS), passed={"a"}, needing={"a": ONE})
    [found] = leftovers(told, lambda path: True, lambda path: [session(1, "a\x1b"), session(2, "a\x1b")])
    [shown] = lines(found, lambda text: text.replace("\x1b", "?"))
    assert shown == f"{ONE}: session 1 (a?), of which a newer one has the name"
