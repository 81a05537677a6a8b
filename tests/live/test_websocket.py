"""WebSockets: each message is in the recording before the other side has it, and passes as it was sent."""

import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from wsproto.frame_protocol import CloseReason

from inspector.recording.reader import reading
from inspector.traffic.exchange import BINARY, CLOSE, TEXT, Frame
from tests.live.clients import Connection, ask
from tests.live.commands import run
from tests.live.processes import CHECKOUT, COMMAND, eventually, running
from tests.live.recorders import Recorder, in_front_of, mitmdump, recording, rows
from tests.live.servers import Upstream, response, says
from tests.live.sockets import BytesMessage, Chat, CloseConnection, Event, Ping, Pong, Socket, TextMessage, nothing

ADDON = CHECKOUT / "addons" / "record.py"
SECRET = "schon-wieder-geheim"
LARGE = bytes(range(256)) * 12_000
"""More than one chunk of a recording."""


def echo(event: Event) -> Iterable[Event]:
    if isinstance(event, TextMessage | BytesMessage):
        yield event  # what came in goes out as it is


def frames(recorder: Recorder, path: str) -> list[Frame]:
    """What is recorded of the one WebSocket of a path until now."""
    [exchange] = recorder.exchanges(path)
    with reading(recorder.path) as opened:
        return list(opened.frames(exchange["id"]))


def told(recorder: Recorder, path: str) -> list[tuple[str, int, bytes | None]]:
    return [(frame.direction, frame.opcode, frame.body.content) for frame in frames(recorder, path)]


def ending(recorder: Recorder, path: str) -> tuple[str, int, str]:
    """Who closed it, the code, and the reason."""
    eventually(lambda: [frame for frame in frames(recorder, path) if frame.opcode == CLOSE])
    [close] = [frame for frame in frames(recorder, path) if frame.opcode == CLOSE]
    return close.direction, *close.ending


def test_a_message_is_on_disk_before_the_other_side_has_it(upstream: Upstream, recorder: Recorder, place: str) -> None:
    seen_by_server = []

    def answering(event: Event) -> Iterable[Event]:
        seen_by_server.append(told(recorder, place))
        return echo(event)

    upstream.answers[place] = Chat(answering)
    sent: list[Any] = ["one", b"\x00\xff two", "", b"", "drei: \U0001d11e"]
    expected: list[tuple[str, int, bytes | None]] = []
    with Socket(recorder.url, place) as socket:
        assert recorder.only(place).done
        for number, message in enumerate(sent):
            text = isinstance(message, str)
            content = message.encode() if text else message
            socket.send(TextMessage(message) if text else BytesMessage(message))
            assert socket.message() == message
            expected.append(("client", TEXT if text else BINARY, content))
            assert seen_by_server[number] == expected
            expected.append(("server", TEXT if text else BINARY, content))
            assert told(recorder, place) == expected


def test_the_exchange_is_the_handshake(upstream: Upstream, recorder: Recorder, place: str) -> None:
    upstream.answers[place] = Chat()
    with Socket(recorder.url, place) as socket:
        recorded = recorder.only(place)
        assert socket.head.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert recorded.response
    assert (recorded.response.status, recorded.error) == (101, None)
    assert recorded.response.headers.get("upgrade") == "websocket"


