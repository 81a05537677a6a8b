"""What a client of the control address may want: the JSON values that it sends, read and checked."""

from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from inspector.errors import UsageError
from inspector.replay.answers.cors import checked_origin
from inspector.replay.control.hosting import Hosted
from inspector.replay.control.shelf import Source
from inspector.replay.faults import Fault, parse_all
from inspector.replay.faults import parse as parse_fault
from inspector.replay.matching import Policy
from inspector.replay.stub import Settings
from inspector.traffic.pointers import checked_pointer
from inspector.webservices.model import flaws

_SETTINGS = ("pace", "reuse", "poll_timeout_ms", "keep_origins", "cors")
_SOURCE = ("session", "agent", "origins")
_ENTRIES_AT_MOST = 1000
_MOST = 1_000_000
"""Of seconds, and of times faster: nobody means more."""


def _said(check: Callable[[str], str]) -> AfterValidator:
    """A check of ours, in pydantic's words."""

    def checked(text: str) -> str:
        try:
            return check(text)
        except UsageError as error:
            raise ValueError(str(error)) from None

    return AfterValidator(checked)


def _address(text: str) -> str:
    """An address of this machine: a name would have to be asked for elsewhere, and no byte leaves."""
    try:
        return text if text == "localhost" else str(ip_address(text))
    except ValueError:
        raise UsageError("give an IP address or localhost: no name is looked up") from None


_Text = Annotated[str, Field(min_length=1, max_length=4096)]
_Origin = Annotated[str, Field(max_length=300), _said(checked_origin)]
_Pointer = Annotated[str, Field(max_length=4096), _said(checked_pointer)]


class WantedStub(BaseModel):
    """A new stub. What is not said is as the command's own stub has it; of another `recording`, the newest complete
    session and all its agents are played.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    recording: _Text = ""
    """A path, as the process that serves the stubs sees it."""
    session: _Text | None = None
    """An id, or the begin of a UUID."""
    agent: _Text | None = None
    """A user name."""
    origins: Annotated[list[_Text], Field(max_length=_ENTRIES_AT_MOST)] = []
    """More addresses of the recorded server."""
    ignore: Annotated[list[_Pointer], Field(max_length=_ENTRIES_AT_MOST)] = []
    """JSON pointers to what does not count in bodies."""
    pace: Annotated[float, Field(ge=0, le=_MOST)] = 0.0
    reuse: bool = False
    poll_timeout_ms: Annotated[int, Field(ge=0, le=_MOST * 1000)] = 30_000
    keep_origins: bool = False
    cors: Annotated[list[_Origin], Field(max_length=_ENTRIES_AT_MOST)] = []
    faults: Annotated[list[Any], Field(max_length=_ENTRIES_AT_MOST)] = []
    """Armed from the start, and again after a reset."""
    host: Annotated[str, _said(_address)] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 0

    def source(self, model: Source | None) -> Source:
        """Which recorded session is played. Raises UsageError if nobody says."""
        base = model
        if self.recording:
            base = Source(Path(self.recording), policy=model.policy if model else Policy())
        if base is None:
            raise UsageError("recording: which one is to be played?")
        said = {name: getattr(self, name) for name in _SOURCE if self._says(name)}
        if self._says("origins"):
            said["origins"] = tuple(self.origins)
        if self._says("ignore"):
            said["policy"] = replace(base.policy, ignore=tuple(self.ignore))
        return replace(base, **said)

    def settings(self, model: Settings) -> Settings:
        """How it is played."""
        said = {name: getattr(self, name) for name in _SETTINGS if self._says(name)}
        if self._says("cors"):
            said["cors"] = tuple(self.cors)
        return replace(model, **said)

    def armed(self, model: tuple[Fault, ...]) -> tuple[Fault, ...]:
        """The faults that are armed from the start. Raises UsageError."""
        return tuple(read_faults(self.faults)) if self._says("faults") else model

    def host_of(self, model: Hosted | None) -> str:
        """Where it listens."""
        return self.host if model is None or self._says("host") else model.host

    def _says(self, name: str) -> bool:
        return name in self.model_fields_set


class StubTold(BaseModel):
    """A stub as its clients need to know it. `agents` are user names, None for who has none."""

    id: str
    url: str
    recording: str
    session: str
    """Its UUID."""
    agents: list[str | None]

    @classmethod
    def of(cls, hosted: Hosted) -> "StubTold":
        """What there is to tell of a stub."""
        return cls(
            id=hosted.id,
            url=hosted.url,
            recording=str(hosted.piece.source.path),
            session=hosted.piece.prepared.session.uuid,
            agents=[name or None for name in hosted.agents],
        )


def read_stub(value: Any) -> WantedStub:
    """The new stub that a JSON value asks for. Raises UsageError, which says what is wrong with it."""
    if not isinstance(value, dict):
        raise UsageError("a stub is asked for by a JSON object")
    try:
        return WantedStub.model_validate(value)
    except ValidationError as error:
        first = flaws(error)[0]
    place = first.pointer[1:101]
    if first.kind == "extra_forbidden":
        raise UsageError(f"{place}: no stub has such a setting")
    ours = first.kind == "value_error" or not first.expected[0].islower()
    raise UsageError(f"{place}: {first.expected}" if ours else f"{place} is to be {first.expected}")


def read_faults(value: Any) -> list[Fault]:
    """One fault, or a list of them. Raises UsageError; then none of them is armed."""
    if not isinstance(value, list):
        return [parse_fault(value)]
    if len(value) > _ENTRIES_AT_MOST:
        raise UsageError(f"faults: at most {_ENTRIES_AT_MOST} at once")
    return parse_all(value)
