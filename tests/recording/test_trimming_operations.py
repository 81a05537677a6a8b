"""Operations left out of a recording: they go with what only they brought about, and nothing else does."""

import random
from pathlib import Path
from typing import Any

import pytest

from inspector.errors import NothingFound, UsageError
from inspector.recording.derivation import bring_to_today, save
from inspector.recording.reader import reading
from inspector.recording.trimming.choosing import Wanted
from inspector.recording.trimming.leaving import numbers_of
from inspector.recording.trimming.left_out import left_out
from inspector.recording.trimming.trimming import trim
from inspector.traffic.bayeux import parse
from inspector.traffic.exchange import Exchange
from tests.analysis.shapes import DOCUMENT, chat_has, file_line, line, log_has, sent
from tests.analysis.traffic import OK, Desk, Wire
from tests.live.commands import run
from tests.recording.keeping import change, query
from tests.replay.recordings import written

pytestmark = pytest.mark.once

SHIPPED = Path(__file__).parents[2] / "recordings" / "upload-file.db"


def without(path: Path, *numbers: int, out: str = "small.db") -> Path:
    made = path.parent / out
    made.unlink(missing_ok=True)
    with reading(path) as opened:
        sessions = opened.sessions()
        bring_to_today(opened, sessions)
        trim(opened, sessions, made, Wanted(without=numbers), (), save)
    return made


def exchanges(path: Path) -> dict[int, Exchange]:
    with reading(path) as opened:
        return {row["id"]: opened.exchange(row["id"]) for row in query(path, "SELECT id FROM exchanges")}


def told(exchange: Exchange) -> list[Any]:
    """The data of its events."""
    assert exchange.response is not None
    messages = parse(exchange.response.body.decoded())
    return [message["data"] for message in messages if not message["channel"].startswith("/meta/")]


def test_of_the_shipped_recording_any_operations_can_go_and_all_else_stays(tmp_path: Path) -> None:
    copy = tmp_path / "whole.db"
    copy.write_bytes(SHIPPED.read_bytes())
    before = exchanges(copy)
    operations = [number for number, one in before.items() if one.request.method == "POST" and not is_channel(one)]
    causes = query(copy, "SELECT exchange, position, max(call) AS call FROM causes GROUP BY exchange, position")
    seed = random.randrange(1 << 32)
    print("seed", seed)
    chance = random.Random(seed)
    for _ in range(5):
        gone = set(chance.sample(operations, chance.randrange(1, len(operations))))
        left = exchanges(without(copy, *gone))
        assert left.keys() == before.keys() - gone
        caused = [(row["exchange"], row["position"]) for row in causes if row["call"] in gone]
        assert [number for number in left if left[number] != before[number]] == sorted({poll for poll, _ in caused})
        for poll in {poll for poll, _ in caused}:
            left_of_it = [one for place, one in enumerate(messages(before[poll])) if (poll, place) not in caused]
            assert messages(left[poll]) == left_of_it
            assert left[poll].truncated[-1].endswith("left out with what brought it about")


def messages(exchange: Exchange) -> list[Any]:
    return exchange.response.body.json() if exchange.response else []


def is_channel(exchange: Exchange) -> bool:
    return "/notifications" in exchange.request.path


def test_what_is_dropped_is_remembered_and_so_is_what_was_dropped_before(tmp_path: Path) -> None:
    copy = tmp_path / "whole.db"
    copy.write_bytes(SHIPPED.read_bytes())
    once = without(copy, 11, 55)
    twice = without(once, 13, out="smaller.db")
    with reading(twice) as opened:
        [session] = opened.sessions()
    gone = {one.number: one for one in left_out(session)}
    assert {number: (one.operation, one.accepted, one.document_id) for number, one in gone.items()} == {
        11: ("AddAttachment", True, "0001PaBMYY3600RC"),
        13: ("UploadFile", True, ""),
        55: ("Complete", True, ""),
    }
    with reading(copy) as opened:
        ticks = {
            row["id"]: (row["start_tick"], row["done_tick"]) for row in opened.db.execute("SELECT * FROM exchanges")
        }
    assert all((one.start, one.done) == ticks[number] for number, one in gone.items())
    assert {one.beside for one in gone.values()} <= exchanges(twice).keys()


