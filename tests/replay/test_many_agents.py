"""Fifty agents with the same credentials play one recorded agent at the same time, each from its begin to its end."""

import asyncio

from inspector.demo import story
from inspector.demo.comparison import compare
from inspector.demo.desktop import Desktop
from tests.replay.fronts import AT_LENGTH
from tests.replay.restless import enough_threads

AGENTS = 50


@AT_LENGTH
async def test_fifty_agents_with_the_same_credentials_each_see_the_whole_session(play, tale):
    enough_threads(AGENTS)
    at_the_desk = asyncio.Barrier(AGENTS)

    async with play(tale.path) as front:

        async def play_out() -> Desktop:
            async with front.desk() as desktop:
                async for step in story.play(desktop):
                    if step is story.STEPS[1]:
                        await at_the_desk.wait()  # everybody has logged in and listens before anybody goes on
            return desktop

        async with asyncio.TaskGroup() as group:
            desks = [group.create_task(play_out()) for _ in range(AGENTS)]
        verification = front.stub.verify()
    for desk in desks:
        assert compare(tale.seen, desk.result().inbox) == []
    assert len({desk.result().listener.client_id for desk in desks}) == AGENTS
    assert (verification.missed, verification.unused, verification.undelivered) == (0, (), ())
    assert verification.asked >= AGENTS * len(tale.seen.replies)
