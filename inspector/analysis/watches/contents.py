"""Follows files: how they are called, what is declared of them, the bytes that crossed the wire, and whose they are.

However often a file is told of, only what is new of it is judged. No bytes are kept.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from inspector.analysis import calls
from inspector.analysis.calls import Call
from inspector.analysis.causes import FileTold, LinkTold
from inspector.analysis.files.detecting import same_type
from inspector.analysis.files.documents import (
    UPLOADED,
    VALUES,
    BytesDenied,
    BytesDiffer,
    BytesTyped,
    BytesWeighed,
    Content,
    Document,
    Documents,
    FileShown,
    SameBytes,
    Something,
    Where,
    plain_name,
)
from inspector.analysis.files.evidence import claimed, content_brought, content_fetched
from inspector.analysis.happenings import Happening, OfMessage
from inspector.analysis.policy import DEFAULT, CustomerLimits, Policy
from inspector.analysis.watches.watch import Seen, Watch
from inspector.webservices.attachments import Attachment
from inspector.webservices.notifications import ChatStateChange

UNDER_WAY = 256
"""New documents whose id is not told yet; more are not waited for at a time."""


@dataclass(frozen=True, slots=True)
class CustomerSent(OfMessage):
    """The customer sent a file of `size` bytes; `files` and `total` (bytes) are of this chat, with it."""

    pointer: str
    name: str
    size: int | None
    files: int
    total: int
    limits: CustomerLimits


@dataclass(slots=True)
class Coming:
    """A new document on its way. It is not `sure` which of several it is if they are called the same and as large."""

    document: Document
    content: Content
    sure: bool = True

    def looks_like(self, other: "Coming") -> bool:
        mine, its = self.document, other.document
        return (mine.chat_id, mine.name, self.content.size) == (
            its.chat_id,
            its.name,
            other.content.size,
        )


@dataclass(slots=True)
class _Customer:
    files: int = 0
    total: int = 0


class Contents(Watch):
    """Knows the files of one session."""

    def __init__(self, policy: Policy | None = None) -> None:
        self._policy = policy or DEFAULT
        self._documents = Documents()
        self._coming: dict[int, Coming] = {}
        self._customers: dict[str, _Customer] = {}

    def started(self, seen: Seen) -> list[Happening]:
        """What an AddAttachment says of its file, or brings with it."""
        if seen.call is None or seen.call.operation != calls.LINK:
            return []
        return list(self._brought(seen.call) if seen.call.file else self._claimed(seen.call))

    def completed(self, seen: Seen) -> list[Happening]:
        """Bytes that were downloaded; and the id of a new document, where the reply tells it."""
        call = seen.call
        if call is None or call.operation not in (calls.LINK, calls.DOWNLOAD):
            return []
        if call.operation == calls.DOWNLOAD:
            return list(self._fetched(seen, call))
        if call.refused:
            self._coming.pop(call.number, None)
        elif call.accepted and call.document_id:
            return list(self._arrived(call, self._documents.of(call.document_id, call.chat_id)))
        return []

    def linked(self, told: LinkTold) -> list[Happening]:
        """A document is new in a chat's list of attachments."""
        document = self._documents.of(told.file.id, told.message.chat_id)
        message = told.message
        position = _position(message.notification, told.file)
        where = Where(message.exchange, message.position, f"/data/chat/attachments/{position}")
        return list(self._listed(told, document, where))

    def sent(self, told: FileTold) -> list[Happening]:
        """A line says that a file was sent."""
        file, message = told.line.attachment, told.message
        if file is None or told.again:
            return []
        document = self._documents.of(file.id, message.chat_id)
        pointer = f"/data/messages/{told.position}/attachment"
        where = Where(message.exchange, message.position, pointer)
        found: list[Happening] = list(self._declared(document, where, file))
        if told.line.sender and told.line.sender.type == "Customer":
            customer = self._customers.setdefault(message.chat_id, _Customer())
            customer.files += 1
            customer.total += file.bytes or 0
            sums = customer.files, customer.total
            sent = CustomerSent(
                message,
                pointer,
                file.name or file.id,
                file.bytes,
                *sums,
                self._policy.customer,
            )
            found.append(sent)
        return found

    def forgotten(self, chat_id: str) -> None:
        self._customers.pop(chat_id, None)
        for number in [number for number, one in self._coming.items() if one.document.chat_id == chat_id]:
            del self._coming[number]

    def _claimed(self, call: Call) -> Iterator[Something]:
        """An AddAttachment of a document that exists: name, type and size are the client's claims."""
        if call.document_id:
            document = self._documents.of(call.document_id, call.chat_id)
            yield from self._shown(document, Where(call.number, pointer=""), *claimed(call))

    def _brought(self, call: Call) -> Iterator[Something]:
        """A new document: its id is told later (Chat API, AddAttachment), so it goes by its call until then."""
        part, content, where = call.file, content_brought(call), Where(call.number)
        assert part is not None
        document = Document("", call.chat_id)
        yield from self._shown(document, where, part.filename or "", part.media_type, content.size)
        yield from _typed(document, where, part.media_type, content.kind)
        yield from self._denied(document, where, content)
        coming = Coming(document, content)
        for other in self._coming.values():
            if other.looks_like(coming) and not other.content.equals(content):
                other.sure = coming.sure = False
        self._coming[call.number] = coming
        if len(self._coming) > UNDER_WAY:
            del self._coming[next(iter(self._coming))]

    def _arrived(self, call: Call, document: Document) -> Iterator[Something]:
        """The id of a new document is known: what was judged of it is not judged again."""
        coming = self._coming.pop(call.number, None)
        if coming is None:
            return
        document.name = document.name or coming.document.name
        document.shown |= coming.document.shown
        document.doubted |= coming.document.doubted
        document.denied |= coming.document.denied
        if coming.sure:
            yield from self._met(document, coming.content)

    def _fetched(self, seen: Seen, call: Call) -> Iterator[Something]:
        if not call.document_id:
            return
        document = self._documents.of(call.document_id, call.chat_id)
        content = content_fetched(call, seen.exchange, document)
        if content is None:
            return
        response = seen.exchange.response
        said = response.headers.media_type if response and not document.mimes else ""
        yield from self._met(document, content)
        if said:
            yield from _typed(document, Where(call.number), said, content.kind)

    def _listed(self, told: LinkTold, document: Document, where: Where) -> Iterator[Something]:
        if told.call:
            yield from self._arrived(told.call, document)
        yield from self._declared(document, where, told.file, told.file.mime or "")

    def _declared(self, document: Document, where: Where, file: Attachment, mime: str = "") -> Iterator[Something]:
        """The server's word."""
        size = file.bytes
        yield from self._shown(document, where, file.name or "", mime, size)
        if size is not None and size not in document.sizes and len(document.sizes) < VALUES:
            document.sizes.add(size)
            for content in document.contents:
                yield BytesWeighed(Where(content.exchange), document, size, content)
        if mime and mime not in document.mimes and len(document.mimes) < VALUES:
            document.mimes.add(mime)
            for content in document.contents:
                yield from _typed(document, Where(content.exchange), mime, content.kind)
        yield from self._compared(document)

    def _shown(self, document: Document, where: Where, name: str, mime: str, size: int | None) -> Iterator[Something]:
        document.name = name or document.name
        news = FileShown(
            where,
            document,
            self._policy,
            name if name and document.is_new("name", name) else "",
            mime if mime and document.is_new("mime", mime) else "",
            size if size is not None and document.is_new("size", size) else None,
        )
        if news.name or news.mime or news.size is not None:
            yield news

    def _denied(self, document: Document, where: Where, content: Content) -> Iterator[Something]:
        if not self._policy.deny_digests or content.sha256 in document.denied:
            return
        if line := self._policy.against_digest(content.sha256, content.sent[1]):
            document.denied.add(content.sha256)
            yield BytesDenied(where, document, content, line)

    def _met(self, document: Document, content: Content) -> Iterator[Something]:
        """Bytes of the document crossed the wire."""
        where = Where(content.exchange)
        yield from self._denied(document, where, content)
        if any(content.sha256 == one.sha256 for one in document.contents) or len(document.contents) >= VALUES:
            return
        yield from self._shown(document, where, "", "", content.size)
        for size in document.sizes:
            yield BytesWeighed(where, document, size, content)
        for mime in document.mimes:
            yield from _typed(document, where, mime, content.kind)
        if document.contents:
            yield _differing(document, document.contents[0], content)
        document.contents.append(content)
        yield from self._compared(document)

    def _compared(self, document: Document) -> Iterator[Something]:
        """With other documents; once each way."""
        if not document.name or document.is_like_another:
            return
        for content in document.contents:
            other, name = self._documents.first_with(content, document)
            if content.size and other != document.id and plain_name(name) != plain_name(document.name):
                document.is_like_another = True
                yield SameBytes(Where(content.exchange), document, document.name, other, name)
                return


def _typed(document: Document, where: Where, mime: str, kind: str) -> Iterator[Something]:
    pair = (same_type(mime), kind)
    if kind and pair not in document.doubted:
        document.doubted.add(pair)
        yield BytesTyped(where, document, mime, kind)


def _differing(document: Document, before: Content, now: Content) -> BytesDiffer:
    """Of both, an upload was first, whenever it was known which document it brought."""
    if now.how == UPLOADED:
        before, now = now, before
    return BytesDiffer(Where(now.exchange), document, before, now)


def _position(told: object, file: Attachment) -> int:
    """Where a file stands in its list."""
    files = told.chat.attachments if isinstance(told, ChatStateChange) and told.chat else None
    return next((position for position, one in enumerate(files or ()) if one is file), 0)
