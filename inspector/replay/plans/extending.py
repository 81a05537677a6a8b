"""Sessions that are played together: one after the other, or with what was missing and was recorded later.

What `--record-missing` kept is a story of its own beside each plan's: it was asked for at any time, so it neither
passes over nor waits for what the plan's own story tells.
"""

from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import replace
from typing import TypeVar, cast

from inspector.replay.matching import Identity
from inspector.replay.plans.plan import Kind, Loaded, Plan, Recorded, Told
from inspector.traffic.exchange import Response

T = TypeVar("T")


def extended(loaded: Loaded, added: Sequence[Loaded]) -> Loaded:
    """The session with what was added to it: to the plans of the same user, else (another user played, or somebody who
    said no name) to all of them.
    """
    if not added:
        return loaded
    stories: list[list[Plan]] = [[] for _ in loaded.plans]
    for one in added:
        for story in one.plans:
            own = [place for place, plan in enumerate(loaded.plans) if story.user_name and _same_user(plan, story)]
            for place in own or range(len(loaded.plans)):
                stories[place].append(story)
    responses = _Joined(loaded.responses, [one.responses for one in added])
    plans = [_with(plan, own, loaded.responses) for plan, own in zip(loaded.plans, stories, strict=True)]
    return Loaded(
        plans or [plan for one in added for plan in one.plans],
        responses,
        _Joined(loaded.identities, [one.identities for one in added]),
        loaded.logins.union(*(one.logins for one in added)),
    )


def together(sessions: Sequence[Loaded]) -> Loaded:
    """Several sessions as one: their agents one after the other, numbered anew."""
    if len(sessions) == 1:
        return sessions[0]
    plans = [plan for one in sessions for plan in one.plans]
    return Loaded(
        [replace(plan, agent=number) for number, plan in enumerate(plans, 1)],
        ChainMap(*(cast(MutableMapping[int, Response], one.responses) for one in sessions)),
        ChainMap(*(cast(MutableMapping[int, Identity], one.identities) for one in sessions)),
        frozenset().union(*(one.logins for one in sessions)),
    )


def _same_user(plan: Plan, other: Plan) -> bool:
    return plan.user_name == other.user_name


def _with(plan: Plan, stories: Sequence[Plan], responses: Mapping[int, Response]) -> Plan:
    recorded, begins = list(plan.recorded), [0]
    lists = [list(told) for told in plan.lists]
    for story in stories:
        begin, tick = len(recorded), max((one.done for one in recorded), default=0) + 1
        begins.append(begin)
        missing = [index for index, one in enumerate(story.recorded) if not _answers(plan, one, responses)]
        where = {index: begin + place for place, index in enumerate(missing)}
        own = (story.recorded[index] for index in missing)
        recorded += [one._replace(start=one.start + tick, done=one.done + tick) for one in own]
        told = list(_told(story, where))
        lists = lists or [[]]
        for events in lists:  # whoever listened was told
            events += told
    return Plan.of(plan.agent, plan.user_name, recorded, lists, begins)


def _answers(plan: Plan, asked: Recorded, responses: Mapping[int, Response]) -> bool:
    """Whether the plan itself answers a read: the login on the way to what was missing may be one that it knows."""
    if asked.kind is not Kind.READ:
        return False
    known = (responses[plan.recorded[index].number].status for index in plan.by_key.get(asked.key, ()))
    return any(200 <= status < 300 for status in known)


def _told(story: Plan, where: Mapping[int, int]) -> Iterator[Told]:
    """Its notifications; what waited for nothing waits for its first operation, before which nobody was there."""
    operations = (Kind.OPERATION, Kind.LEFT_OUT)
    first = next((index for index in where if story.recorded[index].kind in operations), None)
    for events in story.lists:
        for one in events:
            cue = first if one.cue is None else one.cue
            if cue is not None and cue in where:
                yield replace(one, cue=where[cue])


class _Joined(Mapping[int, T]):
    """By exchange number, which is unique in a file: what was added, and what was there."""

    def __init__(self, whole: Mapping[int, T], added: Iterable[Mapping[int, T]]) -> None:
        self._whole = whole
        self._added = {number: value for one in added for number, value in one.items()}

    def __getitem__(self, number: int) -> T:
        return self._added[number] if number in self._added else self._whole[number]

    def __iter__(self) -> Iterator[int]:
        yield from self._whole
        yield from self._added

    def __len__(self) -> int:
        return len(self._whole) + len(self._added)
