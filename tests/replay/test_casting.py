"""Who plays whom: cookies, Bayeux clients, credentials, names; and what follows when a client is cast late."""

from itertools import count

import pytest

from inspector.replay.story import casting
from inspector.replay.story.casting import Cast
from inspector.replay.story.engine import Player
from tests.replay.plans import Script

SOFIA, TONI = "Basic c29maWE6MQ==", "Basic dG9uaTox"


def plan_of(*keys, agent=1, name="sofia", lists=1):
    """An agent that asks these one after the other, and is told of each."""
    script = Script()
    for turn, key in enumerate(keys):
        number = script.operation(key, 10 * turn + 1, 10 * turn + 5)
        for to in range(lists):
            script.told(f"{name} {key} {turn}", number, to=to)
    return script.plan(agent, name)


def cast_of(*plans):
    secrets = count(1)
    return Cast(plans, Player, lambda: f"secret{next(secrets)}")


def everywhere(topic):
    return True


def due(client, number=0):
    """What the client is told, whoever it plays by now."""
    client.player.listening(number, 0)
    return [told.data.decode() for told in client.player.release(number, 0, everywhere)]


# who is asking


def test_who_logs_in_is_new_and_gets_values_of_its_own():
    cast = cast_of(plan_of("send"))
    one, other = cast.begin("sofia", SOFIA), cast.begin("sofia", SOFIA)
    assert len({one.cookie, one.csrf, other.cookie, other.csrf}) == 4
    assert cast.clients == [one, other]
    assert cast.knows(one.cookie) and not cast.knows("recorded")


def test_a_client_is_known_by_its_cookie_before_all_else():
    cast = cast_of(plan_of("send"))
    one, other = cast.begin("sofia", SOFIA), cast.begin("sofia", SOFIA)
    cast.shook_hands(other, "bayeux", lambda name: True)
    assert cast.find(one.cookie, ["bayeux"], SOFIA) is one


def test_without_a_cookie_a_client_is_known_by_its_bayeux_client():
    cast = cast_of(plan_of("send"))
    one, _ = cast.begin("sofia", SOFIA), cast.begin("sofia", SOFIA)
    cast.shook_hands(one, "bayeux", lambda name: True)
    assert cast.find("unknown", ["unknown", "bayeux"], SOFIA) is one


def test_with_credentials_alone_it_is_the_newest_who_logged_in_with_them():
    cast = cast_of(plan_of("send"))
    cast.begin("sofia", SOFIA)
    newest = cast.begin("sofia", SOFIA)
    cast.begin("toni", TONI)
    assert cast.find("", [], SOFIA) is newest


def test_whoever_shows_nothing_known_shares_one_client():
    cast = cast_of(plan_of("send"))
    cast.begin("sofia", SOFIA)
    nobody = cast.find("", [], "")
    assert cast.find("stale", ["unknown"], "") is nobody and nobody.cookie == ""
    assert cast.clients[-1] is nobody


def test_each_client_has_its_own_place_in_the_story():
    cast = cast_of(plan_of("send"))
    clients = [cast.begin("sofia", SOFIA) for _ in range(50)]
    assert [client.ask(b"send", 0) for client in clients] == [0] * 50
    assert {client.ask(b"send", 0) for client in clients} == {None}


# whom it plays


def test_of_several_agents_a_client_plays_the_one_of_its_name():
    cast = cast_of(plan_of("send", name="sofia"), plan_of("send", agent=2, name="toni"))
    assert [cast.begin(name, "").player.plan.agent for name in ("toni", "sofia", "toni")] == [2, 1, 2]


def test_an_unknown_name_is_cast_by_what_it_asks():
    cast = cast_of(plan_of("me", "first"), plan_of("me", "second", agent=2, name="toni"))
    client = cast.begin("nobody", "")
    assert client.ask(b"me", 0) == 0 and client.player.plan.agent == 1
    assert client.ask(b"second", 0) == 1 and client.player.plan.agent == 2
    assert client.ask(b"first", 0) is None


