"""What a script says about how the server takes a call: refuses it, loses its notification, is late or early."""

from dataclasses import dataclass
from typing import Any, TypedDict

from inspector.demo import web
from inspector.demo.world import refused
from inspector.errors import UsageError
from inspector.testing.building.checks import LONGEST_S
from inspector.webservices.status_codes import MEANINGS

TOOK_MS = 15.0
LAG_MS = 20.0
"""From a request to its reply, and from the reply to the notification, unless a script says otherwise; in a real log
the latter are 1 to 180 ms apart.
"""

_NO_REPLY = object()


class How(TypedDict, total=False):
    """`refused` is the reply's `statusCode` (1 to 20), `because` its `statusMessage`. With `reply` the server says just
    that (JSON, text or bytes) with an HTTP `status`. Either way nothing comes of the call. `took_ms` is from request to
    reply, `lag_ms` from there to the notification: less than 0 is before the reply. With `notified=False` it is lost.
    """

    refused: int
    because: str
    reply: Any
    status: int
    notified: bool
    lag_ms: float
    took_ms: float


@dataclass(frozen=True, slots=True)
class Course:
    """How a call goes, checked; times in milliseconds. `answer` stands for what the server would do, if it is given."""

    answer: web.Response | None
    notified: bool
    lag_ms: float
    took_ms: float


def course(how: How) -> Course:
    """Raises UsageError for what cannot be meant, TypeError for an option that there is not."""
    if unknown := how.keys() - How.__optional_keys__:
        raise TypeError(
            f"there is no option {', '.join(sorted(unknown))}; there are {', '.join(sorted(How.__optional_keys__))}"
        )
    lag, took = how.get("lag_ms", LAG_MS), how.get("took_ms")
    if took is None:
        took = max(TOOK_MS, 1 - lag)  # what comes before the reply comes behind the request
    longest = LONGEST_S * 1000
    if not 0 < took <= longest or not -took < lag <= longest:
        said = "a notification comes after the request, in the end, and nothing takes more than a week"
        raise UsageError(f"took_ms={took:g} and lag_ms={lag:g}: {said}")
    return Course(_answer(how), how.get("notified", True), lag, took)


def response(reply: Any, status: int = 200) -> web.Response:
    """An HTTP response with this body: bytes as they are, text as text, everything else as JSON."""
    if not 200 <= status <= 599:
        raise UsageError(f"status={status} is no status of HTTP that ends a request: give 200 to 599")
    if isinstance(reply, bytes):
        return web.Response(status, (("Content-Type", "application/octet-stream"),), reply)
    if isinstance(reply, str):
        return web.text(reply, status)
    try:
        return web.json(reply, status)
    except TypeError as error:
        raise UsageError(f"reply= is neither JSON, nor text, nor bytes: {error}") from None


def _answer(how: How) -> web.Response | None:
    code, reply = how.get("refused"), how.get("reply", _NO_REPLY)
    if code is not None and reply is not _NO_REPLY:
        raise UsageError("refused= and reply= both say what the server answers: give one of them")
    if code is not None:
        if isinstance(code, bool) or code not in MEANINGS or not code:
            raise UsageError(f"refused={code!r} is no statusCode that refuses: give 1 to {max(MEANINGS)}")
        return response(refused(code, how.get("because", "")).reply, how.get("status", 200))
    if "because" in how:
        raise UsageError("because= says why a call is refused: give refused=, too")
    if reply is _NO_REPLY:
        if "status" in how:
            raise UsageError("status= is that of a reply: give reply= or refused=, too")
        return None
    return response(reply, how.get("status", 200))
