"""Who reads, at any rate, sees the state that belongs there; who follows addresses stays; what came early stays early.

Design section 6, points 3, 5 and 7, on every front.
"""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from inspector.demo import story
from inspector.demo.desktop import Desktop, at_desk
from inspector.demo.inbox import Inbox, Reply
from inspector.demo.people import AGENT
from inspector.demo.server import LookAlike
from inspector.demo.serving import serving
from inspector.proxy.host import Proxy, running, script
from inspector.replay.plans.opening import prepare
from tests.analysis.traffic import ME, OK, Wire
from tests.replay.fronts import CHANNEL, PATIENCE, Front
from tests.replay.restless import enough_threads, events
from tests.replay.written import written

CHAT = f"{ME}/chats/1"
READS = (CHAT, f"{CHAT}/messages")
STEPS = 12
READERS = 5


def any_states(chance: random.Random) -> tuple[Wire, dict[str, Counter[int]]]:
    """A session in which the agent read at times; and how often each address was read after how many operations."""
    wire, read = Wire(), {address: Counter[int]() for address in READS}
    sofia = wire.log_in()
    for step in range(STEPS + 1):
        if step:
            wire.answer(sofia.do(f"Step{step}", chat="1"))
        for address in chance.choices(READS, k=chance.randrange(5)):
            read[address][step] += 1
            wire.answer(sofia.ask("GET", address), OK | {"state": [step, read[address][step]]})
    return wire, read


class Belongs:
    """What a client has to read at one address: told by the recording alone."""

    def __init__(self, read: Counter[int]) -> None:
        self._read = read
        self._turns: Counter[int] = Counter()

    def after(self, step: int) -> list[int]:
        """The newest state that was read by then, in as many answers as there were, then the last; none yet: the first
        that was read at all.
        """
        known = [one for one in sorted(self._read) if one <= step]
        if not known:
            return [min(self._read), 1]
        self._turns[known[-1]] += 1
        return [known[-1], min(self._turns[known[-1]], self._read[known[-1]])]


async def reads_at_any_rate(front: Front, read: dict[str, Counter[int]], chance: random.Random) -> None:
    belongs = {address: Belongs(counted) for address, counted in read.items() if counted}
    async with front.client() as client:
        await client.get(ME, auth=("sofia", "any"))
        for step in range(STEPS + 1):
            if step:
                await client.post(CHAT, json={"operationName": f"Step{step}"})
            for address in chance.choices(list(belongs), k=chance.randrange(6)):
                answer = await client.get(address)
                assert (step, address, answer.json()["state"]) == (step, address, belongs[address].after(step))


async def test_a_read_sees_the_state_that_belongs_there_at_any_rate(play, tmp_path):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    enough_threads(READERS)
    wire, read = any_states(random.Random(seed))
    async with play(written(tmp_path / "states.db", wire)) as front:
        async with asyncio.TaskGroup() as group:
            for number in range(READERS):
                group.create_task(reads_at_any_rate(front, read, random.Random(f"{seed} {number}")))
        assert front.stub.verify().missed == 0


async def read_on(desktop: Desktop, times: int) -> None:
    for address in (f"/me/chats/{desktop.chat_id}", f"/me/chats/{desktop.chat_id}/messages"):
        for _ in range(times if desktop.chat_id else 0):
            await desktop.read(address)


@pytest.fixture(scope="module")
def well_read(tmp_path_factory):
    """The story as told by a desktop that reads the chat after every step: its file, and what it saw."""
    path = tmp_path_factory.mktemp("well read") / "story.db"

    async def record() -> Inbox:
        async with serving(LookAlike(poll_timeout=0.5)) as upstream:
            mode = Proxy(f"reverse:{upstream}", "127.0.0.1", 0, [script("record")], {"inspector_recording": str(path)})
            async with running(mode) as url, at_desk(url, AGENT.user_name, AGENT.password, hope=0.3) as desktop:
                async for _ in story.play(desktop):
                    await read_on(desktop, 1)
            return desktop.inbox

    return path, asyncio.run(record())


def by_place(inbox: Inbox) -> dict[tuple[int, str], list[str]]:
    """What was read of the chat, by how many operations had been answered, and by address."""
    found, place = defaultdict(list), 0
    for reply in inbox.replies:
        if reply.method == "GET" and "/me/chats/" in reply.path and "attachments" not in reply.path:
            found[place, reply.path].append(str(reply))
        place += reply.method == "POST"
    return found


