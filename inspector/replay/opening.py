"""From a file to stubs: the recording is read once, any number of stubs play it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from inspector.errors import NothingFound
from inspector.recording.reader import Recording, reading
from inspector.recording.session import Session
from inspector.replay.loading import Causes, Loaded, load
from inspector.replay.matching import Matcher, Policy
from inspector.replay.stub import Settings, Stub
from inspector.traffic.redaction import Places


@dataclass(frozen=True, slots=True)
class Prepared:
    """A recorded session ready to be played; `origins` are the addresses under which its server was known."""

    session: Session
    loaded: Loaded
    matcher: Matcher
    origins: Sequence[str]

    def stub(self, settings: Settings | None = None) -> Stub:
        """A stub of its own: clients, polls, journal and faults are not shared with any other."""
        return Stub(self.loaded, self.matcher, self.origins, settings)


def prepare(
    path: Path,
    *,
    session: str | None = None,
    agent: str | None = None,
    policy: Policy | None = None,
    origins: Sequence[str] = (),
) -> Prepared:
    """Makes a session of the recording at `path` ready: by default its newest complete one, and all its agents.

    `session` is an id or the begin of a UUID, `agent` a user name, `origins` more addresses of the recorded server.
    Raises RecordingError (unreadable), NothingFound (no such session, or no such agent).
    """
    with reading(path) as recording:
        chosen = recording.session(session) if session else _newest_complete(recording)
        places = Places(*(frozenset(chosen.redacted.get(name, ())) for name in ("headers", "members")))
        matcher = Matcher(policy, places)
        loaded = load(recording.events(chosen), _causes(recording, chosen), matcher)
    if agent is not None:
        plans = [plan for plan in loaded.plans if plan.user_name == agent]
        if not plans:
            known = ", ".join(sorted({plan.user_name for plan in loaded.plans if plan.user_name})) or "nobody by name"
            raise NothingFound(f"{path} holds no agent {agent!r} in session {chosen.id}; it has {known}")
        loaded = replace(loaded, plans=plans)
    return Prepared(chosen, loaded, matcher, [chosen.upstream, *chosen.origins, *origins])


def _newest_complete(recording: Recording) -> Session:
    complete = [session for session in recording.sessions() if session.state == "complete"]
    return complete[-1] if complete else recording.session()


def _causes(recording: Recording, session: Session) -> Causes:
    """What caused what: as the recorder found it, or (it was killed before it knew) by today's rules."""
    if session.state == "complete":
        rows = recording.db.execute(
            "SELECT c.exchange, c.position, c.call FROM causes c JOIN exchanges e ON e.id = c.call WHERE e.session = ?",
            (session.id,),
        )
        return {(exchange, position): call for exchange, position, call in rows}
    from inspector.recording.derivation import summarise  # the whole analysis: a start should not wait for it

    return {(cause.exchange, cause.position): cause.call for cause in summarise(recording, session).causes}
