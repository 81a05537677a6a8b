"""Files of a chat: linked to it, taken from it, sent into it. A new file is a multipart POST and has no such body."""

from typing import Literal

from pydantic import Field

from inspector.webservices.operations.operation import Operation


class UploadFile(Operation):
    """Sends a linked document to the chat (Chat API, UploadFile). The truth about it comes as a notification."""

    operation = "UploadFile"
    document_id: str = Field(min_length=1)
    upload_type: Literal["standard-response", "file-system"] | None = None
    upload_path: str | None = None
    """The standard response's id, or the place on the agent's disk."""
    description: str | None = None


class AddAttachment(Operation):
    """Links an existing document to the chat (Chat API, AddAttachment, "existing document"; of e-mails as well)."""

    operation = "AddAttachment"
    document_id: str = Field(min_length=1)
    size: int | str | None = None
    name: str | None = None
    mime: str | None = None


class RemoveAttachment(Operation):
    """Unlinks a document from the chat (Chat API, RemoveAttachment; of e-mails as well)."""

    operation = "RemoveAttachment"
    document_id: str = Field(min_length=1)
