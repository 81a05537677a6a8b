"""3xx: what a notification alone shows."""

from typing import Any

import pytest

from inspector.analysis.finding import Finding, Severity
from tests.analysis.shapes import (
    CUSTOMER,
    DOCUMENT,
    HELLO,
    Json,
    agent,
    attachment,
    chat_has,
    chat_is,
    file_line,
    line,
    log_has,
    sent,
)
from tests.analysis.traffic import Verdict, Wire

EMPTY = line("SystemCommand", CUSTOMER, 7, noticeText="file-uploaded")


def judged(*data: Any) -> Wire:
    """One poll that tells these; its exchange is the second."""
    wire = Wire()
    assert wire.log_in().hear(*data) == 2
    return wire


def broken(rule: str, message: int, pointer: str, actual: object = None) -> Verdict:
    return Verdict(rule, Severity.ERROR, 2, message, pointer, actual)


def test_301_a_member_that_is_missing() -> None:
    assert judged(chat_is(), log_has(HELLO, {"index": 3})).findings == [
        Finding(
            "GW301",
            Severity.ERROR,
            2,
            1,
            "messages/1/type is missing",
            "/data/messages/1/type",
            "Field required",
            None,
        )
    ]


def test_301_a_member_of_the_wrong_type() -> None:
    wire = judged(log_has(file_line(by=CUSTOMER, id=7)))
    assert wire.verdicts == [broken("GW301", 0, "/data/messages/0/attachment/id", 7)]
    assert wire.findings[0].text == "messages/0/attachment/id is 7, not a valid string"


@pytest.mark.parametrize("size", [[46], {}, 4.5], ids=str)
def test_301_a_member_that_may_have_two_types_is_one_place(size: object) -> None:
    wire = judged(chat_has(attachment(size=size)))
    assert wire.verdicts == [broken("GW301", 0, "/data/chat/attachments/0/size", size)]


def test_301_every_place_that_is_wrong_is_told() -> None:
    wire = judged({"messageType": "MessageLogUpdated", "messages": [7, {"type": None}], "chatPath": 7})
    assert [verdict.pointer for verdict in wire.verdicts] == [
        "/data/messages/0",
        "/data/messages/1/type",
        "/data/chatPath",
    ]


@pytest.mark.parametrize("data", [[], ["a"], "text", 7, True], ids=repr)
def test_301_data_that_is_no_object_at_all(data: object) -> None:
    assert judged(data).verdicts == [broken("GW301", 0, "/data", data)]


def test_301_a_pointer_names_members_as_the_wire_does() -> None:
    wire = judged(log_has(line("Text", CUSTOMER | {"path": 7}, 1)))
    assert [verdict.pointer for verdict in wire.verdicts] == ["/data/messages/0/from/path"]


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"messageType": "SomethingNew", "notificationType": "Later"},
        {"notificationType": "Error", "errorMessage": "no", "referenceId": "17"},
        chat_is("Levitating", capabilities=["Fly"], userData={"n": 1, "": None, "a b": {"c": [1]}}),
        chat_is(attachments=None, participants=None, uri=None),
        chat_is(attachments=[], participants=[]),
        chat_is(participants=["sofia", "toni"], participantsInfo=[{}]),
        chat_has(attachment(name=None, size="46", mime=None, path=None, uri=None)),
        log_has(line("Juggling", {"type": "Clown", "participantId": 7}, 1)),
        log_has({"type": "Text", "from": None, "index": None, "timestamp": None, "timestampSeconds": None}),
        log_has(),
    ],
    ids=lambda data: str(data)[:60],
)
def test_301_what_is_missing_null_empty_or_new_breaks_no_shape(data: Json) -> None:
    assert {verdict.rule for verdict in judged(data).verdicts} <= {"GW306"}


def test_301_the_shapes_of_other_topics_are_not_known() -> None:
    wire = Wire()
    wire.answer(wire.log_in().poll(), [{"channel": "/v2/me/emails", "data": {"messageType": "MessageLogUpdated"}}])
    assert wire.verdicts == []


def test_301_what_a_client_publishes_is_no_notification() -> None:
    wire = Wire()
    sofia = wire.log_in()
    asked = sofia.send({"channel": "/v2/me/chats", "data": {"messages": 7}})
    wire.answer(asked, [{"channel": "/v2/me/chats", "successful": True}])
    assert wire.verdicts == []


def test_302_a_file_without_its_attachment() -> None:
    wire = judged(log_has(HELLO, EMPTY))
    assert wire.verdicts == [broken("GW302", 0, "/data/messages/1/attachment")]


def test_302_null_is_none_either() -> None:
    assert [verdict.rule for verdict in judged(log_has(EMPTY | {"attachment": None})).verdicts] == ["GW302"]


@pytest.mark.parametrize(
    "changed", [{"noticeText": "file-deleted"}, {"noticeText": None}, {"type": "CustomNotice"}], ids=str
)
def test_302_other_lines_need_none(changed: Json) -> None:
    assert judged(log_has(EMPTY | changed)).verdicts == []


@pytest.mark.parametrize("member", ["path", "uri"])
def test_303_an_address_that_leads_to_another_document(member: str) -> None:
    address = f"http://gws.example/api/v2/attachments/X{DOCUMENT}"
    changed: Json = {member: address}
    wire = judged(log_has(HELLO), log_has(HELLO, file_line(by=CUSTOMER, **changed)))
    assert wire.verdicts == [broken("GW303", 1, f"/data/messages/1/attachment/{member}", address)]


def test_303_one_file_that_is_wrong_twice_is_one_finding() -> None:
    wire = judged(sent(by=CUSTOMER, path="/attachments/X", uri="http://gws.example/X"))
    assert wire.verdicts == [broken("GW303", 0, "/data/messages/0/attachment/path", "/attachments/X")]


@pytest.mark.parametrize(
    "addresses",
    [
        {"path": None, "uri": None},
        {"path": f"/chats/C/attachments/{DOCUMENT}"},
        {"uri": f"https://gws.example:8443/gws/api/v2/attachments/{DOCUMENT}?v=1/2"},
    ],
    ids=str,
)
def test_303_an_address_may_lead_there_another_way(addresses: Json) -> None:
    assert judged(sent(by=CUSTOMER, **addresses)).verdicts == []


def test_303_attachments_of_lines_that_are_no_files_are_not_looked_at() -> None:
    notice = line("CustomNotice", agent("toni"), 3, attachment={"id": "A", "path": "/attachments/B"})
    assert judged(log_has(notice)).verdicts == []


def test_a_finding_stays_readable_however_large_the_value_is() -> None:
    [finding] = judged(log_has(line("Text", CUSTOMER, 1, text=["x" * 1000] * 1000))).findings
    assert len(finding.text) < 1000
