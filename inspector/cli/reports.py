"""The findings of a recording as text for other programs: JSON, JUnit XML, SARIF, GitHub annotations."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from inspector.analysis.finding import Finding
from inspector.analysis.rules import CATALOGUE
from inspector.analysis.rules.selection import Selection, Told
from inspector.cli.options import failed
from inspector.recording.session import Session
from inspector.render import github, junit, sarif
from inspector.render.machine import dump, finding_value, time_of
from inspector.render.table import place
from inspector.traffic.exchange import Exchange


@dataclass(frozen=True, slots=True)
class Judged:
    """A session with what is told of it; `unfinished` are exchanges whose end was not recorded, `truncated` those of
    which a body is not what crossed the wire.
    """

    session: Session
    unfinished: int
    told: Told
    truncated: Sequence[Exchange] = ()

    @property
    def trouble(self) -> str:
        """Why the session is not all that happened; empty if it is."""
        return self.session.shortcoming


@dataclass(frozen=True, slots=True)
class Report:
    """What a format is made from."""

    recording: Path
    sessions: list[Judged]
    selection: Selection
    fail_on: str


def as_json(report: Report) -> str:
    return dump(
        [
            {
                "session": one.session.uuid,
                "state": one.session.state,
                "trouble": one.session.trouble,
                "started": time_of(one.session.started),
                "unfinished": one.unfinished,
                "truncated": [{"exchange": it.number, "bodies": list(it.truncated)} for it in one.truncated],
                "findings": [finding_value(finding) for finding in one.told.kept],
                "excused": [finding_value(finding) for finding in one.told.excused],
            }
            for one in report.sessions
        ]
    )


def as_junit(report: Report) -> str:
    """A case for each session, for each rule that was kept, and for each finding: it fails where the command does."""
    return junit.document(f"check {report.recording.name}", _cases(report))


def _cases(report: Report) -> Iterator[junit.Case]:
    for one in report.sessions:
        group = f"{report.recording.stem}.session {one.session.id}"
        if one.trouble:
            yield junit.Case(group, "complete", junit.Outcome.FAILED, "incomplete", one.trouble)
        else:
            yield junit.Case(group, "complete")
        broken = {finding.rule for finding in one.told.kept}
        for code, rule in sorted(CATALOGUE.items()):
            if code not in broken and report.selection.wants(code):
                yield junit.Case(group, f"{code} {rule.title}")
        for finding in one.told.kept:
            bad = failed([finding.severity], report.fail_on)
            yield _case(group, finding, junit.Outcome.FAILED if bad else junit.Outcome.SKIPPED, finding.severity)
        for finding in one.told.excused:
            yield _case(group, finding, junit.Outcome.SKIPPED, "excused")


def _case(group: str, finding: Finding, outcome: junit.Outcome, kind: str) -> junit.Case:
    rule = CATALOGUE[finding.rule]
    text = f"expected: {finding.expected}\nsource: {rule.source}\ncure: {rule.cure}"
    name = f"{finding.rule} {place(finding)} {finding.pointer}".strip()
    return junit.Case(group, name, outcome, kind, finding.text, text)


def as_sarif(report: Report) -> str:
    """Excused findings are in it, as suppressed ones."""
    found = [
        sarif.Found(one.session.id, finding, excused)
        for one in report.sessions
        for findings, excused in ((one.told.kept, False), (one.told.excused, True))
        for finding in findings
    ]
    rules = [(rule, report.selection.severity(code)) for code, rule in sorted(CATALOGUE.items())]
    troubles = [f"session {one.session.id} is incomplete: {one.trouble}" for one in report.sessions if one.trouble]
    return dump(sarif.document(report.recording, rules, found, "; ".join(troubles)))


def as_github(report: Report) -> str:
    """A line for each finding, and for each session that is not complete."""
    return "\n".join(_annotations(report))


def _annotations(report: Report) -> Iterator[str]:
    file = str(report.recording)
    for one in report.sessions:
        for finding in one.told.kept:
            where = f"session {one.session.id}, {place(finding)} {finding.pointer}".strip()
            yield github.annotation(finding, CATALOGUE[finding.rule].title, file, where)
        if one.trouble:
            yield github.command("warning", "recording incomplete", f"session {one.session.id}: {one.trouble}", file)


FORMATS: dict[str, Callable[[Report], str]] = {
    "json": as_json,
    "junit": as_junit,
    "sarif": as_sarif,
    "github": as_github,
}
