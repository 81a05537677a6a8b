"""4xx: what only the whole of a transfer shows."""

import unicodedata
from collections.abc import Iterator

from inspector.analysis.finding import Breach, Severity, shown
from inspector.analysis.happenings import (
    FileChanged,
    FileElsewhere,
    FileToldAgain,
    FileUnasked,
    LinkedInVain,
    SentThoughRefused,
    UploadAsked,
    UploadRepeated,
    UploadUnanswered,
)
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
    but = f" but #{unasked.refused.number}, refused" if unasked.refused else ""
    yield Breach(
        f"{line.attachment.name or line.attachment.id} was sent by {user or 'this user'}, "
        f"but no UploadFile of this recording asked for it{but}",
        pointer=unasked.pointer("id"),
        expected="an UploadFile of this document before",
        actual=line.attachment.id,
    )


@rule(
    "GW404",
    Severity.WARNING,
    "more than one notification for one UploadFile",
    source="Chat API, UploadFile: one request sends one file",
    cure="look whether the customer sees the file twice; another tab or session of this user may have sent it as well",
)
def file_was_told_once(again: FileToldAgain) -> Iterator[Breach]:
    attachment = again.told.line.attachment
    assert attachment is not None
    yield Breach(
        f"{shown(attachment.name or attachment.id)} was told of once more (fileId {attachment.file_id or 'missing'}, "
        f"index {again.told.line.index}); UploadFile (#{again.upload.number}) asked for it once",
        pointer=again.pointer("fileId"),
        expected="one file-uploaded message an UploadFile",
        actual=attachment.file_id,
    )


@rule(
    "GW405",
    Severity.ERROR,
    "file sent although its UploadFile was refused",
    source="Return Values: what is refused was not done; Chat API, UploadFile, notification",
    cure="do not send it again before you know: the customer has the file, whatever the reply said",
)
def refused_is_not_sent(sent: SentThoughRefused) -> Iterator[Breach]:
    call = sent.call
    code = f"statusCode {call.reply.status_code}" if call.reply else f"HTTP {call.status}"
    yield Breach(
        f"UploadFile of {call.document_id} (#{call.number}) was refused with {code}, but its file-uploaded was told",
        pointer=sent.pointer("id"),
        expected="no file-uploaded for a request that was refused",
        actual=call.document_id,
    )


@rule(
    "GW406",
    Severity.WARNING,
    "UploadFile after the chat was left or completed",
    source="Chat API, Leave and Complete: afterwards only user data and disposition can be changed",
    cure="send files while the chat's state is Chatting",
)
def chat_was_not_over(upload: UploadAsked) -> Iterator[Breach]:
    ended = upload.ended
    if ended is None:
        return
    how = f"its state had become {ended.how}" if ended.told else f"{ended.how} had been accepted"
    yield Breach(
        f"UploadFile of {upload.call.document_id} into chat {upload.call.chat_id} when {how}",
        expected="a chat in the state Chatting",
        actual=ended.how,
    )


@rule(
    "GW407",
    Severity.WARNING,
    "name, size or type of a file changed between link and upload",
    source="Chat API, AddAttachment and UploadFile: both name the same document",
    cure="compare with the bytes of the file: the document was exchanged, or one of the two messages is wrong",
)
def file_is_what_was_linked(sent: FileChanged) -> Iterator[Breach]:
    file = sent.told.line.attachment
    assert file is not None
    mime = (file.model_extra or {}).get("mime")
    for member, linked, told in (
        ("name", sent.name, file.name),
        ("size", sent.size, file.bytes),
        ("mime", _type(sent.mime), _type(mime)),
    ):
        if linked in ("", None) or told in ("", None) or _plain(linked) == _plain(told):
            continue
        yield Breach(
            f"document {file.id} was linked with the {member} {shown(linked)} and sent with {shown(told)}",
            pointer=sent.pointer(member),
            expected=str(linked),
            actual=told,
        )


@rule(
    "GW408",
    Severity.INFO,
    "document linked but never uploaded",
    source="Chat API, UploadFile, overview: a linked document is sent by UploadFile",
    cure="if the customer was to get it, call UploadFile once chat.attachments lists it; else remove it",
)
def linked_file_was_sent(linked: LinkedInVain) -> Iterator[Breach]:
    yield Breach(
        f"{linked.document_id} was linked to chat {linked.call.chat_id}, which was completed without its UploadFile",
        expected="an UploadFile, or a RemoveAttachment",
        actual=linked.document_id,
    )


@rule(
    "GW409",
    Severity.ERROR,
    "file told of in another chat than it was uploaded to",
    source="Chat API, UploadFile: the chat is the one of the request's address",
    cure="find out which customer got the file: two conversations may have been mixed up",
)
def file_is_in_its_chat(sent: FileElsewhere) -> Iterator[Breach]:
    upload = sent.upload
    yield Breach(
        f"{upload.document_id} was told of in chat {sent.message.chat_id}; UploadFile (#{upload.number}) asked for it "
        f"in chat {upload.chat_id}",
        pointer="/data/chatUri",
        expected=f"…/chats/{upload.chat_id}",
        actual=sent.message.chat_id,
    )


@rule(
    "GW410",
    Severity.INFO,
    "same document sent twice into one chat",
    source="Chat API, UploadFile",
    cure="see whether that was meant: a button that can be pressed twice sends a file twice",
)
def file_is_sent_once(again: UploadRepeated) -> Iterator[Breach]:
    before = f" (#{again.before})" if again.before else ""
    how = "was sent" if again.sent else "is on its way"
    yield Breach(
        f"UploadFile of {again.call.document_id}, which {how} already in chat {again.call.chat_id}{before}",
        pointer="/documentId",
        expected="one UploadFile a document and chat",
        actual=again.call.document_id,
    )


def _plain(value: str | int | None) -> str:
    """As it is compared: names that only Unicode writes in two ways are one, and so are types in two spellings."""
    return unicodedata.normalize("NFC", str(value)).casefold()


def _type(mime: object) -> str:
    """A media type without its parameters; empty for one that only says that it is not known (RFC 2046, 4.5.1)."""
    essence = mime.partition(";")[0].strip() if isinstance(mime, str) else ""
    return "" if essence.casefold() == "application/octet-stream" else essence
