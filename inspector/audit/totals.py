"""What a ledger adds up to: files and bytes by agent, chat, type and day; in one pass, whatever the number of rows."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from inspector.audit.entry import Entry
from inspector.render.machine import time_of

BY = ("agent", "chat", "declared_type", "detected_type", "day")
"""What is added up by. Days are in UTC; a key is empty where nobody knows it, as the agent of a customer's file."""

_LONGEST = 200
"""Characters of a key that tell it from others: whoever is audited chooses the types of their files."""


@dataclass(slots=True)
class Total:
    """`size` is in bytes: those that were seen, else those that were declared; `unsized` files have neither."""

    files: int = 0
    size: int = 0
    unsized: int = 0
    states: Counter[str] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)
    """By severity, without those that are excused."""

    def add(self, entry: Entry) -> None:
        size = entry.seen_size if entry.seen_size is not None else entry.declared_size
        self.files += 1
        self.size += size or 0
        self.unsized += size is None
        self.states[entry.state.value] += 1
        for finding in entry.findings:
            self.findings[finding.severity.value] += 1


class Totals:
    """`all` of it, and `by` each of BY, by key in the order in which they came."""

    def __init__(self) -> None:
        self.all = Total()
        self.by: dict[str, dict[str, Total]] = {which: {} for which in BY}

    def add(self, entry: Entry) -> None:
        self.all.add(entry)
        keys = (entry.login, entry.chat, entry.declared_type, entry.detected_type, (time_of(entry.at) or "")[:10])
        for totals, key in zip(self.by.values(), keys, strict=True):
            totals.setdefault(key[:_LONGEST], Total()).add(entry)

    def counting(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """The same entries, added up on their way."""
        for entry in entries:
            self.add(entry)
            yield entry
