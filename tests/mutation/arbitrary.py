"""The clean session with things in it that nobody should send: any bytes, any JSON, in any place."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import orjson
from hypothesis import strategies as st

from inspector.errors import BodyError
from inspector.traffic.body import EMPTY, Body
from inspector.traffic.exchange import Exchange, Request, Response
from inspector.traffic.headers import Headers
from inspector.traffic.multipart import split
from tests.analysis.arbitrary import bent, form, values
from tests.analysis.test_robustness import FORM
from tests.analysis.traffic import CHANNEL, ME
from tests.mutation.clean import clean
from tests.mutation.mutation import everything
from tests.mutation.tape import Tape

Draw = Callable[[st.SearchStrategy[Any]], Any]

NAMES = ["Content-Type", "Content-Encoding", "Cookie", "Set-Cookie", "Authorization", "Host", "X-CSRF-HEADER", "ssid"]
VALUES = [
    "gzip",
    "br, zstd",
    "JSESSIONID=x",
    "Basic",
    "Basic \xff",
    "application/json",
    "multipart/form-data; boundary=cut",
]
VALUES += ["text/html;charset=utf-16", "application/x-www-form-urlencoded", "JSESSIONID=client; ; =", "[::1]:x", ""]
PATHS = [
    "",
    "*",
    "/",
    "/api/v2//me/",
    f"{ME}/chats/",
    f"{ME}/chats/%ff/attachments/",
    "/api/v2/attachments/..",
    CHANNEL,
]

latin = st.text(st.characters(max_codepoint=255), max_size=20)
paths = st.sampled_from(PATHS) | latin
codes = st.sampled_from([0, 101, 200, 204, 206, 302, 304, 403, 404, 500, 502, 504, 999])
methods = st.sampled_from(["GET", "POST", "PUT", "DELETE", "OPTIONS", "", "post"])


def arbitrary_tape(draw: Draw) -> Tape:
    """Some exchanges are others than they were; events that nobody had, and exchanges that did not end, are there."""
    tape = clean()
    for _ in range(draw(st.integers(1, 5))):
        match draw(st.sampled_from(["request", "response", "data", "fails", "open", "swapped", "later", "again"])):
            case "request":
                tape = tape.asked(_number(draw, tape), lambda request: _request(draw, request))
            case "response":
                tape = tape.answered(_number(draw, tape), lambda response: _response(draw, response))
            case "data":
                place = draw(st.sampled_from(everything(clean())))
                tape = tape.answered(place.exchange, partial(_told, draw, place.position))
            case "fails":
                tape = tape.altered(_number(draw, tape), _failed)
            case "open":
                tape = tape.unanswered(_number(draw, tape))
            case "swapped" if places := tape.can_be_swapped():
                tape = tape.swapped(draw(st.sampled_from(places)))
            case "later":
                tape = tape.later(
                    draw(st.integers(0, len(tape.events))), draw(st.sampled_from([1, 31_000, 86_400_000]))
                )
            case "again":
                after = draw(st.integers(0, len(tape.events) - 1))
                tape = tape.with_more(after, _number(draw, tape))
    return tape


def _number(draw: Draw, tape: Tape) -> int:
    number: int = draw(st.sampled_from([n for n, one in tape.exchanges.items() if one.response is not None]))
    return number


def _request(draw: Draw, request: Request) -> Request:
    """Other headers, another address, or another body; its parts are what there is of them."""
    request = _other(draw, request)
    if not request.headers.media_type.startswith("multipart/"):
        return replace(request, parts=())
    return replace(request, parts=split(request.body.content or b"", request.headers.get("content-type")))


def _other(draw: Draw, request: Request) -> Request:
    match draw(st.sampled_from(["body", "body", "headers", "line", "parts"])):
        case "headers":
            headers = _headers(draw, request.headers)
            content = request.body.content or b""
            return replace(request, headers=headers, body=Body.of(content, headers.coding))
        case "line":
            changes = {"method": methods, "path": paths, "query": latin, "authority": latin, "scheme": latin}
            return replace(
                request, **{name: draw(changes[name]) for name in draw(st.sets(st.sampled_from([*changes])))}
            )
        case "parts":
            content = form(draw(st.binary(max_size=40)))
            return replace(request, headers=_with(request.headers, *FORM), body=Body.of(content))
    return replace(request, body=_body(draw, request.body))


def _response(draw: Draw, response: Response) -> Response:
    match draw(st.sampled_from(["body", "body", "headers", "status"])):
        case "headers":
            headers = _headers(draw, response.headers)
            return replace(response, headers=headers, body=Body.of(response.body.content or b"", headers.coding))
        case "status":
            return replace(response, status=draw(codes))
    return replace(response, body=_body(draw, response.body))


def _told(draw: Draw, position: int, response: Response) -> Response:
    """One event's data is something else, or somewhere in it something else is."""
    try:
        messages = response.body.json()
        old = messages[position]["data"]
    except (BodyError, LookupError, TypeError):  # the body was altered before
        return response
    messages[position]["data"] = draw(values | bent(old))
    return replace(response, body=Body.of(orjson.dumps(messages)))


def _body(draw: Draw, old: Body) -> Body:
    """Any bytes, any JSON, or the old JSON with other members; cut off, or too large to have been kept."""
    content = old.content or b""
    how = draw(st.sampled_from(["bent", "bent", "bytes", "json", "cut", "not kept", "empty"]))
    if how == "bent":
        try:
            return Body.of(orjson.dumps(draw(bent(orjson.loads(content)))))
        except orjson.JSONDecodeError:
            return Body.of(content)
    if how == "cut":
        return Body.of(content[: draw(st.integers(0, len(content)))])
    if how == "not kept":
        return replace(Body.of(b"something large: " + content), content=None)
    if how == "empty":
        return EMPTY
    return Body.of(draw(st.binary(max_size=60) if how == "bytes" else values.map(orjson.dumps)))


def _headers(draw: Draw, old: Headers) -> Headers:
    return _with(old, draw(st.sampled_from(NAMES)), draw(st.sampled_from(VALUES) | latin))


def _with(old: Headers, name: str, value: str) -> Headers:
    return Headers((*((other, one) for other, one in old if other.lower() != name.lower()), (name, value)))


def _failed(exchange: Exchange) -> Exchange:
    if exchange.done is None:
        return exchange
    return replace(exchange, response=None, answered=None, error="connection reset")
