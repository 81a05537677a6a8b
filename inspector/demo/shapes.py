"""The API's JSON, member for member as in the samples of the Chat API's pages (8.5.2).

`origin` is the one that the server names itself by (`externalApiUrlV2`), whatever host a client has used.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from typing import Any

from inspector.demo.chat import Attachment, Chat, Json, State
from inspector.demo.documents import Document
from inspector.demo.people import Participant, User

_ZONE = timezone(timedelta(hours=3))

_CAPABILITIES = {
    State.INVITED: ["Accept", "Reject"],
    State.CHATTING: [
        "Transfer",
        "Leave",
        "Invite",
        "Consult",
        "SetInFocus",
        "SetDisposition",
        "AttachUserData",
        "DeleteUserData",
        "UpdateUserData",
        "Complete",
        "SendMessage",
        "SendUrl",
        "SendStartTypingNotification",
        "SendStopTypingNotification",
        "SendCustomNotice",
    ],
    State.LEFT: ["Transfer", "Complete", "Leave", "InFocus"],
}


def uri(origin: str, path: str) -> str:
    """The absolute address of a resource."""
    return f"{origin}/api/v2{path}"


def stamp(at: int) -> Json:
    """The two time members for `at`, milliseconds since 1970; v2 says seconds and means milliseconds."""
    moment = datetime.fromtimestamp(at // 1000, _ZONE)
    return {"timestamp": f"{moment:%Y-%m-%d %H:%M:%S}.{at % 1000:03d}{moment:%z}", "timestampSeconds": at}


def user(origin: str, who: User) -> Json:
    """`user` of `GET /me`."""
    return {
        "id": who.id,
        "userName": who.user_name,
        "firstName": who.first_name,
        "lastName": who.last_name,
        "path": who.path,
        "uri": uri(origin, who.path),
    }


def tag(who: Participant) -> Json:
    """A participant as in the samples of text messages, typing and Accept."""
    return {"nickname": who.nickname, "participantId": who.id, "type": who.type}


def person(origin: str, who: Participant) -> Json:
    """A participant as in the samples of UploadFile and AddAttachment; customers have no address."""
    address = {} if who.user is None else {"path": who.user.path, "uri": uri(origin, who.user.path)}
    return {"id": who.id} | tag(who) | address | {"visibility": who.visibility}


def message(kind: str, index: int, at: int, sender: Json, members: Json, visibility: str = "All") -> Json:
    """One line of a transcript; `members` are those that only its kind has."""
    return members | {"from": sender, "index": index} | stamp(at) | {"type": kind, "visibility": visibility}


def sent_file(origin: str, document: Document, file_id: str, leads_to: str) -> Json:
    """`attachment` of a `file-uploaded` message; `leads_to` is the document id at the end of its addresses."""
    path = f"/attachments/{leads_to}"
    return {
        "fileId": file_id,
        "id": document.id,
        "name": document.name,
        "path": path,
        "size": document.size,
        "uri": uri(origin, path),
    }


def linked_file(origin: str, chat: Chat, linked: Attachment) -> Json:
    """One of `chat.attachments`; its `uri` lies under the chat, its `path` does not (as in the sample)."""
    path = f"/attachments/{linked.id}"
    return {
        "id": linked.id,
        "mime": linked.mime,
        "name": linked.name,
        "path": path,
        "size": linked.size,
        "uri": uri(origin, f"{chat.path}{path}"),
    }


def log_updated(origin: str, chat: Chat, messages: Iterable[Json]) -> Json:
    """`MessageLogUpdated`: new lines of a chat's transcript."""
    return {
        "chatPath": chat.path,
        "chatUri": uri(origin, chat.path),
        "messages": list(messages),
        "notificationType": "NewMessages",
        "messageType": "MessageLogUpdated",
    }


def state_change(kind: str, chat: Json, reference: int | None = None) -> Json:
    """`ChatStateChangeMessage` about `chat`; only some carry a `referenceId`."""
    referred = {} if reference is None else {"referenceId": reference}
    return referred | {"chat": chat, "notificationType": kind, "messageType": "ChatStateChangeMessage"}


def brief(origin: str, chat: Chat) -> Json:
    """`chat` once it is completed: without capabilities and participants."""
    return {"id": chat.id, "state": str(chat.state), "uri": uri(origin, chat.path)}


def capable(origin: str, chat: Chat) -> Json:
    """`chat` when it has been left."""
    return brief(origin, chat) | {"capabilities": _CAPABILITIES[chat.state]}


def attended(origin: str, chat: Chat, participants: Iterable[Participant]) -> Json:
    """`chat` while it is accepted."""
    return capable(origin, chat) | {"participants": [tag(who) for who in participants]}


def whole(origin: str, chat: Chat) -> Json:
    """`chat` of the attachment notifications and of GET; `attachments` is complete, and missing if there are none."""
    linked = [linked_file(origin, chat, one) for one in chat.attachments.values()]
    shown: dict[str, Any] = {"attachments": linked} if linked else {}
    return (
        shown
        | capable(origin, chat)
        | {
            "chatType": "Inbound",
            "interactionQueue": "Web support",
            "participants": [person(origin, who) for who in chat.participants],
        }
    )
