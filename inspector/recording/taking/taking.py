"""What is taken down of a body while it streams: a file as it is, a form part by part, events without their secrets."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from inspector.recording.incoming import Incoming
from inspector.recording.taking.plan import Keeping
from inspector.traffic.body import Body, Original
from inspector.traffic.exchange import only_digest
from inspector.traffic.multipart import Part
from inspector.traffic.server_sent import whole_events, with_data


@dataclass(frozen=True, slots=True)
class Taken:
    """A body as it is in the recording; `why` says why it is not what crossed the wire, where it is known better than
    the body tells.
    """

    body: Body
    parts: tuple[Part, ...] = ()
    why: str = ""


class Open(Protocol):
    """Begins a body of the recording: all of a half (then `position` is None), or one part of its form."""

    def __call__(
        self, position: int | None = None, kept: bool = True, *, coding: str = "", part: Part | None = None
    ) -> Incoming: ...


class Taking(ABC):
    """Takes a body's pieces in order, and writes them: waits for the disk, but for nothing else."""

    @abstractmethod
    def write(self, data: bytes) -> None:
        """The next bytes as they crossed the wire."""

    @abstractmethod
    def over(self, cut: bool) -> None:
        """No more will come; what came is on disk when this returns. `cut`: there should have been more."""

    @abstractmethod
    def taken(self) -> Taken:
        """What came of it, once it is over."""


class One(Taking):
    """A body that is one piece in the recording."""

    def __init__(self, incoming: Incoming) -> None:
        self._incoming = incoming

    def write(self, data: bytes) -> None:
        self._incoming.write(data)

    def over(self, cut: bool) -> None:
        if cut:
            self._incoming.cut()
        else:
            self._incoming.end()

    def taken(self) -> Taken:
        return Taken(self._incoming.body())

    def forget(self) -> None:
        """Its content is not to be kept, what is there of it neither; it is hashed on."""
        self._incoming.forget()


class File(One):
    """Bytes that are not altered, kept as far as `keeping` allows. `size`: how many they will be, if that is known."""

    def __init__(self, open_: Open, keeping: Keeping, coding: str = "", size: int = 0, part: Part | None = None,
                 position: int | None = None) -> None:  # fmt: skip
        self._keeping = keeping
        self._kept = keeping.allows(size) and keeping.limit != 0
        super().__init__(open_(position, self._kept, coding=coding, part=part))

    def write(self, data: bytes) -> None:
        self._incoming.write(data)
        if self._kept and not self._keeping.allows(self._incoming.size):
            self._kept = False
            self.forget()

    def taken(self) -> Taken:
        body = super().taken().body
        known = self._kept or not body.size or self._incoming.is_cut
        return Taken(body, why="" if known else only_digest(body.size, self._keeping.told))


class Digest(One):
    """Bytes of which nothing but the digest may be kept: `what` they are, and why."""

    def __init__(self, open_: Open, what: str) -> None:
        super().__init__(open_(kept=False))
        self._what = what

    def taken(self) -> Taken:
        body = super().taken().body
        return Taken(body, why="" if self._incoming.is_cut else only_digest(body.size, self._what))


class Events(One):
    """Server-sent events, each without its secrets; `redact` takes them out of a text."""

    def __init__(self, open_: Open, redact: Callable[[bytes], bytes], longest: int) -> None:
        """An event of more than `longest` bytes cannot be redacted: then only the digest is kept."""
        super().__init__(open_())
        self._redact = redact
        self._longest = longest
        self._begun = b""
        self._size = 0
        self._altered = self._too_long = False

    def write(self, data: bytes) -> None:
        self._size += len(data)
        if self._too_long:
            self._incoming.write(data)
            return
        events, self._begun = whole_events(self._begun + data)
        for event in events:
            self._keep(event)
        if len(self._begun) > self._longest:
            self._too_long = True
            self.forget()
            self._incoming.write(self._begun)
            self._begun = b""

    def over(self, cut: bool) -> None:
        if self._begun and not cut:  # of an event that was cut nobody can tell the secrets, and no client has seen it
            self._keep(self._begun)
        super().over(cut)

    def taken(self) -> Taken:
        body = super().taken().body
        if self._too_long:
            return Taken(body, why=only_digest(body.size, f"an event of more than {self._longest} bytes"))
        return Taken(replace(body, original=Original("", self._size)) if self._altered else body)

    def _keep(self, event: bytes) -> None:
        redacted = with_data(event, self._redact)
        self._altered = self._altered or redacted != event
        self._incoming.write(redacted)
