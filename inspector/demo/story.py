"""The session that the tour records: what the agent does, step by step, and what they wait for to see.

Everything that can happen to an UploadFile happens once; which document suffers what is in `quirks.DEFAULT`.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

from inspector.demo import wanted
from inspector.demo.desktop import Desktop
from inspector.demo.documents import NOTES, PHOTO, document
from inspector.demo.inbox import Wanted

Act = Callable[[Desktop], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that the agent does: in words, for people, and as deed."""

    sentence: str
    act: Act

    def __str__(self) -> str:
        return self.sentence


async def _log_in(desktop: Desktop) -> None:
    await desktop.log_in()
    await desktop.read("/diagnostics/version")


async def _start(desktop: Desktop) -> None:
    await desktop.me("StartContactCenterSession", channels=["chat"])
    await desktop.take_chat(wanted.state("Invited"))
    await desktop.read("/me/chats?fields=*")


async def _accept(desktop: Desktop) -> None:
    await desktop.chat("Accept", nickname="Sofia")
    for each in (wanted.state("Chatting"), wanted.change("ParticipantsUpdated"), wanted.transcript()):
        await desktop.wait(each)
    for kind in ("TypingStarted", "Text"):
        await desktop.wait(wanted.line(kind, "Customer"))


async def _say(desktop: Desktop) -> None:
    for operation, members, kind in (
        ("SendStartTypingNotification", {}, "TypingStarted"),
        ("SendMessage", {"text": "I have sent you what we have. Goodbye!"}, "Text"),
    ):
        await desktop.chat(operation, **members)
        await desktop.wait(wanted.line(kind, "Agent"))


def _link(name: str) -> Act:
    async def act(desktop: Desktop) -> None:
        found = document(name)
        await desktop.chat("AddAttachment", documentId=found.id, name=name, mime=found.mime, size=found.size)
        await desktop.wait(wanted.linked(name))

    return act


def _send(document_id: str, seen: Wanted | None = None) -> Act:
    async def act(desktop: Desktop) -> None:
        await desktop.chat("UploadFile", documentId=document_id, uploadType="standard-response")
        if seen:
            await desktop.wait(seen)

    return act


def _link_and_send(name: str, seen: Wanted | None = None) -> Act:
    return _both(_link(name), _send(document(name).id, seen))


def _see(seen: Wanted) -> Act:
    async def act(desktop: Desktop) -> None:
        await desktop.wait(seen)

    return act


def _both(first: Act, second: Act) -> Act:
    async def act(desktop: Desktop) -> None:
        await first(desktop)
        await second(desktop)

    return act


async def _send_greeting(desktop: Desktop) -> None:
    await _send(GREETED.id, wanted.file(GREETED.name))(desktop)
    for kind in ("TypingStarted", "Text"):
        await desktop.wait(wanted.line(kind, "Customer"))


async def _download_photo(desktop: Desktop) -> None:
    told = await desktop.wait(wanted.file(PHOTO.name, "Customer"))
    await desktop.follow(wanted.sent_uri(told))


async def _attach_notes(desktop: Desktop) -> None:
    await desktop.attach(NOTES)
    await desktop.wait(wanted.linked(NOTES.name))


async def _send_notes(desktop: Desktop) -> None:
    await desktop.chat(
        "UploadFile",
        documentId=desktop.document_id(NOTES.name),
        uploadType="file-system",
        uploadPath=f"C:\\Users\\sofia\\Documents\\{NOTES.name}",
        description="What we did today",
    )
    await desktop.wait(wanted.file(NOTES.name))


async def _send_in_vain(desktop: Desktop) -> None:
    await _link_and_send("delivery-note.txt")(desktop)
    await desktop.hope_for(wanted.file("delivery-note.txt"))


async def _take_back(desktop: Desktop) -> None:
    await desktop.chat("RemoveAttachment", documentId=document("draft-offer.txt").id)
    await desktop.wait(wanted.unlinked("draft-offer.txt"))


async def _send_nothing(desktop: Desktop) -> None:
    await desktop.chat("UploadFile", uploadType="standard-response")


async def _send_broken(desktop: Desktop) -> None:
    await desktop.chat_raw(b'{"operationName": "UploadFile", "documentId": ')


async def _read_transcript(desktop: Desktop) -> None:
    await desktop.read(f"/me/chats/{desktop.chat_id}/messages")


async def _complete(desktop: Desktop) -> None:
    await desktop.chat("Complete")
    await desktop.wait(wanted.state("Completed"))


async def _go_home(desktop: Desktop) -> None:
    await desktop.hang_up()
    await desktop.me("EndContactCenterSession")


GREETED = document("testfileUploadAgent.txt")

STEPS = (
    Step("logs in", _log_in),
    Step("listens to /v2/me/chats", lambda desktop: desktop.listen()),
    Step("starts work: a customer is waiting", _start),
    Step("accepts the chat and reads what was said", _accept),
    Step(f"links {GREETED.id[:8]}… ({GREETED.name}) to the chat", _link(GREETED.name)),
    Step("sends it: UploadFile, and file-uploaded comes back", _send_greeting),
    Step(f"downloads {PHOTO.name}, which the customer sent unasked", _download_photo),
    Step(f"uploads {NOTES.name} from disk as a new document", _attach_notes),
    Step(f"sends {NOTES.name}, and tells its path on the disk with it", _send_notes),
    Step("links draft-offer.txt", _link("draft-offer.txt")),
    Step("takes draft-offer.txt back: RemoveAttachment", _take_back),
    Step(
        "sends price-list.pdf: the notification overtakes the reply",
        _link_and_send("price-list.pdf", wanted.file("price-list.pdf")),
    ),
    Step("sends internal-memo.txt, which was never linked: refused", _send(document("internal-memo.txt").id)),
    Step("sends a document that does not exist: refused", _send("0001PaBMYY36ZZZZ")),
    Step("sends warranty.txt: refused without a word why", _link_and_send("warranty.txt")),
    Step("sends delivery-note.txt: accepted, but no notification comes", _send_in_vain),
    Step(
        "sends floor-plan.png: told of without its attachment",
        _link_and_send("floor-plan.png", wanted.file_without_attachment()),
    ),
    Step(
        "sends invoice.txt: its address leads to another file",
        _link_and_send("invoice.txt", wanted.file("invoice.txt")),
    ),
    Step(
        "links opening-hours.txt, and another tab sends it",
        _both(_link("opening-hours.txt"), _see(wanted.file("opening-hours.txt"))),
    ),
    Step("sends a file without saying which: refused", _send_nothing),
    Step("sends half a JSON body: refused", _send_broken),
    Step("types, and says goodbye", _say),
    Step("reads the transcript", _read_transcript),
    Step("completes the chat", _complete),
    Step("stops listening and ends the session", _go_home),
)
"""The story; its length is what a progress bar needs."""


async def play(desktop: Desktop, steps: Sequence[Step] = STEPS) -> AsyncIterator[Step]:
    """Do one step after another, each until the desktop has seen what it brings about.

    Gives every step that has been done; `str` of it is for people. Raises NotSeen, LoginRefused, ChannelRefused.
    """
    for step in steps:
        await step.act(desktop)
        yield step
