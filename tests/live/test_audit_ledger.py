"""The ledger of the demo, recorded by the real recorder, row by row against what was sent."""

import asyncio
import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from inspector.demo import story as told_story
from inspector.demo import wanted
from inspector.demo.desktop import at_desk
from inspector.demo.documents import NOTES, PHOTO, File, document
from inspector.demo.people import AGENT
from inspector.demo.server import LookAlike
from inspector.demo.serving import serving
from tests.live.commands import run
from tests.live.recorders import recording, rows
from tests.live.stories import Story

KNOWN = (
    File("offer.pdf", "application/pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj"),
    File("Grüße an alle.txt", "text/plain", "Grüße\n".encode() * 300),
    File("camera.raw", "application/octet-stream", bytes(range(256)) * 4_000),
    File("as-she-said.png", "image/png", PHOTO.content + b"\n"),
    File("twin of the offer.pdf", "application/pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj"),
    File("one.bin", "application/octet-stream", b"\0"),
)
"""What the agent sends, and downloads again."""

BEGIN = told_story.STEPS[:4]


@dataclass(frozen=True)
class Sent:
    path: Path
    documents: dict[str, str]
    """Their ids by name, as the desktop was told them."""
    chat: str


async def _sent(path: Path) -> Sent:
    documents = {}
    async with serving(LookAlike(poll_timeout=0.5)) as origin:
        with recording(origin, path) as recorder:
            async with at_desk(recorder.url, AGENT.user_name, AGENT.password) as desktop:
                async for _ in told_story.play(desktop, BEGIN):
                    pass
                for file in KNOWN:
                    await desktop.attach(file)
                    await desktop.wait(wanted.linked(file.name))
                    documents[file.name] = desktop.document_id(file.name)
                    await desktop.chat("UploadFile", documentId=documents[file.name], uploadType="file-system")
                    told = await desktop.wait(wanted.file(file.name))
                    await desktop.follow(wanted.sent_uri(told))
                await desktop.chat("Complete")
                await desktop.wait(wanted.state("Completed"))
                await desktop.hang_up()
                chat = desktop.chat_id
            assert recorder.process.end().code == 0
    return Sent(path, documents, chat)


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Sent:
    return asyncio.run(_sent(tmp_path_factory.mktemp("ledger") / "known.db"))


def ledger(path: Path, *options: object, code: int = 0) -> Any:
    ended = run("audit", path, "--format", "json", *options)
    assert (ended.code, ended.err) == (code, "")
    return json.loads(ended.out)


def test_every_row_is_what_was_sent(sent: Sent) -> None:
    entries = [one for one in ledger(sent.path)["entries"] if one["direction"] == "agent"]
    assert [
        (
            *(row["name"], row["document"], row["declared_type"], row["declared_size"], row["seen_size"]),
            *(row["sha256"], row["agent"], row["chat"], row["how_linked"], row["upload_type"], row["state"]),
        )
        for row in entries
    ] == [
        (
            *(file.name, sent.documents[file.name], file.mime, len(file.content), len(file.content)),
            *(sha256(file.content).hexdigest(), AGENT.user_name, sent.chat, "new file", "file-system", "sent"),
        )
        for file in KNOWN
    ]
    assert [row["detected_type"] for row in entries] == [
        *("application/pdf", "text/plain", "", "image/png", "application/pdf", ""),
    ]


def test_each_row_has_its_calls_its_notification_and_its_download(sent: Sent) -> None:
    for row in ledger(sent.path)["entries"]:
        if row["direction"] != "agent":
            continue
        linked, uploaded, notified, [download] = row["linked"], row["uploaded"], row["notified"], row["downloads"]
        assert (linked["status"], uploaded["status"], uploaded["status_code"]) == (200, 200, 0)
        assert linked["exchange"] < uploaded["exchange"] < download["exchange"]
        assert linked["at"] < uploaded["at"] == row["time"] < download["at"]
        assert (download["agent"], download["status"]) == (AGENT.user_name, 200)
        [cause] = rows(sent.path, "SELECT * FROM causes WHERE call = ? AND kind = 'uploaded'", uploaded["exchange"])
        assert (notified["exchange"], notified["position"]) == (cause["exchange"], cause["position"])
        assert notified["lag_ms"] == cause["lag_ms"]


def test_the_files_come_out_as_they_were_sent(sent: Sent, tmp_path: Path) -> None:
    ended = run("audit", sent.path, "--format", "csv", "-o", tmp_path / "l.csv", "--extract", tmp_path / "out")
    assert (ended.code, ended.out) == (0, "")
    found = {path.stem: path.read_bytes() for path in (tmp_path / "out").iterdir() if path.suffix != ".json"}
    assert found.items() >= {sha256(file.content).hexdigest(): file.content for file in KNOWN}.items()
    assert len(found) == len({file.content for file in KNOWN})


def test_the_story_has_a_row_for_each_of_its_files(story: Story) -> None:
    """Name, state, who, how it was linked, statusCode of its UploadFile, whether its notification came."""
    found = [
        (
            *(row["name"], row["document"], row["declared_size"], row["state"], row["agent"], row["how_linked"]),
            *((row["uploaded"] or {}).get("status_code"), row["notified"] is not None),
        )
        for row in ledger(story.path)["entries"]
    ]

    def of(name: str, state: str, code: int | None, told: bool, agent: str = "sofia") -> tuple[Any, ...]:
        one = document(name)
        return name, one.id, one.size, state, agent, "existing document", code, told

    assert [row for row in found if row[0] and row[0] not in (NOTES.name, PHOTO.name)] == [
        of("testfileUploadAgent.txt", "sent", 0, True),
        of("draft-offer.txt", "removed", None, False),
        of("price-list.pdf", "sent", 0, True),
        of("warranty.txt", "refused", 4, False),
        # which of the two it was that somebody was told of without a name: the recording ends before anybody knows
        of("delivery-note.txt", "undecided", 0, False),
        of("floor-plan.png", "undecided", 0, False),
        of("invoice.txt", "sent", 0, True),
        of("opening-hours.txt", "sent", None, True),
    ]
    unknown = [(row[1], row[3], row[5]) for row in found if not row[0]]
    assert unknown == [(document("internal-memo.txt").id, "refused", ""), ("0001PaBMYY36ZZZZ", "refused", "")]


def test_the_storys_bytes_are_those_of_its_files(story: Story) -> None:
    entries = {row["name"]: row for row in ledger(story.path)["entries"]}
    for file in (NOTES, PHOTO):
        row = entries[file.name]
        assert (row["sha256"], row["seen_size"]) == (sha256(file.content).hexdigest(), len(file.content))
    notes, photo = entries[NOTES.name], entries[PHOTO.name]
    assert (notes["upload_path"], notes["description"]) == (
        f"C:\\Users\\sofia\\Documents\\{NOTES.name}",
        "What we did today",
    )
    assert (photo["direction"], photo["agent"], photo["user"], photo["state"]) == ("customer", "", "", "received")
    assert [one["agent"] for one in photo["downloads"]] == ["sofia"]
    assert (notes["detected_type"], photo["detected_type"]) == ("text/plain", "image/png")


def test_a_notification_that_overtook_its_reply_has_a_delay_below_zero(story: Story) -> None:
    entries = {row["name"]: row for row in ledger(story.path)["entries"]}
    assert entries["price-list.pdf"]["notified"]["lag_ms"] < 0 < entries[NOTES.name]["notified"]["lag_ms"]
