"""The look-alike's document store (UCS, the Universal Contact Server): what documents there are, and their bytes."""

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def numbered(stem: str, number: int) -> str:
    """A UCS id: twelve characters of `stem`, then `number` in four digits of base 36 (form: Chat API samples)."""
    digits = ""
    for _ in range(4):
        number, digit = divmod(number, 36)
        digits = _ALPHABET[digit] + digits
    return stem + digits


@dataclass(frozen=True, slots=True)
class File:
    """A file on somebody's disk, not in the store yet; `mime` is what its owner says that it is."""

    name: str
    mime: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Document:
    """A file in the store under its document id."""

    id: str
    file: File

    @property
    def name(self) -> str:
        return self.file.name

    @property
    def mime(self) -> str:
        return self.file.mime

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.file.content)


_STEM = "0001PaBMYY36"
_FIRST = int("00RC", 36)  # the first document has the id of the UploadFile page's sample


def _pdf(text: str) -> bytes:
    return f"%PDF-1.4\n% {text}\ntrailer<</Root 1 0 R>>\n%%EOF\n".encode()


def _png(red: int, green: int, blue: int) -> bytes:
    """A picture of one pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes((0, red, green, blue)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


LIBRARY = tuple(
    Document(numbered(_STEM, _FIRST + position), file)
    for position, file in enumerate(
        (
            File("testfileUploadAgent.txt", "text/plain", b"Switch it off, wait ten seconds, switch it on."),
            File("price-list.pdf", "application/pdf", _pdf("Prices of this year")),
            File("draft-offer.txt", "text/plain", b"An offer that is not ready yet.\n"),
            File("warranty.txt", "text/plain", b"Two years, parts and labour.\n"),
            File("delivery-note.txt", "text/plain", b"One router, one cable.\n"),
            File("floor-plan.png", "image/png", _png(250, 250, 240)),
            File("invoice.txt", "text/plain", b"Invoice 4711: 19.90\n"),
            File("opening-hours.txt", "text/plain", b"Monday to Friday, 9 to 17.\n"),
            File("internal-memo.txt", "text/plain", b"Not for customers.\n"),
        )
    )
)
"""The documents that are in the store from the start, as a contact centre's standard responses are."""

PHOTO = File("router-lights.png", "image/png", _png(200, 30, 30))
"""What the customer sends."""

NOTES = File("notes.txt", "text/plain", "Grüße – die Schritte von heute.\n".encode())
"""What the agent has on disk."""


def document(name: str) -> Document:
    """The document of the library with this name. Raises StopIteration if there is none."""
    return next(found for found in LIBRARY if found.name == name)


@dataclass(slots=True)
class Store:
    """All documents by id; new ones get the next id in turn."""

    documents: dict[str, Document] = field(default_factory=lambda: {found.id: found for found in LIBRARY})

    @classmethod
    def of(cls, documents: Iterable[Document]) -> "Store":
        return cls({found.id: found for found in documents})

    def find(self, document_id: str) -> Document | None:
        return self.documents.get(document_id)

    def other_than(self, document: Document) -> Document:
        """Any other document, always the same one."""
        return next(found for found in self.documents.values() if found.id != document.id)

    def add(self, file: File) -> Document:
        added = Document(numbered(_STEM, _FIRST + len(self.documents)), file)
        self.documents[added.id] = added
        return added
