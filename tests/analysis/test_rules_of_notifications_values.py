"""GW304, GW305, GW306: what a notification says twice, and values that no page lists."""

import pytest

from inspector.analysis.finding import Severity
from tests.analysis.shapes import API, CHAT, CUSTOMER, HELLO, OTHER_CHAT, Json, agent, chat_is, line, log_has
from tests.analysis.traffic import Verdict, Wire

SAID = "2016-07-21 17:23:20.000+0300"
MS = 1469111000000
WHEN = "/data/messages/0/timestampSeconds"


def judged(*data: Json) -> Wire:
    """One poll that tells these; its exchange is the second."""
    wire = Wire()
    assert wire.log_in().hear(*data) == 2
    return wire


def timed(timestamp: object, stamp: object, index: int = 2) -> Json:
    return line("Text", CUSTOMER, index, text="Hello", timestamp=timestamp, timestampSeconds=stamp)


def test_304_times_that_are_an_hour_apart() -> None:
    wire = judged(log_has(HELLO), log_has(timed(SAID, MS + 3_600_000, 3)))
    assert wire.verdicts == [Verdict("GW304", Severity.WARNING, 2, 1, WHEN, MS + 3_600_000)]
    assert wire.findings[0].text == (
        "timestamp 2016-07-21 17:23:20.000+0300 is 1469111000000 in milliseconds, "
        "timestampSeconds 1469114600000: 3600.000 s apart"
    )
    assert wire.findings[0].expected == "1469111000000"


@pytest.mark.parametrize("apart", [2_001, -2_001])
def test_304_more_than_two_seconds_are_a_difference(apart: int) -> None:
    assert [verdict.rule for verdict in judged(log_has(timed(SAID, MS + apart))).verdicts] == ["GW304"]


def test_304_a_time_without_its_blank_is_read() -> None:
    assert [verdict.rule for verdict in judged(log_has(timed("2014-02-1308:20:59.000-0800", MS))).verdicts] == ["GW304"]


@pytest.mark.parametrize(
    ("factor", "unit"), [(1_000, "microseconds"), (1_000_000, "nanoseconds")], ids=["micro", "nano"]
)
def test_304_a_finer_unit_is_named(factor: int, unit: str) -> None:
    [finding] = judged(log_has(timed(SAID, MS * factor + 7))).findings
    assert finding.text == f"timestampSeconds {MS * factor + 7} counts {unit} where milliseconds are told ({SAID})"


@pytest.mark.parametrize("timestamp", [None, "yesterday", "2016-07-21 17:23:20.000"], ids=str)
def test_304_a_finer_unit_shows_without_a_timestamp_too(timestamp: str | None) -> None:
    [finding] = judged(log_has(timed(timestamp, MS * 1_000))).findings
    assert (finding.rule, finding.expected) == ("GW304", "milliseconds since 1970")
    assert finding.text == "timestampSeconds 1469111000000000 counts something finer than milliseconds"


