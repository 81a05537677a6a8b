"""A shift: what an agent does at a desk that a test needs to see replayed, and the recording of it."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspector.demo.documents import document
from inspector.demo.server import LookAlike
from inspector.demo.serving import serving
from inspector.demo.world import PUBLIC_ORIGIN
from inspector.proxy.host import Proxy, running, script
from inspector.replay.fronts.listening import listening
from inspector.replay.fronts.server import StubApp
from inspector.replay.plans.opening import prepare
from inspector.replay.stub import Settings, Stub
from tests.node.desks import Desk, Seen, at_desk
from tests.node.programs import Json

CHAT = "0001TaBTNRPW01GV"
NASTY = "a\u2028b\u2029c </script><!-- \"'\\ \x7f\u0000 &amp; 😀𝒳\ufeff );alert(1)//"
"""What breaks a script, a page or a parser that takes it for more than data."""


@dataclass(frozen=True, slots=True)
class Step:
    """An operation, and how its last notification is known."""

    path: str
    body: Json
    seen: Callable[[Json], Any]

    async def act(self, desk: Desk, *tabs: str) -> None:
        """Until every tab has been told."""
        since = len(desk.lines)
        reply = await desk.ask("POST", self.path, self.body)
        assert reply["status"] == 200 and '"statusCode":0' in reply["body"].replace(" ", ""), reply
        for tab in tabs or ("first",):
            await desk.told(lambda message: self.seen(message.get("data", {})), tab=tab, since=since)


def _chat(operation: str, seen: Callable[[Json], Any], **members: str) -> Step:
    return Step(f"/api/v2/me/chats/{CHAT}", {"operationName": operation} | members, seen)


def _line(**members: str) -> Callable[[Json], Any]:
    return lambda data: any(members.items() <= line.items() for line in data.get("messages", ()))


def _say(text: str) -> Step:
    return _chat("SendMessage", _line(text=text), text=text)


def _send(name: str) -> tuple[Step, Step]:
    found = document(name)
    return (
        _chat(
            "AddAttachment",
            lambda data: any(one["id"] == found.id for one in data.get("chat", {}).get("attachments", ())),
            documentId=found.id,
        ),
        _chat(
            "UploadFile",
            lambda data: any(line.get("attachment", {}).get("id") == found.id for line in data.get("messages", ())),
            documentId=found.id,
            uploadType="standard-response",
        ),
    )


def _said_by_customer(data: Json) -> bool:
    return [(line["type"], line["from"]["type"]) for line in data.get("messages", ())] == [("Text", "Customer")]


STEPS: Sequence[Step] = (
    Step(
        "/api/v2/me",
        {"operationName": "StartContactCenterSession", "channels": ["chat"]},
        lambda data: data.get("chat", {}).get("state") == "Invited",
    ),
    _chat("Accept", _said_by_customer, nickname="Sofia"),
    _say("one"),
    *_send("draft-offer.txt"),
    _say(NASTY),
    *_send("price-list.pdf"),
    _say("two"),
    _say("three"),
)
"""The notification of the last UploadFile overtakes its reply; all others follow theirs."""


@dataclass(frozen=True, slots=True)
class Shift:
    """A recording, and what the agent saw when it was made."""

    recording: Path
    seen: Seen

    @property
    def notifications(self) -> list[Json]:
        return [one for kind, one in self.seen if kind == "told"]


async def shift(node: str, recording: Path, *tabs: str) -> Shift:
    """Has an agent work at these tabs, in front of the demo's server, and records it."""
    async with serving(LookAlike(poll_timeout=0.5)) as upstream:
        proxy = Proxy(
            f"reverse:{upstream}", "127.0.0.1", 0, [script("record")], {"inspector_recording": str(recording)}
        )
        async with running(proxy) as origin, at_desk(node, "desk.js", origin=origin) as desk:
            await desk.log_in()
            for tab in tabs:
                await desk.open(tab=tab)
            await work(desk, *tabs)
            return Shift(recording, desk.seen(tabs[0], PUBLIC_ORIGIN))


async def work(desk: Desk, *tabs: str, steps: Sequence[Step] = STEPS, stub: Stub | None = None) -> None:
    """Does the steps, each until all tabs have seen what comes of it, and (if there is a stub) poll again."""
    for step in steps:
        if stub:
            await polled(stub)
        await step.act(desk, *tabs)


@asynccontextmanager
async def replaying(recording: Path, **settings: Any) -> AsyncIterator[tuple[Stub, str]]:
    """A stub of the recording, and its origin. Polls are held for a second, unless the settings say otherwise."""
    stub = prepare(recording).stub(Settings(**{"poll_timeout_ms": 1000} | settings))
    async with listening(StubApp(stub)) as origin:
        yield stub, origin


async def polled(stub: Stub) -> None:
    """Until every Bayeux client has a poll held: what comes early finds it."""
    channel = stub.delivery.channel
    for client_id in channel.comet.clients:
        await channel.listening(client_id)
