"""GW601 and GW602: clients whom the server forgot, and agents to whom nobody tells what became of their calls."""

import pytest

from inspector.analysis.finding import Severity
from tests.analysis.shapes import DOCUMENT, Json, sent
from tests.analysis.traffic import CHANNEL, TOPIC, Desk, Verdict, Wire

WINDOW = 30_000
UNKNOWN = "402::Unknown client"


def failed(channel: str = "/meta/connect", **members: object) -> list[Json]:
    return [{"channel": channel, "successful": False} | members]


def rules(wire: Wire) -> list[str]:
    wire.close()
    return [verdict.rule for verdict in wire.verdicts]


def test_601_says_who_was_forgotten_and_where_it_was_told() -> None:
    wire = Wire()
    sofia = wire.at_work()
    poll = sofia.poll()
    wire.wait(WINDOW)
    wire.answer(poll, [{"channel": TOPIC, "data": sent()}, *failed(error=UNKNOWN)])
    assert wire.verdicts[-1] == Verdict("GW601", Severity.WARNING, poll.number, 1, "/error", UNKNOWN)
    assert f"the client '{sofia.client}' was answered with '{UNKNOWN}'" in wire.findings[-1].text


@pytest.mark.parametrize(
    ("answer", "lost"),
    [
        (failed(error="402:client2:Unknown Client ID"), True),
        (failed(advice={"reconnect": "handshake"}), True),
        (failed("/meta/subscribe", error=UNKNOWN, subscription=TOPIC), True),
        (failed("/service/typing", error=UNKNOWN), True),
        (failed(), False),
        (failed(error="403::Forbidden", advice={"reconnect": "retry"}), False),
        (failed(advice={"reconnect": "none", "multiple-clients": True}), False),
        (failed(error=402, advice="handshake"), False),
        ([{"channel": "/meta/connect", "successful": True, "advice": {"reconnect": "handshake"}}], False),
    ],
    ids=["as specified", "advice alone", "subscribe", "publish", "bare", "refused", "second tab", "odd", "successful"],
)
def test_601_is_about_what_says_that_the_session_is_gone(answer: list[Json], lost: bool) -> None:
    wire = Wire()
    sofia = wire.at_work()
    wire.answer(sofia.poll(), answer)
    assert rules(wire) == ["GW601"] * lost


def test_601_is_told_once_a_session() -> None:
    wire = Wire()
    sofia = wire.at_work()
    for _ in range(3):
        wire.answer(sofia.poll(), failed(error=UNKNOWN))
    sofia.listen()
    sofia.hear()
    wire.answer(sofia.poll(), failed(error=UNKNOWN))
    assert rules(wire) == ["GW601", "GW601"]


@pytest.mark.parametrize("known_by", ["handshake", "connect", "nothing"])
def test_601_needs_a_client_that_was_known(known_by: str) -> None:
    wire = Wire()
    sofia = wire.log_in()
    if known_by == "handshake":
        sofia.shake_hands()
    else:
        sofia.client = "from before the recording"
    if known_by == "connect":
        sofia.hear()
    wire.answer(sofia.poll(), failed(error=UNKNOWN))
    assert rules(wire) == ["GW601"] * (known_by != "nothing")


@pytest.mark.parametrize("answered", [True, False])
@pytest.mark.parametrize("how", ["disconnect", "logout"])
def test_601_who_took_its_leave_is_no_loss(how: str, answered: bool) -> None:
    """Its held poll may be answered before the request that ends it all."""
    wire = Wire()
    sofia = wire.at_work()
    poll = sofia.poll()
    leave = sofia.log_out() if how == "logout" else sofia.send({"channel": "/meta/disconnect"})
    if answered:
        wire.answer(leave, [{"channel": "/meta/disconnect", "successful": True}] if how == "disconnect" else {})
    wire.answer(poll, failed(error=UNKNOWN))
    assert "GW601" not in rules(wire)


