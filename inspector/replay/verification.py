"""How a run and its recording agree, gathered from everybody who played: what was used, and what nobody was told."""

from collections.abc import Iterable, Mapping

from inspector.replay.journal import Journal, Operation, Undelivered, Verification
from inspector.replay.matching import Identity
from inspector.replay.misses.likeness import operation_of
from inspector.replay.plans.plan import Kind, Told
from inspector.replay.story.engine import Player

Place = tuple[int, int]


def verify(
    journal: Journal, players: Iterable[Player], identities: Mapping[int, Identity], on_their_way: Iterable[Told]
) -> Verification:
    """The verification of a run. `on_their_way` were published, but not handed over yet."""
    operations: dict[int, Operation] = {}
    waiting: dict[Place, Undelivered] = {}
    told: set[Place] = set()
    for player in players:
        plan = player.plan
        for index in plan.by_done:
            if plan.recorded[index].kind is Kind.LEFT_OUT:
                continue
            number = plan.recorded[index].number
            identity = identities[number]
            operations[number] = Operation(number, operation_of(identity), identity.method, identity.path)
        for number, events in enumerate(plan.lists):
            left = {(event.exchange, event.position): event for event in player.waiting(number)}
            # told to anybody who plays this agent is told
            told |= {(event.exchange, event.position) for event in events} - left.keys()
            for place, event in left.items():
                cue = None if event.cue is None else plan.recorded[event.cue].number
                waiting[place] = Undelivered(event.exchange, event.position, event.topic, cue)
    undelivered = [event for place, event in waiting.items() if place not in told]
    undelivered += [Undelivered(event.exchange, event.position, event.topic, None) for event in on_their_way]
    return journal.verify(operations.values(), undelivered)
