"""2xx: what a direct reply shows."""

import pytest

from inspector.analysis.finding import Finding, Severity
from inspector.traffic.body import Body
from tests.analysis.shapes import DOCUMENT
from tests.analysis.traffic import OK, Content, Verdict, Wire

HTML = ("Content-Type", "text/html")


def judged(operation: str, body: Content, *fields: tuple[str, str], status: int = 200) -> Wire:
    """One operation with its reply."""
    wire = Wire()
    wire.answer(wire.log_in().do(operation), body, *fields, status=status)
    return wire


def test_201_a_success_without_a_status_code() -> None:
    wire = judged("SendMessage", b"<html>log in</html>", HTML)
    [finding] = wire.findings
    assert wire.verdicts == [Verdict("GW201", Severity.WARNING, 2, None, "/statusCode", finding.actual)]
    assert finding.text.startswith("SendMessage was answered with HTTP 200, but without a statusCode: not JSON")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "an empty body"),
        ({}, "/statusCode: missing"),
        ({"statusCode": "0"}, "/statusCode: a valid integer"),
        ({"statusCode": None}, "/statusCode: a valid integer"),
    ],
)
def test_201_says_what_was_there_instead(body: Content, why: str) -> None:
    assert [finding.actual for finding in judged("SendMessage", body).findings] == [why]


def test_201_a_redirect_to_a_login_page_is_no_reply_either() -> None:
    wire = judged("SendMessage", b"", ("Location", "http://sso.example/"), status=302)
    assert [verdict.rule for verdict in wire.verdicts] == ["GW201"]


@pytest.mark.parametrize("body", [{"status": 0}, b""])
def test_201_reject_is_answered_without_one(body: Content) -> None:
    assert judged("Reject", body).verdicts == []


@pytest.mark.parametrize("status", [403, 404, 500, 502, 503])
def test_201_errors_below_the_api_have_none(status: int) -> None:
    assert judged("SendMessage", b"missing CSRF token", HTML, status=status).verdicts == []


def test_201_a_call_that_was_never_answered_has_none() -> None:
    wire = Wire()
    wire.fail(wire.log_in().do("SendMessage"))
    wire.close()
    assert wire.verdicts == []


def test_201_a_reply_that_was_cut_has_none() -> None:
    """Of such a response the head is kept, and no body."""
    wire = Wire()
    wire.answer(wire.log_in().do("SendMessage"), b"", error="client disconnected")
    assert wire.verdicts == []


def test_201_cannot_be_told_of_a_reply_that_was_not_kept() -> None:
    assert judged("SendMessage", Body(None, 100, "0" * 64)).verdicts == []


def test_201_a_downloaded_file_is_no_reply() -> None:
    wire = Wire()
    wire.answer(wire.log_in().get(f"/attachments/{DOCUMENT}"), b"bytes")
    assert wire.verdicts == []


def test_201_what_is_no_operation_needs_none() -> None:
    wire = Wire()
    sofia = wire.log_in()
    wire.answer(sofia.get("/me/chats?fields=*"), b"<html>")
    wire.answer(sofia.ask("POST", "/internal-api/settings", b"x"), b"")
    assert wire.verdicts == []


def test_202_a_refusal_is_told_with_its_meaning_and_its_message() -> None:
    wire = judged("UploadFile", {"statusCode": 2, "statusMessage": "chat is over"}, status=500)
    assert [finding for finding in wire.findings if finding.exchange == 2 and finding.rule == "GW202"] == [
        Finding(
            "GW202",
            Severity.WARNING,
            2,
            None,
            "UploadFile was refused with statusCode 2 (parameter not valid in the current state): chat is over",
            "/statusCode",
            "0",
            2,
        )
    ]


@pytest.mark.parametrize("code", [1, 6, 20, 99, -1])
def test_202_whatever_the_code(code: int) -> None:
    wire = judged("SendMessage", {"statusCode": code})
    assert wire.verdicts == [Verdict("GW202", Severity.WARNING, 2, None, "/statusCode", code)]


def test_202_a_partial_success_is_only_worth_knowing() -> None:
    """As seen: `failed` and `succeeded` beside it; clients take 7 for a success."""
    partial = {"statusCode": 7, "failed": [{"statusCode": 4}], "succeeded": [{"statusCode": 0}]}
    assert judged("SendMessage", partial).verdicts == [Verdict("GW202", Severity.INFO, 2, None, "/statusCode", 7)]


@pytest.mark.parametrize(
    "reply", [OK, OK | {"referenceId": 35}, OK | {"documentId": DOCUMENT}, OK | {"statusMessage": None}, OK | {"x": {}}]
)
def test_2xx_a_success_is_nothing_to_tell(reply: dict[str, object]) -> None:
    assert judged("SendMessage", reply).verdicts == []


@pytest.mark.parametrize("odd", [{"referenceId": {}}, {"documentId": 12}, {"statusMessage": ["x"]}], ids=str)
def test_2xx_nor_is_it_if_something_else_in_it_is_odd(odd: dict[str, object]) -> None:
    assert judged("SendMessage", OK | odd).verdicts == []


def test_2xx_a_success_that_http_calls_an_error_is_none_of_these() -> None:
    assert judged("SendMessage", OK, status=500).verdicts == []
