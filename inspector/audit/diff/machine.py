"""What differs, for scripts: `before` and `after` name the sessions, then the members of `result.Result`."""

from dataclasses import asdict
from typing import Any

from inspector.audit.diff.result import Kind, Result
from inspector.recording.reader import Recording
from inspector.recording.session import Session


def result_value(before: tuple[Recording, Session], after: tuple[Recording, Session], result: Result) -> dict[str, Any]:
    """A plain JSON value."""
    counts = result.counts
    return {
        "before": _side(*before, result.messages[0], result.polls[0]),
        "after": _side(*after, result.messages[1], result.polls[1]),
        "same": not result.differences,
        "counts": {kind.value: counts[kind] for kind in Kind},
        "differences": [asdict(one) for one in result.differences],
        "left_out": [asdict(one) for one in result.left_out],
        "renamed": [{"before": was, "after": now} for was, now in result.renamed],
    }


def _side(recording: Recording, session: Session, messages: int, polls: int) -> dict[str, Any]:
    return {
        "recording": str(recording.path).encode("utf-8", "replace").decode(),  # names of files need be no text
        "session": session.uuid,
        "state": session.state,
        "messages": messages,
        "polls": polls,
    }
