"""The desktop and its channel to the look-alike: what is delivered to whom, and what happens when it breaks."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import httpx
import pytest

from inspector.demo import story, wanted
from inspector.demo.desktop import Desktop, LoginRefused, at_desk
from inspector.demo.documents import LIBRARY, document
from inspector.demo.inbox import Notification, NotSeen, Reply
from inspector.demo.people import AGENT, User
from inspector.demo.server import LookAlike
from inspector.demo.serving import serving
from inspector.demo.web import Receive, Scope, Send
from inspector.demo.world import PUBLIC_ORIGIN, World
from inspector.errors import NothingFound
from inspector.replay.channel.listener import ChannelRefused

Desk = Callable[..., AbstractAsyncContextManager[Desktop]]

ACCEPTED = story.STEPS[:4]


async def play(desktop: Desktop, steps: tuple[story.Step, ...]) -> None:
    async for _ in story.play(desktop, steps):
        pass


class Watched:
    """A look-alike that tells when it has answered requests to a path."""

    def __init__(self, app: LookAlike) -> None:
        self.app = app
        self.answered: list[str] = []
        self._more = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)
        self.answered.append(scope["path"])
        self._more.set()

    def close(self) -> None:
        self.app.close()

    async def until(self, path: str, times: int) -> None:
        while self.answered.count(path) < times:
            self._more.clear()
            await self._more.wait()


async def test_each_agent_hears_of_their_own_chats_only(desk: Desk, colleague: User) -> None:
    async with desk() as sofia, desk(colleague) as toni:
        await play(sofia, ACCEPTED)
        await play(toni, ACCEPTED)
        await sofia.chat("Complete")
        await sofia.wait(wanted.state("Completed"))
    for desktop in (sofia, toni):
        told = [str(one) for one in desktop.inbox.notifications]
        assert told and all(desktop.chat_id in one for one in told)
    assert sofia.chat_id != toni.chat_id


async def test_two_tabs_of_an_agent_hear_the_same(desk: Desk) -> None:
    async with desk() as first, desk() as second:
        await second.log_in()
        await second.listen()
        await play(first, ACCEPTED)
        await second.wait(wanted.transcript())
        for kind in ("TypingStarted", "Text"):
            await second.wait(wanted.line(kind, "Customer"))
    assert first.inbox.notifications == second.inbox.notifications


async def test_a_forgotten_client_shakes_hands_and_subscribes_again(look_alike: LookAlike) -> None:
    watched = Watched(look_alike)
    async with serving(watched) as origin, at_desk(origin, AGENT.user_name, AGENT.password) as desktop:
        await play(desktop, ACCEPTED)
        before = desktop.listener.client_id
        look_alike.expire(AGENT)
        await watched.until("/api/v2/notifications", times=2)
        assert desktop.listener.client_id != before
        await play(desktop, story.STEPS[4:7])


async def test_polls_that_end_empty_are_followed_by_others(world: World) -> None:
    watched = Watched(LookAlike(world, poll_timeout=0.001, lag=0))
    async with serving(watched) as origin, at_desk(origin, AGENT.user_name, AGENT.password) as desktop:
        await play(desktop, story.STEPS[:2])
        await watched.until("/api/v2/notifications/connect", times=5)
        await play(desktop, story.STEPS[2:4])


async def test_a_poll_that_was_cut_loses_nothing(origin: str, desk: Desk) -> None:
    """The event comes while nobody polls, and is delivered with the next poll."""
    async with desk() as desktop:
        await play(desktop, story.STEPS[:2])
        cookies = {"JSESSIONID": desktop._http.cookies["JSESSIONID"]}
        client_id = desktop.listener.client_id
    connect = {"channel": "/meta/connect", "connectionType": "long-polling", "clientId": client_id, "id": "9"}
    async with httpx.AsyncClient(base_url=origin, cookies=cookies, trust_env=False, verify=False) as http:
        csrf = (await http.get("/api/v2/me")).headers["x-csrf-token"]
        body = {"operationName": "StartContactCenterSession", "channels": ["chat"]}
        await http.post("/api/v2/me", json=body, headers={"X-CSRF-TOKEN": csrf})
        told = (await http.post("/api/v2/notifications/connect", json=[connect])).json()
    assert [message["channel"] for message in told] == ["/v2/me/chats", "/meta/connect"]


async def test_the_end_of_the_session_ends_the_channel(desk: Desk) -> None:
    with pytest.raises(ChannelRefused, match="403"):
        async with desk() as desktop:
            await play(desktop, ACCEPTED)
            await desktop.me("EndContactCenterSession")
            await desktop.wait(wanted.state("Completed"))


async def test_a_websocket_is_refused(origin: str) -> None:
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "x"}
    async with httpx.AsyncClient(
        base_url=origin, auth=(AGENT.user_name, AGENT.password), trust_env=False, verify=False
    ) as http:
        refused = await http.get("/api/v2/notifications", headers=upgrade)
    assert (refused.status_code, refused.headers["connection"]) == (400, "close")


@pytest.mark.parametrize("subscribed", [False, True])
async def test_a_reply_is_not_withheld_for_ever(origin: str, monkeypatch: pytest.MonkeyPatch, subscribed: bool) -> None:
    """Nobody polls, so that the notification cannot be read before the reply."""
    monkeypatch.setattr("inspector.demo.server.WITHHELD_AT_MOST", 0.0)
    hasty = document("price-list.pdf")
    async with httpx.AsyncClient(base_url=origin, trust_env=False, verify=False) as http:
        desktop = Desktop(http, AGENT.user_name, AGENT.password)
        await desktop.log_in()
        if subscribed:
            await desktop.listen()
        await desktop.me("StartContactCenterSession", channels=["chat"])
        [chat] = (await desktop.read("/me/chats?fields=*"))["chats"]
        desktop.chat_id = chat["id"]
        for operation in ("Accept", "AddAttachment", "UploadFile"):
            assert await desktop.chat(operation, documentId=hasty.id) == {"statusCode": 0}


async def test_addresses_are_followed_by_way_of_the_desktop_s_own_server(desk: Desk) -> None:
    async with desk() as desktop:
        await desktop.log_in()
        assert await desktop.follow(f"{PUBLIC_ORIGIN}/api/v2/attachments/{LIBRARY[0].id}") == LIBRARY[0].file.content


async def test_what_does_not_come_is_named_with_what_came_instead(desk: Desk) -> None:
    with pytest.raises(NotSeen) as failure:
        async with desk(patience=0.0) as desktop:
            desktop.inbox.put(Notification("/v2/me/chats", {"notificationType": "PropertiesUpdated"}))
            await desktop.wait(wanted.file("never.txt"))
    assert "waited 0 s for file-uploaded never.txt from Agent" in str(failure.value)
    assert "PropertiesUpdated" in str(failure.value)


async def test_what_may_not_come_is_given_up(desk: Desk) -> None:
    async with desk() as desktop:
        assert await desktop.hope_for(wanted.file("never.txt")) is None


async def test_a_refused_subscription_is_told(desk: Desk) -> None:
    async with desk() as desktop:
        await desktop.log_in()
        with pytest.raises(ChannelRefused, match="403::A subscription names channels"):
            await desktop.listen("no slash")


def test_lines_of_the_log_leave_the_origin_out_and_keep_bytes_short() -> None:
    told = {"b": f"{PUBLIC_ORIGIN}/api/v2/chats/1", "a": "http://else.example.com/"}
    assert str(Notification("/v2/me/chats", told)) == (
        '/v2/me/chats {"a":"http://else.example.com/","b":"/api/v2/chats/1"}'
    )
    assert str(Reply("GET", "/x", 200, b"")) == (
        "GET /x 200 0 bytes, sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )


async def test_a_wrong_password_is_refused(origin: str) -> None:
    with pytest.raises(LoginRefused, match="sofia was refused with 403"):
        async with at_desk(origin, "sofia", "wrong") as desktop:
            await desktop.log_in()


async def test_an_attachment_that_was_never_told_of_is_not_found(desk: Desk) -> None:
    async with desk() as desktop:
        with pytest.raises(NothingFound):
            desktop.document_id("never.txt")
