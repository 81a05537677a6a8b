"""From a file to stubs: the recording is read once, any number of stubs play it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_
from pathlib import Path

from inspector.errors import NothingFound
from inspector.recording.reader import Recording, reading
from inspector.recording.session import Session
from inspector.replay.matching import Matcher, Policy
from inspector.replay.misses.missing import Spy, Tell
from inspector.replay.plans.extending import extended, together
from inspector.replay.plans.keeping import kept, places_of
from inspector.replay.plans.plan import Loaded
from inspector.replay.stub import Settings, Stub
from inspector.webservices.origins import checked_address

ALL = "all"
"""Instead of a session: every one that is complete."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A recorded session ready to be played; `origins` are the addresses under which its server was known."""

    session: Session
    loaded: Loaded
    matcher: Matcher
    origins: Sequence[str]

    def stub(self, settings: Settings | None = None, spy: Spy | None = None, tell: Tell = lambda what: None) -> Stub:
        """A stub of its own: clients, polls, journal and faults are not shared with any other."""
        return Stub(self.loaded, self.matcher, self.origins, settings, spy, tell)


def prepare(
    path: Path,
    *,
    session: str | None = None,
    agent: str | None = None,
    policy: Policy | None = None,
    origins: Sequence[str] = (),
    in_memory: bool = False,
) -> Prepared:
    """Makes a session of the recording at `path` ready: by default its newest complete one that adds to no other, and
    all its agents. What was missing in it, and was recorded later, is part of it.

    `session` is an id, a name or the begin of a UUID, or ALL: the agents of all complete sessions. `agent` is a user
    name, `origins` are more addresses of the recorded server. Where it keeps what the session comes to (`keeping.py`),
    its file stays open for as long as somebody plays it; not with `in_memory`, for who will record into it.
    Raises RecordingError (unreadable), NothingFound (no such session, or no such agent), UsageError (an origin that is
    none).
    """
    others = [checked_address(origin) for origin in origins]
    with reading(path) as recording:
        chosen = [(one, _added(recording, one)) for one in _chosen(recording, session)]
        sessions = [one for whole, added in chosen for one in (whole, *added)]
        # where any of them was redacted, who plays them all has to look the other way everywhere
        places = reduce(or_, map(places_of, sessions))
        matcher = Matcher(policy, places)

        def load(one: Session) -> Loaded:
            ready = (policy is None or policy.ignores_nothing) and not in_memory and places_of(one) == places
            return _loaded(recording, one, matcher, ready)

        loaded = together([extended(load(whole), [load(one) for one in added]) for whole, added in chosen])
    newest = chosen[-1][0]
    if agent is not None:
        plans = [plan for plan in loaded.plans if plan.user_name == agent]
        if not plans:
            known = ", ".join(sorted({plan.user_name for plan in loaded.plans if plan.user_name})) or "nobody by name"
            raise NothingFound(f"{path} holds no agent {agent!r} in session {session or newest.id}; it has {known}")
        loaded = replace(loaded, plans=plans)
    known_as = [origin for one in sessions for origin in (one.upstream, *one.origins)]
    return Prepared(newest, loaded, matcher, [*known_as, *others])


def _chosen(recording: Recording, session: str | None) -> list[Session]:
    if session is not None and session != ALL:
        return [recording.session(session)]
    complete = [one for one in recording.sessions() if one.state == "complete"]
    whole = [one for one in complete if one.parent is None] or complete or [recording.session()]
    return whole if session == ALL else whole[-1:]


def _added(recording: Recording, session: Session) -> list[Session]:
    """What was missing in the session, and in what was added to it: complete sessions, oldest first."""
    known, found = {session.uuid}, list[Session]()
    for one in recording.sessions():
        if one.parent in known and one.state == "complete":
            known.add(one.uuid)
            found.append(one)
    return found


def _loaded(recording: Recording, session: Session, matcher: Matcher, ready: bool) -> Loaded:
    """The session's plans, as they were kept if `ready` ones will do."""
    if ready and (loaded := kept(recording, session, matcher)) is not None:
        return loaded
    from inspector.replay.plans.loading import load_session  # and pydantic with it: a start should not wait for that

    return load_session(recording, session, matcher)
