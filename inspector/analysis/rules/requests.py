"""1xx: what a request alone shows."""

from collections.abc import Iterator

from inspector.analysis.finding import Breach, Severity, shown
from inspector.analysis.happenings import Asked
from inspector.analysis.rules.catalogue import rule

UPLOAD_FILE = "Chat API, UploadFile, parameters"


@rule(
    "GW101",
    Severity.ERROR,
    "body is not a JSON object",
    source="Chat API: every operation is a JSON object in the body of a POST",
    cure="send a JSON object with operationName and the operation's parameters",
)
def body_is_an_object(asked: Asked) -> Iterator[Breach]:
    if asked.call.problem:
        yield Breach(f"the request's body is {asked.call.problem}", expected="a JSON object", actual=asked.call.problem)


@rule(
    "GW103",
    Severity.ERROR,
    "documentId missing or empty",
    source=UPLOAD_FILE,
    cure="send the id under which the document was linked (chat.attachments[].id)",
)
def document_is_named(asked: Asked) -> Iterator[Breach]:
    body = asked.call.body
    if body is None or not any(flaw.pointer == "/documentId" for flaw in asked.call.asked_flaws):
        return
    if body.get("documentId") is None or body.get("documentId") == "":
        how = "empty" if body.get("documentId") == "" else "missing"
        yield Breach(
            f"{asked.call.operation} without a document: documentId is {how}",
            pointer="/documentId",
            expected="the id of a linked document",
            actual=body.get("documentId"),
        )


@rule(
    "GW104",
    Severity.WARNING,
    "uploadType unknown",
    source=UPLOAD_FILE,
    cure="send standard-response or file-system, or leave uploadType out",
)
def upload_type_is_known(asked: Asked) -> Iterator[Breach]:
    for flaw in asked.call.asked_flaws:
        if flaw.kind == "literal_error" and isinstance(flaw.actual, str):
            yield Breach(
                f"{flaw.pointer[1:]} {shown(flaw.actual)} is not one that the API documents: {flaw.expected}",
                pointer=flaw.pointer,
                expected=flaw.expected,
                actual=flaw.actual,
            )


@rule(
    "GW107",
    Severity.ERROR,
    "wrong type of a member",
    source="Chat API, parameters of the operation",
    cure="send the member with the type that the operation's page names",
)
def members_have_their_types(asked: Asked) -> Iterator[Breach]:
    for flaw in asked.call.asked_flaws:
        wrong_literal = flaw.kind == "literal_error" and not isinstance(flaw.actual, str)
        if flaw.actual is not None and (flaw.kind.endswith("_type") or wrong_literal):
            yield Breach(
                f"{flaw.pointer[1:]} is {shown(flaw.actual)}, which is not {flaw.expected}",
                pointer=flaw.pointer,
                expected=flaw.expected,
                actual=flaw.actual,
            )
