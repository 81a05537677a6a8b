"""Whatever crosses the wire: the analyst never raises, and the same traffic always means the same."""

import sys
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inspector.analysis.analyst import Analyst
from inspector.analysis.calls import Call
from inspector.analysis.rules import CATALOGUE
from inspector.traffic.exchange import Exchange
from tests.analysis.arbitrary import CONNECT, CONNECTED, LOST, SHAKEN, SUBSCRIBED, TOLD, USER, bodies, form
from tests.analysis.shapes import API, CHAT, DOCUMENT, Json
from tests.analysis.traffic import CHANNEL, ME, OK, TOPIC, Field, Wire

pytestmark = pytest.mark.once

CHATS = f"{ME}/chats/{CHAT}"
TraceFunction = Callable[[FrameType, str, object], Any]
Draw = Callable[[st.SearchStrategy[Any]], Any]

FORM: Field = ("Content-Type", "multipart/form-data; boundary=cut")
MESSAGE: Field = ("Content-Type", "application/x-www-form-urlencoded")


class Ask(NamedTuple):
    """A request and its reply, before they are bent."""

    method: str
    target: str
    body: Any
    reply: Any
    fields: tuple[Field, ...] = ()


def operation(operation_name: str, **members: object) -> Json:
    return {"operationName": operation_name, "documentId": DOCUMENT} | members


ASKS = [
    Ask("GET", ME, {}, USER),
    Ask("POST", CHANNEL, [{"channel": "/meta/handshake"}], SHAKEN),
    Ask("POST", CHANNEL, [SUBSCRIBED[0] | {"clientId": "c1"}], SUBSCRIBED),
    Ask("POST", CHANNEL, CONNECT, TOLD),
    Ask("POST", CHANNEL, CONNECT, TOLD),
    Ask("POST", CHANNEL, CONNECT, [CONNECTED]),
    Ask("POST", CHANNEL, CONNECT, LOST),
    Ask("POST", CHATS, operation("Accept"), OK),
    Ask("POST", CHATS, operation("AddAttachment", size=46, name="a.txt"), OK),
    Ask("POST", CHATS, operation("UploadFile", uploadType="file-system", uploadPath="C:"), OK),
    Ask("POST", CHATS, operation("UploadFile"), OK | {"statusMessage": "x", "referenceId": 3}),
    Ask("POST", CHATS, operation("RemoveAttachment"), OK),
    Ask("POST", f"{CHATS}/attachments", {}, OK | {"documentId": DOCUMENT}, (FORM,)),
    Ask("GET", f"/api/v2/attachments/{DOCUMENT}", {}, {}),
    Ask("POST", ME, {"operationName": "EndContactCenterSession"}, OK),
]
WHO: list[tuple[Field, ...]] = [
    (),
    (("Cookie", "JSESSIONID=a"),),
    (("Authorization", "Basic sofia:~secret:0123456789ab~"),),
    (("Cookie", "JSESSIONID=b; =; x"), ("Authorization", "Basic \xff")),
]
ENDS = ["answer", "answer", "answer", "answer", "refuse", "cut", "fail", "never"]


def any_session(draw: Draw) -> Wire:
    """A session in which every request and reply may be anything, and may end in any order, or not at all."""
    wire = Wire()
    under_way: list[tuple[Exchange, Ask]] = []
    for ask in draw(st.lists(st.sampled_from(ASKS), min_size=1, max_size=12)):
        body = draw(bodies(ask.body))
        if ask.fields:
            body = form(body)
        under_way.append((wire.ask(ask.method, ask.target, body, *draw(st.sampled_from(WHO)), *ask.fields), ask))
        if draw(st.booleans()):
            _end(draw, wire, under_way.pop(draw(st.integers(0, len(under_way) - 1))))
        wire.wait(draw(st.sampled_from([0, 0, 20, 31_000])))
    while under_way:
        _end(draw, wire, under_way.pop(draw(st.integers(0, len(under_way) - 1))))
    wire.close()
    return wire


def _end(draw: Draw, wire: Wire, begun: tuple[Exchange, Ask]) -> None:
    exchange, ask = begun
    match draw(st.sampled_from(ENDS)):
        case "answer":
            cookie: tuple[Field, ...] = draw(st.sampled_from([(), (("Set-Cookie", "JSESSIONID=b"),)]))
            status = draw(st.sampled_from([200, 200, 200, 206, 302, 403]))
            wire.answer(exchange, draw(bodies(ask.reply)), *cookie, status=status)
        case "refuse":
            wire.refuse(exchange)
        case "cut":
            wire.answer(exchange, b"", error="cut")
        case "fail":
            wire.fail(exchange)


