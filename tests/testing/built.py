"""Recordings built by hand for these tests, and what is in them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspector.analysis.rules.selection import Selection
from inspector.audit.audited import auditing
from inspector.audit.entry import Entry
from inspector.recording.derivation import summarise
from inspector.recording.reader import reading
from inspector.testing.building.agent import Agent
from inspector.testing.building.builder import RecordingBuilder
from inspector.testing.building.chat import Chat
from inspector.traffic.exchange import Event

PDF = b"%PDF-1.7\n% a contract\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(64))
TEXT = "Zwölf Monate.\n".encode()

Lines = Callable[[RecordingBuilder, Agent, Chat], Any]
"""What is said in a chat that has been accepted."""


def built(path: Path, lines: Lines, **options: Any) -> Path:
    """A recording of an agent who works on one chat, as the lines say."""
    with RecordingBuilder(path, **options) as recording:
        sofia = recording.agent("sofia")
        lines(recording, sofia, sofia.chat(customer="Ann Harris", says="Where is my contract?"))
    return path


def everything(recording: RecordingBuilder, sofia: Agent, chat: Chat) -> None:
    """Each kind of line once, and none that breaks a rule."""
    sofia.read("/me/chats?fields=*")
    chat.typing()
    chat.message("Here it is.", message_type="Greeting")
    chat.stop_typing()
    contract = chat.link("contract.pdf", PDF)
    chat.upload(contract, description="your contract", upload_type="file-system")
    terms = recording.document("terms.txt", TEXT, id="0001PaBMYY36TERM")
    chat.link(terms, name="terms.txt", type="text/plain", size=len(TEXT))
    chat.upload(terms, upload_type="standard-response")
    draft = chat.link("draft.txt", b"not yet")
    chat.unlink(draft)
    recording.wait(3)
    chat.customer_typing()
    chat.customer_message("Thank you. Look!")
    photo = chat.customer_file("photo.png", PNG)
    chat.download(photo)
    chat.download(contract)
    chat.transcript()
    chat.call("SetDisposition", {"disposition": "resolved"}, reply={"statusCode": 0})
    sofia.listen("/v2/me/calls")
    sofia.notify("/v2/me/calls", {"messageType": "CallStateChangeMessage", "call": {"id": "7"}})
    chat.leave()
    chat.complete()
    sofia.go_home()


def entries(path: Path) -> list[Entry]:
    """The ledger of a recording."""
    with auditing([path], Selection()) as audited:
        return list(audited.entries())


def rules(path: Path) -> list[str]:
    """The rules that it breaks, whatever their severity, in order."""
    with reading(path) as recording:
        return [finding.rule for finding in summarise(recording, recording.session()).findings]


@dataclass(frozen=True)
class Facts:
    """What crossed the wire, and when."""

    state: str
    unfinished: int
    began: int
    ended: int
    events: list[Event]


def facts(path: Path) -> Facts:
    """The facts of a recording of one session; bodies are told by their digests."""
    with reading(path) as recording:
        [session] = recording.sessions()
        assert session.ended is not None
        events = list(recording.events(session))
        unfinished = recording.unfinished(session)
        return Facts(session.state, unfinished, session.started.at, session.ended.at, events)
