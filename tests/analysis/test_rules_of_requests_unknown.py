"""1xx: operations and members that the documentation does not name. They may be right: it is only worth knowing."""

from typing import Any

import pytest

from inspector.analysis.finding import Finding, Severity
from tests.analysis.shapes import CHAT, DOCUMENT
from tests.analysis.traffic import ME, Json, Verdict, Wire

INFO = Severity.INFO
DRAFT = {"text": "see the file", "messageType": "Text", "treatAs": "Normal"}


def judged(body: Json, target: str = f"{ME}/chats/{CHAT}") -> Wire:
    """One request, and no reply. GW401 needs a chat, and is not what these are about."""
    wire = Wire()
    wire.ask("POST", target, body)
    wire.derived = [one for one in wire.derived if not (isinstance(one, Finding) and one.rule == "GW401")]
    return wire


def verdicts(operation: str, **members: Any) -> list[Verdict]:
    return judged({"operationName": operation} | members).verdicts


def texts(operation: str, **members: Any) -> list[str]:
    return [finding.text for finding in judged({"operationName": operation} | members).findings]


@pytest.mark.parametrize(
    "name", ["Levitate", "uploadFile", "UploadFile ", "SaveEmail", "", 7, None, ["Accept"]], ids=repr
)
def test_102_an_operation_that_no_page_names(name: object) -> None:
    wire = judged({"operationName": name})
    assert wire.verdicts == [Verdict("GW102", INFO, 1, None, "/operationName", name)]
    assert f"operationName is {name!r}" in wire.findings[0].text


def test_102_or_none_at_all() -> None:
    [finding] = judged({"operation": "Accept"}).findings
    assert (finding.rule, finding.actual) == ("GW102", None)
    assert finding.text.startswith("operationName is missing")


@pytest.mark.parametrize("target", [f"/api/v2/chats/{CHAT}", f"{ME}/interactions/{CHAT}"])
def test_102_is_told_wherever_a_chat_is(target: str) -> None:
    assert [one.rule for one in judged({"operationName": "Levitate"}, target).verdicts] == ["GW102"]


@pytest.mark.parametrize("target", [ME, f"{ME}/emails/E", f"{ME}/calls/C", f"{ME}/openmedia/sms/M", "/api/v2/chats"])
def test_102_is_not_told_where_other_media_are_meant(target: str) -> None:
    """An agent is made ready for all media at its own address."""
    assert judged({"operationName": "Ready"}, target).verdicts == []


@pytest.mark.parametrize("capability", ["InFocus", "SwitchBargeIn", "SetInFocus", "LeaveAndComplete"])
def test_102_is_not_told_of_what_a_chat_says_it_can(capability: str) -> None:
    assert verdicts(capability) == []


def test_105_a_path_of_which_nobody_knows_where_it_leads() -> None:
    path = "C:\\files\\a.txt"
    found = verdicts("UploadFile", documentId=DOCUMENT, uploadPath=path)
    assert found == [Verdict("GW105", INFO, 1, None, "/uploadPath", path)]
    assert verdicts("UploadFile", documentId=DOCUMENT, uploadPath=path, uploadType=None) == found
    assert repr(path) in texts("UploadFile", documentId=DOCUMENT, uploadPath=path)[0]


@pytest.mark.parametrize("path", [None, ""])
def test_105_no_path_needs_no_type(path: str | None) -> None:
    assert verdicts("UploadFile", documentId=DOCUMENT, uploadPath=path) == []


@pytest.mark.parametrize(
    ("upload_type", "path", "rules"),
    [
        ("file-system", "a.txt", []),
        ("standard-response", "00001a8T8Y1300RS", []),
        ("pigeon", "C:\\a.txt", ["GW104"]),
        ("", "C:\\a.txt", ["GW104"]),
        (None, 7, ["GW107"]),
    ],
)
def test_105_a_wrong_type_or_path_is_another_matter(upload_type: object, path: object, rules: list[str]) -> None:
    found = verdicts("UploadFile", documentId=DOCUMENT, uploadPath=path, uploadType=upload_type)
    assert [one.rule for one in found] == rules


def test_105_and_106_speak_of_different_operations() -> None:
    """Only UploadFile has a path; elsewhere it is a member that nobody documents."""
    assert [one.rule for one in verdicts("AddAttachment", documentId=DOCUMENT, uploadPath="C:\\a.txt")] == ["GW106"]


def test_106_a_member_that_the_page_does_not_name() -> None:
    wire = judged({"operationName": "UploadFile", "documentId": DOCUMENT, "a/b": ["red"]})
    assert wire.verdicts == [Verdict("GW106", INFO, 1, None, "/a~1b", "a/b")]
    assert wire.findings[0].text == "UploadFile with a/b, which the page of UploadFile does not name"
    assert wire.findings[0].expected == "description, documentId, operationName, uploadPath, uploadType"


@pytest.mark.parametrize("member", DRAFT)
def test_106_a_member_of_the_withdrawn_draft_is_called_so(member: str) -> None:
    wire = judged({"operationName": "UploadFile", "documentId": DOCUMENT, member: DRAFT[member]})
    assert wire.verdicts == [Verdict("GW106", INFO, 1, None, f"/{member}", member)]
    assert (
        wire.findings[0].text == f"UploadFile with {member}, which a draft of June 2017 brought and the next withdrew"
    )


def test_106_several_are_one_finding_each_kind() -> None:
    members = {"operationName": "UploadFile", "documentId": DOCUMENT, "colour": "red", "size": 46}
    wire = judged(members | DRAFT)
    assert [(one.pointer, one.actual) for one in wire.findings] == [("", ["colour", "size"]), ("", [*DRAFT])]
    assert [finding.text for finding in wire.findings] == [
        "UploadFile with colour, size, which the page of UploadFile does not name",
        "UploadFile with text, messageType, treatAs, which a draft of June 2017 brought and the next withdrew",
    ]


def test_106_any_number_of_any_length_stays_one_short_sentence() -> None:
    members = {"x" * 10_000: 1, "": 2} | {f"m{number}": number for number in range(10_000)}
    [finding] = judged({"operationName": "UploadFile", "documentId": DOCUMENT} | members).findings
    assert "m0, m1, m2 and 9997 more" in finding.text
    assert len(finding.text) < 300


def test_106_the_drafts_members_are_documented_elsewhere() -> None:
    assert verdicts("SendMessage", **DRAFT) == []
    [text] = texts("AddAttachment", documentId=DOCUMENT, **DRAFT)
    assert "draft" not in text, "it had them for UploadFile only"


@pytest.mark.parametrize("operation", ["LeaveAndComplete", "SetInFocus", "SwitchToCoach", "InFocus"])
def test_106_is_not_told_of_operations_whose_members_nobody_lists(operation: str) -> None:
    assert verdicts(operation, anything=1) == []


def test_106_is_told_of_an_agents_session_too() -> None:
    wire = judged({"operationName": "EndContactCenterSession", "reason": "lunch"}, ME)
    assert [(one.rule, one.pointer) for one in wire.verdicts] == [("GW106", "/reason")]
