"""510, 511 and 512: when files are sent, what an upload says of its file, and bytes that nobody may have."""

import gzip
import hashlib

import pytest

from inspector.analysis.policy import Policy
from inspector.traffic.body import Body
from tests.analysis.files import BINARY, at_work, bring, codes, fetch, listed
from tests.analysis.shapes import CHAT, CUSTOMER, DOCUMENT, OTHER_CHAT, OTHER_DOCUMENT, sent
from tests.analysis.traffic import Desk, Wire

SECRET = b"what nobody is to have"
SHA256 = hashlib.sha256(SECRET).hexdigest()
LINE = f"policy.deny_digests: {SHA256}"
OTHER = SECRET.upper()


def by(**told: object) -> tuple[Wire, Desk]:
    return at_work(Policy.model_validate(told))


# 510: the wire's clock begins on Thursday, 21 July 2016, at 14:23:20 UTC


def test_a_file_that_is_sent_too_late() -> None:
    wire, sofia = by(windows=["Mon-Fri 09:00-17:30", "Sat 10:00-12:00"], time_zone="Asia/Tokyo")
    sofia.hear(sent("theirs", by=CUSTOMER))
    [finding] = wire.findings
    assert (finding.rule, finding.severity, finding.pointer) == ("GW510", "error", "/data/messages/0/attachment/id")
    assert finding.expected == "policy.windows: Mon-Fri 09:00-17:30, Sat 10:00-12:00 (Asia/Tokyo)"
    assert finding.actual == "2016-07-21T23:23:20.000+09:00"
    assert finding.text.startswith("'theirs.txt' (theirs) was sent on Thursday 2016-07-21 23:23:20, which breaks ")
    assert finding.about == ("theirs", CHAT)


def test_each_file_outside_is_told_of_once() -> None:
    wire, sofia = by(windows=["Sun"])
    toni = wire.at_work("toni")
    for _ in range(2):
        for desk in (sofia, toni):
            desk.hear(sent("theirs", by=CUSTOMER))
    sofia.hear(sent("more", by=CUSTOMER, index=8))
    assert [finding.about[0] for finding in wire.findings if finding.rule == "GW510"] == ["theirs", "more"]


@pytest.mark.parametrize(("window", "found"), [("14:00-14:24", []), ("14:24-15:00", ["GW510"])], ids=["asked", "told"])
def test_what_was_asked_for_in_time_may_be_told_later(window: str, found: list[str]) -> None:
    wire, sofia = by(windows=[window])
    sofia.has_linked(DOCUMENT)
    asked = sofia.upload()
    wire.wait(50_000)
    wire.answer(asked)
    sofia.hear(sent())
    assert codes(wire) == found


def test_what_was_not_sent_was_sent_at_no_time() -> None:
    wire, sofia = by(windows=[])
    sofia.has_linked(DOCUMENT)
    wire.refuse(sofia.upload())
    listed(sofia, OTHER_DOCUMENT)
    assert codes(wire) == []


# 511


@pytest.mark.parametrize(
    ("members", "has"),
    [
        ({}, "no description"),
        ({"description": None}, "no description"),
        ({"description": ""}, "no description"),
        ({"description": " \t"}, "a blank description"),
        ({"description": "\u200b\u00a0\u2028"}, "a blank description"),
    ],
    ids=["missing", "null", "empty", "blanks", "invisible"],
)
def test_an_upload_without_a_description(members: dict[str, object], has: str) -> None:
    wire, sofia = by(require_description=True)
    sofia.has_linked(DOCUMENT)
    call = sofia.do("UploadFile", documentId=DOCUMENT, **members)
    [finding] = wire.findings
    assert (finding.rule, finding.severity, finding.exchange) == ("GW511", "error", call.number), (
        "before it is answered"
    )
    assert (finding.pointer, finding.expected) == ("/description", "policy.require_description: true")
    assert finding.text == f"UploadFile of '{DOCUMENT}' has {has}, which breaks policy.require_description: true"
    assert finding.about == (DOCUMENT, CHAT)


