"""1xx: what a request alone shows."""

from typing import Any

import pytest

from inspector.analysis.finding import Finding, Severity
from inspector.traffic.body import Body
from tests.analysis.shapes import CHAT, DOCUMENT
from tests.analysis.traffic import ME, Content, Verdict, Wire

ERROR, WARNING = Severity.ERROR, Severity.WARNING
PLACES = f"{ME}/chats/{CHAT}"
TYPES = "'standard-response' or 'file-system'"


def judged(body: Content, *fields: tuple[str, str]) -> Wire:
    """One request at a chat's address, and no reply. GW401 needs a chat, and is not what these are about."""
    wire = Wire()
    wire.ask("POST", PLACES, body, *fields)
    wire.derived = [one for one in wire.derived if not (isinstance(one, Finding) and one.rule == "GW401")]
    return wire


def verdicts(operation: str, **members: Any) -> list[Verdict]:
    return judged({"operationName": operation} | members).verdicts


def broken(rule: str, severity: Severity, pointer: str, actual: object) -> list[Verdict]:
    return [Verdict(rule, severity, 1, None, pointer, actual)]


def test_101_a_body_that_is_no_json_object_is_told_with_what_it_is() -> None:
    wire = judged(b"[1]")
    assert wire.findings == [
        Finding("GW101", ERROR, 1, None, "the request's body is a JSON array", "", "a JSON object", "a JSON array")
    ]


@pytest.mark.parametrize("body", [b"", b"{", b"hello", b'"text"', b"7", b"true", b"null", b"\xff", b"{} {}"])
def test_101_neither_is_any_of_these(body: bytes) -> None:
    assert [(verdict.rule, verdict.pointer) for verdict in judged(body).verdicts] == [("GW101", "")]


def test_101_is_told_of_operations_on_oneself_as_well() -> None:
    wire = Wire()
    wire.ask("POST", ME, b"{")
    assert [verdict.rule for verdict in wire.verdicts] == ["GW101"]


@pytest.mark.parametrize("target", [f"{PLACES}/messages", "/api/v2/me/emails/E", "/internal-api/chats"])
def test_101_is_not_told_of_what_is_no_operation(target: str) -> None:
    wire = Wire()
    wire.ask("POST", target, b"{")
    assert wire.verdicts == []


def test_101_is_not_told_of_a_new_documents_form() -> None:
    wire = Wire()
    wire.log_in().attach("a.txt", b"{", target=PLACES)
    assert wire.verdicts == []


def test_101_cannot_be_told_of_a_body_that_was_not_kept() -> None:
    assert judged(Body(None, 100, "0" * 64)).verdicts == []


@pytest.mark.parametrize("operation", ["UploadFile", "AddAttachment", "RemoveAttachment"])
def test_103_a_document_must_be_named(operation: str) -> None:
    assert verdicts(operation) == broken("GW103", ERROR, "/documentId", None)
    assert verdicts(operation, documentId="") == broken("GW103", ERROR, "/documentId", "")
    assert verdicts(operation, documentId=None) == broken("GW103", ERROR, "/documentId", None)


def test_103_says_whether_it_is_missing_or_empty() -> None:
    missing, empty = judged({"operationName": "UploadFile"}), judged({"operationName": "UploadFile", "documentId": ""})
    assert [finding.text for wire in (missing, empty) for finding in wire.findings] == [
        "UploadFile without a document: documentId is missing",
        "UploadFile without a document: documentId is empty",
    ]


@pytest.mark.parametrize("member", ["documentID", "document_id", "DocumentId", "id"])
def test_103_a_document_under_another_name_is_missing(member: str) -> None:
    """And that name is told, with those that there are."""
    missing, other = judged({"operationName": "UploadFile", member: DOCUMENT}).findings
    assert [(one.rule, one.pointer, one.actual) for one in (missing, other)] == [
        ("GW103", "/documentId", None),
        ("GW106", f"/{member}", member),
    ]
    assert "documentId" in other.expected


@pytest.mark.parametrize("operation", ["Accept", "SendMessage", "Levitate"])
def test_103_is_not_told_of_operations_without_documents(operation: str) -> None:
    assert "GW103" not in [verdict.rule for verdict in verdicts(operation)]


def test_104_an_upload_type_that_is_not_documented() -> None:
    assert verdicts("UploadFile", documentId=DOCUMENT, uploadType="File-System") == broken(
        "GW104", WARNING, "/uploadType", "File-System"
    )


def test_104_names_those_that_are() -> None:
    [finding] = judged({"operationName": "UploadFile", "documentId": DOCUMENT, "uploadType": ""}).findings
    assert finding.expected == TYPES
    assert TYPES in finding.text


@pytest.mark.parametrize("upload_type", ["standard-response", "file-system", None])
def test_104_is_not_told_of_those_nor_of_none(upload_type: str | None) -> None:
    assert verdicts("UploadFile", documentId=DOCUMENT, uploadType=upload_type) == []
    assert [one.rule for one in verdicts("AddAttachment", documentId=DOCUMENT, uploadType="pigeon")] == ["GW106"]


@pytest.mark.parametrize("document", [7, 0, 7.5, True, False, [], [DOCUMENT], {}, {"id": DOCUMENT}], ids=repr)
def test_107_a_document_id_of_the_wrong_type_is_that_and_not_missing(document: object) -> None:
    assert verdicts("UploadFile", documentId=document) == broken("GW107", ERROR, "/documentId", document)


@pytest.mark.parametrize(
    ("operation", "member"),
    [
        ("UploadFile", "uploadType"),
        ("UploadFile", "uploadPath"),
        ("UploadFile", "description"),
        ("AddAttachment", "size"),
        ("AddAttachment", "name"),
        ("AddAttachment", "mime"),
    ],
)
def test_107_so_has_every_other_member_its_type(operation: str, member: str) -> None:
    assert verdicts(operation, documentId=DOCUMENT, **{member: [1]}) == broken("GW107", ERROR, f"/{member}", [1])


def test_107_every_wrong_member_is_told() -> None:
    assert [verdict.pointer for verdict in verdicts("UploadFile", documentId=7, uploadPath=7, uploadType=7)] == [
        "/documentId",
        "/uploadType",
        "/uploadPath",
    ]


@pytest.mark.parametrize("size", [46, 0, "46", None, 20_053_630])
def test_107_a_size_may_be_a_number_or_the_text_of_one(size: object) -> None:
    assert verdicts("AddAttachment", documentId=DOCUMENT, size=size, name="a.txt", mime="text/plain") == []


def test_107_members_that_are_not_documented_may_be_anything() -> None:
    """Those of the draft of June 2017 among them."""
    draft = {"text": ["x"], "messageType": 7, "treatAs": {}}
    found = verdicts("UploadFile", documentId=DOCUMENT, **draft, extensions=[{}], size=[1])
    assert {one.rule for one in found} == {"GW106"}


def test_107_members_that_may_be_missing_may_be_null() -> None:
    assert verdicts("UploadFile", documentId=DOCUMENT, uploadPath=None, description=None) == []


def test_a_finding_stays_readable_however_large_the_value_is() -> None:
    [finding] = judged({"operationName": "UploadFile", "documentId": ["x" * 1000] * 1000}).findings
    assert len(finding.text) < 1000
