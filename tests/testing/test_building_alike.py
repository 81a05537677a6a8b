"""By hand or from a server: the same conversation makes the same recording."""

import asyncio
from operator import attrgetter
from pathlib import Path

import pytest

from inspector.demo import wanted
from inspector.demo.customer import OPENING, Reaction
from inspector.demo.desktop import Desktop, at_desk
from inspector.demo.documents import NOTES, PHOTO, Store, document
from inspector.demo.people import AGENT
from inspector.demo.quirks import Quirk
from inspector.demo.server import LookAlike
from inspector.demo.serving import serving
from inspector.demo.world import World
from inspector.proxy.host import Proxy, running, script
from inspector.testing.building.builder import RecordingBuilder
from tests.live.commands import run
from tests.testing.built import entries, rules

pytestmark = pytest.mark.once

LOST = document("delivery-note.txt")
LOGIN = "/me?subresources=features,devices,channels"


async def record(path: Path) -> None:
    """The conversation in front of a recorder, with a real server and a real desktop."""
    world = World(
        quirks={LOST.name: Quirk.LOST},
        script=[Reaction("UploadFile", NOTES.name, says="Done.", sends=PHOTO)],
        store=Store.of([LOST]),
    )
    async with serving(LookAlike(world)) as upstream:
        options = {"inspector_recording": str(path), "inspector_advertise": True, "inspector_window": 500}
        proxy = Proxy(f"reverse:{upstream}", "127.0.0.1", 0, [script("record")], options)
        async with running(proxy) as url, at_desk(url, AGENT.user_name, AGENT.password, hope=2.5) as desktop:
            await work(desktop)


async def work(desktop: Desktop) -> None:
    await desktop.log_in()
    await desktop.read("/diagnostics/version")
    await desktop.listen()
    await desktop.me("StartContactCenterSession", channels=["chat"])
    await desktop.take_chat(wanted.state("Invited"))
    await desktop.chat("Accept", nickname="Sofia")
    await desktop.wait(wanted.transcript())
    await desktop.attach(NOTES)
    await desktop.wait(wanted.linked(NOTES.name))
    notes = desktop.document_id(NOTES.name)
    await desktop.chat("UploadFile", documentId=notes, uploadType="file-system", description="What we did")
    told = await desktop.wait(wanted.file(PHOTO.name, "Customer"))
    await desktop.follow(wanted.sent_uri(told))
    await desktop.chat("AddAttachment", documentId=LOST.id)
    await desktop.wait(wanted.linked(LOST.name))
    await desktop.chat("UploadFile", documentId=LOST.id)
    await desktop.hope_for(wanted.file(LOST.name))
    await desktop.chat("SendMessage", text="Goodbye!")
    await desktop.wait(wanted.line("Text", "Agent"))
    await desktop.read(f"/me/chats/{desktop.chat_id}/messages")
    await desktop.chat("Leave")
    await desktop.wait(wanted.state("LeftChat"))
    await desktop.chat("Complete")
    await desktop.wait(wanted.state("Completed"))
    await desktop.hang_up()
    await desktop.me("EndContactCenterSession")


def build(path: Path) -> None:
    """The same conversation by hand."""
    with RecordingBuilder(path) as recording:
        lost = recording.document(LOST.name, LOST.file.content, type=LOST.mime, id=LOST.id)
        names = {"first_name": AGENT.first_name, "last_name": AGENT.last_name}
        sofia = recording.agent(AGENT.user_name, user_id=AGENT.id, reads=[LOGIN], topics=(), session=None, **names)
        sofia.read("/diagnostics/version")
        sofia.listen()
        sofia.call("POST", "/api/v2/me", {"operationName": "StartContactCenterSession", "channels": ["chat"]})
        chat = sofia.chat(customer="Robin", says=OPENING, nickname="Sofia")
        notes = chat.link(NOTES.name, NOTES.content)
        chat.upload(notes, upload_type="file-system", description="What we did")
        chat.customer_typing()
        chat.customer_message("Done.")
        chat.download(chat.customer_file(PHOTO.name, PHOTO.content))
        chat.link(lost)
        chat.upload(lost, notified=False)
        chat.message("Goodbye!")
        chat.transcript()
        chat.leave()
        chat.complete()
        sofia.go_home()


TOLD = ("direction", "login", "user", "name", "declared_type", "detected_type", "declared_size", "seen_size", "sha256")
TOLD += ("upload_type", "description", "how_linked", "state")
"""What a ledger tells of a file, whenever it was."""


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The recording from the server, and the one by hand."""
    folder = tmp_path_factory.mktemp("alike")
    recorded, by_hand = folder / "recorded.db", folder / "by-hand.db"
    asyncio.run(record(recorded))
    build(by_hand)
    return recorded, by_hand


def test_they_break_the_same_rules(both: tuple[Path, Path]):
    recorded, by_hand = map(rules, both)
    # of the client that went by a recorder, the server's addresses lead to another host
    assert [rule for rule in recorded if rule != "GW704"] == by_hand == ["GW402"]


def test_their_ledgers_tell_the_same(both: tuple[Path, Path]):
    told = attrgetter(*TOLD)
    recorded, by_hand = [[told(one) for one in entries(path)] for path in both]
    assert recorded == by_hand
    assert [str(one.state) for one in entries(both[1])] == ["sent", "received", "lost"]


def test_message_by_message_they_differ_in_nothing_but_what_always_differs(both: tuple[Path, Path]):
    recorded, by_hand = both
    ended = run("diff", recorded, by_hand, "--delay-threshold", "5000")
    assert (ended.code, ended.out.splitlines()[0][:14]) == (0, "no difference:"), ended.out
