"""4xx: what only the whole of a transfer shows."""

from collections.abc import Iterator

from inspector.analysis.finding import Breach, Severity
from inspector.analysis.happenings import FileUnasked, UploadAsked, UploadUnanswered
from inspector.analysis.rules.catalogue import rule

PRECONDITION = "Chat API, UploadFile, overview: the document must be linked before"


@rule(
    "GW401",
    Severity.ERROR,
    "UploadFile of a document that was never linked to this chat",
    source=PRECONDITION,
    cure="link the document with AddAttachment first, and wait until chat.attachments lists it",
)
def document_was_linked(upload: UploadAsked) -> Iterator[Breach]:
    if upload.linked or not upload.call.document_id:
        return
    unsure = "" if upload.from_start else "; the chat was not seen from its start, so it may have been linked before"
    yield Breach(
        f"UploadFile of {upload.call.document_id}, which was never linked to chat {upload.call.chat_id}{unsure}",
        pointer="/documentId",
        expected="a document that AddAttachment linked to this chat",
        actual=upload.call.document_id,
        severity=None if upload.from_start else Severity.INFO,
    )


@rule(
    "GW402",
    Severity.ERROR,
    "accepted UploadFile without its notification",
    source="Asynchronous Events: the result of an accepted request is a notification",
    cure="do not tell the agent that the file was sent: look at Chat Server and UCS for this document",
)
def upload_was_notified(upload: UploadUnanswered) -> Iterator[Breach]:
    yield Breach(
        f"UploadFile of {upload.call.document_id} was accepted, but no file-uploaded came within "
        f"{upload.window_ms / 1000:g} s, although the agent listened",
        expected="a file-uploaded message on /v2/me/chats",
    )


@rule(
    "GW403",
    Severity.WARNING,
    "file-uploaded from the recorded user without an UploadFile",
    source="Chat API, UploadFile",
    cure="look for another tab or session of this user, or for somebody who uses its login",
)
def file_was_asked_for(unasked: FileUnasked) -> Iterator[Breach]:
    line, message = unasked.told.line, unasked.told.message
    assert line.attachment is not None
    user = message.agent.user_name if message.agent else ""
    yield Breach(
        f"{line.attachment.name or line.attachment.id} was sent by {user or 'this user'}, "
        "but no UploadFile of this recording asked for it",
        pointer=f"/data/messages/{unasked.told.position}/attachment/id",
        expected="an UploadFile of this document before",
        actual=line.attachment.id,
    )
