"""The notification channel: messages in whatever they travel, and what a Bayeux client is told of."""

from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

import orjson
import pytest

from inspector.analysis.agents import Agent
from inspector.analysis.channel import CLIENTS, Channel, Message
from inspector.traffic.exchange import Instant
from inspector.webservices.model import Flaw
from inspector.webservices.notifications import parse
from tests.analysis.shapes import CHAT, DOCUMENT, HELLO, OTHER_DOCUMENT, chat_has, file_line, log_has, sent
from tests.analysis.traffic import CHANNEL, TOPIC, Wire

SOFIA = Agent(1, "cookie", 1, 1)
CONNECTED = {"channel": "/meta/connect", "successful": True}
SUBSCRIBED = {"channel": "/meta/subscribe", "subscription": TOPIC, "successful": True}
UNKNOWN = {"channel": "/meta/connect", "successful": False, "error": "402::Unknown client"}
START = Wire().now
FORM = ("Content-Type", "application/x-www-form-urlencoded")


def after(ms: float) -> Instant:
    """This long after the start."""
    return Instant(START.mono + round(ms * 1000), START.at + round(ms * 1000))


class Line:
    """One Bayeux client's connection to a Channel."""

    def __init__(self, client: str = "c1") -> None:
        self.channel = Channel()
        self.wire = Wire()
        self.client = client

    def says(self, *told: dict[str, Any], at_ms: float = 0, cut: bool = False) -> None:
        """An exchange of the client is answered so, `at_ms` after the start."""
        asked = self.wire.ask("POST", CHANNEL, [{"channel": "/meta/connect", "clientId": self.client}])
        self.wire.now = after(at_ms)
        answered = replace(asked, done=self.wire.now, error="reset") if cut else self.wire.answer(asked, list(told))
        self.channel.delivered(answered, SOFIA)

    def heard(self, since_ms: float, until_ms: float) -> bool:
        return self.channel.heard(SOFIA, after(since_ms), after(until_ms).mono)


def shown(message: Message) -> tuple[int, str, str, str, str]:
    return (message.position, message.direction, message.channel, message.client_id, message.bayeux_id)


def test_the_messages_of_an_exchange_are_the_clients_and_then_the_servers() -> None:
    wire = Wire()
    sofia = wire.log_in("sofia")
    sofia.listen()
    asked = sofia.poll()
    begun = wire.now
    wire.wait(250)
    wire.tell(asked, chat_has(DOCUMENT), sent())
    messages = [message for message in wire.messages if message.exchange == asked.number]
    assert [shown(message) for message in messages] == [
        (0, "client", "/meta/connect", sofia.client, "5"),
        (0, "server", TOPIC, sofia.client, ""),
        (1, "server", TOPIC, sofia.client, ""),
        (2, "server", "/meta/connect", sofia.client, "5"),
    ]
    assert [message.at for message in messages] == [begun, wire.now, wire.now, wire.now]
    assert [message.is_event for message in messages] == [False, True, True, False]
    assert [message.kind for message in messages] == ["", "PropertiesUpdated", "file-uploaded", ""]
    assert [message.chat_id for message in messages] == ["", CHAT, CHAT, ""]
    assert [message.document_id for message in messages] == ["", "", DOCUMENT, ""]


def test_a_message_that_tells_of_two_files_has_no_document_of_its_own() -> None:
    wire = Wire()
    sofia = wire.log_in("sofia")
    sofia.hear(log_has(file_line(), file_line(OTHER_DOCUMENT, index=8)), log_has(HELLO, file_line(OTHER_DOCUMENT)))
    assert [message.document_id for message in wire.messages if message.is_event] == ["", OTHER_DOCUMENT]


def test_a_notification_is_parsed_or_its_flaws_are_told() -> None:
    wire = Wire()
    wire.log_in("sofia").hear(sent(), {"messageType": "MessageLogUpdated"})
    good, broken = (message for message in wire.messages if message.is_event)
    assert (good.notification, good.flaws) == parse(sent())
    assert (broken.notification, broken.flaws) == (
        None,
        [Flaw("/messages", "missing", "Field required", None)],
    )


def test_events_on_other_topics_are_messages_without_a_meaning() -> None:
    wire = Wire()
    sofia = wire.log_in("sofia")
    wire.answer(sofia.poll(), [{"channel": "/v2/me/calls", "data": sent()}])
    [event] = (message for message in wire.messages if message.is_event)
    assert (event.channel, event.notification, event.flaws) == ("/v2/me/calls", None, [])


CONNECT = orjson.dumps({"channel": "/meta/connect", "clientId": "c1"})


@pytest.mark.parametrize(
    ("method", "target", "body", "fields"),
    [
        ("POST", CHANNEL, CONNECT, ()),
        ("POST", f"{CHANNEL}/connect", b"[" + CONNECT + b"]", ()),
        ("POST", f"{CHANNEL}/", urlencode({"message": CONNECT}).encode(), (FORM,)),
        ("GET", f"{CHANNEL}?jsonp=cb&message={quote(CONNECT)}", b"", ()),
    ],
    ids=["bare object", "array", "form", "callback-polling"],
)
def test_messages_are_found_in_whatever_they_travel(
    method: str, target: str, body: bytes, fields: tuple[tuple[str, str], ...]
) -> None:
    wire = Wire()
    wire.answer(wire.ask(method, target, body, *fields), b"cb([" + orjson.dumps(CONNECTED) + b"]);")
    assert [shown(message) for message in wire.messages] == [
        (0, "client", "/meta/connect", "c1", ""),
        (0, "server", "/meta/connect", "c1", ""),
    ]


