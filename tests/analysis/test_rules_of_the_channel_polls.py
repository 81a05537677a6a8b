"""GW603 and GW604: what is delivered again, and polls that nobody answers."""

from typing import Any

import pytest

from inspector.analysis.finding import Severity
from tests.analysis.shapes import CHAT, CUSTOMER, HELLO, Json, agent, chat_has, chat_is, file_line, line, log_has
from tests.analysis.traffic import TOPIC, Desk, Verdict, Wire

HI = line("Text", CUSTOMER, 7, text="Hi")
TYPES = {"type": "TypingStarted", "from": CUSTOMER}
STAMP = {"eventProcessing": {"nodeProcessingTimeNanos": 5, "serverGenerationTimestamp": 1767225600000}}


def rules(wire: Wire) -> list[str]:
    wire.close()
    return [verdict.rule for verdict in wire.verdicts]


def test_603_says_where_it_was_told_first() -> None:
    wire = Wire()
    sofia = wire.at_work()
    first = sofia.hear(log_has(HI))
    again = sofia.hear(chat_is(), log_has(HI))
    assert wire.verdicts == [Verdict("GW603", Severity.INFO, again, 1, "", None)]
    told = f"the client '{sofia.client}' was told this (Text, index 7) before, in #{first}"
    assert wire.findings[0].text == told


def test_603_an_event_is_one_finding_however_often_it_is_repeated() -> None:
    wire = Wire()
    sofia = wire.at_work()
    for _ in range(4):
        sofia.hear(log_has(HI), log_has(HI))
    assert rules(wire) == ["GW603"]


@pytest.mark.parametrize(
    "event",
    [
        log_has(HI),
        log_has(line("Text", CUSTOMER, 0, text="first")),
        log_has({name: value for name, value in file_line(by=CUSTOMER).items() if name != "index"}),
        chat_is() | {"referenceId": 3},
        chat_is() | {"metrics": STAMP},
        log_has(TYPES) | {"metrics": STAMP},
        log_has(HI, line("Text", CUSTOMER, 8, text="there")) | {"metrics": STAMP},
    ],
    ids=["index", "index 0", "fileId", "referenceId", "stamped", "stamped typing", "stamped lines"],
)
def test_603_is_about_events_that_come_but_once(event: Json) -> None:
    wire = Wire()
    sofia = wire.at_work()
    sofia.hear(log_has(HELLO))  # what is said after an Accept may have been told with the transcript
    sofia.hear(event)
    sofia.hear(event)
    assert rules(wire) == ["GW603"]


@pytest.mark.parametrize(
    ("event", "other"),
    [
        (log_has(TYPES), log_has(TYPES)),
        (chat_is(), chat_is()),
        (chat_has("A"), chat_has("A")),
        (log_has(HI, HI), log_has(HI, HI)),
        (log_has(HI), log_has(HI | {"index": 8})),
        (log_has(HI), log_has(HI | {"text": "Hi!"})),
        (log_has(HI), log_has(HI, of="another chat")),
        (chat_is() | {"referenceId": 3}, chat_is() | {"referenceId": 4}),
        (chat_is() | {"metrics": {"eventProcessing": {}}}, chat_is() | {"metrics": {"eventProcessing": {}}}),
        (log_has(TYPES) | {"metrics": STAMP}, log_has(TYPES) | {"metrics": STAMP | {"n": 1}}),
    ],
    ids=["typing", "state", "attachments", "transcript", "index", "text", "chat", "referenceId", "no stamp", "stamp"],
)
def test_603_what_may_be_another_event_is_none_of_it(event: Json, other: Json) -> None:
    wire = Wire()
    sofia = wire.at_work()
    sofia.hear(event)
    sofia.hear(other)
    assert rules(wire) == []


def test_603_what_others_are_told_is_not_told_again() -> None:
    """Another tab, another agent, and the same tab after a new handshake."""
    wire = Wire()
    sofia, toni = wire.at_work("sofia"), wire.at_work("toni")
    tab = Desk(wire, *sofia.fields)
    tab.listen()
    for desk in (sofia, toni, tab):
        desk.hear(log_has(HELLO))
        desk.hear(log_has(HI))
    sofia.listen()
    sofia.hear(log_has(HI))
    assert rules(wire) == []


def test_603_the_transcript_is_told_to_whoever_accepts() -> None:
    """One line only; said while the agent accepts, it may be told on its own as well."""
    wire = Wire()
    sofia = wire.at_work()
    sofia.accept(CHAT, HELLO)
    sofia.hear(log_has(HELLO))
    sofia.accept(CHAT, HELLO)
    assert rules(wire) == []


def test_603_a_supervisor_who_looks_again_is_told_again() -> None:
    wire = Wire()
    toni = wire.log_in("toni")
    toni.listen()
    for _ in range(2):
        look = {"operationName": "MonitorChat", "chatId": CHAT}
        wire.answer(toni.ask("POST", "/api/v2/users/U/channels/chat", look))
        toni.hear(log_has(HI))
    assert [rule for rule in rules(wire) if rule == "GW603"] == []


def test_603_two_subscriptions_that_cover_one_event() -> None:
    wire = Wire()
    sofia = wire.at_work()
    sofia.subscribe("/v2/me/*")
    sofia.hear(log_has(agent_says := line("Text", agent("sofia"), 8)), log_has(agent_says))
    assert rules(wire) == ["GW603"]


def test_603_only_the_last_events_are_remembered() -> None:
    wire = Wire()
    sofia = wire.at_work()
    sofia.hear(log_has(HELLO))
    for index in range(100, 200):
        sofia.hear(log_has(HI | {"index": index}))
    sofia.hear(log_has(HI | {"index": 100}))
    sofia.hear(log_has(HI | {"index": 180}))
    assert [verdict.rule for verdict in wire.verdicts] == ["GW603"]
    assert "index 180" in wire.findings[0].text


