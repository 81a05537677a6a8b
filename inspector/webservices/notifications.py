"""What the API tells without being asked: the `data` of events on `/v2/me/chats` (Chat API, notifications).

Values that the documentation lists (`known_values`) are no constraint here: unknown ones are kept.
"""

import re
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field, Tag, ValidationError

from inspector.webservices.attachments import LinkedFile, SentFile
from inspector.webservices.model import Flaw, Model, after, flaws

CHATS_TOPIC = "/v2/me/chats"
FILE_UPLOADED = "file-uploaded"


class Participant(Model):
    """Who is in a chat, or sent a message: a person by `path`/`uri`; `participant_id` is given anew at every join.

    `id` repeats it in newer versions.
    """

    id: str | int | None = None
    participant_id: str | int | None = None
    nickname: str | None = None
    type: str | None = None
    path: str | None = None
    uri: str | None = None
    visibility: str | None = None

    @property
    def user_id(self) -> str:
        """The user behind the participant; empty for customers and services, who have none."""
        return after(self.path, "/users/") or after(self.uri, "/users/")


class ChatMessage(Model):
    """One line of a chat's transcript. `index` is unique in the chat, with gaps; unknown types and texts are kept.

    `text` is what was said, typed so far, or what an agents' notice is about; `url` is a PushUrl's, `notice_text` a
    CustomNotice's or SystemCommand's. `message_type` is what SendMessage was asked with (option `includeMessageType`).
    """

    type: str
    index: int | None = None
    sender: Participant | None = Field(default=None, alias="from")
    attachment: SentFile | None = None
    notice_text: str | None = None
    text: str | None = None
    url: str | None = None
    message_type: str | None = None
    timestamp: str | None = None
    timestamp_seconds: int | None = None
    visibility: str | None = None

    @property
    def is_file(self) -> bool:
        return self.type == "SystemCommand" and self.notice_text == FILE_UPLOADED

    @property
    def kind(self) -> str:
        """What to call it in one word: the text of a system command, else the type."""
        return (self.notice_text or self.type) if self.type == "SystemCommand" else self.type


class MessageLogUpdated(Model):
    """New lines of a transcript. It has no chat id: that is the end of `chat_path` or `chat_uri`."""

    message_type: Literal["MessageLogUpdated"]
    messages: list[ChatMessage]
    chat_path: str | None = None
    chat_uri: str | None = None
    notification_type: str | None = None

    @property
    def chat_id(self) -> str:
        return after(self.chat_path, "/chats/") or after(self.chat_uri, "/chats/")

    @property
    def kind(self) -> str:
        return self.messages[0].kind if len(self.messages) == 1 else self.notification_type or self.message_type


_Named = Annotated[
    Annotated[str, Tag("~name")] | Annotated[Participant, Tag("~object")],
    Discriminator(lambda value: "~name" if isinstance(value, str) else "~object"),
]


class Chat(Model):
    """The state of a chat; `attachments` is missing, not empty, when there are none.

    `user_data` is all that is known (keys may hold spaces, values are of any type), or missing; it is no difference.
    """

    id: str | None = None
    path: str | None = None
    uri: str | None = None
    state: str | None = None
    chat_type: str | None = None
    capabilities: list[Any] | None = None
    user_data: Any = None
    attachments: list[LinkedFile] | None = None
    participants: list[_Named] | None = None
    """Objects; in traffic of 2014 to 2016 sometimes only names."""


class ChatStateChange(Model):
    """A chat changed: its state, participants, properties or attachments; or an operation failed (`Error`)."""

    message_type: str | None = None
    notification_type: str | None = None
    reference_id: int | str | None = None
    error_message: str | None = None
    chat: Chat | None = None

    @property
    def chat_id(self) -> str:
        if self.chat is None:
            return ""
        return self.chat.id or after(self.chat.uri, "/chats/")

    @property
    def kind(self) -> str:
        return self.notification_type or self.message_type or "ChatStateChangeMessage"


class NeighbourChange(Model):
    """Something of another medium changed, an e-mail for one (its topic is `/v2/me/emails`): it is left alone."""

    message_type: str
    notification_type: Any = None
    reference_id: Any = None
    chat_id: ClassVar[str] = ""

    @property
    def kind(self) -> str:
        return self.message_type


_NEIGHBOUR = re.compile(r"(?!Chat)[A-Z][A-Za-z]*StateChangeMessage\Z")

Notification = MessageLogUpdated | ChatStateChange | NeighbourChange


def parse(data: Any) -> tuple[Notification | None, list[Flaw]]:
    """The notification that an event's data holds; or None and why its shape is broken."""
    if not isinstance(data, dict):
        return None, [Flaw("", "dict_type", "an object", data)]
    try:
        return _model(data).model_validate(data), []
    except ValidationError as error:
        return None, flaws(error)


def _model(data: dict[str, Any]) -> type[Notification]:
    kind = data.get("messageType")
    if isinstance(kind, str) and _NEIGHBOUR.match(kind):
        return NeighbourChange
    return MessageLogUpdated if "messages" in data or kind == "MessageLogUpdated" else ChatStateChange
