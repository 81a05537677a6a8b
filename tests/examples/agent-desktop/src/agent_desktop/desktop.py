"""An agent at a desk, as far as files go."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx

from agent_desktop.channel import Channel
from agent_desktop.chat import Chat, File
from agent_desktop.files import download
from agent_desktop.login import ME, admitted
from agent_desktop.outcome import Outcome, Refused, Sent, Unheard

PATIENCE_S = 5.0

T = TypeVar("T")


class Desktop:
    """Use `at_desk` to make one. `patience` is how many seconds a notification is waited for."""

    def __init__(self, http: httpx.Client, patience: float = PATIENCE_S) -> None:
        self.patience = patience
        self.chats: dict[str, Chat] = {}
        self._http = http
        self._news = threading.Condition()
        self._at_work = False

    def start_work(self) -> Chat | None:
        """Chats may come from now on. The first one; None if nobody wants to chat."""
        self._operation("/me", "StartContactCenterSession", channels=["chat"])
        self._at_work = True
        return self.wait(lambda: next((chat for chat in self.chats.values() if chat.state == "Invited"), None))

    def accept(self, chat: Chat, nickname: str) -> bool:
        """Takes the chat that is offered. Whether the agent is in it now."""
        self._operation(f"/me/chats/{chat.id}", "Accept", nickname=nickname)
        return bool(self.wait(lambda: chat.state == "Chatting"))

    def send_file(self, chat: Chat, document_id: str, name: str) -> Outcome:
        """Sends a document of the store to everybody in the chat: links it (AddAttachment), if it is not linked, then
        UploadFile. What became of it only the notifications tell.
        """
        path = f"/me/chats/{chat.id}"
        if document_id not in chat.linked:
            code, message = self._operation(path, "AddAttachment", documentId=document_id, name=name)
            if code:
                return Refused("AddAttachment", code, message)
            if not self.wait(lambda: document_id in chat.linked):
                return Unheard("AddAttachment", document_id)

        def sent() -> list[File]:
            return [file for file in chat.files("Agent") if file.id == document_id]

        before = len(sent())  # the same document may be sent twice; and a notification may come before the reply
        code, message = self._operation(path, "UploadFile", documentId=document_id, uploadType="standard-response")
        if code:
            return Refused("UploadFile", code, message)
        if not self.wait(lambda: len(sent()) > before):
            return Unheard("UploadFile", document_id)
        return Sent(sent()[-1])

    def received_file(self, chat: Chat) -> File | None:
        """The last file that the customer has sent, waited for if there is none yet."""
        files = self.wait(lambda: chat.files("Customer"))
        return files[-1] if files else None

    def download(self, file: File) -> bytes:
        """The file's bytes, all of them. Raises DamagedFile."""
        return download(self._http, file)

    def complete(self, chat: Chat) -> bool:
        """The chat is over. Whether the server says so, too."""
        self._operation(f"/me/chats/{chat.id}", "Complete")
        return bool(self.wait(lambda: chat.state == "Completed"))

    def end_work(self) -> None:
        """The agent goes home, if at work."""
        if self._at_work:
            self._at_work = False
            self._operation("/me", "EndContactCenterSession")

    def wait(self, seen: Callable[[], T]) -> T:
        """What `seen` says: as soon as that is something, else when patience has run out."""
        with self._news:
            self._news.wait_for(seen, self.patience)
            return seen()

    def hear(self, data: Any) -> None:
        """What the channel tells of."""
        with self._news:
            if data["messageType"] == "ChatStateChangeMessage":
                self._chat(data["chat"]["id"]).changed(data["chat"])
            elif data["messageType"] == "MessageLogUpdated":
                chat = self._chat(data["chatPath"].rpartition("/")[2])
                for message in data["messages"]:
                    chat.said(message)
            self._news.notify_all()

    def _chat(self, chat_id: str) -> Chat:
        return self.chats.setdefault(chat_id, Chat(chat_id))

    def _operation(self, path: str, operation: str, **members: Any) -> tuple[int, str]:
        """The status code of the reply, 0 for forwarded, and what the server says of it."""
        reply = self._http.post(f"/api/v2{path}", json={"operationName": operation, **members}).json()
        return reply["statusCode"], reply.get("statusMessage", "")


@contextmanager
def at_desk(
    url: str,
    user_name: str,
    password: str,
    *,
    patience: float = PATIENCE_S,
    transport: httpx.BaseTransport | None = None,
) -> Iterator[Desktop]:
    """A desktop at the server at `url`: logged in and listening, until the agent goes home. `transport` replaces the network.

    Raises LoginRefused.
    """
    with httpx.Client(base_url=url, transport=transport) as http:
        http.headers.update(admitted(http.get(ME, auth=(user_name, password))))
        desktop = Desktop(http, patience)
        channel = Channel(http, desktop.hear)
        channel.open()
        try:
            yield desktop
        finally:
            channel.close()
            desktop.end_work()
