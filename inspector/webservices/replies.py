"""What the API answers: every reply has a `statusCode`, and a `statusMessage` when it is not 0 (Return Values)."""

from typing import Any

from pydantic import Field, ValidationError

from inspector.webservices.model import Model
from inspector.webservices.status_codes import PARTIAL_SUCCESS, SUCCESS

REJECT = "Reject"


class Reply(Model):
    """The JSON body of an HTTP reply. 0 says only that a request was forwarded (Asynchronous Events)."""

    status_code: int
    status_message: Any = None
    reference_id: Any = None
    document_id: Any = None
    failed: Any = None
    succeeded: Any = None
    """Whatever else is odd in a reply, what it says counts."""

    @property
    def partial(self) -> bool:
        """Some of it was done: `failures` and `successes` say what."""
        return self.status_code == PARTIAL_SUCCESS

    @property
    def failures(self) -> list["Outcome"]:
        """What was not done, of a request that asked for several things."""
        return _outcomes(self.failed)

    @property
    def successes(self) -> list["Outcome"]:
        """What was done, of a request that asked for several things."""
        return _outcomes(self.succeeded)


class Outcome(Reply):
    """One part of a partial success, as seen in traffic; `channel` may say `multimedia` where `chat` was asked for."""

    channel: Any = None


class ReplyToReject(Reply):
    """Alone among all replies, that to Reject says `status` (Chat API, Reject, sample)."""

    status_code: int = Field(alias="status")


def read(operation: str, told: Any) -> Reply:
    """The reply to an operation, from its body's JSON value; of an unknown operation the name is empty.

    Raises pydantic's ValidationError for what is no reply.
    """
    if operation == REJECT and isinstance(told, dict) and "statusCode" not in told and "status" in told:
        return ReplyToReject.model_validate(told)
    return Reply.model_validate(told)


def read_empty(operation: str, status: int) -> Reply | None:
    """The reply that an empty body of HTTP `status` is; only that to Reject may be empty (Chat API, Reject, text)."""
    return Reply.model_validate({"statusCode": SUCCESS}) if operation == REJECT and status == 200 else None


def _outcomes(told: Any) -> list[Outcome]:
    found = []
    for one in told if isinstance(told, list) else ():
        try:
            found.append(Outcome.model_validate(one))
        except ValidationError:
            continue
    return found
