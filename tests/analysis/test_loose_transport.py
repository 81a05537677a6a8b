"""What real traffic does that a naive model forbids: how HTTP and CometD carry it.

One test for each such assumption; its docstring is the assumption, which is wrong.
"""

import gzip
from collections.abc import Callable

import orjson
import pytest

from inspector.analysis.finding import Severity
from inspector.traffic.exchange import Exchange
from tests.analysis.shapes import CHAT, DOCUMENT, Json, chat_has, chat_is, sent
from tests.analysis.traffic import CHANNEL, JSON, ME, OK, TOPIC, Content, Desk, Field, Wire

HTML = ("Content-Type", "text/html")
TEXT = ("Content-Type", "text/plain")


def alarms(wire: Wire) -> list[str]:
    """The rules of errors and warnings."""
    return [finding.rule for finding in wire.findings if finding.severity is not Severity.INFO]


def uploading(wire: Wire) -> tuple[Desk, Exchange]:
    """An agent whose UploadFile was accepted a moment ago, and the poll that it has open."""
    sofia = wire.at_work()
    sofia.has_linked()
    poll = sofia.poll()
    wire.answer(sofia.upload())
    return sofia, poll


def event(data: Json) -> Json:
    return {"channel": TOPIC, "data": data}


ANSWERS: list[tuple[str, str, Content, tuple[Field, ...], int]] = [
    ("GET", "/api/v2/me/chats", {"statusCode": 20, "statusMessage": "Access denied"}, (), 403),
    ("GET", f"{ME}/chats/{CHAT}", b"<html>log in</html>", (HTML,), 200),
    ("GET", f"/api/v2/attachments/{DOCUMENT}", b"\x00\xff", (("Content-Type", "image/png"),), 200),
    ("POST", f"{ME}/chats/{CHAT}", b"Invalid CSRF Token", (TEXT,), 403),
    ("POST", f"{ME}/chats/{CHAT}", b"<html>Service Unavailable</html>", (HTML,), 503),
    ("POST", f"{ME}/chats/{CHAT}", b"", (), 500),
    ("POST", ME, {"statusCode": 7, "failed": [{"statusCode": 4}], "succeeded": []}, (), 200),
]


@pytest.mark.parametrize(("method", "target", "body", "fields", "status"), ANSWERS)
def test_statuses_and_types_are_independent(
    method: str, target: str, body: Content, fields: tuple[Field, ...], status: int
) -> None:
    """200 is success, errors are 401, and everything is JSON."""
    wire = Wire()
    asked = {"operationName": "SetInFocus"} if method == "POST" else b""
    wire.answer(wire.log_in().ask(method, target, asked), body, *fields, status=status)
    assert alarms(wire) == []


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "text/json", "text/plain;charset=UTF-8", ""])
def test_json_is_json_whatever_its_type_is_called(kind: str) -> None:
    """Content-Type is exactly application/json."""
    wire = Wire()
    sofia = wire.at_work()
    upload = {"operationName": "AddAttachment", "documentId": DOCUMENT}
    wire.answer(sofia.ask("POST", f"{ME}/chats/{CHAT}", upload, ("Content-Type", kind)), OK, ("Content-Type", kind))
    assert alarms(wire) == []
    assert (wire.calls[-1].operation, wire.calls[-1].accepted) == ("AddAttachment", True)


def test_bodies_are_compared_by_what_they_mean() -> None:
    """Bodies can be compared as text."""
    wire = Wire()
    sofia, poll = uploading(wire)
    wire.answer(poll, [{"channel": "/meta/connect", "successful": True}])
    told = dict(reversed((sent() | {"metrics": {"eventProcessing": {"nodeProcessingTimeNanos": 7}}}).items()))
    body = gzip.compress(orjson.dumps([event(told)]), mtime=0)
    wire.answer(sofia.poll(), body, JSON, ("Content-Encoding", "gzip"))
    assert alarms(wire) == []
    assert wire.life()[-1] == "sent"


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "http://gws.example:8080", "http://10.0.0.7/gws"])
def test_addresses_may_name_any_host(origin: str) -> None:
    """The host of a uri is the host of the request."""

    def moved(data: Json) -> Json:
        moved_data: Json = orjson.loads(orjson.dumps(data).replace(b"http://gws.example", origin.encode()))
        return moved_data

    wire = Wire(loosen=moved)
    sofia, poll = uploading(wire)
    wire.tell(poll, sent())
    wire.answer(sofia.do("Invite", targetUri=f"{origin}/api/v2/users/U"))
    assert alarms(wire) == []
    assert wire.life()[-1] == "sent"


def test_the_csrf_field_is_any_field() -> None:
    """The name and value of the CSRF header are static."""
    wire = Wire()
    for name, value in (("X-CSRF-TOKEN", "1"), ("X-Other-Token", "2")):
        sofia = wire.log_in()
        announced = (("X-CSRF-HEADER", name), (name, value))
        wire.answer(sofia.get("/me"), OK | {"user": {"userName": "sofia"}}, *announced)
        wire.answer(sofia.ask("POST", f"{ME}/chats/{CHAT}", {"operationName": "SetInFocus"}, (name, value)))
    assert alarms(wire) == []


