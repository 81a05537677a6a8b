"""What a recording keeps so that its replay starts at once: the same as its facts come to, or not used at all."""

import shutil
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
import zstandard

from inspector.errors import NothingFound, RecordingError, UsageError
from inspector.recording.derivation import save
from inspector.recording.writer import Writer
from inspector.replay.matching import Policy
from inspector.replay.plans.archive import Responses
from inspector.replay.plans.keeping import keep, make_ready
from inspector.replay.plans.opening import Prepared, prepare
from inspector.replay.plans.plan import Loaded
from tests.recording.keeping import BEGIN, change, events, exchange, loud, query, session
from tests.recording.keeping import keep as keep_events
from tests.replay.fronts import Tale
from tests.replay.recordings import of_everything, written


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """A recording of which nothing is kept but its facts."""
    return written(of_everything(), tmp_path / "recording.db")


@pytest.fixture
def ready(plain: Path) -> Path:
    keep(plain)
    return plain


def at_once(prepared: Prepared) -> bool:
    """Whether it was made of what was kept, and not of the facts."""
    return isinstance(prepared.loaded.responses, Responses)


def same(one: Loaded, other: Loaded) -> bool:
    assert one.plans == other.plans
    assert one.logins == other.logins
    assert dict(one.responses) == dict(other.responses)
    assert dict(one.identities) == dict(other.identities)
    assert len(one.responses) == len(other.responses) == len(one.identities)
    return True


def test_what_was_kept_is_what_the_facts_come_to(plain: Path) -> None:
    facts = prepare(plain)
    keep(plain)
    kept = prepare(plain)
    assert (at_once(facts), at_once(kept)) == (False, True)
    assert same(kept.loaded, facts.loaded)
    assert [plan.user_name for plan in kept.loaded.plans] == ["", "sofia", "toni"]
    assert sum(len(told) for plan in kept.loaded.plans for told in plan.lists) > 8


def test_the_recorder_keeps_it_at_the_end_of_its_session(tale: Tale, tmp_path: Path) -> None:
    assert at_once(prepare(tale.path))
    bare = Path(shutil.copy(tale.path, tmp_path / "bare.db"))
    change(bare, "DELETE FROM prepared")
    facts = prepare(bare)
    assert not at_once(facts)
    assert same(prepare(tale.path).loaded, facts.loaded)


def test_it_is_still_one_file(ready: Path) -> None:
    assert [found.name for found in ready.parent.iterdir()] == [ready.name]
    assert query(ready, "PRAGMA journal_mode") == [{"journal_mode": "delete"}]


def test_a_replay_never_writes(ready: Path) -> None:
    before = ready.read_bytes(), ready.stat().st_mtime_ns
    assert len(dict(prepare(ready).loaded.responses)) > 20
    assert (ready.read_bytes(), ready.stat().st_mtime_ns) == before


def test_one_agent_of_them_can_be_played(ready: Path) -> None:
    prepared = prepare(ready, agent="toni")
    assert at_once(prepared) and [plan.user_name for plan in prepared.loaded.plans] == ["toni"]
    own = prepared.loaded.plans[0].recorded[0]
    assert prepared.loaded.identities[own.number].key == own.key
    with pytest.raises(NothingFound, match="it has sofia, toni"):
        prepare(ready, agent="nobody")


@pytest.mark.parametrize(
    ("policy", "used"),
    [
        (Policy(), True),
        (Policy((), {"UploadFile": ()}), True),
        (Policy(("/documentId",)), False),
        (Policy((), {"UploadFile": ("/documentId",)}), False),
    ],
    ids=["none", "empty", "pointer", "operation"],
)
def test_who_ignores_something_plays_the_facts(ready: Path, policy: Policy, used: bool) -> None:
    assert at_once(prepare(ready, policy=policy)) is used


def test_each_session_has_its_own(plain: Path) -> None:
    keep_events(plain, events(exchange(100), exchange(101)), of=session("2"))
    keep(plain)
    assert [at_once(prepare(plain, session=name)) for name in ("1", "2")] == [False, True]
    keep(plain, "1")
    assert [at_once(prepare(plain, session=name)) for name in ("1", "2")] == [True, True]
    assert list(prepare(plain, session="2").loaded.responses) == [100, 101]


def test_of_a_session_that_is_not_complete_nothing_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "open.db"
    writer = Writer(path, session(), loud)
    for event in events(exchange(1)):
        writer.put(event)
    writer.commit()
    keep(path)
    assert query(path, "SELECT * FROM prepared") == []
    writer.close(BEGIN)


def test_nothing_is_kept_where_somebody_records(plain: Path) -> None:
    other = Writer(plain, session("2", recorder="process 1"), loud)
    with pytest.raises(UsageError, match="is recording"):
        keep(plain, "1")
    other.close(BEGIN)
    assert query(plain, "SELECT * FROM prepared") == []


