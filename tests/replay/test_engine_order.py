"""What waits for what: overlapping calls, calls in flight, the pace; and what reads show of the story."""

import pytest

from tests.replay.plans import CHATS, DEVICES, Live, Script


def two_overlapping():
    script = Script()
    first, second = script.operation("first", 1, 5), script.operation("second", 2, 6)
    script.told("of first", first)
    script.told("of second", second)
    return script


# calls that were under way together


@pytest.mark.parametrize("order", [("first", "second"), ("second", "first")])
def test_overlapping_calls_may_arrive_in_either_order(order):
    live = Live(two_overlapping().plan())
    live.subscribe()
    for key in order:
        live.call(key)
    assert live.heard == [["of first", "of second"]]


@pytest.mark.parametrize("replies", [(1, 2), (2, 1)])
@pytest.mark.parametrize("order", [("first", "second"), ("second", "first")])
def test_it_does_not_matter_which_reply_of_overlapping_calls_is_handed_over_first(order, replies):
    live = Live(two_overlapping().plan())
    live.subscribe()
    for key in order:
        live.ask(key)
    for number in replies:
        live.reply(number)
    assert live.heard == [["of first", "of second"]]


def test_it_does_not_matter_which_reply_is_handed_over_first_if_calls_overlap_only_now():
    script = Script()
    for start, name in ((1, "first"), (3, "second")):
        script.told(f"of {name}", script.operation(name, start, start + 1))
    live = Live(script.plan())
    live.subscribe()
    live.ask("first")
    live.ask("second")
    assert live.reply(2) == []
    assert live.reply(1) == ["of first", "of second"]


@pytest.mark.parametrize("both_in_flight", [False, True])
def test_a_late_notification_keeps_its_place_whether_or_not_the_next_call_came_before_the_reply(both_in_flight):
    script = Script()
    slow, quick = script.operation("slow", 1, 2), script.operation("quick", 3, 4)
    script.told("of quick", quick)
    script.told("of slow", slow)
    live = Live(script.plan())
    live.subscribe()
    live.ask("slow")
    if both_in_flight:
        live.ask("quick")
        live.reply(1)
    else:
        live.reply(1)
        live.ask("quick")
    live.reply(2)
    assert live.heard == [["of slow", "of quick"]]


def test_who_is_held_back_by_a_call_that_does_not_come_is_let_go_when_a_poll_would_end_empty():
    live = Live(two_overlapping().plan())
    live.subscribe()
    assert live.call("second") == []
    assert live.let_go() == ["of second"]
    assert live.call("first") == ["of first"]


def test_whatever_is_due_behind_one_that_is_held_back_is_let_go_with_it():
    script = two_overlapping()
    script.told("of third", script.operation("third", 3, 9))
    live = Live(script.plan())
    live.subscribe()
    live.call("third")
    live.call("second")
    assert live.heard == [[]]
    assert live.let_go() == ["of second", "of third"]


def test_a_call_without_earlier_events_holds_back_nobody():
    script = Script()
    first, second = script.operation("first", 1, 5), script.operation("second", 2, 6)
    script.told("of second", second)
    script.told("of first", first)
    live = Live(script.plan())
    live.subscribe()
    assert live.call("second") == ["of second"]


def test_a_call_that_was_under_way_during_hundreds_of_reads_still_holds_back():
    script = Script()
    upload = script.operation("upload", 1, 2000)
    for start in range(10, 1010, 2):
        script.read("chat", start)
    send = script.operation("send", 1500, 2500)
    script.told("file", upload)
    script.told("message", send)
    live = Live(script.plan())
    live.subscribe()
    live.call("send")
    live.call("upload")
    assert live.heard == [["file", "message"]]


def test_nobody_waits_for_events_of_an_overlapping_call_on_a_topic_without_a_subscription():
    script = Script()
    first, second = script.operation("first", 1, 5), script.operation("second", 2, 6)
    script.told("device", first, topic=DEVICES)
    script.told("of second", second)
    live = Live(script.plan())
    live.subscribe(CHATS)
    assert live.call("second") == ["of second"]


# the pace


def test_at_pace_1_a_notification_comes_after_its_recorded_lag():
    script = Script()
    script.told("file", script.operation("upload", 1, 2), lag=40)
    live = Live(script.plan(), pace=1)
    live.subscribe()
    assert live.call("upload") == []
    assert live.player.next_due(0, live.now) == 40
    assert live.wait(39) == []
    assert live.wait(1) == ["file"]
    assert live.player.next_due(0, live.now) is None


