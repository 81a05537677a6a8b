"""What is known of one file, and what of it rules judge.

A document (the API's word for a file that UCS keeps) has one id wherever it is told of. Of its bytes only size, digest
and kind are kept.
"""

from dataclasses import dataclass, field
from unicodedata import normalize
from urllib.parse import unquote

from inspector.analysis.finding import named
from inspector.analysis.policy import Policy
from inspector.analysis.recent import Recent

DOCUMENTS = 4096
"""Documents, and digests, that are remembered; those that were met last."""
UPLOADED, DOWNLOADED = "uploaded", "downloaded"
VALUES = 16
"""Names, types, sizes and contents of one document that are remembered: one that has more is somebody's joke."""


@dataclass(frozen=True, slots=True)
class Where:
    """A place in the traffic: an exchange, the message in its response, and what leads to the file in it."""

    exchange: int
    message: int | None = None
    pointer: str | None = None
    """None: the place holds the file itself, and no JSON that tells of it."""

    def member(self, name: str) -> str:
        """The JSON pointer of a member of what tells of the file; empty if there is no JSON."""
        return "" if self.pointer is None else f"{self.pointer}/{name}"


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes that crossed the wire, without their content coding; `sent` is their size and digest with it.

    `how`: downloaded, or uploaded. `kind` is what they surely are (`detecting`), or empty.
    """

    how: str
    exchange: int
    size: int
    sha256: str
    kind: str
    sent: tuple[int, str]

    def equals(self, other: "Content") -> bool:
        """Whether both are the same file. A file may be kept compressed, and be told to be so by mistake."""
        return not {self.sha256, self.sent[1]}.isdisjoint({other.sha256, other.sent[1]})


@dataclass(slots=True)
class Document:
    """What was told of a file so far, so that only what is new is judged. `sizes` and `mimes` are the server's word."""

    id: str
    chat_id: str
    name: str = ""
    shown: set[tuple[str, str | int]] = field(default_factory=set)
    sizes: set[int] = field(default_factory=set)
    mimes: set[str] = field(default_factory=set)
    contents: list[Content] = field(default_factory=list)
    doubted: set[tuple[str, str]] = field(default_factory=set)
    """Types that were held against kinds."""
    denied: set[str] = field(default_factory=set)
    """Digests of its bytes that a policy denies."""
    is_like_another: bool = False
    """Another document with the same bytes was told of."""

    def is_new(self, what: str, value: str | int) -> bool:
        """Whether the document was never shown with this before; from now on it was."""
        key = (what, normalize("NFC", value) if isinstance(value, str) else value)
        if key in self.shown or len(self.shown) >= VALUES:
            return False
        self.shown.add(key)
        return True


class Documents:
    """The documents met last, and who had which bytes first."""

    def __init__(self) -> None:
        self._documents: Recent[str, Document] = Recent(DOCUMENTS)
        self._first: Recent[str, tuple[str, str]] = Recent(DOCUMENTS)

    def of(self, document_id: str, chat_id: str) -> Document:
        found = self._documents.get(document_id)
        if found is None:
            found = self._documents[document_id] = Document(document_id, chat_id)
        else:
            self._documents.move_to_end(document_id)
        return found

    def first_with(self, content: Content, document: Document) -> tuple[str, str]:
        """Id and name of the document that had these bytes first: of this one, if no other had."""
        found = self._first.setdefault(content.sha256, (document.id, document.name))
        self._first.move_to_end(content.sha256)
        return found


def plain_name(name: str) -> str:
    """A name as people read it: however its letters are encoded, in whatever case, wherever it was kept."""
    return normalize("NFC", unquote(name.replace("\\", "/").rpartition("/")[2])).casefold()


@dataclass(frozen=True, slots=True)
class OfDocument:
    """Something about a document, where it was told or where its bytes crossed the wire."""

    where: Where
    document: Document

    @property
    def place(self) -> tuple[int, int | None]:
        return self.where.exchange, self.where.message

    def about(self, pointer: str) -> tuple[str, ...]:
        return named(self.document.id, self.document.chat_id)


@dataclass(frozen=True, slots=True)
class FileShown(OfDocument):
    """A file has, or is said to have, this name, type and size (bytes); those that it had before are left out."""

    policy: Policy
    name: str = ""
    mime: str = ""
    size: int | None = None


@dataclass(frozen=True, slots=True)
class BytesDenied(OfDocument):
    """Bytes crossed the wire that a policy denies: by this line."""

    content: Content
    line: str


@dataclass(frozen=True, slots=True)
class BytesWeighed(OfDocument):
    """The server declares a `size`, and these are the bytes."""

    size: int
    content: Content


@dataclass(frozen=True, slots=True)
class BytesTyped(OfDocument):
    """A type is declared, and the bytes surely are of this kind."""

    mime: str
    kind: str


@dataclass(frozen=True, slots=True)
class SameBytes(OfDocument):
    """Another document had these bytes before."""

    name: str
    other: str
    other_name: str


@dataclass(frozen=True, slots=True)
class BytesDiffer(OfDocument):
    """A download gave other bytes than the document had before."""

    before: Content
    now: Content


Something = FileShown | BytesDenied | BytesWeighed | BytesTyped | SameBytes | BytesDiffer
