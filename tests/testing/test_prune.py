"""`--gws-prune`: recordings without what no test of the run needed, at once or not at all."""

import random
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from inspector.recording.reader import reading
from inspector.traffic.exchange import Event
from tests.analysis.traffic import ME, OK, Wire
from tests.recording.keeping import change, keep, query, session
from tests.testing.projects import TWO_WORKERS, Project
from tests.testing.unneeded import ASKING, END, START, one, project, section

pytestmark = pytest.mark.once


def test_the_next_run_passes_and_has_nothing_to_list(tmp_path: Path) -> None:
    made = project(tmp_path, [one("starts", START), one("ends", START, END)])
    recording = made.recording()
    recording.chmod(0o640)
    before = numbers(recording)
    ended = made.run(*TWO_WORKERS, "--gws-prune")
    told = section(ended.out)
    assert ended.code == 0 and told[0] == "recordings/desk.db: dropped 24 of 26 operations"
    assert told[1].startswith("  #10 Accept POST ") and told[-1] == "  and 14 more"
    left = numbers(recording)
    assert len(before) - len(left) == 24 and {5, 57} < left < before
    assert recording.stat().st_mode & 0o777 == 0o640 and made.files() == ["desk.db"]
    again = made.run("--gws-prune")
    assert "2 passed" in again.out and section(again.out) == []
    assert numbers(recording) == left


def test_any_tests_find_what_they_need_in_what_is_left(tmp_path: Path) -> None:
    seed = random.randrange(1 << 32)
    print("seed", seed)
    chance = random.Random(seed)
    needed = [chance.sample([START, END], chance.randrange(3)) for _ in range(4)]
    made = project(tmp_path, [one(f"t{place}", *names) for place, names in enumerate(needed)])
    count = len({name for names in needed for name in names})
    assert section(made.run("--gws-prune").out)[0] == f"recordings/desk.db: dropped {26 - count} of 26 operations"
    again = made.run()
    assert "4 passed" in again.out and section(again.out) == []


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--gws-record=once",), "the record mode is once"),
        (("-k", "not fails"), "not all tests that may play recordings/desk.db have run"),
        (("test_desk.py::test_starts",), "not all tests that may play recordings/desk.db have run"),
        ((), "the run has not passed"),
        (("-k", "idle"), "no test has played a recording"),
    ],
    ids=["mode", "k", "node-id", "failed", "nobody-played"],
)
def test_one_line_says_why_nothing_was_dropped(options: tuple[str, ...], why: str, unpruned: Project) -> None:
    before = unpruned.recording().read_bytes()
    told = section(unpruned.run("--gws-prune", *options).out)
    assert told == [f"--gws-prune dropped nothing: {why}"]
    assert unpruned.recording().read_bytes() == before and unpruned.files() == ["desk.db"]


@pytest.fixture(scope="module")
def unpruned(tmp_path_factory: pytest.TempPathFactory) -> Project:
    failing = one("fails", END, more="assert False")
    return project(tmp_path_factory.mktemp("not"), [one("starts", START), failing, "\ndef test_idle(): pass\n"])


def test_a_recording_that_somebody_makes_stays(tmp_path: Path) -> None:
    made = project(tmp_path, [one("starts", START)])
    change(made.recording(), "INSERT INTO sessions (uuid, state, source, started_at, started_mono, upstream)"
        " VALUES ('x', 'open', 'proxy', 0, 0, 'http://gws')")  # fmt: skip
    before = made.recording().read_bytes()
    ended = made.run("--gws-prune")
    assert ended.code == 0 and section(ended.out) == ["recordings/desk.db is as it was: it is being recorded"]
    assert made.recording().read_bytes() == before


def test_a_test_that_names_a_session_by_its_uuid_keeps_it(tmp_path: Path) -> None:
    made = project(tmp_path, [])
    uuid = made.sessions()[0].uuid
    marked = one("starts", START).replace('"desk.db"', f'"desk.db", session="{uuid[:8]}"')
    (tmp_path / "test_desk.py").write_text((tmp_path / "test_desk.py").read_text() + marked)
    ended = made.run("--gws-prune")
    told = f"recordings/desk.db is as it was: a test asks for session {uuid[:8]} of it"
    assert ended.code == 0 and section(ended.out)[0].startswith(told)
    assert made.sessions()[0].uuid == uuid


