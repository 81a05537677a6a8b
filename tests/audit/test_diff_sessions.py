"""Two sessions of one script: nothing differs but what was changed, whatever the ids are called."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.audit.scripted import CHANGES, Server, diff, places, record

MIRRORED = {"added": "missing", "missing": "added", "slower": "faster", "faster": "slower"}
slow = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
servers = st.builds(Server, st.integers(0, 99), st.sampled_from(sorted(CHANGES)), st.integers(0, 2))


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change or "nothing")
def test_a_change_is_told_and_nothing_else(change: str, tmp_path: Path):
    before, after = record(tmp_path / "a.db", Server()), record(tmp_path / "b.db", Server(7, change))
    code, told = diff(before, after)
    assert places(told) == CHANGES[change]
    assert code == (1 if told["differences"] else 0)
    mirrored = Counter((MIRRORED.get(kind, kind), *place) for kind, *place in CHANGES[change])
    assert Counter(places(diff(after, before)[1])) == mirrored


@pytest.mark.parametrize(("change", "state"), [("lost", '"lost"'), ("refused", '"refused"')])
def test_what_became_of_the_file_is_told_too(change: str, state: str, tmp_path: Path):
    _, told = diff(record(tmp_path / "a.db", Server()), record(tmp_path / "b.db", Server(7, change)))
    [life] = [one for one in told["differences"] if one["what"] == "transfer" and one["pointer"] == "/state"]
    assert (life["before"], life["after"], life["note"]) == ('"sent"', state, "price.txt")


def test_a_file_that_has_another_name_is_still_the_same(tmp_path: Path):
    before, after = record(tmp_path / "a.db", Server()), record(tmp_path / "b.db", Server(7, "renamed"))
    found = [place for place in places(diff(before, after)[1], transfers=True) if place[1] == "transfer"]
    assert found == [("changed", "transfer", "/name")]


@slow
@given(servers)
def test_a_session_does_not_differ_from_itself(tmp_path: Path, server: Server):
    path = record(tmp_path / "a.db", server)
    assert diff(path, path) == (0, diff(path, path)[1])
    assert diff(path, path)[1]["differences"] == []


@slow
@given(servers, st.integers(0, 99))
def test_a_mutation_is_named(tmp_path: Path, server: Server, nth: int):
    path = record(tmp_path / "a.db", Server(nth, chats=2))
    _, told = diff(path, record(tmp_path / "b.db", Server(server.nth, server.change, server.which, chats=2)))
    assert places(told) == CHANGES[server.change]


@slow
@given(servers, servers)
def test_it_is_the_same_the_other_way_round(tmp_path: Path, one: Server, other: Server):
    before, after = record(tmp_path / "a.db", one), record(tmp_path / "b.db", other)
    there, back = diff(before, after)[1], diff(after, before)[1]
    seen = Counter((MIRRORED.get(kind, kind), *place) for kind, *place in places(there, transfers=True))
    assert Counter(places(back, transfers=True)) == seen
    assert [(was, now) for now, was in _renamed(back)] == _renamed(there)


def _renamed(told: dict) -> list[tuple[str, str]]:
    return sorted((one["before"], one["after"]) for one in told["renamed"])


def test_names_are_told_that_differ(tmp_path: Path):
    one, other = Server(1), Server(2)
    _, told = diff(record(tmp_path / "a.db", one), record(tmp_path / "b.db", other))
    names = {name["before"]: name["after"] for name in told["renamed"]}
    assert names[one.chat(0)] == other.chat(0)
    assert [names[one.document(0, n)] for n in range(3)] == [other.document(0, n) for n in range(3)]


def test_a_name_of_another_thing_is_a_difference_and_said_so(tmp_path: Path):
    server = Server(5, "other file")
    _, told = diff(record(tmp_path / "a.db", Server()), record(tmp_path / "b.db", server))
    [found] = told["differences"]
    assert found["note"] == f"elsewhere it is {server.document(0, 1)}"
    assert found["after"] == f'"/attachments/{server.document(0, 2)}"'


def test_a_chat_that_only_one_has_is_one_line(tmp_path: Path):
    two = record(tmp_path / "b.db", Server(3, chats=2))
    _, told = diff(record(tmp_path / "a.db", Server()), two)
    assert places(told) == [("added", "Download", "")] * 3 + [("added", "chat", "")]
    assert told["differences"][3]["chat"] == Server(3).chat(1)
    assert told["differences"][3]["note"] == "15 messages"


def test_what_is_asked_at_another_place_is_neither_missing_nor_new(tmp_path: Path):
    other = record(tmp_path / "b.db", Server(1, "asked in another order"))
    [found] = places(diff(record(tmp_path / "a.db", Server()), other)[1])
    assert found in [("moved", f"GET /api/v2/{name}", "") for name in ("diagnostics/version", "me/features")]


def test_a_call_without_an_answer_is_compared_too(tmp_path: Path):
    before, after = record(tmp_path / "a.db", Server()), record(tmp_path / "b.db", Server(1, "unanswered"))
    version = "GET /api/v2/diagnostics/version"
    gone = [("missing", version, f"/reply/{name}") for name in ("body", "headers", "status")]
    assert sorted(places(diff(before, after)[1])) == [("added", version, "/reply/none"), *gone]
    assert diff(after, after)[0] == 0


def test_another_user_plays_the_same_part(tmp_path: Path):
    _, told = diff(record(tmp_path / "a.db", Server()), record(tmp_path / "b.db", Server(1, user="toni")))
    [agent] = [one for one in told["differences"] if one["what"] == "agent"]
    assert (agent["before"], agent["after"]) == ("sofia", "toni")
    assert not [one for one in told["differences"] if one["kind"] in ("added", "missing")]


def test_an_index_is_a_name_within_its_chat(tmp_path: Path):
    before, after = Server(chats=2), Server(4, "counted on", chats=2)
    assert diff(record(tmp_path / "a.db", before), record(tmp_path / "b.db", after))[1]["differences"] == []


def test_two_seconds_more_are_nothing_where_ten_are_usual(tmp_path: Path):
    before, after = record(tmp_path / "a.db", Server(lag_ms=10_000)), record(tmp_path / "b.db", Server(lag_ms=12_000))
    assert diff(before, after)[0] == 0


def test_delays_count_beyond_the_threshold_only(tmp_path: Path):
    before, after = record(tmp_path / "a.db", Server()), record(tmp_path / "b.db", Server(lag_ms=400))
    assert diff(before, after)[0] == 0
    code, told = diff(before, after, "--delay-threshold", 300)
    assert code == 1
    assert places(told) == [("slower", "file-uploaded", "")] * 3
    assert (told["differences"][0]["before"], told["differences"][0]["after"]) == ("20 ms", "400 ms")
