"""Who plays a recording that was built by hand meets what its script says."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from inspector.demo import wanted
from inspector.demo.desktop import Desktop, at_desk
from inspector.demo.documents import File
from inspector.demo.inbox import Notification, Reply, Wanted
from inspector.replay.fronts.listening import listening
from inspector.replay.fronts.server import StubApp
from inspector.replay.fronts.transport import AsyncStubTransport, StubTransport
from inspector.replay.plans.opening import prepare
from inspector.replay.stub import Settings, Stub
from inspector.testing.building.agent import READS
from inspector.testing.building.builder import RecordingBuilder
from tests.testing.built import PDF, PNG, TEXT, Lines, built

NOWHERE = "http://gws.test"
CONTRACT = File("contract.pdf", "application/pdf", PDF)
START = {"operationName": "StartContactCenterSession", "channels": ["chat"]}


def stub_of(path: Path) -> Stub:
    return prepare(path).stub(Settings(poll_timeout_ms=500))


@asynccontextmanager
async def sitting(stub: Stub, user_name: str = "sofia") -> AsyncIterator[Desktop]:
    """The demo's desktop at work on a stub, by a socket: it has logged in and listens, and has accepted a chat."""
    async with listening(StubApp(stub)) as url, at_work(at_desk(url, user_name, "any password will do")) as desktop:
        yield desktop


@asynccontextmanager
async def at_work(desk: AbstractAsyncContextManager[Desktop]) -> AsyncIterator[Desktop]:
    async with desk as desktop:
        await desktop.log_in()
        await desktop.listen()
        await desktop.me("StartContactCenterSession", channels=["chat"])
        await desktop.take_chat(wanted.state("Invited"))
        await desktop.chat("Accept")
        for each in (wanted.state("Chatting"), wanted.change("ParticipantsUpdated"), wanted.transcript()):
            await desktop.wait(each)
        yield desktop


async def link(desktop: Desktop, file: File = CONTRACT) -> str:
    """Its id, as the notification tells it."""
    assert (await desktop.attach(file))["statusCode"] == 0
    await desktop.wait(wanted.linked(file.name))
    return desktop.document_id(file.name)


def agreed(stub: Stub) -> bool:
    """Whether all that was asked was recorded, all operations that are recorded were asked for, and all was told."""
    found = stub.verify()
    assert (found.misses, found.unused, found.undelivered) == ((), (), ())
    return True


async def test_a_desktop_lives_through_the_whole_script(tmp_path: Path):
    def lines(recording: RecordingBuilder, sofia: Any, chat: Any) -> None:
        contract = chat.link("contract.pdf", PDF)
        chat.upload(contract, description="your contract")
        terms = recording.document("terms.txt", TEXT, id="TERMS")
        chat.link(terms, name="terms.txt")
        chat.upload(terms, upload_type="standard-response")
        photo = chat.customer_file("photo.png", PNG)
        chat.download(photo)
        chat.message("Thanks!")
        chat.leave()
        chat.complete()
        sofia.go_home()

    stub = stub_of(built(tmp_path / "a.db", lines))
    async with sitting(stub) as desktop:
        contract = await link(desktop)
        await desktop.chat("UploadFile", documentId=contract, description="your contract")
        await desktop.wait(wanted.file("contract.pdf"))
        await desktop.chat("AddAttachment", documentId="TERMS", name="terms.txt")
        await desktop.wait(wanted.linked("terms.txt"))
        await desktop.chat("UploadFile", documentId="TERMS", uploadType="standard-response")
        await desktop.wait(wanted.file("terms.txt"))
        told = await desktop.wait(wanted.file("photo.png", "Customer"))
        assert await desktop.follow(wanted.sent_uri(told)) == PNG
        await desktop.chat("SendMessage", text="Thanks!")
        await desktop.wait(wanted.line("Text", "Agent"))
        await desktop.chat("Leave")
        await desktop.wait(wanted.state("LeftChat"))
        await desktop.chat("Complete")
        await desktop.wait(wanted.state("Completed"))
        await desktop.hang_up()
        await desktop.me("EndContactCenterSession")
    assert agreed(stub)


def upload(**how: Any) -> Lines:
    return lambda recording, sofia, chat: chat.upload(chat.link("contract.pdf", PDF), **how)


SENT = wanted.file("contract.pdf")


