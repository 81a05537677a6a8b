"""`--record-missing`: what the server answered becomes part of the recording, and is replayed without the server."""

import base64
import shutil
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path

import httpx
import pytest

from inspector.analysis.agents import SESSION_COOKIE
from inspector.demo import story, wanted
from inspector.demo.comparison import compare
from inspector.demo.desktop import Desktop, at_desk
from inspector.demo.documents import NOTES
from inspector.demo.inbox import Inbox
from inspector.demo.people import AGENT
from inspector.recording.derivation import summarise
from inspector.recording.reader import reading
from inspector.recording.recorder import Recorder
from inspector.recording.session import Session
from inspector.replay.fronts.transport import AsyncStubTransport
from inspector.replay.journal import Verification
from inspector.replay.plans.keeping import keep
from inspector.replay.plans.opening import prepare
from inspector.replay.stub import Settings
from inspector.traffic.redaction import Places
from tests.replay.fronts import NOWHERE
from tests.replay.spied import AUTH, ME, PATIENCE, UNRECORDED, Scene, second_chat, spying_on, stub_with

CHAT = "0001TaBTNRPW01GW"
"""The second chat that the look-alike hands out; the recording knows the first one alone."""


@pytest.fixture
def path(tale, tmp_path: Path) -> Path:
    """The story, to be added to."""
    return Path(shutil.copy(tale.path, tmp_path / "story.db"))


def recorder_of(path: Path, places: Places | None = None) -> Callable[[], Recorder]:
    parent = prepare(path).session.uuid
    return partial(Recorder, path, "http://gws.example", parent=parent, places=places)


async def play_and_more(desktop: Desktop) -> None:
    """The story, and in the middle of it what nobody recorded: reads, and a file sent to another chat."""
    async for _ in story.play(desktop, story.STEPS[:6]):
        pass
    await desktop.read(UNRECORDED.removeprefix("/api/v2"))
    recorded, desktop.chat_id = desktop.chat_id, CHAT
    await desktop.read(f"/me/chats/{CHAT}?fields=*")
    await desktop.attach(NOTES)
    await desktop.wait(wanted.linked(NOTES.name))
    await desktop.chat("UploadFile", documentId=desktop.document_id(NOTES.name), uploadType="file-system")
    await desktop.wait(wanted.file(NOTES.name))
    await desktop.read(f"/me/chats/{CHAT}?fields=*")
    desktop.chat_id = recorded
    async for _ in story.play(desktop, story.STEPS[6:]):
        pass


async def add(path: Path, places: Places | None = None) -> tuple[Inbox, Scene]:
    """What the agent saw while the missing was recorded."""
    async with spying_on(path, recorder_of(path, places)) as scene:
        assert await second_chat(scene) == CHAT
        async with scene.desk() as desktop:
            await play_and_more(desktop)
        assert scene.stub.verify().missed == 0
    assert scene.spy.failure is None
    return desktop.inbox, scene


async def played(
    path: Path, act: Callable[[Desktop], object], session: str | None = None
) -> tuple[Inbox, Verification]:
    """What the agent sees of the recording alone."""
    stub = prepare(path, session=session).stub(Settings(poll_timeout_ms=1000))
    desk = at_desk(
        NOWHERE, AGENT.user_name, AGENT.password, transport=AsyncStubTransport(stub), patience=PATIENCE, hope=0
    )
    async with desk as desktop:
        await act(desktop)  # type: ignore[misc]
        return desktop.inbox, stub.verify()


async def only_the_story(desktop: Desktop) -> None:
    async for _ in story.play(desktop):
        pass


def sessions(path: Path) -> list[Session]:
    with reading(path) as recording:
        return recording.sessions()


@pytest.mark.parametrize("prepared", [False, True], ids=["from its facts", "prepared"])
async def test_what_was_missing_is_answered_and_told_without_the_server(path, prepared):
    if prepared:
        keep(path)
    seen, _ = await add(path)
    again, verification = await played(path, play_and_more)
    assert compare(seen, again) == []
    assert (verification.missed, verification.unused, verification.undelivered) == (0, (), ())
    assert [file.name for file in path.parent.iterdir()] == [path.name]


async def test_what_was_redacted_in_more_places_is_matched_all_the_same(path):
    seen, _ = await add(path, Places(members=frozenset({"documentId"})))
    again, verification = await played(path, play_and_more)
    assert compare(seen, again) == []
    assert (verification.missed, verification.unused) == (0, ())


async def test_the_story_itself_stays_what_it_was(path, tale):
    await add(path)
    again, verification = await played(path, only_the_story)
    assert compare(tale.seen, again) == []
    assert (verification.missed, verification.unused) == (0, ())


