"""The `data` of notifications, member for member as in the samples of the Chat API's pages."""

from typing import Any

Json = dict[str, Any]

API = "http://gws.example/api/v2"
USERS = {"sofia": "0bcb93c9854f41d6ad89344047ec3223", "toni": "11111111111111111111111111111111"}
CHAT = "0001PaBMYY3600R8"
OTHER_CHAT = "0001PaBMYY3600R9"
DOCUMENT = "0001PaBMYY3600RC"
OTHER_DOCUMENT = "0000YaB6ARKB0019"
CUSTOMER = {"nickname": "Customer", "participantId": "009F5790F75F009A", "type": "Customer", "visibility": "All"}


def agent(user: str) -> Json:
    """An agent as a participant of a chat."""
    path = f"/users/{USERS[user]}"
    joined = f"009F5790DA8D{len(user):04X}"
    named = {"id": joined, "nickname": user, "participantId": joined, "path": path, "type": "Agent"}
    return named | {"uri": API + path, "visibility": "All"}


def attachment(document: str = DOCUMENT, **members: Any) -> Json:
    """One of `chat.attachments`."""
    path = f"/attachments/{document}"
    shown = {"id": document, "mime": "text/plain", "name": f"{document}.txt", "path": path, "size": 46}
    return shown | {"uri": f"{API}/chats/{CHAT}{path}"} | members


def chat_is(state: str = "Chatting", *, of: str = CHAT, kind: str = "StatusChange", **members: Any) -> Json:
    """`ChatStateChangeMessage`: a chat is in this state."""
    chat = {"state": state, "id": of, "uri": f"{API}/chats/{of}"} | members
    return {"messageType": "ChatStateChangeMessage", "notificationType": kind, "chat": chat}


def chat_has(*attachments: Json | str, of: str = CHAT) -> Json:
    """`ChatStateChangeMessage`: these are a chat's attachments now; the member is missing if there are none."""
    listed = [attachment(one) if isinstance(one, str) else one for one in attachments]
    shown: Json = {"attachments": listed} if listed else {}
    people = [CUSTOMER, agent("sofia")]
    return chat_is(of=of, kind="PropertiesUpdated", chatType="Inbound", participants=people, **shown)


def file(document: str = DOCUMENT, **members: Any) -> Json:
    """`attachment` of a `file-uploaded` message."""
    path = f"/attachments/{document}"
    shown = {"fileId": f"file of {document}", "id": document, "name": f"{document}.txt", "path": path, "size": 46}
    return shown | {"uri": API + path} | members


def line(kind: str, sender: Json, index: int, **members: Any) -> Json:
    """One line of a transcript."""
    stamp = {"timestamp": "2016-07-21 17:23:20.000+0300", "timestampSeconds": 1469111000000}
    return {"from": sender, "index": index} | stamp | {"type": kind, "visibility": "All"} | members


def file_line(document: str = DOCUMENT, by: str | Json = "sofia", index: int = 7, **members: Any) -> Json:
    """The line that says a file was sent; `members` are its attachment's."""
    sender = agent(by) if isinstance(by, str) else by
    sent = file(document, **members)
    return line("SystemCommand", sender, index, noticeText="file-uploaded", attachment=sent)


def log_has(*lines: Json, of: str = CHAT) -> Json:
    """`MessageLogUpdated`: new lines of a chat's transcript."""
    named = {"chatPath": f"/chats/{of}", "chatUri": f"{API}/chats/{of}", "messageType": "MessageLogUpdated"}
    return named | {"messages": list(lines), "notificationType": "NewMessages"}


def sent(document: str = DOCUMENT, by: str | Json = "sofia", index: int = 7, *, of: str = CHAT, **members: Any) -> Json:
    """`MessageLogUpdated`: a file was sent, and nothing else happened."""
    return log_has(file_line(document, by, index, **members), of=of)


HELLO = line("Text", CUSTOMER, 2, text="Hello")
