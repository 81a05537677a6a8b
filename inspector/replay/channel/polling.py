"""Plays the notification channel over HTTP: a thin asyncio driver around `Comet`, free of any front.

A front does this in one task, and cancels the task when its client leaves:

    with channel.handover(await channel.answer(request)) as answer:
        await send(answer)

Whether that hits the wait or the sending, nothing is lost. A front whose hand-over ends in another hook says there
`delivered` or `lost`. Say it for every answer: until then the client's later events wait behind it.
"""

import asyncio
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import orjson

from inspector.replay.channel.comet import Comet, Event, Held, Reply
from inspector.traffic import bayeux
from inspector.traffic.bayeux import BayeuxError, Message
from inspector.traffic.headers import FORM

_CALLBACK = re.compile(r"[\w$.]{1,128}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Request:
    """What the channel needs of an HTTP request: the bare media type, the query without its question mark."""

    method: str
    media_type: str = ""
    query: str = ""
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back; `reply` is None if the request was no Bayeux."""

    status: int
    content_type: str
    body: bytes
    reply: Reply | None = None


class Channel:
    """All clients of one Comet, each request its own task."""

    def __init__(
        self,
        comet: Comet,
        *,
        ending_empty: Callable[[str], None] = lambda client_id: None,
        told: Callable[[Sequence[Event]], None] = lambda events: None,
    ) -> None:
        """`ending_empty` is called before a client's poll ends at its deadline: last chance to publish something.
        `told` is called with events that have been handed over.
        """
        self.comet = comet
        self._ending_empty = ending_empty
        self._told = told
        self._closed = False
        self._signals: dict[int, asyncio.Event] = {}
        self._held = asyncio.Event()

    async def answer(self, request: Request, handled: Callable[[str], None] = lambda client_id: None) -> Answer:
        """The answer to one request; a long poll takes its time. Cancel it when the client has gone.

        `handled` is called with the client's id (new, if it shook hands) before anything is held.
        """
        try:
            messages, callback = read(request), callback_of(request)
        except BayeuxError as error:
            return Answer(400, "text/plain;charset=UTF-8", f"{error}\n".encode())
        return write(await self.reply(messages, handled), callback)

    async def reply(
        self, messages: Sequence[Message], handled: Callable[[str], None] = lambda client_id: None
    ) -> Reply:
        """The same for a front that reads and writes its messages itself."""
        outcome = self.comet.receive(messages, int(asyncio.get_running_loop().time() * 1000))
        if outcome.client_id is not None:
            handled(outcome.client_id)
        self.wake()
        return outcome if isinstance(outcome, Reply) else await self._hold(outcome)

    async def listening(self, client_id: str) -> None:
        """Wait until a poll of the client is held."""
        while not self.comet.holding(client_id):
            await self._held.wait()

    def publish(self, client_id: str, channel: str, data: Any, *, id: str | None = None) -> Event | None:
        """Tell one client; None if it is not known or not subscribed."""
        event = self.comet.publish(client_id, channel, data, id=id)
        self.wake()
        return event

    def expire(self, client_id: str, *, replaced: bool = False) -> tuple[Event, ...]:
        """Forget a client, for good if it is `replaced` by another one; returns what was queued for it."""
        events = self.comet.expire(client_id, replaced=replaced)
        self.wake()
        return events

    def delivered(self, answer: Answer) -> None:
        """The answer has been handed to the client."""
        if answer.reply:
            self.comet.delivered(answer.reply)
            self._told(answer.reply.events)
            self.wake()

    def lost(self, answer: Answer) -> None:
        """The client was gone: what the answer carried is put back."""
        if answer.reply:
            self.comet.lost(answer.reply)
            self.wake()

    @contextmanager
    def handover(self, answer: Answer) -> Iterator[Answer]:
        """Commits when the block ends, puts back when it is left by an exception or a cancellation."""
        try:
            yield answer
        except BaseException:
            self.lost(answer)
            raise
        self.delivered(answer)

    def wake(self) -> None:
        """Wake the polls that have become ready; needed after calls to `comet` itself."""
        for poll in self.comet.wakes():
            if signal := self._signals.get(poll):
                signal.set()

    def close(self) -> None:
        """End all held polls, hold none any more: a server that waits for its connections can stop."""
        self._closed = True
        for signal in self._signals.values():
            signal.set()

    async def _hold(self, held: Held) -> Reply:
        signal = self._signals[held.poll] = asyncio.Event()
        self._held.set()
        self._held.clear()
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout_at(held.deadline_ms / 1000):
                    # Another reply may take the events between the wake and our turn.
                    while not self._closed and not self.comet.ready(held.poll):
                        signal.clear()
                        await signal.wait()
        except BaseException:
            self.comet.gone(held.poll)
            raise
        finally:
            del self._signals[held.poll]
        if not self.comet.ready(held.poll):
            self._ending_empty(held.client_id)
        return self.comet.take(held.poll)


def read(request: Request) -> list[Message]:
    """The messages of one request; raises BayeuxError if it holds none."""
    if request.method == "POST":
        messages = bayeux.parse(request.body, request.media_type.lower())
    elif request.method == "GET":
        messages = bayeux.parse(request.query.encode("utf-8", "replace"), FORM)
    else:
        raise BayeuxError("Bayeux messages come in a POST, or in the query of a GET")
    if not messages:
        raise BayeuxError("no Bayeux message")
    return messages


def write(reply: Reply, callback: str | None = None) -> Answer:
    """A reply as an HTTP answer: a JSON array, or a call of the callback with it (callback-polling)."""
    body = orjson.dumps(reply.messages)
    if callback is None:
        return Answer(200, "application/json;charset=UTF-8", body, reply)
    # JavaScript before ES2019 ends a string literal at these two.
    script = body.replace("\u2028".encode(), rb"\u2028").replace("\u2029".encode(), rb"\u2029")
    return Answer(200, "text/javascript;charset=UTF-8", callback.encode() + b"(" + script + b")", reply)


def callback_of(request: Request) -> str | None:
    """The function that a callback-polling client wants called, None for long-polling; BayeuxError if it is no name."""
    if request.method != "GET":
        return None
    name = parse_qs(request.query).get("jsonp", ["jsonpcallback"])[-1]
    if not _CALLBACK.fullmatch(name):
        raise BayeuxError("jsonp is not the name of a function")
    return name
