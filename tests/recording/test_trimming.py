"""Trimming, on traffic made by hand: what of others stands beside what is kept, in the same polls and lists."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from inspector.errors import NothingFound, UsageError
from inspector.recording.derivation import bring_to_today, save
from inspector.recording.reader import reading
from inspector.recording.session import Session
from inspector.recording.trimming.choosing import AROUND_S, Wanted
from inspector.recording.trimming.trimming import Trimmed, trim
from inspector.traffic.body import Body
from inspector.traffic.exchange import Event, Exchange
from inspector.traffic.headers import FORM
from tests.analysis.shapes import CHAT, DOCUMENT, OTHER_CHAT, OTHER_DOCUMENT, chat_is, line, log_has
from tests.analysis.traffic import ME, OK, TOPIC, Desk, Wire
from tests.recording.keeping import change, keep, query
from tests.replay.recordings import written

CUSTOMER = {"nickname": "Customer", "type": "Customer"}
HERE, THERE = "what is said here", "what is said there"


def said(text: str, of: str) -> dict[str, object]:
    return log_has(line("Text", CUSTOMER, 4, text=text), of=of)


def trimmed(
    path: Path, *, agents: Sequence[str] = (), chats: Sequence[str] = (), hidden: Sequence[str] = ()
) -> tuple[Path, Trimmed]:
    out = path.with_name("small.db")
    with reading(path) as opened:
        sessions = opened.sessions()
        bring_to_today(opened, sessions)
        done = trim(opened, sessions, out, Wanted(tuple(agents), tuple(chats)), hidden, save)
    return out, done


def exchanges(path: Path) -> dict[int, Exchange]:
    with reading(path) as opened:
        return {row["id"]: opened.exchange(row["id"]) for row in query(path, "SELECT id FROM exchanges")}


def of_two_chats() -> tuple[Wire, dict[str, int]]:
    """One agent, two chats; what came of both came in one poll, and each has a poll of its own."""
    wire, at = Wire(), {}
    sofia = wire.at_work()
    sofia.accept(OTHER_CHAT)
    at["both"] = sofia.hear(said(HERE, CHAT), said(THERE, OTHER_CHAT))
    at["there"] = sofia.hear(said(THERE, OTHER_CHAT))
    at["here"] = sofia.hear(said(HERE, CHAT))
    listed = [chat_is(of=CHAT)["chat"], chat_is(of=OTHER_CHAT)["chat"]]
    asked = sofia.get("/me/chats")
    wire.answer(asked, OK | {"chats": listed})
    at["list"] = asked.number
    link = sofia.link(OTHER_DOCUMENT, OTHER_CHAT)
    wire.answer(link)
    at["link there"] = link.number
    fetch = sofia.get(f"/attachments/{OTHER_DOCUMENT}")
    wire.answer(fetch, b"bytes of there", ("Content-Type", "text/plain"))
    at["fetch there"] = fetch.number
    return wire, at


def test_a_poll_loses_what_it_told_of_another_chat(file: Path) -> None:
    wire, at = of_two_chats()
    out, done = trimmed(written(wire, file), chats=[CHAT])
    left, before = exchanges(out), exchanges(file)
    both = left[at["both"]].response
    assert both is not None
    assert [message["channel"] for message in both.body.json()] == [TOPIC, "/meta/connect"]
    assert HERE in both.body.content.decode()
    assert left[at["both"]].truncated == ("response: trimmed, 1 left out of what is of others",)
    old = before[at["both"]].response
    assert old is not None and both.body.original is not None
    assert (both.body.original.length, both.body.sha256 == old.body.sha256) == (old.body.size, False)
    assert left[at["here"]].response == before[at["here"]].response
    assert {at["link there"], at["fetch there"]}.isdisjoint(left)
    assert done.kept == len(left) < done.exchanges == len(before)


def test_a_list_loses_its_elements_and_no_byte_names_the_other(file: Path) -> None:
    wire, at = of_two_chats()
    out, _ = trimmed(written(wire, file), chats=[CHAT])
    listed = exchanges(out)[at["list"]].response
    assert listed is not None and [chat["id"] for chat in listed.body.json()["chats"]] == [CHAT]
    content = out.read_bytes()
    for gone in (OTHER_CHAT, OTHER_DOCUMENT, THERE, "bytes of there"):
        assert gone.encode() in file.read_bytes() and gone.encode() not in content, gone


def test_polls_that_tell_of_nothing_kept_go_but_for_those_around_the_chat(file: Path) -> None:
    wire = Wire()
    sofia = wire.log_in()
    sofia.listen()
    early = sofia.hear()
    wire.wait(1000 * (AROUND_S + 1))
    near = sofia.hear()
    sofia.accept()
    during = sofia.hear()
    wire.wait(1000 * (AROUND_S + 31))
    late, elsewhere = sofia.hear(), sofia.hear(said(THERE, OTHER_CHAT))
    out, _ = trimmed(written(wire, file), chats=[CHAT])
    assert {near, during} <= set(exchanges(out)) and {early, late, elsewhere}.isdisjoint(exchanges(out))


def test_what_was_found_about_a_chat_is_found_again(file: Path) -> None:
    wire = Wire()
    sofia, toni = wire.at_work(), wire.at_work("toni", OTHER_CHAT)
    wire.answer(sofia.upload("0000nowhere0000"))
    sofia.has_linked()
    wire.answer(sofia.upload())
    wire.answer(toni.upload("0000nothing0000", OTHER_CHAT))
    for _ in range(5):
        wire.wait(9_000)
        sofia.hear()
        toni.hear()
    out, _ = trimmed(written(wire, file), chats=[CHAT])
    found = "SELECT rule, severity, exchange, text FROM findings"
    of_sofia = "WHERE exchange IN (SELECT exchange FROM calls WHERE agent = 1)"
    assert query(out, found) == query(file, f"{found} {of_sofia}") != []
    assert "GW402" in {row["rule"] for row in query(out, found)}


def test_customers_of_the_chat_come_along_and_others_do_not(file: Path) -> None:
    wire = Wire()
    nobody = Desk(wire)
    mine = nobody.ask("POST", f"/api/v2/chats/{CHAT}", {"operationName": "SendMessage", "text": HERE})
    wire.answer(mine)
    other = nobody.ask("POST", f"/api/v2/chats/{OTHER_CHAT}", {"operationName": "SendMessage", "text": THERE})
    wire.answer(other)
    version = nobody.get("/diagnostics/version")
    wire.answer(version, {"version": "8.5"})
    wrong = Desk(wire, ("Authorization", "Basic mallory:~secret:0765421089ab~")).get("/me")
    wire.answer(wrong, {"statusCode": 5}, status=401)
    wire.at_work()
    wire.at_work("toni", OTHER_CHAT)
    out, _ = trimmed(written(wire, file), agents=["sofia"])
    left = set(exchanges(out))
    assert {mine.number, version.number} <= left and {other.number, wrong.number}.isdisjoint(left)
    assert [row["login"] for row in query(out, "SELECT login FROM agents")] == ["sofia"]


@pytest.mark.parametrize("agent", ["toni", "TONI", "#2", "2", "11111111111111111111111111111111"])
def test_an_agent_is_named_in_many_ways(agent: str, file: Path) -> None:
    wire = Wire()
    wire.at_work()
    wire.at_work("toni", OTHER_CHAT)
    out, _ = trimmed(written(wire, file), agents=[agent])
    assert [row["login"] for row in query(out, "SELECT login FROM agents")] == ["toni"]


def test_messages_in_a_call_of_javascript_are_parted_too(file: Path) -> None:
    wire, _ = of_two_chats()
    desk = Desk(wire, ("Cookie", _cookie(wire)))
    desk.client = "client5"
    poll = desk.poll()
    told = [{"channel": TOPIC, "data": said(HERE, CHAT)}, {"channel": TOPIC, "data": said(THERE, OTHER_CHAT)}]
    wire.answer(poll, b"/**/back(" + orjson.dumps(told) + b");", ("Content-Type", "text/javascript"))
    out, _ = trimmed(written(wire, file), chats=[CHAT])
    content = exchanges(out)[poll.number].response
    assert content is not None and content.body.content is not None
    assert content.body.content.startswith(b"/**/back([") and content.body.content.endswith(b"]);")
    assert HERE.encode() in content.body.content and THERE.encode() not in content.body.content


def test_what_is_hidden_is_hidden_wherever_it_stands(file: Path) -> None:
    phone, card = "+49 30 7654210", 411122223333
    wire = Wire()
    sofia = wire.at_work()
    data = {"userData": {"phone": phone, "card": card, "vip": True, "zip": 10115}}
    sofia.hear(chat_is(**data), said(f"call me: {phone}!", CHAT))
    asked = sofia.do("SetUserData", phone=phone, card=card, note="n")
    wire.answer(asked)
    wire.answer(sofia.get("/find?phone=%2B49+30+7654210&x=1"), {"phone": phone, "other": [phone, f"{card}"]})
    wire.answer(sofia.ask("POST", f"{ME}/form", b"a=%2B49+30+7654210", ("Content-Type", FORM)))
    wire.answer(sofia.get("/page"), f"<p>{phone}</p>".encode(), ("Content-Type", "text/html"), ("X-For", phone))
    wire.answer(sofia.attach(f"{phone}.txt", b"content"))
    pointers = ("/data/chat/userData/*", "/phone", "/card")
    out, _ = trimmed(written(wire, file), hidden=pointers)
    content = out.read_bytes()
    for gone in (phone, str(card), "%2B49+30+7654210", "7654210"):
        assert gone.encode() in file.read_bytes() and gone.encode() not in content, gone
    left = exchanges(out)
    sent_body = left[asked.number].request.body.json()
    assert sent_body["operationName"] == "SetUserData" and sent_body["note"] == "n"
    assert sent_body["phone"].startswith("~secret:") and type(sent_body["card"]) is int
    assert len(str(sent_body["card"])) == len(str(card))
    [told] = [one for one in left.values() if one.response and b'"vip"' in (one.response.body.content or b"")]
    hidden = told.response and told.response.body.json()[0]["data"]["chat"]["userData"]
    assert hidden == {"phone": sent_body["phone"], "card": sent_body["card"], "vip": True, "zip": hidden["zip"]}
    assert hidden["zip"] != 10115
    redacted = orjson.loads(query(out, "SELECT redacted FROM sessions")[0]["redacted"])
    assert redacted["members"] == ["card", "phone"]


def test_a_file_is_evidence_and_stays(file: Path) -> None:
    wire = Wire()
    sofia = wire.at_work()
    wire.answer(sofia.do("SetUserData", phone="030 7654210"))
    new = sofia.attach("a.txt", b"call 030 7654210")
    wire.answer(new)
    fetch = sofia.get(f"/attachments/{DOCUMENT}")
    wire.answer(fetch, b"or 030 7654210", ("Content-Type", "text/plain"))
    out, _ = trimmed(written(wire, file), hidden=["/phone"])
    before, left = exchanges(file), exchanges(out)
    for number in (new.number, fetch.number):
        assert left[number] == before[number]


def test_large_and_half_known_bodies_come_as_they_are(file: Path) -> None:
    wire = Wire()
    sofia = wire.at_work()
    large = sofia.attach("large.bin", bytes(range(256)) * 10_000)
    wire.answer(large)
    known = sofia.get(f"/attachments/{DOCUMENT}")
    wire.answer(known, Body(None, 5, "ab" * 32), ("Content-Type", "application/pdf"))
    sofia.do("NeverAnswered")
    out, done = trimmed(written(wire, file), chats=[CHAT])
    before, left = exchanges(file), exchanges(out)
    assert {**before, **left} == before and {large.number, known.number, max(before)} <= set(left)
    assert b"".join(left[large.number].request.body.pieces()) == large.request.body.content
    chunks = "SELECT b.sha256, c.n, c.content FROM chunks c JOIN bodies b ON b.id = c.body ORDER BY 1, 2"
    assert query(out, chunks) == query(file, chunks) != []
    assert done.after == out.stat().st_size


def test_bodies_that_nothing_refers_to_are_left_behind(file: Path) -> None:
    wire, _ = of_two_chats()
    out, _ = trimmed(written(wire, file), chats=[CHAT])
    used = "SELECT request_body FROM exchanges UNION SELECT response_body FROM exchanges UNION SELECT body FROM parts"
    assert query(out, f"SELECT id FROM bodies WHERE id NOT IN ({used} UNION SELECT body FROM frames)") == []


def test_a_trimmed_session_is_another_one_and_says_of_which(file: Path) -> None:
    wire, _ = of_two_chats()
    out, _ = trimmed(written(wire, file), chats=[CHAT])
    [old], [new] = (query(path, "SELECT * FROM sessions") for path in (file, out))
    assert new["uuid"] != old["uuid"] and orjson.loads(new["versions"])["trimmed"] == old["uuid"]
    assert (new["state"], new["started_at"], new["ended_at"]) == (old["state"], old["started_at"], old["ended_at"])
    out.unlink()
    again, _ = trimmed(file, chats=[CHAT])
    assert query(again, "SELECT uuid FROM sessions") == [{"uuid": new["uuid"]}]


def test_a_chat_of_one_session_leaves_the_others_behind(file: Path) -> None:
    wire, _ = of_two_chats()
    written(wire, file)
    with reading(file) as opened:
        first = opened.session()
    second = Wire()
    second.at_work("toni", "0001another00001")
    second.close()
    offset = max(exchanges(file))
    keep(file, [_moved(event, offset) for event in second.events], of=_other(first))
    out, _ = trimmed(file, chats=["0001another00001"])
    assert len(query(out, "SELECT id FROM sessions")) == 1
    assert min(exchanges(out)) > offset


def test_a_session_that_is_being_recorded_is_incomplete_in_the_copy(file: Path) -> None:
    wire, _ = of_two_chats()
    written(wire, file)
    change(file, "UPDATE sessions SET state = 'open', ended_at = NULL, ended_mono = NULL")
    out, _ = trimmed(file)
    assert query(out, "SELECT state, trouble FROM sessions") == [
        {"state": "incomplete", "trouble": "it was still being recorded when it was trimmed"}
    ]


def test_it_says_what_is_not_there(file: Path) -> None:
    wire, _ = of_two_chats()
    written(wire, file)
    with pytest.raises(NothingFound, match="did you mean 0001PaBMYY3600R"):
        trimmed(file, chats=[CHAT[:-1]])
    with pytest.raises(NothingFound, match="did you mean sofia"):
        trimmed(file, agents=["sofja"])
    with pytest.raises(UsageError, match="no JSON pointer"):
        trimmed(file, hidden=["phone"])
    assert [one.name for one in file.parent.iterdir()] == [file.name]


def _cookie(wire: Wire) -> str:
    """Sofia's, as she sent it last."""
    fields = [pair for event in wire.events for pair in event.exchange.request.headers]
    return [value for name, value in fields if name == "Cookie" and "sofia" in value][-1]


def _moved(event: Event, offset: int) -> Event:
    return replace(event, exchange=replace(event.exchange, number=event.exchange.number + offset))


def _other(session: Session) -> Session:
    return replace(session, uuid="99999999-2222-3333-4444-555555555555", id=0)