@pytest.mark.parametrize("description", ["x", " the offer ", "0", "\u65e5\u672c"])
def test_an_upload_that_is_described(description: str) -> None:
    wire, sofia = by(require_description=True)
    sofia.has_linked(DOCUMENT)
    sofia.do("UploadFile", documentId=DOCUMENT, description=description)
    assert codes(wire) == []


def test_only_uploads_of_which_the_body_is_known_need_a_description() -> None:
    wire, sofia = by(require_description=True)
    sofia.link()
    sofia.ask("POST", f"/api/v2/me/chats/{CHAT}", Body(None, 10_000_000, "0" * 64))
    sofia.ask("POST", f"/api/v2/me/chats/{CHAT}", b"[")
    assert codes(wire) == []
    sofia.do("UploadFile", documentId=DOCUMENT, description=7)
    assert [finding.rule for finding in wire.findings if finding.rule in ("GW107", "GW511")] == ["GW107"]


# 512


def test_denied_bytes_in_an_upload_are_told_as_they_come_and_not_again() -> None:
    wire, sofia = by(deny_digests=[SHA256.upper()])
    call = bring(sofia, "harmless.txt", SECRET)
    [finding] = wire.findings
    assert (finding.rule, finding.severity, finding.exchange) == ("GW512", "error", call.number)
    assert (finding.expected, finding.actual, finding.pointer) == (LINE, SHA256, "")
    assert finding.text == f"the bytes of 'harmless.txt', which were uploaded, break {LINE}"
    wire.answer(call, {"statusCode": 0, "documentId": DOCUMENT})
    listed(sofia, name="harmless.txt", size=len(SECRET))
    fetch(sofia, SECRET)
    assert codes(wire) == ["GW512"]


def test_denied_bytes_in_a_download_are_told_once_a_document() -> None:
    wire, sofia = by(deny_digests=["0" * 64, SHA256])
    listed(sofia, size=len(SECRET))
    first = fetch(sofia, SECRET)
    fetch(sofia, SECRET)
    [finding] = wire.findings
    assert (finding.rule, finding.exchange, finding.about) == ("GW512", first.number, (DOCUMENT, CHAT))
    assert "which were downloaded" in finding.text
    fetch(sofia, SECRET, document=OTHER_DOCUMENT)
    assert [finding.about[0] for finding in wire.findings] == [DOCUMENT, OTHER_DOCUMENT]


@pytest.mark.parametrize("denied", [SECRET, gzip.compress(SECRET, mtime=0)], ids=["bytes", "as they were sent"])
def test_bytes_are_denied_with_and_without_their_coding(denied: bytes) -> None:
    wire, sofia = by(deny_digests=[hashlib.sha256(denied).hexdigest()])
    listed(sofia, size=len(SECRET))
    fetch(sofia, gzip.compress(SECRET, mtime=0), BINARY, ("Content-Encoding", "gzip"))
    assert codes(wire) == ["GW512"]


def test_bytes_that_were_not_kept_are_known_by_their_digest() -> None:
    wire, sofia = by(deny_digests=[SHA256])
    listed(sofia, size=len(SECRET))
    fetch(sofia, Body(None, len(SECRET), SHA256))
    assert codes(wire) == ["GW512"]


def test_a_document_that_gave_many_other_bytes_before_is_still_looked_at() -> None:
    wire, sofia = by(deny_digests=[SHA256])
    for number in range(40):
        fetch(sofia, OTHER + bytes([number]))
    assert "GW512" not in codes(wire)
    fetch(sofia, SECRET)
    fetch(sofia, SECRET)
    assert codes(wire).count("GW512") == 1


def test_other_bytes_and_other_answers_are_not_denied() -> None:
    wire, sofia = by(deny_digests=[SHA256])
    wire.answer(bring(sofia, "a.txt", OTHER, chat=OTHER_CHAT))
    fetch(sofia, OTHER)
    fetch(sofia, SECRET, status=404, document=OTHER_DOCUMENT)
    assert "GW512" not in codes(wire)
