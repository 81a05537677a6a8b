"""What the analysis finds in a session, and how many sessions a test tries."""

from collections.abc import Iterable
from hashlib import sha256

from hypothesis import HealthCheck, settings

from inspector.analysis.analyst import AnalysisSettings, Analyst
from inspector.analysis.finding import Finding, Severity
from inspector.analysis.policy import Policy
from tests.mutation.tape import Tape

DENIED = b"what nobody may send"
SETTINGS = AnalysisSettings(
    policy=Policy.model_validate(
        {
            "allow_extensions": ["txt", "png"],
            "max_bytes": "1 MiB",
            "deny_digests": [sha256(DENIED).hexdigest()],
            "require_description": True,
            "chat": {"max_total": "2 MiB"},
        }
    )
)
"""A policy that the clean session keeps."""


def judged(tape: Tape) -> list[Finding]:
    """All findings, those of the session's end included."""
    analyst = Analyst(SETTINGS)
    derived = [thing for event in tape.events for thing in analyst.feed(event)]
    return [thing for thing in (*derived, *analyst.close(tape.ended)) if isinstance(thing, Finding)]


def rules(findings: Iterable[Finding]) -> set[str]:
    return {finding.rule for finding in findings}


def alarms(findings: Iterable[Finding]) -> set[str]:
    """Rules that were broken so that somebody has to look: what is only worth knowing is none."""
    return {finding.rule for finding in findings if finding.severity is not Severity.INFO}


def randomly(examples: int) -> settings:
    """How often a test tries something else; what failed can be told to it again."""
    return settings(print_blob=True, deadline=None, max_examples=examples, suppress_health_check=[HealthCheck.too_slow])
