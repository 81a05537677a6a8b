"""2xx: what a direct reply shows."""

from collections.abc import Iterator

from inspector.analysis.calls import DOWNLOAD
from inspector.analysis.finding import Breach, Severity
from inspector.analysis.happenings import Answered
from inspector.analysis.rules.catalogue import rule
from inspector.webservices.status_codes import MEANINGS, PARTIAL_SUCCESS

RETURN_VALUES = "Return Values"


@rule(
    "GW201",
    Severity.WARNING,
    "no statusCode in the reply",
    source=RETURN_VALUES,
    cure="look at what answered: a balancer, a login page or another service may stand in between",
)
def reply_has_a_status(answered: Answered) -> Iterator[Breach]:
    call = answered.call
    # what Reject alone may be answered with is read as a reply; errors below the API are plain text or HTML
    if not call.reply_problem or call.operation == DOWNLOAD or call.status is None or call.status >= 400:
        return
    yield Breach(
        f"{call.operation or 'the operation'} was answered with HTTP {call.status}, but without a statusCode: "
        f"{call.reply_problem}",
        pointer="/statusCode",
        expected="a JSON object with a statusCode",
        actual=call.reply_problem,
    )


@rule(
    "GW202",
    Severity.WARNING,
    "refused",
    source=RETURN_VALUES,
    cure="read the statusMessage; the operation had no effect",
)
def operation_was_accepted(answered: Answered) -> Iterator[Breach]:
    call, reply = answered.call, answered.call.reply
    if reply is None or call.accepted:
        return
    code = reply.status_code
    meaning = MEANINGS.get(code, "a code that the API does not document")
    said = f": {reply.status_message}" if isinstance(reply.status_message, str) else ""
    yield Breach(
        f"{call.operation or 'the operation'} was refused with statusCode {code} ({meaning}){said}",
        pointer="/statusCode",
        expected="0",
        actual=code,
        severity=Severity.INFO if code == PARTIAL_SUCCESS else None,
    )
