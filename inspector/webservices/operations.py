"""What an agent asks for: one class an operation, found by its `operationName`.

A class with an `operation` is an operation of the chat resource; defining it registers it, nothing else has to change.
"""

from typing import Any, ClassVar, Literal

from pydantic import Field

from inspector.webservices.model import Model

_BY_NAME: dict[str, type["Operation"]] = {}


class Operation(Model):
    """The body of a `POST /api/v2/me/chats/{id}` (Chat API); `operationName` says which."""

    operation: ClassVar[str] = ""
    operation_name: str

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        if cls.operation:
            _BY_NAME[cls.operation] = cls


def operation_class(name: str) -> type[Operation] | None:
    """The class of an operation; None if the API documents none of that name, or it is not modelled yet."""
    return _BY_NAME.get(name)


class UploadFile(Operation):
    """Sends a linked document to the chat (Chat API, UploadFile). The truth about it comes as a notification."""

    operation = "UploadFile"
    document_id: str = Field(min_length=1)
    upload_type: Literal["standard-response", "file-system"] | None = None
    upload_path: str | None = None
    """The standard response's id, or the place on the agent's disk."""
    description: str | None = None


class AddAttachment(Operation):
    """Links an existing document to the chat (Chat API, AddAttachment, "existing document")."""

    operation = "AddAttachment"
    document_id: str = Field(min_length=1)
    size: int | str | None = None
    name: str | None = None
    mime: str | None = None


class RemoveAttachment(Operation):
    """Unlinks a document from the chat (Chat API, RemoveAttachment)."""

    operation = "RemoveAttachment"
    document_id: str = Field(min_length=1)
