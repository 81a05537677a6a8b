"""Agents who play the demo's story at moments that chance chooses, and what they saw as it was written."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import httpx

from inspector.demo import story
from inspector.demo.desktop import Desktop, at_desk
from inspector.demo.people import AGENT
from inspector.demo.story import Step
from tests.replay.fronts import CHANNEL, PATIENCE, Front, InThreads

_JSON = json.JSONDecoder()


class Restless(httpx.AsyncBaseTransport):
    """A network on which every request waits a little before it leaves, at times so long that others overtake it.

    `replies` and `told` are the bodies outside the channel, and the `data` of its events: not a byte was parsed away.
    `met` counts whether an operation left while a poll was on its way or held, or while there was none.
    """

    def __init__(self, network: httpx.AsyncBaseTransport, chance: random.Random) -> None:
        self.replies: list[tuple[str, str, int, bytes]] = []
        self.told: list[tuple[str, str]] = []
        self.met: Counter[str] = Counter()
        self._network = network
        self._chance = chance
        self._polls = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode()
        polls = path.startswith(f"{CHANNEL}/connect")
        await self.dawdle(8 if polls else 3)
        if request.method == "POST" and not path.startswith(CHANNEL):
            self.met["a poll" if self._polls else "no poll"] += 1
        self._polls += polls
        try:
            response = await self._network.handle_async_request(request)
            content = await response.aread()
        finally:
            self._polls -= polls
        if path.startswith(CHANNEL):
            self.told += events(content.decode())
        else:
            self.replies.append((request.method, path, response.status_code, content))
        return response

    async def dawdle(self, at_most_ms: float) -> None:
        """Not at all half of the time: so a poll may be sent again at once, or long after an event fell due."""
        await asyncio.sleep(self._chance.choice([0.0, self._chance.uniform(0, at_most_ms / 1000)]))

    async def aclose(self) -> None:
        if not isinstance(self._network, InThreads):
            await self._network.aclose()


def events(answer: str) -> Iterator[tuple[str, str]]:
    """Channel and `data` of each event in a channel's answer, as it was written."""
    place = 1
    while place < len(answer) - 1:
        message, end = _JSON.raw_decode(answer, place)
        if "data" in message:
            start = answer.index('"data":', place) + len('"data":')
            yield message["channel"], answer[start : _JSON.raw_decode(answer, start)[1]]
        place = end + 1


@asynccontextmanager
async def restless(front: Front, chance: random.Random) -> AsyncIterator[tuple[Desktop, Restless]]:
    """A desktop in front of the stub, on a network that takes its time."""
    network = Restless(front.transport or httpx.AsyncHTTPTransport(verify=False), chance)
    async with at_desk(
        front.url, AGENT.user_name, AGENT.password, transport=network, patience=PATIENCE, hope=0
    ) as desktop:
        yield desktop, network


async def run(front: Front, chance: random.Random, steps: Sequence[Step] = story.STEPS) -> Restless:
    """One agent plays the steps, and looks up between them; what it saw."""
    async with restless(front, chance) as (desktop, network):
        async for _ in story.play(desktop, steps):
            await network.dawdle(3)
    return network


def enough_threads(clients: int) -> None:
    """In threads, every client has a poll held and a call under way: asyncio's own pool would be too small for many."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2 * clients))
