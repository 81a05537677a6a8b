"""What is said of bodies that were not kept as they crossed the wire: never is one short in silence."""

from collections.abc import Iterable, Sequence

import orjson

from inspector.recording.columns import TRUNCATED
from inspector.recording.incoming import Incoming
from inspector.traffic.body import Body
from inspector.traffic.exchange import Half, Request, Response, cut_after, only_digest
from inspector.traffic.multipart import Part

STILL_COMING = "it was still coming when the recording ended"


def said_of(
    half: Half, body: Body, parts: Sequence[Part], incoming: Iterable[Incoming] = (), why: str = ""
) -> tuple[str, ...]:
    """The sentences for one half of an exchange, most often none; `why` is one that somebody knows better."""
    cut = [one.size for one in incoming if one.place.half == half and one.is_cut]
    if why:
        said = why
    elif cut:
        said = cut_after(max(cut))
    elif unkept := [one for one in ([part.body for part in parts] or [body]) if not is_kept(one)]:
        said = only_digest(sum(one.size for one in unkept))
    else:
        return ()
    return (f"{half}: {said}",)


def is_kept(body: Body) -> bool:
    """Whether there is more of it than its digest."""
    return body.content is not None or bool(body.start) or not body.size


def column(sentences: Iterable[str]) -> str | None:
    """The sentences as the column `truncated` has them: an object, with what is said of each half."""
    said: dict[str, str] = {}
    for half, _, what in (one.partition(": ") for one in sentences):
        said[half] = f"{said[half]}; {what}" if half in said else what
    return orjson.dumps(said).decode() if said else None


def sentences_of(text: str | None, request: Request, response: Response | None) -> tuple[str, ...]:
    """The way back, with the bodies that were read beside it. Raises RecordingError."""
    if not text:
        return ()
    said = TRUNCATED.read(text)
    coming = [("request", part.body) for part in request.parts]
    coming += [("request", request.body), *([("response", response.body)] if response else [])]
    for half, body in coming:
        if body.size and not body.sha256:
            said[half] = cut_after(body.size, STILL_COMING)
    return tuple(f"{half}: {said[half]}" for half in ("request", "response") if half in said)
