"""The pure Bayeux server: what each message is answered, and when. `test_comet_network.py` shakes the whole."""

from itertools import count
from typing import Any

import pytest

from inspector.replay.channel.comet import CONNECTION_TYPES, Comet, Held, Reply

CHATS = "/v2/me/chats"
TIMEOUT_MS = 30_000
ADVICE = {"reconnect": "retry", "interval": 0, "timeout": TIMEOUT_MS}
UNKNOWN = {"successful": False, "error": "402::Unknown client"}
AGAIN = {"reconnect": "handshake", "interval": 0}


@pytest.fixture
def comet() -> Comet:
    ids = count(1)
    return Comet(new_id=lambda: f"client{next(ids)}", timeout_ms=TIMEOUT_MS)


def ask(comet: Comet, *messages: dict[str, Any]) -> Reply:
    """One request that must be answered at once."""
    reply = comet.receive(messages, now_ms=0)
    assert isinstance(reply, Reply)
    return reply


def hold(comet: Comet, *messages: dict[str, Any]) -> int:
    held = comet.receive(messages, now_ms=0)
    assert isinstance(held, Held)
    return held.poll


def meta(channel: str, client_id: str | None, **members: Any) -> dict[str, Any]:
    return {"channel": f"/meta/{channel}", **({"clientId": client_id} if client_id else {}), **members}


def connect(client_id: str, **members: Any) -> dict[str, Any]:
    return meta("connect", client_id, connectionType="long-polling", **members)


def join(comet: Comet, *subscriptions: str, acks: bool = False) -> str:
    """A client that is connected and subscribed."""
    offer = {"supportedConnectionTypes": ["long-polling"], "ext": {"ack": acks}}
    [shaken] = ask(comet, meta("handshake", None, **offer)).messages
    client_id = shaken["clientId"]
    ask(comet, connect(client_id, ext={"ack": 0}))
    ask(comet, meta("subscribe", client_id, subscription=list(subscriptions or [CHATS])))
    return str(client_id)


def tell(comet: Comet, client_id: str, *data: Any) -> None:
    for item in data:
        assert comet.publish(client_id, CHATS, item)


def told(reply: Reply) -> list[Any]:
    return [message["data"] for message in reply.messages if "data" in message]


class TestHandshake:
    def test_makes_a_client_and_says_how_to_poll(self, comet: Comet) -> None:
        offer = {"version": "1.0", "supportedConnectionTypes": ["websocket", "callback-polling"]}
        reply = ask(comet, meta("handshake", None, id="1", **offer))
        terms = {"version": "1.0", "minimumVersion": "1.0", "supportedConnectionTypes": list(CONNECTION_TYPES)}
        answer = {"id": "1", "channel": "/meta/handshake", "successful": True, "clientId": "client1", "advice": ADVICE}
        assert reply.messages == (answer | terms,)
        assert (reply.client_id, comet.clients) == ("client1", ("client1",))

    def test_refuses_a_client_that_only_speaks_websocket(self, comet: Comet) -> None:
        [reply] = ask(comet, meta("handshake", None, supportedConnectionTypes=["websocket"])).messages
        assert (reply["successful"], reply["advice"], comet.clients) == (False, {"reconnect": "none"}, ())

    def test_is_alone(self, comet: Comet) -> None:
        old = join(comet)
        tell(comet, old, 1)
        [reply] = ask(comet, meta("subscribe", old, subscription="/x"), meta("handshake", old)).messages
        assert (reply["channel"], comet.subscriptions(old)) == ("/meta/handshake", (CHATS,))

    def test_agrees_to_acknowledgements_only_when_asked(self, comet: Comet) -> None:
        assert ask(comet, meta("handshake", None, ext={"ack": True})).messages[0]["ext"] == {"ack": True}
        assert "ext" not in ask(comet, meta("handshake", None, ext={"ack": False})).messages[0]


