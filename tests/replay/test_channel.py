"""The asyncio driver: forms of requests and answers, long polls told, superseded and cut, hand-overs done or failed."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from itertools import count
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest

from inspector.replay.channel.comet import Comet
from inspector.replay.channel.polling import Answer, Channel, Request
from inspector.traffic import bayeux

CHATS = "/v2/me/chats"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
async def channel() -> Channel:
    ids = count(1)
    return Channel(Comet(new_id=lambda: f"client{next(ids)}", timeout_ms=3_600_000))


@pytest.fixture
async def tasks(channel: Channel) -> AsyncIterator[asyncio.TaskGroup]:
    async with asyncio.TaskGroup() as tasks:
        yield tasks
        channel.close()


def post(*messages: dict[str, Any]) -> Request:
    return Request("POST", "application/json", body=orjson.dumps(messages))


def meta(name: str, client_id: str = "client1", **members: Any) -> dict[str, Any]:
    return {"channel": f"/meta/{name}", "clientId": client_id, "connectionType": "long-polling", **members}


def told(answer: Answer) -> list[Any]:
    return [message["data"] for message in bayeux.parse(answer.body) if "data" in message]


async def woken(poll: asyncio.Task[Answer]) -> Answer:
    """Fails instead of hanging if nothing wakes the poll."""
    return await asyncio.wait_for(poll, timeout=20)


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


SUBSCRIBE = meta("subscribe", subscription="/x", id="2")
SUBSCRIBED = [{"id": "2", "channel": "/meta/subscribe", "subscription": "/x", "successful": True}]
WRITTEN = orjson.dumps(SUBSCRIBE).decode()


class TestForms:
    @pytest.mark.parametrize(
        "request_",
        [
            Request("POST", "application/json", body=f"[{WRITTEN}]".encode()),
            Request("POST", "application/json", body=WRITTEN.encode()),
            Request("POST", "text/json", "ignored=1", f"[{WRITTEN}]".encode()),
            Request("POST", "Application/X-WWW-Form-URLencoded", body=urlencode({"message": WRITTEN}).encode()),
            Request("POST", FORM, body=urlencode({"x": 1, "message": f"[{WRITTEN}]"}).encode()),
        ],
        ids=["array", "bare object", "other type", "form", "form with an array"],
    )
    async def test_long_polling(self, channel: Channel, request_: Request) -> None:
        await join(channel)
        answer = await channel.answer(request_)
        assert (answer.status, answer.content_type) == (200, "application/json;charset=UTF-8")
        assert orjson.loads(answer.body) == SUBSCRIBED

    async def test_a_form_may_repeat_its_message(self, channel: Channel) -> None:
        await join(channel)
        body = urlencode([("message", WRITTEN), ("message", WRITTEN)]).encode()
        assert orjson.loads((await channel.answer(Request("POST", FORM, body=body))).body) == SUBSCRIBED * 2

    @pytest.mark.parametrize(
        ("jsonp", "function"), [({"jsonp": "_cometd_jsonp_0"}, b"_cometd_jsonp_0"), ({}, b"jsonpcallback")]
    )
    async def test_callback_polling(self, channel: Channel, jsonp: dict[str, str], function: bytes) -> None:
        await join(channel)
        query = urlencode({**jsonp, "message": f"[{WRITTEN}]"})
        answer = await channel.answer(Request("GET", query=query))
        assert (answer.status, answer.content_type) == (200, "text/javascript;charset=UTF-8")
        assert answer.body == function + b"(" + orjson.dumps(SUBSCRIBED) + b")"

    async def test_callback_polling_stands_what_old_javascript_does_not(self, channel: Channel) -> None:
        client_id = await join(channel)
        channel.publish(client_id, CHATS, "\u2028 and \u2029")
        query = urlencode({"jsonp": "f", "message": orjson.dumps(meta("connect", client_id)).decode()})
        answer = await channel.answer(Request("GET", query=query))
        assert rb'"\u2028 and \u2029"' in answer.body
        assert told(answer) == ["\u2028 and \u2029"]

    @pytest.mark.parametrize(
        "request_",
        [
            Request("POST", "application/json", body=b""),
            Request("POST", "application/json", body=b"[]"),
            Request("POST", "application/json", body=b'[{"channel": "/meta/handshake"}'),
            Request("POST", "application/json", body=b'[{"channel": 5}]'),
            Request("POST", "application/json", body=b'["/meta/handshake"]'),
            Request("POST", "application/json", body=b"\xff"),
            Request("POST", FORM, body=b"massage=%5B%5D"),
            Request("POST", FORM, body=b"message=%5B"),
            Request("GET", query="jsonp=f"),
            Request("GET", query=urlencode({"jsonp": "alert(1)//", "message": WRITTEN})),
            Request("PUT", "application/json", body=f"[{WRITTEN}]".encode()),
        ],
    )
    async def test_what_is_no_bayeux_gets_400_and_changes_nothing(self, channel: Channel, request_: Request) -> None:
        await join(channel)
        answer = await channel.answer(request_)
        assert (answer.status, answer.reply) == (400, None)
        assert channel.comet.clients == ("client1",) and channel.comet.subscriptions("client1") == (CHATS,)
        channel.lost(answer)
        channel.delivered(answer)


class TestLongPoll:
    async def test_is_told_in_one_answer_what_happens_in_one_go(
        self, channel: Channel, tasks: asyncio.TaskGroup
    ) -> None:
        held = await poll(channel, tasks, await join(channel))
        for number in range(3):
            assert channel.publish("client1", CHATS, number)
        answer = await woken(held)
        assert told(answer) == [0, 1, 2]
        assert bayeux.parse(answer.body)[-1] == {"channel": "/meta/connect", "successful": True}

    async def test_ends_empty_at_its_deadline(self, channel: Channel) -> None:
        client_id = await join(channel)
        answer = await channel.answer(post(meta("connect", client_id, advice={"timeout": 1})))
        assert [message["channel"] for message in bayeux.parse(answer.body)] == ["/meta/connect"]
        assert not channel.comet.holding(client_id)

    async def test_a_newer_one_ends_it_empty(self, channel: Channel, tasks: asyncio.TaskGroup) -> None:
        client_id = await join(channel)
        older = await poll(channel, tasks, client_id)
        newer = tasks.create_task(channel.answer(post(meta("connect", client_id))))
        assert told(await woken(older)) == []
        channel.publish(client_id, CHATS, "news")
        assert told(await woken(newer)) == ["news"]

    async def test_sleeps_on_when_another_reply_was_faster(self, channel: Channel, tasks: asyncio.TaskGroup) -> None:
        client_id = await join(channel)
        held = await poll(channel, tasks, client_id)
        channel.publish(client_id, CHATS, "first")
        faster = await channel.answer(post(meta("subscribe", client_id, subscription="/x")))
        channel.delivered(faster)
        await tasks.create_task(join(channel))  # gives the woken poll its turn
        assert channel.comet.holding(client_id) and not held.done()
        channel.publish(client_id, CHATS, "second")
        assert (told(faster), told(await woken(held))) == (["first"], ["second"])

    async def test_ends_with_its_session(self, channel: Channel, tasks: asyncio.TaskGroup) -> None:
        client_id = await join(channel)
        held = await poll(channel, tasks, client_id)
        assert channel.expire(client_id) == ()
        assert told(await woken(held)) == []
        [refusal] = bayeux.parse((await channel.answer(post(meta("connect", client_id)))).body)
        assert (refusal["error"], refusal["advice"]["reconnect"]) == ("402::Unknown client", "handshake")

    async def test_ends_with_the_server(self, channel: Channel, tasks: asyncio.TaskGroup) -> None:
        client_id = await join(channel)
        held = await poll(channel, tasks, client_id)
        channel.close()
        for answer in (await woken(held), await channel.answer(post(meta("connect", client_id)))):
            assert bayeux.parse(answer.body)[-1]["successful"]

    async def test_many_agents_hear_their_own_news(self, channel: Channel, tasks: asyncio.TaskGroup) -> None:
        clients = [await join(channel) for _ in range(50)]
        polls = {client_id: await poll(channel, tasks, client_id) for client_id in clients}
        for client_id in reversed(clients):
            channel.publish(client_id, CHATS, f"for {client_id}")
        assert [told(await woken(held)) for held in polls.values()] == [[f"for {client_id}"] for client_id in clients]


class TestHandOver:
    async def test_a_cut_poll_loses_nothing_even_if_news_came_in_the_same_moment(
        self, channel: Channel, tasks: asyncio.TaskGroup
    ) -> None:
        client_id = await join(channel)
        cut = await poll(channel, tasks, client_id)
        channel.publish(client_id, CHATS, "news")
        cut.cancel()
        await asyncio.wait([cut])
        assert cut.cancelled() and not channel.comet.holding(client_id)
        assert told(await channel.answer(post(meta("connect", client_id)))) == ["news"]

    async def test_a_front_that_is_cancelled_anywhere_loses_nothing(
        self, channel: Channel, tasks: asyncio.TaskGroup
    ) -> None:
        sending, client_gone = asyncio.Event(), asyncio.Event()

        async def front(request: Request, send: Coroutine[Any, Any, bool]) -> None:
            with channel.handover(await channel.answer(request)):
                sending.set()
                await send

        client_id = await join(channel)
        task = tasks.create_task(front(post(meta("connect", client_id)), client_gone.wait()))
        await channel.listening(client_id)
        channel.publish(client_id, CHATS, 1)
        await sending.wait()
        later = await poll(channel, tasks, client_id)
        channel.publish(client_id, CHATS, 2)
        task.cancel()
        assert told(await woken(later)) == [1, 2]

    async def test_what_was_handed_over_is_not_told_again(self, channel: Channel, tasks: asyncio.TaskGroup) -> None:
        client_id = await join(channel)
        channel.publish(client_id, CHATS, 1)
        with channel.handover(await channel.answer(post(meta("connect", client_id)))) as answer:
            later = await poll(channel, tasks, client_id)
            channel.publish(client_id, CHATS, 2)
        assert (told(answer), told(await woken(later))) == ([1], [2])
        assert answer.reply and [event.message["data"] for event in answer.reply.events] == [1]

    async def test_a_failed_one_is_put_back(self, channel: Channel) -> None:
        client_id = await join(channel)
        channel.publish(client_id, CHATS, 1)
        with (
            pytest.raises(ConnectionResetError),
            channel.handover(await channel.answer(post(meta("connect", client_id)))),
        ):
            raise ConnectionResetError
        assert told(await channel.answer(post(meta("connect", client_id)))) == [1]
