"""One script of an agent, as two servers may have answered it: whose ids are others, and of which one was changed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from tests.analysis.shapes import API, CUSTOMER, Json, attachment, chat_has, chat_is, line, log_has, sent
from tests.analysis.traffic import OK, Desk, Wire
from tests.live.commands import run
from tests.live.processes import Ended
from tests.recording.keeping import keep

FILES = ("offer.txt", "price.txt", "terms.txt")


@dataclass(frozen=True)
class Server:
    """`nth` makes its ids. `change` is what is different, of the file `which`; nothing if empty."""

    nth: int = 0
    change: str = ""
    which: int = 1
    user: str = "sofia"
    lag_ms: float = 20
    chats: int = 1

    def chat(self, number: int) -> str:
        return f"0001TaBM{self.nth:03}C{number:02}"

    def document(self, chat: int, number: int) -> str:
        return f"0001PaBM{self.nth:03}D{chat:02}{number:02}"

    def does(self, change: str, which: int) -> bool:
        return self.change == change and self.which == which


CHANGES = {
    "": [],
    "counted on": [],
    "answered in another order": [],
    "refused": [("missing", "file-uploaded", ""), ("changed", "UploadFile", "/reply/body/statusCode")],
    "refused, but told": [("cause", "file-uploaded", ""), ("changed", "UploadFile", "/reply/body/statusCode")],
    "status": [("changed", "UploadFile", "/reply/status")],
    "new member": [("added", "UploadFile", "/reply/body/hint~1a")],
    "no member": [("missing", "file-uploaded", "/data/messages/0/attachment/size")],
    "lost": [("missing", "file-uploaded", "")],
    "twice": [("added", "file-uploaded", "")],
    "overtakes": [("order", "file-uploaded", "")],
    "late": [("slower", "file-uploaded", "")],
    "slow": [("slower", "UploadFile", "")],
    "other file": [("changed", "file-uploaded", "/data/messages/0/attachment/path")],
    "bytes": [("changed", "Download", "/reply/content/sha256"), ("changed", "Download", "/reply/content/size")],
    "asked again": [("added", "Download", "")],
    "type": [("changed", "Download", "/reply/headers/content-type")],
    "time": [("changed", "file-uploaded", "/data/messages/0/timestamp")],
    "renamed": [
        ("changed", "PropertiesUpdated", "/data/chat/attachments/0/name"),
        ("changed", "file-uploaded", "/data/messages/0/attachment/name"),
    ],
    "typed": [("changed", "PropertiesUpdated", "/data/chat/attachments/0/name")],
}
"""What can be changed, and what has to be told of it; of transfers, more may be."""


def record(path: Path, server: Server) -> Path:
    """A recording of the script, in front of that server."""
    path.unlink(missing_ok=True)
    wire = Wire()
    desk = wire.log_in(server.user)
    desk.listen()
    for chat in range(server.chats):
        _accept(desk, server, chat)
        for number in range(len(FILES)):
            _send(desk, server, chat, number)
    wire.answer(desk.do("Leave", chat=server.chat(0)))
    _read(desk, server)
    wire.wait(60_000)
    _hear(desk)  # it would have heard of what comes late
    wire.answer(desk.get("/me"), OK | {"user": {"userName": server.user}})
    wire.close()
    keep(path, wire.events, wire.derived)
    return path


def _read(desk: Desk, server: Server) -> None:
    """Asks for two things at once, and then for two more."""
    asked = [desk.get("/me/devices"), desk.get("/me/channels")]
    told = [OK | {"devices": []}, OK | {"channels": ["chat"]}]
    order = (1, 0) if server.change == "answered in another order" else (0, 1)
    for number in order:
        _later(desk, 10)
        desk.wire.answer(asked[number], told[number])
    names = ["/diagnostics/version", "/me/features"]
    for name in reversed(names) if server.change == "asked in another order" else names:
        answered = desk.get(name)
        if not (server.change == "unanswered" and name == names[0]):
            desk.wire.answer(answered, OK)


def _accept(desk: Desk, server: Server, number: int) -> None:
    chat = server.chat(number)
    call = desk.do("Accept", chat=chat, nickname="Agent")
    _later(desk, 30)
    desk.wire.answer(call)
    _hear(desk, chat_is(of=chat), log_has(line("Text", CUSTOMER, 1, text=f"Hello, {number}"), of=chat))


def _send(desk: Desk, server: Server, chat: int, number: int) -> None:
    wire, of, document = desk.wire, server.chat(chat), server.document(chat, number)
    does = lambda change: chat == 0 and server.does(change, number)  # noqa: E731
    link = desk.link(document, of)
    _later(desk, 20)
    wire.answer(link)
    listed = _attachment(of, document, "Offer.txt" if does("typed") or does("renamed") else FILES[number])
    _hear(desk, chat_has(listed, of=of))
    poll, upload = desk.poll(), desk.upload(document, of)
    _later(desk, 5000 if does("slow") else 20)
    told = _told(server, chat, number, does)
    if does("overtakes"):
        wire.tell(poll, told)
        _later(desk, 10)
    _reply(desk, upload, does)
    _later(desk, 9000 if does("late") else server.lag_ms)
    if not does("overtakes"):
        wire.tell(poll, *([] if does("lost") or does("refused") else [told]))
    if does("twice"):
        _hear(desk, _shifted(told))
    for _ in range(2 if does("asked again") else 1):
        _download(desk, document, number, does)


def _told(server: Server, chat: int, number: int, does: Any) -> Json:
    of, document = server.chat(chat), server.document(chat, number)
    other = server.document(chat, (number + 1) % len(FILES)) if does("other file") else document
    members: Json = {
        "name": "Offer.txt" if does("renamed") else FILES[number],
        "fileId": f"file{server.nth}-{chat}-{number}00",
        "path": f"/attachments/{other}",
    }
    # in one chat the server has begun to count elsewhere: an index is a name within its chat
    index = number + (10 if server.change == "counted on" and chat == 0 else 2)
    told = sent(document, by=server.user, index=index, of=of, **members, uri=f"{API}/attachments/{document}")
    [said] = told["messages"]
    if does("no member"):
        del said["attachment"]["size"]
    said["timestamp"] = (
        "2016-07-21T17:23:20Z" if does("time") else f"2016-07-21 17:23:{server.nth % 60:02}.{server.nth}+0300"
    )
    return told | {"metrics": {"number": server.nth}}


def _shifted(told: Json) -> Json:
    made: Json = orjson.loads(orjson.dumps(told).replace(b'"index":', b'"index":7'))
    return made


def _reply(desk: Desk, upload: Any, does: Any) -> None:
    if does("refused") or does("refused, but told"):
        desk.wire.answer(upload, {"statusCode": 2})
    elif does("status"):
        desk.wire.answer(upload, OK, status=202)
    else:
        desk.wire.answer(upload, OK | {"hint/a": 1} if does("new member") else OK)


def _download(desk: Desk, document: str, number: int, does: Any) -> None:
    asked = desk.get(f"/attachments/{document}")
    _later(desk, 15)
    content = f"the content of {FILES[number]}{'!' if does('bytes') else ''}".encode()
    desk.wire.answer(asked, content, ("Content-Type", "text/html" if does("type") else "text/plain"))


def _attachment(chat: str, document: str, name: str) -> Json:
    return attachment(document, name=name, uri=f"{API}/chats/{chat}/attachments/{document}")


def _hear(desk: Desk, *data: Json) -> None:
    poll = desk.poll()
    _later(desk, 10)
    desk.wire.tell(poll, *data)


def _later(desk: Desk, ms: float) -> None:
    desk.wire.wait(ms)


def diff(before: object, after: object, *options: object) -> tuple[int, Json]:
    """The command's exit code, and what it says in JSON."""
    ended = run("diff", before, after, "--format", "json", *options)
    assert ended.code in (0, 1), ended.err
    return ended.code, orjson.loads(ended.out)


def places(value: Json, *, transfers: bool = False) -> list[tuple[str, str, str]]:
    """Kind, what and pointer of each difference; those of transfers only if they are asked for."""
    found = [one for one in value["differences"] if transfers or one["what"] != "transfer"]
    return [(one["kind"], one["what"], one["pointer"]) for one in found]


def failed(*arguments: object) -> Ended:
    """The command, where it cannot do what it was asked."""
    ended = run("diff", *arguments)
    assert ended.code == 2, ended
    return ended
