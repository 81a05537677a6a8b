"""How a rule enters the catalogue, and how a happening is held against all rules that judge its kind."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, get_type_hints

from inspector.analysis.finding import Breach, Finding, Severity
from inspector.analysis.happenings import Happening

Check = Callable[[Any], Iterator[Breach]]


@dataclass(frozen=True, slots=True)
class Rule:
    """`code` is `GW` and three digits, the first its family; `source` the documentation that it follows."""

    code: str
    severity: Severity
    title: str
    source: str
    cure: str
    check: Check


CATALOGUE: dict[str, Rule] = {}
_BY_SUBJECT: defaultdict[type, list[Rule]] = defaultdict(list)


def rule(code: str, severity: Severity, title: str, *, source: str, cure: str) -> Callable[[Check], Check]:
    """Enters a function `(happening) -> breaches` into the catalogue, under the type of its argument."""

    def enter(check: Check) -> Check:
        assert code not in CATALOGUE, f"{code} stands in the catalogue already"
        (subject,) = (hint for name, hint in get_type_hints(check).items() if name != "return")
        CATALOGUE[code] = entry = Rule(code, severity, title, source, cure, check)
        _BY_SUBJECT[subject].append(entry)
        return check

    return enter


def judge(happening: Happening) -> list[Finding]:
    """Every rule that the happening breaks."""
    return [
        Finding(
            entry.code,
            breach.severity or entry.severity,
            *happening.place,
            breach.text,
            breach.pointer,
            breach.expected,
            breach.actual,
            happening.about(breach.pointer),
        )
        for entry in _BY_SUBJECT[type(happening)]
        for breach in entry.check(happening)
    ]