class TestCommands:
    def test_subscribe_and_unsubscribe_by_name_array_and_wildcard(self, comet: Comet) -> None:
        client = join(comet, "/v2/me/*")
        [reply] = ask(comet, meta("subscribe", client, id="7", subscription=["/a", "/b/**"])).messages
        assert reply == {"id": "7", "channel": "/meta/subscribe", "subscription": ["/a", "/b/**"], "successful": True}
        assert all(comet.covers(client, name) for name in (CHATS, "/a", "/b/c/d"))
        assert not any(comet.covers(client, name) for name in ("/v2/me", "/b", "/c"))
        [reply] = ask(comet, meta("unsubscribe", client, subscription="/v2/me/*")).messages
        assert reply == {"channel": "/meta/unsubscribe", "subscription": "/v2/me/*", "successful": True}
        assert comet.subscriptions(client) == ("/a", "/b/**")
        assert comet.publish(client, CHATS, "unheard") is None

    @pytest.mark.parametrize("subscription", [None, [], 5, "chats"])
    def test_subscription_without_a_channel_is_refused(self, comet: Comet, subscription: Any) -> None:
        [reply] = ask(comet, meta("subscribe", join(comet), subscription=subscription)).messages
        assert (reply["successful"], reply["error"][:5]) == (False, "403::")

    def test_publishing_is_acknowledged_and_tells_nobody(self, comet: Comet) -> None:
        client, other = join(comet, "/**"), join(comet, "/**")
        for name in ("/x", "/service/y"):
            [reply] = ask(comet, {"channel": name, "clientId": client, "data": {}, "id": "9"}).messages
            assert reply == {"id": "9", "channel": name, "successful": True}
        assert told(ask(comet, connect(other, advice={"timeout": 0}))) == []

    def test_unknown_meta_channel(self, comet: Comet) -> None:
        [reply] = ask(comet, meta("pong", join(comet), id="3")).messages
        assert reply == {"id": "3", "channel": "/meta/pong", "successful": False, "error": "404::Unknown channel"}

    @pytest.mark.parametrize("client_id", [None, "nobody", 5, ["client1"]])
    def test_unknown_client(self, comet: Comet, client_id: Any) -> None:
        [reply] = ask(comet, meta("subscribe", client_id, id="2", subscription="/x")).messages
        # No advice: the JavaScript client would stop at it, cometd#2057.
        assert reply == {"id": "2", "channel": "/meta/subscribe", "subscription": "/x"} | UNKNOWN
        [reply] = ask(comet, connect(client_id, id="4")).messages
        assert reply == {"id": "4", "channel": "/meta/connect", "advice": AGAIN} | UNKNOWN

    def test_a_request_speaks_for_one_client(self, comet: Comet) -> None:
        one, two = join(comet), join(comet)
        replies = ask(
            comet, meta("subscribe", one, subscription="/a"), meta("subscribe", two, subscription="/a")
        ).messages
        assert [reply["successful"] for reply in replies] == [True, False]
        assert "402" not in replies[1]["error"]

    def test_disconnect_ends_the_poll_and_forgets_the_client(self, comet: Comet) -> None:
        client = join(comet)
        poll = hold(comet, connect(client, id="8"))
        [reply] = ask(comet, meta("disconnect", client, id="9")).messages
        assert reply == {"id": "9", "channel": "/meta/disconnect", "successful": True}
        assert comet.wakes() == [poll]
        [ended] = comet.take(poll).messages
        assert ended == {"id": "8", "channel": "/meta/connect", "successful": True, "advice": {"reconnect": "none"}}
        assert ask(comet, connect(client)).messages[0]["error"] == "402::Unknown client"


