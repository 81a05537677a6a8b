"""No false alarms: a session in which nothing is wrong, by the book and as loose as real traffic, has no finding."""

import gzip
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from inspector.traffic.exchange import Exchange
from tests.analysis.shapes import (
    CHAT,
    CUSTOMER,
    DOCUMENT,
    HELLO,
    OTHER_DOCUMENT,
    Json,
    agent,
    attachment,
    chat_has,
    chat_is,
    file_line,
    line,
    log_has,
    sent,
)
from tests.analysis.traffic import OK, Desk, Wire

Loosen = Callable[[Json], Json]

METRICS = {"eventProcessing": {"nodeProcessingTimeNanos": 123456, "serverProcessingTimeTotalMs": 3}}
NOTES = attachment(OTHER_DOCUMENT, name="notes.txt", size=5)


def work(wire: Wire, *, overtaken: bool = False) -> Desk:
    """An agent's day: a chat with one linked and one new file of its own, and one of the customer's."""
    sofia = wire.log_in("sofia")
    wire.answer(sofia.ask("POST", "/api/v2/me", {"operationName": "StartContactCenterSession", "channels": ["chat"]}))
    sofia.listen()
    sofia.hear(chat_is("Invited"))
    wire.wait(800)
    sofia.accept(CHAT, HELLO, file_line("before", by=CUSTOMER, index=3))
    sofia.hear(chat_is(kind="ParticipantsUpdated", participants=[agent("sofia"), CUSTOMER]))
    reply_and_notification(wire, sofia.link(), sofia, chat_has(DOCUMENT), overtaken)
    reply_and_notification(wire, sofia.upload(), sofia, sent(), overtaken)
    reply_and_notification(wire, sofia.attach("notes.txt", b"hello"), sofia, chat_has(DOCUMENT, NOTES), overtaken)
    told = sent(OTHER_DOCUMENT, index=9, name="notes.txt", size=5)
    reply_and_notification(wire, sofia.upload(OTHER_DOCUMENT), sofia, told, overtaken)
    sofia.hear(log_has(line("Text", CUSTOMER, 11, text="thanks"), file_line("photo", by=CUSTOMER, index=12, size=4)))
    wire.answer(sofia.get("/attachments/photo"), b"\x89PNG", ("Content-Type", "image/png"))
    wire.answer(sofia.get(f"/me/chats/{CHAT}/messages"), OK | {"messages": []})
    wire.wait(60_000)
    sofia.hear()
    reply_and_notification(wire, sofia.do("Complete"), sofia, chat_is("Completed"), overtaken)
    wire.answer(sofia.log_out())
    wire.close()
    return sofia


def reply_and_notification(wire: Wire, call: Any, desk: Desk, data: Json, overtaken: bool) -> None:
    """In either order: the notification comes by another connection."""
    poll = desk.poll()
    wire.wait(20)
    if overtaken:
        wire.tell(poll, data)
        wire.wait(19)
    wire.answer(call)
    if not overtaken:
        wire.wait(15)
        wire.tell(poll, data)


def everywhere(change: Callable[[Json], Json]) -> Loosen:
    """The change made to every object of the data."""

    def loosen(value: Any) -> Any:
        if isinstance(value, dict):
            return change({name: loosen(each) for name, each in value.items()})
        return [loosen(each) for each in value] if isinstance(value, list) else value

    return loosen


def without(*names: str) -> Loosen:
    return everywhere(lambda data: less(data, *names))


def less(data: Json, *names: str) -> Json:
    return {name: value for name, value in data.items() if name not in names}


def other(name: str, value: Any) -> Loosen:
    return everywhere(lambda data: data | {name: value} if name in data else data)


def within(name: str, change: Callable[[Json], Json]) -> Loosen:
    return everywhere(lambda data: data | {name: change(data[name])} if isinstance(data.get(name), dict) else data)


def retyped(data: Json) -> Json:
    """Types that no page names, of lines that are no files."""
    return data | {"type": "NewKind"} if data.get("type") in ("Text", "ParticipantJoined") else data


