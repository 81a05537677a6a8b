"""Serving the look-alike: ready when it says so, quick to stop, alone in its port; as a program, too."""

import asyncio
import signal
import sys
from pathlib import Path

import httpx
import pytest

import inspector
from inspector.demo import story
from inspector.demo.desktop import at_desk
from inspector.demo.people import AGENT
from inspector.demo.server import LookAlike
from inspector.demo.serving import serving
from inspector.errors import UsageError
from inspector.replay.fronts.background import beside

SOFIA = (AGENT.user_name, AGENT.password)


async def test_held_polls_end_empty_when_it_stops() -> None:
    """Else the stop would last as long as the poll, or uvicorn would cut it."""
    look_alike = LookAlike(poll_timeout=60)
    async with (
        httpx.AsyncClient(auth=SOFIA, trust_env=False, verify=False) as http,
        asyncio.TaskGroup() as group,
        serving(look_alike) as origin,
    ):
        channel = f"{origin}/api/v2/notifications"
        [shaken] = (await http.post(channel, json={"channel": "/meta/handshake"})).json()
        connect = {"channel": "/meta/connect", "connectionType": "long-polling", "clientId": shaken["clientId"]}
        await http.post(channel, json=connect)
        held = group.create_task(http.post(channel, json=connect))
        await look_alike.listening(AGENT)
    assert held.result().json() == [{"channel": "/meta/connect", "successful": True}]


async def test_a_port_that_is_taken_is_told(origin: str) -> None:
    port = httpx.URL(origin).port
    assert port
    with pytest.raises(UsageError, match=f"cannot listen on 127.0.0.1:{port}"):
        async with serving(LookAlike(), port):
            pass


async def test_what_fails_inside_comes_out_as_it_was() -> None:
    with pytest.raises(ZeroDivisionError):
        async with serving(LookAlike()):
            raise ZeroDivisionError


async def test_work_that_fails_ends_what_it_runs_beside() -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        async with beside(fail()):
            await asyncio.Event().wait()


async def test_who_is_cancelled_beside_work_stays_cancelled() -> None:
    working = asyncio.Event()

    async def work() -> None:
        working.set()
        await asyncio.Event().wait()

    async def wait() -> None:
        async with beside(work()):
            await asyncio.Event().wait()

    async with asyncio.TaskGroup() as group:
        task = group.create_task(wait())
        await working.wait()
        task.cancel()
    assert task.cancelled()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
async def test_as_a_program_it_says_when_it_is_ready_and_ends_when_told(ending: signal.Signals) -> None:
    command = (sys.executable, "-m", "inspector.demo.server", "--port", "0")
    root = Path(inspector.__file__).parents[1]
    program = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, cwd=root)
    assert program.stdout
    ready, origin = (await program.stdout.readline()).decode().split()
    assert ready == "ready"
    async with at_desk(origin, *SOFIA, hope=0) as desktop:
        steps = [step async for step in story.play(desktop)]
    assert steps == list(story.STEPS)
    program.send_signal(ending)
    assert await program.wait() == 0
    assert await program.stdout.read() == b""
