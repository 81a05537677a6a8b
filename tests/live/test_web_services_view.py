"""What people see in mitmproxy itself: the content view "Web Services", and the commands of the prompt."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from inspector.proxy.host import Proxy, script
from inspector.proxy.host import running as proxy_running
from tests.live.clients import ask
from tests.live.processes import CHECKOUT
from tests.live.recorders import in_front_of, mitmdump
from tests.live.servers import Upstream, response, says

pytestmark = pytest.mark.xdist_group("looked at")  # a worker makes its recorder only once

ADDON = CHECKOUT / "addons" / "record.py"
LOOK = Path(__file__).with_name("look.py")
JSON = b"Content-Type: application/json;charset=UTF-8"
CHAT = "/api/v2/me/chats/0001V"
CHANNEL = "/api/v2/notifications"
NAME = "Web Services"

LOG = {
    "messageType": "MessageLogUpdated",
    "notificationType": "NewMessages",
    "chatPath": "/chats/0001V",
    "messages": [
        {"index": 7, "type": "Text", "text": "a line for people", "from": {"nickname": "Kim", "type": "Client"}},
        {"index": 8, "type": "SystemCommand", "noticeText": "file-uploaded", "from": {"nickname": "Sofia"},
         "attachment": {"id": "0001DOC", "fileId": "F1", "name": "bill.txt", "size": 5}},
    ],
}  # fmt: skip
"""The data of an event: a line of the chat, and one that tells of a file."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A mitmdump that records, and can be asked what its user would see."""

    url: str
    server: Upstream

    def post(self, path: str, body: bytes, answer: bytes, *fields: bytes) -> None:
        self.server.answers[path] = says(response(answer, JSON))
        assert ask(self.url, b"POST " + path.encode(), *(fields or (JSON,)), body=body).status == 200

    def upload(self, document: str = "0001DOC", answer: bytes = b'{"statusCode":0}') -> None:
        body = {"operationName": "UploadFile", "documentId": document, "uploadType": "standard-response"}
        self.post(CHAT, json.dumps(body).encode(), answer)

    def tell(self, *events: object) -> None:
        """A poll that brings these messages."""
        poll = [{"channel": "/meta/connect", "clientId": "c1", "connectionType": "long-polling", "id": "2"}]
        self.post(CHANNEL, json.dumps(poll).encode(), json.dumps(events).encode())

    def see(self, path: str, side: str, name: str = "auto") -> dict[str, Any]:
        return self._look(path=path, side=side, name=name)

    def command(self, *words: object, of: str | None = None) -> Any:
        return self._look(words=[str(word) for word in words], of=of)

    def _look(self, **wish: Any) -> Any:
        reply = ask(self.url, b"POST /-look", body=json.dumps(wish).encode())
        assert reply.status == 200, reply
        return json.loads(reply.body)


@contextmanager
def watching(upstream: Upstream, folder: Path) -> Iterator[Watched]:
    scripts = ("-s", ADDON, "--set", f"inspector_recording={folder / 'it.db'}", "-s", LOOK)
    with mitmdump(folder / "confdir", *in_front_of(upstream.url), *scripts) as process:
        yield Watched(process.url(), upstream)
        ended = process.end()
    assert (ended.code, "Traceback" in ended.err) == (0, False), ended.err


@pytest.fixture
def watched(upstream: Upstream, tmp_path: Path) -> Iterator[Watched]:
    """One that has seen nothing yet."""
    with watching(upstream, tmp_path) as one:
        yield one


