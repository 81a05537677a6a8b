"""An agent desktop without a screen: logs in, listens, works on a chat, follows addresses, and keeps what it saw."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx

from inspector.demo.documents import File
from inspector.demo.inbox import HOPE, PATIENCE, Inbox, Json, Notification, NotSeen, Reply, Wanted
from inspector.demo.wanted import attachment
from inspector.errors import InspectorError, NothingFound
from inspector.replay.channel.listener import Listener
from inspector.replay.fronts.background import beside
from inspector.webservices.notifications import CHATS_TOPIC


class LoginRefused(InspectorError):
    """The server did not take the user's name and password."""


class Desktop:
    """One agent at work. Use `at_desk` to make one."""

    def __init__(
        self, http: httpx.AsyncClient, user_name: str, password: str, patience: float = PATIENCE, hope: float = HOPE
    ) -> None:
        self.inbox = Inbox()
        self.user_name = user_name
        self.chat_id = ""
        """The chat that the desktop works on; set by `take_chat`."""
        self._http = http
        self._patience = patience
        self._hope = hope
        self._auth = httpx.BasicAuth(user_name, password)
        self.listener = Listener(http, lambda channel, data: self.inbox.put(Notification(channel, data)))

    async def log_in(self) -> None:
        """Log in with `GET /me`, and answer with the CSRF header that it announces from now on. Raises LoginRefused."""
        response = await self._http.get("/api/v2/me?subresources=features,devices,channels", auth=self._auth)
        self._keep(response)
        if response.status_code != httpx.codes.OK:
            raise LoginRefused(f"{self.user_name} was refused with {response.status_code}: {response.text[:200]}")
        name = response.headers.get("X-CSRF-HEADER", "")
        if name:
            self._http.headers[name] = response.headers.get(name, "")

    async def listen(self, *topics: str) -> None:
        """Open the notification channel."""
        await self.listener.subscribe(topics or (CHATS_TOPIC,))

    async def read(self, path: str) -> Any:
        """`GET` of a path under `/api/v2`; its JSON, else its bytes."""
        return await self._send("GET", f"/api/v2{path}")

    async def me(self, operation: str, **members: Any) -> Any:
        """An operation on `/me`; the reply's body."""
        return await self._post("/api/v2/me", {"operationName": operation} | members)

    async def chat(self, operation: str, **members: Any) -> Any:
        """An operation on the chat; the reply's body."""
        return await self._post(f"/api/v2/me/chats/{self.chat_id}", {"operationName": operation} | members)

    async def chat_raw(self, body: bytes) -> Any:
        """Whatever `body` is, sent to the chat as if it were JSON; the reply's body."""
        path = f"/api/v2/me/chats/{self.chat_id}"
        return await self._send("POST", path, content=body, headers={"Content-Type": "application/json"})

    async def attach(self, file: File) -> Any:
        """A new document for the chat, by multipart form (Chat API, AddAttachment); the reply's body."""
        form = {"attachment": (file.name, file.content, file.mime)}
        return await self._send("POST", f"/api/v2/me/chats/{self.chat_id}/attachments", files=form)

    async def follow(self, uri: str) -> Any:
        """What lies at an address of the API (JSON, else bytes), fetched from the host that the desktop itself uses.

        The API may name itself by a host that cannot be reached from here (`externalApiUrlV2`).
        """
        parts = urlsplit(uri)
        return await self._send("GET", parts._replace(scheme="", netloc="").geturl())

    async def wait(self, wanted: Wanted) -> Json:
        """The data of the next notification that is wanted. Raises NotSeen."""
        return await self.inbox.take(wanted, self._patience)

    async def hope_for(self, wanted: Wanted) -> Json | None:
        """The same for one that may never come: None after a while, as an agent shrugs and goes on."""
        try:
            return await self.inbox.take(wanted, self._hope)
        except NotSeen:
            return None

    async def take_chat(self, wanted: Wanted) -> None:
        """Wait for a chat and work on it from now on. Raises NotSeen."""
        self.chat_id = (await self.wait(wanted))["chat"]["id"]

    def document_id(self, name: str) -> str:
        """The id under which a file of this name was last seen in `chat.attachments`. Raises NothingFound."""
        for notification in reversed(self.inbox.notifications):
            if found := attachment(notification.data, name):
                return str(found["id"])
        raise NothingFound(f"no notification has told of an attachment {name}")

    async def hang_up(self) -> None:
        """Close the notification channel."""
        await self.listener.disconnect()

    async def _post(self, path: str, body: Json) -> Any:
        return await self._send("POST", path, json=body)

    async def _send(self, method: str, path: str, **kwargs: Any) -> Any:
        return self._keep(await self._http.request(method, path, **kwargs))

    def _keep(self, response: httpx.Response) -> Any:
        is_json = "json" in response.headers.get("content-type", "") and response.content
        body = response.json() if is_json else response.content
        path = response.request.url.raw_path.decode()
        self.inbox.put(Reply(response.request.method, path, response.status_code, body))
        return body


@asynccontextmanager
async def at_desk(
    base_url: str,
    user_name: str,
    password: str,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    patience: float = PATIENCE,
    hope: float = HOPE,
) -> AsyncIterator[Desktop]:
    """A desktop for the server at `base_url` (an origin), its polling beside the body.

    `patience` and `hope` are how many seconds it waits for a notification that must come, and for one that may not.
    `transport` replaces the network, for instance by a stub in this process.
    """
    async with httpx.AsyncClient(
        base_url=base_url, transport=transport, timeout=30, trust_env=False, verify=_trusted()
    ) as http:
        desktop = Desktop(http, user_name, password, patience, hope)
        async with beside(desktop.listener.run()):
            yield desktop


@cache
def _trusted() -> ssl.SSLContext:
    """Whom desktops trust: read once, because reading it takes longer than logging in."""
    return httpx.create_ssl_context(trust_env=False)
