"""`diff` as a command: which sessions, what may differ, its exit codes, and whatever is no recording."""

import shutil
from pathlib import Path

import orjson
import pytest

from tests.audit.scripted import Server, diff, failed, places, record
from tests.live.commands import run
from tests.recording.keeping import change
from tests.recording.played import JSON, Recording

HOSTILE = "\x1b[31mred\u202e\x00" + "x" * 10_000


@pytest.fixture
def before(tmp_path: Path) -> Path:
    return record(tmp_path / "before.db", Server())


@pytest.fixture
def after(tmp_path: Path) -> Path:
    return record(tmp_path / "after.db", Server(3, "new member"))


def test_it_says_no_difference_in_one_line(before: Path):
    ended = run("diff", before, before)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("no difference: 27 and 27 messages\nleft out as volatile: ")


def test_exit_code_1_if_they_differ(before: Path, after: Path):
    ended = run("diff", before, after)
    assert ended.code == 1
    assert "/reply/body/hint~1a" in ended.out
    assert "\n1 added\n" in ended.out


@pytest.mark.parametrize(
    "pointer",
    ["/reply/body/hint~1a", "/reply/body", "/reply/*/hint~1a", "/reply", "UploadFile:/reply/body/hint~1a"],
)
def test_what_is_ignored_may_differ(pointer: str, before: Path, after: Path):
    code, told = diff(before, after, "--ignore", pointer)
    assert (code, places(told)) == (0, [])
    assert "ignored" in {one["why"] for one in told["left_out"]}


@pytest.mark.parametrize("pointer", ["/state", "transfer:/state", "transfer:/*"])
def test_what_came_of_files_can_be_ignored_too(pointer: str, before: Path, tmp_path: Path):
    run("check", before, "--save")
    other = Path(shutil.copy(before, tmp_path / "other.db"))
    change(other, "UPDATE transfers SET state = 'undecided'")
    code, told = diff(before, other)
    assert (code, {(one["what"], one["pointer"]) for one in told["differences"]}) == (1, {("transfer", "/state")})
    code, told = diff(before, other, "--ignore", pointer)
    assert (code, told["differences"]) == (0, [])
    assert {"member": "state", "why": "ignored", "before": 3, "after": 3} in told["left_out"]


@pytest.mark.parametrize("pointer", ["/reply/body/hint", "/request", "AddAttachment:/reply/body/hint~1a"])
def test_nothing_else_is_ignored(pointer: str, before: Path, after: Path):
    assert diff(before, after, "--ignore", pointer)[0] == 1


def test_an_ignored_member_does_not_hide_what_is_lost(before: Path, tmp_path: Path):
    lost = record(tmp_path / "lost.db", Server(3, "lost", 0))
    code, told = diff(before, lost, "--ignore", "/data/messages/*/attachment/name", "--ignore", "/data/messages/*/text")
    assert (code, places(told)) == (1, [("missing", "file-uploaded", "")])


def test_json_is_what_is_documented(before: Path, after: Path):
    _, told = diff(before, after)
    assert list(told) == ["before", "after", "same", "counts", "differences", "left_out", "renamed"]
    assert list(told["before"]) == ["recording", "session", "state", "messages", "polls"]
    kinds = ["added", "missing", "changed", "moved", "cause", "order", "slower", "faster"]
    assert told["counts"] == dict.fromkeys(kinds, 0) | {"added": 1}
    [found] = told["differences"]
    assert found == {
        "kind": "added",
        "agent": "sofia",
        "chat": "0001TaBM000C00",
        "what": "UploadFile",
        "at_before": found["at_before"],
        "at_after": found["at_before"],
        "pointer": "/reply/body/hint~1a",
        "before": None,
        "after": "1",
        "note": "",
    }
    assert found["at_before"].startswith("#")
    assert {"before", "after"} == set(told["renamed"][0])
    assert {"member", "why", "before", "after"} == set(told["left_out"][0])


def test_sessions_are_chosen_by_number_or_uuid(tmp_path: Path):
    path = tmp_path / "both.db"
    for _ in range(2):
        recording = Recording(path)
        recording.ask("GET", "/api/v2/me", b"", {"statusCode": 0})
        recording.close()
    recording = Recording(path)
    recording.ask("GET", "/api/v2/me", b"", {"statusCode": 7})
    recording.close()
    _, told = diff(f"{path}#1", f"{path}#2")
    assert told["same"]
    code, told = diff(f"{path}#1", path)
    assert (code, places(told)) == (1, [("changed", "GET /api/v2/me", "/reply/body/statusCode")])
    uuid = told["after"]["session"]
    assert diff(f"{path}#2", f"{path}#{uuid[:13]}")[1]["after"]["session"] == uuid


