"""Which findings are told, and how bad they are called: a linter's `select` and `ignore`, over one catalogue.

A recording keeps every finding as the catalogue judges it; a selection is applied when findings are told.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher

from inspector.analysis.analyst import Derived
from inspector.analysis.finding import Finding, Severity
from inspector.analysis.rules import CATALOGUE
from inspector.errors import UsageError


@dataclass(frozen=True, slots=True)
class Selection:
    """Codes are begins: `GW4` is the whole family, nothing selected is all. The longest begin that fits a rule decides,
    and `ignore` where both are as long.

    `excused` are cases: a begin with a document's or a chat's id, or with `#12`, an exchange.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    excused: frozenset[tuple[str, str]] = frozenset()
    severities: Mapping[str, Severity] = field(default_factory=dict)

    def wants(self, code: str) -> bool:
        """Whether the rule's findings are told at all."""
        return self._asked_for(code) and not self._ignores(code)

    def severity(self, code: str) -> Severity:
        """How bad the rule's findings are called."""
        begin = _longest(self.severities, code)
        return self.severities[begin] if begin else CATALOGUE[code].severity

    def tell(self, derived: Iterable[Derived]) -> list[Derived]:
        """What events meant, with the findings that are told, as they are told; for whoever listens meanwhile."""
        return [
            one for thing in derived for one in (self.apply([thing]).kept if isinstance(thing, Finding) else [thing])
        ]

    def apply(self, findings: Iterable[Finding]) -> "Told":
        """The findings parted."""
        told = Told()
        for finding, excused in self.sift(findings):
            (told.excused if excused else told.kept).append(finding)
        return told

    def sift(self, findings: Iterable[Finding]) -> Iterator[tuple[Finding, bool]]:
        """Those that were asked for, one by one, each with whether it is excused."""
        for finding in findings:
            if self._asked_for(finding.rule):
                excused = self._ignores(finding.rule) or self._excuses(finding)
                severity = self._severity_of(finding)
                yield finding if severity is finding.severity else replace(finding, severity=severity), excused

    def _severity_of(self, finding: Finding) -> Severity:
        """As the rule's; a finding that is milder than its rule (the traffic leaves a doubt) never gets worse."""
        wanted = self.severity(finding.rule)
        if finding.severity is CATALOGUE[finding.rule].severity:
            return wanted
        return min(wanted, finding.severity, key=lambda severity: severity.rank)

    def _asked_for(self, code: str) -> bool:
        return not self.select or bool(_longest(self.select, code))

    def _ignores(self, code: str) -> bool:
        ignored = _longest(self.ignore, code)
        return bool(ignored) and len(ignored) >= len(_longest(self.select, code))

    def _excuses(self, finding: Finding) -> bool:
        excuses = [case for begin, case in self.excused if finding.rule.startswith(begin)]
        if not excuses:
            return False
        return f"#{finding.exchange}" in excuses or not set(excuses).isdisjoint(finding.about)


@dataclass(slots=True)
class Told:
    """Findings as a selection has them. `excused` were asked for, but are ignored, as a rule or as one case."""

    kept: list[Finding] = field(default_factory=list)
    excused: list[Finding] = field(default_factory=list)


def selection(
    select: Iterable[str] = (), ignore: Iterable[str] = (), severities: Mapping[str, str] | None = None
) -> Selection:
    """Reads codes (`GW402`, `gw4`) and, of `ignore`, cases (`GW402:0001PaBMYY3600RC`, `GW402:#12`).

    Raises UsageError for a code that no rule begins with, naming the nearest, and for a case that is none.
    """
    ignored, excused = list[str](), set[tuple[str, str]]()
    for word in ignore:
        code, colon, case = word.partition(":")
        if not colon:
            ignored.append(known(code))
        elif not case.strip() or (case.startswith("#") and not case[1:].isdecimal()):
            raise UsageError(f"{word!r} excuses nothing: give {code or 'GW402'}:DOCUMENT, …:CHAT or …:#EXCHANGE")
        else:
            excused.add((known(code), case.strip()))
    return Selection(
        tuple(known(code) for code in select),
        tuple(ignored),
        frozenset(excused),
        {known(code): _severity(severity) for code, severity in (severities or {}).items()},
    )


def known(code: str) -> str:
    """The begin of a rule's code as the catalogue writes it. Raises UsageError if no rule has it."""
    begin = code.strip().upper()
    if begin and any(name.startswith(begin) for name in CATALOGUE):
        return begin
    near = max(sorted(CATALOGUE), key=lambda name: _likeness(begin, name))
    raise UsageError(f"there is no rule {code.strip()!r}: did you mean {near}? (gws-inspector rules lists all)")


def _likeness(begin: str, name: str) -> tuple[float, bool]:
    """How near a code is to what was written; of several that are equally near, one of the same family is meant."""
    return SequenceMatcher(None, name, begin).ratio(), name.startswith(begin[:3])


def _severity(name: str) -> Severity:
    try:
        return Severity(name)
    except ValueError:
        raise UsageError(f"{name!r} is no severity: give {', '.join(Severity)}") from None


def _longest(begins: Iterable[str], code: str) -> str:
    return max((begin for begin in begins if code.startswith(begin)), key=len, default="")
