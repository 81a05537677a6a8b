"""Each row of the engine's table of states, and each rule about lifetimes and cues, by example."""

import pytest

from inspector.replay.plans.plan import Told
from tests.replay.plans import CHATS, DEVICES, Live, Script

# an exchange that waits


def test_what_was_never_recorded_is_a_miss():
    assert Live(Script().plan()).ask("upload") is None


def test_a_notification_waits_for_its_call():
    script = Script()
    script.told("file", script.operation("upload", 1, 2))
    live = Live(script.plan())
    live.subscribe()
    assert live.waiting == ["file"] and live.flush() == []


def test_a_notification_is_told_once_the_reply_has_been_handed_over():
    script = Script()
    script.told("file", script.operation("upload", 1, 2))
    live = Live(script.plan())
    live.subscribe()
    live.ask("upload")
    assert live.heard == [[]]
    assert live.reply(1) == ["file"] and live.waiting == []


def test_a_reply_that_is_handed_over_twice_tells_nothing_twice():
    script = Script()
    script.told("file", script.operation("upload", 1, 2))
    live = Live(script.plan())
    live.subscribe()
    live.call("upload")
    assert live.reply(1) == []


# asked


def test_a_notification_that_came_before_the_reply_is_told_when_the_request_is_there():
    script = Script()
    upload = script.operation("upload", 1, 9)
    script.told("early", upload, lag=-3)
    script.told("late", upload, lag=3)
    live = Live(script.plan())
    live.subscribe()
    live.ask("upload")
    assert live.heard == [["early"]]
    assert live.reply(1) == ["late"]


@pytest.mark.parametrize(("lag", "early"), [(-0.001, True), (0.0, False), (7.0, False)])
def test_a_stub_learns_whether_a_reply_has_to_wait_for_notifications(lag, early):
    script = Script()
    script.told("file", script.operation("upload", 1, 2), lag=lag)
    live = Live(script.plan())
    assert live.player.ask(b"upload", 0) == 0
    assert live.player.early(0, 0) is early


def test_an_operation_is_answered_once_then_it_is_a_miss():
    script = Script()
    script.operation("upload", 1, 2)
    live = Live(script.plan())
    assert [live.ask("upload"), live.ask("upload")] == [1, None]


def test_equal_operations_are_answered_in_order():
    script = Script()
    for start in (1, 3, 5):
        script.operation("send", start, start + 1)
    live = Live(script.plan())
    assert [live.ask("send") for _ in range(4)] == [1, 2, 3, None]


def test_with_reuse_the_last_answer_repeats_and_tells_nothing_again():
    script = Script()
    for start in (1, 3):
        script.told(f"message {start}", script.operation("send", start, start + 1))
    live = Live(script.plan(), reuse=True)
    live.subscribe()
    assert [live.call("send") for _ in range(4)] == [["message 1"], ["message 3"], [], []]
    assert [live.ask("send"), live.ask("send")] == [2, 2]


def test_what_was_never_asked_for_is_unused():
    script = Script()
    script.operation("accept", 1, 2)
    script.operation("send", 3, 4)
    script.read("chat", 5)
    script.notice("typing", 7)
    live = Live(script.plan())
    live.call("send")
    assert live.player.unused() == [0]


# passed over


def passed_over():
    """Accept was left out; of what hangs on it, one was asked for by it and one was not."""
    script = Script()
    accept = script.operation("accept", 1, 2)
    script.told("accepted", accept)
    script.told("customer", accept, asked=False)
    script.operation("send", 3, 4)
    live = Live(script.plan())
    live.subscribe()
    return live


def test_a_call_passes_over_what_was_over_before_it_began_and_what_only_followed_that_is_told():
    live = passed_over()
    assert live.call("send") == ["customer"]
    assert live.waiting == ["accepted"]


def test_a_call_that_comes_after_it_was_passed_over_is_answered_after_all():
    live = passed_over()
    live.call("send")
    assert live.ask("accept") == 1
    assert live.reply(1) == ["accepted"]


