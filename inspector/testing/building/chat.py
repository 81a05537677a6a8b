"""A chat of a script: what its agent does in it, and what its customer does."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Unpack, overload

from inspector.demo import shapes
from inspector.demo.chat import Attachment, State
from inspector.demo.chat import Chat as Kept
from inspector.demo.documents import Document, File, numbered
from inspector.demo.people import Participant
from inspector.errors import UsageError
from inspector.testing.building.checks import check_id
from inspector.testing.building.course import How, course
from inspector.testing.building.form import file_of, form
from inspector.testing.building.script import Script
from inspector.webservices.notifications import FILE_UPLOADED

if TYPE_CHECKING:
    from inspector.testing.building.agent import Agent

_STEM, _FIRST = "0001TaBTNRPW", int("01GV", 36)  # the chat of the AddAttachment page's sample
_FIELD = "attachment"
"""Of the form that a new document is sent in (generic Attachments API; for chats the name is not told)."""


class Chat:
    """Made by `Agent.chat`. What the agent does takes options that say how the server takes it (`How`)."""

    def __init__(self, script: Script, agent: "Agent", kept: Kept) -> None:
        self._script = script
        self._agent = agent
        self._kept = kept

    @classmethod
    def offered(cls, script: Script, agent: "Agent", chat_id: str | None, customer: str, says: Sequence[str]) -> "Chat":
        """A new one, of which its agent is told. Raises UsageError if there is one with this id."""
        centre = script.centre
        chat_id = numbered(_STEM, _FIRST + len(centre.chats)) if chat_id is None else chat_id
        check_id(chat_id, centre.chats)
        kept = Kept(chat_id, agent.user, Participant(centre.server_id(), customer, "Customer"))
        centre.chats[chat_id] = kept
        centre.write(kept, "ParticipantJoined", shapes.tag(kept.customer))
        for text in says:
            centre.write(kept, "Text", shapes.tag(kept.customer), text=text)
        invited = shapes.attended(centre.public_origin, kept, kept.participants)
        agent.told([centre.change("StatusChange", invited)])
        return cls(script, agent, kept)

    @property
    def id(self) -> str:
        return self._kept.id

    @property
    def path(self) -> str:
        """Under `/api/v2/me`; the agent's operations on the chat are sent there."""
        return self._kept.path

    # what the agent does

    def call(self, operation: str, members: Mapping[str, Any] | None = None, **how: Unpack[How]) -> Any:
        """Any operation on the chat; the look-alike does those that it knows, any other needs a `reply=`."""
        body = {"operationName": operation} | dict(members or {})
        return self._agent.call("POST", f"/api/v2/me{self.path}", body, **how)

    def accept(self, nickname: str | None = None, **how: Unpack[How]) -> None:
        """Takes the chat: then the agent is told all that was said."""
        self.call("Accept", _given(nickname=nickname), **how)

    def message(self, text: str, *, message_type: str | None = None, **how: Unpack[How]) -> None:
        """SendMessage."""
        self.call("SendMessage", {"text": text} | _given(messageType=message_type), **how)

    def typing(self, **how: Unpack[How]) -> None:
        """SendStartTypingNotification."""
        self.call("SendStartTypingNotification", **how)

    def stop_typing(self, **how: Unpack[How]) -> None:
        """SendStopTypingNotification."""
        self.call("SendStopTypingNotification", **how)

    @overload
    def link(
        self, file: str, content: bytes, *, type: str | None = None, field: str = _FIELD, **how: Unpack[How]
    ) -> Document: ...

    @overload
    def link(
        self,
        file: Document,
        *,
        name: str | None = None,
        type: str | None = None,
        size: int | str | None = None,
        **how: Unpack[How],
    ) -> Document: ...

    def link(
        self,
        file: str | Document,
        content: bytes | None = None,
        *,
        name: str | None = None,
        type: str | None = None,
        size: int | str | None = None,
        field: str = _FIELD,
        **how: Unpack[How],
    ) -> Document:
        """AddAttachment. A new document has a file name and content, and a media type that its name tells if none is
        given; it is sent in the `field` of a form. One that is there already (`RecordingBuilder.document`) is named by
        its id, and by what the client claims about it, if it does.
        """
        if isinstance(file, Document):
            if content is not None:
                raise UsageError(f"{file.name} has its content already")
            self._check(file)
            claims = _given(name=name, mime=type, size=size)
            self.call("AddAttachment", {"documentId": file.id} | claims, **how)
            return file
        if content is None or name is not None or size is not None:
            raise UsageError(f"a new document needs its content, and nothing else is claimed: link({file!r}, b'…')")
        return self._link_new(file_of(file, content, type), field, how)

    def unlink(self, document: Document, **how: Unpack[How]) -> None:
        """RemoveAttachment."""
        self._check(document)
        self.call("RemoveAttachment", {"documentId": document.id}, **how)

    def upload(
        self,
        document: Document,
        *,
        description: str | None = None,
        upload_type: str | None = None,
        upload_path: str | None = None,
        unlinked: bool = False,
        **how: Unpack[How],
    ) -> None:
        """UploadFile: sends a linked document to the customer; with `unlinked` also one that is not linked."""
        self._check(document)
        if not unlinked and document.id not in self._kept.attachments:
            raise UsageError(f"{document.name} is not linked to chat {self.id}: link it before, or give unlinked=True")
        members = _given(uploadType=upload_type, uploadPath=upload_path, description=description)
        with self._as_if_linked(document) if unlinked else nullcontext():
            self.call("UploadFile", {"documentId": document.id} | members, **how)

    def download(self, document: Document, content: bytes | None = None, **how: Unpack[How]) -> bytes:
        """`GET` of a document where it was last told of; if `content` is given, that is what comes."""
        self._check(document)
        sent = [line["attachment"] for line in self._kept.transcript if "attachment" in line]
        if not (path := next((file["path"] for file in sent if file["id"] == document.id), "")):
            if document.id not in self._kept.attachments:
                raise UsageError(f"nobody was told in chat {self.id} where {document.name} is: link it before")
            path = f"{self.path}/attachments/{document.id}"
        with self._script.line(), nullcontext() if content is None else self._another(document, content):
            return self._agent.send("GET", f"/api/v2{path}", how=course(how)).body

    def transcript(self, **how: Unpack[How]) -> Any:
        """Reads all that was said."""
        return self._agent.read(f"/me{self.path}/messages", **how)

    def leave(self, **how: Unpack[How]) -> None:
        self.call("Leave", **how)

    def complete(self, **how: Unpack[How]) -> None:
        self.call("Complete", **how)

    # what the customer does

    def customer_message(self, text: str) -> None:
        """The customer writes; before the chat is accepted nobody is told."""
        self._customer("Text", shapes.tag(self._kept.customer), text=text)

    def customer_typing(self) -> None:
        self._customer("TypingStarted", shapes.tag(self._kept.customer))

    def customer_file(self, name: str, content: bytes, *, type: str | None = None) -> Document:
        """The customer sends a file that nobody asked for; its media type is told by its name if none is given."""
        with self._script.line():
            self._check_open()
            centre = self._script.centre
            document = centre.store.add(file_of(name, content, type))
            file = shapes.sent_file(centre.public_origin, document, centre.server_id(), document.id)
            sender = shapes.person(centre.public_origin, self._kept.customer)
            self._customer("SystemCommand", sender, noticeText=FILE_UPLOADED, attachment=file)
        return document

    def _customer(self, kind: str, sender: dict[str, Any], **members: object) -> None:
        with self._script.line():
            self._check_open()
            line = self._script.centre.write(self._kept, kind, sender, **members)
            if self._kept.state is State.CHATTING:
                self._agent.told([self._script.centre.log(self._kept, line)])

    def _link_new(self, file: File, field: str, how: How) -> Document:
        with self._script.line():
            kind, body = form(field, file)
            path = f"/api/v2/me{self.path}/attachments"
            documents = self._script.shelf.documents
            known = set(documents)
            # the look-alike knows one name of the field, the script may know another
            self._agent.send("POST", path, body, kind, course(how), understood=form(_FIELD, file))
            new = [document for name, document in documents.items() if name not in known]
        return new[0] if new else Document("", file)

    def _check(self, document: Document) -> None:
        if not isinstance(document, Document):
            raise UsageError(f"{document!r:.60} is no document: give what link, customer_file or document has given")
        if self._script.shelf.find(document.id) is not document:
            raise UsageError(f"{document.name} is no document of this recording, or its link was refused")

    def _check_open(self) -> None:
        if self._kept.state not in (State.INVITED, State.CHATTING):
            raise UsageError(f"chat {self.id} is in state {self._kept.state}: its customer says nothing any more")

    @contextmanager
    def _as_if_linked(self, document: Document) -> Iterator[None]:
        linked = self._kept.attachments
        self._kept.attachments = linked | {
            document.id: Attachment(document.id, document.name, document.mime, document.size)
        }
        try:
            yield
        finally:
            self._kept.attachments = linked

    @contextmanager
    def _another(self, document: Document, content: bytes) -> Iterator[None]:
        """Under the document's id lies something else meanwhile."""
        shelf = self._script.shelf
        shelf.put(Document(document.id, file_of(document.name, content, document.mime)))
        try:
            yield
        finally:
            shelf.put(document)


def _given(**members: object) -> dict[str, Any]:
    """The members that have a value: what a script does not name is not sent."""
    return {name: value for name, value in members.items() if value is not None}