thorough = settings(
    print_blob=True,
    deadline=None,
    max_examples=300,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@thorough
@given(st.data())
def test_the_analyst_never_raises_and_means_the_same_again(data: st.DataObject) -> None:
    wire = any_session(data.draw)
    analyst = Analyst()
    again = [thing for event in wire.events for thing in analyst.feed(event)]
    assert again + analyst.close(wire.now) == wire.derived


@thorough
@given(st.data())
def test_whatever_is_derived_leads_to_what_was_told(data: st.DataObject) -> None:
    """As a recording has it: calls and exchanges that are referred to are there, and every rule is of the catalogue."""
    wire = any_session(data.draw)
    exchanges = {event.exchange.number for event in wire.events}
    told = {thing.number for thing in wire.derived if isinstance(thing, Call)}
    messages = {(message.exchange, message.position) for message in wire.messages if message.direction == "server"}
    assert {cause.call for cause in wire.causes} <= told <= exchanges
    assert {(cause.exchange, cause.position) for cause in wire.causes} <= messages
    assert {finding.rule for finding in wire.findings} <= CATALOGUE.keys()
    places = {(finding.exchange, finding.message) for finding in wire.findings if finding.message is not None}
    assert places <= messages


@thorough
@given(bodies(CONNECT), bodies(TOLD), st.sampled_from(["POST", "GET", "form"]))
def test_a_client_of_which_nothing_is_known_may_send_anything(asked: bytes, told: bytes, how: str) -> None:
    wire = Wire()
    for _ in range(2):
        if how == "GET":
            asking = wire.ask("GET", f"{CHANNEL}?jsonp=x&message={quote(asked)}")
        elif how == "form":
            asking = wire.ask("POST", CHANNEL, b"message=" + quote(asked).encode(), MESSAGE)
        else:
            asking = wire.ask("POST", CHANNEL, asked)
        wire.answer(asking, told)
    wire.close()


@thorough
@given(st.binary(max_size=40), st.text(st.characters(max_codepoint=255), max_size=40))
def test_header_fields_may_hold_any_byte(cookie: bytes, credentials: str) -> None:
    wire = Wire()
    fields = (("Cookie", cookie.decode("latin-1")), ("Authorization", f"Basic {credentials}"))
    wire.answer(wire.ask("GET", ME, b"", *fields), OK, ("Set-Cookie", cookie.decode("latin-1")))
    wire.close()


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


@pytest.mark.parametrize("depth", [100, 300, 900, 1_000, 1_020, 100_000])
@pytest.mark.parametrize("member", ["documentId", "uploadPath", "extensions"])
def test_operations_may_be_deep(depth: int, member: str) -> None:
    wire = Wire()
    deep = b'{"operationName": "UploadFile", "documentId": "D", "' + member.encode() + b'": ' + nested(depth) + b"}"
    wire.answer(wire.ask("POST", CHATS, deep), b'{"statusCode": ' + nested(depth) + b"}")
    wire.close()


@pytest.mark.parametrize("depth", [100, 300, 900, 1_000, 1_015, 100_000])
@pytest.mark.parametrize(
    "data",
    [
        "DEEP",
        '{"messages": DEEP}',
        '{"messageType": "MessageLogUpdated", "messages": [DEEP]}',
        '{"messageType": "MessageLogUpdated", "chatPath": "/chats/C", "messages": '
        '[{"type": "SystemCommand", "noticeText": "file-uploaded", "x": DEEP}]}',
        '{"messageType": "MessageLogUpdated", "chatPath": "/chats/C", "messages": '
        '[{"type": "SystemCommand", "noticeText": "file-uploaded", "attachment": {"id": "D", "x": DEEP}}]}',
        '{"chat": {"id": "C", "userData": DEEP, "attachments": [{"id": "D", "x": DEEP}]}}',
    ],
    ids=["data", "messages", "message", "line", "attachment", "chat"],
)
def test_notifications_may_be_deep(depth: int, data: str) -> None:
    wire = Wire()
    deep = data.encode().replace(b"DEEP", nested(depth))
    wire.answer(wire.ask("POST", CHANNEL, CONNECT), b'[{"channel": "' + TOPIC.encode() + b'", "data": ' + deep + b"}]")
    wire.close()


MANY = 1_000_000


@pytest.mark.parametrize(
    "body",
    [b" " * MANY, b"a()" + b" " * MANY + b"x", b"(" * MANY, b"a" * MANY, b";" * MANY],
    ids=["spaces", "spaces behind a call", "parentheses", "letters", "semicolons"],
)
def test_no_body_takes_long_to_read(body: bytes) -> None:
    """What goes over any of these more than a few times does not end today."""
    wire = Wire()
    wire.answer(wire.ask("POST", CHANNEL, body), body)
    wire.close()


def test_uploads_that_stay_undecided_cost_nothing_later() -> None:
    """As in a recording without the channel, of which there may be any number."""
    wire = Wire()
    sofia = wire.log_in()

    def upload(number: int) -> None:
        wire.answer(sofia.upload(f"D{number}"))
        wire.wait(31_000)

    costs = [lines_run(partial(upload, number)) for number in range(1_000)]
    assert max(costs[-100:]) < 2 * max(costs[:10])


def lines_run(work: Callable[[], None]) -> int:
    """How many lines of Python it runs: the same on every machine."""
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> TraceFunction:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def test_a_number_as_text_may_be_long() -> None:
    wire = Wire()
    listed = {"chat": {"id": CHAT, "uri": API, "attachments": [{"id": DOCUMENT, "size": "9" * 5_000}]}}
    wire.log_in().hear(listed)
    assert wire.transfer().size is None
