"""What is to be taken down of a body that is going to stream: decided by who sees its head, before its first byte."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Keeping:
    """Which files' content is kept: those of up to `limit` bytes (None: of any size). `told` is how that was chosen."""

    limit: int | None = None
    told: str = ""

    @property
    def is_all(self) -> bool:
        return self.limit is None

    def allows(self, size: int) -> bool:
        return self.limit is None or size <= self.limit


@dataclass(frozen=True, slots=True)
class Plan:
    """What is known of the body: its type (whole, and bare), coding, and how many bytes it will have (None: nobody
    knows). `keeping` says which files are kept.

    `is_form`, `is_events`: it is taken apart. `too_large`: why it cannot be read, though it should have been; then
    nothing but its digest is taken down.
    """

    content_type: str
    coding: str
    length: int | None
    keeping: Keeping
    is_form: bool = False
    is_events: bool = False
    too_large: str = ""
