"""One chat from its invitation to its end, as an agent's desk sees it: what it asks, and what it is told of that."""

from collections.abc import Iterator
from typing import Any

import orjson

from tests.benchmarks.desk import API, ORIGIN, Desk, Json, Moment, moment

TURNS = 7
"""How often the customer says something and is answered."""

_ENDING = ["SetDisposition", "AttachUserData", "DeleteUserData", "UpdateUserData", "Complete"]
_CHATTING = [
    *("Transfer", "Leave", "Invite", "Consult", "SetInFocus", "SendMessage", "SendUrl", "SendStartTypingNotification"),
    *("SendStopTypingNotification", "SendCustomNotice", *_ENDING),
]
_SPEECH = (
    "about account again answer because before cable change could device email first hello invoice later line might "
    "minute model moment month number order password please problem question router same screen second should still "
    "switch thank that then there they this today under until update when where which window without would yesterday"
)
_WORDS = _SPEECH.split()


class Conversation:
    """A chat at a desk; `number` tells it from all others of the day."""

    def __init__(self, desk: Desk, number: int) -> None:
        self._desk = desk
        self._id = f"0001Pa{desk.number:02X}{number:04X}00R8"
        self._path = f"{API}/me/chats/{self._id}"
        self._uri = f"{ORIGIN}{API}/chats/{self._id}"
        self._number = number
        self._index = self._documents = 0
        self._attachments: list[Json] = []
        self._agent = self._joined("Agent", desk.user, f"/users/{desk.user_id}")
        self._customer = self._joined("Customer", f"Customer {number}")
        self._user_data: Json = {
            "IdentifyCreateContact": "3",
            "RVQID": "",
            "ChatServerPort": "7160",
            "RTargetObjSelDBID": "115",
            "Support queue distribution": 1,
            "ServiceObjective": 0,
            "RRequestedSkills": None,
            "Language": "English",
            "ContactId": f"0000Ya{number:010X}",
            "EmailAddress": f"customer{number}@example.com",
            "Subject": self._says(4),
            "GCTI_Chat_AsyncMode": "false",
            "WebAPI_Host": "chat.example",
        }

    def moments(self) -> Iterator[Moment]:
        """Everything that crosses the wire, in order."""
        yield from self._desk.told(self._state("Invited", "StatusChange", capabilities=["Accept", "Reject"]))
        yield from self._accepted()
        yield from self._talked(TURNS // 2)
        yield from self._attached()
        yield from self._uploaded()
        yield from self._received()
        yield from self._talked(TURNS - TURNS // 2)
        yield from self._closed()

    def _accepted(self) -> Iterator[Moment]:
        desk = self._desk
        desk.wait(4_000)
        yield from self._ask("Accept", nickname=desk.user)
        joined = self._line("ParticipantJoined", self._agent)
        hello = self._line("Text", self._customer, text=self._says(12))
        yield from desk.told(
            self._state("Chatting", "StatusChange", referenceId=17, participants=[]),
            self._state("Chatting", "ParticipantsUpdated"),
            self._log(joined, hello),
        )
        shown = orjson.dumps({"statusCode": 0, "messages": [joined, hello]})
        yield from desk.call("GET", f"{self._path}/messages?startIndex=0", answer=shown)
        yield from desk.call("GET", f"{self._path}?fields=*", answer={"statusCode": 0, "chat": self._chat("Chatting")})
        self._user_data["Opened by"] = desk.user
        yield from self._ask("AttachUserData", userData={"Opened by": desk.user})
        yield from desk.told(self._state("Chatting", "PropertiesUpdated", referenceId=83))

    def _talked(self, turns: int) -> Iterator[Moment]:
        desk = self._desk
        for _ in range(turns):
            desk.wait(9_000)
            typed = self._line("TypingStarted", self._customer)
            yield from desk.told(self._log(typed), self._log(self._line("Text", self._customer, text=self._says(15))))
            desk.wait(2_000)
            yield from self._ask("SendStartTypingNotification")
            typed = self._line("TypingStarted", self._agent)
            desk.wait(8_000)
            text = self._says(25)
            yield from self._ask("SendMessage", text=text)
            said = self._line("Text", self._agent, text=text)
            yield from self._ask("SendStopTypingNotification")
            yield from desk.told(self._log(typed), self._log(said, self._line("TypingStopped", self._agent)))

    def _attached(self) -> Iterator[Moment]:
        """A document that is there already is linked, and sent."""
        file = self._file()
        asked = {"documentId": file["id"], "name": file["name"], "size": file["size"], "mime": file["mime"]}
        yield from self._ask("AddAttachment", **asked)
        yield from self._sent(file)

    def _uploaded(self) -> Iterator[Moment]:
        """A new document comes from the agent's machine, is linked, sent, and looked at."""
        file = self._file()
        kind = f"Content-Type: {file['mime']}"
        head = f'Content-Disposition: form-data; name="attachment"; filename="{file["name"]}"\r\n{kind}'
        body = f"--cut4\r\n{head}\r\n\r\n".encode() + self._content(file) + b"\r\n--cut4--\r\n"
        kind = "multipart/form-data; boundary=cut4"
        answer = {"statusCode": 0, "referenceId": 3}
        yield from self._desk.call("POST", f"{self._path}/attachments", body, kind, answer=answer)
        yield from self._sent(file)
        yield from self._downloaded(file)

    def _sent(self, file: Json) -> Iterator[Moment]:
        yield from self._linked(file)
        yield from self._ask("UploadFile", documentId=file["id"])
        yield from self._desk.told(self._log(self._file_line(file, self._agent)))

    def _linked(self, file: Json) -> Iterator[Moment]:
        linked = {name: file[name] for name in ("id", "name", "path", "mime", "size")}
        self._attachments.append(linked | {"uri": f"{self._uri}{file['path']}"})
        yield from self._desk.told(self._state("Chatting", "PropertiesUpdated", chatType="Inbound"))
        self._desk.wait(3_000)

    def _received(self) -> Iterator[Moment]:
        """A customer's file is told of, and looked at."""
        file = self._file()
        yield from self._desk.told(self._log(self._file_line(file, self._customer)))
        yield from self._downloaded(file)

    def _downloaded(self, file: Json) -> Iterator[Moment]:
        told = (("Content-Disposition", f'attachment; filename="{file["name"]}"'),)
        address, content = f"{API}{file['path']}", self._content(file)
        yield from self._desk.call("GET", address, answer=content, answer_type=file["mime"], fields=told)

    def _closed(self) -> Iterator[Moment]:
        desk = self._desk
        yield from self._ask("SetDisposition", disposition="resolved", dispositionKey="DISP_KEY")
        self._user_data["DISP_KEY"] = "resolved"
        yield from desk.told(self._state("Chatting", "PropertiesUpdated", referenceId=34))
        yield from self._ask("Leave")
        yield from desk.told(self._state("LeftChat", "StatusChange", referenceId=17, capabilities=_ENDING))
        desk.wait(5_000)
        yield from self._ask("Complete")
        over = {"id": self._id, "uri": self._uri, "state": "Completed"}
        completed = {"messageType": "ChatStateChangeMessage", "notificationType": "StatusChange", "chat": over}
        yield from desk.told(completed)
        yield from desk.call("GET", f"{API}/me/chats?fields=*", answer={"statusCode": 0, "chats": []})
        yield from desk.told()

    def _ask(self, operation: str, **members: Any) -> Iterator[Moment]:
        return self._desk.call("POST", self._path, {"operationName": operation} | members)

    def _chat(self, state: str, **members: Any) -> Json:
        listed = {"attachments": list(self._attachments)} if self._attachments else {}
        people = [self._customer, self._agent] if state == "Chatting" else [self._customer]
        known = {"id": self._id, "uri": self._uri, "path": f"/chats/{self._id}", "state": state}
        return {
            "capabilities": _CHATTING,
            **known,
            **listed,
            "participants": people,
            "userData": self._user_data,
        } | members

    def _state(self, state: str, kind: str, *, referenceId: int | None = None, **members: Any) -> Json:
        named = {"messageType": "ChatStateChangeMessage", "notificationType": kind}
        reference = {} if referenceId is None else {"referenceId": referenceId}
        return reference | {"chat": self._chat(state, **members)} | named

    def _log(self, *lines: Json) -> Json:
        named = {"messageType": "MessageLogUpdated", "notificationType": "NewMessages"}
        return {"chatPath": f"/chats/{self._id}", "chatUri": self._uri, "messages": list(lines)} | named

    def _line(self, kind: str, sender: Json, **members: Any) -> Json:
        self._index += self._desk.random.randint(1, 2)
        now = moment(self._desk.now)
        text = f"{now:%Y-%m-%d %H:%M:%S}.{now.microsecond // 1000:03}+0000"
        stamp = {"timestamp": text, "timestampSeconds": round(now.timestamp() * 1000)}
        return {"from": sender, "index": self._index, **stamp, "type": kind, "visibility": "All"} | members

    def _file_line(self, file: Json, sender: Json) -> Json:
        sent = {name: file[name] for name in ("id", "name", "path", "size")}
        sent |= {"fileId": self._participant(), "uri": f"{ORIGIN}{API}{file['path']}"}
        return self._line("SystemCommand", sender, noticeText="file-uploaded", attachment=sent)

    def _joined(self, kind: str, nickname: str, path: str = "") -> Json:
        joined = self._participant()
        named = {"id": joined, "participantId": joined, "nickname": nickname, "type": kind, "visibility": "All"}
        return named | ({"path": path, "uri": f"{ORIGIN}{API}{path}"} if path else {})

    def _participant(self) -> str:
        return f"009F{self._desk.random.getrandbits(48):012X}"

    def _file(self) -> Json:
        self._documents += 1
        document = f"0001Pa{self._desk.number:02X}{self._number:04X}{self._documents:02X}RC"
        known = {"id": document, "name": f"letter {document}.txt", "path": f"/attachments/{document}"}
        return known | {"mime": "text/plain", "size": len(self._content(known))}

    def _content(self, file: Json) -> bytes:
        """The file's content: some kilobytes, of no other file."""
        return b"".join(b"%s, line %d\r\n" % (file["id"].encode(), n) for n in range(60 + 20 * self._documents))

    def _says(self, words: int) -> str:
        return " ".join(self._desk.random.choices(_WORDS, k=words))