@pytest.mark.parametrize("path", ["/internal-api/me", "/ui/ad/v1/app.js", "/saml/login", "/workspace/v3/me", "/"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_much_around_the_api_is_none_of_it(method: str, path: str) -> None:
    """Only /api/v2 matters."""
    wire = Wire()
    wire.answer(wire.log_in().ask(method, path, b"a=b", TEXT), b"", ("Location", "http://sso.example/"), status=302)
    assert alarms(wire) == []


CONNECTED = {"channel": "/meta/connect", "successful": True, "id": "5"}
FORMS: list[Callable[[Json], list[Json]]] = [
    lambda told: [event(told), CONNECTED],
    lambda told: [CONNECTED, event(told)],
    lambda told: [event(chat_is()), CONNECTED, event(told)],
    lambda told: [event(told)],
    lambda told: [{"channel": "/meta/subscribe", "subscription": "/v2/me/emails", "successful": True}, event(told)],
]


@pytest.mark.parametrize("form", FORMS, ids=["before", "after", "around", "alone", "beside a subscription"])
def test_events_are_anywhere(form: Callable[[Json], list[Json]]) -> None:
    """One message per HTTP reply, the connect reply at a fixed position, events only in replies to connect."""
    wire = Wire()
    _, poll = uploading(wire)
    wire.answer(poll, form(sent()))
    assert alarms(wire) == []
    assert wire.life()[-1] == "sent"


@pytest.mark.parametrize("suffix", ["", "/", "/connect", "/handshake", "/disconnect", ";jsessionid=1/connect"])
def test_the_endpoint_has_several_addresses(suffix: str) -> None:
    """The endpoint is one URL."""
    wire = Wire()
    sofia, _ = uploading(wire)
    poll = sofia.ask("POST", f"{CHANNEL}{suffix}", [{"channel": "/meta/connect", "clientId": sofia.client}])
    wire.tell(poll, sent())
    assert alarms(wire) == []
    assert wire.life()[-1] == "sent"


def test_message_ids_are_unique_nowhere() -> None:
    """Recorded id and clientId name one client for ever."""
    wire = Wire()
    sofia, poll = uploading(wire)
    toni = wire.at_work("toni", "another chat")
    toni.hear()  # every poll here has the id 5
    wire.tell(poll, sent())
    sofia.listen()  # a new clientId in the middle
    sofia.hear()
    wire.close()
    assert alarms(wire) == []
    assert wire.life()[-1] == "sent"


@pytest.mark.parametrize("ms", [0, 1, 30_000])
def test_empty_answers_say_nothing(ms: int) -> None:
    """Waits of the channel mean something."""
    wire = Wire()
    sofia = wire.at_work()
    for _ in range(20):
        poll = sofia.poll()
        wire.wait(ms)
        wire.tell(poll)
    assert alarms(wire) == []


@pytest.mark.parametrize("topics", [[], ["/v2/me/*"], ["/**", "/v2/me/chats"]], ids=["again", "two topics", "three"])
def test_events_come_again(topics: list[str]) -> None:
    """Each event comes once."""
    wire = Wire()
    sofia, poll = uploading(wire)
    for topic in topics:
        sofia.subscribe(topic)
    wire.tell(poll, sent(), sent())
    sofia.hear(sent(), chat_has(DOCUMENT))
    wire.close()
    assert alarms(wire) == []
    assert wire.life().count("sent") == 1


def test_a_session_of_the_channel_is_lost_and_made_again() -> None:
    """The session survives pauses."""
    wire = Wire()
    sofia, poll = uploading(wire)
    wire.wait(15_000)
    lost = {"channel": "/meta/connect", "successful": False, "error": "402::Unknown client"}
    wire.answer(poll, [lost | {"advice": {"reconnect": "handshake", "interval": 0}}])
    sofia.listen()
    wire.wait(60_000)
    sofia.hear()
    wire.close()
    # that it was lost may be worth a word; that the file was not told of is no fault then
    assert [rule for rule in alarms(wire) if not rule.startswith("GW6")] == []


def test_a_held_poll_spans_many_requests() -> None:
    """A flow is finished when the next one starts."""
    wire = Wire()
    sofia = wire.at_work()
    poll = sofia.poll()
    wire.answer(sofia.link())
    link, upload = sofia.do("SendMessage", text="Hello"), sofia.upload()
    wire.wait(50)
    wire.answer(upload)
    wire.tell(poll, chat_has(DOCUMENT), sent())
    wire.answer(link)
    assert alarms(wire) == []
    assert wire.life()[-1] == "sent"


@pytest.mark.parametrize("how", ["never answered", "broken off", "cut in its body"])
def test_a_poll_may_have_no_answer(how: str) -> None:
    """Every request has a response."""
    wire = Wire()
    sofia, poll = uploading(wire)
    wire.wait(1_000)
    match how:
        case "broken off":
            wire.fail(poll)
        case "cut in its body":
            wire.answer(poll, b'[{"channel":', error="client disconnected")
    wire.wait(60_000)
    if how != "never answered":
        sofia.hear()  # what the other one held is lost
    wire.close()
    assert alarms(wire) == []
