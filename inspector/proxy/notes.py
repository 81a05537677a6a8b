"""Notes on a flow, where mitmproxy and mitmweb show them: a one-line comment, a marker, the findings as metadata."""

from collections.abc import Sequence

from mitmproxy import flow, hooks
from mitmproxy.master import Master

from inspector.analysis.finding import Finding, Severity

METADATA = "inspector"
"""Key in `flow.metadata`; plain JSON types only, or mitmproxy could not save the flow."""

_MARKERS = {
    Severity.ERROR: ":red_circle:",
    Severity.WARNING: ":large_orange_diamond:",
    Severity.INFO: ":speech_balloon:",
}


def note(noted: flow.Flow, findings: Sequence[Finding], master: Master | None = None) -> None:
    """Adds findings to a flow; `master` tells its views, which for a flow that is over would not look again."""
    kept = noted.metadata.setdefault(METADATA, [])
    kept += [
        {"rule": one.rule, "severity": one.severity.value, "pointer": one.pointer, "text": one.text} for one in findings
    ]
    noted.comment = "; ".join(f"{one['rule']} {one['text']}" for one in kept)
    noted.marked = _MARKERS[max((Severity(one["severity"]) for one in kept), key=lambda severity: severity.rank)]
    if master is not None and master.addons.get("view"):
        master.addons.trigger(hooks.UpdateHook([noted]))