def test_a_miss_leaves_everybody_in_question():
    cast = cast_of(plan_of("first"), plan_of("second", agent=2))
    client = cast.begin("", "")
    assert client.ask(b"third", 0) is None
    assert [player.plan.agent for player in client.players] == [1, 2]


def test_who_is_cast_late_has_the_place_in_the_story_that_its_requests_have_reached():
    cast = cast_of(plan_of("me", "accept", "first"), plan_of("me", "accept", "second", agent=2))
    client = cast.begin("", "")
    for key in (b"me", b"accept", b"second"):
        assert client.ask(key, 0) is not None
    assert client.player.unused() == []


def test_an_agent_that_asked_so_less_often_is_out_of_the_question():
    cast = cast_of(plan_of("send"), plan_of("send", "send", agent=2))
    client = cast.begin("", "")
    assert [client.ask(b"send", 0) for _ in range(3)] == [0, 1, None]
    assert client.player.plan.agent == 2


# its Bayeux clients


def test_the_n_th_bayeux_client_plays_the_n_th_list():
    cast = cast_of(plan_of("send", lists=3))
    client = cast.begin("sofia", SOFIA)
    assert [cast.shook_hands(client, name, everywhere) for name in ("a", "b", "c")] == [0, 1, 2]
    assert [client.list_of(name) for name in ("c", "a", "b", "unknown")] == [2, 0, 1, None]


def test_who_shakes_hands_again_goes_on_with_the_list_of_the_one_that_is_gone():
    cast = cast_of(plan_of("send", lists=2))
    client = cast.begin("sofia", SOFIA)
    for name in ("a", "b"):
        cast.shook_hands(client, name, everywhere)
    assert cast.shook_hands(client, "c", lambda name: name != "a") == 0
    assert (client.list_of("a"), client.list_of("b"), client.list_of("c")) == (None, 1, 0)


def test_who_loads_its_page_again_and_says_no_goodbye_goes_on_with_the_last_list():
    cast = cast_of(plan_of("send"))
    client = cast.begin("sofia", SOFIA)
    cast.shook_hands(client, "a", everywhere)
    assert cast.shook_hands(client, "b", everywhere) == 0
    assert (client.list_of("a"), client.list_of("b")) == (None, 0)


def test_a_list_goes_on_where_it_was_whoever_plays_it():
    cast = cast_of(plan_of("send", "send"))
    client = cast.begin("sofia", SOFIA)
    for turn, name in enumerate(("a", "b")):
        cast.shook_hands(client, name, lambda name: name == "b")
        client.player.played(client.ask(b"send", 0), 0)
        assert due(client) == [f"sofia send {turn}"]


# whom it forgets


def forgets(monkeypatch, visit):
    """Whether of three clients, of which two are remembered, the first is forgotten after this visit."""
    monkeypatch.setattr(casting, "CLIENTS_AT_MOST", 2)
    cast = cast_of(plan_of("send"))
    first = cast.begin("sofia", SOFIA)
    cast.shook_hands(first, "bayeux", everywhere)
    cast.begin("toni", TONI)
    assert visit(cast, first) is first
    cast.begin("nobody", "")
    return not cast.knows(first.cookie)


@pytest.mark.parametrize(
    "visit",
    [
        lambda cast, first: cast.find(first.cookie, [], ""),
        lambda cast, first: cast.find("", ["bayeux"], ""),
        lambda cast, first: cast.find("", [], SOFIA),
    ],
    ids=["its cookie", "its Bayeux client", "its credentials"],
)
def test_whoever_was_seen_lately_is_not_forgotten(monkeypatch, visit):
    assert not forgets(monkeypatch, visit)


def test_the_longest_idle_client_is_forgotten_with_all_that_told_it(monkeypatch):
    monkeypatch.setattr(casting, "CLIENTS_AT_MOST", 1)
    cast = cast_of(plan_of("send"))
    first = cast.begin("sofia", SOFIA)
    cast.shook_hands(first, "bayeux", everywhere)
    second = cast.begin("toni", TONI)
    assert cast.clients == [second] and not cast.knows(first.cookie)
    assert cast.find(first.cookie, ["bayeux"], SOFIA) not in (first, second)
