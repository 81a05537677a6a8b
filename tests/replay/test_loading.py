"""From a session's events to plans: who asked what, what each notification waits for, and whose lists there are."""

import orjson

from inspector.replay.matching import Matcher
from inspector.replay.plans.loading import load
from inspector.replay.plans.plan import Kind, Loaded, Plan, Told
from tests.analysis.shapes import CHAT, DOCUMENT, Json, chat_has, chat_is, line, log_has, sent
from tests.analysis.traffic import CHANNEL, ME, OK, Desk, Wire
from tests.replay.recordings import comes_back


def loaded(wire: Wire) -> Loaded:
    wire.close()
    causes = {(cause.exchange, cause.position): cause.call for cause in wire.causes}
    told = load(wire.events, causes, Matcher())
    assert comes_back(told)
    return told


def only(wire: Wire) -> Plan:
    [plan] = loaded(wire).plans
    return plan


def says(text: str, index: int = 3) -> Json:
    """A customer writes; nothing that an agent did asked for it."""
    return log_has(line("Text", {"nickname": "Customer", "type": "Customer"}, index, text=text))


def number_of(plan: Plan, told: Told) -> int | None:
    """The exchange that a notification waits for."""
    return None if told.cue is None else plan.recorded[told.cue].number


def cues(plan: Plan, number: int = 0) -> list[tuple[int | None, bool]]:
    return [(number_of(plan, told), told.asked_for) for told in plan.lists[number]]


def done(desk: Desk, operation: str, **members: object) -> int:
    """An operation, answered at once; the number of its exchange."""
    asked = desk.do(operation, **members)
    desk.wire.answer(asked)
    return asked.number


# what is recorded


def test_an_exchange_says_when_it_began_and_was_over_in_ticks():
    wire = Wire()
    sofia = wire.log_in()
    slow = sofia.do("Accept")
    quick = sofia.get("/me")
    wire.answer(quick)
    wire.answer(slow)
    login, accept, me = only(wire).recorded
    assert [(one.number, one.start, one.done) for one in (login, accept, me)] == [(1, 1, 2), (2, 3, 6), (3, 4, 5)]
    assert [one.kind for one in (login, accept, me)] == [Kind.READ, Kind.OPERATION, Kind.READ]


def test_typing_and_focus_are_notices():
    wire = Wire()
    sofia = wire.log_in()
    for operation in ("SendStartTypingNotification", "SendStopTypingNotification", "SetInFocus", "SendMessage"):
        done(sofia, operation)
    kinds = [one.kind for one in only(wire).recorded]
    assert kinds[1:] == [Kind.NOTICE, Kind.NOTICE, Kind.NOTICE, Kind.OPERATION]


def test_only_accepted_operations_anchor():
    wire = Wire()
    sofia = wire.log_in()
    done(sofia, "Accept")
    wire.refuse(sofia.do("SendMessage"))
    wire.answer(sofia.do("Complete"), b"<html>", status=502)
    done(sofia, "SetInFocus")
    assert [one.anchors for one in only(wire).recorded] == [False, True, False, False, False]


def test_what_was_never_answered_answers_nobody():
    wire = Wire()
    sofia = wire.log_in()
    wire.fail(sofia.do("Accept"))
    wire.answer(sofia.do("SendMessage"), OK, error="cut")
    sofia.do("Complete")
    assert [one.number for one in only(wire).recorded] == [1]


def test_channel_traffic_and_preflights_are_not_recorded():
    wire = Wire()
    sofia = wire.log_in()
    sofia.listen()
    wire.answer(sofia.ask("OPTIONS", ME))
    assert [one.number for one in only(wire).recorded] == [1]


def test_a_session_begins_with_the_answer_that_sets_its_cookie():
    wire = Wire()
    wire.log_in()
    told = loaded(wire)
    assert told.logins == {told.identities[1].key}


def test_an_answer_that_takes_the_cookie_away_begins_nothing():
    wire = Wire()
    sofia = wire.log_in()
    wire.answer(sofia.log_out(), OK, ("Set-Cookie", "JSESSIONID=; Path=/; Max-Age=0"))
    told = loaded(wire)
    assert told.logins == {told.identities[1].key}


# what a notification waits for


def test_a_notification_waits_for_the_call_that_caused_it():
    wire = Wire()
    sofia = wire.at_work()
    link = sofia.has_linked()
    upload = sofia.upload()
    wire.wait(20)
    wire.answer(upload)
    poll = sofia.poll()
    wire.wait(35)
    done(sofia, "SendMessage")
    wire.tell(poll, sent())
    plan = only(wire)
    assert cues(plan)[-2:] == [(link, True), (upload.number, True)]
    assert plan.lists[0][-1].lag_ms == 35


def test_a_notification_that_came_before_the_reply_has_a_lag_below_zero():
    wire = Wire()
    sofia = wire.at_work()
    sofia.has_linked()
    poll, upload = sofia.poll(), sofia.upload()
    wire.wait(10)
    wire.tell(poll, sent())
    wire.wait(5)
    wire.answer(upload)
    plan = only(wire)
    assert (cues(plan)[-1], plan.lists[0][-1].lag_ms) == ((upload.number, True), -5)


def test_what_nobody_asked_for_waits_for_the_last_accepted_operation_that_began_before_it():
    wire = Wire()
    sofia = wire.log_in()
    sofia.listen()
    sofia.hear(chat_is("Ringing"))
    accept = done(sofia, "Accept")
    wire.refuse(sofia.do("Transfer"))
    done(sofia, "SetInFocus")
    wire.answer(sofia.get("/me"))
    sofia.hear(says("one"))
    poll = sofia.poll()
    send = sofia.do("SendMessage")
    wire.tell(poll, says("two", 4))
    wire.answer(send)
    assert cues(only(wire)) == [(None, False), (accept, False), (send.number, False)]


