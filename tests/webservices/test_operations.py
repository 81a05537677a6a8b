"""What an agent asks for: the documentation's samples, and what rules 102 to 107 need to know."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from inspector.webservices.model import flaws
from inspector.webservices.operations import AddAttachment, Operation, RemoveAttachment, UploadFile, operation_class

SAMPLES = sorted((Path(__file__).parents[1] / "data" / "samples" / "requests").glob("*.json"))
UPLOAD = {"operationName": "UploadFile", "documentId": "0001PaBMYY3600RC"}


def flaws_of(asked):
    try:
        operation_class(asked["operationName"]).model_validate(asked)
    except ValidationError as error:
        return [(flaw.pointer, flaw.kind, flaw.actual) for flaw in flaws(error)]
    return []


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_the_documentation_s_samples_are_understood_and_kept_whole(sample):
    asked = json.loads(sample.read_bytes())
    model = operation_class(asked["operationName"]) or Operation
    assert model.model_validate(asked).model_dump(by_alias=True, exclude_unset=True) == asked


def test_an_operation_is_found_by_its_name():
    names = ["UploadFile", "AddAttachment", "RemoveAttachment", "uploadFile", "Operation", "Dance", ""]
    found = [UploadFile, AddAttachment, RemoveAttachment, None, None, None, None]
    assert [operation_class(name) for name in names] == found


def test_to_define_an_operation_is_to_register_it():
    class Wave(Operation):
        operation = "WaveInTests"

    assert operation_class("WaveInTests") is Wave


def test_an_upload_is_read():
    upload = UploadFile.model_validate(
        UPLOAD | {"uploadType": "file-system", "uploadPath": "C:\\files\\a.txt", "description": None}
    )
    assert (upload.document_id, upload.upload_type, upload.upload_path, upload.description) == (
        "0001PaBMYY3600RC",
        "file-system",
        "C:\\files\\a.txt",
        None,
    )


@pytest.mark.parametrize(
    ("members", "found"),
    [
        ({}, []),
        ({"uploadType": "standard-response"}, []),
        ({"uploadType": None, "uploadPath": None, "description": ""}, []),
        ({"text": "a", "messageType": "b", "treatAs": "System", "unheardOf": {}}, []),
        ({"documentId": ""}, [("/documentId", "string_too_short", "")]),
        ({"documentId": 7}, [("/documentId", "string_type", 7)]),
        ({"documentId": None}, [("/documentId", "string_type", None)]),
        ({"uploadType": "carrier-pigeon"}, [("/uploadType", "literal_error", "carrier-pigeon")]),
        (
            {"uploadPath": ["C:"], "description": 7},
            [("/uploadPath", "string_type", ["C:"]), ("/description", "string_type", 7)],
        ),
    ],
)
def test_flaws_of_an_upload(members, found):
    assert flaws_of(UPLOAD | members) == found


@pytest.mark.parametrize("operation", ["UploadFile", "AddAttachment", "RemoveAttachment"])
@pytest.mark.parametrize("members", [{}, {"document_id": "0001PaBMYY3600RC"}, {"documentID": "0001PaBMYY3600RC"}])
def test_a_missing_document_is_a_flaw_and_no_other_spelling_helps(operation, members):
    found = [(pointer, kind) for pointer, kind, _ in flaws_of({"operationName": operation} | members)]
    assert found == [("/documentId", "missing")]


@pytest.mark.parametrize("size", [0, 20053630, "20053630", None])
def test_a_link_s_size_is_a_number_or_a_text(size):
    """The page does not say which."""
    link = {"operationName": "AddAttachment", "documentId": "0000YaB6ARKB0019", "size": size}
    assert (flaws_of(link), AddAttachment.model_validate(link).size) == ([], size)


@pytest.mark.parametrize("member", ["name", "mime"])
def test_a_link_s_name_and_type_are_texts(member):
    link = {"operationName": "AddAttachment", "documentId": "0000YaB6ARKB0019"}
    assert flaws_of(link | {member: "text/plain"}) == []
    assert flaws_of(link | {member: 7}) == [(f"/{member}", "string_type", 7)]
