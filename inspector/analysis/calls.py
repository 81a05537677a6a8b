"""Exchanges understood as operations of the API: what was asked, by whom, and what the direct reply said."""

from dataclasses import field
from typing import Any, Required, TypedDict

from pydantic import ValidationError

from inspector.analysis.agents import Agent
from inspector.errors import BodyError
from inspector.traffic.body import Body
from inspector.traffic.exchange import Exchange, Instant, Request
from inspector.traffic.multipart import Part
from inspector.traffic.value import value
from inspector.webservices.model import Flaw, flaws
from inspector.webservices.operations import Operation, operation_class
from inspector.webservices.replies import Reply, read, read_empty
from inspector.webservices.routes import Resource, Route
from inspector.webservices.status_codes import SUCCESS

UPLOAD = "UploadFile"
LINK = "AddAttachment"
UNLINK = "RemoveAttachment"
ACCEPT = "Accept"
LOGOUT = "EndContactCenterSession"
DOWNLOAD = "Download"


@value()
class Call:
    """An exchange (`number`) as an operation. `asked` is when its request began, `done` when its reply was complete.

    `body` is the JSON object that was asked with; if it is none, `problem` says why. `file` is a new document's part.
    """

    number: int
    operation: str
    chat_id: str
    document_id: str
    asked: Instant
    body: dict[str, Any] | None = None
    problem: str = ""
    asked_flaws: list[Flaw] = field(default_factory=list)
    file: Part | None = None
    agent: Agent | None = None
    done: Instant | None = None
    status: int | None = None
    reply: Reply | None = None
    reply_problem: str = ""
    size: int | None = None
    sha256: str = ""
    error: str | None = None
    by_customer: bool = False

    @property
    def accepted(self) -> bool:
        """The reply said 0: the request was forwarded."""
        return self.reply is not None and self.reply.status_code == SUCCESS

    @property
    def refused(self) -> bool:
        """The reply said no. Without a reply (a connection that broke) nobody knows: the server may have done it."""
        if self.reply is not None:
            return not self.accepted
        return self.error is None and self.status is not None and self.status >= 400 and self.status not in (502, 504)

    @property
    def unsure(self) -> bool:
        """Over, and nobody knows whether the server has done it: the connection broke, or somebody between answered."""
        return self.done is not None and not self.accepted and not self.refused


_ASKED_AT = frozenset(
    {Resource.CHAT, Resource.ATTACHMENTS, Resource.FILE, Resource.ME, Resource.REQUESTS, Resource.SUPERVISION}
)


class _Asked(TypedDict, total=False):
    """What the request alone tells of a Call."""

    operation: Required[str]
    document_id: str
    body: dict[str, Any]
    problem: str
    asked_flaws: list[Flaw]
    file: Part | None


def understand(exchange: Exchange, route: Route, agent: Agent | None) -> Call | None:
    """The call that a request makes; None if it is no operation that we know by its address."""
    if route.resource not in _ASKED_AT:  # most requests are the channel's
        return None
    request = exchange.request
    asked = _asked(request, route)
    if asked is None:
        return None
    if exchange.is_cut("request"):
        asked = {**asked, "file": None}  # its begin says nothing of it
    by_customer = route.resource is Resource.CHAT and agent is None and "/me/" not in request.path
    return Call(
        exchange.number,
        chat_id=route.chat_id,
        asked=exchange.started,
        agent=agent,
        by_customer=by_customer,
        **({"document_id": route.document_id} | asked),
    )


def _asked(request: Request, route: Route) -> _Asked | None:
    match request.method, route.resource:
        case "GET", Resource.FILE:
            return {"operation": DOWNLOAD}
        case "POST", Resource.ATTACHMENTS:
            return {"operation": LINK, "file": _file(request)}
        case "POST", Resource.CHAT if request.headers.media_type.startswith("multipart/"):
            return {"operation": LINK, "file": _file(request)}  # the address until the page was corrected in 2020
        case "DELETE", Resource.FILE if route.chat_id:
            return {"operation": UNLINK}  # the generic attachments API
        case "POST", Resource.CHAT if not request.body.size and "/me/" not in request.path:
            return None  # one table of the customer's side calls its reading of a chat a POST
        case "POST", Resource.CHAT | Resource.ME | Resource.REQUESTS | Resource.SUPERVISION:
            return _operation(request)
    return None


def answered(call: Call, exchange: Exchange, agent: Agent | None) -> Call:
    """The call with what its exchange ended in."""
    document_id, reply, problem, size, sha256 = call.document_id, None, "", None, ""
    if exchange.response is not None and call.operation == DOWNLOAD:
        size, sha256 = _file_of(exchange)
    elif exchange.response is not None:
        reply, problem = _reply(call.operation, exchange)
        if call.operation == LINK and not document_id and reply is not None and reply.document_id:
            document_id = str(reply.document_id)  # the generic attachments API tells it at once
    return Call(  # not by `replace`: that asks for each field in turn, and was a thirtieth of the whole analysis
        call.number,
        call.operation,
        call.chat_id,
        document_id,
        call.asked,
        call.body,
        call.problem,
        call.asked_flaws,
        call.file,
        agent,
        exchange.done,
        exchange.response.status if exchange.response else None,
        reply,
        problem,
        size,
        sha256,
        exchange.error,
        call.by_customer,
    )


def _operation(request: Request) -> _Asked:
    if request.body.content is None:
        return {"operation": ""}  # too large to be kept: nothing can be said of it
    try:
        body = request.body.json()
    except BodyError as error:
        return {"operation": "", "problem": str(error)}
    if not isinstance(body, dict):
        return {"operation": "", "problem": f"a JSON {_json_type(body)}"}
    name = body.get("operationName")
    model = operation_class(name) if isinstance(name, str) else None
    document_id = body.get("documentId")
    return {
        "operation": name if isinstance(name, str) else "",
        "body": body,
        "document_id": document_id if isinstance(document_id, str) else "",
        "asked_flaws": _flaws(model, body) if model else [],
    }


def _flaws(model: type[Operation], body: dict[str, Any]) -> list[Flaw]:
    try:
        model.model_validate(body)
    except ValidationError as error:
        return flaws(error)
    return []


def _reply(operation: str, exchange: Exchange) -> tuple[Reply | None, str]:
    """The reply, or None and why there is none (empty: it was cut, or not kept, and may have been a good one)."""
    assert exchange.response is not None
    body = exchange.response.body
    if exchange.error is not None or body.content is None:
        return None, ""
    if not body.size and (reply := read_empty(operation, exchange.response.status)):
        return reply, ""
    try:
        return read(operation, body.json()), ""
    except BodyError as error:
        return None, str(error) if body.size else "an empty body"
    except ValidationError as error:
        first = flaws(error)[0]
        return None, f"{first.pointer or 'the body'}: {'missing' if first.missing else first.expected}"


def _file_of(exchange: Exchange) -> tuple[int | None, str]:
    """Size and digest of a downloaded file, without any content coding; of half an answer there is none."""
    response = exchange.response
    if response is None or response.status != 200 or exchange.error is not None or exchange.is_cut("response"):
        return None, ""
    if not response.body.coding:
        return response.body.size, response.body.sha256
    try:
        file = Body.of(response.body.decoded())
    except BodyError:
        return None, ""
    return file.size, file.sha256


def _file(request: Request) -> Part | None:
    return next((part for part in request.parts if part.filename is not None), None)


def _json_type(value: object) -> str:
    names = {list: "array", str: "string", bool: "boolean", int: "number", float: "number", type(None): "null"}
    return names.get(type(value), "object")
