"""The kinds of faults, as values: what each of them does, and which request it meets."""

from dataclasses import dataclass, fields
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Interval

from inspector.errors import UsageError
from inspector.webservices.status_codes import MEANINGS

UPLOAD = "UploadFile"

_AT_MOST = (1 << 53) - 1
"""Beyond it, JSON readers do not agree what a number is (RFC 8259 section 6)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Armed:
    """`times`: how many of the next requests it is for; 0 means all of them."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    times: Annotated[int, Interval(ge=0, le=_AT_MOST)] = 1

    def __post_init__(self) -> None:
        """Raises UsageError for what a member cannot be; who arms a fault in Python has nobody else to check it."""
        for member in fields(self):
            given, kind = getattr(self, member.name), type(member.default)
            if not isinstance(given, (int, float) if kind is float else kind) or isinstance(given, bool):
                raise UsageError(f"{member.name}={given!r} is to be a {'text' if kind is str else 'number'}")
            for limits in getattr(member.type, "__metadata__", ()):
                if not limits.ge <= given <= limits.le:
                    raise UsageError(f"{member.name}={given!r}: give {limits.ge} to {limits.le}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfOperation(_Armed):
    """Meets the next request with this `operationName` (empty: UploadFile), and this `document_id` if there is one."""

    operation: str = UPLOAD
    document_id: str = ""

    def meets(self, body: Any) -> bool:
        """Whether a request with this JSON body is meant."""
        if not isinstance(body, dict) or body.get("operationName") != (self.operation or UPLOAD):
            return False
        return not self.document_id or body.get("documentId") == self.document_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse(_OfOperation):
    """Answered with this `statusCode` (Return Values); without a `message` with what the code means."""

    fault: Literal["refuse"] = "refuse"
    status_code: Annotated[int, Interval(ge=1, le=max(MEANINGS))] = 4
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoseNotification(_OfOperation):
    """Accepted, but what the operation causes never comes."""

    fault: Literal["lose_notification"] = "lose_notification"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay(_OfOperation):
    """What the operation causes comes so much later; notifications behind it wait, as their order is kept."""

    fault: Literal["delay"] = "delay"
    seconds: Annotated[float, Interval(ge=0, le=86_400)] = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat(_OfOperation):
    """What the operation causes comes twice."""

    fault: Literal["repeat"] = "repeat"


@dataclass(frozen=True, slots=True, kw_only=True)
class BeforeReply(_OfOperation):
    """What the operation causes is there before its reply, if a poll is held."""

    fault: Literal["before_reply"] = "before_reply"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpireSession(_OfOperation):
    """Every Bayeux session ends (402) once the operation was answered; without an operation and a document at once."""

    fault: Literal["expire_session"] = "expire_session"
    operation: str = ""

    @property
    def at_once(self) -> bool:
        """Whether it waits for no request."""
        return not self.operation and not self.document_id


@dataclass(frozen=True, slots=True, kw_only=True)
class CutDownload(_Armed):
    """The next file breaks off after `at` bytes; -1: in the middle."""

    fault: Literal["cut_download"] = "cut_download"
    at: Annotated[int, Interval(ge=-1, le=_AT_MOST)] = -1


Spoiling = LoseNotification | Delay | Repeat | BeforeReply | ExpireSession
Fault = Refuse | Spoiling | CutDownload
