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
    wire = judged("SendMessage", {"statusCode": code, "statusMessage": "no"})
    assert wire.verdicts[0] == Verdict("GW202", Severity.WARNING, 2, None, "/statusCode", code)


def test_202_a_partial_success_is_only_worth_knowing() -> None:
    """As seen: `failed` and `succeeded` beside it; clients take 7 for a success. What failed is named."""
    failed = {"statusCode": 4, "statusMessage": "Interaction server connection is not opened", "channel": "multimedia"}
    wire = judged("Accept", {"statusCode": 7, "failed": [failed], "succeeded": [{"statusCode": 0, "channel": "voice"}]})
    assert wire.verdicts == [Verdict("GW202", Severity.INFO, 2, None, "/statusCode", 7)]
    assert wire.findings[0].text == (
        "Accept was partly refused: multimedia with statusCode 4 (internal error): "
        "Interaction server connection is not opened"
    )


@pytest.mark.parametrize(
    ("failed", "text"),
    [
        ([{"statusCode": 4}, {"statusCode": 6, "channel": "x"}], "4 (internal error); x with statusCode 6 (not found)"),
        ([{"statusCode": 4, "channel": ["x"], "statusMessage": {}}, "odd"], "partly refused: statusCode 4 (internal"),
        ([{"statusCode": 6}] * 100, f"refused: {'statusCode 6 (not found); ' * 4}and 96 more"),
        ([], "partly refused: statusCode 7, and nothing says what"),
        ({"statusCode": 4}, "partly refused: statusCode 7, and nothing says what"),
        (None, "partly refused: statusCode 7, and nothing says what"),
    ],
    ids=["bare", "odd", "many", "empty", "no list", "missing"],
)
def test_202_whatever_a_partial_success_says_of_its_parts(failed: object, text: str) -> None:
    [finding] = judged("Accept", {"statusCode": 7, "failed": failed}).findings
    assert text in finding.text


@pytest.mark.parametrize(
    "reply", [OK, OK | {"referenceId": 35}, OK | {"documentId": DOCUMENT}, OK | {"statusMessage": None}, OK | {"x": {}}]
)
def test_2xx_a_success_is_nothing_to_tell(reply: dict[str, object]) -> None:
    assert judged("SendMessage", reply).verdicts == []


@pytest.mark.parametrize("odd", [{"referenceId": {}}, {"documentId": 12}, {"statusMessage": ["x"]}], ids=str)
def test_2xx_nor_is_it_if_something_else_in_it_is_odd(odd: dict[str, object]) -> None:
    assert judged("SendMessage", OK | odd).verdicts == []


@pytest.mark.parametrize("message", [None, "", " \n"])
def test_203_a_refusal_without_a_word(message: str | None) -> None:
    wire = judged("SendMessage", {"statusCode": 4, "statusMessage": message})
    assert wire.verdicts == [
        Verdict("GW202", Severity.WARNING, 2, None, "/statusCode", 4),
        Verdict("GW203", Severity.WARNING, 2, None, "/statusMessage", message),
    ]
    how = "missing" if message is None else "empty"
    assert [finding.text for finding in wire.findings] == [
        "SendMessage was refused with statusCode 4 (internal error)",
        f"SendMessage was refused with statusCode 4 (internal error) without a word why: statusMessage is {how}",
    ]


@pytest.mark.parametrize("message", ["x", ["x"], {"text": "x"}, 0], ids=repr)
def test_203_is_not_told_if_anything_is_said(message: object) -> None:
    reply = {"statusCode": 4, "statusMessage": message}
    assert [one.rule for one in judged("SendMessage", reply).verdicts] == ["GW202"]


@pytest.mark.parametrize(("operation", "reply"), [("Accept", {"statusCode": 7}), ("Reject", {"status": 2})])
def test_203_is_not_told_where_the_documentation_asks_for_none(operation: str, reply: dict[str, object]) -> None:
    """The parts of a partial success have theirs; a Reject that is refused with a status is not documented."""
    assert [one.rule for one in judged(operation, reply).verdicts] == ["GW202"]


@pytest.mark.parametrize("status", [400, 403, 500, 503])
def test_204_a_success_that_http_calls_an_error(status: int) -> None:
    wire = judged("SendMessage", OK, status=status)
    assert wire.verdicts == [Verdict("GW204", Severity.INFO, 2, None, "", status)]
    assert f"SendMessage was answered with HTTP {status}, an error" in wire.findings[0].text


@pytest.mark.parametrize("status", [200, 201, 202, 302, 399])
def test_204_is_not_told_below_400(status: int) -> None:
    assert judged("SendMessage", OK, status=status).verdicts == []


def test_204_a_refusal_that_http_calls_an_error_is_none() -> None:
    """As seen: 403 for a 20. Nor is one that HTTP calls a success."""
    denied = {"statusCode": 20, "statusMessage": "Access denied"}
    for status in (200, 403):
        assert [one.rule for one in judged("SendMessage", denied, status=status).verdicts] == ["GW202"]


@pytest.mark.parametrize("code", [21, 99, -1, 200, 2**64 - 1])
def test_205_a_code_that_is_not_in_the_list(code: int) -> None:
    refusal, unknown = judged("SendMessage", {"statusCode": code, "statusMessage": "odd"}).findings
    assert refusal.rule == "GW202"
    assert unknown == Finding(
        "GW205",
        Severity.WARNING,
        2,
        None,
        f"SendMessage was answered with statusCode {code}, which the API does not document: it knows 0 to 20",
        "/statusCode",
        "0 to 20",
        code,
    )


@pytest.mark.parametrize("code", range(21))
def test_205_is_not_told_of_those_that_are(code: int) -> None:
    assert "GW205" not in [one.rule for one in judged("SendMessage", {"statusCode": code}).verdicts]


def test_205_is_not_told_of_the_status_of_a_reject() -> None:
    assert [one.rule for one in judged("Reject", {"status": 99}).verdicts] == ["GW202"]
