"""The catalogue: every rule has an example that breaks it alone, and a near miss that keeps it."""

import re
from collections.abc import Callable, Iterator

import pytest

from inspector.analysis.finding import Breach, Severity
from inspector.analysis.happenings import Asked
from inspector.analysis.rules import CATALOGUE
from inspector.analysis.rules.catalogue import rule
from tests.analysis.shapes import (
    CHAT,
    CUSTOMER,
    DOCUMENT,
    OTHER_DOCUMENT,
    agent,
    chat_has,
    line,
    log_has,
    sent,
)
from tests.analysis.traffic import ME, Desk, Wire

Scene = Callable[[Desk], object]

OPERATIONS = f"{ME}/chats/{CHAT}"
NO_ATTACHMENT = line("SystemCommand", agent("sofia"), 7, noticeText="file-uploaded")


def answered(desk: Desk, operation: str, body: object) -> None:
    desk.wire.answer(desk.do(operation), body)  # type: ignore[arg-type]


def accepted_upload(desk: Desk) -> None:
    desk.wire.answer(desk.upload())


def accepted_and_told(desk: Desk) -> None:
    accepted_upload(desk)
    desk.hear(sent())


EXAMPLES: dict[str, tuple[Scene, Scene]] = {
    "GW101": (
        lambda desk: desk.ask("POST", OPERATIONS, b'{"operationName": "UploadFile",'),
        lambda desk: desk.ask("POST", OPERATIONS, b' {"operationName": "SendMessage", "text": "{"}\n'),
    ),
    "GW103": (lambda desk: desk.do("UploadFile"), lambda desk: desk.do("SendMessage")),
    "GW104": (
        lambda desk: desk.do("UploadFile", documentId=DOCUMENT, uploadType="pigeon"),
        lambda desk: desk.do("UploadFile", documentId=DOCUMENT, uploadType="file-system"),
    ),
    "GW107": (
        lambda desk: desk.do("UploadFile", documentId=DOCUMENT, description=["a", "b"]),
        lambda desk: desk.do("UploadFile", documentId=DOCUMENT, description="a, b", colour=["red"]),
    ),
    "GW201": (
        lambda desk: answered(desk, "SendMessage", b"<html>"),
        lambda desk: answered(desk, "Reject", {"status": 0}),
    ),
    "GW202": (
        lambda desk: answered(desk, "SendMessage", {"statusCode": 2}),
        lambda desk: answered(desk, "SendMessage", {"statusCode": 0}),
    ),
    "GW301": (
        lambda desk: desk.hear({"messageType": "MessageLogUpdated"}),
        lambda desk: desk.hear({"messageType": "MessageLogErased"}),
    ),
    "GW302": (
        lambda desk: desk.hear(log_has(NO_ATTACHMENT)),
        lambda desk: desk.hear(log_has(NO_ATTACHMENT | {"noticeText": "file-removed"})),
    ),
    "GW303": (
        lambda desk: desk.hear(sent(by=CUSTOMER, path="/attachments/elsewhere")),
        lambda desk: desk.hear(sent(by=CUSTOMER, path=None)),
    ),
    "GW401": (lambda desk: desk.upload(OTHER_DOCUMENT), lambda desk: desk.upload(DOCUMENT)),
    "GW402": (accepted_upload, accepted_and_told),
    "GW403": (lambda desk: desk.hear(sent(by="sofia")), lambda desk: desk.hear(sent(by="toni"))),
}


def rules_broken_by(scene: Scene) -> set[str]:
    """At the desk of Sofia, who has accepted a chat and linked a document; then nothing happens for a minute."""
    wire = Wire()
    sofia = wire.at_work("sofia")
    sofia.has_linked(DOCUMENT)
    sofia.hear(chat_has(DOCUMENT))
    scene(sofia)
    wire.wait(60_000)
    sofia.hear()
    wire.close()
    return {finding.rule for finding in wire.findings}


@pytest.mark.parametrize("code", CATALOGUE)
def test_an_example_breaks_this_rule_and_no_other(code: str) -> None:
    assert rules_broken_by(EXAMPLES[code][0]) == {code}


@pytest.mark.parametrize("code", CATALOGUE)
def test_a_near_miss_breaks_no_rule(code: str) -> None:
    assert rules_broken_by(EXAMPLES[code][1]) == set()


def test_every_example_is_of_a_rule_that_there_is() -> None:
    assert EXAMPLES.keys() <= CATALOGUE.keys()


@pytest.mark.parametrize("code", CATALOGUE)
def test_a_rule_tells_its_source_and_its_cure(code: str) -> None:
    entry = CATALOGUE[code]
    assert entry.code == code
    assert re.fullmatch(r"GW[1-9]\d\d", code)
    assert isinstance(entry.severity, Severity)
    assert all(text and "\n" not in text for text in (entry.title, entry.source, entry.cure))


def test_no_code_is_given_twice() -> None:
    with pytest.raises(AssertionError, match="GW101 stands in the catalogue already"):

        @rule("GW101", Severity.INFO, "again", source="", cure="")
        def again(asked: Asked) -> Iterator[Breach]:
            yield from ()


def test_severities_are_ordered_by_how_bad_they_are() -> None:
    assert sorted(Severity, key=lambda severity: severity.rank) == [Severity.INFO, Severity.WARNING, Severity.ERROR]
