"""Calls outside an agent's chat, the one whose reply is unlike all others, and what new models leave unsaid."""

from typing import Any

import pytest

from inspector.analysis.calls import Call
from inspector.analysis.finding import Severity
from tests.analysis.shapes import CHAT, DOCUMENT, chat_has
from tests.analysis.traffic import OK, Content, Wire

HTML = ("Content-Type", "text/html")
GENERIC = f"/api/v2/me/interactions/{CHAT}/attachments/{DOCUMENT}"


def replied(operation: str, body: Content, *fields: tuple[str, str], status: int = 200) -> tuple[Call, list[str]]:
    """An operation with its reply, and the rules that it breaks."""
    wire = Wire()
    wire.answer(wire.log_in().do(operation), body, *fields, status=status)
    return wire.calls[0], [verdict.rule for verdict in wire.verdicts]


@pytest.mark.parametrize("body", [{"status": 0}, b"", {"statusCode": 0}], ids=["sample", "text", "like all others"])
def test_each_documented_reply_to_reject_accepts_it(body: Content) -> None:
    call, rules = replied("Reject", body)
    assert (call.accepted, call.refused, call.reply_problem, rules) == (True, False, "", [])


@pytest.mark.parametrize("body", [{"status": 2}, {"statusCode": 2}, {"status": 0, "statusCode": 2}], ids=str)
def test_reject_can_be_refused(body: dict[str, int]) -> None:
    call, rules = replied("Reject", body | {"statusMessage": "too late"})
    assert (call.accepted, call.refused, rules) == (False, True, ["GW202"])


def test_a_login_page_is_no_reply_to_reject_either() -> None:
    call, rules = replied("Reject", b"<html>log in</html>", HTML)
    assert (call.accepted, rules) == (False, ["GW201"])


def test_an_empty_reply_to_reject_is_none_unless_all_went_well() -> None:
    call, rules = replied("Reject", b"", status=503)
    assert (call.accepted, call.refused, rules) == (False, True, [])


@pytest.mark.parametrize("body", [{"status": 0}, b""])
def test_no_other_operation_is_answered_so(body: Content) -> None:
    call, rules = replied("Accept", body)
    assert (call.accepted, rules) == (False, ["GW201"])


@pytest.mark.parametrize(
    ("path", "operation"),
    [
        ("/me", "StartContactCenterSession"),
        ("/chats", "RequestChat"),
        ("/chats/GUID", "SendMessage"),
        ("/users/U/channels/chat", "Monitor"),
        ("/me/interactions/I", "SendMessage"),
    ],
)
def test_operations_are_calls_wherever_they_are_asked_for(path: str, operation: str) -> None:
    wire = Wire()
    wire.answer(wire.ask("POST", f"/api/v2{path}", {"operationName": operation, "text": "Hello"}))
    [call] = wire.calls
    assert (call.operation, call.accepted) == (operation, True)
    assert {finding.severity for finding in wire.findings} <= {Severity.INFO}


@pytest.mark.parametrize(
    "path", ["/users/U", "/users/U/channels/voice", "/me/emails/E", "/me/channels/chat", "/services"]
)
def test_neighbours_are_left_alone_whatever_they_say(path: str) -> None:
    wire = Wire()
    wire.answer(wire.ask("POST", f"/api/v2{path}", {"operationName": "UploadFile"}), b"<html>", HTML)
    assert (wire.calls, wire.verdicts) == ([], [])


def test_a_customer_may_read_a_chat_with_an_empty_post() -> None:
    """One table of the customer's side lists it as a POST; an agent's operation is never empty."""
    wire = Wire()
    wire.answer(wire.ask("POST", "/api/v2/chats/GUID"), OK | {"chat": {"id": "GUID"}})
    assert (wire.calls, wire.verdicts) == ([], [])
    wire.answer(wire.ask("POST", "/api/v2/me/chats/GUID"))
    assert [verdict.rule for verdict in wire.verdicts] == ["GW101"]


def test_the_generic_attachments_api_unlinks_with_delete() -> None:
    wire = Wire()
    sofia = wire.at_work()
    sofia.has_linked()
    wire.answer(sofia.ask("DELETE", GENERIC))
    call = wire.calls[-1]
    assert (call.operation, call.chat_id, call.document_id, call.accepted) == ("RemoveAttachment", CHAT, DOCUMENT, True)
    assert wire.life() == ["linked", "removed"]
    wire.answer(sofia.upload())
    assert [verdict.rule for verdict in wire.verdicts] == ["GW401"]


def test_a_delete_that_is_refused_unlinks_nothing() -> None:
    wire = Wire()
    sofia = wire.at_work()
    sofia.hear(chat_has(DOCUMENT))
    wire.refuse(sofia.ask("DELETE", GENERIC), 14)
    wire.answer(sofia.upload())
    assert [verdict.rule for verdict in wire.verdicts] == ["GW202"]


def test_a_delete_of_another_mediums_file_is_no_call() -> None:
    wire = Wire()
    wire.answer(wire.ask("DELETE", f"/api/v2/me/emails/E/attachments/{DOCUMENT}"))
    assert wire.calls == []


NEEDED: list[tuple[str, dict[str, Any]]] = [
    ("SendMessage", {}),
    ("SendToAgents", {"text": None}),
    ("SendUrl", {}),
    ("SendCustomNotice", {}),
    ("Invite", {}),
    ("Consult", {"targetUri": None}),
    ("Transfer", {}),
    ("RemoveParticipantFromConference", {}),
    ("SetDisposition", {}),
    ("AttachUserData", {"userData": None}),
    ("DeleteUserData", {"keys": []}),
]


@pytest.mark.parametrize(("operation", "members"), NEEDED, ids=[operation for operation, _ in NEEDED])
def test_what_another_operation_lacks_is_not_called_a_missing_document(operation: str, members: dict[str, Any]) -> None:
    wire = Wire()
    wire.answer(wire.log_in().do(operation, **members))
    assert wire.verdicts == []


@pytest.mark.parametrize(
    ("operation", "members", "pointer"),
    [
        ("SendMessage", {"text": 7}, "/text"),
        ("Accept", {"saveLAR": 7}, "/saveLAR"),
        ("Invite", {"targetUri": {}}, "/targetUri"),
        ("AttachUserData", {"userData": []}, "/userData"),
        ("DeleteUserData", {"keys": "UserData1"}, "/keys"),
        ("DeleteUserData", {"keys": ["UserData1", 7]}, "/keys/1"),
        ("SetDisposition", {"disposition": ["resolved"]}, "/disposition"),
    ],
)
def test_a_wrong_type_is_told_of_every_operation_by_its_place(
    operation: str, members: dict[str, Any], pointer: str
) -> None:
    wire = Wire()
    wire.answer(wire.log_in().do(operation, **members))
    assert [(verdict.rule, verdict.pointer) for verdict in wire.verdicts] == [("GW107", pointer)]


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("SendMessage", {"text": "a", "treatAs": "Shouted", "messageType": "Song"}),
        ("Monitor", {"supervisorMonitoringMode": "SomeChats"}),
        ("Accept", {"saveLAR": "yes", "nickname": ""}),
    ],
)
def test_an_unknown_value_of_another_operation_is_not_called_an_upload_type(
    operation: str, members: dict[str, Any]
) -> None:
    wire = Wire()
    wire.answer(wire.log_in().do(operation, **members))
    assert wire.verdicts == []
