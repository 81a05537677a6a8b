"""One or many recordings, opened to be audited together: what of them counts, and their transfers in order of time."""

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from inspector.analysis.policy import Policy
from inspector.analysis.rules.selection import Selection
from inspector.audit.concerning import Sifted, about_no_transfer
from inspector.audit.entry import Entry
from inspector.audit.head import Head, LeftOut, Source, digest_of, head_of, name_of, unsettled
from inspector.audit.ledger import entries
from inspector.errors import NothingFound
from inspector.recording.derivation import Watch, bring_to_today
from inspector.recording.reader import Recording, reading
from inspector.recording.session import Session

Bring = Callable[[Recording, Sequence[Session], Policy | None], None]
"""Sees to it that what `stored` gives of these sessions is by today's rules, and by the policy if there is one."""

_STATES = {"open": 0, "incomplete": 1, "complete": 2}


@dataclass(frozen=True, slots=True)
class Other:
    """A finding that is about no transfer, and where."""

    recording: Recording
    session: Session
    finding: Sifted


@dataclass(frozen=True, slots=True)
class Audited:
    """`sessions` are those that count, each with the recording that it is read from, oldest first; each UUID once.

    `policy` is what files were judged by; None: each session by its own.
    """

    sources: tuple[Source, ...]
    sessions: tuple[tuple[Recording, Session], ...]
    selection: Selection
    policy: Policy | None
    _recordings: Mapping[str, Recording]
    _head: Head
    watch: Watch = lambda: None
    """Told of each transfer that `entries` gives."""

    def entries(self) -> Iterator[Entry]:
        """The transfers of all sessions in order of time, one by one; those of which nobody knows it come with the
        session that they are of. Raises RecordingError.
        """
        waiting = list(reversed(self.sessions))
        under_way: list[tuple[int, int, Entry, Iterator[Entry]]] = []
        while waiting or under_way:
            # a session is not read before its time: what was found in it would lie in memory
            while waiting and (not under_way or waiting[-1][1].started.at <= under_way[0][0]):
                recording, session = waiting.pop()
                rows = entries(recording, session, self.selection)
                _put(under_way, len(waiting), session.started.at, rows)
            if under_way:
                at, number, entry, rows = heapq.heappop(under_way)
                self.watch()
                yield entry
                _put(under_way, number, at, rows)

    def count(self) -> int:
        """How many transfers there are."""
        query = "SELECT count(*) FROM transfers WHERE session = ?"
        return sum(recording.db.execute(query, (session.id,)).fetchone()[0] for recording, session in self.sessions)

    def recording_of(self, uuid: str) -> Recording:
        """The recording that a session that counts is read from. Raises KeyError."""
        return self._recordings[uuid]

    def others(self) -> Iterator[Other]:
        """What was found that is about no transfer, session by session. Raises RecordingError."""
        for recording, session in self.sessions:
            for found in about_no_transfer(recording, session, self.selection):
                yield Other(recording, session, found)

    def head(self) -> Head:
        """What all this rests on."""
        return self._head


@contextmanager
def auditing(
    paths: Sequence[Path],
    selection: Selection,
    policy: Policy | None = None,
    bring: Bring = lambda recording, sessions, policy: bring_to_today(recording, sessions, policy=policy),
    *,
    policy_file: Path | None = None,
    session: str | None = None,
    digest: Callable[[Path], str] = digest_of,
) -> Iterator[Audited]:
    """The recordings at `paths`, opened together, of today's rules; only the `session` of this id, name or begin of a
    UUID if one is named. `bring` and `digest` may show progress. Raises RecordingError, NothingFound.
    """
    with ExitStack() as opened:
        sources = []
        for path in dict.fromkeys(paths):
            recording = opened.enter_context(reading(path))
            before = unsettled(recording)
            sha256 = digest(path)
            sources.append(Source(path, recording, sha256, before or unsettled(recording), _named(recording, session)))
        if session is not None and not any(source.sessions for source in sources):
            raise NothingFound(f"no recording holds a session {session}; `ls` lists what one holds")
        sessions, left_out = _once(sources)
        for source in sources:
            mine = [one for recording, one in sessions if recording is source.recording]
            if mine:
                bring(source.recording, mine, policy if any(_differs(policy, one) for one in mine) else None)
        counted = {one.uuid: recording for recording, one in sessions}
        head = head_of(sources, counted, left_out, selection, policy, policy_file)
        yield Audited(tuple(sources), sessions, selection, policy, counted, head)


def _put(under_way: list[tuple[int, int, Entry, Iterator[Entry]]], number: int, at: int, rows: Iterator[Entry]) -> None:
    """The next of a session's rows takes its place among those of the others; one without a time comes at `at`."""
    for entry in rows:
        heapq.heappush(under_way, (entry.at.at if entry.at else at, number, entry, rows))
        return


def _named(recording: Recording, name: str | None) -> tuple[Session, ...]:
    if name is None:
        return tuple(recording.sessions())
    try:
        return (recording.session(name),)
    except NothingFound:
        return ()


def _once(sources: Sequence[Source]) -> tuple[tuple[tuple[Recording, Session], ...], tuple[LeftOut, ...]]:
    """Of each UUID the session that has most: complete before incomplete before open, then of more exchanges, then of
    the recording that was named first; and those that are left out for it, as are the parts that `trim` made of one
    that is here whole.
    """
    found: dict[str, list[tuple[Recording, Session]]] = {}
    for source in sources:
        for session in source.sessions:
            found.setdefault(session.uuid, []).append((source.recording, session))
    kept, left_out = [], []
    for copies in found.values():
        best = max(copies, key=_worth) if len(copies) > 1 else copies[0]
        kept.append(best)
        left_out += [
            LeftOut(name_of(one[0].path), one[1].uuid, name_of(best[0].path)) for one in copies if one is not best
        ]
    parts = dict(_parts({one[1].uuid: one[1] for one in kept}))
    for recording, session in kept:
        if whole := parts.get(session.uuid):
            [where] = [name_of(one[0].path) for one in kept if one[1].uuid == whole]
            left_out.append(LeftOut(name_of(recording.path), session.uuid, where))
    counted = (one for one in kept if one[1].uuid not in parts)
    return tuple(sorted(counted, key=lambda one: one[1].started.at)), tuple(left_out)


def _parts(sessions: Mapping[str, Session]) -> Iterator[tuple[str, str]]:
    """The sessions that were trimmed from another one of these, each with that which is whole, by their UUIDs."""
    told = set[str]()
    for uuid in sessions:
        seen, whole = {uuid}, uuid
        while (before := sessions[whole].versions.get("trimmed", "")) in sessions and before not in seen:
            seen.add(before)
            whole = before
        if whole != uuid and whole not in told:  # whoever bends both cannot have each left out for the other
            told.add(uuid)
            yield uuid, whole


def _worth(copy: tuple[Recording, Session]) -> tuple[int, int]:
    recording, session = copy
    return _STATES.get(session.state, -1), recording.count(session)


def _differs(policy: Policy | None, session: Session) -> bool:
    """Whether it is another policy than the session was recorded with."""
    return policy is not None and policy.kept() != session.settings.get("policy", {})