def test_601_a_refused_logout_is_no_leave() -> None:
    wire = Wire()
    sofia = wire.at_work()
    wire.refuse(sofia.log_out())
    wire.answer(sofia.poll(), failed(error=UNKNOWN))
    assert rules(wire) == ["GW202", "GW601"]


def test_601_who_went_away_does_not_hear_it() -> None:
    wire = Wire()
    sofia = wire.at_work()
    wire.answer(sofia.poll(), failed(error=UNKNOWN), error="client disconnected")
    assert rules(wire) == []


@pytest.mark.parametrize(
    ("pause_ms", "severity"), [(9_000, Severity.WARNING), (47_000, Severity.INFO)], ids=["short", "long"]
)
def test_601_after_a_pause_of_the_client_it_is_as_usual(pause_ms: int, severity: Severity) -> None:
    wire = Wire()
    sofia = wire.at_work()
    wire.wait(pause_ms)
    poll = sofia.poll()
    wire.wait(60)
    wire.answer(poll, failed(error=UNKNOWN))
    assert [(found.rule, found.severity) for found in wire.findings] == [("GW601", severity)]
    assert ("silent for 47.0 s" in wire.findings[0].text) == (severity is Severity.INFO)


def test_601_a_poll_that_broke_off_was_no_pause() -> None:
    wire = Wire()
    sofia = wire.at_work()
    poll = sofia.poll()
    wire.wait(25_000)
    wire.fail(poll, "server closed the connection")
    wire.wait(1_000)
    wire.answer(sofia.poll(), failed(error=UNKNOWN))
    assert [found.severity for found in wire.findings] == [Severity.WARNING]


def deaf(*topics: str) -> tuple[Wire, Desk]:
    """Sofia has connected, and is subscribed to these."""
    wire = Wire(WINDOW)
    sofia = wire.log_in()
    sofia.shake_hands()
    for topic in topics:
        sofia.subscribe(topic)
    sofia.hear()
    return wire, sofia


def asks(desk: Desk, wait_ms: float = WINDOW) -> int:
    """A call is accepted, and so much later a poll answered; the call's number."""
    call = desk.do("SendMessage", text="Hello")
    desk.wire.answer(call)
    desk.wire.wait(wait_ms)
    desk.hear()
    return call.number


def test_602_says_what_was_subscribed_instead() -> None:
    wire, sofia = deaf("/v2/me/calls", "/v2/me/emails")
    call = asks(sofia)
    asks(sofia)
    assert wire.verdicts == [Verdict("GW602", Severity.WARNING, call, None, "", ["/v2/me/calls", "/v2/me/emails"])]
    told = f"SendMessage was accepted, but the only Bayeux client of sofia, '{sofia.client}', was still subscribed to "
    assert wire.findings[0].text.startswith(told + "'/v2/me/calls', '/v2/me/emails' 30 s later")


@pytest.mark.parametrize("topics", [[], ["/v2/*"], ["/v2/me/chats/*"], ["/v2/me/chat"]], ids=str)
def test_602_what_does_not_cover_chats_does_not_help(topics: list[str]) -> None:
    wire, sofia = deaf(*topics)
    asks(sofia)
    assert rules(wire) == ["GW602"]


@pytest.mark.parametrize("topic", [TOPIC, "/v2/me/*", "/**", "/v2/**"])
def test_602_what_covers_chats_does(topic: str) -> None:
    wire, sofia = deaf(topic)
    asks(sofia)
    assert rules(wire) == []


def test_602_a_subscription_that_was_refused_is_none() -> None:
    wire, sofia = deaf()
    asked = sofia.send({"channel": "/meta/subscribe", "subscription": TOPIC})
    wire.answer(asked, failed("/meta/subscribe", subscription=TOPIC, error="403::denied"))
    asks(sofia)
    assert rules(wire) == ["GW602"]


def test_602_a_client_that_shook_hands_again_has_to_subscribe_again() -> None:
    wire = Wire()
    sofia = wire.at_work()
    wire.answer(sofia.poll(), failed(error=UNKNOWN))
    sofia.shake_hands()
    sofia.hear()
    asks(sofia)
    assert rules(wire) == ["GW601", "GW602"]