def test_by_its_id_it_is_found_again(tmp_path: Path) -> None:
    marked = one("starts", START).replace('"desk.db"', '"desk.db", session="1"')
    made = project(tmp_path, [marked])
    assert "dropped 25" in made.run("--gws-prune").out
    again = made.run()
    assert again.code == 0 and section(again.out) == []


OWN = """
def test_mine(gws_stub):
    with httpx.Client(transport=gws_stub.transport, base_url="https://gws.test") as http:
        assert http.put("/api/v2/me/mine", json=3).status_code == 200
test_mine = pytest.mark.gws_recording("desk.db")(test_mine)
"""


def test_sessions_that_newer_ones_supersede_go_and_others_keep_their_numbers(tmp_path: Path) -> None:
    made = Project(tmp_path)
    made.put(OWN)
    mine, old = "test_desk.py::test_mine", "test_desk.py::test_old"
    names = [mine, "", mine, "other", old, mine]
    for place, name in enumerate(names, 1):
        recorded(made.recording(), place, name)
    newer = ", of which a newer one has the name"
    which, nobodys = f"session 1 ({mine}), 3 ({mine})", f"recordings/desk.db: no test plays session {old}"
    told = section(made.run().out)
    assert (told[0], told[-1]) == (f"recordings/desk.db: {which}{newer}", nobodys)
    assert section(made.run("--gws-prune").out) == [f"recordings/desk.db: dropped {which}{newer}", nobodys]
    kept = [(one.id, one.name, one.uuid[-1]) for one in made.sessions()]
    assert kept == [(2, "", "2"), (4, "other", "4"), (5, old, "5"), (6, mine, "6")]
    again = made.run()
    assert "1 passed" in again.out and section(again.out) == [nobodys]


def test_what_a_superseded_session_held_is_nowhere_in_the_file(tmp_path: Path) -> None:
    made = Project(tmp_path)
    made.put(OWN)
    for place in (1, 2):
        recorded(made.recording(), place, "test_desk.py::test_mine", secret=f"said in session {place}")
    made.run("--gws-prune")
    content = made.recording().read_bytes()
    assert b"said in session 2" in content and b"said in session 1" not in content
    with closing(sqlite3.connect(made.recording())) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []


def recorded(path: Path, place: int, name: str, secret: str = "") -> None:
    """A session with one operation, and a read."""
    wire = Wire()
    wire.answer(wire.ask("PUT", f"{ME}/mine", b"3"), OK)
    wire.answer(wire.ask("GET", f"{ME}/secret"), {"said": secret})
    wire.close()
    uuid = f"{place}" * 8 + "-2222-3333-4444-" + f"{place}" * 12
    keep(path, [_moved(event, 10 * place) for event in wire.events], of=replace(session(uuid), name=name))


def _moved(event: Event, offset: int) -> Event:
    return replace(event, exchange=replace(event.exchange, number=event.exchange.number + offset))


def numbers(path: Path) -> set[int]:
    with reading(path):
        return {row["id"] for row in query(path, "SELECT id FROM exchanges")}


def test_what_nobody_plays_is_only_listed(tmp_path: Path) -> None:
    made = project(tmp_path, [one("starts", START)])
    other = made.recording(name="nested/old.db")
    other.parent.mkdir()
    other.write_bytes(b"not even a recording")
    told = section(made.run("--gws-prune").out)
    assert told[-1] == "recordings/nested/old.db: no test plays it"
    assert other.read_bytes() == b"not even a recording"


def test_a_login_is_never_unused(tmp_path: Path) -> None:
    made = Project(tmp_path)
    wire = Wire()
    login = wire.ask("POST", "/api/v2/login", {"operationName": "Login"})
    wire.answer(login, OK, ("Set-Cookie", "JSESSIONID=~secret:00000000000a~; Path=/"))
    wire.answer(wire.ask("PUT", f"{ME}/mine", b"3"), OK)
    wire.close()
    made.put(ASKING + OWN)
    keep(made.recording(), wire.events)
    assert section(made.run().out) == []
