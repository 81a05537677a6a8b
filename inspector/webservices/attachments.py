"""A file in the API's words: linked to a chat (`chat.attachments`), or sent into it (`attachment` of a message)."""

from inspector.webservices.model import Model


class Attachment(Model):
    """What both have in common. `id` is the document's id in UCS; `size` is in bytes (below GWS it is a string)."""

    id: str
    name: str | None = None
    size: int | str | None = None
    path: str | None = None
    uri: str | None = None

    @property
    def bytes(self) -> int | None:
        """`size` as a number; None if there is none, or it is not a number."""
        return bytes_of(self.size)


class LinkedFile(Attachment):
    """One of `chat.attachments` (Chat API, AddAttachment): the chat's complete list at that moment."""

    mime: str | None = None


class SentFile(Attachment):
    """`attachment` of a `file-uploaded` message (Chat API, UploadFile); `file_id` is given by Chat Server."""

    file_id: str | None = None


def bytes_of(size: object) -> int | None:
    """A `size` in bytes, be it a number or a text of digits; None for anything else."""
    if isinstance(size, str):
        return int(size) if size.isdecimal() and len(size) < 19 else None
    return size if type(size) is int else None
