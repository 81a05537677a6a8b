"""Design section 6: the same requests see the same, whatever the timing; on every front, byte for byte."""

import asyncio
import random
from collections import Counter

from inspector.demo import story
from tests.replay.fronts import AT_LENGTH
from tests.replay.restless import Restless, enough_threads, run

RUNS = 100
AT_ONCE = 10

STEPS = (*story.STEPS[:12], *story.STEPS[-2:])
"""Until a notification has overtaken its reply, then straight to the end: most of the rest is more of the same, and
what came unasked in it falls due when the agent passes over it.
"""


@AT_LENGTH
async def test_an_agent_sees_the_same_a_hundred_times_whatever_the_timing(play, tale):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    enough_threads(AT_ONCE)
    runs: list[Restless] = []

    async def one_after_the_other(first: int) -> None:
        for number in range(first, RUNS, AT_ONCE):
            runs.append(await run(front, random.Random(f"{seed} {number}"), STEPS))

    async with play(tale.path) as front:
        async with asyncio.TaskGroup() as group:
            for first in range(AT_ONCE):
                group.create_task(one_after_the_other(first))
        verification = front.stub.verify()
    assert len(runs) == RUNS
    for other in runs:
        assert other.told == runs[0].told
        assert other.replies == runs[0].replies
    assert verification.missed == 0
    assert len(runs[0].told) + len(verification.undelivered) == len(tale.seen.notifications)
    met = sum((each.met for each in runs), Counter[str]())
    assert met["a poll"] > RUNS and met["no poll"] > RUNS, "the delays do not mix the order up"
