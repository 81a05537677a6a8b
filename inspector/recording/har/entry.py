"""An entry of a HAR, as far as we need it; what browsers leave out, or write otherwise, may be missing.

HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/); names with an underscore are their makers' own.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

LONGEST_MS = 10 * 365 * 86_400_000.0
"""Milliseconds that nothing takes: ten years. What says so is damaged."""

_LARGEST = (1 << 62) - 1
_SIGNED = Annotated[int, Field(ge=-_LARGEST, le=_LARGEST)]
_Microseconds = Annotated[int, Field(ge=0, le=_LARGEST)]
Moment = tuple[_Microseconds, _Microseconds]
"""`mono` and `at`, as an Instant has them."""


def _number_or_nothing(value: Any) -> Any:
    """Sizes and durations that are null: Firefox and mitmproxy write those, where the specification wants -1."""
    return -1 if value is None else value


def _text_or_nothing(value: Any) -> Any:
    return "" if value is None else value


def _nothing_or_text(value: Any) -> Any:
    """What others put into members of their own: only that it is there, and how it reads, counts."""
    return None if value is None or value is False else str(value)


def _list_or_nothing(value: Any) -> Any:
    return [] if value is None else value


def _object_or_nothing(value: Any) -> Any:
    return {} if value is None else value


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and abs(value) < _LARGEST else _number_or_nothing(value)


_Milliseconds = Annotated[float, BeforeValidator(_number_or_nothing), Field(le=LONGEST_MS, allow_inf_nan=False)]
_Size = Annotated[_SIGNED, BeforeValidator(_whole)]
_Text = Annotated[str, BeforeValidator(_text_or_nothing)]
_Words = Annotated[str | None, BeforeValidator(_nothing_or_text)]


class _Told(BaseModel):
    model_config = ConfigDict(extra="ignore", populate_by_name=True, coerce_numbers_to_str=True)


class Pair(_Told):
    name: _Text
    value: _Text = ""


class Cookie(Pair):
    path: _Text = ""
    domain: _Text = ""
    httpOnly: bool | None = None
    secure: bool | None = None


_Pairs = Annotated[list[Pair], BeforeValidator(_list_or_nothing)]
_Cookies = Annotated[list[Cookie], BeforeValidator(_list_or_nothing)]


class Param(Pair):
    fileName: str | None = None


class PostData(_Told):
    """`encoding` is of HAR 1.3's draft; with an underscore it is ours."""

    mimeType: _Text = ""
    text: str | None = None
    params: list[Param] | None = None
    encoding: str | None = Field(default=None, validation_alias=AliasChoices("_encoding", "encoding"))


class OwnBody(_Told):
    """What we say of a body besides: the digest and size of what was recorded, why that is not what crossed the wire,
    and what it was before it was redacted. `raw`: the text is as it was, in its coding.
    """

    sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""
    size: _Microseconds = 0
    raw: bool = False
    kept: bool = True
    why: str = ""
    original: tuple[str, _Microseconds] | None = None


class Own(_Told):
    """What we say of an exchange besides; `target` is path and query where they are others in a URL."""

    ticks: tuple[_Microseconds, _Microseconds | None]
    started: Moment
    answered: Moment | None = None
    done: Moment | None = None
    scheme: str = ""
    authority: str = ""
    target: str = ""
    http_version: str = ""
    request: OwnBody = OwnBody()
    response: OwnBody = OwnBody()

    @model_validator(mode="after")
    def _ends_after_it_began(self) -> "Own":
        if self.ticks[1] is not None and self.ticks[1] <= self.ticks[0]:
            raise ValueError("an exchange that ends after it began")
        if self.done and self.done < self.started:
            raise ValueError("an exchange that is done after it was started")
        return self


class OwnFrame(_Told):
    """What we say of a message besides; `data` is base64 of a text that is no UTF-8."""

    tick: _Microseconds
    at: Moment
    data: str | None = None


class Message(_Told):
    """A WebSocket's; `data` is base64 unless it is text. `time` in seconds."""

    type: Literal["send", "receive"]
    time: Annotated[float, Field(ge=0, le=LONGEST_MS, allow_inf_nan=False)]
    opcode: int
    data: _Text = ""
    own: OwnFrame | None = Field(default=None, validation_alias=AliasChoices("_gws", "own"))


class Request(_Told):
    method: str
    url: str
    httpVersion: _Text = ""
    headers: _Pairs = []
    cookies: _Cookies = []
    postData: PostData | None = None
    bodySize: _Size = -1


class Content(_Told):
    size: _Size = -1
    compression: _Size = 0
    mimeType: _Text = ""
    text: str | None = None
    encoding: str | None = None
    comment: _Text = ""


class Response(_Told):
    status: Annotated[int, Field(ge=-1, le=999), BeforeValidator(_whole)] = 0
    statusText: _Text = ""
    httpVersion: _Text = ""
    headers: _Pairs = []
    cookies: _Cookies = []
    content: Annotated[Content, BeforeValidator(_object_or_nothing)] = Content()
    bodySize: _Size = -1
    error: _Words = Field(default=None, validation_alias=AliasChoices("_error", "error"))


class Timings(_Told):
    """Milliseconds; -1 for what did not happen. `ssl` is within `connect`."""

    blocked: _Milliseconds = -1
    dns: _Milliseconds = -1
    connect: _Milliseconds = -1
    send: _Milliseconds = -1
    wait: _Milliseconds = -1
    receive: _Milliseconds = -1


class Entry(_Told):
    startedDateTime: datetime
    time: _Milliseconds = -1
    request: Request
    response: Annotated[Response, BeforeValidator(_object_or_nothing)] = Response()
    timings: Annotated[Timings, BeforeValidator(_object_or_nothing)] = Timings()
    connection: _Words = None
    server: _Words = Field(default=None, validation_alias=AliasChoices("serverIPAddress", "server"))
    cached: _Words = Field(default=None, validation_alias=AliasChoices("_fromCache", "cached"))
    messages: Annotated[list[Message], BeforeValidator(_list_or_nothing)] = Field(
        default=[], validation_alias=AliasChoices("_webSocketMessages", "messages")
    )
    own: Own | None = Field(default=None, validation_alias=AliasChoices("_gws", "own"))
