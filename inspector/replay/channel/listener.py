"""A client of the notification channel: CometD long polling as its JavaScript client 3.1 does it.

Handshakes and connects go to suffixed addresses, everything else to the bare one; ids count up as decimal strings; the
first connect asks for an answer at once; one poll is held while commands go by a second connection.
"""

import asyncio
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import httpx

from inspector.errors import InspectorError
from inspector.traffic import bayeux
from inspector.traffic.bayeux import Message

PATH = "/api/v2/notifications"

_NETWORK_DELAY_S = 10.0
_UNKNOWN_CLIENT = "402"
_SUFFIXES = {bayeux.HANDSHAKE: "/handshake", bayeux.CONNECT: "/connect", bayeux.DISCONNECT: "/disconnect"}


class ChannelRefused(InspectorError):
    """The server does not talk Bayeux with us: wrong status, or a refused handshake or subscription."""


class Listener:
    """One Bayeux client. `deliver` gets channel and data of every event, in order, before the next poll leaves."""

    def __init__(self, http: httpx.AsyncClient, deliver: Callable[[str, Any], None]) -> None:
        self.client_id = ""
        self._http = http
        self._deliver = deliver
        self._ids: Iterator[int] = itertools.count(1)
        self._topics: tuple[str, ...] = ()
        self._advice: dict[str, Any] = {}
        self._subscribed = asyncio.Event()
        self._leaving = False

    async def subscribe(self, topics: Sequence[str]) -> None:
        """Shake hands and subscribe; `run` polls from now on. Raises ChannelRefused."""
        self._topics = tuple(topics)
        await self._introduce()
        self._subscribed.set()

    async def also(self, topics: Sequence[str]) -> None:
        """Subscribe to these as well, as far as it has not. Raises ChannelRefused."""
        for topic in [topic for topic in topics if topic not in self._topics]:
            self._topics = (*self._topics, topic)
            await self._ask({"channel": bayeux.SUBSCRIBE, "subscription": topic})

    async def run(self) -> None:
        """Poll until the server says that it is over; as `advice` tells, with a new handshake if we are not known."""
        await self._subscribed.wait()
        first = True
        while not self._leaving and self._advice.get("reconnect") != "none":
            if self._advice.get("reconnect") == "handshake":
                await self._introduce()
                first = True
            reply = await self._connect(first)
            first = first and not reply.get("successful")
            await asyncio.sleep(float(self._advice.get("interval", 0)) / 1000)

    async def disconnect(self) -> None:
        """Say goodbye; the held poll ends, and `run` with it."""
        self._leaving = True
        await self._ask({"channel": bayeux.DISCONNECT})

    async def _introduce(self) -> None:
        self._advice = {}
        self.client_id = ""
        hello = {
            "channel": bayeux.HANDSHAKE,
            "version": "1.0",
            "minimumVersion": "1.0",
            "supportedConnectionTypes": ["long-polling"],
        }
        self.client_id = str((await self._ask(hello)).get("clientId", ""))
        for topic in self._topics:
            await self._ask({"channel": bayeux.SUBSCRIBE, "subscription": topic})

    async def _connect(self, first: bool) -> Message:
        connect: Message = {"channel": bayeux.CONNECT, "connectionType": "long-polling"}
        return await self._ask(connect | ({"advice": {"timeout": 0}} if first else {}))

    async def _ask(self, message: Message) -> Message:
        """Send one message; deliver the events that come with its reply, and return the reply."""
        number = str(next(self._ids))
        message |= {"id": number} | ({"clientId": self.client_id} if self.client_id else {})
        hold = float(self._advice.get("timeout", 60_000)) / 1000 if message["channel"] == bayeux.CONNECT else 0.0
        response = await self._http.post(
            PATH + _SUFFIXES.get(message["channel"], ""), json=[message], timeout=hold + _NETWORK_DELAY_S
        )
        if response.status_code != httpx.codes.OK:
            raise ChannelRefused(
                f"{message['channel']} was answered with {response.status_code}: {response.text[:200]}"
            )
        return self._read(message, bayeux.parse(response.content))

    def _read(self, asked: Message, messages: Sequence[Message]) -> Message:
        reply: Message = {}
        for message in messages:
            if not message["channel"].startswith("/meta/"):
                self._deliver(message["channel"], message.get("data"))
            elif message.get("id") == asked["id"]:
                reply = message
        self._advice = reply.get("advice", self._advice)
        error = str(reply.get("error", "no reply in the answer"))
        if not reply.get("successful") and not error.startswith(_UNKNOWN_CLIENT):
            raise ChannelRefused(f"{asked['channel']} was refused: {error}")
        return reply
