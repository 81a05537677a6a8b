"""The look-alike as an ASGI app: the site, the notification channel (`replay.channel`), and who is told what when.

Run it alone with `python -m inspector.demo.server`; it prints `ready http://127.0.0.1:PORT` and serves until SIGINT or
SIGTERM.
"""

import argparse
import asyncio
import itertools
import signal
import uuid
from collections.abc import Iterable
from contextlib import suppress

from inspector.demo.login import Login
from inspector.demo.people import User
from inspector.demo.serving import serving
from inspector.demo.site import Answer, Site, greeted
from inspector.demo.web import (
    BodyTooLarge,
    ClientGone,
    Receive,
    Request,
    Response,
    Scope,
    Send,
    read,
    text,
    write,
    zipped,
)
from inspector.demo.world import PUBLIC_ORIGIN, World
from inspector.replay.channel import polling as bayeux
from inspector.replay.channel.comet import Comet, Event
from inspector.replay.channel.polling import Channel
from inspector.replay.fronts.background import beside
from inspector.webservices.notifications import CHATS_TOPIC
from inspector.webservices.routes import Resource, route

POLL_TIMEOUT = 1.5
"""Seconds that a long poll is held; real servers hold it for 30."""

LAG = 0.02
"""Seconds from a reply to its notification; in a real browser log they are 1 to 180 ms apart."""

WITHHELD_AT_MOST = 1.0
"""Seconds that a reply waits for a client to read the notification that overtakes it."""


class LookAlike:
    """A Web Services server in one process. `poll_timeout` and `lag` (reply to notification) are in seconds."""

    def __init__(self, world: World | None = None, *, poll_timeout: float = POLL_TIMEOUT, lag: float = LAG) -> None:
        self.site = Site(world or World())
        self._lag = lag
        numbers = itertools.count(1)
        comet = Comet(
            new_id=lambda: uuid.uuid5(uuid.NAMESPACE_OID, f"client {next(numbers)}").hex,
            timeout_ms=int(poll_timeout * 1000),
        )
        self._channel = Channel(comet)
        self._listeners: dict[str, Login] = {}
        self._unread: dict[int, asyncio.Event] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
            return
        try:
            request = await read(scope, receive)
            if route(request.path).resource is Resource.CHANNEL:
                await self._answer_channel(request, receive, send)
            else:
                await self._answer(request, send)
        except BodyTooLarge:
            await write(send, text("The body is too large", 413).plus(("Connection", "close")))
        except ClientGone:
            pass

    def close(self) -> None:
        """End the held polls, so that who serves the app can stop."""
        self._channel.close()

    def expire(self, user: User) -> None:
        """Forget the Bayeux sessions of a user: their polls end, their next message is answered with 402."""
        self._forget(self._clients_of(user))

    async def listening(self, user: User) -> None:
        """Wait until every Bayeux session of a user has a poll held."""
        for client_id in self._clients_of(user):
            await self._channel.listening(client_id)

    async def _answer(self, request: Request, send: Send) -> None:
        answer = self.site.answer(request)
        response = zipped(answer.response, request)
        if answer.outcome.withheld:
            await self._until_read(self._tell(answer))
            await write(send, response)
            return
        await write(send, response)
        if answer.outcome.notifications:
            await asyncio.sleep(self._lag)
            self._tell(answer)
        if answer.ends and answer.login:
            self._forget([name for name, login in self._listeners.items() if login.cookie == answer.login.cookie])

    async def _answer_channel(self, request: Request, receive: Receive, send: Send) -> None:
        login = self.site.admit(request, csrf=False)
        if isinstance(login, Response):
            await write(send, login)
            return
        if request.headers.get("upgrade"):
            # Long polling is the only way in (CometD page, since October 2015); clients fall back to it
            await write(send, text("WebSocket is not supported", 400).plus(("Connection", "close")))
            return
        asked = bayeux.Request(request.method, request.headers.media_type, request.query_string, request.body)
        answer: bayeux.Answer | None = None
        try:
            async with beside(_until_gone(receive)):
                answer = await self._channel.answer(asked)
        except ClientGone:
            if answer:
                self._channel.lost(answer)
            return
        if answer.reply and answer.reply.client_id:
            self._listeners.setdefault(answer.reply.client_id, login)
        response = Response(answer.status, (("Content-Type", answer.content_type),), answer.body)
        with self._channel.handover(answer):
            await write(send, zipped(greeted(response, request, login), request))
        self._read_by_client(answer.reply.events if answer.reply else ())

    def _tell(self, answer: Answer) -> list[tuple[str, Event]]:
        """Publish what the answer's user has to hear; returns which client was told what."""
        if answer.login is None:
            return []
        told = []
        for data in answer.outcome.notifications:
            for client_id in self._clients_of(answer.login.user):
                if event := self._channel.publish(client_id, CHATS_TOPIC, data):
                    told.append((client_id, event))
        return told

    async def _until_read(self, told: Iterable[tuple[str, Event]]) -> None:
        """Until each client has got its events and has come back for more, which is the proof that it has read them."""
        waits = {event.number: asyncio.Event() for _, event in told}
        self._unread |= waits
        with suppress(TimeoutError):
            async with asyncio.timeout(WITHHELD_AT_MOST):
                for client_id, event in told:
                    await waits[event.number].wait()
                    await self._channel.listening(client_id)
        for number in waits:
            self._unread.pop(number, None)

    def _read_by_client(self, events: Iterable[Event]) -> None:
        for event in events:
            if wait := self._unread.get(event.number):
                wait.set()

    def _clients_of(self, user: User) -> list[str]:
        return [
            client_id
            for client_id in self._channel.comet.clients
            if (login := self._listeners.get(client_id)) and login.user == user
        ]

    def _forget(self, client_ids: Iterable[str]) -> None:
        for client_id in client_ids:
            self._channel.expire(client_id)
            del self._listeners[client_id]


async def _until_gone(receive: Receive) -> None:
    """Raises ClientGone when the client hangs up while its poll is held."""
    while (await receive())["type"] != "http.disconnect":
        pass
    raise ClientGone


async def _serve(app: LookAlike, port: int) -> None:
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(done.set))
    async with serving(app, port) as origin:
        print(f"ready {origin}", flush=True)
        await done.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m inspector.demo.server", description="A look-alike GWS server.")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one (default)")
    parser.add_argument("--poll-timeout", type=float, default=POLL_TIMEOUT, help="seconds that a long poll is held")
    parser.add_argument("--public-origin", default=PUBLIC_ORIGIN, help="the origin in every uri that the server gives")
    options = parser.parse_args()
    app = LookAlike(World(public_origin=options.public_origin), poll_timeout=options.poll_timeout)
    asyncio.run(_serve(app, options.port))


if __name__ == "__main__":
    main()
