"""SARIF 2.1.0 (OASIS Standard, errata 01): findings for code scanning and its viewers."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from inspector import __version__
from inspector.analysis.finding import Finding, Severity
from inspector.analysis.rules import Rule
from inspector.render.escape import plain

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_TEXT = 4000
"""Characters that a message may have."""


@dataclass(frozen=True, slots=True)
class Found:
    """A finding of a session (its number in the recording)."""

    session: int
    finding: Finding
    excused: bool = False


def document(recording: Path, rules: Sequence[tuple[Rule, Severity]], found: Iterable[Found], trouble: str = "") -> Any:
    """The log as a JSON value: one run. `rules` with the severity that they have here; `trouble` says what made the
    recording incomplete.
    """
    index = {rule.code: number for number, (rule, _) in enumerate(rules)}
    seen: Counter[str] = Counter()
    invocation: dict[str, Any] = {"executionSuccessful": True}
    if trouble:
        invocation["toolExecutionNotifications"] = [{"level": "warning", "message": {"text": _message(trouble)}}]
    driver = {
        "name": "gws-inspector",
        "version": __version__,
        "rules": [_rule(rule, severity) for rule, severity in rules],
    }
    run = {
        "tool": {"driver": driver},
        "invocations": [invocation],
        "artifacts": [{"location": {"uri": _uri(recording)}, "mimeType": "application/vnd.sqlite3"}],
        "results": [_result(one, index[one.finding.rule], _uri(recording), seen) for one in found],
    }
    return {"version": "2.1.0", "runs": [run]}


def _rule(rule: Rule, severity: Severity) -> dict[str, Any]:
    return {
        "id": rule.code,
        "shortDescription": {"text": _message(rule.title)},
        "fullDescription": {"text": _message(f"{rule.title}. Documented in: {rule.source}.")},
        "help": {"text": _message(rule.cure)},
        "defaultConfiguration": {"level": _LEVELS[severity]},
    }


def _result(one: Found, index: int, uri: str, seen: Counter[str]) -> dict[str, Any]:
    finding = one.finding
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": _message(finding.text)},
        "locations": [
            {
                # a recording has no lines, but GitHub takes no result without one
                "physicalLocation": {"artifactLocation": {"uri": uri, "index": 0}, "region": {"startLine": 1}},
                "logicalLocations": [_place(one)],
            }
        ],
        "partialFingerprints": {"case/v1": _fingerprint(one, seen)},
    }
    if one.excused:
        result["suppressions"] = [{"kind": "external"}]
    return result


def _place(one: Found) -> dict[str, Any]:
    """`session 1/#12/message 1/data/messages/0`: the exchange, the message in its response, the JSON pointer in it."""
    finding = one.finding
    message = "" if finding.message is None else f"/message {finding.message}"
    pointer = plain(finding.pointer, _TEXT)
    return {
        "name": pointer or f"#{finding.exchange}",
        "fullyQualifiedName": f"session {one.session}/#{finding.exchange}{message}{pointer}",
        "kind": "member" if pointer else "message" if message else "exchange",
    }


def _fingerprint(one: Found, seen: Counter[str]) -> str:
    """The same in every run over the same traffic, whatever else is recorded before it, and however it is worded."""
    told = "\n".join((one.finding.rule, one.finding.pointer, *sorted(one.finding.about))).encode(
        "utf-8", "backslashreplace"
    )
    digest = hashlib.sha256(told).hexdigest()
    seen[digest] += 1
    return f"{digest}:{seen[digest]}"


def _message(text: str) -> str:
    """As plain text of a message: braces would be placeholders (section 3.11.5), `[…](…)` links (3.11.6)."""
    return plain(text, _TEXT).replace("{", "{{").replace("}", "}}").replace("](", "\\](")


def _uri(recording: Path) -> str:
    """A relative path stays one: whoever uploads the log knows where it was made."""
    if recording.is_absolute():
        return recording.as_uri()
    return quote(recording.as_posix().encode("utf-8", "surrogateescape"))