def test_602_within_the_window_it_is_too_early_to_say() -> None:
    wire, sofia = deaf()
    asks(sofia, WINDOW - 1)
    assert rules(wire) == []


def test_602_who_could_not_be_judged_at_first_is_looked_at_again() -> None:
    wire, sofia = deaf()
    tab = Desk(wire, *sofia.fields)
    tab.listen()
    asks(sofia)
    disconnected(wire, tab)
    call = asks(sofia)
    assert [(one.rule, one.exchange) for one in wire.verdicts] == [("GW602", call)]


def test_602_another_user_who_listens_is_no_help() -> None:
    wire, sofia = deaf()
    wire.at_work("toni", "another chat")
    asks(sofia)
    assert rules(wire) == ["GW602"]


def unanswered_subscription(wire: Wire, sofia: Desk) -> None:
    wire.fail(sofia.send({"channel": "/meta/subscribe", "subscription": TOPIC}))


def taken_back(wire: Wire, sofia: Desk) -> None:
    """As who is about to leave does."""
    sofia.subscribe()
    asked = sofia.send({"channel": "/meta/unsubscribe", "subscription": TOPIC})
    wire.answer(asked, [{"channel": "/meta/unsubscribe", "subscription": TOPIC, "successful": True}])


def told_anyway(wire: Wire, sofia: Desk) -> None:
    sofia.hear(sent(by="toni"))


def disconnected(wire: Wire, sofia: Desk) -> None:
    wire.answer(sofia.send({"channel": "/meta/disconnect"}), [{"channel": "/meta/disconnect", "successful": True}])


def another_tab(wire: Wire, sofia: Desk) -> None:
    Desk(wire, *sofia.fields).listen()


def another_login(wire: Wire, sofia: Desk) -> None:
    wire.log_in("sofia").listen()


def somebody_without_a_name(wire: Wire, sofia: Desk) -> None:
    Desk(wire).listen()


def somebody_from_before(wire: Wire, sofia: Desk) -> None:
    Desk(wire, ("Cookie", "JSESSIONID=of-no-known-user")).listen()


def web_socket(wire: Wire, sofia: Desk) -> None:
    wire.answer(sofia.ask("GET", CHANNEL, b"", ("Upgrade", "websocket")), b"", status=101)


UNKNOWABLE = [
    unanswered_subscription,
    taken_back,
    told_anyway,
    disconnected,
    another_tab,
    another_login,
    somebody_without_a_name,
    somebody_from_before,
    web_socket,
]


@pytest.mark.parametrize("circumstance", UNKNOWABLE, ids=lambda circumstance: circumstance.__name__)
def test_602_where_somebody_may_listen_nothing_is_said(circumstance: object) -> None:
    assert callable(circumstance)
    wire, sofia = deaf()
    circumstance(wire, sofia)
    wire.answer(sofia.upload(DOCUMENT))
    wire.wait(WINDOW)
    wire.answer(sofia.do("SendMessage"))
    assert "GW602" not in rules(wire)


@pytest.mark.parametrize("known", ["no channel", "a handshake alone", "no handshake"])
def test_602_where_the_channel_is_not_known_whole_nothing_is_said(known: str) -> None:
    wire = Wire()
    sofia = wire.log_in()
    if known == "a handshake alone":
        sofia.shake_hands()
    elif known == "no handshake":
        sofia.client = "from before the recording"
        sofia.hear()
    wire.answer(sofia.do("SendMessage"))
    wire.wait(WINDOW)
    wire.answer(sofia.do("SendMessage"))
    assert rules(wire) == []


def test_602_a_refused_call_is_not_waited_for() -> None:
    wire, sofia = deaf()
    wire.refuse(sofia.do("SendMessage"))
    wire.wait(WINDOW)
    sofia.hear()
    assert rules(wire) == ["GW202"]
