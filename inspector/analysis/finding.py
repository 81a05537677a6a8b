"""A broken rule: which, how bad, where, and what was there instead of what was expected."""

import reprlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How bad a finding is; ordered by `rank`."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"

    @property
    def rank(self) -> int:
        return list(Severity).index(self)


_SHORT = reprlib.Repr()
_SHORT.maxlevel, _SHORT.maxstring, _SHORT.maxother, _SHORT.maxlist = 2, 60, 60, 4


def shown(value: object) -> str:
    """A value in the sentence of a finding: whatever its size or depth, it stays readable."""
    return _SHORT.repr(value)


@dataclass(frozen=True, slots=True)
class Breach:
    """What a rule says of its subject: where (JSON pointer) and what; `severity` only if it is not the rule's own."""

    text: str
    pointer: str = ""
    expected: str = ""
    actual: Any = None
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A breach of `rule` (`GW` and three digits) by an exchange, or by the message at a position in its response.

    `about`: ids of the document and the chat that it concerns, which one case can be excused by.
    """

    rule: str
    severity: Severity
    exchange: int
    message: int | None
    text: str
    pointer: str = ""
    expected: str = ""
    actual: Any = None
    about: tuple[str, ...] = field(default=(), compare=False)


def named(*names: str) -> tuple[str, ...]:
    """What a finding is `about`: each name once, without those that are empty."""
    return tuple(dict.fromkeys(name for name in names if name))
