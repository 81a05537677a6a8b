"""A chat as its notifications tell of it. They may come twice, late, or before the reply to what caused them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class File:
    """A file that the chat shows. `path` is where it lies, below /api/v2; `size` is in bytes."""

    id: str
    name: str
    size: int
    path: str


@dataclass(frozen=True)
class Line:
    """One line of the transcript: a text, or a file. `sender` is `Agent` or `Customer`."""

    sender: str
    text: str = ""
    file: File | None = None


@dataclass
class Chat:
    """`linked` are the ids of the documents that may be sent; `lines` has the transcript by its index."""

    id: str
    state: str = ""
    linked: set[str] = field(default_factory=set)
    lines: dict[int, Line] = field(default_factory=dict)

    def files(self, sender: str) -> list[File]:
        """The files that somebody has sent, in their order."""
        lines = (self.lines[index] for index in sorted(self.lines))
        return [line.file for line in lines if line.file and line.sender == sender]

    def changed(self, chat: Mapping[str, Any]) -> None:
        """A `ChatStateChangeMessage` came: it lists all documents that are linked, if it tells of them at all."""
        self.state = chat["state"]
        if "attachments" in chat:
            self.linked = {attachment["id"] for attachment in chat["attachments"]}

    def said(self, message: Mapping[str, Any]) -> None:
        """A line of a `MessageLogUpdated` came; told again, it is the same line."""
        file = None
        if message.get("noticeText") == "file-uploaded":
            sent = message["attachment"]
            file = File(sent["id"], sent["name"], sent["size"], sent["path"])
        self.lines[message["index"]] = Line(message["from"]["type"], message.get("text", ""), file)