@pytest.mark.parametrize("body", [b"", b"<html>", b"[{}]", b'[{"channel": 7}]', b"[[]]", b'{"channel": "/x"'])
def test_an_answer_that_is_no_bayeux_has_no_messages(body: bytes) -> None:
    wire = Wire()
    wire.answer(wire.log_in("sofia").poll(), body)
    assert [message.direction for message in wire.messages] == ["client"]


def test_a_client_that_was_subscribed_and_polled_past_a_moment_has_heard_all_until_then() -> None:
    line = Line()
    line.says(SUBSCRIBED, at_ms=10)
    line.says(CONNECTED, at_ms=100)
    assert line.heard(10, 100)
    assert not line.heard(9, 100), "it was not subscribed yet"
    assert not line.heard(10, 101), "what it was told later is not recorded"


@pytest.mark.parametrize("topic", [TOPIC, "/v2/me/*", "/v2/**", "/**"])
def test_wildcards_hear_the_chats_topic(topic: str) -> None:
    line = Line()
    line.says(SUBSCRIBED | {"subscription": ["/v2/other", topic]}, CONNECTED)
    assert line.heard(0, 0)
    assert line.channel.listens(SOFIA)


@pytest.mark.parametrize("topic", ["/v2/me/calls", "/v2/*", "/v2/me/chats/*"])
def test_other_topics_do_not_hear_it(topic: str) -> None:
    line = Line()
    line.says(SUBSCRIBED | {"subscription": topic}, CONNECTED)
    assert not line.heard(0, 0)
    assert not line.channel.listens(SOFIA)


@pytest.mark.parametrize(
    "told",
    [
        SUBSCRIBED | {"successful": False},
        SUBSCRIBED | {"subscription": {"topic": TOPIC}},
        SUBSCRIBED | {"subscription": [7, None]},
        {"channel": "/meta/subscribe", "successful": True},
    ],
    ids=str,
)
def test_a_subscription_that_was_not_granted_hears_nothing(told: dict[str, Any]) -> None:
    line = Line()
    line.says(told, CONNECTED)
    assert not line.heard(0, 0)


def test_subscribing_again_does_not_make_the_first_subscription_late() -> None:
    line = Line()
    line.says(SUBSCRIBED, at_ms=10)
    line.says(SUBSCRIBED, CONNECTED, at_ms=100)
    assert line.heard(20, 100)


@pytest.mark.parametrize(
    "told",
    [UNKNOWN, {"channel": "/meta/disconnect", "successful": True}, SUBSCRIBED | {"channel": "/meta/unsubscribe"}],
    ids=["session lost", "disconnected", "unsubscribed"],
)
def test_a_client_that_was_away_has_not_heard_what_was_said_meanwhile(told: dict[str, Any]) -> None:
    line = Line()
    line.says(SUBSCRIBED)
    line.says(told, at_ms=50)
    assert not line.channel.listens(SOFIA)
    line.says(SUBSCRIBED, CONNECTED, at_ms=100)
    assert not line.heard(0, 100)
    assert line.heard(100, 100)


def test_what_was_told_in_an_answer_that_was_cut_may_not_have_been_heard() -> None:
    line = Line()
    line.says(SUBSCRIBED)
    line.says(at_ms=50, cut=True)
    line.says(CONNECTED, at_ms=100)
    assert not line.heard(0, 100)
    assert line.heard(50, 100), "from the cut on it hears again"


def test_what_one_agent_heard_another_has_not() -> None:
    line = Line()
    line.says(SUBSCRIBED, CONNECTED)
    assert not line.channel.heard(Agent(2, "other", 1, 1), START, START.mono)
    assert not line.channel.listens(None)


@pytest.mark.parametrize("client", [[], {}, None, True, 3.5], ids=str)
def test_a_client_id_that_is_no_text_is_nobodys(client: object) -> None:
    line = Line()
    line.says(SUBSCRIBED)
    asked = line.wire.ask("POST", CHANNEL, [{"channel": "/meta/connect", "clientId": client}])
    assert line.channel.asking(asked) is None


def test_the_client_id_that_a_handshake_gives_counts_not_the_one_it_was_asked_with() -> None:
    line = Line("old")
    line.says({"channel": "/meta/handshake", "successful": True, "clientId": "new"})
    assert list(line.channel.clients) == ["new"]


def test_clients_that_never_say_goodbye_are_let_go() -> None:
    wire = Wire()
    sofia = wire.log_in()
    channel = Channel()
    for number in range(CLIENTS + 5):
        asked = sofia.ask("POST", CHANNEL, [{"channel": "/meta/handshake", "id": "1"}])
        shaken = {"channel": "/meta/handshake", "successful": True, "clientId": f"client {number}", "id": "1"}
        channel.delivered(wire.answer(asked, [shaken]), None)
    assert len(channel.clients) == CLIENTS
    assert f"client {CLIENTS + 4}" in channel.clients