def test_a_call_does_not_pass_over_what_was_under_way_with_it():
    script = Script()
    script.told("customer", script.operation("upload", 1, 4), asked=False)
    script.operation("send", 3, 6)
    live = Live(script.plan())
    live.subscribe()
    assert live.call("send") == []


def test_reads_and_notices_pass_over_nothing():
    script = Script()
    script.told("customer", script.operation("send", 1, 2), asked=False)
    script.read("chat", 3)
    script.notice("typing", 5)
    live = Live(script.plan())
    live.subscribe()
    assert (live.ask("chat"), live.ask("typing"), live.heard) == (2, 3, [[]])


def test_an_event_of_a_passed_over_call_holds_back_nobody():
    script = Script()
    first, second = script.operation("first", 1, 4), script.operation("second", 2, 5)
    script.told("of first", first)
    script.told("of second", second)
    script.operation("third", 6, 7)
    live = Live(script.plan())
    live.subscribe()
    assert live.call("second") == []
    assert live.call("third") == ["of second"]


# failed


def test_what_a_call_that_failed_caused_never_comes_and_what_only_followed_it_does():
    script = Script()
    upload = script.operation("upload", 1, 5)
    script.told("early", upload, lag=-1)
    script.told("file", upload)
    script.told("customer", upload, asked=False)
    live = Live(script.plan())
    live.subscribe()
    live.fail("upload")
    assert live.heard == [["customer"]]
    assert live.reply(1) == [] and live.waiting == ["early", "file"]


def test_an_event_of_a_call_that_failed_holds_back_nobody():
    script = Script()
    first, second = script.operation("first", 1, 4), script.operation("second", 2, 5)
    script.told("of first", first)
    script.told("of second", second)
    live = Live(script.plan())
    live.subscribe()
    live.fail("first")
    assert live.call("second") == ["of second"]


# subscriptions


def test_what_waits_for_no_call_waits_for_a_subscription():
    script = Script()
    script.told("hello")
    live = Live(script.plan())
    assert live.flush() == []
    assert live.subscribe() == ["hello"]
    assert live.subscribe() == []


def test_an_event_on_a_topic_without_a_subscription_waits_and_holds_back_nobody():
    script = Script()
    upload = script.operation("upload", 1, 2)
    script.told("device", upload, topic=DEVICES)
    script.told("file", upload)
    live = Live(script.plan())
    live.subscribe(CHATS)
    assert live.call("upload") == ["file"]
    assert live.subscribe(DEVICES) == ["device"]


def test_who_subscribes_late_is_told_everything_that_was_due_in_order():
    script = Script()
    script.told("hello")
    for start, name in ((1, "accept"), (3, "send")):
        script.told(f"of {name}", script.operation(name, start, start + 1))
    live = Live(script.plan())
    live.call("accept")
    live.call("send")
    assert live.subscribe() == ["hello", "of accept", "of send"]


def test_who_unsubscribes_misses_nothing_that_is_due_later():
    script = Script()
    script.told("file", script.operation("upload", 1, 2))
    live = Live(script.plan())
    live.subscribe(CHATS)
    live.ask("upload")
    live.unsubscribe(CHATS)
    assert live.reply(1) == []
    assert live.subscribe(CHATS) == ["file"]


def test_each_list_is_told_by_its_own_subscriptions():
    script = Script()
    upload = script.operation("upload", 1, 2)
    script.told("to the first", upload)
    script.told("to the second", upload, to=1)
    live = Live(script.plan())
    live.subscribe(number=1)
    live.call("upload")
    assert live.heard == [[], ["to the second"]]
    live.subscribe(number=0)
    assert live.heard == [["to the first"], ["to the second"]]


# what `waiting` tells


def test_whoever_waits_is_named_with_its_place_in_the_recording():
    script = Script()
    script.told("file", script.operation("upload", 1, 2))
    assert Live(script.plan()).player.waiting(0) == [Told(100, 0, CHATS, b"file", 0, 5, True)]
