"""Progress on anything that may take longer than a second; on stderr, and only where somebody looks."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress

from inspector.analysis.finding import Finding
from inspector.analysis.policy import Policy
from inspector.analysis.summary import Summary
from inspector.recording.derivation import Watch, bring_to_today, derive, summarise
from inspector.recording.reader import Recording
from inspector.recording.session import Session


@contextmanager
def watching(total: int, what: str) -> Iterator[Watch]:
    """A progress bar of `total` steps while the block runs; what it gives is called once a step."""
    with advancing(total, what) as advance:
        yield lambda: advance(1)


@contextmanager
def advancing(total: int, what: str) -> Iterator[Callable[[int], None]]:
    """The same for what is told how many steps at a time it went on."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=total)
        yield lambda steps: progress.advance(task, steps)


def events_of(recording: Recording, sessions: Sequence[Session]) -> int:
    """How many events the sessions have: the steps that it takes to judge them."""
    return sum(2 * recording.count(session) - recording.unfinished(session) for session in sessions)


def judged(recording: Recording, session: Session, policy: Policy | None = None) -> Summary:
    """The session by today's rules, and by another policy than it was recorded with if one is given; with progress."""
    with watching(events_of(recording, [session]), "judging") as watch:
        return summarise(recording, session, watch, policy)


def found(recording: Recording, session: Session, policy: Policy | None = None) -> Iterator[Finding]:
    """What is found in the session so, one by one: of a long one, all that was derived would not fit into memory."""
    with watching(events_of(recording, [session]), "judging") as watch:
        for thing in derive(recording, session, watch, policy):
            if isinstance(thing, Finding):
                yield thing


def brought_to_today(recording: Recording, sessions: Sequence[Session], policy: Policy | None = None) -> None:
    """What `stored` gives of these sessions is from now on by today's rules, and by another policy if one is given.

    With progress where it has to be derived.
    """
    with watching(events_of(recording, sessions), "judging") as watch:
        bring_to_today(recording, sessions, watch, policy)