class TestConnect:
    def test_the_first_is_answered_at_once_with_advice_the_second_is_held(self, comet: Comet) -> None:
        client = str(ask(comet, meta("handshake", None)).client_id)  # it need not say what it speaks
        [first] = ask(comet, connect(client, id="2")).messages
        assert first == {"id": "2", "channel": "/meta/connect", "successful": True, "advice": ADVICE}
        held = comet.receive([connect(client, id="3")], now_ms=1_000)
        assert isinstance(held, Held) and held.deadline_ms == 1_000 + TIMEOUT_MS
        assert comet.holding(client)
        assert comet.take(held.poll).messages == ({"id": "3", "channel": "/meta/connect", "successful": True},)
        assert not comet.holding(client)

    def test_the_clients_timeout_shortens_the_hold(self, comet: Comet) -> None:
        client = join(comet)
        for asked, expected in [(500, 500), (10 * TIMEOUT_MS, TIMEOUT_MS), ("soon", TIMEOUT_MS), (None, TIMEOUT_MS)]:
            held = comet.receive([connect(client, advice={"timeout": asked})], now_ms=7)
            assert isinstance(held, Held) and held.deadline_ms == 7 + expected
        assert ask(comet, connect(client, advice={"timeout": 0})).messages[0]["advice"] == ADVICE

    @pytest.mark.parametrize("kind", [{}, {"connectionType": "websocket"}])
    def test_needs_a_connection_type_that_we_speak(self, comet: Comet, kind: dict[str, str]) -> None:
        client = join(comet)
        poll = hold(comet, connect(client))
        [reply] = ask(comet, meta("connect", client, **kind)).messages
        assert (reply["successful"], reply["error"][:5], comet.ready(poll)) == (False, "400::", False)

    def test_events_precede_the_reply_in_order(self, comet: Comet) -> None:
        client = join(comet)
        poll = hold(comet, connect(client, id="5"))
        tell(comet, client, {"index": 1})
        comet.publish(client, CHATS, {"index": 2}, id="recorded")
        assert comet.wakes()[0] == poll
        reply = comet.take(poll)
        assert reply.messages == (
            {"channel": CHATS, "data": {"index": 1}},
            {"channel": CHATS, "data": {"index": 2}, "id": "recorded"},
            {"id": "5", "channel": "/meta/connect", "successful": True},
        )
        assert tuple(event.message for event in reply.events) == reply.messages[:2]

    def test_a_newer_one_ends_the_older_empty_before_it_takes_anything(self, comet: Comet) -> None:
        client = join(comet)
        older = hold(comet, connect(client, id="5"))
        newer = hold(comet, connect(client, id="6"))
        assert (comet.wakes(), comet.ready(older), comet.ready(newer)) == ([older], True, False)
        tell(comet, client, 1)
        assert comet.take(older).messages == ({"id": "5", "channel": "/meta/connect", "successful": True},)
        assert comet.ready(newer)
        assert told(ask(comet, connect(client, id="7"))) == [1]
        assert not comet.holding(client)

    def test_holds_its_whole_batch(self, comet: Comet) -> None:
        client = join(comet)
        poll = hold(comet, meta("subscribe", client, id="5", subscription="/late"), connect(client, id="6"))
        assert comet.publish(client, "/late", "heard")
        assert [message.get("id") for message in comet.take(poll).messages] == [None, "5", "6"]

    def test_with_a_disconnect_in_its_batch_is_not_held(self, comet: Comet) -> None:
        client = join(comet)
        assert len(ask(comet, connect(client), meta("disconnect", client)).messages) == 2

    def test_events_ride_in_any_reply_and_spare_the_held_poll(self, comet: Comet) -> None:
        client = join(comet)
        poll = hold(comet, connect(client))
        tell(comet, client, 1)
        assert told(ask(comet, meta("subscribe", client, subscription="/x"))) == [1]
        assert comet.wakes() == [poll] and not comet.ready(poll)


