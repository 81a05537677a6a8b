"""What is told at the end of a run, of what its tests did: decided by nothing but values."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from inspector.pytest_plugin.leftovers.seen import Played, Seen
from inspector.recording.session import Session
from inspector.replay.plans.opening import ALL

MOST = 10
"""Operations of one recording that are shown, and recordings that no test plays."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """What of a recording no test needs: operations (by their numbers), and sessions (by their ids)."""

    path: str
    played: Played
    unused: tuple[int, ...] = ()
    superseded: tuple[Session, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.unused or self.superseded)


def leftovers(
    seen: Seen, knows: Callable[[str], bool], sessions: Callable[[str], Sequence[Session]]
) -> Iterator[Leftover]:
    """Of each recording of which the run can tell it, if there is any. `sessions` gives what a recording holds."""
    doubtful = doubts(seen, knows)
    for path, played in sorted(seen.played.items()):
        if path not in doubtful:
            unused = tuple(sorted(played.operations.keys() - played.used))
            older = () if ALL in played.asked else tuple(superseded(sessions(path), played.sessions))
            found = Leftover(path, played, unused, older)
            if found:
                yield found


def doubts(seen: Seen, knows: Callable[[str], bool]) -> set[str]:
    """The recordings that were played, but of which the run cannot tell what nobody needs: it can if all tests that
    name one ran and passed, none has written to it, and the run `knows` of all tests that could name it.
    """
    naming = defaultdict[str, set[str]](set)
    for test, path in seen.needing.items():
        naming[path].add(test)

    def is_told(path: str) -> bool:
        return bool(naming[path]) and naming[path] <= seen.passed and path not in seen.written and knows(path)

    return {path for path in seen.played if seen.is_broken or not is_told(path)}


def superseded(sessions: Sequence[Session], played: Collection[str]) -> Iterator[Session]:
    """The sessions of which there is a newer one of the same name, that is complete, and which no test has `played`
    (UUIDs). Those that only add to one go with it.
    """
    newest: dict[str, Session] = {}
    for one in sessions:
        if one.name and one.parent is None and one.state == "complete":
            newest[one.name] = one
    for one in sessions:
        last = newest.get(one.name)
        if one.parent is None and last and one.id < last.id and one.uuid not in played:
            yield one


def forgotten(
    seen: Seen, knows: Callable[[str], bool], sessions: Callable[[str], Sequence[Session]]
) -> Iterator[tuple[str, list[str]]]:
    """Of each recording of which the run can tell it, the names of sessions that a test recorded, but none plays: it
    is gone, or has another name. Those that a newer one supersedes are not among them.
    """
    doubtful = doubts(seen, knows)
    for path, played in sorted(seen.played.items()):
        if path not in doubtful and ALL not in played.asked:
            all_of_it = sessions(path)
            known = played.sessions | {one.uuid for one in superseded(all_of_it, played.sessions)}
            own = [one for one in all_of_it if "::" in one.name and one.parent is None]
            names = [one.name for one in own if one.uuid not in known]
            if names:
                yield path, names


def lines(found: Leftover, shown: Callable[[str], str], did: str = "") -> Iterator[str]:
    """What is told of a recording; `shown` makes of a path or a text what people can read. With `did` ("dropped"), that
    it is gone.
    """
    place = shown(found.path)
    if unused := found.unused:
        count = f"{len(unused)} of {len(found.played.operations)} operations"
        yield f"{place}: {did} {count}" if did else f"{place}: {count} were never asked for"
        for number in unused[:MOST]:
            name, method, path = found.played.operations[number]
            yield f"  #{number} {shown(' '.join(filter(None, (name, method, path))))}"
        if len(unused) > MOST:
            yield f"  and {len(unused) - MOST} more"
    if found.superseded:
        which = ", ".join(f"{one.id} ({shown(one.name)})" for one in found.superseded[:MOST])
        more = f" and {len(found.superseded) - MOST} more" if len(found.superseded) > MOST else ""
        newer = "of which a newer one has the name"
        yield f"{place}: {did} session {which}{more}, {newer}" if did else f"{place}: session {which}{more}, {newer}"


def unplayed(paths: Iterable[str], shown: Callable[[str], str]) -> Iterator[str]:
    """What is told of recordings that no test plays."""
    listed = sorted(paths)
    for path in listed[:MOST]:
        yield f"{shown(path)}: no test plays it"
    if len(listed) > MOST:
        yield f"and {len(listed) - MOST} more recordings that no test plays"


def unplayed_sessions(told: Iterable[tuple[str, list[str]]], shown: Callable[[str], str]) -> Iterator[str]:
    """What is told of sessions that no test plays."""
    for path, names in told:
        more = f" and {len(names) - MOST} more" if len(names) > MOST else ""
        yield f"{shown(path)}: no test plays session {', '.join(map(shown, names[:MOST]))}{more}"
