"""Random plans: what is told depends on what is asked in which order, and never on how long anything takes."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.replay.plans.plan import Kind, Plan
from tests.replay.plans import Live, plans

FOR_EVER = 1e9


def heard(plan: Plan, keys: list[str], replies: list[int], **chosen: Any) -> tuple[list[int | None], list[list[str]]]:
    """Who asks for these, in this order; the n-th reply is handed over when so many more requests have come."""
    live = Live(plan, **chosen)
    for number in range(len(plan.lists)):
        live.subscribe(number=number)
    open_: list[tuple[int, int]] = []
    answers = []
    for turn, (key, delay) in enumerate(zip(keys, replies, strict=True)):
        answers.append(live.ask(key))
        if answers[-1] is not None and plan.recorded[answers[-1] - 1].kind is Kind.OPERATION:
            open_.append((turn + delay, answers[-1]))
        for one in sorted(one for one in open_ if one[0] <= turn):
            open_.remove(one)
            live.reply(one[1])
        live.wait(7)
    for _, number in sorted(open_):
        live.reply(number)
    live.wait(FOR_EVER)
    return answers, live.heard


@given(plans(), st.data())
@settings(max_examples=400, deadline=None, print_blob=True)
def test_the_same_requests_in_the_same_order_give_the_same_whatever_the_timing(plan, data):
    keys = data.draw(st.lists(st.sampled_from([one.key.decode() for one in plan.recorded]), max_size=12))
    delays = st.lists(st.integers(0, 4), min_size=len(keys), max_size=len(keys))
    first, second = data.draw(delays), data.draw(delays)
    pace = data.draw(st.sampled_from([0, 1, 10]))
    assert heard(plan, keys, first, pace=pace) == heard(plan, keys, second, pace=pace)


@given(plans())
@settings(max_examples=200, deadline=None, print_blob=True)
def test_who_does_what_was_recorded_one_after_the_other_is_answered_all_of_it(plan):
    live = Live(plan)
    for number in range(len(plan.lists)):
        live.subscribe(number=number)
    for one in plan.recorded:
        number = live.ask(one.key.decode())
        assert number is not None
        if one.kind is Kind.OPERATION:
            assert number == one.number
            live.reply(number)
    assert live.player.unused() == []
    assert [live.player.waiting(number) for number in range(len(plan.lists))] == [[] for _ in plan.lists]