def held(told: Any = None, asked: Any = None) -> tuple[Wire, Desk, int]:
    """Sofia polls, after the server and she herself gave this advice; the number of the poll."""
    wire = Wire()
    sofia = wire.at_work()
    if told is not None:
        answer = {"channel": "/meta/connect", "successful": True, "advice": {"reconnect": "retry", "timeout": told}}
        wire.answer(sofia.poll(), [answer])
    connect = {"channel": "/meta/connect", "connectionType": "long-polling", "id": "6"}
    poll = sofia.send(connect if asked is None else connect | {"advice": {"timeout": asked}})
    return wire, sofia, poll.number


def passes(desk: Desk, ms: float) -> None:
    """So much later something else happens."""
    desk.wire.wait(ms)
    desk.wire.answer(desk.get("/me/chats"), {"statusCode": 0})


LIMITS = pytest.mark.parametrize(
    ("told", "asked", "limit_ms"),
    [
        (None, None, 70_000),
        (30_000, None, 40_000),
        (45_000.0, None, 55_000),
        (30_000, 0, 10_000),
        (30_000, 60_000, 70_000),
        (0, None, 10_000),
        ("30000", None, 70_000),
        (-1, None, 70_000),
        (True, None, 70_000),
        (10**15, None, 70_000),
    ],
)


@LIMITS
def test_604_is_told_while_the_poll_is_open_once(told: Any, asked: Any, limit_ms: int) -> None:
    wire, sofia, poll = held(told, asked)
    passes(sofia, limit_ms)
    assert wire.verdicts == []
    for _ in range(3):
        passes(sofia, 1)
    assert wire.verdicts == [Verdict("GW604", Severity.WARNING, poll, None, "", None)]
    assert rules(wire) == ["GW604"]


@LIMITS
@pytest.mark.parametrize("late", [0, 1])
def test_604_is_told_of_a_late_answer_whatever_else_happens(told: Any, asked: Any, limit_ms: int, late: int) -> None:
    wire, _, _ = held(told, asked)
    wire.wait(limit_ms + late)
    wire.answer(wire.events[-1].exchange, [{"channel": "/meta/connect", "successful": True, "id": "6"}])
    assert rules(wire) == ["GW604"] * late


def test_604_an_answer_after_all_does_not_tell_it_again() -> None:
    wire, sofia, number = held(30_000)
    poll = wire.events[-1].exchange
    passes(sofia, 41_000)
    wire.answer(poll, [{"channel": "/meta/connect", "successful": True, "id": "6"}])
    assert [verdict.exchange for verdict in wire.verdicts] == [number]


def test_604_says_whose_timeout_it_was() -> None:
    texts = []
    for told, asked in ((30_000, None), (30_000, 5_500), (None, None)):
        wire, sofia, _ = held(told, asked)
        passes(sofia, 71_000)
        texts.append(wire.findings[0].text)
    assert texts == [
        "a long poll was not answered within the 30 s that the server asked for and 10 s more",
        "a long poll was not answered within the 5.5 s that the client asked for and 10 s more",
        "a long poll was not answered within 60 s (no timeout was told) and 10 s more",
    ]


def test_604_a_client_that_went_away_before_waits_no_more() -> None:
    wire, sofia, _ = held(30_000)
    poll = wire.events[-1].exchange
    wire.wait(39_999)
    wire.fail(poll, "client disconnected")
    passes(sofia, 60_000)
    assert rules(wire) == []


def test_604_one_that_gave_up_after_it_waited_too_long() -> None:
    wire, _, number = held(30_000)
    wire.wait(40_050)
    wire.fail(wire.events[-1].exchange, "client disconnected")
    assert [verdict.exchange for verdict in wire.verdicts] == [number]


@pytest.mark.parametrize(("ms", "found"), [(39_000, []), (41_000, ["GW604"])], ids=["before", "after"])
def test_604_the_end_of_the_recording_is_a_moment_like_any(ms: int, found: list[str]) -> None:
    wire, _, _ = held(30_000)
    wire.wait(ms)
    assert rules(wire) == found


def test_604_the_newest_advice_counts_and_each_client_has_its_own() -> None:
    wire = Wire()
    sofia, toni = wire.at_work("sofia"), wire.at_work("toni")
    for timeout in (1_000, 30_000):
        wire.answer(sofia.poll(), [{"channel": "/meta/connect", "successful": True, "advice": {"timeout": timeout}}])
    polls = [sofia.poll().number, toni.poll().number]
    passes(sofia, 40_001)
    assert [verdict.exchange for verdict in wire.verdicts] == polls[:1]
    passes(sofia, 30_000)
    assert [verdict.exchange for verdict in wire.verdicts] == polls


def test_604_only_polls_are_held() -> None:
    wire = Wire()
    sofia = wire.at_work()
    sofia.send({"channel": "/meta/subscribe", "subscription": TOPIC})
    sofia.do("SendMessage", text="Hello")
    sofia.ask("POST", "/api/v2/notifications", b"/meta/connect")
    passes(sofia, 100_000)
    assert rules(wire) == []


def test_604_many_polls_that_were_answered_in_time() -> None:
    wire = Wire()
    sofia = wire.at_work()
    for index in range(300):
        sofia.hear(log_has(file_line(by=CUSTOMER, index=index, fileId=f"F{index}")))
    late = sofia.poll().number
    passes(sofia, 70_001)
    assert [verdict.exchange for verdict in wire.verdicts if verdict.rule == "GW604"] == [late]