async def test_it_is_a_session_with_its_parent(path):
    _, scene = await add(path)
    parent, added = sessions(path)
    assert (added.parent, added.state, added.source) == (parent.uuid, "complete", "proxy")
    assert scene.look_alike.site.world.public_origin in added.origins
    assert prepare(path).session.uuid == parent.uuid
    assert prepare(path, session=added.uuid).session.uuid == added.uuid


async def test_it_is_judged_like_any_other(path):
    await add(path)
    with reading(path) as recording:
        summary = summarise(recording, recording.sessions()[-1])
    (transfer,) = summary.transfers.values()
    assert (transfer.name, transfer.chat_id) == (NOTES.name, CHAT)
    assert transfer.uploaded_by and transfer.notified_by
    assert [finding.rule for finding in summary.findings if finding.severity == "error"] == []


async def test_reads_follow_what_was_added(path):
    seen, _ = await add(path)
    again, _ = await played(path, play_and_more)
    for inbox in (seen, again):
        before, after = [one.body["chat"] for one in inbox.replies if one.path.endswith(f"{CHAT}?fields=*")]
        assert not before.get("attachments") and [one["name"] for one in after["attachments"]] == [NOTES.name]


async def test_without_a_miss_nothing_is_added(path):
    before = path.read_bytes()
    async with spying_on(path, recorder_of(path)) as scene, scene.desk() as desktop:
        await only_the_story(desktop)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


async def test_no_secret_reaches_the_disk(path):
    _, scene = await add(path)
    login = scene.server.asked[0]
    told = httpx.Headers(login.answered)
    basic = base64.b64encode(f"{AGENT.user_name}:{AGENT.password}".encode()).decode()
    secrets = [AGENT.password, basic, told["X-CSRF-TOKEN"], told["Set-Cookie"].partition("=")[2].partition(";")[0]]
    assert login.header("authorization") == f"Basic {basic}"
    kept = path.read_bytes()
    assert [secret for secret in secrets if secret.encode() in kept] == []


async def test_what_is_missing_later_is_added_to_what_was_added(path):
    await add(path)
    async with spying_on(path, recorder_of(path)) as scene, scene.client() as client:
        await client.get(ME, auth=AUTH)
        assert (await client.get(UNRECORDED)).status_code == 200
        assert scene.server.asked == []
        assert (await client.get(f"{UNRECORDED}&more")).status_code == 200
    assert [one.parent for one in sessions(path)[1:]] == [sessions(path)[0].uuid] * 2
    async with httpx.AsyncClient(transport=AsyncStubTransport(prepare(path).stub()), base_url=NOWHERE) as client:
        await client.get(ME, auth=AUTH)
        answers = [(await client.get(target)).status_code for target in (UNRECORDED, f"{UNRECORDED}&more")]
    assert answers == [200, 200]


async def test_another_user_is_answered_as_well(path):
    """Whose story the recording does not know is cast late, and finds what was added for anybody."""
    await add(path)
    async with httpx.AsyncClient(transport=AsyncStubTransport(prepare(path).stub()), base_url=NOWHERE) as client:
        await client.get(ME, auth=httpx.BasicAuth("somebody", "else"))
        assert (await client.get(UNRECORDED)).json()["statusCode"] == 0


async def test_a_client_that_asks_differently_meets_a_miss(path):
    await add(path)
    async with httpx.AsyncClient(transport=AsyncStubTransport(prepare(path).stub()), base_url=NOWHERE) as client:
        await client.get(ME, auth=AUTH)
        assert client.cookies[SESSION_COOKIE]
        assert (await client.get(f"{UNRECORDED}&more")).status_code == 501


async def test_what_the_server_never_answered_is_kept_and_not_replayed(path):
    with socket.socket() as taken:  # bound, but nobody listens
        taken.bind(("127.0.0.1", 0))
        upstream = f"http://127.0.0.1:{taken.getsockname()[1]}"
        async with (
            stub_with(path, upstream, recorder=recorder_of(path)) as (_, _, url, _),
            httpx.AsyncClient(base_url=url, timeout=PATIENCE, trust_env=False, verify=False) as client,
        ):
            await client.get(ME, auth=AUTH)
            assert (await client.get(UNRECORDED)).status_code == 501
    with reading(path) as recording:
        (exchange,) = [event.exchange for event in recording.events(recording.sessions()[-1]) if event.exchange.done]
    assert exchange.error and exchange.response is None
    async with httpx.AsyncClient(transport=AsyncStubTransport(prepare(path).stub()), base_url=NOWHERE) as client:
        await client.get(ME, auth=AUTH)
        assert (await client.get(UNRECORDED)).status_code == 501
