"""An uploaded form on its way into the recording: its files stream, its fields are redacted before they are kept."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from inspector.recording.taking.plan import Keeping
from inspector.recording.taking.taking import File, Open, Taken, Taking
from inspector.traffic.body import EMPTY, Body, Original
from inspector.traffic.exchange import only_digest
from inspector.traffic.multipart import Part, split, with_tail
from inspector.traffic.multipart import part as with_body
from inspector.traffic.splitting import Heading, Splitter, Unsplittable

FIELD_LIMIT = 1024 * 1024
"""Bytes of a text field that are held in memory; of a longer one only the digest is kept."""

_NO_FILE = Keeping(0, "a text field of more than 1 MiB")
_BROKEN = "multipart that cannot be split"


class Form(Taking):
    """Takes the pieces of a multipart body (RFC 7578).

    The body's digest is that of its parts as they are kept, joined. `redact` takes the secrets out of a text field.
    Should it turn out to be broken, its text may hold secrets, so of all of it only the digest is kept: that of the
    redacted fields until then, and of the rest as it was sent.
    """

    def __init__(self, open_: Open, content_type: str, redact: Callable[[Part], Part], keeping: Keeping) -> None:
        self._open = open_
        self._redact = redact
        self._keeping = keeping
        self._whole = open_(kept=False)
        self._size = 0
        self._parts: list[Field | FilePart] = []
        self._tail = b""
        self._altered = False
        self._splitter: Splitter | None = None
        with suppress(Unsplittable):
            self._splitter = Splitter(content_type, self._begun, self._took)

    def write(self, data: bytes) -> None:
        self._size += len(data)
        if self._splitter is None:
            self._whole.write(data)
            return
        try:
            self._splitter.write(data)
        except Unsplittable:
            self._break(self._splitter.untold)

    def over(self, cut: bool) -> None:
        if self._splitter:
            self._tail = self._splitter.end()
            if not self._parts:
                self._break(self._tail)
            else:
                self._last_is_over(cut)
                self._whole.write(self._tail)
        if cut:
            self._whole.cut()
        else:
            self._whole.end()

    def taken(self) -> Taken:
        body = self._whole.body()
        if self._altered:
            body = replace(body, original=Original("", self._size))
        if self._splitter is None:
            return Taken(body, why="" if self._whole.is_cut else only_digest(self._size, _BROKEN))
        parts = [one.part for one in self._parts]
        whys = [one.why for one in self._parts if one.why]
        unkept = sum(one.part.body.size for one in self._parts if one.why)
        why = "" if self._whole.is_cut or not whys else only_digest(unkept, "; ".join(dict.fromkeys(whys)))
        return Taken(body, with_tail(parts, self._tail), why)

    def _begun(self, heading: Heading, head: bytes) -> None:
        self._last_is_over(False)
        self._whole.write(head)
        part = with_body(heading, head, EMPTY)
        is_file = part.filename is not None
        if is_file:
            self._parts.append(self._file(part, self._keeping, len(self._parts)))
        else:
            self._parts.append(Field(part, self._redact))

    def _took(self, data: bytes) -> None:
        last = self._parts[-1]
        if isinstance(last, FilePart):
            self._whole.write(data)
        elif last.size + len(data) > FIELD_LIMIT:
            last = self._parts[-1] = self._file(last.part, _NO_FILE, len(self._parts) - 1, last.sent())
            self._whole.write(last.begun_with)
            self._whole.write(data)
        last.write(data)

    def _file(self, part: Part, keeping: Keeping, position: int, begun_with: bytes = b"") -> "FilePart":
        return FilePart(part, File(self._open, keeping, part=part, position=position), begun_with, keeping.told)

    def _last_is_over(self, cut: bool) -> None:
        if self._parts:
            last = self._parts[-1]
            last.over(cut)
            if isinstance(last, Field):
                self._altered = self._altered or last.altered
                self._whole.write(last.sent() if cut else last.part.body.content or b"")

    def _break(self, untold: bytes) -> None:
        """From here on all of it is just bytes, and so is what came."""
        self._splitter = None
        for part in self._parts:
            if isinstance(part, FilePart):
                part.forget()
        if self._parts and isinstance(last := self._parts[-1], Field):
            self._whole.write(last.sent())
        self._parts.clear()
        self._whole.write(untold)


class Field:
    """A text field, held in memory until all of it is there."""

    def __init__(self, part: Part, redact: Callable[[Part], Part]) -> None:
        self.part = part
        self.altered = False
        self.why = ""
        self.size = 0
        self._redact = redact
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> None:
        self._pieces.append(data)
        self.size += len(data)

    def sent(self) -> bytes:
        """What came of it, as it crossed the wire."""
        return b"".join(self._pieces)

    def over(self, cut: bool) -> None:
        sent = Body.of(self.sent())
        if cut:  # nobody can tell the secrets of half a text
            self.part = replace(self.part, body=replace(sent, content=None))
        else:
            self.part = self._redact(replace(self.part, body=sent))
            self.altered = self.part.body.sha256 != sent.sha256


class FilePart:
    """A part that streams into the recording."""

    def __init__(self, part: Part, file: File, begun_with: bytes, told: str) -> None:
        self._part = part
        self.file = file
        self.begun_with = begun_with
        self._told = told
        if begun_with:
            file.write(begun_with)

    def write(self, data: bytes) -> None:
        self.file.write(data)

    def over(self, cut: bool) -> None:
        self.file.over(cut)

    def forget(self) -> None:
        """Nothing of it is to be kept."""
        self.file.forget()
        self.file.over(False)

    @property
    def part(self) -> Part:
        return replace(self._part, body=self.file.taken().body)

    @property
    def why(self) -> str:
        return self._told if self.file.taken().why else ""


class SmallForm(Taking):
    """A form of unknown length: what turns out to be small is a body like any other, and as a whole in memory."""

    def __init__(self, limit: int, content_type: str, coding: str, large: Callable[[], Form]) -> None:
        self._limit = limit
        self._type = content_type
        self._coding = coding
        self._make_large = large
        self._large: Form | None = None
        self._pieces: list[bytes] = []
        self._size = 0

    def write(self, data: bytes) -> None:
        if self._large:
            self._large.write(data)
            return
        self._pieces.append(data)
        self._size += len(data)
        if self._size > self._limit:
            self._become_large()

    def over(self, cut: bool) -> None:
        if cut and not self._large:
            self._become_large()  # half a form may be one that cannot be split: then it is not kept
        if self._large:
            self._large.over(cut)

    def taken(self) -> Taken:
        if self._large:
            return self._large.taken()
        content = b"".join(self._pieces)
        return Taken(Body.of(content, self._coding) if content else EMPTY, split(content, self._type))

    def _become_large(self) -> None:
        self._large = self._make_large()
        for piece in self._pieces:
            self._large.write(piece)
        self._pieces.clear()