def test_a_recorder_that_cannot_keep_it_says_so_and_ends(plain: Path, caplog: pytest.LogCaptureFixture) -> None:
    make_ready(plain.with_name("gone.db"), "1")
    assert "start slowly" in caplog.text and "gone.db" in caplog.text


def test_who_ends_a_recorder_does_not_wait_for_a_long_session(plain: Path, caplog: pytest.LogCaptureFixture) -> None:
    exchanges = query(plain, "SELECT count(*) AS n FROM exchanges")[0]["n"]
    make_ready(plain, "1", limit=exchanges - 1)
    assert not at_once(prepare(plain))
    assert f"check --save {plain}" in caplog.text
    make_ready(plain, "1", limit=exchanges)
    assert at_once(prepare(plain))


def test_an_older_recording_is_played_from_its_facts(ready: Path) -> None:
    before = prepare(ready).loaded
    assert list(before.identities.values())  # read while they are there
    for row in query(ready, "SELECT name FROM sqlite_master WHERE type = 'trigger'"):
        change(ready, f"DROP TRIGGER {row['name']}")
    change(ready, "DROP TABLE prepared")
    change(ready, "DELETE FROM _sqlite_migrations WHERE name = 'm004_prepared'")
    older = prepare(ready)
    assert not at_once(older) and same(before, older.loaded)
    keep(ready)
    assert at_once(prepare(ready))


def test_what_is_derived_anew_is_kept_anew(ready: Path) -> None:
    save(ready)
    assert not at_once(prepare(ready))
    keep(ready)
    assert at_once(prepare(ready))


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE bodies SET content = CAST(content || ' ' AS BLOB) WHERE content IS NOT NULL",
        "UPDATE exchanges SET status = 404 WHERE method = 'POST'",
        "DELETE FROM exchanges WHERE id = (SELECT max(id) FROM exchanges)",
        "UPDATE causes SET lag_ms = -1",
        "DELETE FROM causes",
    ],
    ids=["a body", "a status", "no exchange", "a cause", "no causes"],
)
def test_whoever_edits_a_recording_sees_it_played_as_edited(ready: Path, edit: str) -> None:
    change(ready, "PRAGMA foreign_keys = OFF")
    change(ready, edit)
    assert not at_once(prepare(ready))


# what does not fit


def edited(path: Path, edit: Callable[[dict], object], column: str = "plans") -> None:
    [row] = query(path, f"SELECT {column} FROM prepared")
    told = orjson.loads(zstandard.decompress(row[column]))
    edit(told)
    change(path, f"UPDATE prepared SET {column} = ?", zstandard.compress(orjson.dumps(told)))


MISFITS: dict[str, tuple[str, object]] = {
    "other rules": ("rules", '{"rules":0}'),
    "no rules": ("rules", ""),
    "not compressed": ("plans", b"{}"),
    "nothing": ("plans", b""),
    "cut": ("plans", zstandard.compress(b'{"keys":"","logins":[],"plans":[]}' * 1000)[:-9]),
    "no JSON": ("plans", zstandard.compress(b"{")),
    "a list": ("plans", zstandard.compress(b"[]")),
}


@pytest.mark.parametrize("how", MISFITS)
def test_what_was_kept_otherwise_is_not_used(how: str, ready: Path) -> None:
    column, value = MISFITS[how]
    facts = prepare(ready, policy=Policy(("/none",))).loaded
    change(ready, f"UPDATE prepared SET {column} = ?", value)
    prepared = prepare(ready)
    assert not at_once(prepared)
    assert prepared.loaded.plans == facts.plans


def test_what_another_session_keeps_is_not_used(ready: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    keep_events(other, events(exchange(1)), of=session("other"))
    [row] = query(ready, "SELECT * FROM prepared")
    change(other, "INSERT INTO prepared VALUES (?, ?, ?, ?)", *row.values())
    prepared = prepare(other)
    assert not at_once(prepared) and len(prepared.loaded.responses) == 1


IDENTITIES: dict[str, Callable[[dict], object]] = {
    "too few": lambda told: [told[name].pop() for name in ("place", "query", "credentials", "kind", "body")],
    "another place": lambda told: told["place"].__setitem__(0, 99),
    "no bodies": lambda told: told.pop("body"),
    "a query of numbers": lambda told: told["query"].__setitem__(0, [[1, 2]]),
}


@pytest.mark.parametrize("how", IDENTITIES)
def test_identities_that_do_not_fit_are_made_of_the_facts(how: str, ready: Path) -> None:
    right = dict(prepare(ready).loaded.identities)
    edited(ready, IDENTITIES[how], "identities")
    prepared = prepare(ready)
    assert at_once(prepared) and dict(prepared.loaded.identities) == right


def test_a_plan_of_exchanges_that_are_not_there_is_refused_when_they_are_asked_for(ready: Path) -> None:
    def elsewhere(told: dict) -> None:
        told["plans"][0]["number"][0] = 999_999

    edited(ready, elsewhere)
    loaded = prepare(ready).loaded
    with pytest.raises(RecordingError, match="holds no exchange 999999"):
        loaded.responses[999_999]