def test_who_was_not_the_one_that_asked_is_told_as_before(file: Path) -> None:
    wire = Wire()
    sofia, toni = wire.at_work("sofia"), wire.at_work("toni")
    sofia.has_linked()
    upload = sofia.upload()
    wire.answer(upload)
    both = sofia.hear(sent()), toni.hear(sent())
    left = exchanges(without(written(wire, file), upload.number))
    assert upload.number not in left
    assert [told(left[poll]) for poll in both] == [[], [sent()]]


def test_both_tabs_of_whoever_asked_are_told_no_more(file: Path) -> None:
    wire = Wire()
    sofia = wire.at_work()
    tab = Desk(wire, *sofia.fields)
    tab.listen()
    sofia.has_linked()
    upload = sofia.upload()
    wire.answer(upload)
    both = sofia.hear(sent()), tab.hear(sent())
    left = exchanges(without(written(wire, file), upload.number))
    assert [told(left[poll]) for poll in both] == [[], []]


def test_what_came_by_itself_in_the_same_poll_stays(file: Path) -> None:
    said = log_has(line("Text", {"nickname": "Customer", "type": "Customer"}, 4, text="hello"))
    wire = Wire()
    sofia = wire.at_work()
    sofia.has_linked()
    upload = sofia.upload()
    wire.answer(upload)
    poll = sofia.hear(said, sent())
    left = exchanges(without(written(wire, file), upload.number))
    assert told(left[poll]) == [said]


def test_what_another_operation_brought_about_too_waits_for_the_last_and_goes_with_it(file: Path) -> None:
    wire = Wire()
    sofia = wire.at_work()
    sofia.has_linked()
    sofia.has_linked("0001PaSECOND00RC")
    first, second = sofia.upload(), sofia.upload("0001PaSECOND00RC")
    wire.answer(first)
    wire.answer(second)
    poll = sofia.hear(log_has(file_line(index=7), file_line("0001PaSECOND00RC", index=8)))
    written(wire, file)
    assert {row["call"] for row in query(file, "SELECT call FROM causes WHERE exchange = ?", poll)} == {
        first.number,
        second.number,
    }
    assert told(exchanges(without(file, second.number))[poll]) == []
    assert told(exchanges(without(file, first.number))[poll]) == told(exchanges(file)[poll])


@pytest.mark.parametrize("turn", [0, 1])
def test_what_was_told_twice_by_two_causes_goes_once(turn: int, file: Path) -> None:
    wire = Wire()
    sofia = wire.at_work()
    tab = Desk(wire, *sofia.fields)
    tab.listen()
    links, polls = [], []
    for _ in range(2):
        link = sofia.link()
        wire.answer(link)
        polls.append((sofia.hear(chat_has(DOCUMENT)), tab.hear(chat_has(DOCUMENT))))
        wire.answer(sofia.unlink())
        sofia.hear(chat_has()), tab.hear(chat_has())
        links.append(link.number)
    written(wire, file)
    assert query(file, "SELECT call, exchange FROM causes WHERE kind = 'linked'") == [
        {"call": link, "exchange": own} for link, (own, _) in zip(links, polls, strict=True)
    ]
    left = exchanges(without(file, links[turn]))
    assert [told(left[poll]) == [] for both in polls for poll in both] == [turn == 0] * 2 + [turn == 1] * 2