def test_what_another_agent_caused_waits_for_the_last_operation_of_ones_own():
    wire = Wire()
    sofia, toni = wire.at_work("sofia"), wire.at_work("toni")
    sofia.has_linked()
    wire.answer(sofia.upload())
    toni.hear(sent())
    one, other = loaded(wire).plans
    assert (one.user_name, other.user_name) == ("sofia", "toni")
    accepted = next(two.number for two in other.recorded if two.anchors)
    assert cues(other)[-1] == (accepted, False)


def test_the_data_is_as_it_was_told():
    wire = Wire()
    sofia = wire.at_work()
    sofia.hear(says("é \u2028"))
    assert only(wire).lists[0][-1].data == orjson.dumps(says("é \u2028"))


# whose lists there are


def texts(plan: Plan) -> list[list[str]]:
    return [[orjson.loads(told.data)["messages"][0]["text"] for told in told_] for told_ in plan.lists]


def second_tab(sofia: Desk) -> Desk:
    tab = Desk(sofia.wire, *sofia.fields)
    tab.listen()
    return tab


def test_two_tabs_at_once_are_two_lists_in_the_order_of_their_handshakes():
    wire = Wire()
    sofia = wire.log_in()
    sofia.listen()
    tab = second_tab(sofia)
    tab.hear(says("to both"))
    sofia.hear(says("to both"), says("to the first"))
    assert texts(only(wire)) == [["to both", "to the first"], ["to both"]]


def test_an_upload_is_the_cause_of_what_both_tabs_are_told():
    wire = Wire()
    sofia = wire.at_work()
    tab = second_tab(sofia)
    sofia.has_linked()
    upload = sofia.upload()
    wire.answer(upload)
    sofia.hear(sent())
    done(sofia, "SendMessage")
    tab.hear(sent())
    plan = only(wire)
    assert (cues(plan, 0)[-1], cues(plan, 1)[-1]) == ((upload.number, True), (upload.number, True))


def lose_session(desk: Desk) -> None:
    """The server has forgotten the Bayeux client, which shakes hands anew."""
    gone = {"channel": "/meta/connect", "successful": False, "error": "402::Unknown client"}
    desk.wire.answer(desk.poll(), [gone])
    desk.listen()


def test_who_was_unknown_and_shook_hands_again_goes_on_with_its_list():
    wire = Wire()
    sofia = wire.log_in()
    sofia.listen()
    sofia.hear(says("one"))
    lose_session(sofia)
    sofia.hear(says("one"), says("two"))
    lose_session(sofia)
    sofia.hear(says("two"), says("three"))
    assert texts(only(wire)) == [["one", "two", "three"]]


def acknowledge(desk: Desk, ack: int, batch: int, *told: Json) -> None:
    """A poll that acknowledges the batch `ack`, and is answered with the batch `batch`."""
    poll = desk.send({"channel": "/meta/connect", "connectionType": "long-polling", "ext": {"ack": ack}})
    events = [{"channel": "/v2/me/chats", "data": one} for one in told]
    desk.wire.answer(poll, [*events, {"channel": "/meta/connect", "successful": True, "ext": {"ack": batch}}])


def test_what_was_told_again_because_nobody_acknowledged_it_is_told_once():
    wire = Wire()
    sofia = wire.log_in()
    sofia.listen()
    acknowledge(sofia, 0, 1, says("one"), says("two"))
    acknowledge(sofia, 0, 2, says("one"), says("two"), says("three"))
    acknowledge(sofia, 2, 3, says("four"))
    assert texts(only(wire)) == [["one", "two", "three", "four"]]


def test_what_is_told_again_after_it_was_acknowledged_is_news():
    wire = Wire()
    sofia = wire.log_in()
    sofia.listen()
    states = [chat_has(DOCUMENT), chat_has(), chat_has(DOCUMENT)]
    for batch, state in enumerate(states, 1):
        acknowledge(sofia, batch - 1, batch, state)
    assert len(only(wire).lists[0]) == 3


def test_one_who_does_not_acknowledge_may_be_told_the_same_twice():
    wire = Wire()
    sofia = wire.log_in()
    sofia.listen()
    for state in (chat_has(DOCUMENT), chat_has(), chat_has(DOCUMENT)):
        sofia.hear(state)
    assert len(only(wire).lists[0]) == 3


def test_a_batch_that_holds_the_same_twice_holds_two():
    wire = Wire()
    sofia = wire.log_in()
    sofia.listen()
    acknowledge(sofia, 0, 1, says("one"), says("one"))
    assert texts(only(wire)) == [["one", "one"]]


def test_a_client_that_said_goodbye_is_followed_by_the_next():
    wire = Wire()
    sofia = wire.log_in()
    sofia.listen()
    sofia.hear(says("one"))
    wire.answer(sofia.send({"channel": "/meta/disconnect"}), [{"channel": "/meta/disconnect", "successful": True}])
    sofia.listen()
    sofia.hear(says("two"))
    assert texts(only(wire)) == [["one", "two"]]


def test_the_recorded_address_of_the_channel_does_not_matter():
    wire = Wire()
    sofia = wire.log_in()
    sofia.shake_hands()
    sofia.subscribe()
    connect = {"channel": "/meta/connect", "clientId": sofia.client, "connectionType": "long-polling"}
    wire.tell(sofia.ask("POST", f"{CHANNEL}/connect", [connect]), says("one"))
    assert texts(only(wire)) == [["one"]] and CHAT in only(wire).lists[0][0].data.decode()
