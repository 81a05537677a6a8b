"""Every operation of the reference: known by its name, as strict as its page, as loose as real traffic."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from inspector.webservices import operations
from inspector.webservices.model import flaws
from inspector.webservices.operations import operation_class

FOLDER = Path(__file__).parents[1] / "data" / "shapes"
REQUESTS = [
    pytest.param(shape["shape"], id=path.stem)
    for path in sorted(FOLDER.glob("*.json"))
    if "request" in (shape := json.loads(path.read_bytes()))["where"]
]

_NAMES = """
Accept Reject SendMessage SendToAgents SendUrl SendStartTypingNotification SendStopTypingNotification
SendStartTypingToAgentsNotification SendStopTypingToAgentsNotification SendStopTypingToAgentNotification
SendCustomNotice SendCustomNoticeToAgents AddAttachment RemoveAttachment UploadFile Invite Consult
RemoveParticipantFromConference Transfer Leave Complete LeaveAndComplete SetInFocus SetDisposition AttachUserData
UpdateUserData DeleteUserData SwitchToMonitor SwitchToCoach SwitchToBargeIn
"""
CHAT = _NAMES.split()
ELSEWHERE = ["StartContactCenterSession", "EndContactCenterSession", "BargeIn", "Coach", "Monitor", "RequestChat"]
NEEDS = {
    "SendMessage": {"text": "Hello"},
    "SendToAgents": {"text": "Hello"},
    "SendUrl": {"url": "http://example.com/"},
    "SendCustomNotice": {"noticeText": "free text"},
    "SendCustomNoticeToAgents": {"noticeText": "free text"},
    "AddAttachment": {"documentId": "D"},
    "RemoveAttachment": {"documentId": "D"},
    "UploadFile": {"documentId": "D"},
    "Invite": {"targetUri": "http://HOST/api/v2/users/U"},
    "Consult": {"targetUri": "http://HOST/api/v2/users/U"},
    "SetDisposition": {"disposition": "resolved"},
    "AttachUserData": {"userData": {}},
    "UpdateUserData": {"userData": {}},
    "DeleteUserData": {"keys": []},
}
"""What each cannot do without; all others need their name alone."""


def flaws_of(name, members):
    try:
        operation_class(name).model_validate({"operationName": name} | members)
    except ValidationError as error:
        return [(flaw.pointer, flaw.missing) for flaw in flaws(error)]
    return []


@pytest.mark.parametrize("name", [*CHAT, *ELSEWHERE])
def test_an_operation_is_known_by_its_name_and_needs_no_more_than_its_page_says(name):
    assert operation_class(name).operation == name
    needed = NEEDS.get(name, {})
    assert flaws_of(name, needed) == []
    assert flaws_of(name, {}) == [(f"/{member}", True) for member in needed]


@pytest.mark.parametrize("name", [*CHAT, *ELSEWHERE])
def test_whatever_is_optional_may_be_null_and_whatever_is_unknown_may_be_there(name):
    model = operation_class(name)
    aliases = {field.alias for field in model.model_fields.values()} - {"operationName", *NEEDS.get(name, ())}
    asked = {"operationName": name, "unheardOf": [{}]} | NEEDS.get(name, {}) | dict.fromkeys(aliases)
    assert model.model_validate(asked).model_dump(by_alias=True, exclude_unset=True) == asked


@pytest.mark.parametrize("asked", REQUESTS)
def test_a_documented_request_is_understood_and_kept_whole(asked):
    model = operation_class(asked["operationName"])
    assert model.model_validate(asked).model_dump(by_alias=True, exclude_unset=True) == asked


def test_the_shapes_hold_every_operation():
    assert {request.values[0]["operationName"] for request in REQUESTS} == {*CHAT, *ELSEWHERE}


@pytest.mark.parametrize("flag", [True, False, "true", "false", None])
def test_a_flag_is_a_truth_or_a_text(flag):
    assert flaws_of("Accept", {"saveLAR": flag}) == []
    assert operation_class("Complete").model_validate({"operationName": "Complete", "saveLAR": flag}).save_lar == flag


@pytest.mark.parametrize("flag", [1, {}, []])
def test_a_flag_is_nothing_else(flag):
    assert flaws_of("Accept", {"saveLAR": flag}) == [("/saveLAR", False)]


def test_every_file_of_the_package_is_found_by_itself():
    """Adding an operation touches one file, new or not: files are listed nowhere else."""
    [folder] = operations.__path__
    ask = f"import sys, {operations.__name__}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True).stdout.split()
    groups = {f"{operations.__name__}.{path.stem}" for path in Path(folder).glob("[!_]*.py")}
    assert len(groups) > 5 and groups <= set(loaded)
