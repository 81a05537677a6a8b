"""Several recordings audited together: each session once, all files in order of time, and what it rests on."""

import hashlib
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inspector.analysis.policy import Policy
from inspector.analysis.rules.selection import Selection
from inspector.audit.audited import Audited, auditing
from inspector.audit.entry import Entry
from inspector.audit.formats import FORMATS
from inspector.errors import NothingFound, RecordingError
from tests.audit.sendings import HOSTILE, Sent, begin, recorded, send
from tests.live.commands import run
from tests.recording.keeping import change, query

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"


def rows(*paths: Path, **options: Any) -> list[Entry]:
    with auditing(paths, Selection(), **options) as audited:
        return list(audited.entries())


def as_json(*paths: Path, **options: Any) -> Any:
    with auditing(paths, Selection(), **options) as audited:
        return json.loads("".join(FORMATS["json"](audited)))


def uuid(path: Path) -> str:
    return str(query(path, "SELECT uuid FROM sessions")[0]["uuid"])


@pytest.fixture
def three(tmp_path: Path) -> list[Path]:
    """Three recordings of one file each, one after the other."""
    return [recorded(tmp_path / f"{name}.db", [Sent(f"{name}.txt", name.encode() * 5)]) for name in "abc"]


def test_files_of_all_recordings_come_in_order_of_time(three: list[Path]) -> None:
    found = rows(three[2], three[0], three[1])
    assert [one.name for one in found] == ["a.txt", "b.txt", "c.txt"]
    assert [one.sha256 for one in found] == [hashlib.sha256(name.encode() * 5).hexdigest() for name in "abc"]


def test_sessions_that_overlap_are_merged(tmp_path: Path) -> None:
    first, second = begin(tmp_path / "1.db"), begin(tmp_path / "2.db")
    for number, recording in enumerate((first, second, first, second)):
        send(recording, number, Sent(f"{number}.txt", b"12345%d" % number))
    first.close()
    second.close()
    assert [one.name for one in rows(first.path, second.path)] == ["0.txt", "1.txt", "2.txt", "3.txt"]


