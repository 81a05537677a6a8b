"""A session: one run of the recorder, or one import."""

from dataclasses import dataclass, field
from typing import Any

from inspector.traffic.exchange import Instant


@dataclass(frozen=True, slots=True)
class Session:
    """`id` names it in its file, `uuid` everywhere. `state` is open, complete or incomplete (`trouble` says why).
    `judged` names the rules that its derived rows are by, if they are all there. `name` is what whoever recorded it
    calls it: several may have the same one.
    """

    uuid: str
    upstream: str
    started: Instant
    id: int = 0
    source: str = "proxy"
    parent: str | None = None
    state: str = "open"
    ended: Instant | None = None
    trouble: str | None = None
    origins: list[str] = field(default_factory=list)
    redacted: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    recorder: str = ""
    judged: str = ""
    name: str = ""

    @property
    def keeps_secrets(self) -> bool:
        """Whether nothing in it was redacted: someone typed that out."""
        return "kept" in self.redacted

    @property
    def shortcoming(self) -> str:
        """Why it is not all that happened; empty if it is."""
        if self.state == "complete":
            return ""
        return self.trouble or "it was not closed: its recorder was killed, or still runs"

    @property
    def told_state(self) -> str:
        """The state for people, who have to know what they hand on."""
        return f"{self.state}, secrets kept" if self.keeps_secrets else self.state
