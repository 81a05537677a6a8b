"""What the API answers at once: 0 and more, and replies that look different from what is promised."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from inspector.webservices.model import flaws
from inspector.webservices.replies import Reply, read, read_empty
from inspector.webservices.status_codes import MEANINGS, PARTIAL_SUCCESS, SUCCESS

SAMPLES = sorted((Path(__file__).parents[1] / "data" / "samples" / "replies").glob("*.json"))
REJECT = "reject"


@pytest.mark.parametrize("sample", [one for one in SAMPLES if one.stem != REJECT], ids=lambda sample: sample.stem)
def test_the_documentation_s_samples_are_understood_and_kept_whole(sample):
    told = json.loads(sample.read_bytes())
    assert Reply.model_validate(told).model_dump(by_alias=True, exclude_unset=True) == told


def flaws_of(told):
    with pytest.raises(ValidationError) as caught:
        Reply.model_validate(told)
    return [(flaw.pointer, flaw.missing, flaw.actual) for flaw in flaws(caught.value)]


def test_the_reply_to_reject_lacks_its_code():
    [sample] = [one for one in SAMPLES if one.stem == REJECT]
    told = json.loads(sample.read_bytes())
    assert flaws_of(told) == [("/statusCode", True, None)]
    assert (read("Reject", told).status_code, read("Reject", {"statusCode": 3}).status_code) == (0, 3)
    with pytest.raises(ValidationError):
        read("Accept", told)


def test_the_reply_to_reject_may_be_empty():
    empty = read_empty("Reject", 200)
    assert empty is not None and empty.status_code == 0
    assert (read_empty("Reject", 500), read_empty("Accept", 200), read_empty("", 200)) == (None, None, None)


def test_a_partial_success_says_what_was_done_and_what_was_not():
    """As seen in traffic: `channel` says multimedia where chat was asked for."""
    [sample] = [one for one in SAMPLES if one.stem == "partial-success"]
    reply = read("StartContactCenterSession", json.loads(sample.read_bytes()))
    assert reply.partial
    assert [(one.channel, one.status_code, one.status_message) for one in reply.failures] == [
        ("multimedia", 4, "Interaction server connection is not opened")
    ]
    assert [(one.channel, one.status_code) for one in reply.successes] == [("voice", 0)]


@pytest.mark.parametrize("odd", [None, {}, "voice", ["voice", {"channel": "voice"}, None]], ids=str)
def test_parts_that_cannot_be_read_do_not_hide_the_code(odd):
    reply = read("StartContactCenterSession", {"statusCode": 7, "failed": odd, "succeeded": odd})
    assert (reply.partial, reply.failures, reply.successes) == (True, [], [])


@pytest.mark.parametrize("code", ["0", True, None, 0.5, []])
def test_a_code_is_a_number(code):
    assert flaws_of({"statusCode": code}) == [("/statusCode", False, code)]


@pytest.mark.parametrize(
    ("told", "read"),
    [
        ({"statusCode": 0}, (0, None, None, None)),
        ({"statusCode": 6, "statusMessage": "no such chat"}, (6, "no such chat", None, None)),
        ({"statusCode": 0, "referenceId": 35}, (0, None, 35, None)),
        ({"statusCode": 0, "referenceId": "35", "documentId": "00009a8T8Y13002S"}, (0, None, "35", "00009a8T8Y13002S")),
        ({"statusCode": 99, "statusMessage": None, "referenceId": None}, (99, None, None, None)),
    ],
)
def test_a_reply_is_read(told, read):
    reply = Reply.model_validate(told)
    assert (reply.status_code, reply.status_message, reply.reference_id, reply.document_id) == read


def test_every_documented_code_has_its_meaning():
    assert list(MEANINGS) == list(range(21))
    assert [MEANINGS[code] for code in (SUCCESS, PARTIAL_SUCCESS, 6, 20)] == [
        "success",
        "partial success",
        "not found",
        "not authenticated",
    ]
