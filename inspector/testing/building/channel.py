"""The notification channel of one agent: CometD long polling, as the JavaScript client and the API's server do it."""

import itertools
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import orjson

from inspector.demo import web
from inspector.replay.channel.comet import Comet, Held, Reply
from inspector.testing.building.timeline import Timeline
from inspector.traffic import bayeux
from inspector.traffic.bayeux import Message
from inspector.traffic.exchange import Exchange

PATH = "/api/v2/notifications"

HOLD_MS = 30_000
"""How long a poll is held (CometD's default)."""

_ANSWERED = 5_000
_AGAIN = 1_000
"""Microseconds until the server has answered a command, and from an answer to the next poll."""

_SUFFIXES = {bayeux.HANDSHAKE: "/handshake", bayeux.CONNECT: "/connect", bayeux.DISCONNECT: "/disconnect"}

Ask = Callable[[str, bytes], Exchange]
"""Sends a POST with this path and JSON body."""

Answer = Callable[[Exchange, web.Response], None]


class Channel:
    """Shakes hands, subscribes, and holds a poll from then on."""

    def __init__(self, comet: Comet, timeline: Timeline, ask: Ask, answer: Answer) -> None:
        self._comet = comet
        self._timeline = timeline
        self._ask = ask
        self._answer = answer
        self._ids = itertools.count(1)
        self._client_id = ""
        self._held: tuple[int, Exchange] | None = None
        self._over = False

    def open(self, topics: Sequence[str]) -> None:
        terms = {"version": "1.0", "minimumVersion": "1.0", "supportedConnectionTypes": ["long-polling"]}
        [reply] = self._command({"channel": bayeux.HANDSHAKE} | terms).messages
        self._client_id = str(reply["clientId"])
        self.subscribe(topics)
        self._poll({"advice": {"timeout": 0}})
        self._timeline.pass_by(_ANSWERED + 2 * _AGAIN)

    def subscribe(self, topics: Sequence[str]) -> None:
        """To these as well."""
        for topic in topics:
            self._command({"channel": bayeux.SUBSCRIBE, "subscription": topic})

    def covers(self, topic: str) -> bool:
        """Whether what is told on the topic is heard."""
        return self._comet.covers(self._client_id, topic)

    def hear(self, told: Sequence[tuple[str, Any]]) -> None:
        """Is told now, together, of topics and data; of those that it did not subscribe to it hears nothing."""
        for topic, data in told:
            self._comet.publish(self._client_id, topic, data)
        if self._held and self._comet.ready(self._held[0]):
            self._end_poll()

    def close(self) -> None:
        """Says goodbye; the held poll ends."""
        self._over = True
        self._command({"channel": bayeux.DISCONNECT})
        self._end_poll()

    def no_more(self) -> None:
        """The poll that is held is the last one."""
        self._over = True

    def _command(self, message: Message) -> Reply:
        exchange, reply = self._send(message)
        assert isinstance(reply, Reply)
        self._timeline.pass_by(_ANSWERED)
        self._hand_over(exchange, reply)
        return reply

    def _send(self, message: Message) -> tuple[Exchange, Reply | Held]:
        named = {"id": str(next(self._ids))} | ({"clientId": self._client_id} if self._client_id else {})
        path = PATH + _SUFFIXES.get(message["channel"], "")
        asked = [message | named]
        return self._ask(path, orjson.dumps(asked)), self._comet.receive(asked, self._timeline.now_ms)

    def _poll(self, first: Message | None = None) -> None:
        if self._over:
            return
        connect: Message = {"channel": bayeux.CONNECT, "connectionType": "long-polling"}
        exchange, reply = self._send(connect | (first or {}))
        if isinstance(reply, Held):
            self._held = reply.poll, exchange
            self._timeline.plan(reply.deadline_ms * 1000, partial(self._end_poll, reply.poll))
        else:
            self._timeline.plan(self._timeline.now + _ANSWERED, partial(self._polled, exchange, reply))

    def _end_poll(self, poll: int | None = None) -> None:
        """Ends the poll that is held; if a `poll` is named, only if that is the one."""
        if self._held is None or poll not in (None, self._held[0]):
            return
        (poll, exchange), self._held = self._held, None
        self._polled(exchange, self._comet.take(poll))

    def _polled(self, exchange: Exchange, reply: Reply) -> None:
        self._hand_over(exchange, reply)
        self._timeline.plan(self._timeline.now + _AGAIN, self._poll)

    def _hand_over(self, exchange: Exchange, reply: Reply) -> None:
        self._answer(exchange, web.json(list(reply.messages)))
        self._comet.delivered(reply)