async def uploaded(path: Path) -> tuple[Any, list[type]]:
    """The reply to an UploadFile, and in what order reply and notification came."""
    stub = stub_of(path)
    desk = at_desk(NOWHERE, "sofia", "x", transport=AsyncStubTransport(stub), hope=0.1)  # a socket would be a race
    async with at_work(desk) as desktop:
        document = await link(desktop)
        await stub.delivery.channel.listening(desktop.listener.client_id)
        before = len(desktop.inbox.seen)
        reply = await desktop.chat("UploadFile", documentId=document)
        await desktop.hope_for(SENT)
        seen = [type(one) for one in desktop.inbox.seen[before:]]
    assert agreed(stub)
    return reply, seen


@pytest.mark.parametrize(
    ("how", "reply", "seen"),
    [
        ({}, {"statusCode": 0}, [Reply, Notification]),
        ({"lag_ms": 5000}, {"statusCode": 0}, [Reply, Notification]),
        ({"lag_ms": -8}, {"statusCode": 0}, [Notification, Reply]),
        ({"notified": False}, {"statusCode": 0}, [Reply]),
        ({"refused": 3}, {"statusCode": 3, "statusMessage": "Operation forbidden"}, [Reply]),
        ({"refused": 2, "because": "Not now"}, {"statusCode": 2, "statusMessage": "Not now"}, [Reply]),
        ({"reply": {"statusCode": 7, "failed": []}, "status": 202}, {"statusCode": 7, "failed": []}, [Reply]),
    ],
    ids=["plain", "late", "early", "lost", "refused", "because", "reply"],
)
async def test_a_desktop_meets_what_the_server_does_to_an_upload(how: Any, reply: Any, seen: Any, tmp_path: Path):
    assert await uploaded(built(tmp_path / "a.db", upload(**how))) == (reply, seen)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two agents; who wears what name, and a topic that only one of them listens to."""
    path = tmp_path_factory.mktemp("two") / "two.db"
    with RecordingBuilder(path) as recording:
        for name in ("sofia", "toni"):
            agent = recording.agent(name)
            chat = agent.chat(f"CHAT-of-{name}")
            chat.customer_message(f"I want {name}")
    return path


@pytest.mark.parametrize("name", ["sofia", "toni"])
async def test_each_of_two_agents_hears_of_their_own_chats(name: str, two: Path):
    mine = Wanted("my customer", lambda data: f"I want {name}" in str(data))
    async with sitting(stub_of(two), name) as desktop:
        assert desktop.chat_id == f"CHAT-of-{name}"
        await desktop.wait(mine)
        others = [one for one in desktop.inbox.notifications if name not in str(one.data)]
    assert others == []


@pytest.mark.parametrize("first", READS)
def test_a_client_logs_in_by_any_of_the_first_requests(first: str, two: Path):
    with httpx.Client(transport=StubTransport(stub_of(two)), base_url=NOWHERE) as client:
        answer = client.get(f"/api/v2{first}", auth=("toni", "secret"))
        assert answer.status_code == 200 and "JSESSIONID" in client.cookies
        name = answer.headers["X-CSRF-HEADER"]
        client.headers[name] = answer.headers[name]
        assert client.post("/api/v2/me", json=START).json() == {"statusCode": 0}
        assert client.get("/api/v2/me").json()["user"]["userName"] == "toni"


def test_who_goes_home_and_logs_in_again_may_show_the_old_cookie(tmp_path: Path):
    with RecordingBuilder(tmp_path / "a.db") as recording:
        for said in ("in the morning", "in the evening"):
            sofia = recording.agent("sofia")
            sofia.chat().message(said)
            sofia.go_home()
    stub = stub_of(tmp_path / "a.db")
    with httpx.Client(transport=StubTransport(stub), base_url=NOWHERE) as client:
        for chat, said in (("0001TaBTNRPW01GV", "in the morning"), ("0001TaBTNRPW01GW", "in the evening")):
            answer = client.get("/api/v2/me", auth=("sofia", "secret"))
            client.headers["X-CSRF-TOKEN"] = answer.headers["X-CSRF-TOKEN"]
            client.post("/api/v2/me", json=START)
            client.post(f"/api/v2/me/chats/{chat}", json={"operationName": "Accept"})
            client.post(f"/api/v2/me/chats/{chat}", json={"operationName": "SendMessage", "text": said})
            client.post("/api/v2/me", json={"operationName": "EndContactCenterSession"})
    assert agreed_but_for_the_channel(stub)


def test_requests_without_a_method_of_their_own(tmp_path: Path):
    def lines(recording: Any, sofia: Any, chat: Any) -> None:
        assert sofia.call("PUT", "/api/v2/x?a=1", {"b": 2}, reply=[1], status=202) == [1]
        assert sofia.call("DELETE", "/api/v2/x", reply=b"\x00\x01") == b"\x00\x01"
        assert sofia.call("POST", "/api/v2/x", b"raw", content_type="x/y", reply="text") == b"text"
        assert sofia.read("/features", reply={"uris": []}) == {"uris": []}
        assert sofia.call("GET", "/api/v2/y", headers={"X-Thing": "1"}, reply={}, took_ms=3) == {}

    stub = stub_of(built(tmp_path / "a.db", lines))
    with httpx.Client(transport=StubTransport(stub), base_url=NOWHERE) as client:
        client.get("/api/v2/me", auth=("sofia", "secret"))
        put = client.put("/api/v2/x", params={"a": 1}, json={"b": 2})
        assert (put.status_code, put.json()) == (202, [1])
        assert client.delete("/api/v2/x").content == b"\x00\x01"
        posted = client.post("/api/v2/x", content=b"raw", headers={"Content-Type": "x/y"})
        assert (posted.text, posted.headers["Content-Type"]) == ("text", "text/plain;charset=UTF-8")
        assert client.get("/api/v2/features").json() == {"uris": []}
        assert client.get("/api/v2/y").json() == {}
        assert client.put("/api/v2/x", params={"a": 2}, json={"b": 2}).status_code == 501
    assert stub.verify().missed == 1


async def test_what_has_no_method_is_heard_on_its_own_topic(tmp_path: Path):
    call = {"messageType": "CallStateChangeMessage", "call": {"id": "7", "state": "Ringing"}}
    with RecordingBuilder(tmp_path / "a.db") as recording:
        sofia = recording.agent("sofia", topics=["/v2/me/*"])
        sofia.notify("/v2/me/calls", call)
    async with listening(StubApp(stub_of(tmp_path / "a.db"))) as url, at_desk(url, "sofia", "x") as desktop:
        await desktop.log_in()
        await desktop.listen("/v2/me/calls")
        await desktop.me("StartContactCenterSession", channels=["chat"])
        assert await desktop.wait(Wanted("the call", lambda data: "call" in data)) == call


@pytest.mark.parametrize("name", ["a b.txt", 'quo"ted.txt', "Grüße–李.txt", "no extension"])
@pytest.mark.parametrize("field", ["attachment", "file"])
def test_files_are_recognised_as_an_ordinary_client_sends_them(name: str, field: str, tmp_path: Path):
    content = b"x\r\n--gws-inspector-7MA4YWxkTrZu0gW\r\n" + bytes(range(256))

    def lines(recording: Any, sofia: Any, chat: Any) -> None:
        assert chat.link(name, content, field=field).file.content == content

    stub = stub_of(built(tmp_path / "a.db", lines))
    with httpx.Client(transport=StubTransport(stub), base_url=NOWHERE) as client:
        client.get("/api/v2/me", auth=("sofia", "secret"))
        client.post("/api/v2/me", json=START)
        client.post("/api/v2/me/chats/0001TaBTNRPW01GV", json={"operationName": "Accept"})
        path = "/api/v2/me/chats/0001TaBTNRPW01GV/attachments"
        assert client.post(path, files={field: (name, content)}).json() == {"statusCode": 0, "referenceId": 2}
    assert agreed_but_for_the_channel(stub)


def test_a_new_document_meets_the_faults_of_its_operation(tmp_path: Path):
    stub = stub_of(built(tmp_path / "a.db", lambda recording, sofia, chat: chat.link("contract.pdf", PDF)))
    stub.faults.refuse("AddAttachment", status_code=5)
    stub.faults.lose_notification("AddAttachment")
    with httpx.Client(transport=StubTransport(stub), base_url=NOWHERE) as client:
        client.get("/api/v2/me", auth=("sofia", "secret"))
        client.post("/api/v2/me", json=START)
        client.post("/api/v2/me/chats/0001TaBTNRPW01GV", json={"operationName": "Accept"})
        path, files = "/api/v2/me/chats/0001TaBTNRPW01GV/attachments", {"attachment": ("contract.pdf", PDF)}
        answers = [client.post(path, files=files).json()["statusCode"] for _ in range(2)]
    assert (answers, stub.faults.armed) == ([5, 0], [])
    assert stub.verify().faults == 2


def agreed_but_for_the_channel(stub: Stub) -> bool:
    found = stub.verify()
    return not found.misses and not found.unused
