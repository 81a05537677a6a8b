"""One live client's visit to the real server: its login there, its notification channel, its requests."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx

from inspector.analysis.agents import SESSION_COOKIE
from inspector.errors import InspectorError
from inspector.render.escape import plain
from inspector.replay.answers.legal import Answer
from inspector.replay.answers.serving import origin_of
from inspector.replay.channel.listener import Listener
from inspector.replay.spy import disguise
from inspector.replay.spy.disguise import ANNOUNCES_CSRF, Secrets
from inspector.replay.spy.wire import Unanswered, Wire, kept
from inspector.replay.story.casting import LiveClient
from inspector.traffic.bayeux import BayeuxError, dumps
from inspector.traffic.exchange import Request
from inspector.webservices.addresses import Addresses

logger = logging.getLogger("inspector")

LOGIN = "/api/v2/me"
"""What a desktop asks first, with its credentials: the answer sets the session cookie and tells the CSRF token."""

GOODBYE_S = 1.0
"""Seconds that a server has to take note that its client goes."""

TROUBLE = (InspectorError, BayeuxError, httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError)
"""All that a server, or the way to it, can do to us."""

Tell = Callable[[LiveClient, str, bytes], bool]
"""Tells a live client of an event: its topic and its data, JSON. False if nobody listens for it."""


@dataclass(frozen=True, slots=True)
class Server:
    """Who is asked: an origin. `via` names us in the field of that name; `addresses` are None if they stay the same."""

    origin: str
    via: str
    timeout: httpx.Timeout
    addresses: Addresses | None


class Visit:
    """A session with the server that is this client's alone."""

    def __init__(self, server: Server, client: LiveClient, wire: Wire, tell: Tell) -> None:
        self._server = server
        self._client = client
        self._tell = tell
        self._http = httpx.AsyncClient(
            base_url=server.origin,
            transport=wire,
            timeout=server.timeout,
            headers={"Via": server.via},
            trust_env=False,
            follow_redirects=False,
        )
        self._authorization = client.authorization
        self._csrf = ("", "")
        self._logged_in = False
        self._seen_at = ""
        self._entering = asyncio.Lock()
        self._listener: Listener | None = None
        self._polling: asyncio.Future[None] | None = None

    async def ask(self, request: Request, topics: Sequence[str]) -> Answer:
        """The server's answer to a request, as the client may get it; `topics` are what the client listens to.

        Raises one of TROUBLE.
        """
        own = request.headers.get("authorization")
        self._authorization, self._seen_at = own or self._authorization, origin_of(request)
        reads = request.method == "GET"
        async with self._entering:
            if not (own and reads):  # that one logs in by itself
                await self._log_in()
            if not reads and topics:
                await self._listen(topics)
        response = await self._send(request)
        self._logged_in = response.status_code not in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)
        content = b"".join([piece async for piece in response.aiter_raw()])
        told = kept(response, content)
        return disguise.outward(told, request, self._client, self._secrets(), self._server.addresses)

    async def close(self) -> None:
        """Ends the polls, and says goodbye if that is quickly done."""
        with suppress(*TROUBLE):
            async with asyncio.timeout(GOODBYE_S):
                if self._listener and self._listener.client_id and self._polling and not self._polling.done():
                    await self._listener.disconnect()
        if self._polling:
            self._polling.cancel()
            await asyncio.wait([self._polling])
        await self._http.aclose()

    async def _log_in(self) -> None:
        """Asks as the client's desktop asked the stub. Raises Unanswered if the server does not want it."""
        if self._logged_in or not self._authorization:
            return
        response = await self._http.get(LOGIN, headers={"Authorization": self._authorization})
        if response.is_error:
            raise Unanswered(f"it answered the login with {response.status_code}")
        self._learn(response)
        self._logged_in = True

    async def _listen(self, topics: Sequence[str]) -> None:
        """Subscribes to what the client listens to, before anything happens that it would be told of."""
        if self._listener is None or self._polling is None or self._polling.done():
            self._listener = Listener(self._http, self._hear)
            await self._listener.subscribe(topics)
            self._polling = asyncio.ensure_future(self._poll(self._listener))
        else:
            await self._listener.also(topics)

    async def _poll(self, listener: Listener) -> None:
        try:
            await listener.run()
        except TROUBLE as error:
            logger.warning("the server's notifications do not come any more: %s", plain(reason(error)))

    def _hear(self, topic: str, data: Any) -> None:
        if data is None:
            return
        told = disguise.told(dumps(data), self._client, self._secrets(), self._server.addresses, self._seen_at)
        if not self._tell(self._client, topic, told):
            logger.warning("the server told of something on %s, but its client does not listen any more", plain(topic))

    async def _send(self, request: Request) -> httpx.Response:
        server, jar = self._server, self._http.cookies
        own = self._secrets()
        told = disguise.inward(request, self._client, own, server.addresses, server.origin)
        target = f"{told.path}?{told.query}" if told.query else told.path
        fields = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in told.headers]
        asked = httpx.Request(
            told.method,
            server.origin,
            headers=[*fields, (b"Via", server.via.encode())],
            content=told.body.content or b"",
            cookies=jar,
            # the target as it came: httpx would tidy its path up
            extensions={"target": target.encode("latin-1"), "timeout": server.timeout.as_dict()},
        )
        if not own.cookie and self._authorization:
            asked.headers.setdefault("Authorization", self._authorization)
        beside = disguise.cookies_beside(request, [cookie.name for cookie in jar.jar])
        if beside:
            asked.headers["Cookie"] = "; ".join([*filter(None, [asked.headers.get("Cookie")]), *beside])
        response = await self._http.send(asked, stream=True)
        self._learn(response)
        return response

    def _learn(self, response: httpx.Response) -> None:
        name = response.headers.get(ANNOUNCES_CSRF, "")
        if name and (token := response.headers.get(name, "")):
            self._csrf = (name, token)
            self._http.headers[name] = token  # for the channel

    def _secrets(self) -> Secrets:
        cookie = next((one.value or "" for one in self._http.cookies.jar if one.name == SESSION_COOKIE), "")
        name, token = self._csrf
        return Secrets(cookie, token, name)


def reason(error: BaseException) -> str:
    """Why there was no answer, in a line."""
    return str(error) or type(error).__name__