def test_a_higher_pace_is_that_much_faster():
    script = Script()
    script.told("file", script.operation("upload", 1, 2), lag=40)
    live = Live(script.plan(), pace=10)
    live.subscribe()
    live.call("upload")
    assert live.player.next_due(0, live.now) == 4


def test_the_lag_counts_from_the_end_of_the_reply():
    script = Script()
    script.told("file", script.operation("upload", 1, 2), lag=40)
    live = Live(script.plan(), pace=1)
    live.subscribe()
    live.ask("upload")
    live.wait(1000)
    live.reply(1)
    assert live.player.next_due(0, live.now) == 1040


def test_an_early_notification_knows_no_pace():
    script = Script()
    script.told("file", script.operation("upload", 1, 2), lag=-40)
    live = Live(script.plan(), pace=1)
    live.subscribe()
    assert live.call("upload") == ["file"]


def test_a_later_event_waits_behind_an_earlier_one_that_is_not_yet_due():
    script = Script()
    script.told("slow", script.operation("first", 1, 2), lag=100)
    script.told("quick", script.operation("second", 3, 4), lag=1)
    live = Live(script.plan(), pace=1)
    live.subscribe()
    live.call("first")
    live.call("second")
    assert live.wait(99) == []
    assert live.wait(1) == ["slow", "quick"]


# reads


def story():
    """The chat is read twice before it is accepted, once after, and twice after a message was sent."""
    script = Script()
    script.read("chat", 1)
    script.read("chat", 3)
    script.operation("accept", 5, 6)
    script.read("chat", 7)
    script.operation("send", 9, 10)
    script.read("chat", 11)
    script.read("chat", 13)
    return Live(script.plan())


def reads(live, times):
    return [live.ask("chat") for _ in range(times)]


def test_reads_at_one_place_come_in_order_then_the_last_repeats():
    assert reads(story(), 4) == [1, 2, 2, 2]


@pytest.mark.parametrize("before", range(4))
def test_a_read_shows_the_state_that_belongs_to_its_place_however_often_it_was_asked_before(before):
    live = story()
    reads(live, before)
    live.call("accept")
    assert reads(live, 2) == [4, 4]
    live.call("send")
    assert reads(live, 3) == [6, 7, 7]


def test_the_story_goes_on_when_a_call_was_left_out():
    live = story()
    live.call("send")
    assert reads(live, 3) == [6, 7, 7]


def test_a_call_that_comes_late_does_not_turn_back_the_story():
    live = story()
    live.call("send")
    live.call("accept")
    assert reads(live, 2) == [6, 7]


def test_a_call_counts_for_reads_from_its_request_on():
    live = story()
    live.ask("accept")
    assert reads(live, 1) == [4]


def test_a_call_that_failed_lets_the_story_go_on():
    live = story()
    live.fail("accept")
    assert reads(live, 1) == [4]


def test_a_read_during_a_call_belongs_before_its_end():
    script = Script()
    script.operation("accept", 1, 5)
    during, after = script.read("chat", 3), script.read("chat", 7)
    live = Live(script.plan())
    assert live.ask("chat") == during
    live.call("accept")
    assert live.ask("chat") == after


@pytest.mark.parametrize("before", range(4))
def test_before_its_first_place_a_read_shows_the_first_answer_as_often_as_it_is_asked(before):
    script = Script()
    script.operation("accept", 1, 2)
    first, second = script.read("chat", 3), script.read("chat", 5)
    live = Live(script.plan())
    assert reads(live, before) == [first] * before
    live.call("accept")
    assert reads(live, 3) == [first, second, second]


def test_reads_of_different_things_do_not_know_each_other():
    script = Script()
    for start, key in enumerate(("chat", "chat", "me", "me")):
        script.read(key, 1 + 2 * start)
    live = Live(script.plan())
    assert [live.ask(key) for key in ("chat", "me", "chat", "me")] == [1, 3, 2, 4]


def test_notices_come_in_order_then_the_last_repeats_and_the_story_does_not_depend_on_them():
    script = Script()
    script.read("chat", 1)
    for start in (3, 5):
        script.notice("typing", start)
    script.read("chat", 7)
    live = Live(script.plan())
    assert [live.ask("typing") for _ in range(4)] == [2, 3, 3, 3]
    assert reads(live, 2) == [1, 4]


def test_two_who_play_one_plan_do_not_know_each_other():
    plan = two_overlapping().plan()
    lives = [Live(plan), Live(plan)]
    for live in lives:
        live.subscribe()
    lives[0].call("first")
    assert [live.heard for live in lives] == [[["of first"]], [[]]]
    assert lives[1].call("first") == ["of first"]
