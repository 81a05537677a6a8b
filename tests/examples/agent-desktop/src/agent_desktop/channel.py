"""The notification channel: CometD by long polling, in a thread."""

import itertools
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx

PATH = "/api/v2/notifications"
TOPIC = "/v2/me/chats"
PAUSE_S = 1.0
"""Seconds before a server that is not there is asked again."""

Message = dict[str, Any]


class Channel:
    """Hands the data of every event to `hear`, in the channel's own thread."""

    def __init__(self, http: httpx.Client, hear: Callable[[Any], None]) -> None:
        self._http = http
        self._hear = hear
        self._numbers = itertools.count(1)
        self._client_id = ""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="notifications", daemon=True)

    def open(self) -> None:
        """Events are heard from now on."""
        self._introduce()
        self._thread.start()

    def close(self) -> None:
        """Says goodbye; the poll that is held ends with it."""
        self._over.set()
        with suppress(httpx.HTTPError):  # a server that is not there has forgotten us anyway
            self._ask("/meta/disconnect")
        self._thread.join()

    def _introduce(self) -> None:
        self._client_id = ""
        hello = self._ask("/meta/handshake", version="1.0", supportedConnectionTypes=["long-polling"])
        self._client_id = hello["clientId"]
        self._ask("/meta/subscribe", subscription=TOPIC)

    def _listen(self) -> None:
        while not self._over.is_set():
            try:
                reply = self._ask("/meta/connect", connectionType="long-polling")
                # 402, unknown client: the server has forgotten us
                if reply.get("advice", {}).get("reconnect") == "handshake" and not self._over.is_set():
                    self._introduce()
            except httpx.HTTPError:
                self._over.wait(PAUSE_S)

    def _ask(self, channel: str, **members: Any) -> Message:
        """Sends one message, hears the events that come with the reply, and returns that."""
        number = str(next(self._numbers))
        asked = {"id": number, "channel": channel, **members}
        if self._client_id:
            asked["clientId"] = self._client_id
        # a poll is held for as long as the server likes
        response = self._http.post(PATH, json=[asked], timeout=httpx.Timeout(10.0, read=120.0)).raise_for_status()
        reply: Message = {}
        for message in response.json():
            if message.get("id") == number:
                reply = message
            elif "data" in message:
                self._hear(message["data"])
        return reply
