"""Progress on anything that may take longer than a second; on stderr, and only where somebody looks."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress

from inspector.analysis.policy import Policy
from inspector.analysis.summary import Summary
from inspector.recording.derivation import Watch, bring_to_today, summarise
from inspector.recording.reader import Recording
from inspector.recording.session import Session


@contextmanager
def watching(total: int, what: str) -> Iterator[Watch]:
    """A progress bar of `total` steps while the block runs; what it gives is called once a step."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=total)
        yield lambda: progress.advance(task)


def judged(recording: Recording, session: Session, policy: Policy | None = None) -> Summary:
    """The session by today's rules, and by another policy than it was recorded with if one is given; with progress."""
    events = 2 * recording.count(session) - recording.unfinished(session)
    with watching(events, "judging") as watch:
        return summarise(recording, session, watch, policy)


def brought_to_today(recording: Recording, sessions: Sequence[Session], policy: Policy | None = None) -> None:
    """What `stored` gives of these sessions is from now on by today's rules, and by another policy if one is given.

    With progress where it has to be derived.
    """
    events = sum(2 * recording.count(session) - recording.unfinished(session) for session in sessions)
    with watching(events, "judging") as watch:
        bring_to_today(recording, sessions, watch, policy)
