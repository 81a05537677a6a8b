"""Faults in the API's own words: what a server does on a bad day, done on purpose. Each is armed, and used up.

    stub.faults.refuse("UploadFile", status_code=3)     the next one is refused; who asks again gets the recorded answer
    stub.faults.lose_notification("UploadFile")         accepted, but nobody is told
    stub.faults.delay("UploadFile", seconds=5)          the notification, and what stands behind it, comes later
    stub.faults.repeat("UploadFile")                    it comes twice
    stub.faults.before_reply("UploadFile")              it overtakes the reply
    stub.faults.expire_session()                        every Bayeux session ends now: 402, a new handshake
    stub.faults.cut_download(at=1000)                   the connection breaks after so many bytes

The same as values: `parse` takes them from JSON, `read` from a TOML file.
"""

import tomllib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeVar

from annotated_types import Ge, Le

from inspector.errors import UsageError
from inspector.webservices.status_codes import MEANINGS

if TYPE_CHECKING:
    from pydantic import TypeAdapter

UPLOAD = "UploadFile"

_AT_MOST = (1 << 53) - 1
"""Beyond it, JSON readers do not agree what a number is (RFC 8259 section 6)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Armed:
    """`times`: how many of the next requests it is for; 0 means all of them."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    times: Annotated[int, Ge(0), Le(_AT_MOST)] = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfOperation(_Armed):
    """Meets the next request with this `operationName`; with a `document_id` only one that names this document."""

    operation: str = UPLOAD
    document_id: str = ""

    def meets(self, body: Any) -> bool:
        """Whether a request with this JSON body is meant."""
        if not isinstance(body, dict) or body.get("operationName") != self.operation:
            return False
        return not self.document_id or body.get("documentId") == self.document_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse(_OfOperation):
    """Answered with this `statusCode` (Return Values); without a `message` with what the code means."""

    fault: Literal["refuse"] = "refuse"
    status_code: Annotated[int, Ge(1), Le(max(MEANINGS))] = 4
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoseNotification(_OfOperation):
    """Accepted, but what the operation causes never comes."""

    fault: Literal["lose_notification"] = "lose_notification"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay(_OfOperation):
    """What the operation causes comes so much later; notifications behind it wait, as their order is kept."""

    fault: Literal["delay"] = "delay"
    seconds: Annotated[float, Ge(0), Le(86_400)] = 1.0


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
    """Every Bayeux session ends (402) once the operation was answered; without an operation at once."""

    fault: Literal["expire_session"] = "expire_session"
    operation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CutDownload(_Armed):
    """The next file breaks off after `at` bytes; -1: in the middle."""

    fault: Literal["cut_download"] = "cut_download"
    at: Annotated[int, Ge(-1), Le(_AT_MOST)] = -1


Spoiling = LoseNotification | Delay | Repeat | BeforeReply | ExpireSession
Fault = Refuse | Spoiling | CutDownload

F = TypeVar("F", bound=Fault)


class Arming(ABC):
    """Where faults are armed, in the order in which they are."""

    @property
    @abstractmethod
    def armed(self) -> list[Fault]:
        """What has not been used up."""

    @abstractmethod
    def add(self, fault: Fault) -> None:
        """Arms a fault."""

    @abstractmethod
    def clear(self) -> None:
        """Disarms all."""

    def refuse(
        self, operation: str = UPLOAD, *, status_code: int = 4, message: str = "", document_id: str = "", times: int = 1
    ) -> None:
        """See `Refuse`."""
        self.add(
            Refuse(operation=operation, status_code=status_code, message=message, document_id=document_id, times=times)
        )

    def lose_notification(self, operation: str = UPLOAD, *, document_id: str = "", times: int = 1) -> None:
        """See `LoseNotification`."""
        self.add(LoseNotification(operation=operation, document_id=document_id, times=times))

    def delay(self, operation: str = UPLOAD, *, seconds: float = 1.0, document_id: str = "", times: int = 1) -> None:
        """See `Delay`."""
        self.add(Delay(operation=operation, seconds=seconds, document_id=document_id, times=times))

    def repeat(self, operation: str = UPLOAD, *, document_id: str = "", times: int = 1) -> None:
        """See `Repeat`."""
        self.add(Repeat(operation=operation, document_id=document_id, times=times))

    def before_reply(self, operation: str = UPLOAD, *, document_id: str = "", times: int = 1) -> None:
        """See `BeforeReply`."""
        self.add(BeforeReply(operation=operation, document_id=document_id, times=times))

    def expire_session(self, operation: str = "", *, document_id: str = "", times: int = 1) -> None:
        """See `ExpireSession`."""
        self.add(ExpireSession(operation=operation, document_id=document_id, times=times))

    def cut_download(self, at: int = -1, *, times: int = 1) -> None:
        """See `CutDownload`."""
        self.add(CutDownload(at=at, times=times))


