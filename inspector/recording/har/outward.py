"""A body on its way into a HAR: as text where it is one, else in base64, decoded; or why it is not there."""

import codecs
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.message import Message as Fields
from typing import Any

from inspector.errors import BodyError, RecordingError
from inspector.recording.har.json_pieces import Base64
from inspector.recording.taking.plan import Keeping
from inspector.recording.understood import is_read
from inspector.traffic.body import Body
from inspector.traffic.exchange import Exchange, Half, Instant
from inspector.traffic.headers import Headers

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Outward:
    """`text` is what stands in the HAR, None for nothing, and `own` what we say besides. Sizes are in bytes: of the
    decoded body, and of what was `on_the_wire`.
    """

    size: int = 0
    on_the_wire: int = 0
    text: str | Base64 | None = None
    is_base64: bool = False
    comment: str = ""
    own: dict[str, Any] = field(default_factory=dict)


def written(exchange: Exchange, half: Half, keeping: Keeping, lost: set[str]) -> Outward:
    """How this half's body is written; `lost` is told what does not come over (`writing.TOLD`)."""
    message = exchange.request if half == "request" else exchange.response
    if message is None:
        return Outward()
    body, headers = message.body, message.headers
    why = "; ".join(one.partition(": ")[2] for one in exchange.truncated if one.startswith(half))
    if why:
        lost.add("cut")
    if not body.size:
        return Outward(comment=why, own={"why": why} if why else {})
    own: dict[str, Any] = {"sha256": body.sha256, "size": body.size}
    own |= {"why": why} if why else {}
    own |= {"original": [body.original.coding, body.original.length]} if body.original else {}
    outward = Outward(body.size, body.original.length if body.original else body.size, None, False, why, own)
    understood = is_read(half, exchange.request.method, exchange.request.path, headers.media_type)
    if body.content is None and body.source is None:
        lost.add("digest")
        return _left_out(outward, "only its digest was kept")
    if not understood and (keeping.limit == 0 or not keeping.allows(body.size)):
        lost.add("left out")
        return _left_out(outward, f"left out: {keeping.told}")
    return _with_text(outward, body, headers, lost)


def instant_text(instant: Instant) -> str:
    """The moment in UTC, as HAR has it (ISO 8601). Raises RecordingError for one that no calendar has."""
    try:
        moment = _EPOCH + timedelta(microseconds=instant.at)
    except OverflowError:
        raise RecordingError(f"the recording is damaged: {instant.at} is no time") from None
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _left_out(outward: Outward, why: str) -> Outward:
    outward.own["kept"] = False
    outward.comment = outward.comment or why
    return outward


def _with_text(outward: Outward, body: Body, headers: Headers, lost: set[str]) -> Outward:
    decoded = body
    if body.coding:
        try:
            decoded = replace(body, content=body.decoded(), coding="")
            lost.add("decoded")
        except BodyError as error:
            outward.own["raw"] = True
            outward.comment = outward.comment or f"in the coding {body.coding}: {error}"
            lost.add("raw")
    content = decoded.content
    if content is not None:
        outward.size = len(content)
        if not body.coding or "raw" not in outward.own:
            outward.text = _as_text(content, headers)
    if outward.text is None:
        outward.text, outward.is_base64 = Base64(decoded.pieces()), True
    return outward


def _as_text(content: bytes, headers: Headers) -> str | None:
    """The content as a text that comes back as the same bytes; None if it is none."""
    kind, _, name = headers.media_type.partition("/")
    if kind in ("image", "audio", "video", "font") or name in ("octet-stream", "zip", "pdf"):
        return None
    fields = Fields()
    fields["content-type"] = headers.get("content-type")
    try:
        if codecs.lookup(fields.get_content_charset("utf-8")).name not in ("utf-8", "ascii"):
            return None
        text = content.decode()
    except (LookupError, ValueError):
        return None
    return None if "\0" in text else text