@pytest.fixture(scope="module")
def busy(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """One for many tests."""
    with watching(upstream, tmp_path_factory.mktemp("busy")) as one:
        yield one


def event(data: object) -> dict[str, object]:
    return {"channel": "/v2/me/chats", "data": data}


def test_an_exchange_of_the_channel_is_a_list_of_messages(watched: Watched) -> None:
    state = {"messageType": "ChatStateChangeMessage", "chat": {"id": "0001V", "state": "Chatting"}}
    watched.tell(event(LOG), event(state), {"channel": "/meta/connect", "successful": True, "id": "2"})
    seen = watched.see(CHANNEL, "response")
    assert (seen["view"], seen["trouble"] in ("", NAME)) == (NAME, True), seen
    lines, _, below = seen["text"].partition("\n\n")
    bare = [re.sub(r"^\d\d:\d\d:\d\d\.\d{3} ", "", line) for line in lines.split("\n")]
    assert [re.sub(r" {2,}", " | ", line) for line in bare if not line.startswith(("✗", "!"))] == [
        "→ /meta/connect",
        "← /v2/me/chats | NewMessages | chat 0001V | document 0001DOC",
        " | 7 | Kim | Text | a line for people",
        " | 8 | Sofia | file-uploaded | bill.txt",
        "← /v2/me/chats | ChatStateChangeMessage | Chatting | chat 0001V",
        "← /meta/connect | done",
    ]
    assert '"text": "a line for people"' in below
    assert "long-polling" not in below, "that is the other side's"
    asked = watched.see(CHANNEL, "request")
    assert asked["view"] == NAME
    assert '"connectionType": "long-polling"' in asked["text"]


def test_an_upload_file_with_its_transfer_and_what_was_found(watched: Watched) -> None:
    watched.upload()
    for side in ("request", "response"):
        seen = watched.see(CHAT, side)
        assert seen["view"] == NAME
        assert "UploadFile 0001DOC · 200 statusCode 0" in seen["text"]
        assert re.search(r"^0001DOC  accepted$", seen["text"], re.MULTILINE), "what is known now"
    assert '"uploadType": "standard-response"' in watched.see(CHAT, "request")["text"]
    watched.tell(event(LOG))
    later = watched.see(CHAT, "response")["text"]
    assert re.search(r"^bill\.txt  sent$", later, re.MULTILINE)
    assert re.search(r"⤷ #1 uploaded → notification in #\d+:0", later)
    assert later.endswith('{\n  "statusCode": 0\n}')
    watched.upload("", b'{"statusCode":1,"statusMessage":"it is \\u001b[31mmissing"}')
    refused = watched.see(CHAT, "response")["text"]
    assert "the reply says required parameter missing: it is \\x1b[31mmissing" in refused
    assert "✗ GW103" in refused


@pytest.mark.parametrize(
    ("path", "fields"),
    [("/other/chats/1", JSON), ("/api/v2/me/chats/0001V/attachments", b"Content-Type: multipart/form-data; boundary=b"),
     ("/api/v2/me/chats/0001V", b"Content-Type: multipart/form-data; boundary=b"), ("/api/v2/me/calls/1", JSON)],
    ids=["another", "attachments", "multipart", "voice"],
)  # fmt: skip
def test_it_is_not_chosen_for_anything_else(busy: Watched, path: str, fields: bytes) -> None:
    busy.post(path, b'{"operationName":"UploadFile"}', b'{"statusCode":0}', fields)
    assert NAME not in (busy.see(path, "request")["view"], busy.see(path, "response")["view"])


@pytest.mark.parametrize(
    "body",
    [b"\x1b[2J\x00\xff\xfe", b"[" * 5000, b'{"channel":' * 300 + b"1" + b"}" * 300, b'[{"channel":"\\u202e\\u0007"}]',
     b'[{"channel":"/v2/me/chats","data":[1]},{"channel":"/meta/subscribe","subscription":["\\u001b"],"error":{}}]',
     b'[{"channel":"/a","data":' + b"[" * 200 + b"1," * 30_000 + b"1" + b"]" * 200 + b"}]",
     b'[{"channel":"/a"}' + b',{"channel":"/a"}' * 50_000 + b"]", b'{"channel":"' + b"x" * 3_000_000 + b'"}'],
    ids=["bytes", "open", "deep", "controls", "shapes", "indented", "many", "large"],
)  # fmt: skip
@pytest.mark.parametrize("path", [CHANNEL, CHAT], ids=["channel", "operation"])
def test_whatever_was_sent_is_shown_in_bounds_and_harms_nobody(busy: Watched, path: str, body: bytes) -> None:
    busy.post(path, body, body)
    for side in ("request", "response"):
        seen = busy.see(path, side, NAME)  # by itself, 11 gives up where another view cannot say whether it fits
        assert (seen["view"], seen["trouble"] in ("", NAME)) == (NAME, True), seen["trouble"]
        assert 0 < len(seen["text"]) < 500_000
        assert re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", seen["text"]) is None


def test_the_commands_tell_what_is_known(watched: Watched, tmp_path: Path) -> None:
    assert watched.command("inspector.findings") == []
    watched.upload()
    watched.upload("")
    watched.tell(event(LOG))
    every = watched.command("inspector.findings")
    assert any("GW103" in line for line in every)
    of_chat = watched.command("inspector.findings", of=CHAT)
    assert of_chat and set(of_chat) <= set(every)
    assert watched.command("inspector.findings", of="/nothing/of/this/path") == []
    life = watched.command("inspector.transfer", "0001DOC")
    assert life[0] == "bill.txt  sent"
    assert any("uploaded by  #2" in line for line in life)
    exported = tmp_path / "found.json"
    assert watched.command("inspector.export", exported) is None
    found = json.loads(exported.read_text("utf-8"))
    assert len(found) == len(every)
    assert [one["rule"] for one in found] == [line.split()[1] for line in every]


def test_commands_say_what_they_cannot_do(watched: Watched, tmp_path: Path) -> None:
    assert watched.command("inspector.transfer", "none\x1b") == {
        "refused": "no document none\\x1b was seen in this session"
    }
    refused = watched.command("inspector.export", tmp_path / "no" / "found.json")
    assert "No such file" in refused["refused"]


async def test_the_view_is_gone_when_the_recorder_is(upstream: Upstream, tmp_path: Path) -> None:
    from mitmproxy import contentviews

    def names() -> list[str]:
        views: Any = contentviews
        return list(views.registry) if hasattr(views, "registry") else [view.name.lower() for view in views.views]

    chosen = {"inspector_recording": str(tmp_path / "it.db")}
    async with proxy_running(Proxy(f"reverse:{upstream.url}", "127.0.0.1", 0, [script("record")], chosen)):
        assert names().count(NAME.lower()) == 1
    assert NAME.lower() not in names()
