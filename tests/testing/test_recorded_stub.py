"""A stub that records: what a test can ask of it while its client is at work at the real server."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from inspector.demo import wanted
from inspector.demo.desktop import at_desk
from inspector.demo.people import AGENT
from inspector.errors import UsageError
from inspector.recording.reader import reading
from inspector.testing.upstream.recorded import RecordedStub
from tests.live.processes import eventually
from tests.recording.keeping import query
from tests.testing.projects import look_alike

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def stub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RecordedStub]:
    folder = tmp_path_factory.mktemp("recorded")
    with look_alike() as upstream:
        stub = RecordedStub(upstream, folder / "desk.db", "-x", folder)
        yield stub
        stub.close()
    with reading(folder / "desk.db") as recording:
        [session] = recording.sessions()
        assert (session.uuid, session.state, session.name) == (stub.session, "complete", "-x")


def test_it_knows_what_its_client_does_when_the_client_does(stub: RecordedStub) -> None:
    async def work() -> None:
        async with at_desk(stub.url, AGENT.user_name, AGENT.password, hope=0.3) as desktop:
            await desktop.log_in()
            await desktop.listen()
            await desktop.me("StartContactCenterSession", channels=["chat"])
            assert [call.operation for call in stub.calls] == ["StartContactCenterSession"]
            await desktop.take_chat(wanted.state("Invited"))
            await desktop.chat("Accept", nickname="Sofia")
            await desktop.wait(wanted.state("Chatting"))
            accepted = await stub.async_wait_for("Accept", notified=True, chat_id=desktop.chat_id)
            assert accepted.notifications[0].data["chat"]["id"] == desktop.chat_id
            with pytest.raises(AssertionError, match="which was not called"):
                await stub.async_wait_for("UploadFile", timeout=0.05)
            assert stub.findings == []
            await desktop.chat_raw(b'{"operationName": "UploadFile"')
            assert stub.findings[0].rule.startswith("GW1")

    asyncio.run(work())
    stub.expect("Accept", nickname="Sofia", times=1)
    assert stub.problems(strict=True) == []
    assert stub.journal[0].path == "/api/v2/me"


def test_it_waits_for_what_is_under_way(stub: RecordedStub) -> None:
    async def work() -> None:
        async with httpx.AsyncClient(base_url=stub.url, auth=(AGENT.user_name, AGENT.password)) as client:
            body = {"operationName": "NoSuchThing"}
            waiting = asyncio.ensure_future(stub.async_wait_for("NoSuchThing"))
            await asyncio.sleep(0)
            await client.get("/api/v2/me")
            await client.post("/api/v2/me", json=body)
            assert (await waiting).body == body

    asyncio.run(work())


def test_its_transports_lead_to_the_server_whatever_their_client_calls_it(stub: RecordedStub) -> None:
    before = len(stub.journal)
    user = (AGENT.user_name, AGENT.password)
    with httpx.Client(transport=stub.transport, base_url="https://gws.test:99", auth=user) as client:
        told = client.get("/api/v2/me").raise_for_status()
    assert str(told.request.url) == "https://gws.test:99/api/v2/me"

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=stub.async_transport, base_url="http://gws.test", auth=user) as client:
            return await client.get("/api/v2/me/chats")

    assert asyncio.run(ask()).json()["statusCode"] == 0
    assert [entry.path for entry in stub.journal[before:]] == ["/api/v2/me", "/api/v2/me/chats"]


def test_a_fault_is_played_not_recorded(stub: RecordedStub) -> None:
    with pytest.raises(UsageError, match="a fault is played, not recorded"):
        stub.faults.refuse("UploadFile")


@pytest.mark.parametrize("upstream", ["gws.example", ""])
def test_what_is_no_server_is_told_as_the_recorder_tells_it(tmp_path: Path, upstream: str) -> None:
    with pytest.raises(UsageError, match="http://HOST:PORT"):
        RecordedStub(upstream, tmp_path / "desk.db", "x", tmp_path)


def test_settings_are_those_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "gws-inspector.toml").write_text(
        '[record]\nlisten = "nowhere"\nmode = "regular"\n[redaction]\nwrong = 1'
    )
    with pytest.raises(UsageError, match=r"gws-inspector\.toml: redaction\.wrong"):
        RecordedStub("http://127.0.0.1:9", tmp_path / "desk.db", "x", tmp_path)


def test_files_are_kept_whole_whatever_the_settings_say(tmp_path: Path) -> None:
    (tmp_path / "gws-inspector.toml").write_text('[record]\nbodies = "digest"\n')
    content, path = b"what the file says", "/api/v2/me/chats/1/attachments"
    with look_alike() as upstream:
        stub = RecordedStub(upstream, tmp_path / "desk.db", "x", tmp_path)
        httpx.post(stub.url + path, files={"attachment": ("a.txt", content)}, trust_env=False)
        stub.close()
    assert query(tmp_path / "desk.db", "SELECT id FROM bodies WHERE content = ?", content)


def test_what_the_server_has_not_answered_is_a_problem(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:  # nobody accepts
        upstream = f"http://127.0.0.1:{listening.getsockname()[1]}"
        stub = RecordedStub(upstream, tmp_path / "desk.db", "x", tmp_path)
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(f"{stub.url}/api/v2/me/left", timeout=0.2, trust_env=False)
        eventually(lambda: len(stub.journal) == 1)
        assert stub.problems() == []
    for path in ("me", "me", "notifications"):
        assert httpx.get(f"{stub.url}/api/v2/{path}", trust_env=False).status_code == 502
    [told] = stub.problems()
    assert told.startswith(f"✗ GET /api/v2/me was not answered by {upstream}: ")
    stub.allow_misses()
    assert stub.problems() == []
    stub.close()
