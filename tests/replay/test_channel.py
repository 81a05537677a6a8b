"""The asyncio driver: forms of requests and answers, long polls that are told, superseded, cut, and handed over or not."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from itertools import count
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest

from inspector.replay.channel import Answer, Channel, Request
from inspector.replay.comet import Comet
from inspector.traffic import bayeux

CHATS = "/v2/me/chats"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
async def channel() -> AsyncIterator[Channel]:
    ids = count(1)
    channel = Channel(Comet(new_id=lambda: f"client{next(ids)}"))
    yield channel
    channel.close()


@pytest.fixture
async def tasks() -> AsyncIterator[asyncio.TaskGroup]:
    async with asyncio.TaskGroup() as tasks:
        yield tasks


def post(*messages: dict[str, Any]) -> Request:
    return Request("POST", "application/json", body=orjson.dumps(messages))


def meta(name: str, client_id: str = "client1", **members: Any) -> dict[str, Any]:
    return {"channel": f"/meta/{name}", "clientId": client_id, "connectionType": "long-polling", **members}


def told(answer: Answer) -> list[Any]:
    return [message["data"] for message in bayeux.parse(answer.body) if "data" in message]


async def join(channel: Channel) -> str:
    """A client that is connected and subscribed."""
    answer = await channel.answer(post({"channel": "/meta/handshake"}))
    [shaken] = bayeux.parse(answer.body)
    client_id = str(shaken["clientId"])
    await channel.answer(post(meta("connect", client_id), meta("subscribe", client_id, subscription=CHATS)))
    return client_id


async def poll(channel: Channel, tasks: asyncio.TaskGroup, client_id: str) -> asyncio.Task[Answer]:
    """A long poll that is known to be held."""
    task = tasks.create_task(channel.answer(post(meta("connect", client_id))))
    await channel.listening(client_id)
    return task