def test_one_counter_counts_events_and_frames(upstream: Upstream, recorder: Recorder, place: str) -> None:
    upstream.answers[place] = Chat(echo)
    upstream.answers[place + "/plain"] = says(response(b"ok"))
    with Socket(recorder.url, place) as socket:
        for number in range(3):
            socket.send(TextMessage(str(number)))
            socket.message()
            ask(recorder.url, b"GET " + place.encode() + b"/plain")
    ticks = []
    for number, frame in enumerate(frames(recorder, place)[:6]):
        ticks.append(frame.tick)
        if number % 2:
            row = recorder.exchanges(place + "/plain")[number // 2]
            ticks += [row["start_tick"], row["done_tick"]]
    assert ticks == sorted(set(ticks))
    moments = [frame.moment for frame in frames(recorder, place)]
    assert moments == sorted(moments)


def test_secrets_in_text_are_not_kept_and_binary_is_as_sent(upstream: Upstream, file: Path, place: str) -> None:
    upstream.answers[place] = Chat(echo)
    message = json.dumps([{"channel": "/meta/handshake", "ext": {"password": SECRET}}])
    binary = b"\x00\x01" + bytes(range(256))
    with recording(upstream.url, file) as recorder:
        with Socket(recorder.url, place) as socket:
            for sent in (TextMessage(message), BytesMessage(binary)):
                socket.send(sent)
                assert socket.message() == sent.data
        assert SECRET.encode() not in b"".join(path.read_bytes() for path in file.parent.glob(f"{file.name}*"))
        assert recorder.process.end().code == 0
    assert SECRET.encode() not in file.read_bytes()
    [there, back, *binaries] = told(recorder, place)
    assert there[2] == back[2] and there[2]
    assert json.loads(there[2])[0]["ext"]["password"].startswith("~secret:")
    assert [content for _, _, content in binaries[:2]] == [binary, binary]


CLOSES = {
    "client, with code and reason": (4001, "genug", "client"),
    "client, without": (CloseReason.NO_STATUS_RCVD, "", "client"),
    "server, with code and reason": (1011, "drüben kaputt", "server"),
    "server, without": (CloseReason.NO_STATUS_RCVD, "", "server"),
}


@pytest.mark.parametrize("how", CLOSES)
def test_who_closed_it_and_why(how: str, upstream: Upstream, recorder: Recorder, place: str) -> None:
    code, reason, side = CLOSES[how]
    close = CloseConnection(code, reason or None)
    chat = upstream.answers[place] = Chat(nothing, *([close] if side == "server" else []))
    with Socket(recorder.url, place) as socket:
        if side == "client":
            socket.send(close)
        seen = socket.closed()
        assert ending(recorder, place) == (side, code, reason)
    sent = b"" if code == CloseReason.NO_STATUS_RCVD else code.to_bytes(2, "big") + reason.encode()
    assert told(recorder, place)[-1] == (side, CLOSE, sent)
    assert (seen.code, seen.reason or "") == (code, reason)
    if side == "client":  # the server hears of it last of all
        eventually(lambda: any(isinstance(event, CloseConnection) for event in chat.heard))
    heard = [(event.code, event.reason or "") for event in chat.heard if isinstance(event, CloseConnection)]
    assert heard == ([(code, reason)] if side == "client" else [])


def test_a_side_that_goes_away_without_a_word(upstream: Upstream, recorder: Recorder, place: str) -> None:
    upstream.answers[place] = Chat(echo)
    with Socket(recorder.url, place) as socket:
        socket.send(TextMessage("last words"))
        assert socket.message() == "last words"
        socket.connection.reset()
        assert ending(recorder, place) == ("client", 1006, "")
    assert recorder.only(place).error is None


def test_large_messages_and_fragments(upstream: Upstream, recorder: Recorder, place: str) -> None:
    upstream.answers[place] = Chat(echo)
    with Socket(recorder.url, place) as socket:
        socket.send(BytesMessage(LARGE))
        assert socket.message() == LARGE
        socket.send(TextMessage("in ", message_finished=False), Ping(b"ping"), TextMessage("pieces"))
        assert isinstance(socket.event(), Pong | TextMessage)
        assert told(recorder, place)[:3] == [
            ("client", BINARY, LARGE),
            ("server", BINARY, LARGE),
            ("client", TEXT, b"in pieces"),
        ]


def test_compressed_messages_are_kept_readable(upstream: Upstream, recorder: Recorder, place: str) -> None:
    upstream.answers[place] = Chat(echo, deflate=True)
    text = "noch einmal " * 1000
    with Socket(recorder.url, place, deflate=True) as socket:
        socket.send(TextMessage(text))
        assert socket.message() == text
        assert told(recorder, place) == [("client", TEXT, text.encode()), ("server", TEXT, text.encode())]


def test_a_refused_handshake_is_an_exchange_like_any_other(upstream: Upstream, recorder: Recorder, place: str) -> None:
    upstream.answers[place] = says(response(b"no", status=b"403 Forbidden"))
    with Socket(recorder.url, place) as socket:
        assert socket.head.startswith(b"HTTP/1.1 403 ")
        assert frames(recorder, place) == []


@pytest.mark.parametrize("saved", [False, True], ids=["nobody looks", "saved"])
def test_mitmproxy_holds_on_to_messages_only_for_those_who_look(
    saved: bool, upstream: Upstream, tmp_path: Path, place: str
) -> None:
    upstream.answers[place] = Chat(echo)
    script, file = tmp_path / "tell.py", tmp_path / "recording.db"
    script.write_text(
        "def websocket_end(flow):\n    print('held', len(flow.websocket.messages), flush=True)\n", "utf-8"
    )
    options = ["-s", ADDON, "-s", script, f"--set=inspector_recording={file}"]
    options += ["-w", tmp_path / "flows"] if saved else []
    with mitmdump(tmp_path / "confdir", *in_front_of(upstream.url), *options) as process:
        with Socket(process.url(), place) as socket:
            for number in range(150):
                socket.send(TextMessage(str(number)))
                assert socket.message() == str(number)
            socket.send(CloseConnection(1000))
            assert process.line("held ") == ("held 300" if saved else "held 100")
        [kept] = rows(file, "SELECT count(*) n FROM frames WHERE opcode = 1")
    assert kept["n"] == 300


def test_what_is_not_recorded_passes(upstream: Upstream, file: Path, place: str) -> None:
    upstream.answers[place] = Chat(echo)
    with running(*COMMAND, "record", upstream.url, file, "--listen", "127.0.0.1:0") as process:
        with Socket(process.url(), place) as socket:
            socket.send(TextMessage("hello"))
            assert socket.message() == "hello"
        assert process.end().code == 0
    assert rows(file, "SELECT * FROM frames") == rows(file, "SELECT * FROM exchanges") == []


def test_a_killed_recorder_keeps_all_that_a_side_saw(upstream: Upstream, file: Path, place: str) -> None:
    chat = upstream.answers[place] = Chat(lambda event: [TextMessage(f"answer to {getattr(event, 'data', '')}")])
    seen: list[str] = []
    with recording(upstream.url, file) as recorder, Socket(recorder.url, place) as socket:
        for number in range(50):
            socket.send(TextMessage(f"message {number}"))
            seen.append(socket.message())
        for number in range(50, 250):
            socket.send(TextMessage(f"message {number}"))
        recorder.process.kill()
        with suppress(OSError, AssertionError):
            while True:
                seen.append(socket.message())
        kept = told(recorder, place)
    heard = [event.data for event in chat.heard if isinstance(event, TextMessage)]
    assert len(seen) >= 50
    by_side = {
        side: [(content or b"").decode() for by, _, content in kept if by == side] for side in ("client", "server")
    }
    assert by_side["client"][: len(heard)] == heard
    assert by_side["server"][: len(seen)] == seen
    with closing(sqlite3.connect(file)) as db:
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []


def test_a_recording_with_frames_is_shown_and_replayed(upstream: Upstream, file: Path, place: str) -> None:
    upstream.answers[place] = Chat(echo)
    upstream.answers[place + "/plain"] = says(response(b"plain"))
    with recording(upstream.url, file) as recorder:
        with Socket(recorder.url, place) as socket:
            for message in (TextMessage('{"hello":"there"}'), BytesMessage(b"\x00" * 300)):
                socket.send(message)
                assert socket.message() == message.data
            socket.send(CloseConnection(4000, "done"))
            assert ending(recorder, place) == ("client", 4000, "done")
        ask(recorder.url, b"GET " + place.encode() + b"/plain")
        assert recorder.process.end().code == 0
    number = recorder.exchanges(place)[0]["id"]
    shown = run("show", file, number)
    lines = [line[13:] for line in shown.out.splitlines()[-5:]]
    assert (lines[0], lines[-1]) == ('→ {"hello":"there"}', "→ closed: 4000 done")
    listed = json.loads(run("show", file, number, "--json").out)["frames"]
    assert [(one["direction"], one["kind"]) for one in listed] == [
        ("client", "text"),
        ("server", "text"),
        ("client", "binary"),
        ("server", "binary"),
        ("client", "close"),
    ]
    assert (listed[-1]["code"], listed[-1]["reason"]) == (4000, "done")
    assert listed[0]["body"]["json"] == {"hello": "there"}
    assert run("check", file).code == 0
    with running(*COMMAND, "replay", file, "--listen", "127.0.0.1:0") as stub, Connection(stub.url()) as client:
        assert client.ask(b"GET " + place.encode() + b"/plain").body == b"plain"
