"""What a client of the control address may want: the JSON values that it sends, read and checked."""

from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from inspector.errors import UsageError
from inspector.replay.answers.cors import checked_origin
from inspector.replay.control.hosting import Hosted
from inspector.replay.control.shelf import Source
from inspector.replay.faults import Fault, parse, parse_all
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


def _whole(value: Any) -> Any:
    """5.0 is an integer, too (JSON Schema Core, section 4.2.3): some languages have one kind of number only."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


_Text = Annotated[str, Field(min_length=1, max_length=4096)]
_Origin = Annotated[str, Field(max_length=300), _said(checked_origin)]
_Pointer = Annotated[
    str,
    Field(max_length=4096, json_schema_extra={"pattern": "^(/([^~/]|~[01])*)*$"}),  # RFC 6901 section 3
    _said(checked_pointer),
]


class WantedStub(BaseModel):
    """A new stub. What is not said is as the command's own stub has it; of another `recording`, the newest complete
    session and all its agents are played.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)

    recording: _Text = ""
    """The recording's path, as the process that serves the stubs sees it; else the command's own recording."""
    session: _Text | None = None
    """Which recorded session is played: its id, the begin of its UUID, or `all`."""
    agent: _Text | None = None
    """Only this recorded agent is played: a user name."""
    origins: Annotated[list[_Text], Field(max_length=_ENTRIES_AT_MOST)] = []
    """More addresses of the recorded server (`https://HOST:PORT`): where they stand in answers, the stub's stands."""
    ignore: Annotated[list[_Pointer], Field(max_length=_ENTRIES_AT_MOST)] = []
    """JSON pointers (RFC 6901) to what does not count when JSON bodies are compared; the step `*` is any member."""
    pace: Annotated[float, Field(ge=0, le=_MOST)] = 0.0
    """When notifications come after their call: 0 at once, 1 after as long as recorded, N so many times faster."""
    reuse: bool = False
    """Whether operations answer again and again; the last recorded answer repeats. Else each answers once."""
    poll_timeout_ms: Annotated[int, Field(ge=0, le=_MOST * 1000), BeforeValidator(_whole)] = 30_000
    """For how many milliseconds a long poll is held when there is nothing to tell."""
    keep_origins: bool = False
    """Whether the recorded server's addresses in answers are left as they are. Else they lead to the stub."""
    cors: Annotated[list[_Origin], Field(max_length=_ENTRIES_AT_MOST)] = []
    """The origins (`http://desk.example:8080`) whose pages may read answers in a browser; `*` is any."""
    faults: Annotated[list[Any], Field(max_length=_ENTRIES_AT_MOST)] = []
    """Armed from the start, and again after a reset. An `expire_session` among them names an operation."""
    host: Annotated[str, _said(_address)] = "127.0.0.1"
    """Where the stub listens: an IP address of this machine, or `localhost`."""
    port: Annotated[int, Field(ge=0, le=65535), BeforeValidator(_whole)] = 0
    """The TCP port that the stub listens on; 0 takes a free one."""

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
    """A stub as its clients need to know it."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    id: str
    """It names the stub here; no other stub of the process ever has it."""
    url: str
    """Where the stub plays the recorded server: `http://HOST:PORT`, and the recorded paths below it."""
    recording: str
    """The path of the recording that is played."""
    session: str
    """The UUID of the recorded session that is played; of several the newest one's."""
    agents: list[str | None]
    """The user names of the recorded agents, in the order in which they came; null for who has none."""

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
        return [parse(value)]
    if len(value) > _ENTRIES_AT_MOST:
        raise UsageError(f"faults: at most {_ENTRIES_AT_MOST} at once")
    return parse_all(value)
