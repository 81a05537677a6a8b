"""503, 504 and 506: names, types and sizes, wherever a file is told of."""

import pytest

from inspector.analysis.finding import Severity
from inspector.analysis.policy import Policy
from tests.analysis.files import PNG, at_work, bring, codes, fetch, listed
from tests.analysis.shapes import CUSTOMER, DOCUMENT, chat_has, sent
from tests.analysis.traffic import Verdict, Wire

POLICY = Policy.model_validate(
    {"allow_types": ["image/*", "text/plain"], "deny_extensions": ["exe", ".JS"], "max_bytes": "1 KiB"}
)


def named(name: str) -> Wire:
    """A document of this name is in a chat's list."""
    wire, sofia = at_work()
    listed(sofia, name=name)
    return wire


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("../prices.txt", "a path separator"),
        ("C:\\prices.txt", "a path separator"),
        ("a\0.txt", "a control character"),
        ("a\r\nb.txt", "a control character"),
        ("a\x7f.txt", "a control character"),
        ("a\x85.txt", "a control character"),
        ("a\u2028b.txt", "a control character"),
        ("txt.\u202eexe", "a sign that turns text around"),
        ("a\u2066b.txt", "a sign that turns text around"),
    ],
    ids=["climbs", "drive", "nul", "lines", "delete", "next line", "separator", "override", "isolate"],
)
def test_a_name_that_does_harm(name: str, what: str) -> None:
    wire = named(name)
    assert codes(wire) == ["GW506"]
    assert (wire.findings[0].actual, wire.findings[0].text.endswith(f"has {what}")) == (name, True)


@pytest.mark.parametrize(
    "name",
    ["caf\u00e9.txt", "cafe\u0301.txt", "..%2F100%25.txt", "a b (1).tar.gz", "..", "\u05d0\u200f.txt",
     "\u65e5\u672c.txt", "Stra\u00c3\u009fe.txt", "\U0001f4a9.png", "a:b.txt", ""],
    ids=["composed", "decomposed", "percent-encoded", "blanks", "dots", "hebrew", "japanese", "misread UTF-8", "emoji",
         "colon", "empty"],
)  # fmt: skip
def test_a_name_that_does_none(name: str) -> None:
    assert codes(named(name)) == []


def test_a_name_is_told_of_once_a_document_wherever_it_is_shown() -> None:
    wire, sofia = at_work()
    name = "..\\prices.txt"
    call = sofia.do("AddAttachment", documentId=DOCUMENT, name=name)
    wire.answer(call)
    listed(sofia, name=name)
    sofia.hear(sent(by=CUSTOMER, name=name))
    sofia.hear(sent(by=CUSTOMER, name=name))
    assert codes(wire) == ["GW506"]
    assert wire.verdicts[0] == Verdict("GW506", Severity.WARNING, call.number, None, "/name", name)


def test_a_new_documents_name_is_told_of_where_it_was_sent() -> None:
    wire, sofia = at_work()
    call = bring(sofia, "C:\\prices.txt", b"hello")
    wire.answer(call)
    listed(sofia, name="C:\\prices.txt", size=5)
    assert [(one.rule, one.exchange, one.pointer) for one in wire.verdicts] == [("GW506", call.number, "")]


def test_names_in_notifications_are_pointed_at() -> None:
    wire, sofia = at_work()
    told = listed(sofia, name="a/b")
    sofia.hear(sent("0002PaBMYY3600RD", by=CUSTOMER, name="c/d"))
    assert [(one.exchange, one.message, one.pointer) for one in wire.verdicts] == [
        (told, 0, "/data/chat/attachments/0/name"),
        (told + 1, 0, "/data/messages/0/attachment/name"),
    ]


# 503 and 504


def test_without_a_policy_nothing_is_outside_of_it() -> None:
    wire, sofia = at_work()
    listed(sofia, name="a.exe", mime="application/x-msdownload", size=10**12)
    assert codes(wire) == []


def test_a_document_is_judged_by_what_the_server_says_of_it() -> None:
    wire, sofia = at_work(POLICY)
    listed(sofia, name="Setup.EXE", mime="application/x-msdownload", size=1025)
    denied = [(one.rule, one.pointer, one.actual) for one in wire.verdicts]
    assert denied == [
        ("GW503", "/data/chat/attachments/0/name", "Setup.EXE"),
        ("GW503", "/data/chat/attachments/0/mime", "application/x-msdownload"),
        ("GW504", "/data/chat/attachments/0/size", 1025),
    ]
    texts = [finding.text for finding in wire.findings]
    assert texts[0].endswith("name 'Setup.EXE' breaks policy.deny_extensions: exe")
    assert texts[1].endswith("mime 'application/x-msdownload' breaks policy.allow_types: image/*, text/plain")
    assert texts[2].endswith("has 1025 bytes, which breaks policy.max_bytes: 1024")


def test_a_document_is_judged_once_whoever_tells_of_it() -> None:
    wire, sofia = at_work(POLICY)
    members = {"name": "a.js", "mime": "text/javascript", "size": 2000}
    wire.answer(sofia.do("AddAttachment", documentId=DOCUMENT, **members))
    listed(sofia, **members)
    sofia.hear(sent(by=CUSTOMER, name="a.js", size=2000))
    sofia.hear(chat_has(DOCUMENT))
    fetch(sofia, bytes(2000))
    assert codes(wire) == ["GW503", "GW503", "GW504"]


def test_a_new_document_is_judged_by_what_is_sent() -> None:
    wire, sofia = at_work(POLICY)
    call = bring(sofia, "a.exe", bytes(1025), "image/png")
    assert [(one.rule, one.exchange) for one in wire.verdicts] == [("GW503", call.number), ("GW504", call.number)]
    wire.answer(call, {"statusCode": 0, "documentId": DOCUMENT})
    listed(sofia, name="a.exe", mime="image/png", size=1025)
    assert codes(wire) == ["GW503", "GW504"]


def test_bytes_are_larger_than_the_policy_whatever_is_declared() -> None:
    wire, sofia = at_work(POLICY)
    listed(sofia)
    fetch(sofia, bytes(1025))
    assert codes(wire) == ["GW504", "GW501"]


@pytest.mark.parametrize("size", [1024, "1024", None, "", "-1"])
def test_a_size_within_the_policy(size: object) -> None:
    wire, sofia = at_work(POLICY)
    wire.answer(sofia.do("AddAttachment", documentId=DOCUMENT, size=size, name="a.png", mime="image/png"))
    assert codes(wire) == []


def test_a_claim_in_text_is_read() -> None:
    wire, sofia = at_work(POLICY)
    wire.answer(sofia.do("AddAttachment", documentId=DOCUMENT, size="1025"))
    assert codes(wire) == ["GW504"]


def test_what_is_not_known_of_a_file_breaks_nothing() -> None:
    wire, sofia = at_work(Policy.model_validate({"allow_types": ["image/*"], "allow_extensions": ["png"]}))
    sofia.hear(chat_has({"id": DOCUMENT}))
    fetch(sofia, PNG)
    assert codes(wire) == []
