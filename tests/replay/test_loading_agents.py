"""Several agents in one session: logins, logouts, desks, and clients that tell nobody who they are."""

import pytest

from inspector.replay.story.casting import Cast, LiveClient
from inspector.replay.story.engine import Player
from tests.analysis.traffic import ME, OK, Desk, Wire
from tests.replay.test_loading import done, loaded, only, says

BASIC = ("Authorization", "Basic sofia:~secret:0123456789ab~")


def numbers(wire):
    """Of each plan, its user and the exchanges that it holds."""
    return [(plan.user_name, [one.number for one in plan.recorded]) for plan in loaded(wire).plans]


def test_each_agent_has_a_plan_of_its_own():
    wire = Wire()
    sofia, toni = wire.log_in("sofia"), wire.log_in("toni")
    done(toni, "Accept")
    done(sofia, "Accept")
    assert numbers(wire) == [("sofia", [1, 4]), ("toni", [2, 3])]


def test_whoever_is_nobody_has_one_plan_together():
    wire = Wire()
    wire.answer(Desk(wire).get("/diagnostics"))
    wire.log_in()
    wire.answer(Desk(wire).get("/version"))
    assert numbers(wire) == [("", [1, 3]), ("sofia", [2])]


def test_a_listener_that_is_nobody_has_a_list():
    wire = Wire()
    nobody = Desk(wire)
    nobody.listen()
    nobody.hear(says("one"))
    plan = only(wire)
    assert (plan.user_name, len(plan.recorded), len(plan.lists)) == ("", 0, 1)


def test_a_listener_is_known_by_its_bayeux_client_alone():
    wire = Wire()
    sofia = wire.log_in()
    sofia.listen()
    sofia.fields = ()
    sofia.hear(says("one"))
    [plan] = loaded(wire).plans
    assert (plan.user_name, len(plan.lists[0])) == ("sofia", 1)


def log_out(desk):
    asked = desk.log_out()
    desk.wire.answer(asked)
    return asked.number


def log_in_again(desk, cookie="new"):
    """With the credentials, and whatever cookie the browser still has."""
    asked = desk.ask("GET", ME, b"", BASIC)
    desk.wire.answer(asked, OK | {"user": {"userName": "sofia"}}, ("Set-Cookie", f"JSESSIONID={cookie}"))
    desk.fields = (("Cookie", f"JSESSIONID={cookie}"),)
    return asked.number


@pytest.mark.parametrize("keeps", [True, False], ids=["the old cookie", "no cookie"])
def test_who_logs_in_after_a_logout_is_another_agent(keeps):
    wire = Wire()
    sofia = wire.log_in()
    ended = log_out(sofia)
    if not keeps:
        sofia.fields = ()
    begun = log_in_again(sofia)
    later = done(sofia, "Accept")
    assert numbers(wire) == [("sofia", [1, ended]), ("sofia", [begun, later])]


def test_who_shows_no_cookies_at_all_is_another_agent_after_its_logout():
    wire = Wire()
    sofia = Desk(wire, BASIC)
    for _ in range(2):
        wire.answer(sofia.get("/me"), OK)
        log_out(sofia)
    assert numbers(wire) == [("sofia", [1, 2]), ("sofia", [3, 4])]


def test_a_logout_that_was_refused_ends_nothing():
    wire = Wire()
    sofia = wire.log_in()
    wire.refuse(sofia.log_out())
    later = done(sofia, "Accept")
    assert numbers(wire) == [("sofia", [1, 2, later])]


def test_a_straggler_with_the_old_cookie_stays_with_the_old_login():
    wire = Wire()
    sofia = wire.log_in()
    old = Desk(wire, *sofia.fields)
    ended = log_out(sofia)
    begun = log_in_again(sofia)
    late = old.get("/me")
    wire.answer(late)
    assert numbers(wire) == [("sofia", [1, ended, late.number]), ("sofia", [begun])]


@pytest.mark.parametrize("depth", [300, 1000])
def test_a_session_with_deeply_nested_json_can_be_loaded(depth):
    nested = b"[" * depth + b"]" * depth
    wire = Wire()
    sofia = wire.log_in()
    sofia.listen()
    wire.answer(sofia.ask("POST", ME, b'{"operationName":"SendMessage","text":' + nested + b"}"))
    events = b'[{"channel":"/v2/me/devices","data":' + nested + b'},{"channel":"/meta/connect","successful":true}]'
    wire.answer(sofia.poll(), events)
    plan = only(wire)
    # not every Python writes what is nested a thousand times
    assert len(plan.recorded) == 2 and (depth == 1000 or len(plan.lists[0]) == 1)


# who plays which login


def two_logins(straggler=False):
    """Sofia logs in, accepts, logs out (while something of hers may be under way still); logs in again, completes."""
    wire = Wire()
    sofia = wire.log_in()
    done(sofia, "Accept")
    old = Desk(wire, *sofia.fields)
    ended = log_out(sofia)
    if straggler:
        wire.answer(old.do("Complete"))
    sofia.fields = ()
    log_in_again(sofia)
    done(sofia, "Complete")
    told = loaded(wire)
    secrets = iter(range(100))
    return Cast(told.plans, Player, lambda: f"secret{next(secrets)}"), told.identities[ended].key


def agent(client: LiveClient) -> int:
    return client.player.plan.agent


@pytest.mark.parametrize("straggler", [False, True], ids=["nothing after it", "a straggler"])
def test_after_a_logout_a_user_plays_its_next_login(straggler):
    cast, logout = two_logins(straggler)
    first = cast.begin("sofia", "")
    assert first.ask(logout, 0) is not None
    assert (agent(first), agent(cast.begin("sofia", ""))) == (1, 2)


def test_any_number_of_clients_play_the_same_login():
    cast, _ = two_logins()
    assert [agent(cast.begin("sofia", "")) for _ in range(3)] == [1, 1, 1]


def test_each_of_many_plays_its_next_login_after_its_own_logout():
    cast, logout = two_logins()
    clients = [cast.begin("sofia", "") for _ in range(3)]
    for client in clients[:2]:
        client.ask(logout, 0)
    assert [agent(cast.begin("sofia", "")) for _ in range(3)] == [2, 2, 1]