class Faults(Arming):
    """What is armed in one stub. `expire` ends the Bayeux sessions."""

    def __init__(self, expire: Callable[[], object] = lambda: None) -> None:
        self._expire = expire
        self._armed: list[tuple[Fault, int]] = []

    @property
    def armed(self) -> list[Fault]:
        return [fault for fault, _ in self._armed]

    def __bool__(self) -> bool:
        """Whether anything is armed."""
        return bool(self._armed)

    def add(self, fault: Fault) -> None:
        if isinstance(fault, ExpireSession) and not fault.operation:
            self._expire()
        else:
            self._armed.append((fault, fault.times))

    def clear(self) -> None:
        self._armed.clear()

    def refusal(self, body: Any) -> Refuse | None:
        """What refuses a request with this JSON body."""
        return self._used(fault for fault in self.armed if isinstance(fault, Refuse) and fault.meets(body))

    def spoiling(self, body: Any) -> list[Spoiling]:
        """What becomes of the notifications of such a request: one of each kind."""
        found = [
            self._used(fault for fault in self.armed if isinstance(fault, kind) and fault.meets(body))
            for kind in (LoseNotification, Delay, Repeat, BeforeReply, ExpireSession)
        ]
        return [fault for fault in found if fault]

    def cut(self) -> CutDownload | None:
        """What happens to the download that is asked for now."""
        return self._used(fault for fault in self.armed if isinstance(fault, CutDownload))

    def _used(self, faults: Iterator[F]) -> F | None:
        fault = next(faults, None)
        if fault is not None:
            self._use(fault)
        return fault

    def _use(self, fault: Fault) -> None:
        place = next(place for place, (one, _) in enumerate(self._armed) if one is fault)
        left = self._armed[place][1]
        if left == 1:
            del self._armed[place]
        elif left > 1:
            self._armed[place] = (fault, left - 1)


def value(fault: Fault) -> dict[str, Any]:
    """A fault as a plain JSON value; `parse` makes the fault of it again."""
    return {"fault": fault.fault, **asdict(fault)}


def parse(said: Any) -> Fault:
    """A fault from a JSON value: `{"fault": "refuse", "operation": "UploadFile", "status_code": 3}`.

    Raises UsageError, which says what is wrong with it. 5.0 is an integer, too (JSON Schema Core, section 4.2.3).
    """
    from pydantic import ValidationError

    from inspector.webservices.model import flaws

    try:
        fault = _adapter().validate_python(said)
    except ValidationError as error:
        first = flaws(error)[0]
        place = first.pointer.removeprefix(f"/{said.get('fault')}") if isinstance(said, dict) else ""
        raise UsageError(
            f"this is no fault that we know: {f'{place[1:]}: ' if place else ''}{first.expected}"
        ) from None
    for name, understood in value(fault).items():  # a text that looks like a number is none, nor is true
        if name in said and (isinstance(said[name], bool) or said[name] != understood):
            raise UsageError(f"{name} is to be a {'text' if isinstance(understood, str) else 'number'}")
    return fault


@cache
def _adapter() -> "TypeAdapter[Fault]":
    # here, because who arms no fault does not wait for pydantic
    from pydantic import Field, TypeAdapter

    return TypeAdapter(Annotated[Fault, Field(discriminator="fault")])


def parse_all(values: Sequence[Any]) -> list[Fault]:
    """As `parse`, for each of them. Raises UsageError, which says which of them is none."""
    found = []
    for number, value in enumerate(values, 1):
        try:
            found.append(parse(value))
        except UsageError as error:
            raise UsageError(f"faults {number}: {error}") from None
    return found


def read(path: Path) -> list[Fault]:
    """The faults of a TOML file: a table `[[faults]]` each. Raises UsageError."""
    try:
        tables = tomllib.loads(path.read_text()).get("faults")
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not TOML: {error}") from None
    if not isinstance(tables, list):
        raise UsageError(f"{path} holds no list of faults: a table [[faults]] each")
    try:
        found = parse_all(tables)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None
    for number, fault in enumerate(found, 1):
        if isinstance(fault, ExpireSession) and not fault.operation:
            raise UsageError(f"{path}: faults {number}: expire_session needs the operation after which it happens")
    return found
