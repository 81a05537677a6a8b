"""What of a recording goes into the page besides the ledger: the chats that had transfers, and the exchanges that say
what became of them; those with findings first, for not all may have room.
"""

from dataclasses import dataclass, field

from inspector.analysis.finding import Finding, Severity
from inspector.audit.entry import Entry

Place = tuple[int, int]
"""A session's place in the audit, and an exchange."""

_REMEMBERED = 20_000
"""Exchanges that are remembered as wanted: several times what the page has room for."""


@dataclass(slots=True)
class Wanted:
    """`chats` by session and id, each with how bad the worst finding about it is (-1: there is none)."""

    chats: dict[tuple[int, str], int] = field(default_factory=dict)
    _marked: dict[Place, None] = field(default_factory=dict)
    _others: dict[Place, None] = field(default_factory=dict)
    _drawn: dict[Place, None] = field(default_factory=dict)

    def add(self, session: int, entry: Entry) -> None:
        """A transfer, with all that belongs to it."""
        worst = max((one.severity.rank for one in entry.findings), default=-1)
        self.chats[session, entry.chat] = max(worst, self.chats.get((session, entry.chat), -1))
        for found in entry.findings:
            self.found(session, found)
        places = [one.exchange for one in (entry.linked, entry.uploaded, entry.notified, *entry.fetched) if one]
        if worst > Severity.INFO.rank:
            self._keep(self._marked, session, places)
        else:
            self._keep(self._others, session, places)

    def found(self, session: int, found: Finding) -> None:
        """The place of a finding, whatever it is about."""
        self._keep(self._marked, session, [found.exchange])

    def drawn(self, session: int, exchanges: list[int]) -> None:
        """What somebody may point at in a chat; it comes last."""
        self._keep(self._drawn, session, exchanges)

    def exchanges(self) -> list[Place]:
        """Those that are wanted, each once, in the order in which they are given room."""
        return list(self._marked | self._others | self._drawn)

    def worst_first(self, limit: int) -> list[tuple[int, str]]:
        """The chats that are given room, in their own order: of too many, those with the worst findings."""
        if len(self.chats) <= limit:
            return list(self.chats)
        chosen = set(sorted(self.chats, key=lambda chat: -self.chats[chat])[:limit])
        return [chat for chat in self.chats if chat in chosen]

    def _keep(self, among: dict[Place, None], session: int, exchanges: list[int]) -> None:
        if len(among) < _REMEMBERED:
            among.update(dict.fromkeys((session, number) for number in exchanges))
