"""`--spy`: what the recording does not know is answered by the real server, and told by its channel."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx

from inspector.analysis.agents import SESSION_COOKIE
from inspector.demo import story, wanted
from inspector.demo.comparison import compare
from inspector.demo.desktop import Desktop
from inspector.demo.documents import NOTES
from inspector.demo.inbox import Inbox, Notification, Seen
from inspector.demo.people import AGENT
from inspector.replay.plans.opening import prepare
from inspector.webservices.notifications import CHATS_TOPIC
from tests.replay.fronts import Ear
from tests.replay.spied import AUTH, ME, UNRECORDED, Scene, second_chat, spying_on


async def at_work(desktop: Desktop, steps: int = 4) -> None:
    async for _ in story.play(desktop, story.STEPS[:steps]):
        pass


async def send_notes(desktop: Desktop, chat_id: str) -> dict[str, Any]:
    """Uploads a file to a chat, tells the chat of it, and waits until it is there: its notification."""
    desktop.chat_id = chat_id
    await desktop.attach(NOTES)
    await desktop.wait(wanted.linked(NOTES.name))
    members = {"documentId": desktop.document_id(NOTES.name), "uploadType": "file-system"}
    assert (await desktop.chat("UploadFile", **members))["statusCode"] == 0
    return await desktop.wait(wanted.file(NOTES.name))


@asynccontextmanager
async def logged_in(scene: Scene) -> AsyncIterator[httpx.AsyncClient]:
    async with scene.client() as client:
        answer = await client.get(ME, auth=AUTH)
        client.headers["X-CSRF-TOKEN"] = answer.headers["X-CSRF-TOKEN"]
        yield client


async def test_what_is_recorded_never_reaches_the_server(tale):
    async with spying_on(tale.path) as scene:
        async with scene.desk() as desktop:
            await at_work(desktop, len(story.STEPS))
        verification = scene.stub.verify()
    assert compare(tale.seen, desktop.inbox) == []
    assert scene.server.asked == []
    assert (verification.missed, verification.forwarded) == (0, 0)


async def test_a_miss_is_answered_by_the_server_and_counted(tale):
    async with spying_on(tale.path) as scene:
        async with logged_in(scene) as client:
            answer = await client.get(UNRECORDED)
        verification = scene.stub.verify()
    assert (answer.status_code, answer.json()["statusCode"]) == (200, 0)
    assert scene.server.targets == ["GET /api/v2/me", f"GET {UNRECORDED}"]
    assert (verification.missed, verification.forwarded) == (0, 1)
    assert not verification.failed()


async def test_a_forwarded_upload_is_told_by_the_servers_channel_beside_the_recorded_story(tale):
    async with spying_on(tale.path) as scene:
        chat_id = await second_chat(scene)
        async with scene.desk() as desktop:
            await at_work(desktop)
            recorded = desktop.chat_id
            told = await send_notes(desktop, chat_id)
            desktop.chat_id = recorded
            async for _ in story.play(desktop, story.STEPS[4:]):
                pass
        verification = scene.stub.verify()
    assert told["chatUri"].startswith(f"{scene.url}/api/v2/")
    assert scene.upstream not in str(desktop.inbox.seen)
    assert (verification.missed, verification.unused, verification.undelivered) == (0, (), ())
    own = [one for one in desktop.inbox.seen if chat_id not in str(one)]
    assert compare(tale.seen, _log(own)) == []


def _log(seen: list[Seen]) -> Inbox:
    inbox = Inbox()
    for one in seen:
        inbox.put(one)
    return inbox


async def test_the_channel_is_there_before_the_operation_and_gone_afterwards(tale):
    async with spying_on(tale.path) as scene:
        chat_id = await second_chat(scene)
        async with scene.desk() as desktop:
            await at_work(desktop)
            await send_notes(desktop, chat_id)
            targets = scene.server.targets
            assert targets.index("POST /api/v2/notifications/handshake") < targets.index(
                f"POST /api/v2/me/chats/{chat_id}/attachments"
            )
            assert targets.count("POST /api/v2/notifications/handshake") == 1
    assert "POST /api/v2/notifications/disconnect" in scene.server.targets


async def test_a_read_opens_no_channel(tale):
    async with spying_on(tale.path) as scene, scene.desk() as desktop:
        await at_work(desktop)
        await desktop.read("/diagnostics/version?of=everything")
    assert [target for target in scene.server.targets if "notifications" in target] == []


async def test_who_listens_to_nothing_opens_no_channel(tale):
    async with spying_on(tale.path) as scene:
        chat_id = await second_chat(scene)
        async with logged_in(scene) as client:
            answer = await client.post(f"/api/v2/me/chats/{chat_id}", json={"operationName": "Leave"})
    assert answer.status_code == 200
    assert [target for target in scene.server.targets if "notifications" in target] == []


async def test_a_later_subscription_is_followed(tale):
    async with spying_on(tale.path) as scene:
        chat_id = await second_chat(scene)
        async with logged_in(scene) as client:
            ear = Ear(client)
            await ear.open()
            say = {"operationName": "SendMessage", "text": "Hello?"}
            await client.post(f"/api/v2/me/chats/{chat_id}", json=say)
            await ear.ask({"channel": "/meta/subscribe", "subscription": "/v2/me/devices"})
            await client.post(f"/api/v2/me/chats/{chat_id}", json=say)
    bodies = b"\n".join(one.body for one in scene.server.asked)
    assert bodies.count(b"/meta/handshake") == 1
    assert bodies.count(CHATS_TOPIC.encode()) == 1
    assert bodies.count(b"/v2/me/devices") == 1


async def test_cookies_and_tokens_of_the_two_sessions_never_meet(tale):
    async with spying_on(tale.path) as scene:
        chat_id = await second_chat(scene)
        async with scene.desk() as desktop:
            await at_work(desktop)
            await send_notes(desktop, chat_id)
            await desktop.read("/diagnostics/version?of=everything")
            await desktop.read(f"/me/chats/{chat_id};{SESSION_COOKIE.lower()}={_cookie(desktop)}?of=me")
            ours = [_cookie(desktop), desktop._http.headers["X-CSRF-TOKEN"]]
    login = scene.server.asked[0]
    theirs = [
        httpx.Headers(login.answered)["Set-Cookie"].partition("=")[2].partition(";")[0],
        httpx.Headers(login.answered)["X-CSRF-TOKEN"],
    ]
    told_to_server = b"\n".join(one.told for one in scene.server.asked)
    told_to_client = b"\n".join(one.tells for one in scene.front.asked)
    assert all(secret.encode() in told_to_server and secret.encode() not in told_to_client for secret in theirs)
    assert all(secret.encode() in told_to_client and secret.encode() not in told_to_server for secret in ours)


def _cookie(desktop: Desktop) -> str:
    return next(one.value or "" for one in desktop._http.cookies.jar if one.name == SESSION_COOKIE)


async def test_each_live_client_has_a_session_of_its_own(tale):
    async with spying_on(tale.path) as scene, logged_in(scene) as one, logged_in(scene) as other:
        for client in (one, other, one):
            assert (await client.get(UNRECORDED)).status_code == 200
    asked = [one for one in scene.server.asked if one.target == UNRECORDED]
    assert len({one.header("cookie") for one in asked}) == 2
    assert asked[0].header("cookie") == asked[2].header("cookie") != ""
    assert scene.server.targets.count("GET /api/v2/me") == 2


async def test_two_requests_at_once_log_in_once(tale):
    async with spying_on(tale.path) as scene, logged_in(scene) as client:
        await asyncio.gather(*(client.get(f"{UNRECORDED}{number}") for number in range(5)))
    assert scene.server.targets.count("GET /api/v2/me") == 1
    assert len(scene.server.asked) == 6


async def test_a_client_without_a_login_is_nobody_there_either(tale):
    async with spying_on(tale.path) as scene, logged_in(scene) as known, scene.client() as stranger:
        await known.get(UNRECORDED)
        answer = await stranger.get(UNRECORDED)
    assert answer.status_code == 403
    asked = scene.server.asked[-1]
    assert (asked.header("cookie"), asked.header("authorization")) == ("", "")


async def test_a_login_that_was_not_recorded_is_forwarded_and_the_client_known_afterwards(tale):
    async with spying_on(tale.path) as scene, scene.client() as client:
        answer = await client.get("/api/v2/me?subresources=unheard-of", auth=AUTH)
        again = await client.get(UNRECORDED)
    assert (answer.status_code, again.status_code) == (200, 200)
    assert answer.json()["user"]["userName"] == AGENT.user_name
    assert client.cookies[SESSION_COOKIE]
    assert scene.server.targets == ["GET /api/v2/me?subresources=unheard-of", f"GET {UNRECORDED}"]


async def test_a_session_that_the_server_has_ended_is_begun_anew(tale):
    async with spying_on(tale.path) as scene, logged_in(scene) as client:
        await client.get(UNRECORDED)
        scene.look_alike.site.logins._by_cookie.clear()
        answers = [(await client.get(UNRECORDED)).status_code for _ in range(2)]
    assert answers == [403, 200]


async def test_addresses_are_the_clients_own_on_both_sides(tale):
    async with spying_on(tale.path) as scene:
        chat_id = await second_chat(scene)
        async with logged_in(scene) as client:
            answer = await client.get(f"/api/v2/me/chats/{chat_id}?fields=*", headers={"Referer": f"{scene.url}/desk"})
            target = f"{scene.url}/api/v2/me/chats/{chat_id}"
            await client.post(f"/api/v2/me/chats/{chat_id}", json={"operationName": "Invite", "targetUri": target})
    named = scene.look_alike.site.world.public_origin
    assert named.encode() not in answer.content and scene.upstream.encode() not in answer.content
    assert answer.json()["chat"]["uri"].startswith(f"{scene.url}/api/v2/")
    asked = scene.server.outside_the_channel
    assert asked[-1].body.count(f"{named}/api/v2/me/chats".encode()) == 1
    assert asked[1].header("referer") == f"{scene.upstream}/desk"
    assert scene.url.encode() not in b"".join(one.told for one in asked)


async def test_head_and_options_are_never_forwarded(tale):
    async with spying_on(tale.path) as scene, logged_in(scene) as client:
        statuses = [(await client.request(method, UNRECORDED)).status_code for method in ("HEAD", "OPTIONS")]
    assert statuses[0] == 501 and scene.server.asked == []


async def test_who_hangs_up_leaves_nothing_behind(tale):
    before = asyncio.all_tasks()
    async with spying_on(tale.path) as scene:
        chat_id = await second_chat(scene)
        async with scene.desk() as desktop:
            await at_work(desktop)
            await send_notes(desktop, chat_id)
    assert asyncio.all_tasks() == before


async def test_a_stub_that_begins_anew_ends_the_sessions_of_the_old_one(tale):
    async with spying_on(tale.path) as scene:
        chat_id = await second_chat(scene)
        async with scene.desk() as desktop:
            await at_work(desktop)
            await send_notes(desktop, chat_id)
            again = prepare(tale.path).stub()
            scene.spy.attend(again.delivery.channel)
            await until(lambda: "POST /api/v2/notifications/disconnect" in scene.server.targets)


async def test_what_the_server_tells_when_its_client_has_gone_is_lost_and_said(tale, caplog):
    async with spying_on(tale.path) as scene:
        chat_id = await second_chat(scene)
        async with scene.desk() as desktop:
            await at_work(desktop)
            await send_notes(desktop, chat_id)
            await desktop.hang_up()
            desktop.chat_id = chat_id
            await desktop.chat("SendMessage", text="Is anybody there?")
            await until(lambda: "does not listen any more" in caplog.text)


async def test_a_server_that_forgets_its_listener_is_listened_to_again(tale):
    async with spying_on(tale.path) as scene:
        chat_id = await second_chat(scene)
        async with scene.desk() as desktop:
            await at_work(desktop)
            await send_notes(desktop, chat_id)
            scene.look_alike.expire(AGENT)
            await until(lambda: scene.server.targets.count("POST /api/v2/notifications/handshake") == 2)
            await scene.look_alike.listening(AGENT)
            desktop.inbox._untaken.clear()
            await desktop.chat("SendMessage", text="Once more")
            told = await desktop.wait(wanted.line("Text", "Agent"))
    assert told["messages"][0]["text"] == "Once more"
    assert isinstance(desktop.inbox.seen[-1], Notification)


async def until(true: Callable[[], bool]) -> None:
    """Until something is so."""
    with suppress(TimeoutError):
        async with asyncio.timeout(10):
            while not true():
                await asyncio.sleep(0.01)
    assert true()
