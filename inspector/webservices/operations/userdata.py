"""What is known of a chat beside what is said in it: user data of any JSON type, with any key, and its disposition."""

from typing import Any

from inspector.webservices.effects import Disposes, Drops, Keeps
from inspector.webservices.operations.operation import Operation


class AttachUserData(Operation):
    """Adds user data (Chat API, AttachUserData)."""

    operation = "AttachUserData"
    effects = (Keeps("data"),)
    user_data: dict[str, Any]


class UpdateUserData(Operation):
    """Overwrites the keys that it names (Chat API, UpdateUserData)."""

    operation = "UpdateUserData"
    effects = (Keeps("data"),)
    user_data: dict[str, Any]


class DeleteUserData(Operation):
    """Takes keys away (Chat API, DeleteUserData)."""

    operation = "DeleteUserData"
    effects = (Drops("data"),)
    keys: list[str]


class SetDisposition(Operation):
    """How the chat went, kept in user data under `dispositionKey` (Chat API, SetDisposition)."""

    operation = "SetDisposition"
    effects = (Disposes("data"),)
    disposition: int | str
    disposition_key: str | None = None
