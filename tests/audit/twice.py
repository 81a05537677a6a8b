"""The demo's story recorded again and again: by the real recorder, in front of servers whose ids are not the same."""

import asyncio
import itertools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from inspector.demo import story
from inspector.demo.chat import Chat
from inspector.demo.customer import SCRIPT, Reaction
from inspector.demo.desktop import at_desk
from inspector.demo.documents import LIBRARY, PHOTO, Document, File, Store
from inspector.demo.people import AGENT, Participant
from inspector.demo.quirks import Quirk, Quirks
from inspector.demo.server import LookAlike
from inspector.demo.serving import serving
from inspector.demo.world import World
from tests.live.recorders import recording

TOLD_APART = (
    "floor-plan",  # waits for what only a server that misbehaves tells
    "draft-offer",
    "opening-hours",
    "internal-memo",
    "does not exist",
)
STEPS = tuple(step for step in story.STEPS if not any(name in step.sentence for name in TOLD_APART))
OTHER_PHOTO = replace(PHOTO, content=PHOTO.content[:-1] + b"!")


@dataclass(frozen=True)
class Server:
    """How a server behaves; `nth` makes its ids: chats, new documents, and people have others by it."""

    nth: int = 0
    quirks: Quirks = field(default_factory=dict[str, Quirk])
    photo: File = PHOTO

    def world(self) -> World:
        made = World(quirks=self.quirks, script=tuple(map(self._reaction, SCRIPT)))
        made.store = Store.of([*LIBRARY, *(Document(f"0001PaBMYY37{n:04}", PHOTO) for n in range(self.nth))])
        made._people = itertools.count(0x66 + 7 * self.nth)
        for number in range(self.nth):
            nobody = Chat(f"somebody else's {number}", replace(AGENT, id="nobody"), Participant("1", "x", "Customer"))
            made.chats[nobody.id] = nobody
        return made

    def _reaction(self, reaction: Reaction) -> Reaction:
        return replace(reaction, sends=self.photo) if reaction.sends else reaction


def record(path: Path, server: Server, steps: Sequence[story.Step] = STEPS) -> Path:
    """The story in front of that server, as a recording."""
    asyncio.run(_record(path, server, steps))
    return path


def record_all(folder: Path, servers: dict[str, Server]) -> dict[str, Path]:
    """One recording each, at once: most of the time they wait."""
    with ThreadPoolExecutor(len(servers)) as pool:
        made = {name: pool.submit(record, folder / f"{name}.db", server) for name, server in servers.items()}
        return {name: future.result() for name, future in made.items()}


async def _record(path: Path, server: Server, steps: Sequence[story.Step]) -> None:
    async with serving(LookAlike(server.world(), poll_timeout=0.5)) as origin:
        with recording(origin, path) as recorder:
            async with at_desk(recorder.url, AGENT.user_name, AGENT.password, hope=0.3) as desktop:
                async for _ in story.play(desktop, steps):
                    pass
            ended = recorder.process.end()
            assert ended.code == 0, ended.err
