"""The catalogue of rules, for eyes, for machines and for the README."""

import sys
from collections.abc import Iterable
from typing import Any

from rich.table import Table
from rich.text import Text

from inspector.analysis.rules import Rule
from inspector.analysis.rules.selection import Selection
from inspector.render.line import STYLES
from inspector.render.table import table


def rules_table(rules: Iterable[Rule], selection: Selection) -> Table:
    """A row for each rule; one that is not told of is `off`."""
    return table(
        "Rules",
        ("rule", "severity", "what", "source", "cure"),
        ((Text(rule.code), _severity(rule, selection), rule.title, rule.source, rule.cure) for rule in rules),
        whole="rule severity",
    )


def explained(rule: Rule, selection: Selection) -> Text:
    """One rule whole."""
    text = Text.assemble((f"{rule.code} ", "bold"), _severity(rule, selection), (f" {rule.title}\n", "bold"))
    changed = "" if selection.severity(rule.code) is rule.severity else f" (by itself: {rule.severity})"
    for name, said in (
        ("family", family(rule)),
        ("severity", f"{selection.severity(rule.code)}{changed}"),
        ("source", rule.source),
        ("cure", rule.cure),
        ("excuse", f"--ignore {rule.code}:ID for one document or chat, --ignore {rule.code}:#12 for one exchange"),
        ("change", f'[rules] ignore = ["{rule.code}"] or severity = {{ {rule.code} = "info" }} in gws-inspector.toml'),
    ):
        text.append(f"\n{name:>9} ", "dim").append(said)
    return text


def family(rule: Rule) -> str:
    """What the rules beside it are about, as their module says: `4xx: what only the whole of a transfer shows.`"""
    return (sys.modules[rule.check.__module__].__doc__ or "").partition("\n")[0]


def rule_value(rule: Rule, selection: Selection) -> dict[str, Any]:
    return {
        "code": rule.code,
        "severity": selection.severity(rule.code),
        "default_severity": rule.severity,
        "on": selection.wants(rule.code),
        "title": rule.title,
        "source": rule.source,
        "cure": rule.cure,
    }


def markdown(rules: Iterable[Rule], selection: Selection) -> str:
    """The README's table."""
    rows = [
        ("rule", "severity", "what", "cure"),
        ("---", "---", "---", "---"),
        *((rule.code, _severity(rule, selection).plain, rule.title, rule.cure) for rule in rules),
    ]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)


def _severity(rule: Rule, selection: Selection) -> Text:
    severity = selection.severity(rule.code)
    return Text(severity, STYLES[severity]) if selection.wants(rule.code) else Text("off", "dim")
