"""Trimming bodies of all kinds, sessions that belong together, and ids that could be anything."""

from dataclasses import replace
from pathlib import Path

import pytest

from inspector.recording.reader import reading
from inspector.recording.trimming.foreign import TRIMMED, Foreign
from inspector.recording.writer import Writer
from inspector.traffic.body import Body
from inspector.traffic.exchange import TEXT, Completed, Frame, Instant, Response
from inspector.traffic.headers import Headers
from tests.analysis.shapes import CHAT, OTHER_CHAT
from tests.analysis.traffic import ME, Wire
from tests.recording.keeping import keep, loud, query, session
from tests.recording.test_trimming import exchanges, trimmed
from tests.replay.recordings import DEEP, written

PHONE = "030 7654210"


def form(name: str, content: bytes) -> bytes:
    head = f'--cut\r\nContent-Disposition: form-data; name="note"\r\n\r\n{PHONE} called\r\n--cut\r\n'
    head += f'Content-Disposition: form-data; name="attachment"; filename="{name}"\r\n\r\n'
    return head.encode() + content + b"\r\n--cut--\r\n"


@pytest.mark.parametrize("size", [100, 3_000_000], ids=["small", "in chunks"])
def test_fields_of_a_form_and_names_of_files_are_changed_but_no_file(size: int, file: Path) -> None:
    wire, content = Wire(), b"%PDF" * (size // 4)
    sofia = wire.at_work()
    wire.answer(sofia.do("SetUserData", phone=PHONE))
    target, cut = f"{ME}/chats/{CHAT}/attachments", ("Content-Type", "multipart/form-data; boundary=cut")
    new = sofia.ask("POST", target, form(f"{PHONE}.pdf", content), cut)
    wire.answer(new)
    out, _ = trimmed(written(wire, file), hidden=["/phone"])
    assert PHONE.encode() not in out.read_bytes()
    left = exchanges(out)[new.number].request
    note, attached, _ = left.parts
    assert note.body.content is not None and note.body.content.startswith(b"~secret:")
    assert attached.filename is not None and attached.filename.startswith("~secret:")
    assert attached.body.sha256 == Body.of(content).sha256
    assert b"".join(attached.body.pieces()) == content
    whole = b"".join(left.body.pieces())
    assert (Body.of(whole).sha256, len(whole)) == (left.body.sha256, left.body.size)


def test_what_is_nested_too_deeply_is_changed_as_text(file: Path) -> None:
    wire = Wire()
    sofia = wire.at_work()
    wire.answer(sofia.do("SetUserData", phone=PHONE))
    deep = sofia.ask("PUT", f"{ME}/settings", DEEP.replace(b"[]", f'["{PHONE}"]'.encode()))
    wire.answer(deep)
    out, _ = trimmed(written(wire, file), hidden=["/phone"])
    assert PHONE.encode() not in out.read_bytes()
    content = exchanges(out)[deep.number].request.body.content
    assert content is not None and content.count(b"[") == DEEP.count(b"[") and b"~secret:" in content


def test_messages_of_a_websocket_come_along_without_what_is_hidden(file: Path) -> None:
    wire = Wire()
    sofia = wire.at_work()
    wire.answer(sofia.do("SetUserData", phone=PHONE))
    opened = sofia.get("/socket")
    wire.answer(opened, b"", status=101)
    wire.close()
    writer = Writer(file, session(), loud)
    for event in wire.events:
        writer.put(event)
    at = Instant(9, 9)
    texts = [b"hello", f"call {PHONE}".encode()]
    for tick, text in enumerate(texts, 1000):
        writer.put(Frame(tick, opened.number, at, "server", TEXT, Body.of(text)))
    writer.close(at)
    out, done = trimmed(file, hidden=["/phone"])
    with reading(out) as recording:
        first, second = [frame.body.content for frame in recording.frames(opened.number)]
    assert first == b"hello" and second is not None and second.startswith(b"call ~secret:")
    assert PHONE.encode() not in out.read_bytes() and done.changed == 2


def test_a_session_that_adds_to_another_still_does(file: Path) -> None:
    wire = Wire()
    wire.at_work()
    written(wire, file)
    first = session().uuid
    last = max(exchanges(file))
    more = Wire()
    more.at_work()
    more.close()
    moved = [replace(one, exchange=replace(one.exchange, number=one.exchange.number + last)) for one in more.events]
    keep(file, moved, of=replace(session("99999999-2222-3333-4444-555555555555"), parent=first))
    out, _ = trimmed(file, chats=[CHAT])
    old, new = query(out, "SELECT uuid, parent FROM sessions ORDER BY id")
    assert old["uuid"] != first and new["parent"] == old["uuid"]


def test_a_reply_that_is_one_message_loses_it(file: Path) -> None:
    wire = Wire()
    sofia = wire.at_work()
    poll = sofia.poll()
    bare = {"channel": "/v2/me/chats", "data": {"chat": {"id": OTHER_CHAT}, "messageType": "ChatStateChangeMessage"}}
    wire.answer(poll, bare)
    out, _ = trimmed(written(wire, file), chats=[CHAT])
    left = exchanges(out)[poll.number].response
    assert left is not None and left.body.json() == []
    assert OTHER_CHAT.encode() not in out.read_bytes()


def test_bytes_that_are_no_text_stay(file: Path) -> None:
    wire = Wire()
    sofia = wire.at_work()
    wire.answer(sofia.do("SetUserData", phone=PHONE))
    asked = sofia.get("/odd")
    response = Response(200, "OK", Headers(), Body.of(b"\xff\xfe" + PHONE.encode()))
    wire._feed(Completed(len(wire.events) + 1, replace(asked, answered=wire.now, done=wire.now, response=response)))
    out, _ = trimmed(written(wire, file), hidden=["/phone"])
    assert exchanges(out)[asked.number].response == response


@pytest.mark.parametrize(
    ("text", "blanked"),
    [
        ("/chats/0001gone00000001/x", f"/chats/{TRIMMED}/x"),
        ("see 0001gone00000001, and 0001gone00000001!", f"see {TRIMMED}, and {TRIMMED}!"),
        ("0001gone000000012", "0001gone000000012"),
        ("/api/v2/me/chats/7/attachments", f"/api/v2/me/chats/{TRIMMED}/attachments"),
        ("7 of 7", "7 of 7"),
        ("id with blanks", TRIMMED),
        ("/chats/id%20with%20blanks", f"/chats/{TRIMMED}"),
        ("nothing of it", "nothing of it"),
    ],
)
def test_ids_are_found_as_whole_words_and_short_ones_only_in_addresses(text: str, blanked: str) -> None:
    foreign = Foreign(["0001gone00000001", "7", "id with blanks", ""])
    assert foreign.blank(text) == blanked
    assert foreign.mentions(text) is (text != blanked)
