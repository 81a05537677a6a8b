"""2xx: what a direct reply shows."""

from collections.abc import Iterator

from inspector.analysis.calls import DOWNLOAD
from inspector.analysis.finding import Breach, Severity
from inspector.analysis.happenings import Answered, Refused
from inspector.analysis.rules.catalogue import rule
from inspector.webservices.replies import Outcome, Reply, ReplyToReject
from inspector.webservices.status_codes import MEANINGS

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
def operation_was_accepted(refused: Refused) -> Iterator[Breach]:
    call, reply = refused.call, refused.call.reply
    assert reply is not None
    code = reply.status_code
    operation = call.operation or "the operation"
    if reply.partial:
        parts = _outcomes(reply.failures)
        text = f"{operation} was partly refused: {parts or f'statusCode {code}, and nothing says what'}"
    else:
        text = f"{operation} was refused with statusCode {_code(reply)}"
    yield Breach(
        text,
        pointer="/statusCode",
        expected="0",
        actual=code,
        severity=Severity.INFO if reply.partial else None,
    )


@rule(
    "GW203",
    Severity.WARNING,
    "refused without statusMessage",
    source=f"{RETURN_VALUES}: when statusCode is not 0, a statusMessage is present",
    cure="nobody learns why: have the server say it in statusMessage, and look into its log meanwhile",
)
def refusal_says_why(refused: Refused) -> Iterator[Breach]:
    call, reply = refused.call, refused.call.reply
    assert reply is not None
    # of a partial success each part has its own; what a refused Reject says is not documented
    if reply.partial or isinstance(reply, ReplyToReject):
        return
    message = reply.status_message
    if message is None or (isinstance(message, str) and not message.strip()):
        how = "statusMessage is missing" if message is None else "statusMessage is empty"
        yield Breach(
            f"{call.operation or 'the operation'} was refused with statusCode {_code(reply)} without a word why: {how}",
            pointer="/statusMessage",
            expected="a text that says why",
            actual=message,
        )


@rule(
    "GW204",
    Severity.INFO,
    "HTTP error with statusCode 0",
    source=f"{RETURN_VALUES}: 0 is success; which HTTP status goes with it is not documented",
    cure="go by the notification, not by either status; and look at what stands between client and server",
)
def success_is_no_http_error(answered: Answered) -> Iterator[Breach]:
    call = answered.call
    if call.accepted and call.status is not None and call.status >= 400:
        yield Breach(
            f"{call.operation or 'the operation'} was answered with HTTP {call.status}, an error, and with "
            "statusCode 0, a success",
            expected="an HTTP status below 400",
            actual=call.status,
        )


@rule(
    "GW205",
    Severity.WARNING,
    "unknown statusCode",
    source=f"{RETURN_VALUES}: codes {min(MEANINGS)} to {max(MEANINGS)}",
    cure="take it for a refusal; if this server's version documents the code, ignore this rule",
)
def status_code_is_known(refused: Refused) -> Iterator[Breach]:
    call, reply = refused.call, refused.call.reply
    assert reply is not None
    # the status of a Reject is another member, and its values are not documented
    if reply.status_code in MEANINGS or isinstance(reply, ReplyToReject):
        return
    yield Breach(
        f"{call.operation or 'the operation'} was answered with statusCode {reply.status_code}, which the API does not "
        f"document: it knows {min(MEANINGS)} to {max(MEANINGS)}",
        pointer="/statusCode",
        expected=f"{min(MEANINGS)} to {max(MEANINGS)}",
        actual=reply.status_code,
    )


_TOLD = 4
"""How many parts of a partial success a sentence lists; a reply may have any number."""


def _code(reply: Reply) -> str:
    """A code with its meaning, and what the server says of it."""
    meaning = MEANINGS.get(reply.status_code, "a code that the API does not document")
    message = reply.status_message
    said = f": {message}" if isinstance(message, str) and message.strip() else ""
    return f"{reply.status_code} ({meaning}){said}"


def _outcomes(parts: list[Outcome]) -> str:
    told = "; ".join(f"{_channel(part)}statusCode {_code(part)}" for part in parts[:_TOLD])
    return f"{told}; and {len(parts) - _TOLD} more" if len(parts) > _TOLD else told


def _channel(part: Outcome) -> str:
    return f"{part.channel} with " if isinstance(part.channel, str) and part.channel else ""
