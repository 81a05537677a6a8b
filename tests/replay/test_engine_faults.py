"""What faults do to one client's story, and that nothing else is touched by them."""

import pytest

from inspector.replay.plans.plan import Plan
from tests.replay.plans import DELAY_MS, Live, Script


def uploads(lag: float = 5) -> Plan:
    """Two uploads, each with its notification; a customer's message after the first, then a call that ends it."""
    script = Script()
    first = script.operation("upload", 1, 5)
    script.told("first file", first, lag=lag)
    script.told("customer", first, asked=False)
    second = script.operation("upload", 6, 9)
    script.told("second file", second)
    end = script.operation("leave", 10, 12)
    script.told("left", end)
    return script.plan()


@pytest.fixture
def live() -> Live:
    live = Live(uploads())
    live.subscribe()
    return live


def met(live: Live, fault: str) -> list[str]:
    """All that an upload which meets the fault tells, at once."""
    number = live.ask("upload", fault)
    early = list(live.heard[0])
    return [*early, *live.reply(number)]


def test_a_refused_call_stays_to_be_asked_for(live: Live) -> None:
    assert live.refuse("upload") == 1
    assert live.call("upload") == ["first file"]
    assert live.call("upload") == ["second file"]
    assert live.ask("upload") is None


def test_what_only_followed_a_refused_call_comes_once_and_before_it(live: Live) -> None:
    live.refuse("upload")
    assert live.heard == [["customer"]]
    live.refuse("upload")
    live.call("upload")
    assert live.heard == [["customer", "first file"]]


def test_what_was_never_recorded_can_be_refused(live: Live) -> None:
    assert live.refuse("unheard of") is None
    assert live.call("upload") == ["first file", "customer"]


def test_who_waits_for_an_overlapping_call_waits_no_longer_when_that_is_refused() -> None:
    script = Script()
    first, second = script.operation("first", 1, 4), script.operation("second", 2, 5)
    script.told("of first", first)
    script.told("of second", second)
    live = Live(script.plan())
    live.subscribe()
    live.refuse("first")
    assert live.call("second") == ["of second"]
    assert live.call("first") == ["of first"]


def test_a_lost_notification_never_comes_and_nobody_waits_for_it(live: Live) -> None:
    assert met(live, "lose") == ["customer"]
    assert live.call("upload") == ["second file"]
    assert live.wait(1e9) == []
    assert live.waiting == ["left"], "what was lost on purpose is not undelivered"


def test_a_lost_early_notification_never_comes() -> None:
    live = Live(uploads(lag=-3))
    live.subscribe()
    assert met(live, "lose") == ["customer"]


def test_a_delayed_notification_comes_later_and_in_its_place(live: Live) -> None:
    assert met(live, "delay") == []
    assert live.call("upload") == []
    assert live.wait(DELAY_MS - 1) == []
    assert live.wait(1) == ["first file", "customer", "second file"]


def test_an_early_notification_that_is_delayed_does_not_overtake_its_reply() -> None:
    live = Live(uploads(lag=-3))
    live.subscribe()
    live.ask("upload", "delay")
    assert live.heard == [[]]
    live.reply(1)
    assert live.wait(DELAY_MS) == ["first file", "customer"]


def test_a_repeated_notification_comes_twice_in_a_row(live: Live) -> None:
    assert met(live, "repeat") == ["first file", "first file", "customer"]
    assert live.call("upload") == ["second file"]


def test_a_hastened_notification_overtakes_its_reply(live: Live) -> None:
    live.ask("upload", "hasten")
    assert live.heard == [["first file"]]
    assert live.reply(1) == ["customer"]


@pytest.mark.parametrize("fault", ["lose", "delay", "repeat", "hasten"])
def test_who_answers_again_causes_nothing_that_a_fault_could_meet(fault: str) -> None:
    live = Live(uploads(), reuse=True, pace=1)
    live.subscribe()
    for _ in range(2):
        live.reply(live.ask("upload") or 0)
    live.ask("upload", fault)
    assert live.wait(5) == ["first file", "customer", "second file"]