@pytest.mark.parametrize(
    ("timestamp", "stamp"),
    [
        ("2016-07-21 17:23:20.000+0300", MS),
        ("2016-07-21T14:23:20Z", MS + 999),
        ("2016-07-21T14:23:20+00:00", MS + 2_000),
        ("2016-07-21 19:53:20.123456+0530", MS + 123),
        ("2016-07-21 10:23:20,5-04", MS - 1_500),
        ("2016-07-21T14:23:20Z", MS // 1000),
        ("2018-05-17T13:59:25Z", 1526565585),
        ("2016-07-21T14:23:20Z", 0),
        ("2016-07-21T14:23:20Z", -1),
        ("2016-07-21T14:23:20Z", None),
        ("2016-07-2107:23:20.000-0700", MS),
        ("2016-07-21 17:23:20.000", MS),
        ("21.07.2016 17:23", MS),
        ("0001-01-01T00:00:00+23:59", None),
        ("☂" * 10, MS),
        ("", MS),
        (None, MS),
    ],
    ids=str,
)
def test_304_the_same_moment_in_any_spelling_or_none_that_can_be_read(timestamp: object, stamp: object) -> None:
    assert judged(log_has(timed(timestamp, stamp))).verdicts == []


@pytest.mark.parametrize("timestamp", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59.999999-23:59"])
def test_304_the_ends_of_the_calendar_are_times_as_well(timestamp: str) -> None:
    assert [verdict.rule for verdict in judged(log_has(timed(timestamp, MS))).verdicts] == ["GW304"]


def addressed(path: object, uri: object) -> Json:
    return log_has(HELLO) | {"chatPath": path, "chatUri": uri}


def test_305_a_path_and_a_uri_of_two_chats() -> None:
    wire = judged(addressed(f"/chats/{CHAT}", f"{API}/chats/{OTHER_CHAT}"))
    assert wire.verdicts == [Verdict("GW305", Severity.ERROR, 2, 0, "/data/chatUri", f"{API}/chats/{OTHER_CHAT}")]
    assert wire.findings[0].text == (
        f"chatPath '/chats/{CHAT}' names the chat '{CHAT}', chatUri '{API}/chats/{OTHER_CHAT}' the chat '{OTHER_CHAT}'"
    )


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        (f"/chats/{CHAT}", None),
        (None, f"{API}/chats/{CHAT}"),
        (f"/chats/{CHAT}", f"https://elsewhere:8443/gws/api/v2/me/chats/{CHAT}?v=/chats/2"),
        (f"/chats/{CHAT}", f"{API}/chats/{CHAT}/"),
        ("/chats/a%7Eb", f"{API}/chats/a~b"),
        (f"/chats/{CHAT}", f"{API}/somewhere"),
        (CHAT, f"{API}/chats/{OTHER_CHAT}"),
        ("", ""),
    ],
    ids=str,
)
def test_305_one_chat_by_several_ways_or_none(path: object, uri: object) -> None:
    assert judged(addressed(path, uri)).verdicts == []


def test_306_a_visibility_that_no_page_lists() -> None:
    wire = judged(log_has(line("Text", CUSTOMER, 3, visibility="INT")))
    assert wire.verdicts == [Verdict("GW306", Severity.INFO, 2, 0, "/data/messages/0/visibility", "INT")]
    assert wire.findings[0].text == "visibility is 'INT'; ChatResources lists Agents, All, Supervisors"


def test_306_of_senders_participants_and_notifications() -> None:
    ghost = agent("toni") | {"visibility": "Nobody"}
    veiled = agent("toni") | {"visibility": "Few"}
    wire = judged(
        log_has(line("Text", ghost, 3)),
        chat_is(participants=["sofia", CUSTOMER, veiled]),
        log_has(HELLO) | {"notificationType": "OldMessages"},
        {"messageType": "MessageLogErased"},
    )
    assert [(verdict.message, verdict.pointer, verdict.actual) for verdict in wire.verdicts] == [
        (0, "/data/messages/0/from/visibility", "Nobody"),
        (1, "/data/chat/participants/2/visibility", "Few"),
        (2, "/data/notificationType", "OldMessages"),
        (3, "/data/messageType", "MessageLogErased"),
    ]


def test_306_is_told_once_a_value() -> None:
    """Every line of such a server has it."""
    wire = Wire()
    sofia = wire.log_in()
    for number in range(3):
        lines = [line("Text", CUSTOMER, 3 * number + each, visibility=("INT", "VIP")[each % 2]) for each in range(2)]
        sofia.hear(log_has(*lines), log_has(*lines, of=OTHER_CHAT))
    assert [verdict.actual for verdict in wire.verdicts] == ["INT", "VIP"]


@pytest.mark.parametrize(
    "data",
    [
        log_has(line("Whisper", {"type": "Ghost"}, 3)),
        log_has(line("SystemCommand", CUSTOMER, 3, noticeText="file-eaten")),
        log_has(line("Text", CUSTOMER, 3, visibility=None)),
        log_has(line("Text", CUSTOMER | {"visibility": ""}, 3)),
        log_has(HELLO) | {"notificationType": None},
        log_has(HELLO) | {"notificationType": "AttachmentAdded"},
        chat_is("Levitating", kind="Wobbled", capabilities=["Somersault"], chatType="Sideways"),
        chat_is(participants=None),
        {"messageType": "EmailStateChangeMessage", "notificationType": "EmailEaten"},
    ],
    ids=lambda data: str(data)[:70],
)
def test_306_of_a_list_that_is_not_whole_nothing_is_said(data: Json) -> None:
    assert judged(data).verdicts == []
