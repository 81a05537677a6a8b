"""What `ls` lists: rows of one session, table by table, as its options narrow them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inspector.analysis.listed import ExchangeRow, TransferRow
from inspector.cli.standing import codes_told
from inspector.errors import UsageError
from inspector.recording import listing, stored
from inspector.recording.narrowing import Narrowing, agents_called, known_operation
from inspector.recording.reader import Recording
from inspector.recording.session import Session
from inspector.render.listing import Codes

if TYPE_CHECKING:  # what takes long to import is imported where it is used
    from inspector.analysis.rules.selection import Selection

TABLES = ("sessions", "agents", "calls", "exchanges", "transfers")
"""In the order in which they are listed."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which tables of a session are listed, from behind which number, and which of their rows."""

    recording: Recording
    session: Session
    tables: tuple[str, ...]
    after: int
    by: Narrowing
    expression: str
    selection: "Selection | None"

    @property
    def codes(self) -> Codes:
        """The rules that an exchange broke, as they are told."""
        return codes_told(self.recording, self.selection)

    def rows(self, table: str) -> Iterator[Any]:
        """The rows of a table; nothing is read before it is taken."""
        where = self.recording, self.session, self.by, self.after
        match table:
            case "sessions":
                return iter([one for one in self.recording.sessions() if one.id > self.after])
            case "agents":
                return listing.agents(*where)
            case "calls":
                return self._fitting(listing.calls(*where), stored.count_calls)
            case "exchanges":
                return self._fitting(listing.exchanges(*where), Recording.count)
            case _:
                return filter(self._concerned(), listing.transfers(*where))

    def _fitting(
        self, rows: Iterator[ExchangeRow], count: Callable[[Recording, Session], int]
    ) -> Iterator[ExchangeRow]:
        """Those that the database alone cannot tell; with progress where each has to be read whole."""
        fits = self._fits()
        if not self.expression:
            yield from filter(fits, rows)
            return
        from inspector.cli.watching import watching

        with watching(count(self.recording, self.session), "reading") as watch:
            for row in rows:
                watch()
                if fits(row):
                    yield row

    def _fits(self) -> Callable[[ExchangeRow], bool]:
        codes, rule = self.codes, self.by.rule if self.selection else ""
        if not self.expression:
            return lambda row: not rule or any(code.startswith(rule) for code, _ in codes(row.number))
        from inspector.proxy.filtering import fitting  # mitmproxy takes a second

        fits = fitting(self.expression)
        opened = self.recording

        def both(row: ExchangeRow) -> bool:
            if rule and not any(code.startswith(rule) for code, _ in codes(row.number)):
                return False
            return fits(opened.exchange(row.number), list(opened.frames(row.number)))

        return both

    def _concerned(self) -> Callable[[TransferRow], bool]:
        """Which transfers findings of the rule are told of: one that is excused concerns nobody."""
        if not self.by.rule or self.selection is None:
            return lambda row: True
        documents, exchanges = set[str](), set[int]()
        for finding, excused in self.selection.sift(stored.findings(self.recording, self.session)):
            if finding.rule.startswith(self.by.rule) and not excused:
                documents.update(finding.about)
                exchanges.add(finding.exchange)
        return lambda row: row.document in documents or bool(exchanges & {row.linked_by or 0, row.uploaded_by or 0})


def asked(recording: Recording, session: Session, given: dict[str, Any], selection: "Selection | None") -> Asked:
    """What the options of `ls` ask for. Raises UsageError, NothingFound."""
    rule, expression = given["rule"], given["expression"]
    if rule:
        from inspector.analysis.rules.selection import known

        rule = known(rule)
    if expression:
        from inspector.proxy.filtering import fitting

        fitting(expression)  # what is none is told before anything is listed
    agents = agents_called(recording, session, given["agent"]) if given["agent"] else None
    operation = known_operation(recording, given["operation"]) if given["operation"] else ""
    by = Narrowing(given["chat"], agents, operation, rule)
    return Asked(recording, session, _tables(given), given["after"], by, expression, selection)


def _tables(given: dict[str, Any]) -> tuple[str, ...]:
    chosen: tuple[str, ...] = given["tables"]
    if given["after"] and len(chosen) > 1:
        raise UsageError("--after goes on in one table: give one --table")
    if chosen:
        return tuple(name for name in TABLES if name in chosen)
    exchanges = "exchanges" if given["rule"] or given["expression"] else "calls"
    if given["after"]:
        return (exchanges,)
    if given["expression"]:
        return ("sessions", exchanges)
    if given["operation"]:  # a transfer is none
        return ("sessions", "agents", exchanges)
    return ("sessions", "agents", exchanges, "transfers")
