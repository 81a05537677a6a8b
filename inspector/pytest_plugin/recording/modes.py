"""What becomes of a test that wants a stub: a recording is played, made, or added to. Decided by nothing but values."""

from dataclasses import dataclass

from inspector.errors import UsageError
from inspector.pytest_plugin import MODES


@dataclass(frozen=True, slots=True)
class Play:
    """What is recorded is played."""


@dataclass(frozen=True, slots=True)
class Record:
    """The server's answers are recorded. `replaces`: in the place of what there was, else beside it."""

    upstream: str
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class Extend:
    """What is recorded is played, what is missing is asked of the server, and kept."""

    upstream: str


def decide(mode: str, exists: bool, upstream: str) -> Play | Record | Extend:
    """`exists`: there is a recording of the test; `upstream`: the server's origin, empty if nobody has named one.

    Raises UsageError: no such mode, or it needs a server.
    """
    if mode not in MODES:
        raise UsageError(f"there is no record mode {mode!r}: {', '.join(MODES)}")
    if mode == "none" or (mode == "once" and exists):
        return Play()
    if not upstream:
        why = "" if exists else "there is no recording of this test, and "
        raise UsageError(f"{why}record mode {mode} has to ask the server: give --gws-upstream URL")
    if mode == "new_episodes" and exists:
        return Extend(upstream)
    return Record(upstream, replaces=mode == "rewrite")
