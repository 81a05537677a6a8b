"""1xx: what a request alone shows."""

from collections.abc import Iterator
from functools import cache

from inspector.analysis.calls import UPLOAD
from inspector.analysis.finding import Breach, Severity, shown
from inspector.analysis.happenings import Asked
from inspector.analysis.rules.catalogue import rule
from inspector.webservices.known_values import CAPABILITIES
from inspector.webservices.model import pointer
from inspector.webservices.operations import Operation, operation_class

UPLOAD_FILE = "Chat API, UploadFile, parameters"
WITHDRAWN = frozenset({"text", "messageType", "treatAs"})
"""Parameters of UploadFile in a draft of 13 June 2017 only; two days later they were gone (ChatUploadFile, history)."""


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
    "GW102",
    Severity.INFO,
    "unknown operationName",
    source="Chat API, list of operations; ChatResources, capabilities",
    cure="spell operationName as its page does, capitals included; if the server takes it, leave it",
)
def operation_is_known(asked: Asked) -> Iterator[Breach]:
    call = asked.call
    if call.body is None or not call.chat_id:
        return  # an agent's own address takes operations of other media as well, which we do not know by name
    name = call.body.get("operationName")
    if isinstance(name, str) and (operation_class(name) or name in CAPABILITIES):
        return
    named = f"operationName is {shown(name)}" if "operationName" in call.body else "operationName is missing"
    yield Breach(
        f"{named}: the Chat API documents no such operation",
        pointer="/operationName",
        expected="an operation of the Chat API",
        actual=name,
    )


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
    "GW105",
    Severity.INFO,
    "uploadPath without uploadType",
    source=UPLOAD_FILE,
    cure="send the uploadType too: standard-response if uploadPath is a response's id, file-system if it is a place",
)
def upload_path_has_its_type(asked: Asked) -> Iterator[Breach]:
    body = asked.call.body
    if asked.call.operation != UPLOAD or body is None or body.get("uploadType") is not None:
        return
    path = body.get("uploadPath")
    if isinstance(path, str) and path:
        yield Breach(
            f"uploadPath {shown(path)} has no uploadType that says what it is: a response's id, or a place on the disk",
            pointer="/uploadPath",
            expected="an uploadType beside it",
            actual=path,
        )


@rule(
    "GW106",
    Severity.INFO,
    "undocumented member",
    source="Chat API, parameters of the operation; for the withdrawn ones the history of ChatUploadFile, June 2017",
    cure="leave it out, or mind its spelling: what a server does with a member that no page names is not known",
)
def members_are_documented(asked: Asked) -> Iterator[Breach]:
    """One finding for all of a request's, however many it has; those of the draft have their own."""
    call = asked.call
    model = operation_class(call.operation)
    if call.body is None or model is None or not model.documented:
        return
    documented = _members(model)
    if documented.issuperset(call.body):
        return
    others = [name for name in call.body if name not in documented]
    withdrawn = [name for name in others if call.operation == UPLOAD and name in WITHDRAWN]
    for names, why in (
        ([name for name in others if name not in withdrawn], f"which the page of {call.operation} does not name"),
        (withdrawn, "which a draft of June 2017 brought and the next withdrew"),
    ):
        if names:
            yield Breach(
                f"{call.operation} with {_listed(names)}, {why}",
                pointer=pointer(names) if len(names) == 1 else "",
                expected=", ".join(sorted(documented)),
                actual=names[0] if len(names) == 1 else names[:_TOLD],
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


_TOLD = 5
"""How many names a sentence lists; a body may have any number."""


@cache
def _members(model: type[Operation]) -> frozenset[str]:
    """The members of an operation, as they are spelled on the wire."""
    return frozenset(field.alias or name for name, field in model.model_fields.items())


def _listed(names: list[str]) -> str:
    told = ", ".join(shown(name)[1:-1] or "''" for name in names[:_TOLD])
    return f"{told} and {len(names) - _TOLD} more" if len(names) > _TOLD else told