def two_logins() -> tuple[Wire, dict[str, int]]:
    """A user who shows nothing but a name logs in twice."""
    wire = Wire()
    desk = Desk(wire, ("Authorization", "Basic sofia:~secret:0765421089ab~"))
    wire.answer(desk.get("/me"), OK)
    out = desk.log_out()
    wire.answer(out, OK)
    wire.answer(desk.get("/me"), OK)
    named = Desk(wire, ("Authorization", "Basic toni:~secret:0765421089ab~"))
    begin = named.ask("POST", "/api/v2/login", {"operationName": "Login"})
    wire.answer(begin, OK, ("Set-Cookie", "JSESSIONID=~secret:00000000000a~; Path=/"))
    wire.answer(Desk(wire, ("Cookie", "JSESSIONID=~secret:00000000000a~")).get("/me"), OK)
    wire.at_work()
    return wire, {"logout": out.number, "login": begin.number}


@pytest.mark.parametrize("which", ["logout", "login"])
def test_what_tells_whose_the_others_are_cannot_go(which: str, file: Path) -> None:
    wire, numbers = two_logins()
    written(wire, file)
    with pytest.raises(UsageError, match=f"#{numbers[which]} cannot be left out: a login or a logout"):
        without(file, numbers[which])
    assert [one.name for one in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize(("number", "kind"), [(8, "a read"), (9, "the notification channel")], ids=["read", "poll"])
def test_only_operations_can_go(number: int, kind: str, tmp_path: Path) -> None:
    ended = run("trim", SHIPPED, tmp_path / "small.db", "--without", number)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert f"#{number} " in ended.err and f"is {kind}: only operations can be left out" in ended.err


@pytest.mark.parametrize(
    ("name", "why"),
    [("99", "holds no exchange 99"), ("9" * 30, "holds no operation"), ("UploadFil", "did you mean UploadFile?")],
    ids=["number", "huge", "name"],
)
def test_what_is_not_there_is_one_line(name: str, why: str, tmp_path: Path) -> None:
    ended = run("trim", SHIPPED, tmp_path / "small.db", "--without", name)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1) and why in ended.err
    assert list(tmp_path.iterdir()) == []


def test_all_calls_of_an_operation_go_by_its_name(tmp_path: Path) -> None:
    out = tmp_path / "small.db"
    assert run("trim", SHIPPED, out, "--without", "UploadFile", "--without", "11").code == 0
    calls = "SELECT exchange FROM calls WHERE operation = 'UploadFile'"
    assert query(out, calls) == [] and len(query(SHIPPED, calls)) == 10
    assert 11 not in exchanges(out) and 20 in exchanges(out)


def test_only_the_session_that_lost_something_is_another_one(tmp_path: Path) -> None:
    copy = tmp_path / "whole.db"
    copy.write_bytes(SHIPPED.read_bytes())
    uuid = query(copy, "SELECT uuid FROM sessions")[0]["uuid"]
    [made] = query(without(copy, 11), "SELECT uuid FROM sessions")
    [again] = query(without(copy, 11), "SELECT uuid FROM sessions")
    assert made == again and made["uuid"] != uuid
    assert query(without(copy), "SELECT uuid FROM sessions") == [{"uuid": uuid}]


@pytest.mark.parametrize("told_by", ["{}", "[[1]]", '[[1,2,9,3,"",true,"",""]]'])
def test_what_a_stranger_wrote_there_is_told(told_by: str, tmp_path: Path) -> None:
    copy = tmp_path / "whole.db"
    copy.write_bytes(SHIPPED.read_bytes())
    change(copy, "UPDATE sessions SET settings = json_object('left_out', json(?))", told_by)
    ended = run("trim", copy, tmp_path / "small.db", "--without", "11")
    assert (ended.code, ended.err.count("\n")) == (2, 1) and "the recording is damaged" in ended.err


def test_numbers_are_of_the_sessions_that_are_trimmed(file: Path) -> None:
    wire = Wire()
    wire.at_work()
    written(wire, file)
    with reading(file) as opened, pytest.raises(NothingFound, match="holds no exchange 1"):
        numbers_of(opened, [], ["1"])
