"""Stories that were added to a plan go their own way beside its own."""

from dataclasses import replace

from inspector.replay.plans.extending import extended
from inspector.replay.plans.plan import Kind, Loaded, Plan
from inspector.replay.story.engine import Player
from inspector.traffic.exchange import Response
from inspector.traffic.headers import Headers
from tests.replay.plans import Script

OK = Response(200, "OK", Headers())


def loaded(*plans: Plan, status: int = 200) -> Loaded:
    responses = {one.number: replace(OK, status=status) for plan in plans for one in plan.recorded}
    return Loaded(list(plans), responses, {}, frozenset())


def numbered(plan: Plan, first: int) -> Plan:
    """The plan with other exchange numbers, as a later session of the same file has."""
    recorded = [one._replace(number=one.number + first) for one in plan.recorded]
    return Plan.of(plan.agent, plan.user_name, recorded, plan.lists)


def own() -> Script:
    script = Script()
    script.read("state", 1)
    script.told("started", script.operation("start", 3, 4))
    script.read("state", 5)
    script.told("ended", script.operation("end", 7, 8))
    script.read("state", 9)
    return script


def added() -> Script:
    script = Script()
    script.read("other", 1)
    script.told("uploaded", script.operation("upload", 3, 4))
    script.read("other", 5)
    return script


def play(player: Player, *keys: str) -> tuple[list[int], list[str]]:
    """The numbers of the answers, and what was told."""
    numbers, told = list[int](), list[str]()
    for key in keys:
        index = player.ask(key.encode(), 0)
        assert index is not None, key
        numbers.append(player.plan.recorded[index].number)
        if player.plan.recorded[index].kind is Kind.OPERATION:
            player.played(index, 0)
        told += [one.data.decode() for one in player.release(0, 0, lambda topic: True)]
    return numbers, told


def both() -> Plan:
    return extended(loaded(own().plan()), [loaded(numbered(added().plan(), 100))]).plans[0]


def test_an_added_operation_passes_over_nothing():
    numbers, told = play(Player(both()), "upload", "state", "start", "state", "end", "state")
    assert numbers == [102, 1, 2, 3, 4, 5]
    assert told == ["uploaded", "started", "ended"]


def test_added_reads_follow_what_was_added_and_own_reads_what_is_their_own():
    numbers, _ = play(Player(both()), "other", "state", "start", "other", "upload", "other", "state")
    assert numbers == [101, 1, 2, 101, 102, 103, 3]


def test_the_own_story_ends_when_it_ended():
    player = Player(both())
    play(player, "start", "end")
    assert player.over and player.unused() == []


def test_a_read_that_the_plan_answers_stays_what_it_was():
    script = added()
    script.read("state", 20)
    plan = extended(loaded(own().plan()), [loaded(numbered(script.plan(), 100))]).plans[0]
    numbers, _ = play(Player(plan), "start", "end", "state", "state")
    assert numbers == [2, 4, 5, 5]


def test_an_operation_that_was_used_up_is_answered_once_more():
    script = Script()
    script.told("started again", script.operation("start", 1, 2))
    plan = extended(loaded(own().plan()), [loaded(numbered(script.plan(), 100))]).plans[0]
    numbers, told = play(Player(plan), "start", "start", "end")
    assert numbers == [2, 101, 4]
    assert told == ["started", "started again", "ended"]


def test_every_listener_of_the_agent_is_told_and_one_that_was_never_recorded_too():
    two = own()
    two.told("to the other tab", 2, to=1)
    for script, lists in ((two, 2), (Script(), 1)):
        plan = extended(loaded(script.plan()), [loaded(numbered(added().plan(), 100))]).plans[0]
        assert [events[-1].data for events in plan.lists] == [b"uploaded"] * lists


def test_what_came_before_anything_was_asked_waits_for_the_first_operation():
    script = added()
    script.told("unasked")
    plan = extended(loaded(own().plan()), [loaded(numbered(script.plan(), 100))]).plans[0]
    player = Player(plan)
    player.listening(0, 0)
    assert play(player, "start") == ([2], ["started"])
    assert play(player, "upload")[1] == ["uploaded", "unasked"]


def test_it_is_added_to_the_plan_of_its_user_else_to_all():
    plans = [own().plan(1, "sofia"), own().plan(2, "max")]
    for name, expected in (("sofia", [1, 0]), ("nobody of them", [1, 1]), ("", [1, 1])):
        story = numbered(added().plan(9, name), 100)
        result = extended(loaded(*plans), [loaded(story)])
        assert [int(b"upload" in plan.by_key) for plan in result.plans] == expected
        assert len(result.responses) == 8 and result.responses[101] is not None