@pytest.mark.xdist_group("well read")
async def test_a_chat_is_read_as_it_was_at_every_step_of_the_story(play, well_read):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    enough_threads(READERS)

    async def play_out(chance: random.Random) -> Inbox:
        async with front.desk() as desktop:
            async for _ in story.play(desktop):
                await read_on(desktop, chance.randrange(6))
        return desktop.inbox

    path, seen = well_read
    async with play(path) as front, asyncio.TaskGroup() as group:
        desks = [group.create_task(play_out(random.Random(f"{seed} {number}"))) for number in range(READERS)]
    recorded = by_place(seen)
    for desk in desks:
        for where, answers in by_place(desk.result()).items():
            assert set(answers) <= set(recorded[where]), where
            assert answers == sorted(answers, key=recorded[where].index), where


def addresses(value: Any) -> Iterator[str]:
    """Every address in a piece of JSON: the members that are called `uri`, or end so."""
    if isinstance(value, dict):
        for name, member in value.items():
            if isinstance(member, str) and name.endswith(("uri", "Uri", "URI")):
                yield member
            else:
                yield from addresses(member)
    elif isinstance(value, list):
        for member in value:
            yield from addresses(member)


async def test_who_follows_every_address_stays_on_the_stub(play, tale):
    async with play(tale.path) as front, front.desk() as desktop, front.client() as follower:
        await follower.get("/api/v2/me?subresources=features,devices,channels", auth=(AGENT.user_name, AGENT.password))
        followed: dict[str, int] = {}
        async for _ in story.play(desktop):
            for seen in desktop.inbox.seen:
                for address in addresses(seen.body if isinstance(seen, Reply) else seen.data):
                    parts = urlsplit(address)
                    assert f"{parts.scheme}://{parts.netloc}" == front.url, (seen, address)
                    if address not in followed:
                        followed[address] = (await follower.get(address)).status_code
        asked = front.stub.verify().asked
    assert set(followed.values()) == {200, 501}
    assert len(followed) > 10
    assert asked > len(desktop.inbox.replies) + len(followed)


class Polled(httpx.AsyncBaseTransport):
    """Holds back every operation until a poll of the desktop is held.

    `came` has for each answer, in the order in which their first bytes came, a "reply" or its events.
    """

    def __init__(self, front: Front) -> None:
        self.desktop: Desktop | None = None
        self.came: list[list[str]] = []
        self._front = front
        self._network = front.transport or httpx.AsyncHTTPTransport(verify=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode()
        if path.startswith(f"{CHANNEL}/disconnect"):
            self.desktop = None
        if self.desktop and request.method == "POST" and not path.startswith(CHANNEL):
            await self._front.holding(self.desktop.listener.client_id)
        response = await self._network.handle_async_request(request)
        came: list[str] = []
        self.came.append(came)  # now: the longer body may be read later
        content = (await response.aread()).decode("latin-1")
        came += [data for _, data in events(content)] if path.startswith(CHANNEL) else ["reply"]
        return response

    async def aclose(self) -> None:
        await self._network.aclose()


# not the synchronous transport: which of two threads that have their answers goes on first is nobody's to say
@pytest.mark.parametrize("play", ["server", "proxy", "transport"], indirect=True)
async def test_what_came_before_its_reply_comes_before_it_and_everything_else_after(play, tale):
    [plan] = prepare(tale.path).loaded.plans
    async with play(tale.path, poll_timeout_ms=600_000) as front:
        network = Polled(front)
        async with at_desk(
            front.url, AGENT.user_name, AGENT.password, transport=network, patience=PATIENCE, hope=0
        ) as desktop:
            network.desktop = desktop
            async for _ in story.play(desktop):
                pass
    order = [one for came in network.came for one in came]
    replies = [place for place, one in enumerate(order) if one == "reply"]
    notifications = [place for place, one in enumerate(order) if one != "reply"]
    assert (len(replies), len(notifications)) == (len(plan.recorded), len(plan.lists[0]))
    early = 0
    for place, told in zip(notifications, plan.lists[0], strict=True):
        assert told.cue is not None
        assert (place < replies[told.cue]) == (told.lag_ms < 0), order[place]
        early += told.lag_ms < 0
    assert early
