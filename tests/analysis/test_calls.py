"""Exchanges understood as operations: by address and body, with what the direct reply said."""

import gzip
from dataclasses import replace

import pytest

from inspector.analysis.calls import Call
from inspector.traffic.body import Body
from inspector.webservices.replies import Reply
from tests.analysis.shapes import CHAT, DOCUMENT
from tests.analysis.traffic import ME, OK, Content, Wire

OPERATION = f"{ME}/chats/{CHAT}"
MULTIPART = ("Content-Type", "multipart/form-data; boundary=cut")
FORM = (
    b'--cut\r\nContent-Disposition: form-data; name="note"\r\n\r\nfor you\r\n'
    b'--cut\r\nContent-Disposition: form-data; name="attachment"; filename="a.txt"\r\n'
    b"Content-Type: text/plain\r\n\r\nhello\r\n--cut--\r\n"
)


def asked(method: str, target: str, body: Content = b"", *fields: tuple[str, str]) -> list[tuple[str, str, str]]:
    """The calls that one request makes: operation, chat, document."""
    wire = Wire()
    wire.answer(wire.ask(method, target, body, *fields))
    return [(call.operation, call.chat_id, call.document_id) for call in wire.calls]


def replied(body: Content, *fields: tuple[str, str], status: int = 200) -> Call:
    """An UploadFile with this reply."""
    wire = Wire()
    upload = {"operationName": "UploadFile", "documentId": DOCUMENT}
    wire.answer(wire.ask("POST", OPERATION, upload), body, *fields, status=status)
    return wire.calls[0]


@pytest.mark.parametrize(
    "target",
    [
        OPERATION,
        f"{OPERATION}/",
        f"{OPERATION}?x=1",
        f"{OPERATION};jsessionid=1",
        f"/gws{OPERATION}",
        f"/api/v2/me/interactions/{CHAT}",
        f"/api/v2/chats/{CHAT}",
    ],
)
def test_an_operation_is_known_by_the_chats_address_and_its_name(target: str) -> None:
    body = {"documentId": DOCUMENT, "operationName": "UploadFile"}
    assert asked("POST", target, body) == [("UploadFile", CHAT, DOCUMENT)]


def test_operations_that_are_not_modelled_are_calls_too() -> None:
    assert asked("POST", OPERATION, {"operationName": "Levitate"}) == [("Levitate", CHAT, "")]
    assert asked("POST", ME, {"operationName": "StartContactCenterSession", "channels": ["chat"]}) == [
        ("StartContactCenterSession", "", "")
    ]


@pytest.mark.parametrize("body", [b"", b"{", [], {"operationName": 7}, {}])
def test_a_body_without_an_operations_name_is_a_call_without_a_name(body: Content) -> None:
    assert asked("POST", OPERATION, body) == [("", CHAT, "")]


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", ME),
        ("GET", OPERATION),
        ("GET", f"{OPERATION}/messages"),
        ("PUT", OPERATION),
        ("POST", "/api/v2/me/emails/E"),
        ("POST", "/api/v2/notifications"),
        ("POST", "/internal-api/me/chats/C"),
    ],
)
def test_anything_else_is_no_call(method: str, target: str) -> None:
    assert asked(method, target, {"operationName": "UploadFile"}) == []


@pytest.mark.parametrize(
    "target", [OPERATION, f"{OPERATION}/attachments", f"/api/v2/me/interactions/{CHAT}/attachments"]
)
def test_a_new_document_is_an_add_attachment_at_every_address_that_was_documented(target: str) -> None:
    wire = Wire()
    wire.answer(wire.ask("POST", target, FORM, MULTIPART))
    [call] = wire.calls
    assert call.file is not None
    assert (call.operation, call.chat_id, call.document_id) == ("AddAttachment", CHAT, "")
    assert (call.file.filename, call.file.body) == ("a.txt", Body.of(b"hello"))


def test_the_reply_may_tell_a_new_documents_id_at_once() -> None:
    wire = Wire()
    wire.answer(wire.ask("POST", f"{OPERATION}/attachments", FORM, MULTIPART), OK | {"documentId": DOCUMENT})
    assert [call.document_id for call in wire.calls] == [DOCUMENT]