def test_a_session_in_two_files_counts_once(three: list[Path], tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    shutil.copy(three[0], copy)
    told = as_json(copy, *three, three[0])
    assert [row["name"] for row in told["entries"]] == ["a.txt", "b.txt", "c.txt"]
    assert told["totals"]["all"]["files"] == 3
    assert told["head"]["left_out"] == [{"recording": "a.db", "uuid": uuid(three[0]), "counted_in": "copy.db"}]
    counts = [(file["name"], one["counts"]) for file in told["head"]["recordings"] for one in file["sessions"]]
    assert counts == [("copy.db", True), ("a.db", False), ("b.db", True), ("c.db", True)]


def test_a_part_that_was_trimmed_counts_only_without_the_whole(three: list[Path], tmp_path: Path) -> None:
    part, less = tmp_path / "part.db", tmp_path / "less.db"
    for before, after, hidden in ((three[0], part, "/description"), (part, less, "/uploadPath")):
        assert run("trim", before, after, "--redact", hidden).code == 0
    for order in ([part, less, *three], [*three, less, part], [less, three[1], three[0], part, three[2]]):
        told = as_json(*order)
        assert [row["recording"] for row in told["entries"]] == ["a.db", "b.db", "c.db"]
        left = {(one["recording"], one["counted_in"]) for one in told["head"]["left_out"]}
        assert left == {("part.db", "a.db"), ("less.db", "a.db")}
    assert [row.recording for row in rows(part, three[1])] == ["part.db", "b.db"]
    assert [row.recording for row in rows(less, part)] == ["part.db"]


def test_two_that_say_that_they_are_parts_of_each_other_do_not_hide_both(three: list[Path]) -> None:
    names = uuid(three[0]), uuid(three[1])
    for path, other in zip(three, reversed(names), strict=False):
        change(path, f"UPDATE sessions SET versions = json_set(versions, '$.trimmed', '{other}')")
    assert len(rows(*three[:2])) == 1


@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE sessions SET state = 'incomplete', trouble = 'disk full'",
        "UPDATE sessions SET state = 'open'",
        "DELETE FROM exchanges WHERE id = (SELECT max(id) FROM exchanges)",
    ],
    ids=["incomplete", "open", "fewer"],
)
def test_the_more_complete_of_two_copies_counts(spoil: str, three: list[Path], tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    shutil.copy(three[0], copy)
    change(copy, "DELETE FROM fetches") if "exchanges" in spoil else None
    change(copy, spoil)
    for order in ((copy, three[0]), (three[0], copy)):
        told = as_json(*order)
        assert [one["recording"] for one in told["head"]["left_out"]] == ["copy.db"]
        assert [one["recording"] for one in told["entries"]] == ["a.db"]


def test_an_incomplete_copy_is_more_than_an_open_one(three: list[Path], tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    shutil.copy(three[0], copy)
    change(copy, "UPDATE sessions SET state = 'incomplete'")
    change(three[0], "UPDATE sessions SET state = 'open'")
    with auditing([three[0], copy], Selection()) as audited:
        assert [recording.path.name for recording, _ in audited.sessions] == ["copy.db"]
        assert [one.trouble for one in audited.head().incomplete]


def test_one_session_of_many(three: list[Path]) -> None:
    assert [one.name for one in rows(*three, session=uuid(three[1])[:13])] == ["b.txt"]
    with pytest.raises(NothingFound, match="nonesuch"):
        rows(*three, session="nonesuch")


def test_the_head_names_files_by_their_bytes(three: list[Path]) -> None:
    head = as_json(*three)["head"]
    assert [one["sha256"] for one in head["recordings"]] == [
        hashlib.sha256(path.read_bytes()).hexdigest() for path in three
    ]
    assert {one["unsettled"] for one in head["recordings"]} == {""}
    [session] = head["recordings"][0]["sessions"]
    exchanges = query(three[0], "SELECT count(*) AS n FROM exchanges")[0]["n"]
    assert (session["state"], session["exchanges"], session["upstream"]) == (
        "complete",
        exchanges,
        "http://gws.example",
    )


def test_a_policy_of_its_own_is_in_the_head_and_judges_again(three: list[Path], tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text('deny_extensions = ["txt"]\n')
    policy = Policy(deny_extensions=("txt",))
    assert not [one for row in rows(*three) for one in row.findings if one.rule == "GW503"]
    with auditing(three, Selection(), policy, policy_file=file) as audited:
        assert all("GW503" in [one.rule for one in row.findings] for row in audited.entries())
        head = audited.head()
    assert head.policy and list(head.policy) == ["deny_extensions"]
    assert (head.policy_file, head.policy_sha256) == ("policy.toml", hashlib.sha256(file.read_bytes()).hexdigest())


def test_rows_of_the_same_policy_are_used_as_they_are(tmp_path: Path) -> None:
    path = recorded(tmp_path / "one.db", [Sent("a.txt", b"12345")])
    change(path, "DELETE FROM findings")

    def bring(recording: Any, sessions: Any, policy: Policy | None) -> None:
        assert policy is None

    with auditing([path], Selection(), Policy(), bring) as audited:
        assert [row.findings for row in audited.entries()] == [()]


def test_rows_of_other_rules_are_made_anew(three: list[Path]) -> None:
    before = rows(*three)
    for path in three:
        change(path, "DELETE FROM transfers")
        change(path, "UPDATE sessions SET judged = '0.0.0, rules 0'")
    assert rows(*three) == before


def test_totals_add_up(tmp_path: Path) -> None:
    files = [
        Sent("a.txt", b"x" * 10),
        Sent("b.pdf", PDF, "application/pdf"),
        Sent("c.txt", PDF),
        Sent("d.bin", b"\0" * 9),
    ]
    told = as_json(recorded(tmp_path / "one.db", files))
    totals, entries = told["totals"], told["entries"]
    assert totals["all"]["files"] == len(files) == len(entries)
    assert totals["all"]["files_of_unknown_size"] == 0
    assert totals["all"]["bytes"] == sum(len(one.content) for one in files)
    assert totals["by_declared_type"]["application/pdf"]["bytes"] == len(PDF)
    assert totals["by_detected_type"]["application/pdf"]["files"] == 2
    for which in ("by_agent", "by_chat", "by_declared_type", "by_detected_type", "by_day"):
        for name in ("files", "bytes", "files_of_unknown_size"):
            assert sum(one[name] for one in totals[which].values()) == totals["all"][name], (which, name)
        states = [state for one in totals[which].values() for state in one["states"].items()]
        assert sum(count for _, count in states) == len(files)
        found = sum(sum(one["findings"].values()) for one in totals[which].values())
        assert found == sum(len(row["findings"]) for row in entries) > 0
    assert set(totals["by_day"]) == {row["time"][:10] for row in entries}


def test_json_has_hostile_names_as_they_are(tmp_path: Path) -> None:
    path = recorded(tmp_path / "one.db", [Sent(name, name.encode() + b"!") for name in HOSTILE.values()])
    assert [row["name"] for row in as_json(path)["entries"]] == list(HOSTILE.values())


def test_what_is_about_no_transfer_is_told_apart(tmp_path: Path) -> None:
    recording = begin(tmp_path / "one.db")
    recording.ask(
        "POST", "/api/v2/me/chats/0001PaBMYY3600R8", b"{", {"statusCode": 10}, ("Cookie", "JSESSIONID=sofia-1")
    )
    recording.close()
    told = as_json(recording.path)
    assert told["entries"] == []
    assert "GW101" in [one["finding"]["rule"] for one in told["others"]]


def test_every_finding_is_of_a_transfer_or_of_none(tmp_path: Path) -> None:
    path = recorded(tmp_path / "one.db", [Sent("C:\\a", b"x" * 10), Sent("b.txt", PDF, "image/png")])
    told = as_json(path)
    found = [one["rule"] for row in told["entries"] for one in row["findings"]]
    found += [one["finding"]["rule"] for one in told["others"]]
    assert sorted(found) == sorted(row["rule"] for row in query(path, "SELECT rule FROM findings"))


def test_the_file_of_a_recording_is_left_as_it_is(three: list[Path]) -> None:
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in three}
    for name, made in FORMATS.items():
        if name != "html":
            with auditing(three, Selection(), Policy(max_bytes=1)) as audited:
                assert "".join(made(audited))
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in three} == before
    assert sorted(path.name for path in three[0].parent.iterdir()) == ["a.db", "b.db", "c.db"]


def test_a_recording_that_is_none_is_refused(three: list[Path], tmp_path: Path) -> None:
    (tmp_path / "none.db").write_bytes(b"nothing")
    with pytest.raises(RecordingError, match=r"none\.db is not a recording"):
        rows(*three, tmp_path / "none.db")


def test_a_recording_may_have_any_name(tmp_path: Path) -> None:
    path = recorded(tmp_path / os.fsdecode(b"caf\xe9.db"), [Sent("a.txt", b"12345")])
    told = as_json(path)
    assert told["entries"][0]["recording"] == told["head"]["recordings"][0]["name"] == "caf\ufffd.db"


def test_whoever_watches_is_told_of_each_transfer(three: list[Path]) -> None:
    seen: list[int] = []
    with auditing(three, Selection()) as audited:
        watched = replace(audited, watch=lambda: seen.append(1))
        assert len(list(watched.entries())) == len(seen) == audited.count() == 3


def test_the_recording_of_each_session_can_be_asked_for(three: list[Path]) -> None:
    with auditing(three, Selection()) as audited:
        assert isinstance(audited, Audited)
        assert [audited.recording_of(uuid(path)).path for path in three] == three
