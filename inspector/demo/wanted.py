"""What a desktop waits for: notifications told by their content (Chat API, notifications)."""

from typing import Any

from inspector.demo.inbox import Json, Wanted
from inspector.webservices.notifications import FILE_UPLOADED


def state(name: str) -> Wanted:
    """The chat is in this state now."""
    return Wanted(
        f"a StatusChange to {name}",
        lambda data: data.get("notificationType") == "StatusChange" and _chat(data).get("state") == name,
    )


def change(kind: str) -> Wanted:
    """A change of this `notificationType`."""
    return Wanted(f"a change {kind}", lambda data: data.get("notificationType") == kind)


def linked(name: str) -> Wanted:
    """A file of this name is in the chat's list of attachments."""
    return Wanted(f"{name} in chat.attachments", lambda data: attachment(data, name) is not None)


def unlinked(name: str) -> Wanted:
    """The chat's list of attachments, without this name."""
    return Wanted(
        f"chat.attachments without {name}",
        lambda data: data.get("notificationType") == "PropertiesUpdated" and attachment(data, name) is None,
    )


def line(kind: str, sender: str) -> Wanted:
    """One new line of the transcript, of this type and from this type of participant."""
    return Wanted(f"{kind} from {sender}", lambda data: _only(data, kind, sender) is not None)


def transcript() -> Wanted:
    """The whole transcript, as it comes when a chat is accepted."""
    return Wanted("the transcript", lambda data: len(data.get("messages", ())) > 1)


def file(name: str, sender: str = "Agent") -> Wanted:
    """The `file-uploaded` of a file of this name."""
    return Wanted(f"file-uploaded {name} from {sender}", lambda data: _sent(data, sender).get("name") == name)


def file_without_attachment() -> Wanted:
    """A `file-uploaded` that does not say which file."""
    return Wanted(
        "file-uploaded without attachment",
        lambda data: (
            (found := _only(data, "SystemCommand", "Agent")) is not None
            and found.get("noticeText") == FILE_UPLOADED
            and "attachment" not in found
        ),
    )


def attachment(data: Json, name: str) -> Json | None:
    """The file of this name in `chat.attachments`; None if it is not there."""
    return next((one for one in _chat(data).get("attachments", ()) if one.get("name") == name), None)


def sent_uri(data: Json) -> str:
    """Where the file of a `file-uploaded` lies."""
    return str(data["messages"][0]["attachment"]["uri"])


def _chat(data: Json) -> dict[str, Any]:
    chat = data.get("chat")
    return chat if isinstance(chat, dict) else {}


def _only(data: Json, kind: str, sender: str) -> Json | None:
    messages = data.get("messages", ())
    if len(messages) != 1:
        return None
    message: Json = messages[0]
    return message if (message.get("type"), message.get("from", {}).get("type")) == (kind, sender) else None


def _sent(data: Json, sender: str) -> Json:
    found = (_only(data, "SystemCommand", sender) or {}).get("attachment")
    return found if isinstance(found, dict) else {}
