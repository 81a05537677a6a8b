"""A request that no recorded exchange answers: why, which are the nearest, and what to do.

Like a finding, a miss is a judgement on traffic that every floor above shows: `replay/` makes it, `render/` draws it.
"""

from dataclasses import dataclass
from enum import StrEnum

from inspector.traffic.difference import Difference


class Why(StrEnum):
    """Why there is no answer."""

    USED_UP = "used up"
    """Recorded, and given as often as it was recorded."""
    OTHER_AGENT = "other agent"
    """Recorded of another agent only."""
    UNUSABLE = "unusable"
    """Recorded, but what was recorded cannot be served."""
    DIFFERENT = "different"
    """The method and path are recorded, but not with this query, body or credentials."""
    UNKNOWN = "never recorded"


@dataclass(frozen=True, slots=True)
class Near:
    """A recorded exchange (`number`) that the missed request is like.

    `used`: how often it has answered in this run; `spent`: it may not any more. `agent`: whose it is, if not of the
    agent that is played. `problem`: why it cannot be served. `same` are the parts of the request that are equal, of
    method, path, query, credentials and body; `cut`: there are more `differences` than these.
    """

    number: int
    method: str
    path: str
    used: int
    spent: bool
    agent: str
    problem: str
    same: tuple[str, ...]
    differences: tuple[Difference, ...]
    cut: bool = False

    @property
    def identical(self) -> bool:
        return not self.differences


@dataclass(frozen=True, slots=True)
class Miss:
    """`operation` is the request's `operationName`, empty if it has none; `text` says in a sentence what is wrong.

    `nearest` comes first. `ignore` are JSON pointers: with them ignored, the nearest would have answered.
    """

    method: str
    path: str
    query: str
    operation: str
    why: Why
    text: str
    nearest: tuple[Near, ...]
    advice: tuple[str, ...]
    ignore: tuple[str, ...] = ()
