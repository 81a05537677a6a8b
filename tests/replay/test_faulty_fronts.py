"""Faults as a client meets them, at every front of a stub."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from inspector.demo.documents import document
from inspector.demo.people import AGENT
from inspector.traffic import bayeux
from tests.replay.fronts import CHANNEL, Ear, Front

AUTH = httpx.BasicAuth(AGENT.user_name, AGENT.password)
CHAT = "/api/v2/me/chats/0001TaBTNRPW01GV"
OVERTAKES, FOLLOWS = (
    {"operationName": "UploadFile", "documentId": document(name).id, "uploadType": "standard-response"}
    for name in ("price-list.pdf", "testfileUploadAgent.txt")
)
DONE = {"statusCode": 0}


@dataclass
class Agent:
    """Somebody who has logged in, and listens."""

    front: Front
    http: httpx.AsyncClient
    ear: Ear

    async def hears(self) -> list[str]:
        """The documents of which the next polls say that they were sent, until one ends empty."""
        found: list[str] = []
        while data := await self.ear.poll():
            found += sent(data)
        return found


@pytest.fixture
def working(play, tale):
    """`async with working() as agent`: an agent at work in front of a stub."""

    @asynccontextmanager
    async def at_work() -> AsyncIterator[Agent]:
        async with play(tale.path, poll_timeout_ms=300) as front, front.client() as http:
            await http.get("/api/v2/me?subresources=features,devices,channels", auth=AUTH)
            agent = Agent(front, http, Ear(http))
            await agent.ear.open()
            yield agent

    return at_work


def sent(told: list[Any]) -> list[str]:
    """The agent's documents of which these notifications say that they were sent."""
    messages = [message for data in told for message in data.get("messages", ())]
    notices = [message for message in messages if message.get("noticeText") == "file-uploaded"]
    return [notice["attachment"]["id"] for notice in notices if notice["from"]["type"] == "Agent"]


async def test_a_refused_upload_says_why_and_can_be_tried_again(working):
    async with working() as agent:
        agent.front.stub.faults.refuse("UploadFile", status_code=3)
        refused = await agent.http.post(CHAT, json=FOLLOWS)
        assert await agent.hears() == []
        accepted = await agent.http.post(CHAT, json=FOLLOWS)
        assert await agent.hears() == [FOLLOWS["documentId"]]
        verification = agent.front.stub.verify()
    assert (refused.status_code, refused.json()) == (200, {"statusCode": 3, "statusMessage": "operation forbidden"})
    assert accepted.json() == DONE
    assert (verification.faults, verification.missed) == (1, 0)


async def test_who_is_not_logged_in_is_refused_as_the_api_does(working):
    async with working() as agent:
        agent.front.stub.faults.refuse("UploadFile", status_code=20, message="Access denied")
        refused = await agent.http.post(CHAT, json=FOLLOWS)
    assert (refused.status_code, refused.json()) == (403, {"statusCode": 20, "statusMessage": "Access denied"})


@pytest.mark.parametrize("body", [OVERTAKES, FOLLOWS], ids=["early", "late"])
async def test_a_lost_notification_never_comes(working, body):
    async with working() as agent:
        agent.front.stub.faults.lose_notification("UploadFile")
        accepted = await agent.http.post(CHAT, json=body)
        assert await agent.hears() == []
        assert agent.front.stub.faults.armed == []
    assert accepted.json() == DONE


async def test_a_repeated_notification_comes_twice(working):
    async with working() as agent:
        agent.front.stub.faults.repeat("UploadFile")
        await agent.http.post(CHAT, json=FOLLOWS)
        assert await agent.hears() == [FOLLOWS["documentId"]] * 2


async def test_a_delayed_notification_comes_when_its_time_is_up(working):
    async with working() as agent:
        agent.front.stub.faults.delay("UploadFile", seconds=0.4)
        begun = time.monotonic()
        await agent.http.post(CHAT, json=FOLLOWS)
        told = []
        while not told:
            told = sent(await agent.ear.poll())
        assert time.monotonic() - begun >= 0.4
    assert told == [FOLLOWS["documentId"]]


async def test_a_notification_can_be_made_to_overtake_its_reply(working):
    async with working() as agent:
        agent.front.stub.faults.before_reply("UploadFile")
        order: list[str] = []

        async def listens() -> None:
            order.extend(sent(await agent.ear.poll()))

        async def uploads() -> None:
            await agent.front.holding(agent.ear.client_id)
            order.append((await agent.http.post(CHAT, json=FOLLOWS)).json())

        await asyncio.gather(listens(), uploads())
    # two threads of the synchronous transport: which of them goes on first is nobody's to say
    seen = sorted(order, key=lambda one: one == DONE) if agent.front.name == "sync transport" else order
    assert seen == [FOLLOWS["documentId"], DONE]


@pytest.mark.parametrize("armed", ["at once", "after the upload"])
async def test_when_the_session_expires_a_new_handshake_brings_the_rest(working, armed):
    async with working() as agent:
        poll = asyncio.ensure_future(agent.ear.poll())
        await agent.front.holding(agent.ear.client_id)
        if armed == "at once":
            await agent.front.in_its_loop(expired(agent.front))
        else:
            agent.front.stub.faults.expire_session("UploadFile")
        await agent.http.post(CHAT, json=FOLLOWS)
        told = sent(await poll)
        connect = {"channel": bayeux.CONNECT, "connectionType": "long-polling", "clientId": agent.ear.client_id}
        answer = (await agent.http.post(CHANNEL, json=[connect])).json()[-1]
        assert answer["error"].startswith("402::") and answer["advice"]["reconnect"] == "handshake"
        agent.ear.client_id = ""
        told += sent(await agent.ear.open())
        assert told + await agent.hears() == [FOLLOWS["documentId"]]


async def expired(front: Front) -> None:
    front.stub.faults.expire_session()
