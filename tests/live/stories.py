"""The demo's story, played through a recorder: once for all tests of a worker that look at what came of it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from inspector.demo import story
from inspector.demo.desktop import at_desk
from inspector.demo.inbox import Seen
from inspector.demo.people import AGENT
from inspector.demo.server import LookAlike
from inspector.demo.serving import serving
from tests.live.commands import run
from tests.live.processes import Ended
from tests.live.recorders import Recorder, recording

POLL_S = 0.5
"""Seconds that a poll is held: the story waits for some of them to end empty."""


@dataclass
class Story:
    """What was seen where: by the desktop, by `during` at half-time, on the recorder's streams, in its recording."""

    path: Path
    seen: list[Seen] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)
    at_half_time: dict[str, Ended] = field(default_factory=dict)
    bytes_at_half_time: bytes = b""
    url: str = ""
    ended: Ended = field(default_factory=lambda: Ended(-1, "", ""))


def told(path: Path, *options: object) -> Story:
    """Plays the story in front of a recorder with these options, and ends it."""
    tale = Story(path)
    asyncio.run(_play(tale, options))
    return tale


async def _play(tale: Story, options: tuple[object, ...]) -> None:
    async with serving(LookAlike(poll_timeout=POLL_S)) as origin:
        with recording(origin, tale.path, *options) as recorder:
            tale.url = recorder.url
            async with at_desk(recorder.url, AGENT.user_name, AGENT.password) as desktop:
                async for step in story.play(desktop):
                    if step is story.STEPS[len(story.STEPS) // 2]:
                        await asyncio.to_thread(_look, tale, recorder)
                http = desktop._http
                tale.secrets = [AGENT.password, http.cookies["JSESSIONID"], http.headers["X-CSRF-TOKEN"]]
                tale.seen = desktop.inbox.seen
            tale.ended = recorder.process.end()


def _look(tale: Story, recorder: Recorder) -> None:
    """Reads the recording in every way while it is written."""
    looks: dict[str, Callable[[], Ended]] = {
        "ls": lambda: run("ls", tale.path, "--json"),
        "check": lambda: run("check", tale.path, "--format", "json"),
        "show": lambda: run("show", tale.path, "1", "--json"),
    }
    tale.at_half_time = {name: look() for name, look in looks.items()}
    tale.bytes_at_half_time = b"".join(file.read_bytes() for file in tale.path.parent.glob(f"{tale.path.name}*"))