@pytest.mark.parametrize(
    ("target", "chat"),
    [
        (f"/api/v2/attachments/{DOCUMENT}", ""),
        (f"/api/v2/me/attachments/{DOCUMENT}", ""),
        (f"/api/v2/chats/{CHAT}/attachments/{DOCUMENT}", CHAT),
        (f"/api/v2/me/chats/{CHAT}/attachments/{DOCUMENT}", CHAT),
        (f"/api/v2/me/interactions/{CHAT}/attachments/{DOCUMENT}", CHAT),
    ],
)
def test_a_download_is_a_call_wherever_the_file_lies(target: str, chat: str) -> None:
    assert asked("GET", target) == [("Download", chat, DOCUMENT)]


def test_a_compressed_request_is_read() -> None:
    body = gzip.compress(b'{"operationName": "Accept"}')
    assert asked("POST", OPERATION, body, ("Content-Encoding", "gzip")) == [("Accept", CHAT, "")]


def test_a_reply_is_forwarded_or_refused_by_its_status_code_whatever_http_says() -> None:
    outcomes = {
        (status, code): replied({"statusCode": code}, status=status) for status in (200, 403) for code in (0, 7, 20)
    }
    assert {key: (call.accepted, call.refused) for key, call in outcomes.items()} == {
        (200, 0): (True, False),
        (200, 7): (False, True),
        (200, 20): (False, True),
        (403, 0): (True, False),
        (403, 7): (False, True),
        (403, 20): (False, True),
    }


def test_a_reply_is_kept_as_it_was_said() -> None:
    call = replied({"statusCode": 2, "statusMessage": "details", "referenceId": 35})
    assert call.reply == Reply.model_validate({"statusCode": 2, "statusMessage": "details", "referenceId": 35})
    assert (call.status, call.reply_problem) == (200, "")


@pytest.mark.parametrize(
    "odd",
    [{"statusMessage": None}, {"referenceId": 3.5}, {"documentId": 12}, {"statusMessage": {"text": "x"}}, {"x": [1]}],
    ids=str,
)
def test_what_else_a_reply_holds_does_not_hide_its_status_code(odd: dict[str, object]) -> None:
    call = replied(OK | odd)
    assert (call.accepted, call.reply_problem) == (True, "")


@pytest.mark.parametrize("body", [b"<html>", [], {}, {"statusCode": "0"}, {"statusCode": True}, {"statusCode": None}])
def test_a_reply_without_a_status_code_is_no_success(body: Content) -> None:
    call = replied(body)
    assert (call.reply, call.accepted) == (None, False)
    assert call.reply_problem


def test_a_plain_refusal_below_the_api_is_a_refusal() -> None:
    """As of a missing CSRF token: HTTP 403 and text (CSRF protection)."""
    assert replied(b"missing token", ("Content-Type", "text/plain"), status=403).refused


@pytest.mark.parametrize("status", [502, 504])
def test_a_gateway_that_got_no_answer_refuses_nothing(status: int) -> None:
    """Somebody in between says that the server was silent; it may have done it (RFC 9110 section 15.6)."""
    call = replied(b"<html>Gateway Timeout</html>", ("Content-Type", "text/html"), status=status)
    assert (call.accepted, call.refused) == (False, False)


def test_a_call_whose_connection_broke_is_neither_accepted_nor_refused() -> None:
    """The server may have done it: only its reply says no."""
    wire = Wire()
    wire.fail(wire.ask("POST", OPERATION, {"operationName": "UploadFile", "documentId": DOCUMENT}), "reset")
    [call] = wire.calls
    assert (call.error, call.status, call.reply) == ("reset", None, None)
    assert (call.accepted, call.refused) == (False, False)


def test_a_call_that_is_under_way_at_the_end_is_told_then() -> None:
    """Its edges are told then as well, and an edge leads from a call that is known."""
    wire = Wire()
    asked = wire.ask("POST", OPERATION, {"operationName": "UploadFile", "documentId": DOCUMENT})
    assert wire.calls == []
    wire.close()
    assert [(call.number, call.operation, call.done) for call in wire.calls] == [(asked.number, "UploadFile", None)]


def test_a_call_knows_when_it_began_and_ended_and_who_asked() -> None:
    wire = Wire()
    sofia = wire.log_in("sofia")
    asked = sofia.do("Accept", nickname="Agent")
    begun = wire.now
    wire.wait(12)
    wire.answer(asked)
    [call] = wire.calls
    assert call.agent is not None and call.agent.user_name == "sofia"
    assert replace(call, agent=None) == Call(
        asked.number,
        "Accept",
        CHAT,
        "",
        begun,
        body={"operationName": "Accept", "nickname": "Agent"},
        done=wire.now,
        status=200,
        reply=Reply.model_validate(OK),
    )
