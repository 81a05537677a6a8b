"""Agents' desktops with the official CometD client, which a test tells step by step what to do: desk.js, browser.js."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from inspector.demo.people import AGENT
from inspector.replay.fronts.background import beside
from tests.node.programs import PATIENCE, Json, program

CHANNEL = "/api/v2/notifications"
LONG_POLLING, CALLBACK_POLLING, WEBSOCKET = "long-polling", "callback-polling", "websocket"
CHATS = "/v2/me/chats"

Seen = list[tuple[str, Any]]
"""`reply` and the text of its body, `told` and the data of the event."""


class Desk:
    """One agent: a browser's cookies, and tabs. `lines` is what the tabs sent and were told, and the other replies."""

    def __init__(self, process: asyncio.subprocess.Process, origin: str, transport: str) -> None:
        self.lines: list[Json] = []
        self._process = process
        self._origin = origin
        self._transport = transport
        self._csrf: dict[str, str] = {}
        self._news = asyncio.Condition()

    async def log_in(self) -> None:
        """By Basic credentials; the program keeps the cookie."""
        credentials = base64.b64encode(f"{AGENT.user_name}:{AGENT.password}".encode()).decode()
        reply = await self.ask("GET", "/api/v2/me", headers={"Authorization": f"Basic {credentials}"})
        name = reply["headers"]["x-csrf-header"]
        self._csrf = {name: reply["headers"][name.lower()]}

    async def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Json:
        """The reply, of which `body` is its text."""
        since = len(self.lines)
        fields = {"Content-Type": "application/json"} | self._csrf | (headers or {})
        content = {} if body is None else {"body": json.dumps(body)}
        await self.do("ask", {"method": method, "url": self._origin + path, "headers": fields} | content)
        reply: Json = (await self.until(lambda line: "reply" in line, since))["reply"]
        return reply

    async def open(self, *topics: str, tab: str = "first", **options: Any) -> None:
        """A tab whose client shakes hands, and subscribes to the topics; until it is told that it has.

        `options` are those of tab.js, `transports` and `ack` among them, and the client's own.
        """
        since, topics = len(self.lines), topics or (CHATS,)
        chosen = {"url": self._origin + CHANNEL, "transports": [self._transport], "topics": topics} | options
        await self.do("open", {"name": tab} | chosen)
        await self.subscribed(topics[-1], tab=tab, since=since)

    async def subscribed(self, topic: str = CHATS, *, tab: str = "first", since: int) -> None:
        """Until the tab is told, after so many lines, that it has subscribed to the topic."""
        await self.told(lambda message: message.get("subscription") == topic, tab=tab, since=since)

    async def told(self, wanted: Callable[[Json], Any], *, tab: str = "first", since: int = 0) -> Json:
        """The first such message of the tab."""
        line = await self.until(lambda one: one.get("tab") == tab and "told" in one and wanted(one["told"]), since)
        message: Json = line["told"]
        return message

    async def do(self, deed: str, argument: Any) -> None:
        """A line to the program: see its end."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps({deed: argument}).encode() + b"\n")
        await self._process.stdin.drain()

    async def until(self, wanted: Callable[[Json], Any], since: int = 0) -> Json:
        """The first such line, come already or to come."""
        async with self._news:
            while True:
                for line in self.lines[since:]:
                    if wanted(line):
                        return line
                since = len(self.lines)
                await self._news.wait()

    def only(self, kind: str, tab: str = "first") -> list[Any]:
        """One kind of a tab's lines: `told`, `sent`, `transport` or `complaint`."""
        return [line[kind] for line in self.lines if line.get("tab") == tab and kind in line]

    def notifications(self, tab: str = "first") -> list[Json]:
        """The data of every event that the tab was told, as in `seen`."""
        return [one for kind, one in self.seen(tab) if kind == "told"]

    def seen(self, tab: str = "first", origin: str = "") -> Seen:
        """What a tab's page saw, in its order; for `origin` (the server's own by default) stands a word."""

        def neutral(value: Any) -> Any:
            return json.loads(json.dumps(value).replace(origin or self._origin, "http://origin"))

        seen: Seen = []
        for line in self.lines:
            if "reply" in line:
                seen.append(("reply", neutral(line["reply"]["body"])))
            elif line.get("tab") == tab and "data" in line.get("told", {}):
                seen.append(("told", neutral(line["told"]["data"])))
        return seen

    async def listen(self) -> None:
        """Reads what the program prints, to its end."""
        assert self._process.stdout
        async for text in self._process.stdout:
            async with self._news:
                self.lines.append(json.loads(text))
                self._news.notify_all()
        raise AssertionError("the desk gave up: see stderr")


@asynccontextmanager
async def at_desk(*command: str, origin: str, transport: str = LONG_POLLING) -> AsyncIterator[Desk]:
    """An agent in front of the server at `origin`; the command is that of desk.js or browser.js."""
    async with asyncio.timeout(PATIENCE), program(*command, stdin=asyncio.subprocess.PIPE) as process:
        desk = Desk(process, origin, transport)
        async with beside(desk.listen()):
            await desk.until(lambda line: "ready" in line)
            try:
                yield desk
            except BaseException as error:
                error.add_note("\n".join(["the desk's last lines:", *map(repr, desk.lines[-10:])]))
                raise
        assert process.stdin
        process.stdin.close()
        await process.wait()  # a browser does not outlive it