def test_a_file_may_have_a_sharp_in_its_name(before: Path, tmp_path: Path):
    sharp = tmp_path / "a#1.db"
    shutil.copy(before, sharp)
    assert diff(sharp, f"{sharp}#1")[1]["same"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("{}#none",), "holds no session none"),
        (("{}#",), "names no session"),
        (("#1",), "names no session"),
        (("nonesuch.db",), "nonesuch.db"),
        (("{}", "--ignore", "reply"), "'reply' is no JSON pointer"),
        (("{}", "--ignore", ""), "would compare nothing"),
        (("{}", "--ignore", "X:/a~b"), "is no JSON pointer"),
        (("{}", "--delay-threshold", "nan"), "give milliseconds"),
        (("{}", "--delay-threshold", "-1"), "give milliseconds"),
        ((__file__,), "test_diff_command.py"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) and value != (__file__,) else "",
)
def test_bad_input_is_one_line_and_exit_code_2(arguments: tuple[str, ...], said: str, before: Path):
    ended = failed(before, *(argument.replace("{}", str(before)) for argument in arguments))
    assert said in ended.err
    assert ended.err.startswith("error: ")
    assert ended.err.count("\n") == 1
    assert ended.out == ""


def test_an_incomplete_side_is_warned_of(before: Path, tmp_path: Path):
    broken = tmp_path / "broken.db"
    shutil.copy(before, broken)
    change(broken, "UPDATE sessions SET state = 'incomplete', trouble = 'the disk was \x1b full'")
    ended = run("diff", before, broken)
    assert ended.code == 0
    assert ended.err == f"warning: B, session 1 of {broken}, is incomplete: the disk was \\x1b full\n"


def test_a_recording_that_is_still_written_is_read(before: Path, tmp_path: Path):
    recorder = Recording(tmp_path / "open.db")
    recorder.ask("GET", "/api/v2/me", b"", {"statusCode": 0})
    ended = run("diff", tmp_path / "open.db", tmp_path / "open.db")
    recorder.close()
    assert ended.code == 0
    assert ended.err.count("is open: it was not closed") == 2


def test_nothing_of_the_traffic_reaches_the_terminal_raw(tmp_path: Path):
    paths = []
    for number in range(2):
        recording = Recording(tmp_path / f"{number}.db")
        for name in (HOSTILE, f"{number}"):
            back = {f"{HOSTILE}{name}": f"{HOSTILE}{number}", "id": f"{HOSTILE}{number}"}
            recording.ask("POST", "/api/v2/me", {"operationName": f"[bold]{HOSTILE}", "chatId": HOSTILE}, back)
        recording.ask("GET", f"/api/v2/{HOSTILE.encode('unicode_escape').decode()}/{number}")
        recording.close()
        paths.append(recording.path)
    ended = run("diff", *paths, "--all")
    assert ended.code == 1
    assert "\\x1b[31mred\\u202e\\x00" in ended.out
    assert not {"\x1b", "\u202e", "\x00"} & set(ended.out)
    assert "[bold]" in ended.out
    told = orjson.loads(run("diff", *paths, "--format", "json").out)
    assert all(len(one["before"] or "") < 200 for one in told["differences"])


def test_a_name_is_no_markup(tmp_path: Path):
    paths = []
    for number in range(2):
        recording = Recording(tmp_path / f"{number}.db")
        known = {"statusCode": number, "user": {"id": "1", "userName": "[/x] [red]"}}
        cookie = ("Set-Cookie", "JSESSIONID=1; Path=/")
        recording.ask("GET", "/api/v2/me", b"", known, back_fields=(JSON, cookie))
        recording.close()
        paths.append(recording.path)
    ended = run("diff", *paths)
    assert ended.code == 1
    assert ended.out.startswith("[/x] [red]")


def test_values_that_nobody_should_send_are_compared_too(tmp_path: Path):
    bodies = [b"[" * 5000, b"\xff\xfe", b'{"a":1e999}', b"[]", b"null", b"", b'{"id": 12345678901234567890123}']
    recording = Recording(tmp_path / "a.db")
    for body in bodies:
        recording.ask("POST", "/api/v2/me", body, body)
        recording.ask("POST", "/api/v2/notifications", body, body)
    recording.close()
    assert diff(recording.path, recording.path)[1]["same"]
    other = Recording(tmp_path / "b.db")
    for body in reversed(bodies):
        other.ask("POST", "/api/v2/me", body, body)
    other.close()
    assert diff(recording.path, other.path)[0] == 1


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE calls SET agent = 99",
        "UPDATE messages SET agent = 99",
        "UPDATE transfers SET agent = 99",
        "UPDATE messages SET data = 'no JSON' WHERE chat_id <> ''",
    ],
)
def test_what_somebody_has_bent_is_told_of_in_one_line(damage: str, before: Path):
    run("check", before, "--save")
    change(before, damage)
    ended = run("diff", before, before)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"error: {before} is damaged: ") and ended.err.count("\n") == 1


def test_nothing_is_written_to_the_recordings(before: Path, after: Path):
    change(before, "UPDATE sessions SET judged = ''")  # what is derived is not today's: it is derived elsewhere
    contents = before.read_bytes(), after.read_bytes()
    assert run("diff", before, after).code == 1
    assert (before.read_bytes(), after.read_bytes()) == contents
