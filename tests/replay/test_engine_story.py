"""Random plans, and everything that a live client may do to them: nothing lost, nothing twice, nothing too early."""

from collections import Counter

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from inspector.replay.plans.plan import Kind, Plan, Told
from tests.replay.plans import DELAY_MS, TOPICS, Live, plans

pytestmark = pytest.mark.once

FOR_EVER = 1e9


class Story(RuleBasedStateMachine):
    """A client that leaves out, reorders, repeats and overlaps calls, subscribes late and to less, and meets faults.

    The model knows of each operation when it was asked, played or refused, and from that which notifications must not,
    may, or have to go out.
    """

    @initialize(
        plan=plans(),
        pace=st.sampled_from([0, 0, 1, 10]),
        reuse=st.sampled_from([False, False, True]),
        eager=st.booleans(),
    )
    def begin(self, plan: Plan, pace: int, reuse: bool, eager: bool) -> None:
        self.plan, self.pace, self.reuse = plan, pace, reuse
        self.live = Live(plan, pace=pace, reuse=reuse)
        self.live.on_release = self.goes_out
        self.operations = [one for one in plan.recorded if one.kind is Kind.OPERATION]
        self.uses: Counter[str] = Counter()
        self.moment = 0
        self.asked: dict[int, int] = {}
        self.since: list[dict[str, int]] = [{} for _ in plan.lists]
        self.played: dict[int, float] = {}
        self.failed: set[int] = set()
        self.once_refused: set[int] = set()
        self.met: dict[str, set[int]] = {"lose": set(), "delay": set(), "hasten": set(), "repeat": set()}
        self.twice: set[tuple[int, int]] = set()
        self.passed: set[int] = set()
        self.in_flight: list[int] = []
        self.let_go: list[set[int]] = [set() for _ in plan.lists]
        self.subscribed: list[bool] = [False for _ in plan.lists]
        self.gone: list[list[int]] = [[] for _ in plan.lists]
        self.sound = True
        if eager:
            for number in range(len(plan.lists)):
                self.subscribe(number, list(TOPICS))

    def subscribe(self, number: int, topics: list[str]) -> None:
        self.subscribed[number] = True
        self.moment += 1
        for topic in topics:
            self.since[number].setdefault(topic, self.moment)
        self.live.subscribe(*topics, number=number)

    @rule(data=st.data(), topics=st.lists(st.sampled_from(TOPICS), min_size=1))
    def subscribes(self, data: st.DataObject, topics: list[str]) -> None:
        self.subscribe(data.draw(st.integers(0, len(self.plan.lists) - 1)), topics)

    @rule(data=st.data(), topic=st.sampled_from(TOPICS))
    def unsubscribes(self, data: st.DataObject, topic: str) -> None:
        number = data.draw(st.integers(0, len(self.plan.lists) - 1))
        self.since[number].pop(topic, None)
        self.live.unsubscribe(topic, number)

    def expected(self, key: str) -> int | None:
        """Operations are used once each, in order; then with reuse the last one."""
        numbers = [one.number for one in self.operations if one.key.decode() == key]
        turn = self.uses[key]
        return numbers[turn] if turn < len(numbers) else numbers[-1] if self.reuse else None

    def meet(self, number: int, *, fails: bool) -> bool:
        """What the model makes of a request, before the player is asked; whether it is under way from now on."""
        one = self.plan.recorded[number - 1]
        first = number not in self.asked or (number in self.failed and not fails)
        self.moment += 1
        self.asked.setdefault(number, self.moment)
        if fails:
            self.failed.add(number)
            self.once_refused.add(number)
        elif first:
            self.failed.discard(number)
            self.in_flight.append(number)
        if first:
            self.passed |= {other.number for other in self.operations if other.done < one.start} - self.asked.keys()
        return first and not fails

    @precondition(lambda self: self.operations)
    @rule(data=st.data(), fault=st.sampled_from([*[""] * 10, "fail", "lose", "delay", "hasten", "repeat"]))
    def asks(self, data: st.DataObject, fault: str) -> None:
        key = data.draw(st.sampled_from([one.key.decode() for one in self.operations]))
        number = self.expected(key)
        self.uses[key] += 1
        if number is None:
            assert self.live.ask(key) is None
            return
        if self.meet(number, fails=fault == "fail" and number not in self.asked):
            if fault in self.met:
                self.met[fault].add(number)
            assert self.live.ask(key, fault if fault in self.met else "") == number
        else:
            assert (self.live.fail if number in self.failed else self.live.ask)(key) == number

    @precondition(lambda self: self.operations)
    @rule(data=st.data())
    def is_refused(self, data: st.DataObject) -> None:
        """The turn stays; whoever waits for this call waits no longer."""
        key = data.draw(st.sampled_from([one.key.decode() for one in self.operations]))
        numbers = [one.number for one in self.operations if one.key.decode() == key]
        if self.uses[key] >= len(numbers):
            assert self.live.refuse(key) is None
            return
        number = numbers[self.uses[key]]
        self.once_refused.add(number)
        for others in self.let_go:
            others.add(number)
        assert self.live.refuse(key) == number

    @precondition(lambda self: self.in_flight)
    @rule(data=st.data())
    def gets_a_reply(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(self.in_flight))
        self.in_flight.remove(number)
        self.played.setdefault(number, self.live.now)
        self.live.reply(number)

    @rule(data=st.data())
    def polls_in_vain(self, data: st.DataObject) -> None:
        number = data.draw(st.integers(0, len(self.plan.lists) - 1))
        self.let_go[number] |= {one.number for one in self.operations} - self.asked.keys()
        self.live.let_go(number)

    @rule(ms=st.sampled_from([1, 20, 150, 1000]))
    def waits(self, ms: int) -> None:
        self.live.wait(ms)

    @precondition(lambda self: any(one.kind is Kind.READ for one in self.plan.recorded))
    @rule(data=st.data())
    def reads(self, data: st.DataObject) -> None:
        """The newest answer whose preceding operations are over, or passed over; or another one at the same place."""
        key = data.draw(st.sampled_from([one.key for one in self.plan.recorded if one.kind is Kind.READ]))
        same = [one for one in self.plan.recorded if one.key == key]
        told = self.asked.keys() | self.passed
        begun = [
            one for one in same if all(other.number in told for other in self.operations if other.done < one.start)
        ]
        newest = self.place(begun[-1].start if begun else same[0].start)
        number = self.live.ask(key.decode())
        assert number in [one.number for one in same if self.place(one.start) == newest]
        assert begun or number == same[0].number

    def place(self, tick: int) -> int:
        return sum(one.done < tick for one in self.operations)

    @precondition(lambda self: any(one.kind is Kind.NOTICE for one in self.plan.recorded))
    @rule(data=st.data())
    def notes(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from([one.key.decode() for one in self.plan.recorded if one.kind is Kind.NOTICE]))
        numbers = [one.number for one in self.plan.recorded if one.key.decode() == key]
        assert self.live.ask(key) == numbers[min(self.uses[key], len(numbers) - 1)]
        self.uses[key] += 1

    # what must hold

    def fell(self, number: int, told: Told) -> bool:
        """Whether the notification's cue has come."""
        if told.cue is None:
            return self.subscribed[number]
        cue = told.cue + 1
        if told.asked_for and cue in self.met["lose"]:
            return False
        return (cue in self.asked and cue not in self.failed) or (
            not told.asked_for and cue in self.once_refused | self.passed
        )

    def may_go(self, number: int, told: Told) -> bool:
        """Whether it is time for it."""
        if told.cue is None or (not told.asked_for and told.cue + 1 in self.passed | self.once_refused):
            return self.fell(number, told)
        met = {fault for fault, calls in self.met.items() if told.asked_for and told.cue + 1 in calls}
        if "hasten" in met or (told.lag_ms < 0 and "delay" not in met):
            return self.fell(number, told)
        since = self.played.get(told.cue + 1, FOR_EVER) + (DELAY_MS if "delay" in met else 0)
        return since + (max(told.lag_ms, 0) / self.pace if self.pace else 0) <= self.live.now

    def overlap(self, one: int, other: int) -> bool:
        first, second = sorted([self.plan.recorded[one], self.plan.recorded[other]], key=lambda each: each.start)
        return second.start < first.done

    def goes_out(self, number: int, told: Told) -> None:
        events, gone = self.plan.lists[number], self.gone[number]
        self.sound = False
        if told.asked_for and told.cue + 1 in self.met["repeat"] and gone[-1:] == [told.position]:
            assert (number, told.position) not in self.twice, "told three times"
            self.twice.add((number, told.position))
            self.sound = True
            return
        assert told.position not in gone, "told twice"
        assert self.may_go(number, told), "told before its cue"
        assert told.topic in self.live.topics[number], "told without a subscription"
        for earlier in events[: told.position]:
            if earlier.position in gone or self.too_late(number, earlier, told):
                continue
            assert not self.came_first(number, earlier, told), "told before an earlier one whose cue came first"
            assert not self.must_wait(number, earlier, told), "told before an earlier one of an overlapping call"
        gone.append(told.position)
        self.sound = True

    def too_late(self, number: int, earlier: Told, told: Told) -> bool:
        """Whether nobody had subscribed to the earlier one when the other was on its way already."""
        since = self.since[number]
        on_its_way = max(since[told.topic], self.asked.get(-1 if told.cue is None else told.cue + 1, 0))
        return since.get(earlier.topic, self.moment + 1) > on_its_way

    def came_first(self, number: int, earlier: Told, told: Told) -> bool:
        if not self.fell(number, earlier) or earlier.cue is None or told.cue is None:
            return False
        by_asking = self.asked.get(earlier.cue + 1), self.asked.get(told.cue + 1)
        if None in by_asking or {earlier.cue + 1, told.cue + 1} & (self.passed | self.once_refused):
            return False
        return by_asking[0] <= by_asking[1] and not self.let_go[number]

    def must_wait(self, number: int, earlier: Told, told: Told) -> bool:
        if earlier.cue is None or told.cue is None or not self.overlap(earlier.cue, told.cue):
            return False
        cue = earlier.cue + 1
        return cue not in self.asked and cue not in self.passed and cue not in self.let_go[number]

    def teardown(self) -> None:
        """Every reply arrives, every poll ends: whoever is subscribed has been told all that fell due, and no more."""
        if not self.sound:
            return  # the end of a run that has failed says nothing more
        while self.in_flight:
            number = self.in_flight.pop(0)
            self.played.setdefault(number, self.live.now)
            self.live.reply(number)
        for number in range(len(self.plan.lists)):
            self.let_go[number] |= {one.number for one in self.operations} - self.asked.keys()
            self.live.let_go(number)
        self.live.wait(FOR_EVER)
        for number, events in enumerate(self.plan.lists):
            for told in events:
                if told.topic in self.live.topics[number] and self.fell(number, told):
                    assert told.position in self.gone[number], f"{told} was lost"
                if told.asked_for and told.cue + 1 in self.met["repeat"] and told.position in self.gone[number]:
                    assert (number, told.position) in self.twice, f"{told} came once only"
            lost = sum(told.asked_for and told.cue + 1 in self.met["lose"] for told in events)
            assert len(self.gone[number]) + lost + len(self.live.player.waiting(number)) == len(events)
        assert self.live.player.unused() == sorted(
            (one.number - 1 for one in self.operations if one.number not in self.asked),
            key=lambda index: self.plan.recorded[index].done,
        )


def test_nothing_is_lost_nothing_doubled_nothing_early_and_nobody_waits_for_ever():
    run_state_machine_as_test(
        Story, settings=settings(max_examples=200, stateful_step_count=40, deadline=None, print_blob=True)
    )