class TestHandOver:
    def test_what_is_lost_comes_again_in_front(self, comet: Comet) -> None:
        client = join(comet)
        tell(comet, client, 1, 2)
        cut = ask(comet, connect(client))
        tell(comet, client, 3)
        comet.lost(cut)
        comet.delivered(cut)  # too late to count
        assert told(ask(comet, connect(client))) == [1, 2, 3]

    def test_what_is_delivered_does_not(self, comet: Comet) -> None:
        client = join(comet)
        tell(comet, client, 1)
        arrived = ask(comet, connect(client))
        comet.delivered(arrived)
        comet.lost(arrived)  # too late to count
        tell(comet, client, 2)
        assert told(ask(comet, connect(client))) == [2]

    @pytest.mark.parametrize(("arrived", "expected"), [(True, [2]), (False, [1, 2])])
    def test_later_events_wait_behind_it(self, comet: Comet, arrived: bool, expected: list[int]) -> None:
        client = join(comet)
        tell(comet, client, 1)
        first = ask(comet, connect(client))
        tell(comet, client, 2)
        assert told(ask(comet, meta("subscribe", client, subscription="/x"))) == []
        poll = hold(comet, connect(client))
        assert not comet.ready(poll)
        (comet.delivered if arrived else comet.lost)(first)
        assert comet.wakes() == [poll]
        assert told(comet.take(poll)) == expected

    def test_a_cut_poll_took_nothing(self, comet: Comet) -> None:
        client = join(comet)
        poll = hold(comet, connect(client))
        tell(comet, client, 1)
        comet.gone(poll)
        assert told(ask(comet, connect(client))) == [1]

    def test_an_expired_client_leaves_its_events_and_hears_402(self, comet: Comet) -> None:
        client = join(comet)
        tell(comet, client, 1)
        stuck = ask(comet, connect(client))
        tell(comet, client, 2)
        poll = hold(comet, connect(client))
        assert [event.message["data"] for event in comet.expire(client)] == [2]
        comet.lost(stuck)
        assert comet.wakes()[-1] == poll
        assert comet.take(poll).messages == ({"channel": "/meta/connect", "successful": True},)
        assert ask(comet, connect(client)).messages[0]["advice"] == AGAIN
        assert not comet.expire(client) and not comet.publish(client, CHATS, 2)


class TestAcknowledgements:
    def test_batches_above_the_acknowledged_one_are_sent_again(self, comet: Comet) -> None:
        client = join(comet, acks=True)
        tell(comet, client, 1)
        first = ask(comet, connect(client, ext={"ack": 1}))
        assert first.messages[-1]["ext"] == {"ack": 2}
        comet.delivered(first)
        tell(comet, client, 2)
        again = ask(comet, connect(client, ext={"ack": 1}))
        assert (told(again), again.messages[-1]["ext"]) == ([1, 2], {"ack": 3})
        hold(comet, connect(client, ext={"ack": 3}))

    def test_events_ride_with_connects_only(self, comet: Comet) -> None:
        client = join(comet, acks=True)
        tell(comet, client, 1)
        assert told(ask(comet, meta("subscribe", client, subscription="/x"))) == []
        assert told(ask(comet, connect(client, ext={"ack": 1}))) == [1]

    def test_the_client_is_believed_before_the_hand_over_is_known(self, comet: Comet) -> None:
        client = join(comet, acks=True)
        tell(comet, client, 1)
        stuck = ask(comet, connect(client, ext={"ack": 1}))
        assert told(ask(comet, connect(client, ext={"ack": 1}))) == [1]
        comet.lost(stuck)
        hold(comet, connect(client, ext={"ack": 3}))

    @pytest.mark.parametrize("ext", [None, {}, {"ack": None}, {"ack": -1}])
    def test_a_connect_that_acknowledges_nothing_gets_everything_again(self, comet: Comet, ext: Any) -> None:
        client = join(comet, acks=True)
        tell(comet, client, 1)
        comet.delivered(ask(comet, connect(client, ext={"ack": 1})))
        assert told(ask(comet, connect(client, ext=ext))) == [1]

    def test_a_superseded_poll_cannot_acknowledge_what_the_newer_one_took(self, comet: Comet) -> None:
        client = join(comet, acks=True)
        older = hold(comet, connect(client, ext={"ack": 1}))
        ask(comet, connect(client, ext={"ack": 1}, advice={"timeout": 0}))
        assert "ext" not in comet.take(older).messages[0]