LOOSE: dict[str, Loosen] = {
    "by the book": lambda data: data,
    "members in another order": everywhere(lambda data: dict(reversed(data.items()))),
    "no chatPath": without("chatPath"),
    "no chatUri": without("chatUri"),
    "no id of the chat": within("chat", lambda chat: less(chat, "id")),
    "metrics": lambda data: data | {"metrics": METRICS},
    "unknown members everywhere": everywhere(lambda data: data | {"x-new": {"deep": [1, None, {}]}, "": 0}),
    "size as text": everywhere(lambda data: data | {"size": str(data["size"])} if "size" in data else data),
    "no mime, no visibility": without("mime", "visibility"),
    "no fileId": without("fileId"),
    "no index": without("index"),
    "neither fileId nor index": without("fileId", "index"),
    "no time": without("timestamp", "timestampSeconds"),
    "time in another form": other("timestamp", "2016-07-2107:23:20.000-0700"),
    "real seconds": other("timestampSeconds", 1526565585),
    "senders without address": within("from", lambda sender: less(sender, "uri", "id", "path")),
    "agents without type": within("from", lambda sender: less(sender, "type") if "path" in sender else sender),
    "agents of another type": within(
        "from", lambda sender: sender | {"type": "Supervisor"} if "id" in sender else sender
    ),
    "null for what may be missing": everywhere(lambda data: {"description": None, "state": None, "text": None} | data),
    "unknown types": everywhere(retyped),
    "unknown states": other("state", "Levitating"),
    "unknown notification types": other("notificationType", "AttachmentAdded"),
    "no notification types": without("notificationType"),
    "participantId as number": other("participantId", 12),
    "participants as text": other("participants", ["sofia", "Customer"]),
    "no addresses": other("uri", None),
    "referenceId as text": lambda data: data | {"referenceId": "17"},
}


@pytest.mark.parametrize("overtaken", [False, True], ids=["reply first", "notification first"])
@pytest.mark.parametrize("loosen", LOOSE.values(), ids=LOOSE.keys())
def test_a_clean_session_has_no_finding(loosen: Loosen, overtaken: bool) -> None:
    wire = Wire(loosen=loosen)
    work(wire, overtaken=overtaken)
    assert wire.findings == []


def understood(wire: Wire) -> None:
    """Every file, and what brought it about."""
    assert [cause.kind for cause in wire.causes] == ["linked", "uploaded", "linked", "uploaded"]
    own = ["linked", "asked", "accepted", "sent"]
    lives = [wire.life(document) for document in ("before", DOCUMENT, OTHER_DOCUMENT, "photo")]
    assert lives == [["received"], own, own, ["received"]]


@pytest.mark.parametrize("loosen", LOOSE.values(), ids=LOOSE.keys())
def test_a_clean_session_is_understood_whole(loosen: Loosen) -> None:
    wire = Wire(loosen=loosen)
    work(wire)
    understood(wire)


class Twice(Wire):
    """Delivers again what it delivered, as after a reconnect."""

    def deliver(self, poll: Exchange, messages: list[Json]) -> None:
        super().deliver(poll, [*messages[:-1], *messages])


class ConnectFirst(Wire):
    """Puts the reply to the connect in front, as CometD does since 3."""

    def deliver(self, poll: Exchange, messages: list[Json]) -> None:
        super().deliver(poll, [messages[-1], *messages[:-1]])


class Compressed(Wire):
    """Compresses its answers, and says nothing of their type."""

    def deliver(self, poll: Exchange, messages: list[Json]) -> None:
        body = gzip.compress(orjson.dumps(messages), mtime=0)
        self.answer(poll, body, ("Content-Encoding", "gzip"), ("Content-Type", ""))


class Bare(Wire):
    """Tells one thing at a time, and that not in an array."""

    def deliver(self, poll: Exchange, messages: list[Json]) -> None:
        self.answer(poll, messages[0] if len(messages) == 1 else messages)


@pytest.mark.parametrize("server", [Twice, ConnectFirst, Compressed, Bare])
def test_however_its_notifications_travel(server: type[Wire]) -> None:
    wire = server()
    work(wire)
    assert {finding.rule for finding in wire.findings} == ({"GW603"} if server is Twice else set())
    understood(wire)
